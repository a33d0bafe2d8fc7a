"""The document and the page, made once and served with an entity tag."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.doors.docs.openapi import Wording, document
from poolhouse.kernel.catalogue import Catalogue
from poolhouse.settings import Settings

FILES = Path(__file__).parent / "static"
# Nothing from elsewhere, nothing inline, no HTML made by scripts, no frame around the page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


class Docs:
    def __init__(self, catalogue: Catalogue, settings: Settings, wording: Wording) -> None:
        self._catalogue = catalogue
        self._settings = settings
        self._wording = wording
        self.routes = (
            Route("/openapi.json", self._openapi),
            Route("/docs", self._page),
            Route("/docs/docs.css", self._style),
            Route("/docs/docs.js", self._script),
        )

    @cached_property
    def _document(self) -> bytes:
        return msgspec.json.encode(document(self._catalogue, self._settings, self._wording))

    def _openapi(self, request: Request) -> Response:
        answer = _fresh(request, self._document, "application/json")
        answer.headers["access-control-allow-origin"] = "*"
        return answer

    def _page(self, request: Request) -> Response:
        answer = _fresh(request, _file("index.html"), "text/html")
        answer.headers["content-security-policy"] = POLICY
        return answer

    def _style(self, request: Request) -> Response:
        return _fresh(request, _file("docs.css"), "text/css")

    def _script(self, request: Request) -> Response:
        return _fresh(request, _file("docs.js"), "text/javascript")


def _file(name: str) -> bytes:
    return (FILES / name).read_bytes()


def _fresh(request: Request, body: bytes, media_type: str) -> Response:
    """The body, or 304 where the client's copy is the same. A copy is asked about every time, so
    that an upgrade is seen at once."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"cache-control": "no-cache", "etag": tag}
    if request.headers.get("if-none-match", "").removeprefix("W/") == tag:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)
