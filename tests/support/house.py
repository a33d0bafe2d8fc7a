"""A whole house for a test: real rooms, a fresh database, the real AWS SDK, and no socket."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from poolhouse import app as composition
from poolhouse.clock import Clock
from poolhouse.kernel.perform import House
from poolhouse.kernel.unit import Unit
from poolhouse.settings import Settings, load
from poolhouse.storage.base import metadata
from poolhouse.storage.engine import Database
from poolhouse.userpools.signing.store import SigningKeys

REGION = "us-east-1"
ACCOUNT = "000000000000"
ROOT_KEY = "AKIATESTROOTKEY00000"
ROOT_SECRET = "root-secret-of-the-tests-0123456789abcdef"
ENDPOINT = "http://127.0.0.1:8000"
MASTER_KEY = "00112233445566778899aabbccddeeff" * 2
# Signing keys in the template, so that a test's pools need not wait for their own.
SPARE_KEYS = 6


# One session reads each service model once; a session a client costs more than most tests.
_SESSION = boto3.session.Session()


class SteppedClock(Clock):
    """The real time plus whatever a test has stepped it by, so that real clients agree with it."""

    def __init__(self) -> None:
        self.offset = 0.0
        self.stopped: float | None = None

    def now(self) -> float:
        return (super().now() if self.stopped is None else self.stopped) + self.offset

    def stop(self) -> None:
        """Stands still from now on, until it is stepped."""
        self.stopped = super().now()

    def step(self, seconds: float) -> None:
        self.offset += seconds


class TestHouse:
    """The house under test, and clients of it."""

    __test__ = False

    def __init__(self, settings: Settings) -> None:
        self.clock = SteppedClock()
        self.peer = "127.0.0.1"
        self.settings = settings
        self.services = composition.services(settings, self.clock)
        self.house: House = composition.house(self.services)
        self.application = composition.front(self.house)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def bind(self, arn: str, function: Callable[[dict[str, Any]], Any]) -> None:
        """The function that an ARN in LambdaConfig stands for."""
        self.services.functions.bind(arn, function)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.application.close()
        self.services.functions.close()
        self.services.hasher.close()
        self.services.database.close()

    # clients ---------------------------------------------------------------------------
    def client(self, service: str, *, region: str = REGION, **keys: Any) -> Any:
        """A boto3 client, signed as root unless other keys are given."""
        keys = keys or {"aws_access_key_id": ROOT_KEY, "aws_secret_access_key": ROOT_SECRET}
        return self._client(service, region, Config(), **keys)

    def unsigned(self, service: str, *, region: str = REGION) -> Any:
        """A boto3 client that signs nothing."""
        return self._client(service, region, Config(signature_version=UNSIGNED))

    def _client(self, service: str, region: str, config: Config, **keys: Any) -> Any:
        plain = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        made = _SESSION.client(
            service,
            region_name=region,
            endpoint_url=ENDPOINT,
            config=plain.merge(config),
            **keys,
        )
        made._endpoint.http_session = _Session(self)
        return made

    def request(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """One HTTP request straight into the ASGI application: status, headers, body."""
        pairs = [
            (k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in (headers or {}).items()
        ]
        return self.raw_request(method, url, pairs, body)

    def raw_request(
        self, method: str, url: str, headers: list[tuple[bytes, bytes]], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        asked: Future[tuple[int, dict[str, str], bytes]] = asyncio.run_coroutine_threadsafe(
            self._serve(method, url, headers, body), self._loop
        )
        return asked.result(timeout=60)

    async def _serve(
        self, method: str, url: str, headers: list[tuple[bytes, bytes]], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(url)
        names = {name for name, _ in headers}
        if b"host" not in names:
            headers = [(b"host", parts.netloc.encode()), *headers]
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": parts.scheme or "http",
            "path": _unquoted(parts.path or "/"),
            "raw_path": (parts.path or "/").encode(),
            "query_string": parts.query.encode(),
            "root_path": "",
            "headers": headers,
            "client": (self.peer, 50000),
            "server": ("127.0.0.1", 8000),
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.application(scope, receive, send)
        fields = {k.decode().lower(): v.decode("latin-1") for k, v in sent[0]["headers"]}
        return sent[0]["status"], fields, b"".join(m.get("body", b"") for m in sent[1:])


class _Session:
    """Stands where botocore keeps its HTTP pool."""

    def __init__(self, house: TestHouse) -> None:
        self._house = house

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        headers = [
            (name.lower().encode(), value if isinstance(value, bytes) else str(value).encode())
            for name, value in request.headers.items()
        ]
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
        status, fields, content = self._house.raw_request(
            request.method, request.url, headers, body
        )
        return _Response(request.url, status, _Fields(fields), content)

    def close(self) -> None:
        pass


class _Fields(dict[str, str]):
    """Header fields, found in any case."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())


class _Response(AWSResponse):  # type: ignore[misc]
    def __init__(self, url: str, status: int, headers: Any, content: bytes) -> None:
        super().__init__(url, status, headers, None)
        self._content = content

    @property
    def content(self) -> bytes:
        return self._content


def _unquoted(path: str) -> str:
    from urllib.parse import unquote

    return unquote(path)


def settings_for(folder: Path, database_url: str | None = None, **more: Any) -> Settings:
    """Cheap passwords, a known root key, everything else as it is by default."""
    return load(
        {},
        data_dir=folder,
        database_url=database_url,
        root_access_key_id=ROOT_KEY,
        root_secret_access_key=ROOT_SECRET,
        master_key=MASTER_KEY,
        argon2_memory=8192,
        argon2_time=1,
        spare_signing_keys=2,
        **more,
    )


def build_template(database_url: str) -> None:
    """The database that every test starts from: the schema, a data key, spare signing keys."""
    database = Database(database_url)
    metadata.create_all(database.engine)
    database.close()
    services = composition.services(settings_for(Path(), database_url))
    with Unit(services.database) as unit:
        for _ in range(SPARE_KEYS):
            SigningKeys(unit, services.sealer).add_spare(services.clock.now())
    services.hasher.close()
    services.database.close()


@contextmanager
def furnished(settings: Settings) -> Iterator[TestHouse]:
    made = TestHouse(settings)
    try:
        yield made
    finally:
        made.close()
