"""The issuer of a pool's tokens: one string, from the configuration, never from a request."""

from __future__ import annotations

from poolhouse.settings import Settings


def issuer(settings: Settings, pool_id: str) -> str:
    """`{PUBLIC_URL}/{poolId}`; the tokens' `iss` and the discovery document's are this string."""
    return f"{settings.issuer_base}/{pool_id}"
