"""Which of a pool's keys signs, and which are published."""

from __future__ import annotations

from collections.abc import Iterable

from poolhouse.userpools.signing.rows import PoolKey

# Long enough for every verifier that caches the JWKS to have seen a new key before it signs.
PUBLISHED_AHEAD = 600.0
# ID and access tokens live a day at most (AccessTokenValidity, IdTokenValidity).
LONGEST_TOKEN = 86_400.0


def signer(keys: Iterable[PoolKey], use: str, now: float) -> PoolKey:
    """The key that signs now: the newest that may; where the clock went back, the oldest."""
    fitting = sorted((key for key in keys if key.use == use), key=lambda key: key.signs_from)
    able = [key for key in fitting if key.signs_from <= now]
    return able[-1] if able else fitting[0]


def published(keys: Iterable[PoolKey], now: float) -> list[PoolKey]:
    """The keys of the JWKS, in a stable order."""
    live = [key for key in keys if is_published(key, now)]
    return sorted(live, key=lambda key: (key.use, key.signs_from))


def is_published(key: PoolKey, now: float) -> bool:
    return key.retires_at is None or key.retires_at > now
