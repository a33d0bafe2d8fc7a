"""The words in which the generated service modules speak: kinds, members, operations, errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

import msgspec
import regex

Timestamp = float
"""Seconds since the epoch, with a fraction. JSON sends the number, XML sends ISO 8601."""

Blob = bytes
"""Octets; base64 in JSON and XML."""

Document = Any
"""A free JSON value (Smithy document), as WebAuthn credentials are."""


class Shape(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A structure of the contract: snake_case in Python, AWS-cased on the wire. Its text names the
    members that are given, and no values: passwords, codes and tokens are among them."""

    kind: ClassVar[Structure]

    def __repr__(self) -> str:
        given = (name for name in self.__struct_fields__ if getattr(self, name) is not None)
        return f"{type(self).__name__}({', '.join(given)})"


@dataclass(frozen=True, slots=True)
class Text:
    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """A 32-bit or 64-bit integer."""

    least: int | None = None
    most: int | None = None
    bits: Literal[32, 64] = 32


@dataclass(frozen=True, slots=True)
class Real:
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    pass


@dataclass(frozen=True, slots=True)
class Moment:
    """A timestamp; see `Timestamp`."""


@dataclass(frozen=True, slots=True)
class Bytes:
    least: int | None = None
    most: int | None = None
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """A Smithy document."""


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Kind
    least: int | None = None
    most: int | None = None
    item_name: str = "member"
    flattened: bool = False


@dataclass(frozen=True, slots=True)
class MapOf:
    key: Text
    value: Kind
    least: int | None = None
    most: int | None = None


Place = Literal["body", "uri", "querystring", "header", "headers", "statusCode", "payload"]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a structure. `wire` is its name in bodies, `located` its name elsewhere.
    A blank value of one that `may_be_blank` says the same as its absence."""

    name: str
    wire: str
    kind: Kind
    required: bool = False
    place: Place = "body"
    located: str = ""
    may_be_blank: bool = False


@dataclass(frozen=True)
class Structure:
    """The members of a structure, and the class that holds them (set when the class is made)."""

    name: str
    members: tuple[Member, ...]
    sensitive: bool = False
    make: Callable[..., Any] = field(default=lambda **_: None, compare=False, repr=False)

    @cached_property
    def by_wire(self) -> dict[str, Member]:
        return {member.wire: member for member in self.members}


Kind = Text | Whole | Real | Truth | Moment | Bytes | Free | ListOf | MapOf | Structure


@dataclass(frozen=True, slots=True)
class Service:
    """A service as AWS names it. `name` is the SigV4 signing name and the IAM action prefix.
    `published` is false for the one that AWS does not know."""

    name: str
    protocol: Literal["json", "rest-json", "query"]
    version: str
    target_prefix: str = ""
    namespace: str = ""
    published: bool = True


class ServiceError(Exception):
    """An error that the service model declares. `code` is the name on the wire."""

    code: ClassVar[str] = "InternalFailure"
    status: ClassVar[int] = 400

    def __init__(self, message: str = "", *, reason_code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason_code = reason_code


class Pattern(Protocol):
    def fullmatch(self, string: str, /) -> object: ...


class Refusal(Enum):
    """Why a request was turned away before, or outside, its operation. Doors find the words."""

    MISSING_AUTHENTICATION = auto()
    INCOMPLETE_SIGNATURE = auto()
    UNKNOWN_TOKEN = auto()
    EXPIRED_TOKEN = auto()
    BAD_SIGNATURE = auto()
    ACCESS_DENIED = auto()
    UNKNOWN_OPERATION = auto()
    MALFORMED = auto()
    INVALID = auto()
    THROTTLED = auto()
    TOO_LARGE = auto()
    UNAVAILABLE = auto()


class Refused(Exception):
    """A refusal that no service model declares. The message may be shown to the caller."""

    def __init__(self, refusal: Refusal, message: str = "") -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken constraint. `path` is as AWS writes it: `userAttributes.1.member.value`.

    Texts in a list or map break one constraint of it together, whose `limit` is their kind.
    """

    path: str
    constraint: Literal[
        "null",
        "min length",
        "max length",
        "pattern",
        "enum",
        "min",
        "max",
        "member",
        "map key",
        "map value",
    ]
    limit: object = None
    value: object = None
    sensitive: bool = False


class Invalid(Exception):
    """The request broke constraints of the model: all of them, in the order they were met."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__(f"{len(violations)} violations")
        self.violations = violations


CallerT = TypeVar("CallerT")
AskT = TypeVar("AskT", bound=Shape)
AnswerT = TypeVar("AnswerT", bound="Shape | None")


@dataclass(frozen=True, slots=True)
class Operation(Generic[CallerT, AskT, AnswerT]):
    """One operation: what may be asked, by whom, and what is answered.

    `answer` is None where the model has no output shape: the body is then empty.
    """

    service: Service
    name: str
    caller: type[CallerT]
    ask: type[AskT]
    answer: type[AnswerT] | None
    errors: tuple[type[ServiceError], ...] = ()
    method: str = "POST"
    path: str = "/"
    status: int = 200
    result_wrapper: str = ""

    @property
    def action(self) -> str:
        """The IAM action, `cognito-idp:CreateGroup`."""
        return f"{self.service.name}:{self.name}"


def compiled(pattern: str) -> Pattern:
    """A pattern of the model, compiled once. It is matched against the whole value. The standard
    engine is ten times faster; it lacks the Unicode properties that some patterns name. As in
    Java, where the service runs, a plain class such as `\\w` is ASCII."""
    found = _PATTERNS.get(pattern)
    if found is None:
        unicode = r"\p{" in pattern
        made = regex.compile(pattern) if unicode else re.compile(pattern, re.ASCII)
        found = _PATTERNS[pattern] = made
    return found


_PATTERNS: dict[str, Pattern] = {}
