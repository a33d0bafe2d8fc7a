"""AWS JSON 1.1: a JSON object in, a JSON object out, errors in the body and in headers."""

from __future__ import annotations

import msgspec

from poolhouse.contract.reading import Reader
from poolhouse.contract.shape import Refusal, Refused, Shape
from poolhouse.doors.aws.refusals import Fault
from poolhouse.kernel.catalogue import AnyOperation

CONTENT_TYPE = "application/x-amz-json-1.1"

_decoder = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


def tree(body: bytes) -> object:
    """The decoded JSON of a body; nothing at all counts as an empty object."""
    if not body.strip():
        return {}
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(Refusal.MALFORMED, "The request body is not JSON.") from None


def read(operation: AnyOperation, body: bytes) -> Shape:
    return Reader().shape(operation.ask.kind, tree(body))


def answer(shape: Shape | None) -> bytes:
    """An operation without an output shape answers no bytes at all."""
    return b"" if shape is None else _encoder.encode(shape)


def fault(found: Fault) -> tuple[bytes, list[tuple[str, str]]]:
    body: dict[str, str] = {"__type": found.code}
    if found.message:
        body["message"] = found.message
    if found.reason_code:
        body["reasonCode"] = found.reason_code
    headers = [("x-amzn-errortype", f"{found.code}:")]
    if found.message and found.message.isprintable() and found.message.isascii():
        headers.append(("x-amzn-errormessage", found.message[:1024]))
    return _encoder.encode(body), headers
