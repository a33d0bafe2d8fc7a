"""Sample events, for a dry run of a function."""

from __future__ import annotations

from typing import Any

_USER = {"sub": "a1b2c3d4-0000-4000-8000-000000000000", "email": "ann@example.com"}
_EXISTING = {**_USER, "cognito:user_status": "CONFIRMED", "email_verified": "true"}
_CHALLENGE = {"userAttributes": _EXISTING, "session": [], "userNotFound": False}
_PUBLIC = "publicChallengeParameters"
_PRIVATE = "privateChallengeParameters"
_MESSAGE = {
    "userAttributes": _USER,
    "codeParameter": "{####}",
    "usernameParameter": None,
    "linkParameter": "{##Click Here##}",
}
_SAID = {"smsMessage": None, "emailMessage": None, "emailSubject": None}
_TOKENS = {
    "userAttributes": _EXISTING,
    "groupConfiguration": {
        "groupsToOverride": ["staff"],
        "iamRolesToOverride": [],
        "preferredRole": None,
    },
}
_BODIES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "PreSignUp_SignUp": (
        {"userAttributes": {"email": "ann@example.com"}, "validationData": None},
        {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    ),
    "PreSignUp_AdminCreateUser": (
        {"userAttributes": {"email": "ann@example.com"}, "validationData": None},
        {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    ),
    "PostConfirmation_ConfirmSignUp": ({"userAttributes": _EXISTING}, {}),
    "PostConfirmation_ConfirmForgotPassword": ({"userAttributes": _EXISTING}, {}),
    "PreAuthentication_Authentication": (
        {"userAttributes": _EXISTING, "validationData": None, "userNotFound": False},
        {},
    ),
    "PostAuthentication_Authentication": (
        {"userAttributes": _EXISTING, "newDeviceUsed": False},
        {},
    ),
    "DefineAuthChallenge_Authentication": (
        _CHALLENGE,
        {"challengeName": None, "issueTokens": None, "failAuthentication": None},
    ),
    "CreateAuthChallenge_Authentication": (
        {**_CHALLENGE, "challengeName": "CUSTOM_CHALLENGE"},
        {_PUBLIC: None, _PRIVATE: None, "challengeMetadata": None},
    ),
    "VerifyAuthChallengeResponse_Authentication": (
        {
            "userAttributes": _EXISTING,
            _PRIVATE: {"answer": "5"},
            "challengeAnswer": "5",
            "userNotFound": False,
        },
        {"answerCorrect": None},
    ),
    "TokenGeneration_Authentication": (_TOKENS, {"claimsOverrideDetails": None}),
    "UserMigration_Authentication": (
        {"password": "a sample, and nobody's password", "validationData": None},
        {"userAttributes": None, "finalUserStatus": None, "messageAction": None},
    ),
    "UserMigration_ForgotPassword": (
        {"validationData": None},
        {"userAttributes": None, "finalUserStatus": None, "messageAction": None},
    ),
    "CustomMessage_SignUp": (_MESSAGE, _SAID),
    "CustomMessage_ForgotPassword": (_MESSAGE, _SAID),
    "CustomMessage_AdminCreateUser": ({**_MESSAGE, "usernameParameter": "{username}"}, _SAID),
    "CustomEmailSender_SignUp": (
        {"type": "customEmailSenderRequestV1", "code": None, "userAttributes": _USER},
        {},
    ),
    "CustomSMSSender_SignUp": (
        {"type": "customSMSSenderRequestV1", "code": None, "userAttributes": _USER},
        {},
    ),
}
SOURCES = tuple(_BODIES)
POOL = "us-east-1_sample000"


def sample(source: str) -> dict[str, Any] | None:
    """An event as a pool would send it; None for a source that there is none of."""
    if source not in _BODIES:
        return None
    request, response = _BODIES[source]
    return {
        "version": "1",
        "triggerSource": source,
        "region": "us-east-1",
        "userPoolId": POOL,
        "userName": "ann",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "sample"},
        "request": dict(request),
        "response": dict(response),
    }
