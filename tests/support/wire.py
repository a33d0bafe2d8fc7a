"""The JSON protocol over a socket with nothing in between, for tests that must know what became
of each request: answered, refused, or not known because the server died."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass, field
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.house import REGION, ROOT_KEY, ROOT_SECRET

TARGET = "AWSCognitoIdentityProviderService"
_ROOT = Credentials(ROOT_KEY, ROOT_SECRET)


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` is 0 where no answer came. `known` is false where the server may or may not have
    done it: no answer, or a 5xx, which may have come after the commit."""

    status: int
    code: str = ""
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status == 200

    @property
    def known(self) -> bool:
        return 0 < self.status < 500


class Wire:
    """One kept connection to a server, for one thread; it is opened anew after a failure. `peer`
    is whom it comes from, for a server that trusts 127.0.0.1 as a proxy."""

    def __init__(self, port: int, *, peer: str = "", timeout: float = 30.0) -> None:
        self._port = port
        self._timeout = timeout
        self._more = {"X-Forwarded-For": peer} if peer else {}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, operation: str, **members: Any) -> Reply:
        """An operation of cognito-idp, unsigned."""
        return self._sent(operation, members, {})

    def ask_as_root(self, operation: str, **members: Any) -> Reply:
        """The same, signed with the root key."""
        body = json.dumps(members).encode()
        headers = {
            "Host": f"127.0.0.1:{self._port}",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{TARGET}.{operation}",
            "X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest(),
        }
        request = AWSRequest("POST", f"http://127.0.0.1:{self._port}/", headers, body)
        SigV4Auth(_ROOT, "cognito-idp", REGION).add_auth(request)
        return self._sent(operation, members, dict(request.headers.items()))

    def post(self, path: str, **members: Any) -> Reply:
        """JSON at a documented path."""
        return self._sent("", members, {"Content-Type": "application/json"}, path)

    def get(self, path: str) -> bytes:
        """The body that a GET is answered with."""
        connection = self._connection or self.open()
        connection.request("GET", path)
        return connection.getresponse().read()

    def _sent(
        self, operation: str, members: dict[str, Any], headers: dict[str, str], path: str = "/"
    ) -> Reply:
        headers = headers or {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"{TARGET}.{operation}",
        }
        headers |= self._more
        try:
            connection = self._connection or self.open()
            connection.request("POST", path, json.dumps(members).encode(), headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Reply(0)
        body = json.loads(content) if content else {}
        return Reply(answer.status, str(body.get("__type", "")).rpartition("#")[2], body)

    def open(self) -> http.client.HTTPConnection:
        """Connects, with nothing asked yet. Raises OSError."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._timeout)
        connection.connect()
        self._connection = connection
        return connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
