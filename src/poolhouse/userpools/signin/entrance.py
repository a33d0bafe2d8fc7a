"""Where a sign-in comes in, and how it goes on: what all steps of the engine have in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.clients.proving import prove_secret_hash
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users, missing

Parameters = Mapping[str, str]

INCORRECT = "Incorrect username or password."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step ends in: a challenge with its parameters and session, or tokens."""

    challenge: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    session: str | None = field(default=None, repr=False)
    tokens: idp.AuthenticationResultType | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entrance:
    """One request of a sign-in at one client of one pool. `admin` for the signed twins."""

    call: Call[Any]
    pool: Pool
    client: Client
    admin: bool

    @property
    def users(self) -> Users:
        return Users(self.call.unit, self.pool)

    @property
    def passwords(self) -> Passwords:
        return Passwords(self.call, self.pool)

    @property
    def hides_users(self) -> bool:
        return self.client.hides_users

    def prove_secret(self, username: str, given: Parameters) -> None:
        """SECRET_HASH over the name as it was sent."""
        prove_secret_hash(self.call, self.client, username, given.get("SECRET_HASH"))

    def user(self, name: str) -> User | None:
        """The user of this name; None is a decoy's, where the client hides who exists.

        Raises UserNotFoundException where it does not.
        """
        found = self.users.find(name)
        if found is None and not self.hides_users:
            raise missing()
        return found

    def named(self, sub: str, given: Parameters) -> User:
        """The user of a passage, whom USERNAME must name too, by whatever name they use.

        Raises NotAuthorizedException.
        """
        user = self.users.by_sub(sub)
        name = required(given, "USERNAME")
        if user is None or not self._names(user, name):
            raise idp.NotAuthorizedException("Invalid session for the user.")
        return user

    def _names(self, user: User, name: str) -> bool:
        if name in (user.username, user.sub):
            return True
        found = self.users.find(name)
        return found is not None and found.sub == user.sub


def required(given: Parameters, name: str) -> str:
    """Raises InvalidParameterException where the parameter is absent or empty."""
    value = given.get(name)
    if not value:
        raise idp.InvalidParameterException(f"Missing required parameter {name}")
    return value


def incorrect() -> idp.NotAuthorizedException:
    return idp.NotAuthorizedException(INCORRECT)
