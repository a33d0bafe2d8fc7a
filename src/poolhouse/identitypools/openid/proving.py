"""Whom an OpenID token of this server speaks of, as long as they may still use their identity."""

from __future__ import annotations

from poolhouse.iam.sts.federated import WebIdentity
from poolhouse.identitypools.identities.bearing import AUTHENTICATED, UNAUTHENTICATED, Bearer
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.store import Identities
from poolhouse.identitypools.logins.rules import amr_of
from poolhouse.identitypools.openid.publishing import issuer
from poolhouse.identitypools.openid.rules import tags_in
from poolhouse.identitypools.openid.store import OpenIdKeys
from poolhouse.identitypools.pools.naming import COGNITO
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.keys.verifying import InvalidToken, verify


def proved(services: Services, unit: Unit, token: str) -> Bearer:
    """The bearer of a token whose signature, times and issuer hold, and whose identity is still
    there, enabled, and linked to the logins that the token names.

    Raises:
        InvalidToken: for everything else.
    """
    now = services.clock.now()
    keys = OpenIdKeys(unit, services.sealer)
    claims = verify(token, lambda kid: keys.verifier(kid, now), now=now)
    if claims.get("iss") != issuer(services.settings):
        raise InvalidToken("malformed")
    found = Identities(unit).find(str(claims.get("sub")))
    amr = tuple(str(word) for word in claims.get("amr", ()))
    if found is None or found[1].id != claims.get("aud") or not _holds(amr, *found):
        raise InvalidToken("unknown key")
    return Bearer(found[0].id, found[1], amr, tags=tags_in(claims))


def as_web_identity(bearer: Bearer) -> WebIdentity:
    """The bearer as trust policies know them."""
    return WebIdentity(
        provider=COGNITO,
        subject=bearer.identity_id,
        audience=bearer.pool.id,
        context={
            f"{COGNITO}:aud": bearer.pool.id,
            f"{COGNITO}:amr": list(bearer.amr),
            f"{COGNITO}:sub": bearer.identity_id,
        },
        tags=bearer.tags,
    )


def _holds(amr: tuple[str, ...], identity: Identity, pool: IdentityPool) -> bool:
    """Whether the identity may still be used in the way that the token was got."""
    if not identity.enabled:
        return False
    if amr == (UNAUTHENTICATED,):
        return identity.guest and pool.admits_guests
    linked = {word for link in identity.links for word in amr_of(link, pool.id)}
    return len(amr) > 1 and amr[0] == AUTHENTICATED and linked.issuperset(amr[1:])
