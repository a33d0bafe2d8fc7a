"""The contract's kinds as JSON Schema (2020-12, the dialect of OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from poolhouse.contract.shape import (
    Bytes,
    Free,
    Kind,
    ListOf,
    MapOf,
    Moment,
    Real,
    Structure,
    Text,
    Truth,
    Whole,
)

Schema = dict[str, Any]

# The two spellings in the model that ECMA-262 does not know with its `u` flag.
_SPELLINGS = (("(?s).*", r"[\s\S]*"), (r"\:", ":"))


class Schemas:
    """Gathers the structures met while operations are described, under `service.Name`."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}

    def of(self, service: str, kind: Kind) -> Schema:
        return _DRAWN[type(kind)](self, service, kind)

    def structure(self, service: str, kind: Structure) -> Schema:
        name = f"{service}.{kind.name}"
        if name not in self.found:
            drawn = self.found[name] = {"type": "object"}  # before its members: it may hold itself
            members = {m.wire: self.of(service, m.kind) for m in kind.members}
            if members:
                drawn["properties"] = members
            if required := [m.wire for m in kind.members if m.required]:
                drawn["required"] = required
        return _given({"$ref": f"#/components/schemas/{name}"}, sensitive=kind.sensitive)

    def text(self, _: str, kind: Text) -> Schema:
        return _given(
            {"type": "string"},
            minLength=kind.least,
            maxLength=kind.most,
            pattern=whole_value(kind.pattern) if kind.pattern else None,
            enum=list(kind.choices),
            sensitive=kind.sensitive,
        )

    def whole(self, _: str, kind: Whole) -> Schema:
        drawn = {"type": "integer", "format": f"int{kind.bits}"}
        return _given(drawn, minimum=kind.least, maximum=kind.most)

    def real(self, _: str, kind: Real) -> Schema:
        drawn = {"type": "number", "format": "double"}
        return _given(drawn, minimum=kind.least, maximum=kind.most)

    def truth(self, _: str, __: Truth) -> Schema:
        return {"type": "boolean"}

    def moment(self, _: str, __: Moment) -> Schema:
        return {"type": "number", "format": "double", "description": "Seconds since the epoch."}

    def octets(self, _: str, kind: Bytes) -> Schema:
        return _given(
            {"type": "string", "contentEncoding": "base64"},
            minLength=_as_base64(kind.least),
            maxLength=_as_base64(kind.most),
            sensitive=kind.sensitive,
        )

    def free(self, _: str, __: Free) -> Schema:
        return {"description": "Any JSON value."}

    def listed(self, service: str, kind: ListOf) -> Schema:
        drawn = {"type": "array", "items": self.of(service, kind.item)}
        return _given(drawn, minItems=kind.least, maxItems=kind.most)

    def mapped(self, service: str, kind: MapOf) -> Schema:
        drawn: Schema = {"type": "object", "additionalProperties": self.of(service, kind.value)}
        keys = self.text(service, kind.key)
        if len(keys) > 1:
            drawn["propertyNames"] = keys
        return _given(drawn, minProperties=kind.least, maxProperties=kind.most)


_DRAWN: dict[type, Callable[[Schemas, str, Any], Schema]] = {
    Structure: Schemas.structure,
    Text: Schemas.text,
    Whole: Schemas.whole,
    Real: Schemas.real,
    Truth: Schemas.truth,
    Moment: Schemas.moment,
    Bytes: Schemas.octets,
    Free: Schemas.free,
    ListOf: Schemas.listed,
    MapOf: Schemas.mapped,
}


def whole_value(pattern: str) -> str:
    """The model's patterns match a whole value, JSON Schema's any part of it."""
    for model, ecma in _SPELLINGS:
        pattern = pattern.replace(model, ecma)
    return f"^(?:{pattern})$"


def _as_base64(octets: int | None) -> int | None:
    return None if octets is None else -(-octets // 3) * 4


def _given(drawn: Schema, *, sensitive: bool = False, **limits: Any) -> Schema:
    """The schema with the limits that there are."""
    drawn.update({name: limit for name, limit in limits.items() if limit not in (None, [])})
    if sensitive:
        drawn["x-sensitive"] = True
    return drawn
