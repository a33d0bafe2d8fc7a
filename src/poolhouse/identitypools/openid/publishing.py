"""What verifiers of OpenID tokens need to know; the doors serve it below the issuer."""

from __future__ import annotations

from typing import Any

from poolhouse.identitypools.openid.store import OpenIdKeys
from poolhouse.identitypools.pools.naming import COGNITO
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.settings import Settings

PATH = f"/{COGNITO}"


def issuer(settings: Settings) -> str:
    """`{PUBLIC_URL}/cognito-identity.amazonaws.com`: AWS's issuer, at an address that can be asked
    for its keys. From the configuration, never from a request."""
    return f"{settings.issuer_base}{PATH}"


def discovery(settings: Settings) -> dict[str, Any]:
    """`{issuer}/.well-known/openid-configuration`, member for member as AWS's."""
    base = issuer(settings)
    return {
        "issuer": base,
        "jwks_uri": f"{base}/.well-known/jwks_uri",
        "authorization_endpoint": f"{base}/dummy",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS512"],
    }


def jwks(services: Services, unit: Unit, now: float) -> dict[str, Any]:
    """`{issuer}/.well-known/jwks_uri` (RFC 7517, 5)."""
    ring = OpenIdKeys(unit, services.sealer).ring(now)
    return {"keys": [key.public for key in ring if key.is_published(now)]}
