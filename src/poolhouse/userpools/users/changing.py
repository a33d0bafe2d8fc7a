"""How a user's profile changes: attributes, proof of addresses, status, and the names that
follow from them. Each locks the user and writes as part of the unit."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.claiming import Claims
from poolhouse.userpools.users.creating import alias_exists
from poolhouse.userpools.users.planning import ToVerify, planned
from poolhouse.userpools.users.rows import CONFIRMED, UNCONFIRMED, User
from poolhouse.userpools.users.store import Users


def change_attributes(
    call: Call[Any], pool: Pool, user: User, new: dict[str, str], removed: set[str]
) -> tuple[User, list[ToVerify]]:
    """Sets `new` (as `accepted` gave it) and takes `removed` away. Answers the user as stored,
    and the addresses that a code must now be sent to: for each call
    `Messages.code("update attribute", user, it.attribute, it.value)`.

    Raises AliasExistsException, InvalidParameterException, UserNotFoundException.
    """
    locked = Users(call.unit, pool).lock(user.sub)
    attributes, to_verify = planned(pool, locked.attributes, new, removed)
    return _changed(call, pool, locked, attributes=attributes), to_verify


def mark_verified(
    call: Call[Any], pool: Pool, user: User, attribute: str, value: str, *, force: bool = False
) -> User:
    """A code sent to `value` was redeemed: the user's `attribute` is that, verified. Where the
    value was waiting for the code it takes the old one's place now. Whether the code still
    stands for the profile as it is, was judged by whoever took the code. `force` moves the alias
    from another user, whose address is then no longer verified (ForceAliasCreation).

    Raises AliasExistsException where it is another user's.
    """
    users = Users(call.unit, pool)
    wanted = replace(user, attributes=_verified(user, attribute, value))
    Claims(call, pool).lock_losers(wanted, force=force)
    locked = users.lock(user.sub)
    attributes = _verified(locked, attribute, value)
    return _changed(call, pool, locked, attributes=attributes, force=force)


def confirm(call: Call[Any], pool: Pool, user: User) -> User:
    """Turns UNCONFIRMED into CONFIRMED. Of parallel calls one succeeds.

    Raises NotAuthorizedException in every other status; AliasExistsException.
    """
    locked = Users(call.unit, pool).lock(user.sub)
    if locked.status != UNCONFIRMED:
        raise idp.NotAuthorizedException(
            f"User cannot be confirmed. Current status is {locked.status}"
        )
    return _changed(call, pool, locked, status=CONFIRMED)


def set_status(call: Call[Any], pool: Pool, user: User, status: str) -> User:
    """Any other change of status; whoever calls has decided that it may be."""
    locked = Users(call.unit, pool).lock(user.sub)
    return _changed(call, pool, locked, status=status)


def set_enabled(call: Call[Any], pool: Pool, user: User, enabled: bool) -> User:
    locked = Users(call.unit, pool).lock(user.sub)
    return _changed(call, pool, locked, enabled=enabled)


def _verified(user: User, attribute: str, value: str) -> dict[str, str]:
    return {**user.attributes, attribute: value, f"{attribute}_verified": "true"}


def _changed(
    call: Call[Any],
    pool: Pool,
    locked: User,
    *,
    attributes: dict[str, str] | None = None,
    status: str | None = None,
    enabled: bool | None = None,
    force: bool = False,
) -> User:
    """The one write of a profile: names first, which may be refused, then the row."""
    after = replace(
        locked,
        attributes=locked.attributes if attributes is None else attributes,
        status=status or locked.status,
        enabled=locked.enabled if enabled is None else enabled,
        modified_at=call.now,
    )
    for kind, _ in Claims(call, pool).lost(locked, after, force=force):
        given = "given " if kind in pool.username_attributes else ""
        raise alias_exists(given + kind)
    Users(call.unit, pool).change(locked, after)
    return after
