"""Everything that can be used once: fifty redeem it at the same moment over two workers, all with
the right answer, and one of them has it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyotp
import pytest

from tests.faults.arena import OTHER, PASSWORD, WORKERS, Arena, tokens_of
from tests.faults.workers import Racers, wires_over
from tests.support.signing_in import FLOWS
from tests.support.wire import Reply, Wire

MANY = 50
Ask = Callable[[Wire, int], Reply]


@dataclass
class Crowd:
    """Fifty connections to the arena's workers, and a client that takes every flow."""

    arena: Arena
    racers: Racers
    client: str
    rotating: str

    @property
    def wire(self) -> Wire:
        return self.arena.wires[0]

    def race(self, ask: Ask) -> list[Reply]:
        replies = self.racers.race(ask)
        assert len(replies) == MANY
        assert all(reply.known for reply in replies), replies
        return replies

    def begin(self, flow: str, **given: str) -> dict[str, Any]:
        begun = self.wire.ask(
            "InitiateAuth", ClientId=self.client, AuthFlow=flow, AuthParameters=given
        )
        assert begun.ok, begun
        return begun.body

    def with_password(self, name: str) -> dict[str, Any]:
        return self.begin("USER_PASSWORD_AUTH", USERNAME=name, PASSWORD=PASSWORD)

    def answering(self, asked: dict[str, Any], **given: str) -> Ask:
        challenge, session = asked["ChallengeName"], asked["Session"]

        def answer(wire: Wire, _: int) -> Reply:
            return wire.ask(
                "RespondToAuthChallenge",
                ClientId=self.client,
                ChallengeName=challenge,
                Session=session,
                ChallengeResponses=given,
            )

        return answer

    def person(self) -> tuple[str, str]:
        """A user with a verified address, and the address."""
        address = f"{self.arena.name()}@example.com"
        return self.arena.user(email=address), address

    def with_token(self) -> tuple[str, str]:
        """A user whose second factor is a software token, and its secret."""
        name = self.arena.user()
        access = self.arena.tokens(name)["AccessToken"]
        secret: str = self.wire.ask("AssociateSoftwareToken", AccessToken=access).body["SecretCode"]
        code = pyotp.TOTP(secret).now()
        assert self.wire.ask("VerifySoftwareToken", AccessToken=access, UserCode=code).ok
        chosen = {"Enabled": True, "PreferredMfa": True}
        asked = {**self.arena.named(name), "SoftwareTokenMfaSettings": chosen}
        assert self.wire.ask_as_root("AdminSetUserMFAPreference", **asked).ok
        return name, secret


@pytest.fixture(scope="module")
def crowd(arena: Arena) -> Iterator[Crowd]:
    root = arena.wires[0].ask_as_root
    pool = {"UserPoolId": arena.pool}
    described = root("DescribeUserPool", **pool).body["UserPool"]
    kept = {
        "UserPoolId": arena.pool,
        "AutoVerifiedAttributes": described["AutoVerifiedAttributes"],
    }
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    assert root("UpdateUserPool", **kept, Policies=policies).ok
    factors = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": "OPTIONAL"}
    assert root("SetUserPoolMfaConfig", **pool, **factors).ok

    def client(**settings: Any) -> str:
        flows = [*FLOWS, "ALLOW_USER_AUTH"]
        given = {**pool, "ClientName": "crowd", "ExplicitAuthFlows": flows, **settings}
        found: str = root("CreateUserPoolClient", **given).body["UserPoolClient"]["ClientId"]
        return found

    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    without_refresh = [flow for flow in FLOWS if "REFRESH" not in flow]
    rotating = client(RefreshTokenRotation=rotation, ExplicitAuthFlows=without_refresh)
    with wires_over(arena.server, WORKERS, each=MANY // WORKERS) as wires:
        racers = Racers(wires)
        try:
            yield Crowd(arena, racers, client(), rotating)
        finally:
            racers.close()
            assert root("SetUserPoolMfaConfig", **pool, MfaConfiguration="OFF").ok


# What can be redeemed once: each prepares one of them, and answers how it is redeemed. ----------
def a_confirmation_code(crowd: Crowd) -> Ask:
    arena, name = crowd.arena, crowd.arena.name()
    address = f"{name}@example.com"
    assert arena.sign_up(crowd.wire, name, address).ok
    given = {"Username": name, "ConfirmationCode": arena.code(address)}
    return lambda wire, _: wire.ask("ConfirmSignUp", ClientId=crowd.client, **given)


def a_reset_code(crowd: Crowd) -> Ask:
    name, address = crowd.person()
    assert crowd.wire.ask("ForgotPassword", ClientId=crowd.client, Username=name).ok
    given = {"Username": name, "ConfirmationCode": crowd.arena.code(address)}

    def redeem(wire: Wire, number: int) -> Reply:
        password = f"{OTHER}{number}"
        given_here = {**given, "Password": password}
        return wire.ask("ConfirmForgotPassword", ClientId=crowd.client, **given_here)

    return redeem


def a_code_for_an_address(crowd: Crowd) -> Ask:
    name = crowd.arena.user()
    address = f"{name}@example.com"
    token = crowd.arena.tokens(name)["AccessToken"]
    attributes = [{"Name": "email", "Value": address}]
    changed = crowd.wire.ask("UpdateUserAttributes", AccessToken=token, UserAttributes=attributes)
    assert changed.ok
    given = {"AttributeName": "email", "Code": crowd.arena.code(address)}
    return lambda wire, _: wire.ask("VerifyUserAttribute", AccessToken=token, **given)


def an_srp_proof(crowd: Crowd) -> Ask:
    answer = crowd.arena.srp_answer(crowd.wire, crowd.arena.user())
    return lambda wire, _: crowd.arena.answer(wire, "PASSWORD_VERIFIER", **answer)


def a_session_for_a_new_password(crowd: Crowd) -> Ask:
    name = crowd.arena.user(permanent=False)
    given = {"USERNAME": name, "NEW_PASSWORD": OTHER}
    return crowd.answering(crowd.with_password(name), **given)


def a_session_of_a_choice(crowd: Crowd) -> Ask:
    name, _ = crowd.person()
    asked = crowd.begin("USER_AUTH", USERNAME=name)
    assert asked["ChallengeName"] == "SELECT_CHALLENGE"
    return crowd.answering(asked, USERNAME=name, ANSWER="PASSWORD", PASSWORD=PASSWORD)


def a_mailed_code(crowd: Crowd) -> Ask:
    name, address = crowd.person()
    asked = crowd.begin("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="EMAIL_OTP")
    given = {"USERNAME": name, "EMAIL_OTP_CODE": crowd.arena.code(address)}
    return crowd.answering(asked, **given)


def a_code_of_a_software_token(crowd: Crowd) -> Ask:
    """Each in a sign-in of its own: not the session is used up, but the code."""
    name, secret = crowd.with_token()
    # The next one: the code that registered the token is used up.
    code = pyotp.TOTP(secret).at(_next_step())
    asked = [crowd.with_password(name) for _ in range(MANY)]

    def redeem(wire: Wire, number: int) -> Reply:
        given = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code}
        return crowd.answering(asked[number], **given)(wire, number)

    return redeem


def a_session_of_a_software_token(crowd: Crowd) -> Ask:
    name, secret = crowd.with_token()
    given = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": pyotp.TOTP(secret).at(_next_step())}
    return crowd.answering(crowd.with_password(name), **given)


def a_code_that_registers_a_software_token(crowd: Crowd) -> Ask:
    access = crowd.arena.tokens(crowd.arena.user())["AccessToken"]
    secret = crowd.wire.ask("AssociateSoftwareToken", AccessToken=access).body["SecretCode"]
    given = {"AccessToken": access, "UserCode": pyotp.TOTP(secret).now()}
    return lambda wire, _: wire.ask("VerifySoftwareToken", **given)


def a_refresh_token_that_rotates(crowd: Crowd) -> Ask:
    given = {"USERNAME": crowd.arena.user(), "PASSWORD": PASSWORD}
    began = crowd.wire.ask(
        "InitiateAuth",
        ClientId=crowd.rotating,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters=given,
    )
    token = tokens_of(began)["RefreshToken"]
    asked = {"ClientId": crowd.rotating, "RefreshToken": token}
    return lambda wire, _: wire.ask("GetTokensFromRefreshToken", **asked)


def a_deletion(crowd: Crowd) -> Ask:
    access = crowd.arena.tokens(crowd.arena.user())["AccessToken"]
    return lambda wire, _: wire.ask("DeleteUser", AccessToken=access)


def _next_step() -> int:
    """A moment in the step after this one, which is in the window of drift."""
    return int(time.time()) + 30


@pytest.mark.parametrize(
    "prepare",
    [
        a_confirmation_code,
        a_reset_code,
        a_code_for_an_address,
        an_srp_proof,
        a_session_for_a_new_password,
        a_session_of_a_choice,
        a_mailed_code,
        a_code_of_a_software_token,
        a_session_of_a_software_token,
        a_code_that_registers_a_software_token,
        a_refresh_token_that_rotates,
        a_deletion,
    ],
    ids=lambda prepare: prepare.__name__,
)
def test_of_fifty_one_redeems_it(prepare: Callable[[Crowd], Ask], crowd: Crowd) -> None:
    """REL-04, AUT-07, CGN-14, CGN-17"""
    replies = crowd.race(prepare(crowd))
    winners = [reply for reply in replies if reply.ok]
    assert len(winners) == 1, [reply.code or reply.status for reply in replies]
