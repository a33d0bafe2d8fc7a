"""What a stranger asks about names: one coroutine a flow, tried with a known and an unknown name.

The first step of a flow is measured and so is the refusal at its end; what comes before is not.
"""

from __future__ import annotations

import base64
import itertools
import json
import secrets
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import boto3
import gmpy2
from botocore.config import Config

from bench import seeding
from bench.flows import IDP, assertion, proof
from bench.load import request
from bench.processes import ROOT_KEY, ROOT_SECRET, Server
from bench.requests import signed
from bench.seeding import Kind
from poolhouse.userpools.lockout.rules import FREE_TRIES
from poolhouse.userpools.passwords.srp import G, N
from poolhouse.userpools.users.rows import (
    EXTERNAL_PROVIDER,
    FORCE_CHANGE_PASSWORD,
    RESET_REQUIRED,
    UNCONFIRMED,
)

_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function"
_FLOWS = ["USER_PASSWORD", "ADMIN_USER_PASSWORD", "USER_SRP", "USER", "CUSTOM"]
_WRONG = "Wrong-Horse-1!"
_NOBODY = 800_000
_STATE = 10_000
_TOKENS = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}
LOCKED = "locked"
STATES = {
    "second factor": Kind(token=True),
    "no password": Kind(password=False, passkey=True),
    UNCONFIRMED: Kind(UNCONFIRMED),
    FORCE_CHANGE_PASSWORD: Kind(FORCE_CHANGE_PASSWORD, temporary=True),
    RESET_REQUIRED: Kind(RESET_REQUIRED),
    EXTERNAL_PROVIDER: Kind(EXTERNAL_PROVIDER, password=False),
    "disabled": Kind(enabled=False),
    LOCKED: Kind(),
}


class Meter(Protocol):
    async def timed(self, label: str, known: bool, request: bytes) -> tuple[int, bytes]: ...
    async def untimed(self, request: bytes) -> tuple[int, bytes]: ...


Flow = Callable[[Meter, str, bool], Awaitable[None]]
Pairs = Callable[[], Iterator[tuple[str, str]]]


def custom(event: dict[str, Any], _: object) -> dict[str, Any]:
    """The three functions of a custom sign-in: one question, and never right."""
    rounds = event["request"].get("session") or []
    event["response"] = {
        "DefineAuthChallenge_Authentication": {
            "challengeName": "CUSTOM_CHALLENGE",
            "issueTokens": False,
            "failAuthentication": bool(rounds),
        },
        "CreateAuthChallenge_Authentication": {
            "publicChallengeParameters": {"question": "?"},
            "privateChallengeParameters": {"answer": "!"},
        },
        "VerifyAuthChallengeResponse_Authentication": {"answerCorrect": False},
    }[event["triggerSource"]]
    return event


def write_functions(folder: Path) -> None:
    (folder / "functions.toml").write_text(
        f'[[function]]\narn = "{_FUNCTION}:custom"\npython = "bench.strangers:custom"\n'
    )


class Place:
    """A pool whose names are e-mail addresses, all of it confirmed, one that is not yet, and one
    with users in every other state; a client of each that hides who exists."""

    def __init__(self, server: Server, environment: dict[str, str]) -> None:
        self._port = server.port
        self._environment = environment
        self._idp = boto3.client(
            "cognito-idp",
            config=Config(retries={"total_max_attempts": 1}),
            region_name="us-east-1",
            endpoint_url=server.url,
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_SECRET,
        )

    def furnish(self, tries: int, states: list[str]) -> None:
        self._known, self._new = self._made("known"), self._made("unconfirmed")
        people = max(2 * tries, seeding.WITH_PASSWORD)
        seeding.fill(self._environment, self._known.pool, 0, people)
        seeding.fill(self._environment, self._new.pool, 0, people, kind=STATES[UNCONFIRMED])
        self._mixed = self._made("every other state", MfaConfiguration="OPTIONAL", **_TOKENS)
        for place, state in enumerate(STATES):
            if state in states:
                first = (place + 1) * _STATE
                pool, end = self._mixed.pool, first + tries
                seeding.fill(self._environment, pool, first, end, kind=STATES[state])

    def flows(self, tries: int) -> Iterator[tuple[Flow, Pairs]]:
        """Each with its pairs of names: endless, or as many as there are."""
        numbers = itertools.count(_NOBODY)
        # Without a second factor, and with a password: the first users have both.
        entering = [seeding.email_of(n) for n in range(seeding.WITH_PASSKEY)]
        everybody = [seeding.email_of(n) for n in range(2 * tries)]

        def of(names: list[str]) -> Pairs:
            known = itertools.cycle(names)
            unknown = map(seeding.email_of, numbers)
            return lambda: zip(known, unknown, strict=False)

        app, new = self._known, self._new
        with_password = [seeding.email_of(n) for n in range(seeding.WITH_PASSWORD)]
        for flow in (app.password, app.admin_password, app.srp):
            yield flow, of(with_password)
        for flow in (app.custom, app.choice, app.code, app.passkey):
            yield flow, of(entering)
        for flow in (app.forgot_password, new.confirm_sign_up, new.resend):
            yield flow, of(everybody)

    def flows_of(self, state: str, tries: int) -> Iterator[tuple[Flow, Pairs]]:
        """Of one state. Known and unknown names come again as often."""
        first = (list(STATES).index(state) + 1) * _STATE
        known = [seeding.email_of(n) for n in range(first, first + tries)]
        unknown = [seeding.email_of(_NOBODY - _STATE * 50 + n) for n in range(first, first + tries)]
        pairs = itertools.cycle(list(zip(known, unknown, strict=True)))
        app = self._mixed
        flows = (
            (app.locked,)
            if state == LOCKED
            else (
                app.password,
                app.admin_password,
                app.srp,
                app.custom,
                app.choice,
                app.code,
                app.forgot_password,
                app.confirm_sign_up,
                app.resend,
            )
        )
        for flow in flows:
            yield flow, lambda: pairs

    def _made(self, name: str, **mfa: Any) -> App:
        first = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}
        arn = f"{_FUNCTION}:custom"
        triggers = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")
        pool: str = self._idp.create_user_pool(
            PoolName=name,
            UsernameAttributes=["email"],
            AutoVerifiedAttributes=["email"],
            Policies={"SignInPolicy": first},
            LambdaConfig=dict.fromkeys(triggers, arn),
        )["UserPool"]["Id"]
        self._idp.set_user_pool_mfa_config(
            UserPoolId=pool,
            WebAuthnConfiguration={"RelyingPartyId": seeding.PARTY},
            **({"MfaConfiguration": "OFF"} | mfa),
        )
        client: str = self._idp.create_user_pool_client(
            UserPoolId=pool,
            ClientName=name,
            ExplicitAuthFlows=[f"ALLOW_{flow}_AUTH" for flow in _FLOWS],
            PreventUserExistenceErrors="ENABLED",
        )["UserPoolClient"]["ClientId"]
        return App(self._port, pool, client)


@dataclass(frozen=True)
class App:
    """What is asked of one client. A flow ends where its first step is refused."""

    port: int
    pool: str
    client: str

    async def password(self, meter: Meter, name: str, known: bool) -> None:
        given = {"USERNAME": name, "PASSWORD": _WRONG}
        await meter.timed("USER_PASSWORD_AUTH", known, self._begin("USER_PASSWORD_AUTH", given))

    async def admin_password(self, meter: Meter, name: str, known: bool) -> None:
        body = {
            "UserPoolId": self.pool,
            "ClientId": self.client,
            "AuthFlow": "ADMIN_USER_PASSWORD_AUTH",
            "AuthParameters": {"USERNAME": name, "PASSWORD": _WRONG},
        }
        target = f"{IDP}.AdminInitiateAuth"
        made = signed(target, [body], ROOT_KEY, ROOT_SECRET, self.port, "cognito-idp")
        await meter.timed("ADMIN_USER_PASSWORD_AUTH", known, base64.b64decode(made[0]))

    async def srp(self, meter: Meter, name: str, known: bool) -> None:
        a = int.from_bytes(secrets.token_bytes(32))
        big_a = int(gmpy2.powmod(G, a, N))
        given = {"USERNAME": name, "SRP_A": f"{big_a:x}"}
        first = await self._first(meter, "USER_SRP_AUTH", known, given)
        if first is None:
            return
        short = self.pool.partition("_")[2]
        answer = proof(first["ChallengeParameters"], short, _WRONG, a, big_a)
        asked = self._answer("PASSWORD_VERIFIER", answer)
        await meter.timed("USER_SRP_AUTH, PASSWORD_VERIFIER", known, asked)

    async def custom(self, meter: Meter, name: str, known: bool) -> None:
        first = await self._first(meter, "CUSTOM_AUTH", known, {"USERNAME": name})
        if first is None:
            return
        given = {"USERNAME": name, "ANSWER": "wrong"}
        asked = self._answer("CUSTOM_CHALLENGE", given, first["Session"])
        await meter.timed("CUSTOM_AUTH, CUSTOM_CHALLENGE", known, asked)

    async def choice(self, meter: Meter, name: str, known: bool) -> None:
        first = await self._first(meter, "USER_AUTH", known, {"USERNAME": name})
        if first is None:
            return
        given = {"USERNAME": name, "ANSWER": "PASSWORD", "PASSWORD": _WRONG}
        asked = self._answer("SELECT_CHALLENGE", given, first["Session"])
        await meter.timed("USER_AUTH, chosen PASSWORD", known, asked)

    async def code(self, meter: Meter, name: str, known: bool) -> None:
        given = {"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"}
        first = await self._first(meter, "USER_AUTH", known, given, "EMAIL_OTP")
        if first is None:
            return
        given = {"USERNAME": name, "EMAIL_OTP_CODE": "00000000"}
        asked = self._answer("EMAIL_OTP", given, first["Session"])
        await meter.timed("USER_AUTH, EMAIL_OTP answered", known, asked)

    async def passkey(self, meter: Meter, name: str, known: bool) -> None:
        given = {"USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN"}
        name = given["USERNAME"] = await self._seeming_to_have(meter, name if known else "")
        first = await self._first(meter, "USER_AUTH", known, given, "WEB_AUTHN")
        if first is None:
            return
        options = json.loads(first["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
        wrong = assertion(options, secrets.token_bytes(32))
        answer = {"USERNAME": name, "CREDENTIAL": wrong}
        asked = self._answer("WEB_AUTHN", answer, first["Session"])
        await meter.timed("USER_AUTH, WEB_AUTHN answered", known, asked)

    async def locked(self, meter: Meter, name: str, known: bool) -> None:
        given = {"USERNAME": name, "PASSWORD": _WRONG}
        for _ in range(FREE_TRIES):
            await meter.untimed(self._begin("USER_PASSWORD_AUTH", given))
        await self.password(meter, name, known)

    async def forgot_password(self, meter: Meter, name: str, known: bool) -> None:
        asked = {"ClientId": self.client, "Username": name}
        await meter.timed("ForgotPassword", known, _plain("ForgotPassword", asked))
        asked |= {"ConfirmationCode": "000000", "Password": seeding.PASSWORD}
        label = "ConfirmForgotPassword"
        await meter.timed(label, known, _plain(label, asked))

    async def confirm_sign_up(self, meter: Meter, name: str, known: bool) -> None:
        asked = {"ClientId": self.client, "Username": name, "ConfirmationCode": "000000"}
        await meter.timed("ConfirmSignUp", known, _plain("ConfirmSignUp", asked))

    async def resend(self, meter: Meter, name: str, known: bool) -> None:
        asked = {"ClientId": self.client, "Username": name}
        label = "ResendConfirmationCode"
        await meter.timed(label, known, _plain(label, asked))

    # requests --------------------------------------------------------------------------
    async def _first(
        self, meter: Meter, flow: str, known: bool, given: dict[str, str], label: str = ""
    ) -> Any:
        named = f"{flow}{label and f', {label}'}"
        status, answer = await meter.timed(named, known, self._begin(flow, given))
        if status >= 500:
            raise RuntimeError(f"{named}: {status} {answer[:300]!r}")
        return json.loads(answer) if status == 200 else None

    async def _seeming_to_have(self, meter: Meter, name: str) -> str:
        """The name, or one that nobody has and that seems to have a passkey; not every one does."""
        while True:
            name = name or seeding.email_of(_NOBODY + secrets.randbelow(100_000))
            given = {"USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN"}
            _, answer = await meter.untimed(self._begin("USER_AUTH", given))
            if json.loads(answer).get("ChallengeName") == "WEB_AUTHN":
                return name
            name = ""

    def _begin(self, flow: str, given: dict[str, str]) -> bytes:
        return _plain(
            "InitiateAuth", {"ClientId": self.client, "AuthFlow": flow, "AuthParameters": given}
        )

    def _answer(self, challenge: str, given: dict[str, str], session: str = "") -> bytes:
        body = {
            "ClientId": self.client,
            "ChallengeName": challenge,
            "ChallengeResponses": given,
            **({"Session": session} if session else {}),
        }
        return _plain("RespondToAuthChallenge", body)


def _plain(operation: str, body: dict[str, Any]) -> bytes:
    return request(f"{IDP}.{operation}", json.dumps(body).encode())
