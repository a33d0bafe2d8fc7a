from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from poolhouse import app as composition
from poolhouse.app import Front
from tests.doors.furnishing import POOL, add_pool, front_where_sign_up, instead
from tests.support.house import ENDPOINT, TestHouse, furnished, settings_for

SIGN_UP = b'{"ClientId":"abc","Username":"ann"}'
STRANGE_VERBS = ("TRACE", "TRACK", "CONNECT", "PUT", "PATCH", "DELETE", "PROPFIND", "get", "BREW")
PATHS = {  # every path of the web doors, and the verbs it takes
    "/health/live": "GET, HEAD",
    "/health/ready": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/cognito-identity.amazonaws.com/.well-known/jwks_uri": "GET, HEAD, OPTIONS",
    "/cognito-identity.amazonaws.com/.well-known/openid-configuration": "GET, HEAD, OPTIONS",
    "/{pool_id}/.well-known/jwks.json": "GET, HEAD, OPTIONS",
    "/{pool_id}/.well-known/openid-configuration": "GET, HEAD, OPTIONS",
    "/openapi.json": "GET, HEAD",
    "/docs": "GET, HEAD",
    "/docs/docs.css": "GET, HEAD",
    "/docs/docs.js": "GET, HEAD",
}


def routes(front: Front) -> set[str]:
    return {route.path for route in front._web.routes if isinstance(route, Route)}


def test_every_path_that_is_served_is_on_the_list(sqlite_house: TestHouse) -> None:
    """ADM-09: a door that is added is opened on purpose."""
    assert routes(sqlite_house.application) == set(PATHS)


def test_a_verb_that_a_path_does_not_take_is_refused(sqlite_house: TestHouse) -> None:
    """NET-08: 405 with Allow, whatever an override header says."""
    override = {"x-http-method-override": "GET", "x-method-override": "GET"}
    for path, allowed in PATHS.items():
        for verb in (*STRANGE_VERBS, "POST"):
            address = ENDPOINT + path.replace("{pool_id}", POOL)
            status, fields, body = sqlite_house.request(verb, address, override)
            assert (status, fields["allow"]) == (405, allowed), (verb, path)
            assert json.loads(body) == {"message": "Method Not Allowed"}


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, POST, OPTIONS"),
        ("/cognito-idp/SignUp", "POST, OPTIONS"),
        ("/sts/GetCallerIdentity", "POST, OPTIONS"),
        ("/identitypools", "GET, OPTIONS"),
        ("/identitypools/a/identities/b/datasets/c", "GET, POST, DELETE, OPTIONS"),
    ],
)
def test_so_is_a_verb_that_a_path_of_aws_does_not_take(
    sqlite_house: TestHouse, path: str, allowed: str
) -> None:
    """NET-08"""
    for verb in ("TRACE", "PATCH", "HEAD", "BREW"):
        status, fields, body = sqlite_house.request(verb, ENDPOINT + path, {"x-secret": "echo"})
        assert status == 405
        assert sorted(fields["allow"].split(", ")) == sorted(allowed.split(", "))
        assert b"echo" not in body


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/health",
        "/health/live/",
        "/health/live/x",
        "//health/live",
        "/HEALTH/LIVE",
        "/docs/",
        "/docs/index.html",
        "/docs/docs.py",
        "/docs/../health/live",
        "/docs/%2e%2e/__init__.py",
        "/docs/..%2f..%2fhealth%2fmetrics.py",
        "/.well-known/jwks.json",
        "/favicon.ico",
        "/admin",
        "/debug",
        "/cognito-idpx/SignUp",
    ],
)
def test_a_path_that_nobody_serves_is_not_found_and_never_redirected(
    sqlite_house: TestHouse, path: str
) -> None:
    """NET-08, SES-02: a redirect would have to name a host."""
    for verb in ("GET", "POST", "TRACE", "HEAD"):
        status, fields, body = sqlite_house.request(
            verb, ENDPOINT + path, {"host": "evil.test", "x-forwarded-host": "evil.test"}
        )
        assert status == 404
        assert fields["content-type"] == "application/json"
        assert "location" not in fields
        assert body == (b"" if verb == "HEAD" else b'{"message":"Not Found"}')


def test_an_operation_that_nobody_declared_is_not_found_at_its_path(
    sqlite_house: TestHouse,
) -> None:
    """NET-08"""
    for path in ("/cognito-idp/Nope", "/iam/", "/sts", "/identitypools/a/nope"):
        status, fields, _ = sqlite_house.request("POST", ENDPOINT + path, body=b"{}")
        assert status == 404
        assert fields["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["", "*", "identitypools", "/%69dentitypools/x"])
def test_a_path_that_is_none_does_not_break_the_dispatch(
    sqlite_house: TestHouse, path: str
) -> None:
    scope_path = path if path.startswith("/") else None
    if scope_path:
        assert sqlite_house.request("GET", ENDPOINT + path)[0] in (404, 405)
    else:
        assert not sqlite_house.application._aws.serves(path)


def test_what_is_decided_by_the_path_is_not_by_the_host(sqlite_house: TestHouse) -> None:
    """SES-03: neither the Host nor an absolute form moves a request to another door."""
    for host in ("127.0.0.1:8000/health/live?", "evil.test/docs", "[::1", ""):
        assert sqlite_house.request("GET", f"{ENDPOINT}/nope", {"host": host})[0] == 404
        assert sqlite_house.request("GET", f"{ENDPOINT}/health/live", {"host": host})[0] == 200


def test_every_answer_of_these_doors_carries_the_guarding_fields(
    sqlite_house: TestHouse,
) -> None:
    """SES-09"""
    add_pool(sqlite_house)
    addresses = [ENDPOINT + path.replace("{pool_id}", POOL) for path in PATHS]
    for address in [*addresses, f"{ENDPOINT}/nope"]:
        for verb in ("GET", "POST"):
            _, fields, _ = sqlite_house.request(verb, address)
            assert fields["x-content-type-options"] == "nosniff"
            assert fields["referrer-policy"] == "no-referrer"
            assert fields["x-frame-options"] == "DENY"
            assert "default-src 'none'" in fields["content-security-policy"]
            assert "frame-ancestors 'none'" in fields["content-security-policy"]
            assert "server" not in fields


def test_an_error_in_an_operation_tells_nothing_but_the_request_id(
    sqlite_house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """LOG-04: no traceback, file name or text of the error; the log has it under the same id."""

    def break_down() -> None:
        raise RuntimeError("inner detail at db.internal")

    with instead(sqlite_house, front_where_sign_up(sqlite_house, break_down)):
        faces = [
            ("/cognito-idp/SignUp", {}),
            ("/", {"x-amz-target": "AWSCognitoIdentityProviderService.SignUp"}),
        ]
        for path, headers in faces:
            caplog.clear()
            answered = sqlite_house.request("POST", ENDPOINT + path, headers, SIGN_UP)
            status, fields, body = answered
            assert status == 500
            told = json.loads(body)
            assert told["__type"] == "InternalErrorException"
            assert set(told) == {"__type", "message"}
            everything = body.decode() + str(fields)
            for word in ("inner", "db.internal", "Traceback", "RuntimeError", ".py", "0x"):
                assert word not in everything
            assert fields["x-amzn-requestid"] in caplog.text


def test_an_error_in_a_web_door_tells_nothing_either(
    sqlite_house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    """LOG-04"""

    async def broken(_: Request) -> Response:
        raise RuntimeError("inner detail")

    front = Front(sqlite_house.application._aws, [Route("/broken", broken)])
    with instead(sqlite_house, front):
        status, fields, body = sqlite_house.request("GET", f"{ENDPOINT}/broken")
    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})
    assert fields["x-content-type-options"] == "nosniff"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "inner detail" in caplog.text


def test_docs_can_be_switched_off(sqlite_house: TestHouse) -> None:
    """ADM-09"""
    database = str(sqlite_house.services.database.url)
    settings = settings_for(sqlite_house.settings.data_dir, database, docs=False)
    with furnished(settings) as house:
        for path in ("/docs", "/docs/docs.js", "/docs/docs.css", "/openapi.json"):
            assert house.request("GET", ENDPOINT + path)[0] == 404
        assert house.request("GET", f"{ENDPOINT}/health/live")[0] == 200


# lifespan ------------------------------------------------------------------------------
def live(front: Front, *messages: str) -> list[dict[str, Any]]:
    """What the application says to these lifespan messages."""
    said: list[dict[str, Any]] = []
    waiting = [{"type": f"lifespan.{message}"} for message in messages]

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(front({"type": "lifespan"}, receive, send))
    return said


def noting(notes: list[str], word: str, error: Exception | None = None) -> Callable[[], None]:
    def note() -> None:
        notes.append(word)
        if error is not None:
            raise error

    return note


def test_what_starts_and_stops_does_so_in_order(sqlite_house: TestHouse) -> None:
    notes: list[str] = []
    front = composition.front(sqlite_house.house)
    front.on_start += [noting(notes, "first"), noting(notes, "second")]
    front.on_stop += [noting(notes, "third"), noting(notes, "fourth")]
    said = live(front, "startup", "shutdown")
    assert notes == ["first", "second", "third", "fourth"]
    assert said == [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]


def test_a_server_that_cannot_start_says_so_and_does_not_serve(
    sqlite_house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[str] = []
    front = composition.front(sqlite_house.house)
    front.on_start += [noting(notes, "first", OSError("secret")), noting(notes, "second")]
    said = live(front, "startup")
    front.close()
    assert notes == ["first"]
    assert said == [{"type": "lifespan.startup.failed", "message": "OSError"}]
    assert "cannot start" in caplog.text


def test_what_cannot_be_stopped_does_not_keep_the_others(
    sqlite_house: TestHouse, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[str] = []
    front = composition.front(sqlite_house.house)
    front.on_stop += [noting(notes, "first", OSError()), noting(notes, "second")]
    said = live(front, "startup", "shutdown")
    assert notes == ["first", "second"]
    assert said[-1] == {"type": "lifespan.shutdown.complete"}
    assert "stopping: OSError" in caplog.text


def test_a_web_socket_is_closed_before_it_opens(sqlite_house: TestHouse) -> None:
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message)

    asyncio.run(sqlite_house.application({"type": "websocket", "path": "/"}, receive, send))
    assert said == [{"type": "websocket.close", "code": 1000}]
