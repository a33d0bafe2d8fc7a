"""A software token that is set up during a sign-in, by whoever has shown a password and nothing
else: until the code is right its seed travels in the sealed session, not in the user's rows.

With the right code it is the user's, and the next sign-in asks for it, whether this one goes on or
not: AWS's own example signs in anew after VerifySoftwareToken, and expects SOFTWARE_TOKEN_MFA.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from poolhouse.kernel.call import Call
from poolhouse.userpools.mfa.rules import ALL, PASSKEY, TOKEN, enabled, usable
from poolhouse.userpools.mfa.store import SoftwareTokens
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import Factors, User
from poolhouse.userpools.users.rules import bad_session
from poolhouse.userpools.users.store import Users

STEP = "MFA_SETUP"
LONGEST_NAME = 256

Data = Mapping[str, bytes]


def associated(data: Data, seed: bytes) -> dict[str, bytes]:
    """What the session keeps once a seed was handed out; another one replaces it."""
    return {**{key: value for key, value in data.items() if key != "verified"}, "seed": seed}


def verified(data: Data) -> dict[str, bytes]:
    """What it keeps once a code was right."""
    return {**data, "verified": b"1"}


def registered(data: Data) -> bool:
    """Whether a session at MFA_SETUP comes from VerifySoftwareToken."""
    return data.get("verified") == b"1" and "seed" in data


def register(call: Call[Any], pool: Pool, sub: str, seed: bytes, name: str, step: int) -> None:
    """Registers the verified token, enables and prefers it. Raises NotAuthorizedException where the
    user has a second factor by now: of two who set one up at once, the first has it (AUT-10).
    """
    users = Users(call.unit, pool)
    held = users.lock(sub)
    if has_factor(pool, held) or not SoftwareTokens(call, pool).register(held, seed, name, step):
        raise bad_session()
    users.set_factors(held, _with_token(held.factors), call.now)


def holds(call: Call[Any], pool: Pool, user: User, data: Data) -> bool:
    """Whether the token that the session has verified is the user's still."""
    tokens = SoftwareTokens(call, pool)
    token, seed = tokens.find(user), data.get("seed")
    if token is None or token.seed is None or seed is None:
        return False
    return hmac.compare_digest(tokens.opened(user, token.seed), seed)


def has_factor(pool: Pool, user: User) -> bool:
    """Whether there is a factor that MFA_SETUP must not add to: one that was enabled, a token, or
    an address that codes are sent to."""
    return user.factors.software_token or bool(enabled(pool, user) or usable(pool, user))


def _with_token(factors: Factors) -> Factors:
    """Enabled, preferred, registered."""
    named = {*factors.enabled, TOKEN}
    return Factors(tuple(name for name in (*ALL, PASSKEY) if name in named), TOKEN, True)
