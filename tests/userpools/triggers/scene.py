"""A pool whose every trigger is a function of the test, and all that they were sent."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.support.house import TestHouse
from tests.support.signing_in import PASSWORD, Scene, scene_of

Event = dict[str, Any]
ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
KEY = "arn:aws:kms:us-east-1:000000000000:key/codes"
TRIGGERS = (
    "PreSignUp",
    "PostConfirmation",
    "PreAuthentication",
    "PostAuthentication",
    "DefineAuthChallenge",
    "CreateAuthChallenge",
    "VerifyAuthChallengeResponse",
    "PreTokenGeneration",
    "UserMigration",
    "CustomMessage",
)
UNRECOGNIZABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")
UNKNOWN = ("UserNotFoundException", "User does not exist.")


class Functions:
    """Each gives its event back, until a test puts another in its place."""

    def __init__(self, house: TestHouse) -> None:
        self.sent: list[Event] = []
        self._house = house
        for name in TRIGGERS:
            self.put(name, lambda event: event)

    def put(self, name: str, function: Callable[[Event], Any]) -> None:
        def kept(event: Event) -> Any:
            self.sent.append(copy.deepcopy(event))
            return function(event)

        self._house.bind(ARN + name, kept)

    def says(self, name: str, **response: Any) -> None:
        self.put(name, lambda event: {**event, "response": response})

    def fails(self, name: str, message: str = "No.") -> None:
        def failing(_: Event) -> None:
            raise RuntimeError(message)

        self.put(name, failing)

    def sources(self) -> list[str]:
        """What was fired since it was asked last."""
        found = [event["triggerSource"] for event in self.sent]
        self.sent.clear()
        return found

    def request(self, source: str) -> Event:
        found: Event = next(e for e in reversed(self.sent) if e["triggerSource"] == source)
        return found["request"]  # type: ignore[no-any-return]


def config(*names: str, **more: Any) -> dict[str, Any]:
    return {name: ARN + name for name in names or TRIGGERS} | more


def hooked(house: TestHouse, *names: str, **pool: Any) -> tuple[Scene, Functions]:
    """A pool with these triggers, or every one."""
    functions = Functions(house)
    pool = {"AutoVerifiedAttributes": ["email"], "LambdaConfig": config(*names), **pool}
    return scene_of(house, **pool), functions


def sign_up(scene: Scene, name: str = "ann", **more: Any) -> Any:
    attributes = more.pop("attributes", {"email": f"{name}@example.com"})
    listed = [{"Name": k, "Value": v} for k, v in attributes.items()]
    return scene.public.sign_up(
        ClientId=scene.open, Username=name, Password=PASSWORD, UserAttributes=listed, **more
    )


def users(scene: Scene) -> list[Any]:
    found: list[Any] = scene.idp.list_users(UserPoolId=scene.pool)["Users"]
    return found


def attributes_of(scene: Scene, name: str) -> dict[str, str]:
    shown = scene.idp.admin_get_user(UserPoolId=scene.pool, Username=name)
    return {each["Name"]: each["Value"] for each in shown["UserAttributes"]}


def offer_sms(scene: Scene, **more: Any) -> None:
    """The pool takes second factors: codes by SMS, and more."""
    role = {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}
    scene.idp.set_user_pool_mfa_config(
        UserPoolId=scene.pool,
        MfaConfiguration="OPTIONAL",
        SmsMfaConfiguration={"SmsConfiguration": role},
        **more,
    )
