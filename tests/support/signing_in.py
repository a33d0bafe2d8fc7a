"""A pool with clients and users for tests of sign-in, and SRP as a client does it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from poolhouse.delivery.outbox import Outbox
from poolhouse.delivery.queue import WAITING
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.passwords.srp import G, N, pad
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.rows import Factors
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse

PASSWORD = "Correct-Horse-1!"
OTHER = "Battery-Staple-2!"
FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
]


class SrpClient:
    """Cognito's SRP-6a, the client's half."""

    def __init__(self, pool_id: str, username: str, password: str) -> None:
        self.pool, self.username, self.password = pool_id.split("_", 1)[1], username, password
        self.a = int.from_bytes(secrets.token_bytes(32), "big")
        self.big_a = pow(G, self.a, N)

    def answer(self, given: dict[str, str], *, at: datetime | None = None) -> dict[str, str]:
        user = given["USER_ID_FOR_SRP"]
        return {"USERNAME": user, **self.proof(self.pool, user, given, at)}

    def proof(
        self, pool: str, user: str, given: dict[str, str], at: datetime | None = None
    ) -> dict[str, str]:
        """The claim that is bound to these two names, of a pool and a user."""
        big_b = int(given["SRP_B"], 16)
        u = _number(pad(self.big_a) + pad(big_b))
        secret = f"{pool}{user}:{self.password}".encode()
        x = _number(pad(int(given["SALT"], 16)) + hashlib.sha256(secret).digest())
        k = _number(pad(N) + pad(G))
        shared = pow(big_b - k * pow(G, x, N), self.a + u * x, N)
        extracted = hmac.digest(pad(u), pad(shared), "sha256")
        key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
        now = at or datetime.now(UTC)
        stamp = f"{now:%a %b} {now.day} {now:%H:%M:%S} UTC {now.year}"
        block = given["SECRET_BLOCK"]
        message = pool.encode() + user.encode() + base64.b64decode(block) + stamp.encode()
        return {
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(
                hmac.digest(key, message, "sha256")
            ).decode(),
            "TIMESTAMP": stamp,
        }


def _number(octets: bytes) -> int:
    return int.from_bytes(hashlib.sha256(octets).digest(), "big")


@dataclass
class Scene:
    """A pool with an open client that tells who exists, one that hides it, and one with a
    secret."""

    house: TestHouse
    idp: Any
    public: Any
    pool: str
    open: str
    hiding: str
    confidential: str
    secret: str

    def client(self, **settings: Any) -> str:
        settings = {"ExplicitAuthFlows": FLOWS, **settings}
        made = self.idp.create_user_pool_client(
            UserPoolId=self.pool, ClientName="one more", **settings
        )
        found: str = made["UserPoolClient"]["ClientId"]
        return found

    def user(self, name: str, password: str = PASSWORD, **attributes: str) -> str:
        """A confirmed user; answers the sub."""
        given = [{"Name": k, "Value": v} for k, v in attributes.items()]
        made = self.idp.admin_create_user(
            UserPoolId=self.pool, Username=name, MessageAction="SUPPRESS", UserAttributes=given
        )
        self.idp.admin_set_user_password(
            UserPoolId=self.pool, Username=name, Password=password, Permanent=True
        )
        listed: dict[str, str] = {a["Name"]: a["Value"] for a in made["User"]["Attributes"]}
        return listed["sub"]

    def sign_in(self, name: str, password: str = PASSWORD, client: str = "", **more: str) -> Any:
        return self.public.initiate_auth(
            ClientId=client or self.open,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password, **more},
        )

    def tokens(self, name: str, password: str = PASSWORD, client: str = "") -> dict[str, Any]:
        found: dict[str, Any] = self.sign_in(name, password, client)["AuthenticationResult"]
        return found

    def srp_begin(self, name: str, password: str = PASSWORD, client: str = "") -> Any:
        srp = SrpClient(self.pool, name, password)
        answer = self.public.initiate_auth(
            ClientId=client or self.open,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": name, "SRP_A": f"{srp.big_a:x}"},
        )
        return srp, answer["ChallengeParameters"]

    def respond(self, answer: dict[str, str], client: str = "", **more: Any) -> Any:
        given = {"ChallengeName": "PASSWORD_VERIFIER", **more}
        return self.public.respond_to_auth_challenge(
            ClientId=client or self.open, ChallengeResponses=answer, **given
        )

    def srp_sign_in(self, name: str, password: str = PASSWORD, client: str = "") -> Any:
        srp, given = self.srp_begin(name, password, client)
        return self.respond(srp.answer(given), client)

    def begin(self, flow: str, client: str = "", **given: str) -> Any:
        return self.public.initiate_auth(
            ClientId=client or self.open, AuthFlow=flow, AuthParameters=given
        )

    def reply(self, answer: Any, client: str = "", **given: str) -> Any:
        """Answers the challenge that was posed."""
        return self.public.respond_to_auth_challenge(
            ClientId=client or self.open,
            ChallengeName=answer["ChallengeName"],
            Session=answer["Session"],
            ChallengeResponses=given,
        )

    def mailed(self, back: int = 0) -> str:
        """The code in the newest message of this pool, or in one before it; sent or not."""
        outbox = Outbox(self.house.services.database, self.house.services.sealer)
        of_pool = [message for message in outbox.list(count=1000) if message.pool_id == self.pool]
        opened = outbox.open(of_pool[back].id)
        found = re.search(r"\b\d{6,8}\b", opened.letter.text) if opened else None
        assert found is not None
        return found[0]

    def letters(self) -> int:
        """How many messages there are for people of this pool; pretended ones are none."""
        outbox = Outbox(self.house.services.database, self.house.services.sealer)
        listed = outbox.list(count=1000)
        return sum(one.pool_id == self.pool and one.status == WAITING for one in listed)

    def put_factors(self, name: str, *enabled: str, preferred: str | None = None) -> None:
        """As if the user had enabled them; how that is done is proved elsewhere."""
        factors = Factors(enabled, preferred, "SOFTWARE_TOKEN_MFA" in enabled)
        with Unit(self.house.services.database) as unit:
            users = Users(unit, Pools(unit).get(self.pool))
            users.set_factors(users.lock(users.get(name).sub), factors, 0.0)

    def refresh(self, token: str, client: str = "", **more: str) -> Any:
        return self.public.initiate_auth(
            ClientId=client or self.open,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token, **more},
        )


def scene_of(house: TestHouse, **pool: Any) -> Scene:
    idp = house.client("cognito-idp")
    made = idp.create_user_pool(PoolName="sign-in", **pool)["UserPool"]["Id"]

    def client(**more: Any) -> dict[str, Any]:
        found: dict[str, Any] = idp.create_user_pool_client(
            UserPoolId=made, ClientName="app", ExplicitAuthFlows=FLOWS, **more
        )["UserPoolClient"]
        return found

    secret = client(GenerateSecret=True)
    return Scene(
        house,
        idp,
        house.unsigned("cognito-idp"),
        made,
        client()["ClientId"],
        client(PreventUserExistenceErrors="ENABLED")["ClientId"],
        secret["ClientId"],
        secret["ClientSecret"],
    )


def secret_hash(name: str, client: str, secret: str) -> str:
    mac = hmac.digest(secret.encode(), (name + client).encode(), "sha256")
    return base64.b64encode(mac).decode()


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def refused(call: Any, *args: Any, **given: Any) -> tuple[str, str]:
    """Code and message of the error that a call must end in."""
    with pytest.raises(ClientError) as caught:
        call(*args, **given)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
