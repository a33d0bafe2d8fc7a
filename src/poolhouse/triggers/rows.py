"""The shape of the record of calls: never what was asked or answered."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column, Float, Index, Table

from poolhouse.storage.base import Key, Moment, metadata

function_calls = Table(
    "function_calls",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("arn", Key, nullable=False),
    Column("source", Key, nullable=False),
    Column("outcome", Key, nullable=False),
    Column("seconds", Float, nullable=False),
    Index(None, "at"),
)


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """`at` in epoch seconds; `outcome` is `answered`, `refused`, or an error's name."""

    at: float
    arn: str
    source: str
    outcome: str
    seconds: float
