"""CustomMessage and the custom senders."""

from __future__ import annotations

import base64
import json
from typing import Any

import aws_encryption_sdk
import pytest
from aws_encryption_sdk.identifiers import (
    CommitmentPolicy,
    EncryptionKeyType,
    WrappingAlgorithm,
)
from aws_encryption_sdk.internal.crypto.wrapping_keys import WrappingKey
from aws_encryption_sdk.key_providers.raw import RawMasterKeyProvider

from poolhouse.delivery.outbox import Outbox
from poolhouse.userpools.triggers.senders import Senders
from tests.support.house import TestHouse
from tests.support.signing_in import Scene, refused
from tests.userpools.triggers.scene import (
    ARN,
    KEY,
    UNRECOGNIZABLE,
    Event,
    Functions,
    config,
    hooked,
    sign_up,
    users,
)

SECRET = bytes(range(32))


def newest(scene: Scene) -> Any:
    outbox = Outbox(scene.house.services.database, scene.house.services.sealer)
    opened = outbox.open(outbox.list(count=1)[0].id)
    assert opened is not None
    return opened.letter


def test_a_message_says_what_the_function_says(house: TestHouse) -> None:
    scene, functions = hooked(house, "CustomMessage")
    functions.says("CustomMessage", emailSubject="Grüße", emailMessage="<b>{####}</b> für dich")
    sign_up(scene)
    letter = newest(scene)
    assert letter.subject == "Grüße" and letter.text == f"{scene.mailed()} für dich"
    functions.says("CustomMessage", emailMessage=None, emailSubject="Only this")
    sign_up(scene, "bob")
    assert newest(scene).subject == "Only this" and scene.mailed()


@pytest.mark.parametrize(
    "response",
    [
        {"emailMessage": "no code"},
        {"smsMessage": "no code"},
        {"emailMessage": "{####}" + "x" * 20_000},
        {"smsMessage": "{####}" + "x" * 140},
        {"emailMessage": ["{####}"]},
        {"emailSubject": 1},
    ],
)
def test_a_message_without_its_code_is_refused(house: TestHouse, response: Any) -> None:
    scene, functions = hooked(house, "CustomMessage")
    functions.says("CustomMessage", **response)
    assert refused(sign_up, scene) == UNRECOGNIZABLE
    assert users(scene) == [] and scene.letters() == 0


def test_an_invitation_needs_the_name_too(house: TestHouse) -> None:
    scene, functions = hooked(house, "CustomMessage")
    functions.says("CustomMessage", emailMessage="{####}")
    given = {"UserPoolId": scene.pool, "Username": "ann"}
    email = [{"Name": "email", "Value": "ann@example.com"}]
    create = scene.idp.admin_create_user
    assert refused(create, **given, UserAttributes=email) == UNRECOGNIZABLE
    assert users(scene) == []
    functions.says("CustomMessage", emailMessage="{username}: {####}")
    create(**given, UserAttributes=email, TemporaryPassword="Temporary-1!")
    assert newest(scene).text == "ann: Temporary-1!"


LINKED = {"VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_LINK"}}


def test_where_links_are_preferred_a_message_may_hold_one_in_place_of_the_code(
    house: TestHouse,
) -> None:
    scene, functions = hooked(house, "CustomMessage", **LINKED)

    def link(event: Event) -> Event:
        message = f"Go {event['request']['linkParameter']}!"
        return {**event, "response": {"emailMessage": message}}

    functions.put("CustomMessage", link)
    sign_up(scene)
    code, at = scene.mailed(), {"ClientId": scene.open, "Username": "ann"}
    assert newest(scene).text == f"Go {code}!"
    functions.says("CustomMessage", emailMessage="neither")
    assert refused(scene.public.resend_confirmation_code, **at) == UNRECOGNIZABLE
    functions.put("CustomMessage", link)
    scene.public.confirm_sign_up(**at, ConfirmationCode=code)
    assert refused(scene.public.forgot_password, **at) == UNRECOGNIZABLE
    plain, functions = hooked(house, "CustomMessage")
    functions.put("CustomMessage", link)
    assert refused(sign_up, plain) == UNRECOGNIZABLE


def test_a_new_address_given_with_a_new_password_is_told_of_in_the_functions_words(
    house: TestHouse,
) -> None:
    scene, functions = hooked(house, "CustomMessage")
    given = {"UserPoolId": scene.pool, "Username": "bob", "TemporaryPassword": "Temporary-1!"}
    scene.idp.admin_create_user(**given, MessageAction="SUPPRESS")
    posed = scene.sign_in("bob", "Temporary-1!")
    functions.says("CustomMessage", emailMessage="Prove it: {####}")
    scene.public.respond_to_auth_challenge(
        ClientId=scene.open,
        ChallengeName=posed["ChallengeName"],
        Session=posed["Session"],
        ChallengeResponses={
            "USERNAME": "bob",
            "NEW_PASSWORD": "Correct-Horse-1!",
            "userAttributes.email": "bob@example.com",
        },
        ClientMetadata={"a": "b"},
    )
    request = functions.request("CustomMessage_UpdateUserAttribute")
    assert request["clientMetadata"] == {"a": "b"}
    assert request["userAttributes"]["email"] == "bob@example.com"
    assert newest(scene).text == f"Prove it: {scene.mailed()}"


class _Keys(RawMasterKeyProvider):  # type: ignore[misc]
    provider_id = "poolhouse"

    def _get_raw_key(self, key_id: bytes) -> WrappingKey:
        assert key_id == KEY.encode()
        return WrappingKey(
            wrapping_algorithm=WrappingAlgorithm.AES_256_GCM_IV12_TAG16_NO_PADDING,
            wrapping_key=SECRET,
            wrapping_key_type=EncryptionKeyType.SYMMETRIC,
        )


def decrypted(code: str) -> tuple[str, dict[str, str]]:
    keys = _Keys()
    keys.add_master_key(KEY)
    client = aws_encryption_sdk.EncryptionSDKClient(
        commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT
    )
    plain, header = client.decrypt(source=base64.b64decode(code), key_provider=keys)
    return plain.decode(), header.encryption_context


def sender_scene(house: TestHouse, verified: str = "email", **pool: Any) -> tuple[Scene, Functions]:
    secret = base64.b64encode(SECRET).decode()
    bindings = house.services.functions.bindings
    bindings.path.write_text(f'[[key]]\narn = "{KEY}"\nsecret = "{secret}"\n')
    sender = {"LambdaVersion": "V1_0", "LambdaArn": ARN + "sender"}
    more = {"CustomEmailSender": sender, "CustomSMSSender": sender, "KMSKeyID": KEY}
    pool = {"AutoVerifiedAttributes": [verified], **pool}
    scene, functions = hooked(house, LambdaConfig=config("CustomMessage", **more), **pool)
    functions.put("sender", lambda event: event)
    return scene, functions


def test_a_custom_sender_gets_the_code_sealed_and_words_are_not_asked_for(
    house: TestHouse,
) -> None:
    """AUT-14: the code is nowhere but in the sealed member."""
    scene, functions = sender_scene(house)
    answer = sign_up(scene, ClientMetadata={"a": "b"})
    assert functions.sources() == []
    letter = newest(scene)
    with Senders(house.services.functions).line() as line:
        line.send(letter, "an id", house.clock.now())
    (event,) = functions.sent
    code, context = decrypted(event["request"]["code"])
    assert len(code) == 6 and code not in json.dumps(answer)
    assert context["userpool-id"] == scene.pool
    assert event["triggerSource"] == "CustomEmailSender_SignUp"
    request = {k: v for k, v in event["request"].items() if k != "code"}
    assert request == {
        "type": "customEmailSenderRequestV1",
        "clientMetadata": {"a": "b"},
        "userAttributes": {
            "sub": answer["UserSub"],
            "cognito:user_status": "UNCONFIRMED",
            "email": "ann@example.com",
            "email_verified": "false",
        },
    }
    at = {"ClientId": scene.open, "Username": "ann"}
    scene.public.confirm_sign_up(**at, ConfirmationCode=code)
