"""A pool with a public, a hiding and a confidential client, its outbox, and its users' tokens."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse import ids
from poolhouse.contract.callers import Anyone
from poolhouse.delivery.outbox import Opened, Outbox
from poolhouse.kernel.call import Call, Origin
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.lockout.store import Lockouts
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.risk.rules import Limit
from poolhouse.userpools.risk.store import Quotas
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.tokens.mint import Mint
from poolhouse.userpools.users.changing import set_enabled, set_status
from poolhouse.userpools.users.creating import create
from poolhouse.userpools.users.rows import CONFIRMED, User
from poolhouse.userpools.users.store import Users
from poolhouse.userpools.users.usernames import check_username
from tests.support.house import TestHouse
from tests.userpools.users.pool import client, given, pool, settled

PASSWORD, OTHER = "Correct-Horse-1!", "Battery-Staple-2!"
SECRET = "a-secret-of-fifty-one-characters-or-thereabouts-0123"


class Scene:
    def __init__(self, house: TestHouse, *required: str, **settings: Any) -> None:
        self.house = house
        settings = {"auto_verified_attributes": ["email"]} | settings
        of = pool(*required, **settings)
        self.plain = client(of)
        self.hiding = client(of, prevent_user_existence_errors="ENABLED")
        self.confidential = replace(client(of), has_secret=True)
        self.pool = settled(house, of, self.plain, self.hiding, self.confidential)
        with Unit(house.services.database) as unit:
            Clients(unit, house.services.sealer).add_secret(self.confidential, SECRET, 1.0)
        self.public = house.unsigned("cognito-idp")
        self.admin = house.client("cognito-idp")
        self._equipped = False

    # users -----------------------------------------------------------------------------
    def sign_up(self, name: str, **attributes: str) -> dict[str, Any]:
        attributes = attributes or {"email": f"{name}@example.com"}
        answer: dict[str, Any] = self.public.sign_up(
            ClientId=self.plain.id,
            Username=name,
            Password=PASSWORD,
            UserAttributes=given(**attributes),
        )
        return answer

    def add(self, name: str, *, status: str = CONFIRMED, **attributes: str) -> User:
        """A user with the password PASSWORD, without any message."""
        with self.call() as call:
            naming = check_username(self.pool, name, attributes)
            prepared = Passwords(call, self.pool).prepare(naming.username, PASSWORD)
            user = create(call, self.pool, naming, status=status)
            Passwords(call, self.pool).put(user, prepared, now=call.now)
        return user

    def reader(self, name: str, **attributes: str) -> User:
        """A user who reads their verified mail."""
        attributes = {"email": f"{name}@example.com"} | attributes
        return self.add(name, email_verified="true", **attributes)

    def user(self, name: str) -> User:
        with self.call() as call:
            return Users(call.unit, self.pool).get(name)

    def change(self, name: str, status: str | None = None, *, enabled: bool = True) -> None:
        with self.call() as call:
            user = Users(call.unit, self.pool).get(name)
            if status is not None:
                user = set_status(call, self.pool, user, status)
            set_enabled(call, self.pool, user, enabled)

    def password_is(self, name: str, password: str) -> bool:
        with self.call() as call:
            user = Users(call.unit, self.pool).get(name)
            stored = Passwords(call, self.pool).find(user)
            return call.services.hasher.verify(password, stored.hash if stored else None).ok

    def tokens(self, name: str) -> Any:
        with self.call() as call:
            if not self._equipped:
                SigningKeys(call.unit, self.house.services.sealer).equip(self.pool.id, 1.0)
        self._equipped = True
        with self.call() as call:
            user = Users(call.unit, self.pool).get(name)
            return Mint(call, self.pool, self.plain).begin(user)

    def token(self, name: str) -> str:
        return str(self.tokens(name).access_token)

    @contextmanager
    def call(self) -> Iterator[Call[Anyone]]:
        services = self.house.services
        with Unit(services.database) as unit:
            now = services.clock.now()
            yield Call(Anyone(), unit, services, Origin(ids.random_uuid()), "us-east-1", now)

    def passwords(self, call: Call[Anyone]) -> Passwords:
        return Passwords(call, self.pool)

    def lockouts(self, call: Call[Anyone]) -> Lockouts:
        return Lockouts(call.unit, self.pool)

    def use_up(self, limit: Limit, subject: str) -> None:
        with self.call() as call:
            for _ in range(limit.most):
                Quotas(call.unit, self.pool).spend_with_unit(limit, subject, call.now)

    # messages --------------------------------------------------------------------------
    @property
    def outbox(self) -> Outbox:
        return Outbox(self.house.services.database, self.house.services.sealer)

    def letters(self) -> list[Opened]:
        """Of this pool, the newest first."""
        found = [self.outbox.open(message.id) for message in self.outbox.list(count=1000)]
        return [each for each in found if each and each.message.pool_id == self.pool.id]

    def code(self, back: int = 0) -> str:
        """From the newest message, or from one before it."""
        message = self.outbox.list(count=back + 1)[back]
        opened = self.outbox.open(message.id)
        found = re.search(r"\b\d{6}\b", opened.letter.text) if opened else None
        assert found is not None
        return found[0]

    def wrong(self, back: int = 0) -> str:
        return f"{(int(self.code(back)) + 1) % 10**6:06d}"


def secret_hash(name: str, client_id: str, secret: str = SECRET) -> str:
    mac = hmac.digest(secret.encode(), (name + client_id).encode(), "sha256")
    return base64.b64encode(mac).decode()


def refusal(function: Callable[..., Any], **asked: Any) -> str:
    """`Code: message` of the error that the call is answered with."""
    with pytest.raises(ClientError) as refused:
        function(**asked)
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400, response
    return f"{response['Error']['Code']}: {response['Error']['Message']}"


MISMATCH = "CodeMismatchException: Invalid verification code provided, please try again."
EXPIRED = "ExpiredCodeException: Invalid code provided, please request a code again."
LIMIT = "LimitExceededException: Attempt limit exceeded, please try after some time."
