"""What an operator can read of a sign-in: one line for each thing that was judged."""

from __future__ import annotations

import logging
from typing import Any

import pyotp
import pytest

from tests.support.authenticator import Authenticator
from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, PASSWORD, Scene, refused, scene_of
from tests.userpools.passkeys.scene import ORIGIN, Keyring, options_of

WHOSE = ("outcome", "pool", "subject", "ip")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "poolhouse.signin")
    return caplog


def told(lines: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines since the last time, without what each has of its own."""
    found = [record.__dict__ for record in lines.records if record.name == "poolhouse.signin"]
    told = [{"kind": one["msg"], **{name: one[name] for name in WHOSE}} for one in found]
    assert all(one["request_id"] for one in found)
    assert not any(PASSWORD in str(one) or OTHER in str(one) for one in found)
    lines.clear()
    return told


def test_each_judged_password_leaves_a_line(
    house: TestHouse, lines: pytest.LogCaptureFixture
) -> None:
    """LOG-03: right, wrong, refused unseen, of nobody; sent and proved."""
    house.clock.stop()
    scene = scene_of(house)
    sub = scene.user("ann")
    about = {"kind": "password", "pool": scene.pool, "subject": sub, "ip": "127.0.0.1"}
    scene.tokens("ann")
    scene.srp_sign_in("ann")
    assert told(lines) == [{**about, "outcome": "proved"}] * 2
    refused(scene.srp_sign_in, "ann", OTHER)
    for _ in range(4):
        refused(scene.sign_in, "ann", OTHER)
    assert told(lines) == [{**about, "outcome": "refused"}] * 5
    refused(scene.sign_in, "ann")
    assert told(lines) == [{**about, "outcome": "locked"}]
    refused(scene.sign_in, "nobody", OTHER, scene.hiding)
    [line] = told(lines)
    assert line["outcome"] == "refused" and "nobody" not in line["subject"]


def test_each_judged_second_factor_leaves_a_line(
    house: TestHouse, lines: pytest.LogCaptureFixture
) -> None:
    """LOG-03"""
    house.clock.stop()
    scene = scene_of(house)
    sub = scene.user("ann", email="ann@example.com", email_verified="true")
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        EmailMfaConfiguration={},
    )
    token = scene.tokens("ann")["AccessToken"]
    secret = scene.public.associate_software_token(AccessToken=token)["SecretCode"]
    now = pyotp.TOTP(secret).at(int(house.clock.now()))
    scene.public.verify_software_token(AccessToken=token, UserCode=now)
    scene.put_factors("ann", "SOFTWARE_TOKEN_MFA")
    lines.clear()
    with_codes(scene, "SOFTWARE_TOKEN_MFA", pyotp.TOTP(secret).at(int(house.clock.now()) + 30))
    scene.put_factors("ann", "EMAIL_OTP")
    with_codes(scene, "EMAIL_OTP", "")
    found = [line for line in told(lines) if line["subject"] != sub]
    assert [line["outcome"] for line in found] == ["refused", "proved"] * 2
    assert all(sub in line["subject"] for line in found)


def with_codes(scene: Scene, challenge: str, right: str) -> None:
    """A sign-in with a wrong code, and then the right one: the mailed one, where none is given."""
    posed = scene.sign_in("ann")
    right = right or scene.mailed()
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    refused(scene.reply, posed, USERNAME="ann", **{f"{challenge}_CODE": wrong})
    assert scene.reply(posed, USERNAME="ann", **{f"{challenge}_CODE": right})


def test_each_judged_passkey_leaves_a_line(
    house: TestHouse, lines: pytest.LogCaptureFixture
) -> None:
    """LOG-03"""
    ring = Keyring(house)
    phone = ring.enrol()
    lines.clear()
    ring.sign_in(phone)
    asked = ring.ask()
    (key,) = phone.keys.values()
    forged = Authenticator(ORIGIN).use(key, options_of(asked), signature=b"\x30\x00")
    refused(ring.answer, asked, forged)
    found = told(lines)
    assert [(line["kind"], line["outcome"]) for line in found] == [
        ("passkey", "proved"),
        ("passkey", "refused"),
    ]
