"""What a sign-in has shown so far. It travels in the sealed passage from step to step."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import ClassVar

import msgspec

from poolhouse import ids
from poolhouse.values import Value

CUSTOM_FLOW = "CUSTOM_AUTH"
PASSWORDS = frozenset(["PASSWORD", "PASSWORD_VERIFIER"])
# Authentication method references (RFC 8176, and Cognito's own) of the steps that prove something.
_METHODS = {
    "PASSWORD": "pwd",
    "PASSWORD_VERIFIER": "pwd",
    "SOFTWARE_TOKEN_MFA": "otp",
    "MFA_SETUP": "otp",
    "RECOVERY_CODE": "otp",
    "SMS_MFA": "sms",
    "SMS_OTP": "sms",
    "EMAIL_OTP": "email_otp",
}
# Challenges beside their own that the functions of CUSTOM_AUTH are told of: `challengeName` in the
# guide to DefineAuthChallenge. Many let nobody in for a name that is not among them.
_TOLD = frozenset(
    [
        "PASSWORD_VERIFIER",
        "SMS_MFA",
        "EMAIL_OTP",
        "SOFTWARE_TOKEN_MFA",
        "DEVICE_SRP_AUTH",
        "DEVICE_PASSWORD_VERIFIER",
    ]
)


class Round(msgspec.Struct, array_like=True, frozen=True):
    """One challenge of CUSTOM_AUTH as DefineAuthChallenge is told of it."""

    name: str
    right: bool
    metadata: str | None = None


class Progress(Value, array_like=True, frozen=True, kw_only=True):
    """`done` names the challenges answered right, in order; the first is the first factor.
    `methods` are further references that a step itself vouches for. `rounds` is the history of
    CUSTOM_AUTH, which nobody but the server can write; `srp_a` waits there for its turn.
    `target_acr` is the level that was asked for, and `credit` what an earlier sign-in has shown
    toward it, at `credit_time` (epoch seconds). `thread` is the same in all passages of one
    sign-in; `proved_a` is the hash of the A that a password was proved with. `shown` is the
    salt of the password that was shown, which tells it from one that is set meanwhile. `enough`
    says that the functions of CUSTOM_AUTH have decided for tokens."""

    secret: ClassVar = frozenset({"srp_a", "rounds", "thread", "proved_a", "shown"})
    flow: str
    done: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    device_key: str = ""
    srp_a: str = ""
    rounds: tuple[Round, ...] = ()
    target_acr: str = ""
    credit: tuple[str, ...] = ()
    credit_time: int = 0
    thread: str = msgspec.field(default_factory=lambda: ids.token(9))
    proved_a: str = ""
    shown: str = ""
    enough: bool = False

    def with_done(self, challenge: str, *methods: str, posed: str = "") -> Progress:
        """One more challenge was answered right; `methods` are what it vouches for beside its
        own. `posed` is what was asked for, where something else was shown."""
        return msgspec.structs.replace(
            self.with_round(posed or challenge),
            done=(*self.done, challenge),
            methods=(*self.methods, *methods),
        )

    def with_round(self, challenge: str) -> Progress:
        """The functions of CUSTOM_AUTH are told of this step."""
        if self.flow != CUSTOM_FLOW or challenge not in _TOLD:
            return self
        rounds = (*self.rounds, Round(challenge, True))
        return msgspec.structs.replace(self, rounds=rounds)

    def with_a(self, public_value: bytes) -> Progress:
        """A password was proved with this A: who sends it again is who proved it."""
        return msgspec.structs.replace(self, proved_a=hash_of_a(public_value))

    def with_password(self, challenge: str, salt: str) -> Progress:
        """The password of this salt was shown."""
        return msgspec.structs.replace(self.with_done(challenge), shown=salt)

    def decided(self) -> Progress:
        """The functions of CUSTOM_AUTH have said that it is enough, and are not asked again."""
        return msgspec.structs.replace(self, enough=True, rounds=(), srp_a="")

    @property
    def password_shown(self) -> bool:
        return not PASSWORDS.isdisjoint(self.done)

    @property
    def amr(self) -> tuple[str, ...]:
        """The claim `amr`: each method once, in order, and `mfa` where there are two."""
        named = [_METHODS[name] for name in self.done if name in _METHODS]
        return together(named, self.methods)


def together(*shown: Iterable[str]) -> tuple[str, ...]:
    """Methods that were shown, as the claim `amr` lists them."""
    found = dict.fromkeys(method for methods in shown for method in methods)
    single = tuple(method for method in found if method != "mfa")
    return (*single, "mfa") if len(single) > 1 or "mfa" in found else single


def hash_of_a(public_value: bytes) -> str:
    return hashlib.sha256(public_value).hexdigest()
