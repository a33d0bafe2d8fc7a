"""Frozen values of several fields, made by the dozen for each request.

A Struct of msgspec is made in a tenth of the time of a frozen dataclass (decision 7), which is why
whatever a hot path makes is one of these. `msgspec.structs.replace` alters them.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Value(msgspec.Struct, frozen=True):
    """`secret` names the fields that its text leaves out: it may come to stand in a log."""

    secret: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = [name for name in self.__struct_fields__ if name not in self.secret]
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__name__}({fields})"
