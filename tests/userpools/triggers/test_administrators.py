"""The signed twins ask the same functions, and LambdaConfig through the operations on pools."""

from __future__ import annotations

from typing import Any

from tests.support.devices import KeptDevice
from tests.support.house import TestHouse
from tests.support.signing_in import OTHER, PASSWORD
from tests.userpools.triggers.scene import ARN, Functions, config, hooked, sign_up

PRE, POST = "PreAuthentication_Authentication", "PostAuthentication_Authentication"
BEGIN, ANSWER = {"at": "begin"}, {"at": "answer"}


def told(functions: Functions) -> dict[str, tuple[Any, Any]]:
    """clientMetadata and validationData by source, since it was asked last."""
    found = {
        event["triggerSource"]: (
            event["request"].get("clientMetadata"),
            event["request"].get("validationData"),
        )
        for event in functions.sent
    }
    functions.sent.clear()
    return found


def test_metadata_of_an_administrators_sign_in_is_told_as_the_users_own(house: TestHouse) -> None:
    scene, functions = hooked(house)
    given = {"UserPoolId": scene.pool, "Username": "bob", "TemporaryPassword": OTHER}
    scene.idp.admin_create_user(**given, MessageAction="SUPPRESS")
    at = {"UserPoolId": scene.pool, "ClientId": scene.open}
    functions.sent.clear()
    posed = scene.idp.admin_initiate_auth(
        **at,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "bob", "PASSWORD": OTHER},
        ClientMetadata=BEGIN,
    )
    assert told(functions) == {PRE: (None, BEGIN)}
    scene.idp.admin_respond_to_auth_challenge(
        **at,
        ChallengeName=posed["ChallengeName"],
        Session=posed["Session"],
        ChallengeResponses={
            "USERNAME": "bob",
            "NEW_PASSWORD": PASSWORD,
            "userAttributes.email": "bob@example.com",
        },
        ClientMetadata=ANSWER,
    )
    assert told(functions) == {
        "CustomMessage_UpdateUserAttribute": (ANSWER, None),
        POST: (ANSWER, None),
        "TokenGeneration_NewPasswordChallenge": (ANSWER, None),
    }
    scene.idp.admin_initiate_auth(
        **at,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "bob", "PASSWORD": PASSWORD},
        ClientMetadata=BEGIN,
    )
    assert told(functions) == {
        PRE: (None, BEGIN),
        POST: (None, None),
        "TokenGeneration_Authentication": (None, None),
    }


def test_metadata_of_an_administrators_other_calls_is_told(house: TestHouse) -> None:
    scene, functions = hooked(house)
    who, data = {"UserPoolId": scene.pool, "Username": "bob"}, {"ClientMetadata": BEGIN}
    email = [{"Name": "email", "Value": "bob@example.com"}]
    scene.idp.admin_create_user(
        **who,
        **data,
        UserAttributes=email,
        DesiredDeliveryMediums=["EMAIL"],
        ValidationData=[{"Name": "from", "Value": "office"}],
    )
    assert told(functions) == {
        "PreSignUp_AdminCreateUser": (BEGIN, {"from": "office"}),
        "CustomMessage_AdminCreateUser": (BEGIN, None),
    }
    sign_up(scene, "ann")
    functions.sent.clear()
    ann = who | {"Username": "ann"}
    scene.idp.admin_confirm_sign_up(**ann, **data)
    assert told(functions) == {"PostConfirmation_ConfirmSignUp": (BEGIN, None)}
    changed = [{"Name": "email", "Value": "new@example.com"}]
    scene.idp.admin_update_user_attributes(**ann, **data, UserAttributes=changed)
    assert told(functions) == {"CustomMessage_UpdateUserAttribute": (BEGIN, None)}
    changed.append({"Name": "email_verified", "Value": "true"})
    scene.idp.admin_update_user_attributes(**ann, UserAttributes=changed)
    scene.idp.admin_reset_user_password(**ann, **data)
    assert told(functions) == {"CustomMessage_ForgotPassword": (BEGIN, None)}
    scene.idp.admin_user_global_sign_out(**ann)
    scene.idp.admin_disable_user(**ann)
    scene.idp.admin_delete_user(**ann)
    assert functions.sent == []


def test_an_administrators_sign_in_brings_people_in_and_asks_riddles(house: TestHouse) -> None:
    scene, functions = hooked(house)
    mail = {"email": "bob@example.com", "email_verified": "true"}
    functions.says(
        "UserMigration", userAttributes=mail, finalUserStatus="CONFIRMED", messageAction="SUPPRESS"
    )
    functions.says("DefineAuthChallenge", challengeName="CUSTOM_CHALLENGE")
    functions.says("VerifyAuthChallengeResponse", answerCorrect=True)
    at = {"UserPoolId": scene.pool, "ClientId": scene.open}
    scene.idp.admin_initiate_auth(
        **at,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "bob", "PASSWORD": PASSWORD},
        ClientMetadata=BEGIN,
    )
    assert told(functions)["UserMigration_Authentication"] == (None, BEGIN)
    posed = scene.idp.admin_initiate_auth(
        **at, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": "bob"}, ClientMetadata=BEGIN
    )
    assert told(functions) == {
        PRE: (None, BEGIN),
        "DefineAuthChallenge_Authentication": (None, None),
        "CreateAuthChallenge_Authentication": (None, None),
    }
    functions.says("DefineAuthChallenge", issueTokens=True)
    done = scene.idp.admin_respond_to_auth_challenge(
        **at,
        ChallengeName="CUSTOM_CHALLENGE",
        Session=posed["Session"],
        ChallengeResponses={"USERNAME": "bob", "ANSWER": "x"},
        ClientMetadata=ANSWER,
    )
    assert done["AuthenticationResult"]
    found = told(functions)
    assert found == dict.fromkeys(
        [
            "VerifyAuthChallengeResponse_Authentication",
            "DefineAuthChallenge_Authentication",
            POST,
            "TokenGeneration_Authentication",
        ],
        (ANSWER, None),
    )


def test_a_device_is_new_once_and_its_proof_has_a_source_of_its_own(house: TestHouse) -> None:
    always = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    scene, functions = hooked(house, DeviceConfiguration=always)
    scene.user("ann")
    tokens = scene.tokens("ann")
    assert functions.request(POST)["newDeviceUsed"] is True
    device = KeptDevice(tokens["NewDeviceMetadata"])
    scene.public.confirm_device(
        AccessToken=tokens["AccessToken"],
        DeviceKey=device.key,
        DeviceSecretVerifierConfig=device.config,
    )
    functions.sources()
    posed = scene.sign_in("ann", DEVICE_KEY=device.key)
    posed = scene.reply(posed, **device.begin("ann"))
    assert scene.reply(posed, **device.proof(posed["ChallengeParameters"]))["AuthenticationResult"]
    assert functions.request(POST)["newDeviceUsed"] is False
    assert functions.sources() == [PRE, POST, "TokenGeneration_AuthenticateDevice"]
    scene.sign_in("ann")
    assert functions.request(POST)["newDeviceUsed"] is True


def test_functions_are_kept_by_the_mfa_configuration_and_reset_by_an_update(
    house: TestHouse,
) -> None:
    """An UpdateUserPool that leaves LambdaConfig out sets it to its default: nothing."""
    scene, _ = hooked(house)
    idp, at = scene.idp, {"UserPoolId": scene.pool}

    def described() -> Any:
        return idp.describe_user_pool(**at)["UserPool"].get("LambdaConfig")

    federation = {"LambdaVersion": "V1_0", "LambdaArn": ARN + "InboundFederation"}
    older = {"LambdaVersion": "V1_0", "LambdaArn": ARN + "PreTokenGeneration"}
    all_of_them = config(InboundFederation=federation)
    idp.update_user_pool(**at, LambdaConfig=all_of_them)
    shown = all_of_them | {"PreTokenGenerationConfig": older}
    assert described() == shown
    listed = idp.list_user_pools(MaxResults=60)["UserPools"]
    assert next(one for one in listed if one["Id"] == scene.pool)["LambdaConfig"] == shown
    idp.set_user_pool_mfa_config(
        **at, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    assert described() == shown
    idp.update_user_pool(**at, LambdaConfig=shown, MfaConfiguration="OPTIONAL")
    assert described() == shown
    idp.update_user_pool(**at, LambdaConfig=config("PreSignUp"))
    assert described() == config("PreSignUp")
    idp.update_user_pool(**at)
    assert described() == {}
