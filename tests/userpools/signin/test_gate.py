"""One gate before every token: what becomes of a user between two steps holds at the last one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyotp
import pytest

from tests.support.devices import KeptDevice
from tests.support.house import TestHouse
from tests.support.signing_in import FLOWS, OTHER, PASSWORD, Scene, refused, scene_of

# The last step of a sign-in that has come to it.
Last = Callable[[], Any]


@pytest.fixture
def scene(house: TestHouse) -> Scene:
    house.clock.stop()
    found = scene_of(
        house,
        AutoVerifiedAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
        DeviceConfiguration={
            "ChallengeRequiredOnNewDevice": False,
            "DeviceOnlyRememberedOnUserPrompt": False,
        },
    )
    found.open = found.client(ExplicitAuthFlows=[*FLOWS, "ALLOW_USER_AUTH"])
    found.idp.set_user_pool_mfa_config(
        UserPoolId=found.pool,
        MfaConfiguration="OPTIONAL",
        SoftwareTokenMfaConfiguration={"Enabled": True},
        EmailMfaConfiguration={},
    )
    found.user("ann", email="ann@example.com", email_verified="true")
    return found


def by_proof(scene: Scene) -> Last:
    srp, given = scene.srp_begin("ann")
    return lambda: scene.respond(srp.answer(given))


def by_choice(scene: Scene) -> Last:
    asked = scene.begin("USER_AUTH", USERNAME="ann")
    return lambda: scene.reply(asked, USERNAME="ann", ANSWER="PASSWORD", PASSWORD=PASSWORD)


def by_mailed_code(scene: Scene) -> Last:
    asked = scene.begin("USER_AUTH", USERNAME="ann", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = scene.mailed()
    return lambda: scene.reply(asked, USERNAME="ann", EMAIL_OTP_CODE=code)


def by_second_mailed_code(scene: Scene) -> Last:
    scene.put_factors("ann", "EMAIL_OTP")
    asked = scene.sign_in("ann")
    code = scene.mailed()
    return lambda: scene.reply(asked, USERNAME="ann", EMAIL_OTP_CODE=code)


def by_software_token(scene: Scene) -> Last:
    token = scene.tokens("ann")["AccessToken"]
    secret = pyotp.TOTP(scene.public.associate_software_token(AccessToken=token)["SecretCode"])
    now = int(scene.house.clock.now())
    scene.public.verify_software_token(AccessToken=token, UserCode=secret.at(now))
    scene.put_factors("ann", "SOFTWARE_TOKEN_MFA")
    asked = scene.sign_in("ann")
    code = secret.at(now + 30)
    return lambda: scene.reply(asked, USERNAME="ann", SOFTWARE_TOKEN_MFA_CODE=code)


def by_device(scene: Scene) -> Last:
    tokens = scene.tokens("ann")
    device = KeptDevice(tokens["NewDeviceMetadata"])
    scene.public.confirm_device(
        AccessToken=tokens["AccessToken"],
        DeviceKey=device.key,
        DeviceSecretVerifierConfig=device.config,
    )
    asked = scene.sign_in("ann", DEVICE_KEY=device.key)
    given = scene.reply(asked, **device.begin("ann"))
    proof = device.proof(given["ChallengeParameters"])
    return lambda: scene.reply(given, **proof)


def by_sign_up(scene: Scene) -> Last:
    scene.idp.admin_delete_user(UserPoolId=scene.pool, Username="ann")
    asked: dict[str, Any] = {"ClientId": scene.open, "Username": "ann"}
    attributes = [{"Name": "email", "Value": "ann@example.com"}]
    up = scene.public.sign_up(**asked, Password=PASSWORD, UserAttributes=attributes)
    code = scene.mailed()
    done = scene.public.confirm_sign_up(**asked, ConfirmationCode=code, Session=up["Session"])
    return lambda: scene.public.initiate_auth(
        ClientId=scene.open,
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": "ann"},
        Session=done["Session"],
    )


def by_refresh(scene: Scene) -> Last:
    # Without devices, which a refresh would have to name.
    scene.idp.update_user_pool(
        UserPoolId=scene.pool, AutoVerifiedAttributes=["email"], MfaConfiguration="OPTIONAL"
    )
    given = scene.tokens("ann", client=scene.hiding)["RefreshToken"]
    return lambda: scene.refresh(given, scene.hiding)


PATHS = [
    by_proof,
    by_choice,
    by_mailed_code,
    by_second_mailed_code,
    by_software_token,
    by_device,
    by_sign_up,
    by_refresh,
]


def disabled(scene: Scene, named: dict[str, str]) -> None:
    scene.idp.admin_disable_user(**named)


def deleted(scene: Scene, named: dict[str, str]) -> None:
    scene.idp.admin_delete_user(**named)


def made_anew(scene: Scene, named: dict[str, str]) -> None:
    scene.idp.admin_delete_user(**named)
    scene.user("ann", email="ann@example.com", email_verified="true")


def reset(scene: Scene, named: dict[str, str]) -> None:
    # The mailbox of a second factor recovers nothing, so the phone does.
    phone = [
        {"Name": "phone_number", "Value": "+12065550100"},
        {"Name": "phone_number_verified", "Value": "true"},
    ]
    scene.idp.admin_update_user_attributes(**named, UserAttributes=phone)
    scene.idp.admin_reset_user_password(**named)


def changed(scene: Scene, named: dict[str, str]) -> None:
    scene.idp.admin_set_user_password(**named, Password=OTHER, Permanent=True)


def told_to_change(scene: Scene, named: dict[str, str]) -> None:
    scene.idp.admin_set_user_password(**named, Password=OTHER, Permanent=False)


@pytest.mark.parametrize("change", [disabled, deleted, made_anew, reset, told_to_change])
@pytest.mark.parametrize("path", PATHS)
def test_a_sign_in_under_way_ends_at_the_gate(
    scene: Scene, path: Callable[[Scene], Last], change: Callable[[Scene, dict[str, str]], None]
) -> None:
    """AUT-06"""
    last = path(scene)
    change(scene, {"UserPoolId": scene.pool, "Username": "ann"})
    assert refused(last)[0] in (
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "CodeMismatchException",
        "UserNotFoundException",
    )


@pytest.mark.parametrize(
    "path", [by_proof, by_choice, by_second_mailed_code, by_software_token, by_device]
)
def test_a_password_that_is_set_anew_ends_what_the_old_one_began(
    scene: Scene, path: Callable[[Scene], Last]
) -> None:
    """AUT-06, AUT-18: whoever knew the old one comes no further by it."""
    last = path(scene)
    changed(scene, {"UserPoolId": scene.pool, "Username": "ann"})
    assert refused(last)[0] == "NotAuthorizedException"


@pytest.mark.parametrize("path", PATHS)
def test_without_a_change_the_same_step_gives_tokens(
    scene: Scene, path: Callable[[Scene], Last]
) -> None:
    assert path(scene)()["AuthenticationResult"]["AccessToken"]
