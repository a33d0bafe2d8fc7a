"""Who may register a passkey, when, and how many."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from botocore.exceptions import ClientError

from poolhouse import housekeeping
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.passkeys.store import Passkeys
from poolhouse.userpools.pools.store import Pools
from tests.support.authenticator import Authenticator
from tests.support.house import TestHouse, furnished, settings_for
from tests.support.signing_in import claims, refused
from tests.userpools.passkeys.scene import NOT_BEGUN, ORIGIN, Keyring, options_of, outcome

LIMIT, STALE = "LimitExceededException", "NotAuthorizedException"


@pytest.fixture
def ring(house: TestHouse) -> Keyring:
    return Keyring(house)


def start(ring: Keyring, token: str) -> str:
    return outcome(ring.start, token)


def test_a_pool_that_takes_no_passkeys_registers_none(house: TestHouse) -> None:
    ring = Keyring(house)
    token, phone = ring.token(), Authenticator(ORIGIN)
    made = phone.create(ring.start(token))
    kept = ring.enrol(token=token)
    ring.idp.update_user_pool(
        UserPoolId=ring.pool,
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )
    assert start(ring, token) == "WebAuthnNotEnabledException"
    assert outcome(ring.complete, token, made) == "WebAuthnNotEnabledException"
    assert ring.ask()["ChallengeName"] == "SELECT_CHALLENGE"
    assert [one["CredentialId"] for one in ring.listed(token)] == list(kept.keys)


def test_an_address_is_no_relying_party(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
    with furnished(settings_for(tmp_path, public_url="http://192.0.2.1:8000")) as house:
        ring = Keyring(house, party=None)
        token = ring.token()
        assert start(ring, token) == "WebAuthnConfigurationMissingException"
        assert ring.ask()["ChallengeName"] == "SELECT_CHALLENGE"
        nobody = {ring.ask(f"nobody{n}", ring.hiding)["ChallengeName"] for n in range(20)}
        assert nobody == {"SELECT_CHALLENGE"}


@pytest.mark.parametrize("operation", ["start", "complete", "list", "delete"])
def test_a_token_that_is_no_good_is_good_for_nothing(ring: Keyring, operation: str) -> None:
    """AUT-06"""
    token = ring.token()
    made = Authenticator(ORIGIN).create(ring.start(token))
    public = ring.public
    asks: dict[str, tuple[Any, dict[str, Any]]] = {
        "start": (public.start_web_authn_registration, {}),
        "complete": (public.complete_web_authn_registration, {"Credential": made}),
        "list": (public.list_web_authn_credentials, {}),
        "delete": (public.delete_web_authn_credential, {"CredentialId": "AAAA"}),
    }
    call, members = asks[operation]
    for bad in ("none", ring.scene.tokens("ann", client=ring.app)["IdToken"]):
        assert outcome(call, AccessToken=bad, **members) == "NotAuthorizedException"
    public.global_sign_out(AccessToken=token)
    assert outcome(call, AccessToken=token, **members) == "NotAuthorizedException"


def test_only_a_recent_sign_in_registers_a_passkey(ring: Keyring) -> None:
    """WAN-08: tokens from a refresh are as old as the sign-in."""
    tokens = ring.scene.tokens("ann", client=ring.app)
    ring.house.clock.step(14 * 60)
    assert start(ring, tokens["AccessToken"]) == "ok"
    ring.house.clock.step(61)
    fresh = ring.scene.refresh(tokens["RefreshToken"], ring.app)["AuthenticationResult"]
    for old in (tokens["AccessToken"], fresh["AccessToken"]):
        error, message = refused(ring.start, old)
        assert error == STALE and "Sign in again" in message
    assert start(ring, ring.token()) == "ok"


def enrol_token(ring: Keyring, token: str) -> pyotp.TOTP:
    """A software token that is asked for from the next sign-in on."""
    secret = ring.public.associate_software_token(AccessToken=token)["SecretCode"]
    otp = pyotp.TOTP(secret)
    ring.public.verify_software_token(AccessToken=token, UserCode=otp.at(now(ring)))
    settings = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    ring.public.set_user_mfa_preference(AccessToken=token, **settings)
    return otp


def count_for_two(ring: Keyring, token: str) -> None:
    """Passkeys count for two factors beside the software token, from the next sign-in on."""
    both = {"SoftwareTokenMfaSettings": {"Enabled": True}, "WebAuthnMfaSettings": {"Enabled": True}}
    ring.public.set_user_mfa_preference(AccessToken=token, **both)


def now(ring: Keyring) -> int:
    return int(ring.house.clock.now())


def with_both(ring: Keyring, otp: pyotp.TOTP) -> str:
    """The access token of a sign-in by password and code."""
    ring.house.clock.step(30)
    asked = ring.scene.sign_in("ann", client=ring.app)
    code = {"SOFTWARE_TOKEN_MFA_CODE": otp.at(now(ring))}
    found: str = ring.scene.reply(asked, ring.app, USERNAME="ann", **code)["AuthenticationResult"][
        "AccessToken"
    ]
    return found


def test_who_has_two_factors_registers_with_two(ring: Keyring) -> None:
    """WAN-08: a session that is older than the second factor has shown but one."""
    ring.configure("OPTIONAL")
    token = ring.token()
    assert start(ring, token) == "ok"
    otp = enrol_token(ring, token)
    error, message = refused(ring.start, token)
    assert error == STALE and "second factor" in message
    both = with_both(ring, otp)
    ring.enrol(token=both)
    assert len(ring.listed(token)) == 1


def test_a_session_of_a_passkey_that_is_two_factors_registers_another(house: TestHouse) -> None:
    """WAN-08"""
    ring = Keyring(house, FactorConfiguration="MULTI_FACTOR_WITH_USER_VERIFICATION")
    ring.configure("OPTIONAL")
    token = ring.token()
    otp = enrol_token(ring, token)
    phone = ring.enrol(token=with_both(ring, otp))
    count_for_two(ring, token)
    answer = ring.sign_in(phone)["AuthenticationResult"]
    assert start(ring, answer["AccessToken"]) == "ok"


@pytest.mark.parametrize("state", ["reset", "temporary"])
def test_whoever_must_set_a_password_registers_no_passkey(ring: Keyring, state: str) -> None:
    """AUT-06: neither from the beginning nor half-way."""
    token, phone = ring.token(), Authenticator(ORIGIN)
    made = phone.create(ring.start(token))
    who = {"UserPoolId": ring.pool, "Username": "ann"}
    if state == "reset":
        ring.idp.admin_reset_user_password(**who)
        expected = {"PasswordResetRequiredException", "NotAuthorizedException"}
    else:
        ring.idp.admin_set_user_password(**who, Password="Temporary-1!", Permanent=False)
        expected = {"NotAuthorizedException"}
    assert outcome(ring.complete, token, made) in expected
    assert start(ring, token) in expected
    assert ring.kept(claims(token)["sub"]) == []


# limits ---------------------------------------------------------------------------------
def test_a_user_has_twenty_passkeys_at_most(ring: Keyring) -> None:
    """WAN-11: and they can all be used."""
    token = ring.token()
    for _ in range(19):
        ring.enrol(token=token)
    last = ring.enrol(token=token)
    assert start(ring, token) == LIMIT
    assert len(ring.listed(token)) == 20
    asked = ring.ask()
    assert len(options_of(asked)["allowCredentials"]) == 20
    assert ring.answer(asked, last.get(options_of(asked)))["AuthenticationResult"]
    ring.public.delete_web_authn_credential(AccessToken=token, CredentialId=next(iter(last.keys)))
    assert start(ring, token) == "ok"


def test_a_registration_that_was_begun_below_the_limit_ends_at_it(ring: Keyring) -> None:
    """WAN-11"""
    token, phone = ring.token(), Authenticator(ORIGIN)
    for _ in range(19):
        ring.enrol(token=token)
    made = phone.create(ring.start(token))
    with Unit(ring.house.services.database) as unit:
        store = Passkeys(unit, Pools(unit).get(ring.pool))
        one = store.list(claims(token)["sub"])[0]
        assert store.add(replace(one, credential_id="A" * 43))
    assert outcome(ring.complete, token, made) == LIMIT
    assert len(ring.listed(token)) == 20


def test_parallel_registrations_do_not_pass_the_limit(ring: Keyring) -> None:
    """WAN-11"""
    token = ring.token()
    for _ in range(18):
        ring.enrol(token=token)

    def more(_: int) -> str:
        mine = Authenticator(ORIGIN)
        try:
            return outcome(ring.complete, token, mine.create(ring.start(token)))
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(8) as pool:
        got = set(pool.map(more, range(24)))
    assert got <= {"ok", LIMIT, NOT_BEGUN}
    while len(ring.listed(token)) < 20:
        ring.enrol(token=token)
    assert len(ring.listed(token)) == 20
    assert start(ring, token) == LIMIT


@pytest.mark.parametrize(
    "odds",
    [
        {"response": {"transports": ["usb"] * 13}},
        {"response": {"transports": "usb"}},
        {"client": {"more": "x" * 4096}},
        {"response": {"attestationObject": "A" * 30_000}},
        {"outer": {"id": "A" * 1400, "rawId": "A" * 1400}},
    ],
)
def test_what_is_too_long_is_not_registered(sqlite_house: TestHouse, odds: dict[str, Any]) -> None:
    """WAN-11"""
    ring = Keyring(sqlite_house)
    token = ring.token()
    made = Authenticator(ORIGIN).create(ring.start(token), **odds)
    assert outcome(ring.complete, token, made) == "InvalidParameterException"
    assert ring.listed(token) == []


def test_what_a_browser_says_besides_is_not_kept(sqlite_house: TestHouse) -> None:
    """WAN-11: neither a name of its own nor transports that nobody knows."""
    ring = Keyring(sqlite_house)
    token = ring.token()
    more = {"friendlyName": "x" * 9999, "authenticatorAttachment": "elsewhere"}
    response = {"transports": ["usb", "carrier-pigeon", "usb"], "publicKey": "AAAA"}
    made = Authenticator(ORIGIN).create(ring.start(token), outer=more, response=response)
    ring.complete(token, made)
    (found,) = ring.listed(token)
    assert found["FriendlyCredentialName"] == "Roaming passkey"
    assert found["AuthenticatorTransports"] == ["usb"]
    assert "AuthenticatorAttachment" not in found


def test_a_user_has_one_registration_at_a_time_and_old_ones_are_swept(ring: Keyring) -> None:
    """WAN-11"""
    token = ring.token()
    for _ in range(5):
        ring.start(token)
    assert ring.begun() == 1
    housekeeping.sweep(ring.house.services)
    assert ring.begun() == 1
    ring.house.clock.step(301)
    housekeeping.sweep(ring.house.services)
    assert ring.begun() == 0


@pytest.mark.parametrize("credential", [None, "text", 1, [], {}, {"type": "public-key"}, True])
def test_what_is_no_credential_is_refused_as_such(sqlite_house: TestHouse, credential: Any) -> None:
    """WAN-06"""
    ring = Keyring(sqlite_house)
    token = ring.token()
    ring.start(token)
    assert outcome(ring.complete, token, credential) == "InvalidParameterException"
