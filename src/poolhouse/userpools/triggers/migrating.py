"""A user whom another directory knows: made here, at their first sign-in or reset."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.shape import ServiceError
from poolhouse.kernel.call import Call
from poolhouse.kernel.unit import Overtaken
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.triggers.answers import Migrated
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.users.attributes import accepted
from poolhouse.userpools.users.creating import create, refuse_taken, with_flags
from poolhouse.userpools.users.naming import key_of
from poolhouse.userpools.users.rows import Factors, User
from poolhouse.userpools.users.store import Users
from poolhouse.userpools.users.usernames import Naming, check_username

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Migration:
    """The user as they will be, once `write` is done with the unit. `welcomed_by` are the media of
    the message that they are to be welcomed with."""

    user: User
    write: Callable[[], None]
    welcomed_by: tuple[str, ...]


class MigratedMeanwhile(idp.TooManyRequestsException, Overtaken):
    """Somebody else has just brought the same user in: who asks again finds them."""


def migrates(pool: Pool) -> bool:
    """Whether the pool has a function that may know the name."""
    config = pool.settings.lambda_config
    return config is not None and bool(config.user_migration)


def migrate(
    call: Call[Any],
    pool: Pool,
    client: Client,
    name: str,
    password: str | None,
    *,
    source: str,
    validation: Mapping[str, str] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Migration | None:
    """Asks the function about a name that nobody has; None where it knows no such user, fails, or
    answers what cannot be a user of this pool: then the name is unknown, and nothing tells it
    apart from others. No transaction may be open.

    Raises MigratedMeanwhile, and so does `write`.
    """
    try:
        told = Triggers(call, pool).user_migration(
            source, name, client, password, validation, metadata
        )
        return None if told is None else _ready(call, pool, name, password, told)
    except ServiceError as error:
        if Users(call.unit, pool).find(name) is not None:
            raise MigratedMeanwhile("Too many requests") from None
        log.warning("user migration of %s failed: %s", pool.id, error.code)
        return None


def _ready(
    call: Call[Any], pool: Pool, name: str, password: str | None, told: Migrated
) -> Migration:
    given = _known(pool, told.attributes)
    wanted = given.pop("username", None) or name
    if pool.username_attributes and not any(
        given.get(kind) == name for kind in pool.username_attributes
    ):
        # Who signs in by an address is found by no other.
        raise idp.UserNotFoundException("User does not exist.")
    listed = [idp.AttributeType(name=key, value=value) for key, value in given.items()]
    attributes = accepted(pool, listed, by="admin", client=None, creating=True)
    naming = check_username(pool, name if pool.username_attributes else wanted, attributes)
    _refuse_another(pool, name, naming)
    refuse_taken(call, pool, naming)
    naming = replace(naming, attributes=with_flags(naming.attributes))
    prepared = (
        Passwords(call, pool).prepare(naming.username, password) if password is not None else None
    )
    factors = Factors(enabled=("SMS_MFA",)) if told.sms_mfa else Factors()
    user = User(
        pool.id, naming.sub, naming.username, told.status, True,
        naming.attributes, call.now, call.now, factors,
    )  # fmt: skip

    def write() -> None:
        try:
            made = create(call, pool, naming, status=told.status, force=told.force_alias)
        except idp.UsernameExistsException:
            raise MigratedMeanwhile("Too many requests") from None
        if told.sms_mfa:
            Users(call.unit, pool).set_factors(made, factors, call.now)
        if prepared is not None:
            Passwords(call, pool).put(made, prepared, now=call.now)

    return Migration(user, write, told.welcomed_by)


def _known(pool: Pool, told: Mapping[str, str]) -> dict[str, str]:
    """What the pool's schema knows. Another directory's `sub` and the like are left behind."""
    known = {
        name: value
        for name, value in told.items()
        if name == "username" or (name in pool.schema and name not in ("sub", "identities"))
    }
    if left := sorted(told.keys() - known.keys()):
        log.warning("user migration of %s: attributes left out: %s", pool.id, ", ".join(left))
    return known


def _refuse_another(pool: Pool, name: str, naming: Naming) -> None:
    """A user may be called otherwise than they signed in, by an alias; nobody else comes in.

    Raises UserNotFoundException.
    """
    key, kinds = key_of(pool, name), pool.username_attributes | pool.alias_attributes
    own = [naming.username, *(naming.attributes.get(kind, "") for kind in kinds)]
    if key not in [key_of(pool, one) for one in own if one]:
        raise idp.UserNotFoundException("User does not exist.")
