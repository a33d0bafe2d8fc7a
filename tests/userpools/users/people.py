"""A pool in a house with its people, and everything a test looks at from outside and inside."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import bindparam, select

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Anyone
from poolhouse.contract.shape import ServiceError
from poolhouse.delivery import letters
from poolhouse.delivery.letters import Letter
from poolhouse.kernel.call import Call, Origin
from poolhouse.kernel.unit import Unit
from poolhouse.storage.base import metadata
from poolhouse.storage.outbox import messages
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.passwords.rows import Password
from poolhouse.userpools.passwords.store import Passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.tokens.mint import Mint
from poolhouse.userpools.users.changing import confirm, mark_verified
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.userpools.users.pool import client, given, pool, settled, shown

PASSWORD = "Correct-Horse-1!"


class People:
    def __init__(
        self, house: TestHouse, of: Pool | None = None, *clients: Client, **settings: Any
    ) -> None:
        self.house = house
        self.move(of or pool(**settings), *clients)
        self.admin = house.client("cognito-idp")
        self.public = house.unsigned("cognito-idp")

    def move(self, to: Pool, *clients: Client) -> None:
        """On to another pool, with nobody in it."""
        self.app = clients[0] if clients else client(to)
        self.pool = settled(self.house, to, *(clients or (self.app,)))
        self.id = to.id
        self._equipped = False

    # from outside ----------------------------------------------------------------------
    def create(self, name: str, /, **attributes: str) -> dict[str, Any]:
        """Made by an administrator, uninvited."""
        return self.ask_to_create(name, MessageAction="SUPPRESS", **attributes)

    def ask_to_create(self, name: str, /, **more: Any) -> dict[str, Any]:
        options = {key: value for key, value in more.items() if key[0].isupper()}
        attributes = {key: value for key, value in more.items() if not key[0].isupper()}
        made: dict[str, Any] = self.admin.admin_create_user(
            UserPoolId=self.id, Username=name, UserAttributes=given(**attributes), **options
        )["User"]
        return made

    def join(self, name: str, /, **attributes: str) -> str:
        """A confirmed user; answers the `sub`."""
        made = self.create(name, **attributes)
        self.admin.admin_set_user_password(
            UserPoolId=self.id, Username=made["Username"], Password=PASSWORD, Permanent=True
        )
        return shown(made["Attributes"])["sub"]

    def look(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.admin.admin_get_user(UserPoolId=self.id, Username=name)
        return found

    def attributes(self, name: str) -> dict[str, str]:
        """All but `sub`."""
        found = shown(self.look(name)["UserAttributes"])
        del found["sub"]
        return found

    def update(self, name: str, /, **attributes: str) -> None:
        self.admin.admin_update_user_attributes(
            UserPoolId=self.id, Username=name, UserAttributes=given(**attributes)
        )

    def update_own(self, token: str, /, **attributes: str) -> list[dict[str, str]]:
        answer = self.public.update_user_attributes(
            AccessToken=token, UserAttributes=given(**attributes)
        )
        sent: list[dict[str, str]] = answer["CodeDeliveryDetailsList"]
        return sent

    # from inside -----------------------------------------------------------------------
    def call(self, unit: Unit) -> Call[Anyone]:
        now = self.house.clock.now()
        return Call(Anyone(), unit, self.house.services, Origin("test"), "us-east-1", now)

    def user(self, name: str) -> User:
        with Unit(self.house.services.database) as unit:
            return Users(unit, self.pool).get(name)

    def tokens(self, name: str, through: Client | None = None) -> idp.AuthenticationResultType:
        """As a sign-in would issue them. The pool gets its signing keys with the first."""
        with Unit(self.house.services.database) as unit:
            keys = SigningKeys(unit, self.house.services.sealer)
            if not self._equipped:
                keys.equip(self.id, self.house.clock.now())
                self._equipped = True
            user = Users(unit, self.pool).get(name)
            return Mint(self.call(unit), self.pool, through or self.app).begin(user)

    def token(self, name: str, through: Client | None = None) -> str:
        found = self.tokens(name, through).access_token
        assert found
        return found

    def claims(self, name: str, through: Client | None = None) -> dict[str, Any]:
        """Of a fresh ID token."""
        part = (self.tokens(name, through).id_token or "").split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return found

    def prove(self, name: str, attribute: str, value: str, *, force: bool = False) -> User:
        """What redeeming a code that was sent to `value` does."""
        with Unit(self.house.services.database) as unit:
            user = Users(unit, self.pool).get(name)
            return mark_verified(self.call(unit), self.pool, user, attribute, value, force=force)

    def confirm(self, name: str) -> User:
        with Unit(self.house.services.database) as unit:
            user = Users(unit, self.pool).get(name)
            return confirm(self.call(unit), self.pool, user)

    def password(self, name: str) -> Password | None:
        with Unit(self.house.services.database) as unit:
            return Passwords(self.call(unit), self.pool).find(Users(unit, self.pool).get(name))

    def kept_password(self, name: str) -> Password:
        found = self.password(name)
        assert found is not None
        return found

    def letters(self) -> list[Letter]:
        """Everything written to people of this pool, oldest first."""
        sealer = self.house.services.sealer
        query = select(messages).where(messages.c.pool_id == bindparam("of"))
        with Unit(self.house.services.database) as unit:
            rows = unit.all(query.order_by(messages.c.created_at), of=self.id)
        return [letters.opened(sealer, row.id, row.sealed) for row in rows]

    def rows_of(self, sub: str) -> dict[str, int]:
        """How many rows of every table are a user's, by table; empty tables left out."""
        found = {}
        with Unit(self.house.services.database) as unit:
            for table in metadata.sorted_tables:
                if {"pool_id", "sub"} <= set(table.c.keys()):
                    query = select(table).where(table.c.sub == bindparam("who"))
                    found[table.name] = len(unit.all(query, who=sub))
        return {name: count for name, count in found.items() if count}


def refused(call: Callable[..., Any], *args: Any, **asked: Any) -> tuple[str, str]:
    """Code and message of the refusal that a call must end in; a fault of the server is none."""
    with pytest.raises(ClientError) as caught:
        call(*args, **asked)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return response["Error"]["Code"], response["Error"]["Message"]


def outcome(call: Callable[..., Any], *args: Any, **asked: Any) -> str:
    """`ok`, or the code of the refusal."""
    try:
        call(*args, **asked)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return str(error.response["Error"]["Code"]) if status == 400 else f"status {status}"
    except ServiceError as error:
        return error.code
    return "ok"


def in_parallel(*tasks: Callable[[], str]) -> list[str]:
    """The outcomes, sorted."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        return sorted(future.result() for future in [pool.submit(task) for task in tasks])
