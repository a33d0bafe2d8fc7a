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
from tests.support.authenticator import Authenticator
from tests.support.devices import KeptDevice
from tests.support.signing_in import FLOWS
from tests.support.wire import Reply, Wire

MANY = 50
ORIGIN = "https://example.com"
Ask = Callable[[Wire, int], Reply]


@dataclass
class Crowd:
    """Fifty connections to the arena's workers, and a client that takes every flow."""

    arena: Arena
    racers: Racers
    client: str
    rotating: str
    tracking: tuple[str, str]

    @property
    def wire(self) -> Wire:
        return self.arena.wires[0]

    def race(self, ask: Ask) -> list[Reply]:
        replies = self.racers.race(ask)
        assert len(replies) == MANY
        assert all(reply.known for reply in replies), replies
        return replies

    def begin(self, flow: str, client: str = "", **given: str) -> dict[str, Any]:
        begun = self.wire.ask(
            "InitiateAuth", ClientId=client or self.client, AuthFlow=flow, AuthParameters=given
        )
        assert begun.ok, begun
        return begun.body

    def with_password(self, name: str) -> dict[str, Any]:
        return self.begin("USER_PASSWORD_AUTH", USERNAME=name, PASSWORD=PASSWORD)

    def answering(self, asked: dict[str, Any], client: str = "", **given: str) -> Ask:
        more = {"Session": asked["Session"]} if "Session" in asked else {}

        def answer(wire: Wire, _: int) -> Reply:
            return wire.ask(
                "RespondToAuthChallenge",
                ClientId=client or self.client,
                ChallengeName=asked["ChallengeName"],
                ChallengeResponses=given,
                **more,
            )

        return answer

    def person(self) -> tuple[str, str]:
        """A user with a verified address, and the address."""
        address = f"{self.arena.name()}@example.com"
        return self.arena.user(email=address), address

    def passkey(self, name: str) -> Authenticator:
        """The user's phone, with a passkey on it."""
        access, phone = self.arena.tokens(name)["AccessToken"], Authenticator(ORIGIN)
        begun = self.wire.ask("StartWebAuthnRegistration", AccessToken=access)
        made = phone.create(begun.body["CredentialCreationOptions"])
        given = {"AccessToken": access, "Credential": made}
        assert self.wire.ask("CompleteWebAuthnRegistration", **given).ok
        return phone

    def device(self) -> tuple[str, KeptDevice]:
        """A user of the pool that tracks devices, and a device of theirs that has to prove
        itself."""
        pool, client = self.tracking
        name, root = self.arena.name(), self.wire.ask_as_root
        made = {"UserPoolId": pool, "Username": name}
        assert root("AdminCreateUser", **made, MessageAction="SUPPRESS").ok
        assert root("AdminSetUserPassword", **made, Password=PASSWORD, Permanent=True).ok
        began = self.begin("USER_PASSWORD_AUTH", client, USERNAME=name, PASSWORD=PASSWORD)
        tokens = began["AuthenticationResult"]
        device = KeptDevice(tokens["NewDeviceMetadata"])
        confirmed = self.wire.ask(
            "ConfirmDevice",
            AccessToken=tokens["AccessToken"],
            DeviceKey=device.key,
            DeviceSecretVerifierConfig=device.config,
        )
        assert confirmed.ok, confirmed
        return name, device

    def at_the_device(self, name: str, device: KeptDevice) -> dict[str, Any]:
        """A sign-in that waits for the device's proof."""
        given = {"USERNAME": name, "PASSWORD": PASSWORD, "DEVICE_KEY": device.key}
        asked = self.begin("USER_PASSWORD_AUTH", self.tracking[1], **given)
        assert asked["ChallengeName"] == "DEVICE_SRP_AUTH", asked
        return asked

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
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}}
    assert root("UpdateUserPool", **kept, Policies=policies).ok
    factors = {
        "SoftwareTokenMfaConfiguration": {"Enabled": True},
        "EmailMfaConfiguration": {"Message": "Your code is {####}"},
        "WebAuthnConfiguration": {"RelyingPartyId": "example.com"},
        "MfaConfiguration": "OPTIONAL",
    }
    assert root("SetUserPoolMfaConfig", **pool, **factors).ok

    def client(**settings: Any) -> str:
        flows = [*FLOWS, "ALLOW_USER_AUTH"]
        given = {**pool, "ClientName": "crowd", "ExplicitAuthFlows": flows, **settings}
        found: str = root("CreateUserPoolClient", **given).body["UserPoolClient"]["ClientId"]
        return found

    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0}
    without_refresh = [flow for flow in FLOWS if "REFRESH" not in flow]
    rotating = client(RefreshTokenRotation=rotation, ExplicitAuthFlows=without_refresh)
    devices = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
    made = root("CreateUserPool", PoolName="devices", DeviceConfiguration=devices).body
    tracked: str = made["UserPool"]["Id"]
    tracking = (tracked, client(UserPoolId=tracked))
    with wires_over(arena.server, WORKERS, each=MANY // WORKERS) as wires:
        racers = Racers(wires)
        try:
            yield Crowd(arena, racers, client(), rotating, tracking)
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


def a_mailed_code_of_a_second_factor(crowd: Crowd) -> Ask:
    name, address = crowd.person()
    chosen = {"EmailMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    root = crowd.wire.ask_as_root
    assert root("AdminSetUserMFAPreference", **crowd.arena.named(name), **chosen).ok
    asked = crowd.with_password(name)
    assert asked["ChallengeName"] == "EMAIL_OTP", asked
    given = {"USERNAME": name, "EMAIL_OTP_CODE": crowd.arena.code(address)}
    return crowd.answering(asked, **given)


def a_recovery_code(crowd: Crowd) -> Ask:
    """Each in a sign-in of its own."""
    name, secret = crowd.with_token()
    given = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": pyotp.TOTP(secret).at(_next_step())}
    done = crowd.answering(crowd.with_password(name), **given)(crowd.wire, 0)
    access = tokens_of(done)["AccessToken"]
    made = crowd.wire.post("/poolhouse/CreateRecoveryCodes", AccessToken=access)
    given = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": made.body["RecoveryCodes"][0]}
    asked = [crowd.with_password(name) for _ in range(MANY)]
    return lambda wire, number: crowd.answering(asked[number], **given)(wire, number)


def a_challenge_of_a_passkey(crowd: Crowd) -> Ask:
    name = crowd.arena.user()
    phone = crowd.passkey(name)
    asked = crowd.begin("USER_AUTH", USERNAME=name, PREFERRED_CHALLENGE="WEB_AUTHN")
    options = asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    return crowd.answering(asked, USERNAME=name, CREDENTIAL=phone.get(options))


def a_registration_of_a_passkey(crowd: Crowd) -> Ask:
    """Fifty phones, each with a passkey of its own for the same challenge."""
    access = crowd.arena.tokens(crowd.arena.user())["AccessToken"]
    begun = crowd.wire.ask("StartWebAuthnRegistration", AccessToken=access)
    options = begun.body["CredentialCreationOptions"]
    made = [Authenticator(ORIGIN).create(options) for _ in range(MANY)]

    def complete(wire: Wire, number: int) -> Reply:
        given = {"AccessToken": access, "Credential": made[number]}
        return wire.ask("CompleteWebAuthnRegistration", **given)

    return complete


def a_session_of_a_device(crowd: Crowd) -> Ask:
    name, device = crowd.device()
    asked = crowd.at_the_device(name, device)
    return crowd.answering(asked, crowd.tracking[1], **device.begin(name))


def a_proof_of_a_device(crowd: Crowd) -> Ask:
    name, device = crowd.device()
    asked = crowd.at_the_device(name, device)
    begun = crowd.answering(asked, crowd.tracking[1], **device.begin(name))(crowd.wire, 0)
    proof = device.proof(begun.body["ChallengeParameters"])
    return crowd.answering(begun.body, crowd.tracking[1], **proof)


def a_session_of_a_sign_up(crowd: Crowd) -> Ask:
    name = crowd.arena.name()
    address = f"{name}@example.com"
    asked = {
        "ClientId": crowd.client,
        "Username": name,
        "UserAttributes": [{"Name": "email", "Value": address}],
    }
    up = crowd.wire.ask("SignUp", **asked, Password=PASSWORD)
    confirmed = crowd.wire.ask(
        "ConfirmSignUp",
        ClientId=crowd.client,
        Username=name,
        ConfirmationCode=crowd.arena.code(address),
        Session=up.body["Session"],
    )
    given = {"AuthFlow": "USER_AUTH", "AuthParameters": {"USERNAME": name}}
    session = confirmed.body["Session"]
    return lambda wire, _: wire.ask("InitiateAuth", ClientId=crowd.client, Session=session, **given)


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
        a_mailed_code_of_a_second_factor,
        a_recovery_code,
        a_challenge_of_a_passkey,
        a_registration_of_a_passkey,
        a_session_of_a_device,
        a_proof_of_a_device,
        a_session_of_a_sign_up,
        a_refresh_token_that_rotates,
        a_deletion,
    ],
    ids=lambda prepare: prepare.__name__,
)
def test_of_fifty_one_redeems_it(prepare: Callable[[Crowd], Ask], crowd: Crowd) -> None:
    """REL-04, AUT-07, CGN-14, CGN-17, WAN-01"""
    replies = crowd.race(prepare(crowd))
    winners = [reply for reply in replies if reply.ok]
    assert len(winners) == 1, [reply.code or reply.status for reply in replies]
