"""The ASGI application in front of the AWS protocols: which codec, which operation, which answer.

POST /                      X-Amz-Target (JSON), or Action in a form (Query); a presigned Query
                            request has it in the address, and may be a GET
POST /{service}/{Operation} the same operations with JSON bodies, as the OpenAPI document says
…    /identitypools/…       REST-JSON
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.exc import DBAPIError

from poolhouse.access.received import HttpRequest
from poolhouse.contract.callers import Caller, Signed, SignedIn
from poolhouse.contract.shape import Refusal, Refused, Service, Shape
from poolhouse.doors.aws import json_rpc, query, rest_json
from poolhouse.doors.aws.refusals import Fault, fault_of
from poolhouse.doors.receiving import Headers, Receive, Scope, Send, origin_of, receive_body
from poolhouse.kernel.call import Origin
from poolhouse.kernel.catalogue import AnyOperation
from poolhouse.kernel.perform import Ask, House
from poolhouse.kernel.unit import Rushed
from poolhouse.storage.engine import is_unavailable
from poolhouse.turns import Turns

MOST_BODY = 1024 * 1024
EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
QUERY_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam"}
ROOT_VERBS = ("GET", "POST")  # a presigned Query request may be a GET
# How many operations compute at a time. One keeps SQLite and the interpreter busy; of those that
# ask PostgreSQL, some wait for it meanwhile, more of them where it is far.
TURNS_ON_SQLITE = 1
TURNS_ON_POSTGRESQL = 4

log = logging.getLogger("poolhouse.requests")


class Answer(Struct, frozen=True):
    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    operation: str = ""
    code: str = ""
    who: str = ""


class AwsDoor:
    """Carries a request to the house on one of `threads` threads, in turns. `observe` is told of
    every answer: operation, error code ("" for none), seconds."""

    def __init__(
        self,
        house: House,
        *,
        threads: int = 40,
        trusted_proxies: tuple[str, ...] = (),
        observe: Callable[[str, str, float], None] = lambda *_: None,
    ) -> None:
        self._house = house
        self._catalogue = house.catalogue
        self._services = {service.name: service for service in house.catalogue.declared}
        self._rest = rest_json.Router(
            op for operations in house.catalogue.declared.values() for op in operations
        )
        self._proxies = trusted_proxies
        self._observe = observe
        self._clock = house.services.clock
        # SQLite reads in this process in microseconds; a hop to a thread and back costs more.
        self._inline = house.services.database.is_sqlite
        turns = TURNS_ON_SQLITE if self._inline else TURNS_ON_POSTGRESQL
        self._turns = Turns(threads, turns, name="operation")

    def serves(self, path: str) -> bool:
        """Whether a decoded path is this door's: `/`, and all below the services' names."""
        if path == "/" or self._rest.knows(path):
            return True
        return path.startswith("/") and path.split("/", 2)[1] in self._services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers.of(scope)
        verbs = self._verbs(scope)
        if scope["method"] == "OPTIONS":
            await send_answer(send, _preflight(headers, verbs), "", headers)
            return
        started = self._clock.elapsed()
        origin = origin_of(scope, headers, self._proxies)
        if verbs and scope["method"] not in verbs:
            answer = _not_allowed(verbs)
        else:
            answer = await self._received(scope, headers, receive, origin)
        self._told(answer, origin, self._clock.elapsed() - started)
        await send_answer(send, answer, origin.request_id, headers)

    async def _received(
        self, scope: Scope, headers: Headers, receive: Receive, origin: Origin
    ) -> Answer:
        body = await receive_body(headers, receive, MOST_BODY)
        if body is None:
            return self._too_large(origin.request_id)
        request = HttpRequest(
            scope["method"],
            scope["raw_path"].decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            headers.pairs,
            body,
        )
        if self._inline and self._is_quick(headers, body):
            try:
                return self.answer(request, headers, origin, quick=True)
            except Rushed:
                pass  # nothing was written: begin again where it may wait
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def work() -> None:
            if answered.done():
                return  # whoever asked has gone
            try:
                settle = partial(answered.set_result, self.answer(request, headers, origin))
            except BaseException as error:  # the caller's, whatever it is
                settle = partial(answered.set_exception, error)
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(_unless_done, answered, settle)

        self._turns.start(work)
        return await answered

    def _is_quick(self, headers: Headers, body: bytes) -> bool:
        operation = self._catalogue.by_target.get(headers.get("x-amz-target") or "")
        performance = self._catalogue.performance(operation) if operation else None
        return performance is not None and performance.quick(body)

    def _verbs(self, scope: Scope) -> tuple[str, ...]:
        """The methods that a path takes; none for a REST path that leads nowhere."""
        path: str = scope["path"]
        if path == "/":
            return ROOT_VERBS
        if self._rest.knows(path):
            return self._rest.verbs(scope["raw_path"].decode("latin-1"))
        return ("POST",)

    def _told(self, answer: Answer, origin: Origin, seconds: float) -> None:
        """One line a request. No field holds what a caller wrote: operations and codes are the
        contract's, the address was parsed."""
        self._observe(answer.operation, answer.code, seconds)
        if not log.isEnabledFor(logging.INFO):
            return
        log.info(
            "request",
            extra={
                "request_id": origin.request_id,
                "operation": answer.operation,
                "status": answer.status,
                "code": answer.code,
                "who": answer.who,
                "ms": round(seconds * 1000, 2),
                "ip": origin.source_ip,
            },
        )

    def answer(
        self, request: HttpRequest, headers: Headers, origin: Any, *, quick: bool = False
    ) -> Answer:
        """Everything between bytes and bytes; raises nothing, but Rushed where it is quick."""
        proved: list[Caller] = []
        found = self._by_protocol(request, headers, origin, proved, quick)
        return replace(found, who=_who(proved[-1])) if proved else found

    def _by_protocol(
        self,
        request: HttpRequest,
        headers: Headers,
        origin: Any,
        proved: list[Caller],
        quick: bool,
    ) -> Answer:
        target = headers.get("x-amz-target")
        if target is not None:
            operation = self._catalogue.by_target.get(target)
            return self._json(request, operation, origin, proved, quick)
        if request.raw_path == "/":
            return self._query(request, origin, proved)
        if self._rest.knows(request.raw_path):
            return self._rest_json(request, headers, origin, proved)
        service, _, name = request.raw_path.removeprefix("/").partition("/")
        operation = self._catalogue.operation(service, name)
        answer = self._json(request, operation, origin, proved)
        status = answer.status if operation else 404
        return replace(answer, content_type=rest_json.CONTENT_TYPE, status=status)

    # one method a protocol -------------------------------------------------------------
    def _json(
        self,
        request: HttpRequest,
        operation: AnyOperation | None,
        origin: Any,
        proved: list[Caller],
        quick: bool = False,
    ) -> Answer:
        fallback = next(iter(self._services.values()))
        service = operation.service if operation else fallback
        try:
            if operation is None or request.method != "POST":
                raise Refused(Refusal.UNKNOWN_OPERATION)
            done = operation
            ask = Ask(done, request, lambda: json_rpc.read(done, request.body), origin, proved)
            body = json_rpc.answer(self._house.perform(ask, quick=quick))
            return Answer(200, json_rpc.CONTENT_TYPE, body, (), done.action)
        except Exception as error:
            fault = self._fault(error, service, origin.request_id)
            body, extra = json_rpc.fault(fault)
            action = operation.action if operation else ""
            return Answer(
                fault.status, json_rpc.CONTENT_TYPE, body, tuple(extra), action, fault.code
            )

    def _query(self, request: HttpRequest, origin: Any, proved: list[Caller]) -> Answer:
        service = self._services["sts"]
        operation: AnyOperation | None = None
        try:
            form = query.form_of(_form_text(request))
            version = form.get("Version", "")
            service = self._services[QUERY_VERSIONS.get(version, "sts")]
            operation = self._catalogue.operation(service.name, form.get("Action", ""))
            if operation is None:
                raise _no_action(form.get("Action", ""), version)
            done = operation
            ask = Ask(done, request, lambda: query.read(done, form), origin, proved)
            shape = self._house.perform(ask)
            body = query.answer(done, shape, origin.request_id)
            return Answer(200, query.CONTENT_TYPE, body, (), done.action)
        except Exception as error:
            fault = self._fault(error, service, origin.request_id)
            body = query.fault(fault, service.namespace, origin.request_id)
            action = operation.action if operation else ""
            return Answer(fault.status, query.CONTENT_TYPE, body, (), action, fault.code)

    def _rest_json(
        self, request: HttpRequest, headers: Headers, origin: Any, proved: list[Caller]
    ) -> Answer:
        operation = self._rest.find(request.method, request.raw_path)
        service = self._services["cognito-sync"]
        try:
            if operation is None:
                raise Refused(Refusal.UNKNOWN_OPERATION, "There is no such resource.")
            done = operation

            def read() -> Shape:
                fields = dict(headers.pairs)
                return rest_json.read(done, request.raw_path, request.query, fields, request.body)

            shape = self._house.perform(Ask(done, request, read, origin, proved))
            body = rest_json.answer(shape)
            return Answer(done.status, rest_json.CONTENT_TYPE, body, (), done.action)
        except Exception as error:
            fault = self._fault(error, service, origin.request_id)
            body, extra = rest_json.fault(fault)
            action = operation.action if operation else ""
            return Answer(
                fault.status, rest_json.CONTENT_TYPE, body, tuple(extra), action, fault.code
            )

    # shared ----------------------------------------------------------------------------
    def _fault(self, error: Exception, service: Service, request_id: str) -> Fault:
        if isinstance(error, DBAPIError):
            # The statement's parameters may hold secrets: only the driver's class is logged.
            log.error("database %s request_id=%s", type(error.orig).__name__, request_id)
            if is_unavailable(error):
                error = Refused(Refusal.UNAVAILABLE)
        fault = fault_of(error, service)
        if fault.status == 500 and not isinstance(error, DBAPIError):
            log.error("failed request_id=%s", request_id, exc_info=error)
        return fault

    def _too_large(self, request_id: str) -> Answer:
        service = next(iter(self._services.values()))
        fault = fault_of(Refused(Refusal.TOO_LARGE), service)
        body, extra = json_rpc.fault(fault)
        return Answer(fault.status, json_rpc.CONTENT_TYPE, body, tuple(extra), "", fault.code)

    def close(self) -> None:
        self._turns.close()


def _unless_done(future: asyncio.Future[Answer], settle: Callable[[], None]) -> None:
    if not future.done():
        settle()


def _who(caller: Caller) -> str:
    """How a caller is called in the log: an access key's id, or pool and `sub`; never a name."""
    if isinstance(caller, Signed):
        return caller.access_key_id
    return f"{caller.pool_id}/{caller.sub}" if isinstance(caller, SignedIn) else ""


def _no_action(action: str, version: str) -> Refused:
    return Refused(
        Refusal.UNKNOWN_OPERATION,
        f"Could not find operation {action[:128]} for version {version[:32]}".rstrip(),
    )


def _form_text(request: HttpRequest) -> str:
    """A presigned request has its form in the address, whichever method it was signed for."""
    if request.method not in ROOT_VERBS:
        raise Refused(Refusal.UNKNOWN_OPERATION)
    if request.method == "GET" or not request.body:
        return request.query
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise Refused(Refusal.MALFORMED, "The request is not a form.") from None


def _not_allowed(verbs: tuple[str, ...]) -> Answer:
    body = b'{"message":"Method not allowed"}'
    allow = ("allow", ", ".join([*verbs, "OPTIONS"]))
    return Answer(405, rest_json.CONTENT_TYPE, body, (allow,), "", "MethodNotAllowed")


def _preflight(headers: Headers, verbs: tuple[str, ...]) -> Answer:
    return Answer(
        200,
        "text/plain",
        b"",
        (
            ("access-control-allow-headers", headers.get("access-control-request-headers") or "*"),
            ("access-control-allow-methods", ", ".join(verbs)),
            ("access-control-max-age", "172800"),
        ),
    )


_ALWAYS = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


async def send_answer(send: Send, answer: Answer, request_id: str, headers: Headers) -> None:
    out = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        *_ALWAYS,
    ]
    if request_id:
        out.append((b"x-amzn-requestid", request_id.encode()))
    if headers.get("origin") is not None:
        out.append((b"access-control-allow-origin", b"*"))
        out.append((b"access-control-expose-headers", EXPOSED.encode()))
    if answer.status == 503:
        out.append((b"retry-after", b"1"))
    out += [(name.encode(), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": out})
    await send({"type": "http.response.body", "body": answer.body})
