"""The filter of ListUsers, `<name> <operator> "<value>"`, and which range of keys it means.

Source: "Filter" of ListUsers, API page. Pure.
"""

from __future__ import annotations

import re

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.naming import fold, search_key
from poolhouse.userpools.users.rows import SEARCHABLE, User
from poolhouse.values import Value

_CLAUSE = re.compile(r'\s*([^\s"=^]+)\s*(\^?=)\s*"((?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_COLUMNS = {"username": "username", "sub": "sub", "cognito:user_status": "status"}
_STATES = {"Disabled": False, "Enabled": True}
_LAST = "\U0010ffff"


class Filter(Value, frozen=True):
    """A filter as it was written, its escapes resolved. `name` is one that can be searched."""

    name: str
    prefix: bool
    value: str

    @property
    def bound_to(self) -> tuple[str, ...]:
        """What a page token of this search must name."""
        return self.name, "^=" if self.prefix else "=", self.value


class Keys(Value, frozen=True):
    """Which keys match: `low` itself where `exact`, else those from `low` up to and without
    `high` (None has no end). `of` is the column or the attribute that they are keys of."""

    of: str
    low: str | bool = ""
    high: str | None = None
    exact: bool = False


EVERYBODY = Keys("sub")


def parsed(text: str | None) -> Filter | None:
    """None where there is no filter. Raises InvalidParameterException."""
    if text is None or not text.strip():
        return None
    clause = _CLAUSE.fullmatch(text)
    if clause is None:
        raise idp.InvalidParameterException("Error while parsing filter.")
    name, operator, value = clause.groups()
    if name not in _COLUMNS and name not in SEARCHABLE and name != "status":
        raise idp.InvalidParameterException(f"Invalid search attribute: {name}")
    return Filter(name, operator == "^=", _ESCAPED.sub(r"\1", value))


def keys_of(wanted: Filter | None) -> Keys | None:
    """The keys that match; None where nothing can."""
    if wanted is None:
        return EVERYBODY
    if wanted.name == "status":
        return _states(wanted)
    value = wanted.value
    if wanted.name in SEARCHABLE:
        value = search_key(value)
    elif wanted.name == "cognito:user_status":
        value = value.upper()
    of = _COLUMNS.get(wanted.name, wanted.name)
    if wanted.prefix:
        return Keys(of, value, after_prefix(value))
    return Keys(of, value, exact=True)


def _states(wanted: Filter) -> Keys | None:
    """`status` has two values, `Enabled` and `Disabled`."""
    found = [
        enabled
        for name, enabled in _STATES.items()
        if (name.startswith(wanted.value) if wanted.prefix else name == wanted.value)
    ]
    if len(found) == len(_STATES):
        return EVERYBODY
    return Keys("enabled", found[0], exact=True) if found else None


def place(keys: Keys, user: User) -> tuple[str, str]:
    """Where a user stands in the list: the next page goes on after it."""
    if keys.exact or keys.of == "sub":
        return "", user.sub
    if keys.of in SEARCHABLE:
        return search_key(user.attributes.get(keys.of, "")), user.sub
    return (user.username if keys.of == "username" else user.status), user.sub


def after_prefix(prefix: str) -> str | None:
    """The first string after all that begin with `prefix`, by code points, which is the order of
    UTF-8 and so of both databases; None where there is none."""
    kept = prefix.rstrip(_LAST)
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    # Surrogates are not characters: no string of either database holds one.
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)


def matches(wanted: Filter | None, user: User) -> bool:
    """Whether a found user matches in full: keys of very long values are cut."""
    if wanted is None or wanted.name not in SEARCHABLE:
        return True
    value, sought = fold(user.attributes.get(wanted.name, "")), fold(wanted.value)
    return value.startswith(sought) if wanted.prefix else value == sought


def check_attributes(pool: Pool, names: list[str]) -> None:
    """Raises InvalidParameterException where AttributesToGet names what no user has."""
    for name in names:
        if name != "sub" and name not in pool.schema:
            raise idp.InvalidParameterException("One or more requested attributes do not exist.")
