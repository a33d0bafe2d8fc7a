"""Which login a developer vouches for, and which identities may become one."""

from __future__ import annotations

from collections.abc import Mapping

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.identities.rules import check_links
from poolhouse.identitypools.logins.rules import Link, Login
from poolhouse.identitypools.pools.rows import IdentityPool

LONGEST_IDENTIFIER = 1024


def link_of(pool: IdentityPool, provider: str, identifier: str) -> Link:
    """A user of the pool's developer provider. Raises InvalidParameterException."""
    if provider != pool.developer_provider or not 0 < len(identifier) <= LONGEST_IDENTIFIER:
        raise cid.InvalidParameterException("Please provide a valid developer provider.")
    return Link(provider, identifier, developer=True)


def login_of(pool: IdentityPool, logins: Mapping[str, str]) -> tuple[Login, dict[str, str]]:
    """The developer's user in a Logins map, and the rest of it: tokens of public providers.

    Raises InvalidParameterException where no login is the developer's.
    """
    provider = pool.developer_provider
    if provider is None or provider not in logins:
        raise cid.InvalidParameterException("Please provide a valid developer provider.")
    rest = {name: token for name, token in logins.items() if name != provider}
    return Login(link_of(pool, provider, logins[provider])), rest


def identifiers_of(identity: Identity) -> list[str]:
    """The developer's names for the user of an identity, in order."""
    return sorted(link.subject for link in identity.links if link.developer)


def check_merge(source: Identity, target: Identity) -> None:
    """Raises ResourceConflictException where the two are different users of a public provider, or
    have too many logins together."""
    if source.id != target.id:
        check_links((*source.links, *target.links))


def unknown_user(identifier: str) -> cid.ResourceNotFoundException:
    return cid.ResourceNotFoundException(f"Developer user identifier '{identifier}' not found.")
