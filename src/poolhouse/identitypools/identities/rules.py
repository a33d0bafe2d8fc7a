"""Whose an identity is: what becomes of it when logins are brought, and who may use it.

Source: "Switching unauthenticated users to authenticated users", developer guide, and the errors
of GetId and GetCredentialsForIdentity in the API reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from poolhouse.contract import cognito_identity as cid
from poolhouse.identitypools.identities.rows import Identity
from poolhouse.identitypools.logins.rules import Link, conflict

MOST_LINKS = 20

Owners = Mapping[Link, str]
"""The identity that each known login belongs to; unknown logins are absent."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which identity the logins speak for (None: a new one), the logins to link to it, and the
    guest that goes up in it."""

    identity_id: str | None
    link: tuple[Link, ...]
    merged_guest: str | None = None

    @property
    def changes_nothing(self) -> bool:
        return self.identity_id is not None and not self.link and self.merged_guest is None


def plan_for_logins(offered: Sequence[Link], owners: Owners) -> Plan:
    """Where only logins are given: the identity that knows them, or a new one.

    Raises ResourceConflictException where they belong to different identities.
    """
    known = _one_owner(owners)
    return Plan(known, _unknown(offered, owners))


def plan_for_identity(identity: Identity, offered: Sequence[Link], owners: Owners) -> Plan:
    """Where an identity is given with logins.

    Raises:
        NotAuthorizedException: none of the logins is the identity's.
        ResourceConflictException: a login belongs to another identity.
    """
    unknown = _unknown(offered, owners)
    others = {owner for owner in owners.values() if owner != identity.id}
    if not identity.enabled:
        # A client may still send the guest's id that an earlier call of its own has merged.
        if identity.merged_into is not None and others == {identity.merged_into}:
            return Plan(identity.merged_into, unknown)
        raise forbidden(identity.id)
    if identity.id in owners.values():
        return Plan(_one_owner(owners), unknown)
    if not identity.guest:
        raise foreign_login()
    survivor = _one_owner(owners)
    if survivor is None:
        return Plan(identity.id, unknown)
    return Plan(survivor, unknown, merged_guest=identity.id)


def plan_for_developer(identity: Identity | None, offered: Sequence[Link], owners: Owners) -> Plan:
    """Where the developer's own back end vouches for the logins: they may be linked to the
    identity it names, whatever that is linked to already.

    Raises:
        DeveloperUserAlreadyRegisteredException: the developer's user has another identity.
        ResourceConflictException: another login has another identity.
    """
    if identity is None:
        return plan_for_logins(offered, owners)
    if not identity.enabled:
        raise forbidden(identity.id)
    for link, owner in owners.items():
        if owner != identity.id and link.developer:
            raise cid.DeveloperUserAlreadyRegisteredException(
                "The developer user identifier is already registered with another identity."
            )
        if owner != identity.id:
            raise conflict()
    return Plan(identity.id, _unknown(offered, owners))


def check_links(links: Sequence[Link]) -> None:
    """The logins of one identity: at most 20, and one user of each public provider.

    Raises ResourceConflictException.
    """
    public = [link.provider for link in links if not link.developer]
    if len(set(public)) != len(public):
        raise cid.ResourceConflictException(
            "The identity is already linked to another user of this provider."
        )
    if len(links) > MOST_LINKS:
        raise cid.ResourceConflictException("The identity has the most logins it can have.")


def check_guest(identity: Identity, admits_guests: bool) -> None:
    """Whether an identity may be used without any login. Raises NotAuthorizedException."""
    if not identity.enabled or not identity.guest:
        raise forbidden(identity.id)
    if not admits_guests:
        raise no_guests()


def no_guests() -> cid.NotAuthorizedException:
    return cid.NotAuthorizedException(
        "Unauthenticated access is not supported for this identity pool."
    )


def forbidden(identity_id: str) -> cid.NotAuthorizedException:
    return cid.NotAuthorizedException(f"Access to Identity '{identity_id}' is forbidden.")


def foreign_login() -> cid.NotAuthorizedException:
    return cid.NotAuthorizedException(
        "Logins don't match. Please include at least one valid login for this identity or "
        "identity pool."
    )


def _unknown(offered: Sequence[Link], owners: Owners) -> tuple[Link, ...]:
    return tuple(link for link in offered if link not in owners)


def _one_owner(owners: Owners) -> str | None:
    found = set(owners.values())
    if len(found) > 1:
        raise conflict()
    return next(iter(found), None)
