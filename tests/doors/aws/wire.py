"""botocore as the judge of a codec: values for its shapes, and how ours compare with them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import botocore.session
from botocore.awsrequest import create_request_object, prepare_request_dict
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from poolhouse.app import DECLARED
from poolhouse.contract.shape import (
    Bytes,
    Kind,
    ListOf,
    MapOf,
    Moment,
    Operation,
    Structure,
    compiled,
)

Params = dict[str, Any]
AnyOperation = Operation[Any, Any, Any]

# What botocore can judge.
PUBLISHED = [(service, of) for service, of in DECLARED if service.published]

_HOST = "http://127.0.0.1:8000"
# What `re` cannot say of the model's patterns, by some letters of each kind.
_CLASSES = {
    "L": "a-zA-Zß界",
    "M": "\u0301",
    "S": "+€",
    "N": "0-9²",
    "P": r"#.,;_\-",
    "Z": " \u3000",
}
_ONE_CLASS = re.compile(r"\^?(\[(?:[^\[\]\\]|\\.)+\]|\\.|\.)[+*]\$?")


def operations(protocol: str) -> list[AnyOperation]:
    return [op for service, of in PUBLISHED if service.protocol == protocol for op in of]


@functools.cache
def model_of(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def modelled(operation: AnyOperation) -> OperationModel:
    return model_of(operation.service.name).operation_model(operation.name)


# values --------------------------------------------------------------------------------


def values(
    shape: Any, protocol: str, *, limited: bool = True, nested: bool = False
) -> SearchStrategy[Any]:
    """Values of a botocore shape as a client gives them; `limited` keeps to lengths, patterns and
    enums, which bind only what is asked."""
    make = functools.partial(values, protocol=protocol, limited=limited, nested=True)
    if getattr(shape, "is_document_type", False):
        return _documents
    if shape.type_name == "structure":
        found = _structures(shape, make)
        # A form has no way to say that a structure is there and empty.
        return found.filter(bool) if nested and limited and protocol == "query" else found
    if shape.type_name == "list":
        return st.lists(make(shape.member), **_sizes(shape, limited))
    if shape.type_name == "map":
        return st.dictionaries(make(shape.key), make(shape.value), **_sizes(shape, limited))
    if shape.type_name == "string":
        return _texts(shape, protocol, limited)
    return _scalars(shape, protocol)


_LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
# All that XML 1.0 can hold: https://www.w3.org/TR/xml/#charsets
XML_TEXTS = st.text(
    st.sampled_from("\t\n\r<>&'\"]")
    | st.characters(min_codepoint=32, exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
    max_size=20,
)
_documents = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def _structures(shape: Any, make: Any) -> SearchStrategy[Params]:
    wanted = {name: make(member) for name, member in shape.members.items()}
    required = {name: wanted.pop(name) for name in shape.required_members}
    return st.fixed_dictionaries(required, optional=wanted)


def _sizes(shape: Any, limited: bool) -> Params:
    least = shape.metadata.get("min", 0) if limited else 0
    return {"min_size": least, "max_size": min(shape.metadata.get("max", 3), max(3, least))}


def _scalars(shape: Any, protocol: str) -> SearchStrategy[Any]:
    if shape.type_name in ("integer", "long"):
        most = 2**31 if shape.type_name == "integer" else 2**63
        low, high = shape.metadata.get("min", -most), shape.metadata.get("max", most - 1)
        return st.integers(low, high)
    if shape.type_name == "boolean":
        return st.booleans()
    if shape.type_name == "blob":
        return st.binary(max_size=40)
    assert shape.type_name == "timestamp", shape.type_name
    # Queries are answered in whole seconds, as AWS does.
    ms = st.integers(0, 999) if protocol != "query" else st.just(0)
    return st.builds(_moment, st.integers(0, 4_102_444_800), ms)


def _moment(seconds: int, ms: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=ms * 1000)


def _texts(shape: Any, protocol: str, limited: bool) -> SearchStrategy[str]:
    if shape.enum and limited:
        return st.sampled_from(shape.enum)
    if not limited:
        return XML_TEXTS if protocol == "query" else st.text(max_size=20)
    limits = shape.metadata.get("min", 0), shape.metadata.get("max")
    found = _patterned(shape.metadata.get("pattern"), *limits)
    # Dot segments are no names in a path: whoever signs or carries it resolves them.
    in_path = shape.serialization.get("location") == "uri"
    return found.filter(lambda text: text not in (".", "..")) if in_path else found


@functools.cache
def _patterned(pattern: str | None, least: int, most: int | None) -> SearchStrategy[str]:
    if pattern is None:
        return st.text(_LETTERS, min_size=least, max_size=max(least, min(most or 20, 20)))
    spoken = re.sub(r"\\p\{(\w)\}", lambda found: _CLASSES[found[1]], pattern)
    if one := _ONE_CLASS.fullmatch(spoken):
        spoken = f"{one[1]}{{{least},{max(least, min(most or 12, 12))}}}"
    found = st.from_regex(re.compile(spoken, re.ASCII), fullmatch=True)
    return found.filter(
        lambda text: (
            least <= len(text) <= (most or len(text))
            and "\x00" not in text
            and compiled(pattern).fullmatch(text) is not None
        )
    )


# ours ----------------------------------------------------------------------------------


def held(kind: Kind, value: Any) -> Any:
    """A value of ours as botocore gives and takes it, absent members left out."""
    if isinstance(kind, Structure):
        members = ((member, getattr(value, member.name)) for member in kind.members)
        return {m.wire: held(m.kind, found) for m, found in members if found is not None}
    if isinstance(kind, ListOf):
        return [held(kind.item, item) for item in value]
    if isinstance(kind, MapOf):
        return {key: held(kind.value, item) for key, item in value.items()}
    if isinstance(kind, Moment):
        return _moment(*divmod(round(value * 1000), 1000))
    return value


def made(kind: Kind, value: Any) -> Any:
    """The reverse: our shape from a client's value."""
    if isinstance(kind, Structure):
        given = [m for m in kind.members if m.wire in value]
        return kind.make(**{m.name: made(m.kind, value[m.wire]) for m in given})
    if isinstance(kind, ListOf):
        return [made(kind.item, item) for item in value]
    if isinstance(kind, MapOf):
        return {key: made(kind.value, item) for key, item in value.items()}
    if isinstance(kind, Moment):
        return round(value.timestamp(), 3)
    assert isinstance(kind, Bytes) == isinstance(value, bytes)
    return value


# botocore ------------------------------------------------------------------------------


def sent(operation: AnyOperation, params: Params) -> Any:
    """The HTTP request that botocore makes of `params`, prepared but not signed."""
    model = modelled(operation)
    serializer = create_serializer(operation.service.protocol, include_validation=False)
    request = serializer.serialize_to_request(params, model)
    prepare_request_dict(request, endpoint_url=_HOST)
    return create_request_object(request).prepare()


def body_of(prepared: Any) -> bytes:
    body = prepared.body or b""
    return body if isinstance(body, bytes) else body.encode()


def parsed(
    operation: AnyOperation,
    status: int,
    headers: Iterable[tuple[str, str]],
    body: bytes,
    *,
    error: str = "",
) -> Params:
    """What botocore makes of an answer; of its members, where it is the modelled `error`."""
    response = {"status_code": status, "headers": _Headers(headers), "body": body}
    model = modelled(operation)
    shape = model.service_model.shape_for_error_code(error) if error else model.output_shape
    found: Params = create_parser(operation.service.protocol).parse(response, shape)
    found.pop("ResponseMetadata", None)
    return found


class _Headers(dict[str, str]):
    """Found in any case, as botocore's HTTP client gives them."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__((name.lower(), value) for name, value in pairs)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def in_utc(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_utc(item) for key, item in value.items()}
    if isinstance(value, list):
        return [in_utc(item) for item in value]
    return value.astimezone(UTC) if isinstance(value, datetime) else value
