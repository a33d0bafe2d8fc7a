"""Pools that track devices, and people who sign in with them."""

from __future__ import annotations

from typing import Any

import pyotp

from poolhouse.contract.callers import Anyone
from poolhouse.kernel.call import Call, Origin
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.devices.rows import Device
from poolhouse.userpools.devices.store import Devices
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.store import Users
from tests.support.devices import KeptDevice
from tests.support.house import TestHouse
from tests.support.signing_in import Scene, SrpClient, scene_of

TOKEN = "SOFTWARE_TOKEN_MFA"
SRP, VERIFIER = "DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"
ALWAYS = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
OPT_IN = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
TRACKED = {"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False}
GONE = ("ResourceNotFoundException", "Device does not exist.")
BAD_KEY = ("InvalidParameterException", "Invalid device key given.")
BAD_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


class Person:
    """Somebody of the scene, with the secret of their authenticator where they have one."""

    def __init__(self, scene: Scene, name: str) -> None:
        self.scene, self.name = scene, name
        self.sub = scene.user(name)
        self.secret = ""

    # signing in ------------------------------------------------------------------------
    def enrol(self) -> Any:
        """The first sign-in where MFA is demanded: sets up a software token."""
        posed = self.scene.sign_in(self.name)
        given = self.scene.public.associate_software_token(Session=posed["Session"])
        self.secret = given["SecretCode"]
        done = self.scene.public.verify_software_token(
            Session=given["Session"], UserCode=self.code()
        )
        session = {"ChallengeName": "MFA_SETUP", "Session": done["Session"]}
        return self.scene.respond({"USERNAME": self.name}, **session)["AuthenticationResult"]

    def code(self) -> str:
        return pyotp.TOTP(self.secret).at(int(self.scene.house.clock.now()))

    def begin(self, device: KeptDevice | None = None) -> Any:
        """USER_SRP_AUTH up to what follows the password."""
        more = {"DEVICE_KEY": device.key} if device else {}
        srp = SrpClient(self.scene.pool, self.name, "Correct-Horse-1!")
        given = {"USERNAME": self.name, "SRP_A": f"{srp.big_a:x}", **more}
        posed = self.scene.begin("USER_SRP_AUTH", **given)
        return self.scene.respond({**srp.answer(posed["ChallengeParameters"]), **more})

    def show_code(self, posed: Any, **more: str) -> Any:
        """Answers with a code that was not used before."""
        self.scene.house.clock.step(30)
        given = {"USERNAME": self.name, f"{TOKEN}_CODE": self.code(), **more}
        return self.scene.reply(posed, **given)

    def prove(self, device: KeptDevice, posed: Any) -> Any:
        """Both steps of a device that was asked for its proof."""
        given = self.scene.reply(posed, **device.begin(self.name))
        return self.scene.reply(given, **device.proof(given["ChallengeParameters"]))

    # devices ---------------------------------------------------------------------------
    def confirm(self, tokens: Any, name: str = "my tablet") -> KeptDevice:
        """What a client does with a sign-in that came with a new device."""
        device = KeptDevice(tokens["NewDeviceMetadata"])
        self.confirmed = self.scene.public.confirm_device(
            AccessToken=tokens["AccessToken"],
            DeviceKey=device.key,
            DeviceName=name,
            DeviceSecretVerifierConfig=device.config,
        )
        return device

    def kept(self) -> list[Device]:
        """The rows of the user's devices."""
        with Unit(self.scene.house.services.database) as unit:
            return list(self.devices(unit).list(self.sub, "", 1000))

    def devices(self, unit: Unit) -> Devices:
        return devices_of(self.scene, unit)


def devices_of(scene: Scene, unit: Unit) -> Devices:
    services, now = scene.house.services, scene.house.clock.now()
    call = Call(Anyone(), unit, services, Origin("test"), "us-east-1", now)
    return Devices(call, Pools(unit).get(scene.pool))


def user_of(scene: Scene, name: str) -> Any:
    with Unit(scene.house.services.database) as unit:
        return Users(unit, Pools(unit).get(scene.pool)).get(name)


def tracking(house: TestHouse, mfa: str = "OFF", **configuration: Any) -> Scene:
    """A scene whose pool tracks devices; where MFA is on, by software tokens."""
    house.clock.stop()
    scene = scene_of(house, DeviceConfiguration=configuration or ALWAYS)
    if mfa != "OFF":
        scene.idp.set_user_pool_mfa_config(
            UserPoolId=scene.pool,
            MfaConfiguration=mfa,
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
    return scene


def shown(device: Any) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in device["DeviceAttributes"]}
