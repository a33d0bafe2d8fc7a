"""A stand-in for a name that nobody has, where the client hides who exists
(PreventUserExistenceErrors): counted, answered and costing like a user, and the same each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from poolhouse.kernel.call import Call
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.formats import is_email, is_phone_number
from poolhouse.userpools.users.naming import key_of
from poolhouse.userpools.users.rows import UNCONFIRMED, User

_INITIALS = "aabcdeefghijjklmmnnoprrssttuvwyz"
_DOMAINS = "gggggggghhhyyyooiiammtwe"


def apparent(call: Call[Any], pool: Pool, name: str, user: User | None) -> User:
    """The user as a stranger may believe them to be: with addresses, whether there are any, and
    whether there is a user or not."""
    nobody = _nobody(call, pool, name)
    if user is None:
        return nobody
    own = {attribute: value for attribute, value in user.attributes.items() if value}
    return replace(user, attributes={**nobody.attributes, **own})


def likely(pool: Pool, name: str, possible: Sequence[str]) -> str:
    """Which of the possible attributes a user of this name would be written to."""
    named, key = _addresses(pool), key_of(pool, name)
    for attribute in possible:
        if attribute in named and _SHAPES[attribute](key):
            return attribute
    for attribute in possible:
        schema = pool.schema.get(attribute)
        if schema is not None and schema.required:
            return attribute
    return "email" if "email" in possible else possible[0]


_SHAPES = {"email": is_email, "phone_number": is_phone_number}


def _addresses(pool: Pool) -> frozenset[str]:
    """Attributes that people of this pool sign in with."""
    return (pool.username_attributes | pool.alias_attributes) & _SHAPES.keys()


def _nobody(call: Call[Any], pool: Pool, name: str) -> User:
    key = key_of(pool, name)
    tag = call.services.sealer.mac(f"{pool.id}/{key}".encode(), "a name that nobody has")
    initial, domain = _INITIALS[tag[0] % len(_INITIALS)], _DOMAINS[tag[1] % len(_DOMAINS)]
    attributes = {
        "email": f"{initial}{tag[2:16].hex()}@{domain}",
        "phone_number": f"+1{int.from_bytes(tag[2:8], 'big') % 10**10:010d}",
    }
    for attribute in _addresses(pool):
        if _SHAPES[attribute](key):
            attributes[attribute] = key
    sub = "?" + tag[16:].hex()
    return User(pool.id, sub, name, UNCONFIRMED, True, attributes, call.now, call.now)
