"""The metadata of all rooms' tables, column types, and statements both dialects take."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.type_api import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Keys compare byte by byte on both databases, so that ranges and order are the same.
Key = String().with_variant(String(collation="C"), "postgresql")
Words = Text()
Moment: TypeEngine[float] = Double()
Count = BigInteger().with_variant(Integer(), "sqlite")
Flag = Boolean()
Sealed = LargeBinary()

_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class Json(TypeDecorator[Any]):
    """A JSON value, kept as text: the databases never look inside."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else _encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else _decode(value)

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self


def insert(table: Table) -> postgresql.Insert:
    """An INSERT with ON CONFLICT, which SQLite compiles as well as PostgreSQL."""
    return postgresql.insert(table)


def values_of(row: Any) -> dict[str, Any]:
    """The fields of a dataclass by name, as a statement takes them: not copied, as by `asdict`."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
