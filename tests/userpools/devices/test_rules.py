"""What a pool does with devices, and what a sign-in asks of one: pure."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.devices.rows import Device
from poolhouse.userpools.devices.rules import (
    as_device_type,
    may_have,
    opt_in,
    refuse_untracked,
    secret_of,
    stands_for_a_factor,
    tracks,
)
from poolhouse.userpools.passwords.srp import N, pad, verifier
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.signin.next_step import DEVICE_PROVED, Facts, next_step
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.users.rows import EXTERNAL_PROVIDER, User

KEY, GROUP = "us-east-1_1a2b3c4d-1111-2222-3333-444455556666", "-v7w9UcY6"
ANN = User("us-east-1_x", "s", "ann", "CONFIRMED", True, {}, 1.0, 1.0)
DEVICE = Device(
    "us-east-1_x", KEY, "s", GROUP, "my tablet", b"", b"", True, True, None, "192.0.2.1",
    1.0, 2.0, 3.0,
)  # fmt: skip


def pool(challenge: bool | None = None, prompt: bool | None = None, *, given: bool = True) -> Pool:
    configuration = idp.DeviceConfigurationType(
        challenge_required_on_new_device=challenge, device_only_remembered_on_user_prompt=prompt
    )
    settings = idp.UserPoolType(device_configuration=configuration if given else None)
    return Pool("us-east-1_x", "us-east-1", "p", settings, 1, 1.0, 1.0)


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def config(salt: str | None, number: int | str | None) -> idp.DeviceSecretVerifierConfigType:
    given = b64(pad(number)) if isinstance(number, int) else number
    return idp.DeviceSecretVerifierConfigType(password_verifier=given, salt=salt)


def test_any_value_of_its_configuration_turns_tracking_on() -> None:
    assert tracks(pool(False, False)) and tracks(pool(True)) and tracks(pool(None, False))
    assert not tracks(pool(given=False)) and not tracks(pool())
    refuse_untracked(pool(False))
    with pytest.raises(idp.InvalidUserPoolConfigurationException):
        refuse_untracked(pool())


def test_a_pool_may_leave_it_to_the_user() -> None:
    assert opt_in(pool(True, True)) and not opt_in(pool(True, False)) and not opt_in(pool(True))


def test_only_a_remembered_and_trusted_device_stands_for_a_factor_and_where_the_pool_says_so() -> (
    None
):
    assert stands_for_a_factor(pool(True, True), DEVICE)
    assert stands_for_a_factor(pool(True), DEVICE)
    assert not stands_for_a_factor(pool(False, False), DEVICE)
    assert not stands_for_a_factor(pool(None, True), DEVICE)
    assert not stands_for_a_factor(pool(True), replace(DEVICE, remembered=False))
    assert not stands_for_a_factor(pool(True), replace(DEVICE, trusted=False))


def test_users_of_other_providers_and_of_pools_without_tracking_get_no_device() -> None:
    assert may_have(pool(True), ANN)
    assert not may_have(pool(True), structs.replace(ANN, status=EXTERNAL_PROVIDER))
    assert not may_have(pool(given=False), ANN)


def test_the_secret_is_kept_as_it_was_given() -> None:
    """The vector of the fact sheet: salt and verifier with their sign octets."""
    salt = bytes.fromhex("00e0d1c2b3a4958677685946372819fa0b")
    made = verifier(GROUP, KEY, "ZGV2aWNlLXBhc3N3b3Jk", salt)
    secret = secret_of(idp.DeviceSecretVerifierConfigType(b64(made), b64(salt)), N)
    assert b64(secret.salt) == "AODRwrOklYZ3aFlGNygZ+gs=" and secret.verifier == made
    assert len(made) == 385
    unpadded = secret_of(config(b64(salt[1:]), b64(made[1:]) if not made[0] else b64(made)), N)
    assert unpadded.salt == salt[1:]


@pytest.mark.parametrize(
    "given",
    [
        None,
        config(None, 4),
        config("", 4),
        config(b64(b"salt"), None),
        config("no base64!", 4),
        config("é", 4),
        config(b64(b"salt"), "===="),
        config(b64(bytes(65)), 4),
        config(b64(b"salt"), 0),
        config(b64(b"salt"), 1),
        config(b64(b"salt"), N - 1),
        config(b64(b"salt"), N),
        config(b64(b"salt"), N + 4),
        config(b64(b"salt"), 2 * N),
        config(b64(b"salt"), b64(bytes(400) + b"\x04")),
    ],
)
def test_a_verifier_that_proves_nothing_is_refused(
    given: idp.DeviceSecretVerifierConfigType | None,
) -> None:
    """CGN-20: 0, 1, N - 1 and what is beyond N are proved by anybody, or by nobody."""
    with pytest.raises(idp.InvalidParameterException):
        secret_of(given, N)


def test_a_device_is_shown_as_cognito_shows_it() -> None:
    shown = as_device_type(DEVICE, "ann", "000000000000")
    assert shown.device_key == KEY
    assert (shown.device_create_date, shown.device_last_modified_date) == (1.0, 2.0)
    assert shown.device_last_authenticated_date == 3.0
    attributes = {a.name: a.value for a in shown.device_attributes or ()}
    assert attributes == {
        "device_status": "valid",
        "device_name": "my tablet",
        "dev:device_arn": "arn:aws:cognito-idp:us-east-1:000000000000:"
        f"owner/ann.us-east-1_x/device/{KEY}",
        "dev:device_owner": "ann.us-east-1_x",
        "last_ip_used": "192.0.2.1",
        "dev:device_remembered_status": "remembered",
        "dev:device_sdk": "aws-sdk",
    }
    nameless = as_device_type(replace(DEVICE, name=None, remembered=False), "ann", "0")
    attributes = {a.name: a.value for a in nameless.device_attributes or ()}
    assert "device_name" not in attributes
    assert attributes["dev:device_remembered_status"] == "not_remembered"


def asked(*done: str, mfa: str = "ON", **more: Any) -> str:
    progress = Progress(flow="USER_SRP_AUTH", done=("PASSWORD_VERIFIER", *done))
    facts = Facts(ANN, progress, 1.0, mfa=mfa, enabled=("SOFTWARE_TOKEN_MFA",), **more)
    return next_step(facts).challenge or "tokens"


def test_a_device_that_stands_for_a_factor_is_asked_in_its_place() -> None:
    stands: dict[str, Any] = {"device": True, "device_stands": True}
    assert asked(**stands) == "DEVICE_SRP_AUTH"
    assert asked(DEVICE_PROVED, **stands) == "tokens"


def test_a_device_that_does_not_is_asked_after_the_factor() -> None:
    assert asked(device=True) == "SOFTWARE_TOKEN_MFA"
    assert asked("SOFTWARE_TOKEN_MFA", device=True) == "DEVICE_SRP_AUTH"
    assert asked("SOFTWARE_TOKEN_MFA", DEVICE_PROVED, device=True) == "tokens"
    assert asked(device=True, mfa="OFF") == "DEVICE_SRP_AUTH"
    assert asked(DEVICE_PROVED, device=True, mfa="OFF") == "tokens"


def test_a_proof_counts_for_nothing_once_the_device_stands_for_nothing() -> None:
    """CGN-20, AUT-09: forgotten or no longer remembered between the proof and the tokens."""
    assert asked(DEVICE_PROVED, device=True) == "SOFTWARE_TOKEN_MFA"
    assert asked(DEVICE_PROVED) == "SOFTWARE_TOKEN_MFA"


def test_without_a_device_the_factor_is_asked() -> None:
    assert asked() == "SOFTWARE_TOKEN_MFA"
    assert asked("SOFTWARE_TOKEN_MFA") == "tokens"
