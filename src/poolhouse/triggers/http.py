"""Functions behind HTTP: the Invoke API of Lambda runtimes, and signed webhooks.

Source: Invoke, AWS Lambda API reference; Standard Webhooks specification 1.0 for the signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poolhouse.triggers.answers import failed_by, json_of
from poolhouse.triggers.bindings import LAMBDA, Binding
from poolhouse.triggers.failures import FunctionFailed, NotJson, NotReached, TimedOut, TooLong
from poolhouse.triggers.loop import Loop

if TYPE_CHECKING:
    import httpx2

_BY_STATUS = {
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    413: "RequestTooLargeException",
    429: "TooManyRequestsException",
}
_ERROR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9.]{0,99}")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Web:
    """One client with its connections. It follows no redirect and asks no proxy: what is called
    is what the operator wrote down."""

    def __init__(self) -> None:
        self._loop = Loop("functions")
        self._client: httpx2.AsyncClient | None = None

    def call(
        self,
        binding: Binding,
        url: str,
        body: bytes,
        *,
        call_id: str,
        now: float,
        patience: float,
        most: int,
    ) -> Any:
        """The JSON that the function answers within `patience` seconds and `most` octets. Raises
        FunctionFailed, NotReached, NotJson, TooLong."""
        headers = {"content-type": "application/json"}
        if binding.kind == LAMBDA:
            headers["x-amz-invocation-type"] = "RequestResponse"
            return _of_lambda(self._post(url, headers, body, patience, most))
        headers |= signed(binding.secrets, call_id, now, body)
        return _of_webhook(self._post(url, headers, body, patience, most))

    def close(self) -> None:
        self._loop.close(self._end)

    async def _end(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def _post(
        self, url: str, headers: dict[str, str], body: bytes, patience: float, most: int
    ) -> _Answer:
        """`patience` is for all of it: the name, the connection, and every octet of the answer."""
        import httpx2

        try:
            return self._loop.run(self._posted(url, headers, body, most), patience)
        except (TimeoutError, httpx2.TimeoutException):
            raise TimedOut from None
        except (httpx2.HTTPError, OSError) as error:
            raise NotReached(type(error).__name__, again=True) from None
        except (httpx2.InvalidURL, ValueError) as error:
            raise NotReached(type(error).__name__) from None

    async def _posted(self, url: str, headers: dict[str, str], body: bytes, most: int) -> _Answer:
        if self._client is None:
            self._client = _client()
        async with self._client.stream("POST", url, headers=headers, content=body) as answer:
            found = bytearray()
            async for part in answer.aiter_raw():
                found += part
                if len(found) > most:
                    raise TooLong
            return _Answer(answer.status_code, answer.headers, bytes(found))


def _client() -> httpx2.AsyncClient:
    import httpx2

    return httpx2.AsyncClient(
        follow_redirects=False,
        trust_env=False,  # no proxy of the environment; its SSL_CERT_FILE is heeded
        verify=httpx2.create_ssl_context(),
        timeout=None,
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=40),
        headers={"user-agent": "poolhouse", "accept-encoding": "identity"},
    )


def signed(secrets: tuple[bytes, ...], call_id: str, now: float, body: bytes) -> dict[str, str]:
    """The headers by which a webhook knows us: for each secret, `v1,` and the base64 of HMAC-SHA256
    over `id.timestamp.body`. The id stays the same over the tries of one call."""
    stamp = str(int(now))
    message = f"{call_id}.{stamp}.".encode() + body
    tags = [base64.b64encode(hmac.digest(key, message, hashlib.sha256)) for key in secrets]
    return {
        "webhook-id": call_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{tag.decode()}" for tag in tags),
    }


def _of_lambda(answer: _Answer) -> Any:
    if answer.status != 200:
        raise NotReached(_error_of(answer), again=answer.status >= 500)
    if "x-amz-function-error" in answer.headers:
        try:
            told = failed_by(json_of(answer.body))
        except NotJson:
            told = None
        raise FunctionFailed("Unhandled" if told is None else told)
    return _event_or_failure(answer.body)


def _of_webhook(answer: _Answer) -> Any:
    if 200 <= answer.status < 300:
        return _event_or_failure(answer.body)
    try:
        told = failed_by(json_of(answer.body)) if 400 <= answer.status < 500 else None
    except NotJson:
        told = None
    if told is not None:
        raise FunctionFailed(told)
    again = answer.status in (408, 429) or answer.status >= 500
    raise NotReached(f"Status{answer.status}", again=again)


def _event_or_failure(body: bytes) -> Any:
    """Runtime emulators tell a failure without the header that Lambda puts above it."""
    answer = json_of(body)
    told = failed_by(answer)
    if told is not None:
        raise FunctionFailed(told)
    return answer


def _error_of(answer: _Answer) -> str:
    """Lambda's name of what went wrong; some put a colon and an address behind it."""
    named = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    if _ERROR_NAME.fullmatch(named):
        return named
    other = "ServiceException" if answer.status >= 500 else "InvalidRequestContentException"
    return _BY_STATUS.get(answer.status, other)
