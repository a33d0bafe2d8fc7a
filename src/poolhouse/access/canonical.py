"""The canonical form of a request, as SigV4 signs it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
Text is latin-1, one character a byte, so that bytes which are not UTF-8 keep their value.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote_from_bytes, unquote_to_bytes

from poolhouse.access.received import HttpRequest

SIGNATURE_PARAMETER = b"X-Amz-Signature"

Pairs = list[tuple[bytes, bytes]]


def normal_path(raw_path: str) -> str:
    """`raw_path` without dot segments and doubled slashes, percent-encoding untouched.

    This is the path that was signed. A router that works on the raw path can be led to another
    resource than the signature names: route on this one, or refuse where the two differ.
    """
    kept: list[str] = []
    for segment in raw_path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment and segment != ".":
            kept.append(segment)
    path = "/" + "/".join(kept)
    return path + "/" if kept and raw_path.endswith("/") else path


def query_pairs(query: str) -> Pairs:
    """The decoded names and values that were signed, in order, empty ones kept.

    `+` is a space, as in a form. Handlers must take their parameters from here (or from another
    form decoder): one that reads `+` otherwise sees a value that was not signed.
    """
    if not query:
        return []
    pairs: Pairs = []
    for part in query.encode("latin-1").replace(b"+", b" ").split(b"&"):
        name, _, value = part.partition(b"=")
        pairs.append((unquote_to_bytes(name), unquote_to_bytes(value)))
    return pairs


def canonical_request(
    request: HttpRequest, pairs: Pairs, signed_headers: Sequence[str], payload_hash: str
) -> bytes | None:
    """The bytes whose hash is signed, or None where a header said to be signed is absent."""
    headers = _canonical_headers(request, signed_headers)
    if headers is None:
        return None
    path = request.raw_path
    lines = (
        request.method,
        path if path == "/" else _canonical_path(path),
        _canonical_query(pairs) if pairs else "",
        headers,
        ";".join(signed_headers),
        payload_hash,
    )
    return "\n".join(lines).encode("latin-1")


def _canonical_path(raw_path: str) -> str:
    # Encoded a second time: every service but S3 signs the path so.
    return quote_from_bytes(normal_path(raw_path).encode("latin-1"), safe="/~")


def _canonical_query(pairs: Pairs) -> str:
    encoded = sorted(
        (quote_from_bytes(name, safe=""), quote_from_bytes(value, safe=""))
        for name, value in pairs
        if name != SIGNATURE_PARAMETER
    )
    return "&".join([f"{name}={value}" for name, value in encoded])


def _canonical_headers(request: HttpRequest, signed_headers: Sequence[str]) -> str | None:
    found: dict[str, str] = {}
    for name, value in request.headers:
        if name in signed_headers:
            trimmed = _trimmed(value)
            found[name] = f"{found[name]},{trimmed}" if name in found else trimmed
    if len(found) != len(signed_headers):
        return None
    return "".join([f"{name}:{found[name]}\n" for name in signed_headers])


def _trimmed(value: str) -> str:
    # str.split would also split at U+0085 and U+00A0, which are halves of UTF-8 letters here.
    if value.isascii():
        return " ".join(value.split())
    return b" ".join(value.encode("latin-1").split()).decode("latin-1")
