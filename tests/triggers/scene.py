"""The functions of one server, bound by a file, with what they were told and what became of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from poolhouse.clock import Clock
from poolhouse.contract.shape import ServiceError
from poolhouse.triggers.bindings import Bindings
from poolhouse.triggers.calls import Calls
from poolhouse.triggers.file import read
from poolhouse.triggers.functions import Functions

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


def whsec(octets: int = 32, fill: bytes = b"s") -> str:
    return "whsec_" + base64.b64encode(fill * octets).decode()


def event(**more: Any) -> dict[str, Any]:
    return {
        "version": "1",
        "triggerSource": "PreSignUp_SignUp",
        "userName": "ann",
        "request": {"userAttributes": {"email": "ann@example.com"}, **more},
        "response": {"autoConfirmUser": False},
    }


class SkippingClock(Clock):
    """Durations are real, but for what a test skips."""

    def __init__(self) -> None:
        self.skipped = 0.0

    def elapsed(self) -> float:
        return super().elapsed() + self.skipped


class Kept(Calls):
    """Nothing is written."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []

    def add(self, at: float, arn: str, source: str, outcome: str, seconds: float) -> None:
        self.outcomes.append(outcome)

    def close(self) -> None:
        pass


class Stage:
    def __init__(self, folder: Path, patience: float) -> None:
        self.file = folder / "functions.toml"
        self.clock = SkippingClock()
        self.kept = Kept()
        self.functions = Functions(
            Bindings(self.file, read), self.kept, self.clock, patience=patience
        )

    def bind(self, *entries: dict[str, Any], keys: tuple[dict[str, Any], ...] = ()) -> None:
        """Writes the file anew; its entries as TOML writes them, which JSON is for these."""
        tables = [("function", entry) for entry in entries] + [("key", entry) for entry in keys]
        lines = []
        for table, entry in tables:
            lines.append(f"[[{table}]]")
            lines += [f"{name} = {json.dumps(value)}" for name, value in entry.items()]
        self.file.write_text("\n".join(lines) + "\n")

    def call(self, name: str = "f", **more: Any) -> dict[str, Any]:
        return self.functions.call(ARN + name, event(**more), trigger="PreSignUp")

    def refused(self, name: str = "f", **more: Any) -> tuple[str, str]:
        with pytest.raises(ServiceError) as caught:
            self.call(name, **more)
        return caught.value.code, caught.value.message


Staged = Callable[..., Stage]


@contextmanager
def staged(folder: Path, patience: float = 5.0) -> Iterator[Stage]:
    """`patience`: seconds of one attempt; short where a test waits for its end."""
    made = Stage(folder, patience)
    try:
        yield made
    finally:
        made.functions.close()
