"""What a passkey counts for, what strangers learn of it, and what the relying party decides."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pyotp
import pytest

from poolhouse.kernel.unit import Unit
from poolhouse.userpools.tokens.store import Sessions
from tests.support.authenticator import UP, UV, Authenticator, unb64
from tests.support.house import TestHouse, furnished, settings_for
from tests.support.signing_in import claims, refused
from tests.userpools.passkeys.scene import ORIGIN, WRONG, Keyring, options_of, outcome
from tests.userpools.passkeys.test_registration import count_for_two, enrol_token, now, with_both

TWO: dict[str, Any] = {"FactorConfiguration": "MULTI_FACTOR_WITH_USER_VERIFICATION"}


def kept_amr(ring: Keyring, answer: Any) -> tuple[str, ...]:
    """The methods that the session remembers."""
    event = claims(answer["AuthenticationResult"]["AccessToken"])["event_id"]
    with Unit(ring.house.services.database) as unit:
        found = Sessions(unit).find(ring.pool, event)
    assert found is not None
    return found.session.amr


# for how many factors -------------------------------------------------------------------
@pytest.mark.parametrize("mode", ["OPTIONAL", "ON"])
def test_a_passkey_is_two_factors_only_where_the_user_was_verified(
    house: TestHouse, mode: str
) -> None:
    """WAN-10: without, the second factor is asked for, or the answer refused."""
    ring = Keyring(house, first=["PASSWORD", "WEB_AUTHN"], UserVerification="preferred", **TWO)
    phone, otp = two_in_one(ring)
    ring.configure(mode)
    answer = ring.sign_in(phone, flags=UP | UV)
    assert kept_amr(ring, answer) == ("swk", "mfa")
    asked = ring.ask()
    assert options_of(asked)["userVerification"] == "required"
    answer = ring.answer(asked, phone.get(options_of(asked), flags=UP))
    assert answer["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    ring.house.clock.step(30)
    code = {"SOFTWARE_TOKEN_MFA_CODE": otp.at(now(ring))}
    answer = ring.scene.reply(answer, ring.app, USERNAME="ann", **code)
    assert set(kept_amr(ring, answer)) == {"otp", "swk", "mfa"}
    ring.configure(mode, **TWO, UserVerification="required", RelyingPartyId="example.com")
    asked = ring.ask()
    error, message = refused(ring.answer, asked, phone.get(options_of(asked), flags=UP))
    assert error == "NotAuthorizedException" and "not verified" in message


def two_in_one(ring: Keyring) -> tuple[Authenticator, pyotp.TOTP]:
    """The phone of ann, who has passkeys count for two, and her software token."""
    ring.configure("OPTIONAL")
    token = ring.token()
    otp = enrol_token(ring, token)
    phone = ring.enrol(token=with_both(ring, otp))
    count_for_two(ring, token)
    return phone, otp


def test_passkeys_that_are_two_factors_are_registered_with_the_user_verified(
    sqlite_house: TestHouse,
) -> None:
    """WAN-10"""
    ring = Keyring(sqlite_house, **TWO)
    token, touch = ring.token(), Authenticator(ORIGIN, verifies=False)
    options = ring.start(token)
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert outcome(ring.complete, token, touch.create(options)) == (
        "WebAuthnCredentialNotSupportedException"
    )


def test_a_user_turns_on_that_passkeys_are_two_factors(ring: Keyring) -> None:
    """WAN-10: until then they are one, and not offered to whoever needs two."""
    ring.configure(**{**TWO, "RelyingPartyId": "example.com"})
    phone, _ = two_in_one(ring)
    assert ring.ask()["ChallengeName"] == "WEB_AUTHN"
    who = {"UserPoolId": ring.pool, "Username": "ann"}
    ring.idp.admin_set_user_mfa_preference(**who, WebAuthnMfaSettings={"Enabled": False})
    assert ring.ask()["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]
    ring.idp.admin_set_user_mfa_preference(**who, SoftwareTokenMfaSettings={"Enabled": False})
    assert kept_amr(ring, ring.sign_in(phone)) == ("swk",)


def test_passkeys_are_turned_on_as_two_factors_beside_another(ring: Keyring) -> None:
    """WAN-10"""
    ring.configure("OPTIONAL")
    token = ring.token()
    otp = enrol_token(ring, token)
    who = {"UserPoolId": ring.pool, "Username": "ann"}
    flag = {"WebAuthnMfaSettings": {"Enabled": True}}
    both = {**flag, "SoftwareTokenMfaSettings": {"Enabled": True}}

    def told(**settings: Any) -> str:
        own = refused(ring.public.set_user_mfa_preference, AccessToken=token, **settings)
        assert own == refused(ring.idp.admin_set_user_mfa_preference, **who, **settings)
        assert own[0] == "InvalidParameterException"
        return own[1]

    assert "MULTI_FACTOR_WITH_USER_VERIFICATION" in told(**both)
    ring.configure(**TWO, RelyingPartyId="example.com")
    other = {**flag, "SoftwareTokenMfaSettings": {"PreferredMfa": True}}
    for alone in (flag, other):
        assert told(**alone) == "WebAuthn MFA requires enabling an additional MFA setting."
    assert told(**both) == (
        "User does not have applicable WebAuthn credentials to enable WebAuthn MFA."
    )
    ring.enrol(token=with_both(ring, otp))
    ring.public.set_user_mfa_preference(AccessToken=token, **both)
    for shown in (ring.public.get_user(AccessToken=token), ring.idp.admin_get_user(**who)):
        assert shown["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
        assert shown["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"
    ring.public.set_user_mfa_preference(
        AccessToken=token,
        SoftwareTokenMfaSettings={"Enabled": False},
        WebAuthnMfaSettings={"Enabled": False},
    )
    assert "UserMFASettingList" not in ring.public.get_user(AccessToken=token)


def test_a_passkey_that_is_one_factor_is_not_offered_to_who_needs_two(ring: Keyring) -> None:
    """WAN-10"""
    ring.configure("OPTIONAL")
    token = ring.token()
    phone = ring.enrol(token=token)
    asked = ring.ask()
    enrol_token(ring, token)
    assert ring.ask()["AvailableChallenges"] == ["PASSWORD_SRP", "PASSWORD"]
    # One that was posed before is judged, and the second factor is asked for.
    answer = ring.answer(asked, phone.get(options_of(asked)))
    assert answer["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


@pytest.mark.parametrize(
    ("attachment", "transports", "synced", "method"),
    [
        ("platform", ("internal",), False, "swk"),
        ("cross-platform", ("usb",), False, "hwk"),
        (None, ("internal",), False, "swk"),
        (None, (), True, "swk"),
        (None, ("nfc", "usb"), False, "hwk"),
    ],
)
def test_the_kind_of_a_passkey_is_the_method_that_was_shown(
    sqlite_house: TestHouse,
    attachment: str | None,
    transports: tuple[str, ...],
    synced: bool,
    method: str,
) -> None:
    """WAN-10: one method, which is no second, where the pool says nothing."""
    ring = Keyring(sqlite_house)
    phone = Authenticator(ORIGIN, attachment, transports, synced=synced)
    assert kept_amr(ring, ring.sign_in(ring.enrol(phone))) == (method,)


@pytest.fixture
def ring(house: TestHouse) -> Keyring:
    return Keyring(house)


# names that nobody has ------------------------------------------------------------------
def test_a_name_that_nobody_has_is_posed_the_same_options(ring: Keyring) -> None:
    """WAN-09: the same made-up credentials each time, and others for each name."""
    phone = ring.enrol()
    known = options_of(ring.ask(client=ring.hiding))
    posed: dict[str, Any] = {}
    counts: set[int] = set()
    for number in range(60):
        name = f"nobody{number}"
        asked = ring.ask(name, ring.hiding)
        again = ring.ask(name, ring.hiding)
        assert asked["ChallengeName"] == again["ChallengeName"]
        if asked["ChallengeName"] != "WEB_AUTHN":
            continue
        options, second = options_of(asked), options_of(again)
        assert options["challenge"] != second["challenge"]
        assert options["allowCredentials"] == second["allowCredentials"]
        assert list(options) == list(known)
        credential, (own,) = options["allowCredentials"][0], known["allowCredentials"]
        assert {"type", "id"} <= set(credential) <= {"transports", *own}
        assert len(unb64(credential["id"])) in (16, 20, 32)
        counts.add(len(options["allowCredentials"]))
        assert len(asked["Session"]) == len(ring.ask(client=ring.hiding)["Session"])
        posed[name] = credential["id"]
    # Neither all nor none: who is not offered one may exist or not.
    assert 12 <= len(posed) <= 48
    assert len(counts) > 1, "some users have several"
    assert len(set(posed.values())) == len(posed)
    name = next(iter(posed))
    answer = ring.ask(name, ring.hiding)
    (key,) = phone.keys.values()
    renamed = {"id": posed[name], "rawId": posed[name]}
    forged = phone.use(key, options_of(answer), outer=renamed)
    assert refused(ring.answer, answer, forged, name, ring.hiding) == WRONG
    assert refused(ring.answer, answer, forged, name, ring.hiding)[1].endswith("used once.")


def test_what_is_wrong_with_an_answer_is_told_of_all_names_alike(ring: Keyring) -> None:
    """WAN-09"""
    phone = ring.enrol()
    (key,) = phone.keys.values()
    names = [f"nobody{n}" for n in range(24)]
    nobody = next(n for n in names if ring.ask(n, ring.hiding)["ChallengeName"] == "WEB_AUTHN")
    for odds in (
        {"client": {"origin": "https://elsewhere.example"}},
        {"client": {"type": "webauthn.create"}},
        {"client": {"challenge": "AAAA"}},
        {"rp_id": "elsewhere.example"},
        {"flags": 0},
        {"late_data": lambda data: data + b"\x00"},
        {"signature": b"\x00"},
        {"outer": {"id": "AAAA", "rawId": "AAAA"}},
    ):
        told = []
        for name in ("ann", nobody):
            asked = ring.ask(name, ring.hiding)
            forged = phone.use(key, options_of(asked), **odds)
            told.append(refused(ring.answer, asked, forged, name, ring.hiding))
        assert told[0] == told[1], odds


def test_a_client_that_tells_who_exists_tells_it_here_too(ring: Keyring) -> None:
    assert refused(ring.ask, "nobody") == ("UserNotFoundException", "User does not exist.")


# another relying party ------------------------------------------------------------------
def test_passkeys_of_another_relying_party_are_refused_until_it_is_back(
    ring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    """WAN-13: they are neither offered nor accepted, and not lost."""
    token = ring.token()
    phone = ring.enrol(token=token)
    asked = ring.ask()
    with caplog.at_level(logging.WARNING):
        ring.configure(RelyingPartyId="example.org")
    assert "1 passkeys" in caplog.text and "example.org" in caplog.text
    error, message = refused(ring.answer, asked, phone.get(options_of(asked)))
    assert error == "NotAuthorizedException" and "example.org" in message
    assert ring.ask()["ChallengeName"] == "SELECT_CHALLENGE"
    assert "WEB_AUTHN" not in ring.ask()["AvailableChallenges"]
    (listed,) = ring.listed(token)
    assert listed["RelyingPartyId"] == "example.com"
    assert ring.start(token)["excludeCredentials"] == []
    fresh = ring.enrol(Authenticator("https://example.org"), token=token)
    assert ring.sign_in(fresh)["AuthenticationResult"]
    # The old key, made to sign for the new party.
    asked = ring.ask()
    (offered,) = options_of(asked)["allowCredentials"]
    assert offered["id"] in fresh.keys
    (key,) = phone.keys.values()
    odds: dict[str, Any] = {"rp_id": "example.org", "client": {"origin": "https://example.org"}}
    error, message = refused(ring.answer, asked, phone.use(key, options_of(asked), **odds))
    assert (error, "registered for example.com" in message) == ("NotAuthorizedException", True)
    ring.configure(RelyingPartyId="example.com")
    assert ring.sign_in(phone)["AuthenticationResult"]


def test_a_registration_that_was_begun_for_another_relying_party_fails(ring: Keyring) -> None:
    """WAN-13"""
    token, phone = ring.token(), Authenticator(ORIGIN)
    made = phone.create(ring.start(token))
    ring.configure(RelyingPartyId="example.org")
    assert outcome(ring.complete, token, made) == "WebAuthnRelyingPartyMismatchException"


def test_setting_the_same_relying_party_again_warns_of_nothing(
    ring: Keyring, caplog: pytest.LogCaptureFixture
) -> None:
    """WAN-13"""
    ring.enrol()
    ring.configure(RelyingPartyId="example.com", UserVerification="required")
    ring.configure(RelyingPartyId="EXAMPLE.com")
    assert "passkeys" not in caplog.text


def test_the_servers_own_host_is_the_relying_party_unless_the_pool_names_one(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """WAN-07: and its further origins are those that the operator names."""
    shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
    settings = settings_for(
        tmp_path,
        public_url="https://id.example.com:8443",
        webauthn_origins="https://app.id.example.com, https://other.example",
    )
    with furnished(settings) as house:
        ring = Keyring(house, party=None)
        token = ring.token()
        for origin in (
            "https://id.example.com",
            "https://id.example.com:8443",
            "https://app.id.example.com",
        ):
            options = ring.start(token)
            assert options["rp"]["id"] == "id.example.com"
            ring.complete(token, Authenticator(origin).create(options))
        for origin in ("https://other.example", "https://b.id.example.com", "https://example.com"):
            made = Authenticator(origin).create(ring.start(token))
            assert outcome(ring.complete, token, made) == "WebAuthnOriginNotAllowedException"


def test_on_localhost_any_port_serves_and_nowhere_else(sqlite_house: TestHouse) -> None:
    """WAN-07"""
    ring = Keyring(sqlite_house, party="localhost")
    token = ring.token()
    for origin in ("http://localhost", "http://localhost:5173", "https://localhost"):
        phone = ring.enrol(Authenticator(origin), token=token)
        assert ring.sign_in(phone)["AuthenticationResult"], origin
    for origin in (
        "http://localhost.example",
        "http://app.localhost:3000",
        "http://127.0.0.1",
        "http://localhost:0",
        "http://localhost:99999x",
        "https://example.com",
    ):
        made = Authenticator(origin).create(ring.start(token))
        refusal = outcome(ring.complete, token, made)
        assert refusal == "WebAuthnOriginNotAllowedException", origin


def test_the_options_are_text_that_a_browser_reads(ring: Keyring) -> None:
    ring.enrol()
    text = ring.ask()["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    assert text == json.dumps(json.loads(text), separators=(",", ":"))
