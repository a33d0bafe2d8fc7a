"""A software token that is set up during a sign-in, by whoever has shown a password and nothing
else: until the code is right its seed travels in the sealed session, not in the user's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.userpools.mfa.rules import ALL, PASSKEY, TOKEN, enabled
from poolhouse.userpools.mfa.store import SoftwareTokens
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import Factors, User
from poolhouse.userpools.users.store import Users

STEP = "MFA_SETUP"
LONGEST_NAME = 256

Data = Mapping[str, bytes]


def associated(data: Data, seed: bytes) -> dict[str, bytes]:
    """What the session keeps once a seed was handed out; another one replaces it."""
    kept = {key: value for key, value in data.items() if key not in ("verified", "name", "step")}
    return {**kept, "seed": seed}


def verified(data: Data, name: str, step: int) -> dict[str, bytes]:
    """What it keeps once a code of that step was right."""
    return {**data, "verified": b"1", "name": name.encode(), "step": str(step).encode()}


def registered(data: Data) -> bool:
    """Whether a session at MFA_SETUP comes from VerifySoftwareToken, and can be registered."""
    return data.get("verified") == b"1" and "seed" in data


def register(
    call: Call[Any], pool: Pool, user: User, data: Data
) -> tuple[Callable[[], None], User]:
    """What registers the verified token, enables and prefers it, as part of the unit; and the user
    as they will be. When it is called it raises NotAuthorizedException where the user has got a
    second factor meanwhile: of two who set one up at once, the first has it (AUT-10).
    """

    def write() -> None:
        held = Users(call.unit, pool).lock(user.sub)
        step, name = int(data["step"]), data["name"].decode()
        tokens = SoftwareTokens(call, pool)
        if has_factor(pool, held) or not tokens.register(held, data["seed"], name, step):
            raise idp.NotAuthorizedException("Invalid session for the user.")
        Users(call.unit, pool).set_factors(held, _with_token(held.factors), call.now)

    return write, replace(user, factors=_with_token(user.factors))


def has_factor(pool: Pool, user: User) -> bool:
    """Whether there is a factor that MFA_SETUP must not add to."""
    return user.factors.software_token or bool(enabled(pool, user))


def _with_token(factors: Factors) -> Factors:
    """Enabled, preferred, registered."""
    named = {*factors.enabled, TOKEN}
    return Factors(tuple(name for name in (*ALL, PASSKEY) if name in named), TOKEN, True)
