"""A stand-in for a name that nobody has, where the client hides who exists
(PreventUserExistenceErrors): counted, answered and costing like a user, and the same each time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from poolhouse.kernel.call import Call
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.formats import is_email, is_phone_number
from poolhouse.userpools.users.naming import key_of, plain
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


def likely_username(call: Call[Any], pool: Pool, name: str) -> str:
    """The user name that a user of this name would have: a UUID where user names are, and where
    the name can only be another's alias; elsewhere the name as it would be stored."""
    key = key_of(pool, name)
    if pool.username_attributes or any(_SHAPES[one](key) for one in _addresses(pool)):
        tag = call.services.sealer.mac(f"{pool.id}/{key}".encode(), "sub decoy")
        return str(uuid.UUID(bytes=tag[:16], version=4))
    return plain(pool, name)


@dataclass(frozen=True, slots=True)
class Seeming:
    """What a name that nobody has would seem to have: addresses that codes can go to, whether a
    second factor is due, and whether codes are all that it signs in by."""

    addresses: tuple[str, ...]
    second_factor: bool
    passwordless: bool


def seeming(call: Call[Any], pool: Pool, name: str) -> Seeming:
    """The same each time, and as different from name to name as users are."""
    chance, mfa = _chance(call, pool, name), pool.settings.mfa_configuration or "OFF"
    phone = _certain(pool, name, "phone_number") or chance[0] & 1 == 1
    addresses = ("email", "phone_number") if phone else ("email",)
    second_factor = mfa == "ON" or (mfa == "OPTIONAL" and chance[1] & 3 == 0)
    return Seeming(addresses, second_factor, not second_factor and chance[3] & 1 == 1)


def likely(call: Call[Any], pool: Pool, name: str, possible: Sequence[str]) -> str:
    """Which of the possible attributes a user of this name would be written to: the same each
    time."""
    named, key = _addresses(pool), key_of(pool, name)
    for attribute in possible:
        if attribute in named and _SHAPES[attribute](key):
            return attribute
    for attribute in possible:
        schema = pool.schema.get(attribute)
        if schema is not None and schema.required:
            return attribute
    if "email" not in possible or not _usual(pool, possible[0]):
        return possible[-1] if "email" not in possible else "email"
    return possible[_chance(call, pool, name)[2] % len(possible)]


def _usual(pool: Pool, attribute: str) -> bool:
    """Whether users of this pool have the attribute verified, by the pool's own doing."""
    setting = pool.settings.account_recovery_setting
    named = {one.name for one in (setting.recovery_mechanisms if setting else None) or []}
    return attribute in pool.auto_verified or f"verified_{attribute}" in named


def _certain(pool: Pool, name: str, attribute: str) -> bool:
    """Whether every user of this name would have the attribute."""
    if attribute in _addresses(pool) and _SHAPES[attribute](key_of(pool, name)):
        return True
    schema = pool.schema.get(attribute)
    return schema is not None and bool(schema.required)


def _chance(call: Call[Any], pool: Pool, name: str) -> bytes:
    key = f"{pool.id}/{key_of(pool, name)}".encode()
    return call.services.sealer.mac(key, "what a name that nobody has seems to have")


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
