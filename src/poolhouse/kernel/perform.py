"""The one path from a door to the function that answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec
from sqlalchemy.exc import IntegrityError

from poolhouse import turns
from poolhouse.access.received import HttpRequest
from poolhouse.access.resources import facts_of, resource_of
from poolhouse.contract.callers import Anyone, Caller, Signed, SignedIn
from poolhouse.contract.shape import Refusal, Refused, Shape
from poolhouse.kernel.call import Call, Origin, require
from poolhouse.kernel.catalogue import AnyOperation, AnyPerformance, Catalogue
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Overtaken, Unit
from poolhouse.values import Value

TICK = 0.02
"""Seconds: concealed answers leave on a multiple of this after they were asked for, so that the
fraction of a millisecond more that a user costs than nobody does not show, on a busy machine
neither, where what takes 5 ms may take 12."""


class SignatureProver(Protocol):
    def __call__(
        self, services: Services, unit: Unit, request: HttpRequest, service: str, origin: Origin
    ) -> Signed:
        """The principal that signed, or `Refused`."""


class TokenProver(Protocol):
    def __call__(self, services: Services, unit: Unit, access_token: str) -> SignedIn:
        """The bearer of a live access token, or NotAuthorizedException."""


@dataclass(frozen=True, slots=True)
class Provers:
    """How the two kinds of caller that must prove something do so, how a signature is spent, and
    the tags of what an ARN names; the rooms that know are above the kernel, so `app` hands them
    in."""

    signature: SignatureProver
    token: TokenProver
    spend: Callable[[Unit, Signed], None]
    tags: Callable[[Unit, str], Mapping[str, str]]


class Ask(Value, frozen=True):
    """One request at a door: the operation, the raw request for its signature, and how to read
    the body into the operation's shape (which may raise `Invalid` or `Refused`). `proved` is
    filled in on the way, for the log."""

    operation: AnyOperation
    request: HttpRequest
    read: Callable[[], Shape]
    origin: Origin
    proved: list[Caller] = msgspec.field(default_factory=list)


class House:
    """Everything that can be asked of this server, behind all doors."""

    def __init__(
        self,
        services: Services,
        catalogue: Catalogue,
        provers: Provers,
        published: Callable[[], None] = lambda: None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.services = services
        self.catalogue = catalogue
        self._provers = provers
        self._published = published
        self._pause = pause

    def perform(self, asked: Ask, *, quick: bool = False) -> Shape | None:
        """Answers, or raises ServiceError (modelled), Refused or Invalid (front end); Rushed,
        where it was to be quick and would write."""
        return self._decided(
            asked.operation, asked.origin, lambda unit: self._prove(asked, unit), quick
        )

    def perform_as(
        self, caller: Caller, operation: AnyOperation, ask: Shape, origin: Origin
    ) -> Shape | None:
        """The same for a caller that another door has proved; its permissions count as ever."""
        return self._decided(operation, origin, lambda _: (caller, ask))

    def _decided(
        self,
        operation: AnyOperation,
        origin: Origin,
        prove: Callable[[Unit], tuple[Caller, Shape]],
        quick: bool = False,
    ) -> Shape | None:
        """Runs the unit. Where another unit broke into a decision (two adds, a delete between
        read and write) the constraint refuses the write, or the operation says that it was
        overtaken, and the decision is made once more."""
        performance = self.catalogue.performance(operation)
        if performance is None:
            raise Refused(
                Refusal.UNKNOWN_OPERATION,
                f"{operation.action} is not implemented by this server yet.",
            )
        try:
            return self._run(performance, origin, prove, quick)
        except (IntegrityError, Overtaken):
            return self._run(performance, origin, prove, quick)

    def _run(
        self,
        performance: AnyPerformance,
        origin: Origin,
        prove: Callable[[Unit], tuple[Caller, Shape]],
        quick: bool,
    ) -> Shape | None:
        unit, began = Unit(self.services.database, quick=quick), self.services.clock.elapsed()
        try:
            with unit:
                caller, ask = prove(unit)
                call = self._call(performance, caller, ask, unit, origin)
                answer: Shape | None = performance(call, ask)
                if performance.once and isinstance(caller, Signed):
                    self._provers.spend(unit, caller)
            if unit.announced:
                self._published()
            return answer
        finally:
            if unit.concealed:
                with turns.waiting():
                    self._pause(-(self.services.clock.elapsed() - began) % TICK)

    def _call(
        self,
        performance: AnyPerformance,
        caller: Caller,
        ask: Shape,
        unit: Unit,
        origin: Origin,
    ) -> Call[Any]:
        settings, now = self.services.settings, round(self.services.clock.now(), 3)
        if not isinstance(caller, Signed):
            return Call(caller, unit, self.services, origin, settings.region, now)
        if not performance.open_to_all:
            operation = performance.operation
            resource = resource_of(operation, ask, settings.account_id, caller.region)
            tags = partial(self._provers.tags, unit, resource)
            require(caller, operation.action, resource, facts_of(ask), tags)
        return Call(caller, unit, self.services, origin, caller.region, now)

    def _prove(self, asked: Ask, unit: Unit) -> tuple[Caller, Shape]:
        wanted = asked.operation.caller
        if wanted is Signed:
            service = asked.operation.service.name
            caller = self._provers.signature(
                self.services, unit, asked.request, service, asked.origin
            )
            asked.proved.append(caller)
            return caller, asked.read()
        ask = asked.read()
        if wanted is SignedIn:
            bearer = self._provers.token(self.services, unit, _access_token(ask))
            asked.proved.append(bearer)
            return bearer, ask
        return Anyone(), ask


def _access_token(ask: Shape) -> str:
    token: str = getattr(ask, "access_token")  # noqa: B009
    return token
