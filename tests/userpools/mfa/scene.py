"""A pool with second factors, its people, and an authenticator."""

from __future__ import annotations

from typing import Any

import pyotp

from poolhouse.kernel.unit import Unit
from poolhouse.userpools.clients.store import Clients
from poolhouse.userpools.mfa.store import SoftwareTokens
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.store import Users
from tests.support.house import TestHouse
from tests.userpools.users.people import People

SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::000000000000:role/sms"}}
TOKEN_ON = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
USED = (
    "ExpiredCodeException",
    "Your software token has already been used once.",
)
WRONG = ("CodeMismatchException", "Invalid code received for user")
SETUP_WRONG = ("EnableSoftwareTokenMFAException", "Code mismatch")
BAD_SESSION = ("NotAuthorizedException", "Invalid session for the user.")


class Scene(People):
    def __init__(self, house: TestHouse, mode: str = "OPTIONAL", **factors: Any) -> None:
        super().__init__(house)
        self.offer(mode, **(factors or {"SoftwareTokenMfaConfiguration": {"Enabled": True}}))

    def offer(self, mode: str, **factors: Any) -> Any:
        return self.admin.set_user_pool_mfa_config(
            UserPoolId=self.id, MfaConfiguration=mode, **factors
        )

    def code(self, secret: str, steps: int = 0) -> str:
        """What the authenticator shows now, or that many steps from now."""
        return pyotp.TOTP(secret).at(int(self.house.clock.now()) + 30 * steps)

    def enrol(self, name: str, token: str = "", steps: int = 0) -> str:
        """Gives the user a software token; answers its secret."""
        token = token or self.token(name)
        secret: str = self.public.associate_software_token(AccessToken=token)["SecretCode"]
        answer = self.public.verify_software_token(
            AccessToken=token, UserCode=self.code(secret, steps), FriendlyDeviceName="my phone"
        )
        assert answer["Status"] == "SUCCESS" and "Session" not in answer
        return secret

    def prefer(self, name: str, **settings: Any) -> None:
        self.admin.admin_set_user_mfa_preference(UserPoolId=self.id, Username=name, **settings)

    def judge(self, name: str, code: str) -> None:
        """What sign-in does with a code of the user's token."""
        with Unit(self.house.services.database) as unit:
            pool = Pools(unit).get(self.id)
            SoftwareTokens(self.call(unit), pool).judge(Users(unit, pool).get(name), code)

    def session(self, name: str, step: str = "MFA_SETUP") -> str:
        """A sign-in that has shown a password and waits at `step`."""
        with Unit(self.house.services.database) as unit:
            client, pool = Clients(unit, self.house.services.sealer).get(self.app.id)
            user = Users(unit, pool).get(name)
            made = passage.new(
                pool,
                client,
                sub=user.sub,
                name=user.username,
                step=step,
                now=self.house.clock.now(),
                progress=Progress(flow="USER_PASSWORD_AUTH", done=("PASSWORD",)),
                data={"choices": b'["SOFTWARE_TOKEN_MFA"]'},
            )
        return passage.sealed(self.house.services.sealer, made)

    def opened(self, session: str) -> passage.Passage:
        now = self.house.clock.now()
        return passage.waiting(self.house.services.sealer, session, "MFA_SETUP", now)

    def factors(self, name: str) -> tuple[Any, Any]:
        """What AdminGetUser shows of the user's second factors."""
        shown = self.look(name)
        return shown.get("UserMFASettingList"), shown.get("PreferredMfaSetting")

    def held(self, name: str) -> User:
        with Unit(self.house.services.database) as unit:
            return Users(unit, Pools(unit).get(self.id)).get(name)
