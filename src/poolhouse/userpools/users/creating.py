"""How a user comes into being, by whichever door: sign-up, an administrator, an import."""

from __future__ import annotations

from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.attributes import CONTACTS
from poolhouse.userpools.users.claiming import Claims
from poolhouse.userpools.users.naming import key_of
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users
from poolhouse.userpools.users.usernames import PREFERRED, Naming

TAKEN = "User already exists"


def refuse_taken(call: Call[Any], pool: Pool, naming: Naming, *, taken: str = TAKEN) -> None:
    """Looks early, before a hash or a call out, whether the name is somebody's. `create` decides.

    Raises UsernameExistsException.
    """
    users = Users(call.unit, pool)
    for kind in sorted(pool.username_attributes):
        value = naming.attributes.get(kind)
        if value and users.alias_owner(kind, value):
            raise given_exists(kind)
    if users.by_username(naming.username) or _is_a_sub(users, pool, naming):
        raise idp.UsernameExistsException(taken)


def create(
    call: Call[Any],
    pool: Pool,
    naming: Naming,
    *,
    status: str,
    taken: str = TAKEN,
    force: bool = False,
) -> User:
    """Adds the user and claims the names they sign in with, or neither. Of parallel creations of
    one name one wins. `force` moves verified aliases from whoever has them
    (ForceAliasCreation).

    Raises:
        UsernameExistsException: with the text `taken`, or naming the sign-in attribute.
        AliasExistsException: a verified e-mail, phone number or preferred user name is taken.
    """
    user = User(
        pool.id,
        naming.sub,
        naming.username,
        status,
        True,
        naming.attributes,
        call.now,
        call.now,
    )
    users, claims = Users(call.unit, pool), Claims(call, pool)
    claims.lock_losers(user, force=force)
    if _is_a_sub(users, pool, naming) or not users.add(user):
        raise idp.UsernameExistsException(taken)
    for kind, key in claims.lost(None, user, force=force):
        if kind in pool.username_attributes:
            raise given_exists(kind)
        if kind == PREFERRED and key == key_of(pool, user.username):
            raise idp.UsernameExistsException(taken)
        raise alias_exists(kind)
    return user


def given_exists(kind: str) -> idp.UsernameExistsException:
    return idp.UsernameExistsException(f"An account with the given {kind} already exists.")


def alias_exists(kind: str) -> idp.AliasExistsException:
    return idp.AliasExistsException(f"An account with the {kind} already exists.")


def _is_a_sub(users: Users, pool: Pool, naming: Naming) -> bool:
    """A name that is another user's `sub` would be found instead of that user."""
    own = naming.username == naming.sub
    return not own and users.by_sub(key_of(pool, naming.username)) is not None


def with_flags(attributes: dict[str, str]) -> dict[str, str]:
    """An address nobody has verified says so."""
    refuse_bare_flags(attributes)
    flags = {f"{contact}_verified": "false" for contact in CONTACTS if contact in attributes}
    return {**flags, **attributes}


def refuse_bare_flags(attributes: dict[str, str]) -> None:
    """Raises InvalidParameterException for a flag without its address."""
    for contact in CONTACTS:
        if f"{contact}_verified" in attributes and contact not in attributes:
            raise idp.InvalidParameterException(
                f"{contact} is required if {contact}_verified is set."
            )
