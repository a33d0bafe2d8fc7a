"""Every flow x user x client x factor: the engine, through the API, against docs/sign-in.md.

AUT-06, AUT-09, CGN-18: no combination leads to tokens but those that the page says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, combinations, count, product
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from sqlalchemy import bindparam, update

from poolhouse.kernel.unit import Unit
from poolhouse.userpools.passwords.rows import passwords
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.rows import Factors
from poolhouse.userpools.users.store import Users
from tests.support.deciding import tables
from tests.support.house import TestHouse
from tests.support.signing_in import FLOWS, PASSWORD, SrpClient

FIRST, SECOND = tables(Path(__file__).parents[3] / "docs" / "sign-in.md")
ENOUGH = "arn:aws:lambda:us-east-1:000000000000:function:enough"
CHOICE = [*FLOWS, "ALLOW_USER_AUTH"]

OUTLIVED = (
    update(passwords)
    .where(passwords.c.pool_id == bindparam("of"), passwords.c.sub == bindparam("who"))
    .values(expires_at=1.0)
)
PASSWORD_FLOWS = (
    "USER_PASSWORD_AUTH",
    "ADMIN_USER_PASSWORD_AUTH",
    "USER_SRP_AUTH",
    "USER_AUTH:PASSWORD",
    "USER_AUTH:PASSWORD_SRP",
)
ALL_FLOWS = (*PASSWORD_FLOWS, "USER_AUTH", "USER_AUTH:EMAIL_OTP", "CUSTOM_AUTH")
CLIENTS = ("closed", "tells", "hides")
USERS = (
    "nobody",
    "disabled",
    "unconfirmed",
    "reset required",
    "must change",
    "expired",
    "confirmed",
)
FACTORS = {"SMS": "SMS_MFA", "TOTP": "SOFTWARE_TOKEN_MFA", "EMAIL": "EMAIL_OTP"}
ADDRESSES: dict[str, dict[str, str]] = {
    "none": {},
    "phone": {"phone_number": "+15550100"},
    "email": {"email": "ann@example.com"},
    "phone+email": {"phone_number": "+15550100", "email": "ann@example.com"},
}


def second_states() -> Iterator[tuple[str, str, str]]:
    """Enabled factors, the preferred one, and addresses that can bear them."""
    names = ("TOTP", "SMS", "EMAIL")
    for enabled in chain.from_iterable(combinations(names, many) for many in range(4)):
        for preferred, addresses in product(("none", *enabled), ADDRESSES):
            bears = ("SMS" not in enabled or "phone" in addresses) and (
                "EMAIL" not in enabled or "email" in addresses
            )
            if bears:
                yield "+".join(enabled) or "none", preferred, addresses


@dataclass
class Arena:
    house: TestHouse
    idp: Any
    public: Any
    pool: str
    clients: dict[str, str]

    def answer(self, flow: str, client: str, name: str, password: str = PASSWORD) -> str:
        """What a right first factor is answered: a challenge, `tokens`, or an error's name."""
        try:
            return self._answer(flow, self.clients[client], name, password)
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    def _answer(self, flow: str, client: str, name: str, password: str) -> str:
        flow, _, preferred = flow.partition(":")
        given = {"USERNAME": name}
        srp = SrpClient(self.pool, name, password)
        if flow == "USER_SRP_AUTH" or preferred == "PASSWORD_SRP":
            given["SRP_A"] = f"{srp.big_a:x}"
        elif "PASSWORD" in flow or preferred == "PASSWORD":
            given["PASSWORD"] = password
        if preferred:
            given["PREFERRED_CHALLENGE"] = preferred
        asked: dict[str, Any] = {"ClientId": client, "AuthFlow": flow, "AuthParameters": given}
        if flow.startswith("ADMIN"):
            answer = self.idp.admin_initiate_auth(UserPoolId=self.pool, **asked)
        else:
            answer = self.public.initiate_auth(**asked)
        if answer.get("ChallengeName") == "PASSWORD_VERIFIER":
            more = {"Session": answer["Session"]} if "Session" in answer else {}
            answer = self.public.respond_to_auth_challenge(
                ClientId=client,
                ChallengeName="PASSWORD_VERIFIER",
                ChallengeResponses=srp.answer(answer["ChallengeParameters"]),
                **more,
            )
        return answer.get("ChallengeName") or ("tokens" if tokens(answer) else "nothing")

    def put_factors(self, name: str, enabled: str, preferred: str) -> None:
        """As if the user had set them up; how that is done is proved elsewhere."""
        chosen = tuple(FACTORS[one] for one in enabled.split("+") if one != "none")
        factors = Factors(chosen, FACTORS.get(preferred), "TOTP" in enabled)
        with Unit(self.house.services.database) as unit:
            users = Users(unit, Pools(unit).get(self.pool))
            users.set_factors(users.lock(users.get(name).sub), factors, 0.0)

    def user(self, name: str, password: str = PASSWORD, **attributes: str) -> None:
        flags = {f"{key}_verified": "true" for key in attributes}
        self.idp.admin_create_user(
            UserPoolId=self.pool,
            Username=name,
            MessageAction="SUPPRESS",
            TemporaryPassword=password,
            UserAttributes=[
                {"Name": key, "Value": value} for key, value in (attributes | flags).items()
            ],
        )

    def confirmed(self, name: str, **attributes: str) -> None:
        self.user(name, **attributes)
        self.idp.admin_set_user_password(
            UserPoolId=self.pool, Username=name, Password=PASSWORD, Permanent=True
        )


def tokens(answer: dict[str, Any]) -> bool:
    return "AccessToken" in answer.get("AuthenticationResult", {})


def arena_of(house: TestHouse, mfa: str, first: list[str], **more: Any) -> Arena:
    idp = house.client("cognito-idp")
    pool = idp.create_user_pool(
        PoolName="matrix",
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": first}},
        AccountRecoverySetting={"RecoveryMechanisms": [{"Name": "admin_only", "Priority": 1}]},
        **more,
    )["UserPool"]["Id"]
    if mfa != "OFF":
        idp.set_user_pool_mfa_config(
            UserPoolId=pool,
            MfaConfiguration=mfa,
            SmsMfaConfiguration={
                "SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}
            },
            SoftwareTokenMfaConfiguration={"Enabled": True},
            EmailMfaConfiguration={},
        )

    def client(flows: list[str], hides: str) -> str:
        made = idp.create_user_pool_client(
            UserPoolId=pool,
            ClientName=hides,
            ExplicitAuthFlows=flows,
            PreventUserExistenceErrors=hides,
        )
        found: str = made["UserPoolClient"]["ClientId"]
        return found

    clients = {
        "closed": client(["ALLOW_REFRESH_TOKEN_AUTH"], "LEGACY"),
        "tells": client(CHOICE, "LEGACY"),
        "hides": client(CHOICE, "ENABLED"),
    }
    return Arena(house, idp, house.unsigned("cognito-idp"), pool, clients)


def enough(event: dict[str, Any]) -> dict[str, Any]:
    event["response"]["issueTokens"] = True
    return event


@pytest.fixture
def first(house: TestHouse) -> Arena:
    house.bind(ENOUGH, enough)
    triggers = {
        "DefineAuthChallenge": ENOUGH,
        "CreateAuthChallenge": ENOUGH,
        "VerifyAuthChallengeResponse": ENOUGH,
    }
    arena = arena_of(house, "OFF", ["PASSWORD", "EMAIL_OTP"], LambdaConfig=triggers)
    idp, pool = arena.idp, arena.pool
    for state in USERS[1:]:
        name = state.replace(" ", "-")
        if state == "unconfirmed":
            arena.public.sign_up(
                ClientId=arena.clients["tells"],
                Username=name,
                Password=PASSWORD,
                UserAttributes=[{"Name": "email", "Value": f"{name}@example.com"}],
            )
            continue
        arena.user(name, email=f"{name}@example.com")
        if state not in ("must change", "expired"):
            idp.admin_set_user_password(
                UserPoolId=pool, Username=name, Password=PASSWORD, Permanent=True
            )
    idp.admin_disable_user(UserPoolId=pool, Username="disabled")
    idp.admin_reset_user_password(UserPoolId=pool, Username="reset-required")
    sub = idp.admin_get_user(UserPoolId=pool, Username="expired")["UserAttributes"][0]["Value"]
    with Unit(house.services.database) as unit:
        unit.write(OUTLIVED, of=pool, who=sub)
    return arena


def unknown(arena: Arena, number: int) -> str:
    """A name that nobody has, and that seems to have a password."""
    asked = {"ClientId": arena.clients["hides"], "AuthFlow": "USER_AUTH"}
    for name in (f"nobody-{number}-{more}" for more in count()):
        begun = arena.public.initiate_auth(**asked, AuthParameters={"USERNAME": name})
        if "PASSWORD" in begun["AvailableChallenges"]:
            return name
    raise AssertionError


def test_the_first_factor_is_answered_as_the_page_says(first: Arena) -> None:
    wrong: list[str] = []
    for number, facts in enumerate(product(ALL_FLOWS, CLIENTS, USERS)):
        flow, client, user = facts
        expected = FIRST.decide(*facts)
        if expected == "**second factor**":
            expected = "tokens"
        name = unknown(first, number) if user == "nobody" else user.replace(" ", "-")
        seen = first.answer(flow, client, name)
        if seen != expected:
            wrong.append(f"{facts}: {seen}, not {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("mfa", ["OFF", "OPTIONAL", "ON"])
def test_the_second_factor_is_asked_as_the_page_says(house: TestHouse, mfa: str) -> None:
    arena = arena_of(house, mfa, ["PASSWORD"])
    wrong: list[str] = []
    for number, (enabled, preferred, addresses) in enumerate(second_states()):
        name = f"user-{number}"
        arena.confirmed(name, **ADDRESSES[addresses])
        arena.put_factors(name, enabled, preferred)
        expected = SECOND.decide(mfa, enabled, preferred, addresses)
        flows = PASSWORD_FLOWS if number % 5 == 0 else ("USER_PASSWORD_AUTH",)
        for flow in flows:
            for client in ("tells", "hides"):
                seen = arena.answer(flow, client, name)
                if seen != expected:
                    facts = (flow, client, mfa, enabled, preferred, addresses)
                    wrong.append(f"{facts}: {seen}, not {expected}")
    assert not wrong, "\n".join(wrong)
