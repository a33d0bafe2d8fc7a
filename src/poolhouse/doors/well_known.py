"""Discovery and keys of each pool: OpenID Connect Discovery 1.0, 4; RFC 7517, 5.

Everything here comes from the configuration and the path; no header of a request can change a
byte of it, so any cache may keep it.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.contract.shape import Refused
from poolhouse.identitypools.openid import publishing
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.settings import Settings
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signing.rules import PUBLISHED_AHEAD, published
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.tokens.issuer import issuer

# A new key signs PUBLISHED_AHEAD seconds after it is published. A copy may have lain this long in
# a shared cache and then as long with a client that counts anew, and still holds what signs.
MAX_AGE = int(PUBLISHED_AHEAD * 0.4)
VERBS = ("GET", "HEAD", "OPTIONS")

_POOL_ID = re.compile(r"[\w-]{1,45}_[0-9A-Za-z]{1,50}", re.ASCII)
_LONGEST_ID = 55
_CORS = {"access-control-allow-origin": "*"}
_PREFLIGHT = {
    **_CORS,
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "*",
    "access-control-max-age": "172800",
    "allow": ", ".join(VERBS),
}

log = logging.getLogger("poolhouse.requests")

Made = Callable[[Unit, str], dict[str, Any]]


class WellKnown:
    def __init__(self, services: Services) -> None:
        self._services = services
        identities = publishing.PATH
        self.routes = (
            Route(
                f"{identities}/.well-known/openid-configuration", self._identities, methods=VERBS
            ),
            Route(f"{identities}/.well-known/jwks_uri", self._identity_keys, methods=VERBS),
            Route("/{pool_id}/.well-known/jwks.json", self._jwks, methods=VERBS),
            Route("/{pool_id}/.well-known/openid-configuration", self._discovery, methods=VERBS),
        )

    def _jwks(self, request: Request) -> Response:
        return self._published(request, self._keys)

    def _discovery(self, request: Request) -> Response:
        return self._published(request, lambda _, pool_id: document(self._settings, pool_id))

    def _identities(self, request: Request) -> Response:
        return self._answered(request, lambda _: publishing.discovery(self._settings))

    def _identity_keys(self, request: Request) -> Response:
        now = self._services.clock.now()
        return self._answered(request, lambda unit: publishing.jwks(self._services, unit, now))

    @property
    def _settings(self) -> Settings:
        return self._services.settings

    def _published(self, request: Request, made: Made) -> Response:
        pool_id: str = request.path_params["pool_id"]

        def of_pool(unit: Unit) -> dict[str, Any] | None:
            named = len(pool_id) <= _LONGEST_ID and _POOL_ID.fullmatch(pool_id)
            return made(unit, pool_id) if named and Pools(unit).find(pool_id) else None

        return self._answered(request, of_pool)

    def _answered(
        self, request: Request, made: Callable[[Unit], dict[str, Any] | None]
    ) -> Response:
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=_PREFLIGHT)
        try:
            with Unit(self._services.database) as unit:
                found = made(unit)
        except (DBAPIError, Refused) as error:
            log.error("keys and discovery cannot be read: %s", type(error).__name__)
            return _error(503, "InternalError", "Try again in a moment.")
        return _missing() if found is None else _cacheable(request, msgspec.json.encode(found))

    def _keys(self, unit: Unit, pool_id: str) -> dict[str, Any]:
        now = self._services.clock.now()
        ring = SigningKeys(unit, self._services.sealer).ring(pool_id, now)
        return {"keys": [key.public for key in published(ring, now)]}


def document(settings: Settings, pool_id: str) -> dict[str, Any]:
    """The discovery document, with the members that Cognito's has."""
    base, name = settings.issuer_base, issuer(settings, pool_id)
    return {
        "authorization_endpoint": f"{base}/oauth2/authorize",
        "end_session_endpoint": f"{base}/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": name,
        "jwks_uri": f"{name}/.well-known/jwks.json",
        "response_types_supported": ["code", "token"],
        "revocation_endpoint": f"{base}/oauth2/revoke",
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint": f"{base}/oauth2/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "userinfo_endpoint": f"{base}/oauth2/userInfo",
    }


def _cacheable(request: Request, body: bytes) -> Response:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_CORS, "cache-control": f"public, max-age={MAX_AGE}", "etag": tag}
    if _names(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type="application/json")


def _names(if_none_match: str, tag: str) -> bool:
    """RFC 9110, 13.1.2: weak comparison with any of the tags, or `*`."""
    tags = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return tag in tags or tags == ["*"]


def _missing() -> Response:
    return _error(404, "BadRequest", "The specified user pool does not exist.")


def _error(status: int, code: str, message: str) -> Response:
    body = msgspec.json.encode({"code": code, "message": message})
    headers = {**_CORS, "cache-control": "no-store"}
    return Response(body, status, headers, "application/json")
