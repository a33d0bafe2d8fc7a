"""The custom senders: from which operations, and with whose metadata."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from poolhouse.userpools.triggers.senders import Senders
from tests.support.house import TestHouse, furnished, settings_for
from tests.support.signing_in import OTHER, PASSWORD, Scene
from tests.userpools.triggers.scene import Event, Functions, offer_sms
from tests.userpools.triggers.test_messages import decrypted, newest, sender_scene

DATA = {"a": "b"}
ADDRESSES = {"email": "ann@example.com", "phone_number": "+15550100"}


def sent(scene: Scene, functions: Functions) -> Event:
    """The newest message as its function gets it, with the code opened."""
    functions.sent.clear()
    with Senders(scene.house.services.functions).line() as line:
        line.send(newest(scene), "an id", scene.house.clock.now())
    (event,) = functions.sent
    event["request"]["code"], context = decrypted(event["request"]["code"])
    assert context["userpool-id"] == scene.pool
    return event


def given(**attributes: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


@pytest.mark.parametrize(
    ("attribute", "trigger"),
    [("email", "CustomEmailSender"), ("phone_number", "CustomSMSSender")],
)
def test_every_message_leaves_through_the_sender_with_its_source(
    house: TestHouse, attribute: str, trigger: str
) -> None:
    scene, functions = sender_scene(house, attribute)
    public, at = scene.public, {"ClientId": scene.open, "Username": "ann"}

    def check(source: str, *, metadata: Any = DATA, client: str = "") -> str:
        event = sent(scene, functions)
        assert event["triggerSource"] == f"{trigger}_{source}"
        assert event["userName"] == "ann"
        assert event["callerContext"]["clientId"] == (client or scene.open)
        assert event["request"].get("clientMetadata") == metadata
        code: str = event["request"]["code"]
        return code

    attributes = given(**{attribute: ADDRESSES[attribute]})
    public.sign_up(**at, Password=PASSWORD, UserAttributes=attributes, ClientMetadata=DATA)
    check("SignUp")
    public.resend_confirmation_code(**at, ClientMetadata=DATA)
    public.confirm_sign_up(**at, ConfirmationCode=check("ResendCode"))
    public.forgot_password(**at, ClientMetadata=DATA)
    code = check("ForgotPassword")
    public.confirm_forgot_password(**at, ConfirmationCode=code, Password=OTHER)
    token = {"AccessToken": scene.tokens("ann", OTHER)["AccessToken"]}
    other = {"email": "new@example.com", "phone_number": "+15550199"}[attribute]
    changed = given(**{attribute: other})
    public.update_user_attributes(**token, UserAttributes=changed, ClientMetadata=DATA)
    check("UpdateUserAttribute")
    public.get_user_attribute_verification_code(
        **token, AttributeName=attribute, ClientMetadata=DATA
    )
    code = check("VerifyUserAttribute")
    public.verify_user_attribute(**token, AttributeName=attribute, Code=code)
    by_admin = {"UserPoolId": scene.pool, "Username": "ann"}
    scene.idp.admin_reset_user_password(**by_admin, ClientMetadata=DATA)
    check("ForgotPassword", client="CLIENT_ID_NOT_APPLICABLE")
    scene.idp.admin_delete_user(**by_admin)
    medium = {"email": "EMAIL", "phone_number": "SMS"}[attribute]
    scene.idp.admin_create_user(
        **by_admin,
        UserAttributes=attributes,
        DesiredDeliveryMediums=[medium],
        TemporaryPassword=OTHER,
        ClientMetadata=DATA,
    )
    assert check("AdminCreateUser", client="CLIENT_ID_NOT_APPLICABLE") == OTHER


@pytest.mark.parametrize(
    ("factor", "trigger"), [("EMAIL_OTP", "CustomEmailSender"), ("SMS_MFA", "CustomSMSSender")]
)
def test_a_second_factor_s_code_leaves_through_the_sender(
    house: TestHouse, factor: str, trigger: str
) -> None:
    scene, functions = sender_scene(house, "email")
    offer_sms(scene, EmailMfaConfiguration={})
    scene.user("ann", **ADDRESSES, email_verified="true")
    scene.put_factors("ann", factor)
    srp, parameters = scene.srp_begin("ann")
    posed = scene.respond(srp.answer(parameters), ClientMetadata=DATA)
    event = sent(scene, functions)
    assert event["triggerSource"] == f"{trigger}_Authentication"
    assert event["request"]["clientMetadata"] == DATA
    given = {f"{factor}_CODE": event["request"]["code"]}
    assert scene.reply(posed, USERNAME="ann", **given)["AuthenticationResult"]


@pytest.mark.parametrize(
    ("factor", "trigger"), [("EMAIL_OTP", "CustomEmailSender"), ("SMS_OTP", "CustomSMSSender")]
)
def test_a_first_factor_s_code_leaves_through_the_sender(
    house: TestHouse, factor: str, trigger: str
) -> None:
    """AUT-14: the metadata of the request that begins is not for functions after it."""
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", factor]}}
    scene, functions = sender_scene(house, "email", Policies=policies)
    scene.user("ann", **ADDRESSES, email_verified="true", phone_number_verified="true")
    client = scene.client(ExplicitAuthFlows=["ALLOW_USER_AUTH"])
    posed = scene.public.initiate_auth(
        ClientId=client,
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": "ann", "PREFERRED_CHALLENGE": factor},
        ClientMetadata=DATA,
    )
    event = sent(scene, functions)
    assert event["triggerSource"] == f"{trigger}_Authentication"
    assert "clientMetadata" not in event["request"]
    code = event["request"]["code"]
    assert len(code) == 8 and code not in str(posed)
    done = scene.reply(posed, client, USERNAME="ann", **{f"{factor}_CODE": code})
    assert done["AuthenticationResult"]


def test_a_notice_leaves_through_the_sender_without_a_code(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """AUT-25: where notices are on, the function is the one that writes to users."""
    shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
    with furnished(settings_for(tmp_path, notices=True)) as house:
        scene, functions = sender_scene(house)
        scene.user("ann", email="ann@example.com", email_verified="true")
        token = scene.tokens("ann")["AccessToken"]
        scene.public.change_password(
            AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=OTHER
        )
        with Senders(house.services.functions).line() as line:
            line.send(newest(scene), "an id", house.clock.now())
        (event,) = functions.sent
        assert event["triggerSource"] == "CustomEmailSender_AccountTakeOverNotification"
        assert event["request"]["code"] is None
        assert event["request"]["userAttributes"]["email"] == "ann@example.com"
        assert PASSWORD not in str(event) and OTHER not in str(event)
