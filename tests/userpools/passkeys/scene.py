"""A pool that takes passkeys, its people, and the phone in their pockets."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError
from sqlalchemy import bindparam, select

from poolhouse.kernel.unit import Unit
from poolhouse.userpools.passkeys.rows import passkey_challenges, passkeys
from tests.support.authenticator import Authenticator
from tests.support.house import TestHouse
from tests.support.signing_in import FLOWS, PASSWORD, Scene, scene_of

PARTY = "example.com"
ORIGIN = "https://example.com"
FIRST = ["PASSWORD", "WEB_AUTHN", "EMAIL_OTP"]
CHOICE = [*FLOWS, "ALLOW_USER_AUTH"]
WRONG = ("NotAuthorizedException", "Incorrect username or password.")
USED = (
    "NotAuthorizedException",
    "Invalid session for the user, session can only be used once.",
)
NOT_BEGUN = "WebAuthnChallengeNotFoundException"


class Keyring:
    """A scene of passkeys; `ann` is a user with a password."""

    def __init__(
        self,
        house: TestHouse,
        *,
        party: str | None = PARTY,
        first: list[str] | None = None,
        **passkeys: str,
    ) -> None:
        self.house = house
        self.scene: Scene = scene_of(
            house, Policies={"SignInPolicy": {"AllowedFirstAuthFactors": first or FIRST}}
        )
        self.pool = self.scene.pool
        self.idp, self.public = self.scene.idp, self.scene.public
        self.app = self.scene.client(ExplicitAuthFlows=CHOICE)
        self.hiding = self.scene.client(
            ExplicitAuthFlows=CHOICE, PreventUserExistenceErrors="ENABLED"
        )
        self.configure(**({"RelyingPartyId": party} if party else {}), **passkeys)
        self.scene.user("ann", email="ann@example.com", email_verified="true")

    def configure(self, mfa: str | None = None, **passkeys: str) -> None:
        more: dict[str, Any] = {}
        if mfa:
            more = {
                "MfaConfiguration": mfa,
                "SoftwareTokenMfaConfiguration": {"Enabled": True},
            }
        if passkeys:
            more["WebAuthnConfiguration"] = passkeys
        self.idp.set_user_pool_mfa_config(UserPoolId=self.pool, **more)

    # registering -----------------------------------------------------------------------
    def token(self, name: str = "ann", client: str = "") -> str:
        found: str = self.scene.tokens(name, client=client or self.app)["AccessToken"]
        return found

    def start(self, token: str) -> dict[str, Any]:
        found: dict[str, Any] = self.public.start_web_authn_registration(AccessToken=token)[
            "CredentialCreationOptions"
        ]
        return found

    def complete(self, token: str, credential: Any) -> None:
        self.public.complete_web_authn_registration(AccessToken=token, Credential=credential)

    def enrol(
        self, phone: Authenticator | None = None, name: str = "ann", token: str = ""
    ) -> Authenticator:
        """The user's phone, with a passkey more."""
        phone, token = phone or Authenticator(ORIGIN), token or self.token(name)
        self.complete(token, phone.create(self.start(token)))
        return phone

    def listed(self, token: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.public.list_web_authn_credentials(AccessToken=token)[
            "Credentials"
        ]
        return found

    # signing in ------------------------------------------------------------------------
    def ask(self, name: str = "ann", client: str = "") -> dict[str, Any]:
        """What USER_AUTH answers to whoever prefers a passkey."""
        found: dict[str, Any] = self.scene.begin(
            "USER_AUTH", client or self.app, USERNAME=name, PREFERRED_CHALLENGE="WEB_AUTHN"
        )
        return found

    def answer(
        self, asked: dict[str, Any], credential: str, name: str = "ann", client: str = ""
    ) -> Any:
        return self.scene.reply(asked, client or self.app, USERNAME=name, CREDENTIAL=credential)

    def sign_in(self, phone: Authenticator, name: str = "ann", **odds: Any) -> Any:
        asked = self.ask(name)
        return self.answer(asked, phone.get(options_of(asked), **odds), name)

    # from inside -----------------------------------------------------------------------
    def kept(self, sub: str) -> list[Any]:
        query = select(passkeys).where(passkeys.c.sub == bindparam("who"))
        with Unit(self.house.services.database) as unit:
            return list(unit.all(query.order_by(passkeys.c.created_at), who=sub))

    def begun(self) -> int:
        """How many registrations wait to be completed."""
        with Unit(self.house.services.database) as unit:
            return len(unit.all(select(passkey_challenges)))


def options_of(asked: dict[str, Any]) -> dict[str, Any]:
    assert asked["ChallengeName"] == "WEB_AUTHN", asked
    found: dict[str, Any] = json.loads(asked["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    return found


def outcome(call: Any, *args: Any, **given: Any) -> str:
    """`ok`, or the code of the refusal; a fault of the server is none."""
    try:
        call(*args, **given)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return str(error.response["Error"]["Code"]) if status == 400 else f"status {status}"
    return "ok"


__all__ = ["PASSWORD", "Keyring", "options_of", "outcome"]
