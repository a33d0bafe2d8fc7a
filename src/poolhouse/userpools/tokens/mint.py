"""The mint: the only place where tokens are made."""

from __future__ import annotations

import base64
from typing import Any

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.keys.signing import sign
from poolhouse.userpools.clients.rows import Client
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
from poolhouse.userpools.tokens.store import Sessions, hash_of
from poolhouse.userpools.users.rows import User


class Mint:
    """Issues tokens for one client of one pool. Nothing is signed for a user whom the gate
    refuses, and a session begins only if the gate would still let the user pass."""

    def __init__(self, call: Call[Any], pool: Pool, client: Client) -> None:
        self._call = call
        self._pool = pool
        self._client = client
        self._lifetimes = rules.lifetimes(client.settings)

    def begin(self, user: User | None) -> idp.AuthenticationResultType:
        """A new session: ID, access and refresh token. Writes it, as part of the unit."""
        user = rules.gate(user)
        now, refresh_token = self._call.now, new_refresh_token()
        session = Session(
            pool_id=self._pool.id,
            id=ids.random_uuid(),
            sub=user.sub,
            client_id=self._client.id,
            origin_jti=ids.random_uuid(),
            refresh_hash=hash_of(refresh_token),
            scope=SELF_SERVICE,
            auth_time=int(now),
            created_at=now,
            expires_at=now + self._lifetimes.refresh,
        )
        result = self._tokens(user, session)
        if not Sessions(self._call.unit).open(session):
            raise idp.NotAuthorizedException("Incorrect username or password.")
        result.refresh_token = refresh_token
        return result

    def again(self, user: User | None, session: Session) -> idp.AuthenticationResultType:
        """New ID and access tokens of a session that goes on."""
        return self._tokens(rules.gate(user), session)

    def _tokens(self, user: User, session: Session) -> idp.AuthenticationResultType:
        call, now = self._call, self._call.now
        groups = Groups(call.unit, self._pool).of_user(user.sub)
        bearing = Bearing(
            issuer(call.services.settings, self._pool.id),
            self._client,
            user,
            session,
            group_claims(groups),
            int(now),
            self._lifetimes,
        )
        ring = SigningKeys(call.unit, call.services.sealer).ring(self._pool.id, now)
        id_claims = rules.id_claims(bearing, ids.random_uuid())
        access_claims = rules.access_claims(bearing, ids.random_uuid())
        return idp.AuthenticationResultType(
            access_token=sign(access_claims, signer(ring, ACCESS, now).key),
            id_token=sign(id_claims, signer(ring, ID, now).key),
            expires_in=self._lifetimes.access,
            token_type="Bearer",
        )


_HEADER = '{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}'
_SECRET_OCTETS = 32


def new_refresh_token() -> str:
    """An opaque secret of 256 bits, in the five parts that clients know from Cognito's JWE."""
    parts = [_HEADER.encode(), *(ids.octets(count) for count in (64, 12, _SECRET_OCTETS, 16))]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
