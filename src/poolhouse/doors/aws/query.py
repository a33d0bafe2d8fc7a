"""AWS Query: a form (or a query string) in, XML out. STS and IAM speak it."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from poolhouse.contract.reading import Reader
from poolhouse.contract.shape import (
    Bytes,
    Kind,
    ListOf,
    MapOf,
    Moment,
    Refusal,
    Refused,
    Shape,
    Structure,
    Truth,
)
from poolhouse.doors.aws.refusals import Fault
from poolhouse.kernel.catalogue import AnyOperation

CONTENT_TYPE = "text/xml"
MOST_FIELDS = 2000

Form = dict[str, str]

_NOT_OF_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def form_of(text: str) -> Form:
    """The fields of a form, each at most once."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise Refused(Refusal.MALFORMED, "The request is not a form.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise Refused(Refusal.MALFORMED, "A parameter is given more than once.")
    return form


def read(operation: AnyOperation, form: Form) -> Shape:
    tree = _structure(operation.ask.kind, form, "")
    return Reader(textual=True).shape(operation.ask.kind, tree if tree is not None else {})


def _structure(kind: Structure, form: Form, prefix: str) -> dict[str, Any] | None:
    tree = {}
    for member in kind.members:
        found = _value(member.kind, form, prefix + member.wire)
        if found is not None:
            tree[member.wire] = found
    return tree or None


def _value(kind: Kind, form: Form, name: str) -> object:
    if isinstance(kind, Structure):
        return _structure(kind, form, name + ".")
    if isinstance(kind, ListOf):
        return _items(kind, form, name)
    if isinstance(kind, MapOf):
        return _entries(kind, form, name)
    return form.get(name)


def _items(kind: ListOf, form: Form, name: str) -> list[object] | None:
    base = name if kind.flattened else f"{name}.{kind.item_name}"
    found: list[object] = []
    while (item := _value(kind.item, form, f"{base}.{len(found) + 1}")) is not None:
        found.append(item)
    # `Tags=` alone is how a client writes an empty list.
    return found if found or name in form else None


def _entries(kind: MapOf, form: Form, name: str) -> dict[str, object] | None:
    found: dict[str, object] = {}
    while (key := form.get(f"{name}.entry.{len(found) + 1}.key")) is not None:
        found[key] = _value(kind.value, form, f"{name}.entry.{len(found) + 1}.value")
    return found or None


def answer(operation: AnyOperation, shape: Shape | None, request_id: str) -> bytes:
    name = operation.name
    inner = "" if shape is None else _members(type(shape).kind, shape)
    result = f"<{operation.result_wrapper}>{inner}</{operation.result_wrapper}>"
    body = (
        f'<{name}Response xmlns="{operation.service.namespace}">'
        f"{result if operation.result_wrapper else ''}"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{name}Response>"
    )
    return body.encode()


def fault(found: Fault, namespace: str, request_id: str) -> bytes:
    kind = "Sender" if found.sender else "Receiver"
    # Clients read an empty element as a structure.
    words = f"<Message>{_text(found.message)}</Message>" if found.message else ""
    return (
        f'<ErrorResponse xmlns="{namespace}"><Error><Type>{kind}</Type>'
        f"<Code>{escape(found.code)}</Code>{words}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    ).encode()


def _members(kind: Structure, shape: Shape) -> str:
    parts = []
    for member in kind.members:
        value = getattr(shape, member.name)
        if value is not None:
            parts.append(_element(member.wire, member.kind, value))
    return "".join(parts)


def _element(name: str, kind: Kind, value: Any) -> str:
    if isinstance(kind, ListOf) and kind.flattened:
        return "".join(_element(name, kind.item, item) for item in value)
    return f"<{name}>{_content(kind, value)}</{name}>"


def _content(kind: Kind, value: Any) -> str:
    if isinstance(kind, Structure):
        return _members(kind, value)
    if isinstance(kind, ListOf):
        return "".join(_element(kind.item_name, kind.item, item) for item in value)
    if isinstance(kind, MapOf):
        return "".join(
            f"<entry><key>{_text(key)}</key>{_element('value', kind.value, item)}</entry>"
            for key, item in value.items()
        )
    if isinstance(kind, Moment):
        return datetime.fromtimestamp(int(value), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(kind, Truth):
        return "true" if value else "false"
    if isinstance(kind, Bytes):
        return base64.b64encode(value).decode()
    return _text(str(value))


def _text(value: str) -> str:
    """Escaped, without the characters that XML 1.0 cannot hold."""
    return escape(_NOT_OF_XML.sub("", value), {"\r": "&#13;"})
