"""The three paths, and what is asked of the house for them."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse.doors.health.asking import Question
from poolhouse.doors.health.metrics import Metrics, Stock
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.storage import migrating
from poolhouse.storage.outbox import messages
from poolhouse.userpools.signing.store import SigningKeys

PATIENCE = 2.0  # seconds; an orchestrator's probe waits a few
TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

_UNSENT = ("waiting", "dead")
_DEPTH = (
    select(messages.c.status, func.count().label("number"))
    .where(messages.c.status.in_(_UNSENT))
    .group_by(messages.c.status)
)


class Health:
    """`metrics_token`, where given, must be sent as `Authorization: Bearer` for /metrics. `head`
    names the revision the schema must be at."""

    def __init__(
        self,
        services: Services,
        metrics: Metrics,
        *,
        metrics_token: str | None = None,
        head: Callable[[], str] = migrating.head,
        patience: float = PATIENCE,
    ) -> None:
        self._services = services
        self._metrics = metrics
        self._token = metrics_token
        self._head = head
        self._closing = False
        self._ready = Question(self._is_ready, patience)
        self._stock = Question(self._counted, patience)
        self.routes = (
            Route("/health/live", self._live),
            Route("/health/ready", self._readiness),
            Route("/metrics", self._page),
        )

    def close(self) -> None:
        """From now on the server is not ready: no new traffic should be sent to it."""
        self._closing = True

    async def _live(self, _: Request) -> Response:
        return _told(200, b'{"status":"ok"}')

    async def _readiness(self, _: Request) -> Response:
        if not self._closing and await self._ready.answer():
            return _told(200, b'{"status":"ok"}')
        return _told(503, b'{"status":"unavailable"}')

    async def _page(self, request: Request) -> Response:
        if not self._may_read(request.headers.get("authorization", "")):
            return _told(401, b'{"message":"Unauthorized"}', {"www-authenticate": "Bearer"})
        stock = await self._stock.answer()
        page = await asyncio.to_thread(self._metrics.page, stock)
        return Response(page, media_type=TEXT_FORMAT, headers={"cache-control": "no-store"})

    def _may_read(self, authorization: str) -> bool:
        if self._token is None:
            return True
        wanted = f"Bearer {self._token}"
        return hmac.compare_digest(authorization.encode(), wanted.encode())

    def _is_ready(self) -> bool:
        self._services.sealer.mac(b"", "health")  # raises where the keys were not opened
        return migrating.current(self._services.database) == self._head()

    def _counted(self) -> Stock:
        with Unit(self._services.database) as unit:
            depth = dict.fromkeys(_UNSENT, 0)
            depth.update({row.status: row.number for row in unit.all(_DEPTH)})
            return Stock(depth, SigningKeys(unit, self._services.sealer).spares())


def _told(status: int, body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(
        body, status, {"cache-control": "no-store", **(headers or {})}, "application/json"
    )
