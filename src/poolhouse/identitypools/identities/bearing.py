"""Who uses an identity: found by the id and the logins of a request, or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from poolhouse.identitypools.identities import rules
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.settling import Settling
from poolhouse.identitypools.logins.proving import prove
from poolhouse.identitypools.logins.rules import Login, amr_of
from poolhouse.identitypools.logins.tagging import tags_of
from poolhouse.identitypools.pools.rows import IdentityPool
from poolhouse.kernel.call import Call

AUTHENTICATED = "authenticated"
UNAUTHENTICATED = "unauthenticated"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever may use an identity now. `amr` is as in the pool's OpenID token, `tags` those that
    its sessions bear; a guest has no logins."""

    identity_id: str
    pool: IdentityPool
    amr: tuple[str, ...]
    logins: tuple[Login, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_guest(self) -> bool:
        return self.amr[0] == UNAUTHENTICATED


def bearer(
    call: Call[Any], identity: Identity, pool: IdentityPool, logins: Mapping[str, str]
) -> Bearer:
    """The bearer of an identity, by its logins or as a guest. New logins are linked to it, and a
    guest goes up in the identity that its login has already: `identity_id` may be another then.

    Raises NotAuthorizedException, ResourceConflictException, InvalidParameterException.
    """
    if not logins:
        rules.check_guest(identity, pool.admits_guests)
        return Bearer(identity.id, pool, (UNAUTHENTICATED,))
    proved = prove(call, pool, logins)
    settling = Settling(call.unit, pool, call.now)
    identity_id = settling.for_identity(identity, [login.link for login in proved])
    return of_logins(identity_id, pool, proved)


def of_logins(identity_id: str, pool: IdentityPool, logins: Sequence[Login]) -> Bearer:
    """The bearer of an identity that these logins are linked to."""
    amr = (AUTHENTICATED, *(word for login in logins for word in amr_of(login.link, pool.id)))
    return Bearer(identity_id, pool, amr, tuple(logins), tags_of(logins, pool.tag_maps))
