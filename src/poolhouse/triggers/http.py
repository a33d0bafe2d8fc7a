"""Functions behind HTTP: the Invoke API of Lambda runtimes, and signed webhooks.

Source: Invoke, AWS Lambda API reference; Standard Webhooks specification 1.0 for the signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from poolhouse.triggers.bindings import LAMBDA, Binding
from poolhouse.triggers.failures import TIMED_OUT, FunctionFailed, NotJson, NotReached

if TYPE_CHECKING:
    import httpx2

MOST_OCTETS = 6 * 1024 * 1024
"""As Lambda's: a longer answer is refused."""


class Web:
    """One client with its connections. It follows no redirect and asks no proxy: what is called
    is what the operator wrote down."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: httpx2.Client | None = None

    def call(
        self, binding: Binding, arn: str, body: bytes, *, call_id: str, now: float, patience: float
    ) -> Any:
        """The JSON that the function answers. Raises FunctionFailed, NotReached, NotJson."""
        if binding.kind == LAMBDA:
            url = (
                f"{binding.target.rstrip('/')}/2015-03-31/functions/{quote(_name(arn))}/invocations"
            )
            headers = {"x-amz-invocation-type": "RequestResponse"}
        else:
            url, headers = binding.target, signed(binding.secret, call_id, now, body)
        headers = {"content-type": "application/json", **headers}
        status, failed, answer = self._post(url, headers, body, patience)
        if binding.kind == LAMBDA:
            return _of_lambda(status, failed, answer)
        return _of_webhook(status, answer)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _post(
        self, url: str, headers: dict[str, str], body: bytes, patience: float
    ) -> tuple[int, bool, bytes]:
        import httpx2

        try:
            with self._http().stream(
                "POST", url, headers=headers, content=body, timeout=patience
            ) as answer:
                failed = "x-amz-function-error" in answer.headers
                return answer.status_code, failed, _bounded(answer)
        except httpx2.TimeoutException:
            raise NotReached(TIMED_OUT, again=True) from None
        except httpx2.HTTPError as error:
            raise NotReached(type(error).__name__, again=True) from None

    def _http(self) -> httpx2.Client:
        import httpx2

        with self._lock:
            if self._client is None:
                self._client = httpx2.Client(follow_redirects=False, trust_env=False)
            return self._client


def signed(secret: str, call_id: str, now: float, body: bytes) -> dict[str, str]:
    """The headers by which a webhook knows us: `webhook-signature` is `v1,` and the base64 of
    HMAC-SHA256 over `id.timestamp.body`. The id stays the same over the tries of one call."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if _coded(secret) else secret.encode()
    stamp = str(int(now))
    message = f"{call_id}.{stamp}.".encode() + body
    tag = base64.b64encode(hmac.digest(key, message, hashlib.sha256)).decode()
    return {
        "webhook-id": call_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{tag}",
    }


def _coded(secret: str) -> bool:
    if not secret.startswith("whsec_"):
        return False
    try:
        base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return False
    return True


def _name(arn: str) -> str:
    """`arn:aws:lambda:region:account:function:name[:alias]`: the name and alias."""
    parts = arn.split(":", 6)
    return parts[6] if len(parts) == 7 else arn


def _bounded(answer: httpx2.Response) -> bytes:
    found = bytearray()
    for part in answer.iter_bytes():
        found += part
        if len(found) > MOST_OCTETS:
            raise NotReached("ResponseSizeTooLarge")
    return bytes(found)


def _of_lambda(status: int, failed: bool, body: bytes) -> Any:
    if status == 404:
        raise NotReached("ResourceNotFoundException")
    if status != 200:
        raise NotReached("ServiceException" if status >= 500 else "InvalidRequestContentException")
    answer = _json(body)
    if failed or (isinstance(answer, dict) and set(answer) >= {"errorMessage", "errorType"}):
        raise FunctionFailed(_message(answer))
    return answer


def _of_webhook(status: int, body: bytes) -> Any:
    if 200 <= status < 300:
        return _json(body)
    if 400 <= status < 500 and status not in (408, 429):
        try:
            raise FunctionFailed(_message(_json(body)))
        except NotJson:
            raise NotReached(f"Status{status}") from None
    raise NotReached(f"Status{status}", again=status in (408, 429) or status >= 500)


def _message(answer: Any) -> str:
    message = answer.get("errorMessage") if isinstance(answer, dict) else None
    return message if isinstance(message, str) else "Unhandled"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise NotJson from None
