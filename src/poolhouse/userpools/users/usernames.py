"""What a user may be called, and by which names a user is found."""

from __future__ import annotations

import regex

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.formats import is_email, is_phone_number
from poolhouse.userpools.users.naming import key_of
from poolhouse.userpools.users.rows import UNCONFIRMED, User
from poolhouse.values import Value

PREFERRED = "preferred_username"
MOST_OF_NAME = 128
MOST_OF_KEY = 512  # an index entry of PostgreSQL holds 2,700 octets

_NAME = regex.compile(r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")


class Naming(Value, frozen=True):
    """What a new user will be called. `sub` is new and never used again; `username` is what is
    stored (the `sub` where the pool signs in by e-mail or phone number); `attributes` are those
    given, with the sign-in name among them."""

    username: str
    sub: str
    attributes: dict[str, str]


def check_username(pool: Pool, username: str, attributes: dict[str, str]) -> Naming:
    """Names a new user. `attributes` have passed `accepted`.

    Raises InvalidParameterException where the pool allows no user of this name.
    """
    sub = ids.random_uuid()
    if pool.username_attributes:
        return Naming(sub, sub, _with_sign_in_name(pool, username, attributes))
    key = key_of(pool, username)
    if "email" in pool.alias_attributes and is_email(key):
        raise idp.InvalidParameterException(
            "Username cannot be of email format, since user pool is configured for email alias."
        )
    if "phone_number" in pool.alias_attributes and is_phone_number(key):
        raise idp.InvalidParameterException(
            "Username cannot be of phone number format, since user pool is configured for phone "
            "number alias."
        )
    _fits(key, "Username")
    return Naming(username if pool.case_sensitive else username.lower(), sub, dict(attributes))


def check_preferred(pool: Pool, value: str, *, unconfirmed: bool) -> None:
    """What preferred_username must be where people sign in with it: a name like any other, and
    never another user's address in disguise. Raises InvalidParameterException."""
    if PREFERRED not in pool.alias_attributes:
        return
    if unconfirmed:
        raise idp.InvalidParameterException(
            "User is not confirmed. preferred_username can be set after confirmation only."
        )
    key = key_of(pool, value)
    _fits(key, "preferred_username")
    shapes = {"email": is_email, "phone_number": is_phone_number}
    address = any(is_one(key) for kind, is_one in shapes.items() if kind in pool.alias_attributes)
    if address or len(value) > MOST_OF_NAME or _NAME.fullmatch(value) is None:
        raise idp.InvalidParameterException("preferred_username is not a valid user name.")


def sign_in_names(pool: Pool, user: User) -> frozenset[tuple[str, str]]:
    """Every (kind, key) that must be this user's alone, beside the user name: sign-in attributes
    always; e-mail and phone aliases once verified; preferred_username once confirmed. Where
    that is an alias, the user name is reserved among the aliases too, so that neither can be
    taken for the other."""
    names = {
        (kind, user.attributes[kind])
        for kind in pool.username_attributes
        if user.attributes.get(kind)
    }
    names |= {
        (kind, user.attributes[kind])
        for kind in pool.alias_attributes
        if user.attributes.get(kind) and _active(kind, user)
    }
    if PREFERRED in pool.alias_attributes:
        names.add((PREFERRED, user.username))
    return frozenset((kind, key_of(pool, value)) for kind, value in names)


def _active(kind: str, user: User) -> bool:
    return user.status != UNCONFIRMED if kind == PREFERRED else user.verified(kind)


def _with_sign_in_name(pool: Pool, username: str, attributes: dict[str, str]) -> dict[str, str]:
    kind = _kind_of(pool, username)
    given = attributes.get(kind)
    if given is not None and key_of(pool, given) != key_of(pool, username):
        raise idp.InvalidParameterException(f"The username and the {kind} do not match.")
    return {**attributes, kind: username}


def _kind_of(pool: Pool, username: str) -> str:
    """Which sign-in attribute a name is."""
    kinds = pool.username_attributes
    if "email" in kinds and is_email(username):
        return "email"
    if "phone_number" in kinds and is_phone_number(username):
        return "phone_number"
    if len(kinds) > 1:
        wanted = "either an email or a phone number"
    else:
        wanted = "an email" if "email" in kinds else "a phone number"
    raise idp.InvalidParameterException(f"Username should be {wanted}.")


def _fits(key: str, name: str) -> None:
    """Names that show nothing, and those that grow too long when written out."""
    if not 0 < len(key) <= MOST_OF_KEY:
        raise idp.InvalidParameterException(f"{name} contains characters that make no name.")
