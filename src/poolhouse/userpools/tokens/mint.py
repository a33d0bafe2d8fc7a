"""The mint: the only place where tokens are made."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, ClassVar

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.keys.signing import sign
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.groups.rules import GroupClaims
from poolhouse.userpools.groups.rules import claims as group_claims
from poolhouse.userpools.groups.store import Groups
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.signing.rows import ACCESS, ID
from poolhouse.userpools.signing.rules import signer
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.tokens import rules
from poolhouse.userpools.tokens.issuer import issuer
from poolhouse.userpools.tokens.rows import Session
from poolhouse.userpools.tokens.rules import SELF_SERVICE, Bearing
from poolhouse.userpools.tokens.store import Sessions, hash_of, printable
from poolhouse.userpools.triggers.asking import Metadata, Triggers
from poolhouse.userpools.triggers.overrides import Groups as TokenGroups
from poolhouse.userpools.triggers.overrides import Overrides
from poolhouse.userpools.users.rows import User
from poolhouse.values import Value

AUTHENTICATION = "TokenGeneration_Authentication"
NEW_PASSWORD = "TokenGeneration_NewPasswordChallenge"
REFRESH = "TokenGeneration_RefreshTokens"


class Prepared(Value, frozen=True):
    """Tokens of a session that has not begun yet."""

    secret: ClassVar = frozenset({"tokens"})
    tokens: idp.AuthenticationResultType
    session: Session


class Mint:
    """Issues tokens for one client of one pool. Nothing is signed for a user whom the gate
    refuses, and a session begins only if the gate would still let the user pass."""

    def __init__(self, call: Call[Any], pool: Pool, client: Client) -> None:
        self._call = call
        self._pool = pool
        self._client = client
        self._lifetimes = rules.lifetimes(client.settings)

    def prepare(
        self,
        user: User | None,
        *,
        source: str = AUTHENTICATION,
        metadata: Metadata = None,
        amr: tuple[str, ...] = (),
        acr: str | None = None,
        auth_time: int | None = None,
        device_key: str = "",
        in_groups: bool = True,
    ) -> Prepared:
        """A new session's ID, access and refresh token; `open` begins it. Nothing is written, and
        the pool's function may be called out to, so it comes before the first write.

        `source` and `metadata` are what that function is told. `amr` names the methods that were
        shown. `acr` is the level that was asked for and met; the claims `acr` and `amr` stand in
        the tokens only where there is one. `auth_time` is the oldest moment of what was shown
        (seconds); None says that all of it was shown now. `in_groups` as `again`'s.
        """
        user = rules.gate(user)
        refresh_token = new_refresh_token()
        session = self._session(user, refresh_token, amr, acr, auth_time, device_key)
        result = self._tokens(user, session, source, metadata, in_groups=in_groups)
        result.refresh_token = refresh_token
        return Prepared(result, session)

    def begin(self, user: User | None, **shown: Any) -> idp.AuthenticationResultType:
        """Both at once, for whoever has nothing to write in between; arguments as `prepare`'s."""
        prepared = self.prepare(user, **shown)
        self.open(prepared)
        return prepared.tokens

    def open(self, prepared: Prepared, *, shown: str = "") -> None:
        """Begins the session, as part of the unit; where sessions are tracked, the least recently
        used make room. `shown` is the salt of the password that led here, if one did.

        Raises NotAuthorizedException where the user may not have one any more, or the password is
        another by now.
        """
        sessions, tracking = Sessions(self._call.unit), self._pool.tracking
        if tracking.enabled:
            sub, now = prepared.session.sub, self._call.now
            sessions.make_room(self._pool, sub, tracking.most, now)
        if not sessions.open(prepared.session, shown):
            raise idp.NotAuthorizedException("Incorrect username or password.")

    def _session(
        self,
        user: User,
        refresh_token: str,
        amr: tuple[str, ...],
        acr: str | None,
        auth_time: int | None,
        device_key: str,
    ) -> Session:
        now, origin = self._call.now, self._call.origin
        return Session(
            pool_id=self._pool.id,
            id=ids.random_uuid(),
            sub=user.sub,
            client_id=self._client.id,
            origin_jti=ids.random_uuid(),
            refresh_hash=hash_of(refresh_token),
            scope=SELF_SERVICE,
            auth_time=int(now) if auth_time is None else auth_time,
            created_at=now,
            expires_at=now + self._lifetimes.refresh,
            last_active_at=now,
            source_ip=origin.source_ip,
            user_agent=printable(origin.user_agent),
            amr=amr,
            acr=acr,
            device_key=device_key,
        )

    def again(
        self,
        user: User | None,
        session: Session,
        metadata: Metadata = None,
        *,
        in_groups: bool = True,
    ) -> idp.AuthenticationResultType:
        """New ID and access tokens of a session that goes on. `in_groups` is false for a user who
        is known to be in none.

        Raises NotAuthorizedException where the session was ended while a function was asked.
        """
        user = rules.gate(user)
        if self._pool.tracking.enabled:
            Sessions(self._call.unit).touch(session, self._call.origin, self._call.now)
        tokens = self._tokens(user, session, REFRESH, metadata, in_groups=in_groups)
        if Triggers(self._call, self._pool).changes_tokens:
            self._refuse_ended(session)
        return tokens

    def _refuse_ended(self, session: Session) -> None:
        """Whoever checks a token without asking here would take it until it expires."""
        now = Sessions(self._call.unit).find(session.pool_id, session.id)
        if now is None or now.session.revoked_at is not None:
            raise idp.NotAuthorizedException("Refresh Token has been revoked")
        rules.gate(now.user)

    def for_client(self, scopes: Sequence[str]) -> idp.ClientAuthenticationResultType:
        """An access token in which the client speaks for itself: no user, and no session."""
        call, now = self._call, self._call.now
        ring = SigningKeys(call.unit, call.services.sealer).ring(self._pool.id, now)
        claims = rules.client_claims(
            issuer(call.services.settings, self._pool.id),
            self._client,
            scopes,
            int(now),
            self._lifetimes.access,
            ids.random_uuid(),
        )
        return idp.ClientAuthenticationResultType(
            access_token=sign(claims, signer(ring, ACCESS, now).key),
            expires_in=self._lifetimes.access,
            token_type="Bearer",
        )

    def _tokens(
        self,
        user: User,
        session: Session,
        source: str,
        metadata: Metadata,
        *,
        in_groups: bool = True,
    ) -> idp.AuthenticationResultType:
        call, now = self._call, self._call.now
        theirs = Groups(call.unit, self._pool).of_user(user.sub) if in_groups else ()
        groups = group_claims(theirs)
        changes = self._changes(user, groups, session.scope, source, metadata)
        if changes is not None and changes.groups is not None:
            groups = GroupClaims(
                tuple(changes.groups.groups),
                tuple(changes.groups.roles),
                changes.groups.preferred_role,
            )
        bearing = Bearing(
            issuer(call.services.settings, self._pool.id),
            self._client,
            user,
            session,
            groups,
            int(now),
            self._lifetimes,
        )
        ring = SigningKeys(call.unit, call.services.sealer).ring(self._pool.id, now)
        id_claims = rules.id_claims(bearing, ids.random_uuid())
        access_claims = rules.access_claims(bearing, ids.random_uuid())
        if changes is not None:
            id_claims = changes.in_id_token(id_claims)
            access_claims = changes.in_access_token(access_claims)
        return idp.AuthenticationResultType(
            access_token=sign(access_claims, signer(ring, ACCESS, now).key),
            id_token=sign(id_claims, signer(ring, ID, now).key),
            expires_in=self._lifetimes.access,
            token_type="Bearer",
        )

    def _changes(
        self, user: User, groups: GroupClaims, scope: str, source: str, metadata: Metadata
    ) -> Overrides | None:
        """What the pool's function wants changed; None without one."""
        told = TokenGroups(groups.groups, groups.roles, groups.preferred_role)
        return Triggers(self._call, self._pool).pre_token_generation(
            user, self._client, told, scope.split(), source, metadata
        )


_HEADER = '{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}'
_SECRET_OCTETS = 32


def new_refresh_token() -> str:
    """An opaque secret of 256 bits, in the five parts that clients know from Cognito's JWE."""
    parts = [_HEADER.encode(), *(ids.octets(count) for count in (64, 12, _SECRET_OCTETS, 16))]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
