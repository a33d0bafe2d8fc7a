"""Which function answers which operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar

from poolhouse.contract.callers import Caller
from poolhouse.contract.shape import Operation, Service, Shape
from poolhouse.kernel.call import Call

CallerT = TypeVar("CallerT", bound=Caller)
AskT = TypeVar("AskT", bound=Shape)
AnswerT = TypeVar("AnswerT", bound="Shape | None")


def never(_: bytes) -> bool:
    return False


def always(_: bytes) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Performance(Generic[CallerT, AskT, AnswerT]):
    """An operation and the function that answers it. `open_to_all` marks the few signed
    operations that need no permission (GetCallerIdentity) or decide on it themselves. `quick`
    marks those that only read and never hash, given the body: where reading takes no other
    process, a door may carry them out without a thread. `once` marks those that a copy of a
    signed request must not perform again."""

    operation: Operation[CallerT, AskT, AnswerT]
    function: Callable[[Call[CallerT], AskT], AnswerT]
    open_to_all: bool = False
    quick: Callable[[bytes], bool] = never
    once: bool = False

    def __call__(self, call: Call[CallerT], ask: AskT) -> AnswerT:
        return self.function(call, ask)

    @property
    def summary(self) -> str:
        """The first line of the function's docstring, for the OpenAPI document."""
        return (inspect.getdoc(self.function) or self.operation.name).splitlines()[0]


def performs(
    operation: Operation[CallerT, AskT, AnswerT],
    *,
    open_to_all: bool = False,
    quick: Callable[[bytes], bool] = never,
    once: bool = False,
) -> Callable[[Callable[[Call[CallerT], AskT], AnswerT]], Performance[CallerT, AskT, AnswerT]]:
    """Declares that the function below answers `operation`; the types must be its types."""

    def bind(
        function: Callable[[Call[CallerT], AskT], AnswerT],
    ) -> Performance[CallerT, AskT, AnswerT]:
        return Performance(operation, function, open_to_all, quick, once)

    return bind


AnyPerformance = Performance[Any, Any, Any]
AnyOperation = Operation[Any, Any, Any]


class Catalogue:
    """All that the house performs, found by service and name, and all that it does not yet."""

    def __init__(
        self,
        declared: Iterable[tuple[Service, tuple[AnyOperation, ...]]],
        rooms: Iterable[ModuleType],
    ) -> None:
        self.declared = dict(declared)
        self._performances: dict[tuple[str, str], AnyPerformance] = {}
        for room in rooms:
            for performance in vars(room).values():
                if isinstance(performance, Performance):
                    self._add(performance)
        self._operations = {
            (service.name, operation.name): operation
            for service, operations in self.declared.items()
            for operation in operations
        }
        self.by_target = {
            f"{service.target_prefix}.{name}": operation
            for (_, name), operation in self._operations.items()
            if (service := operation.service).target_prefix
        }

    def _add(self, performance: AnyPerformance) -> None:
        key = performance.operation.service.name, performance.operation.name
        if self._performances.setdefault(key, performance) is not performance:
            raise RuntimeError(f"Two functions perform {key[0]}:{key[1]}.")

    def operation(self, service: str, name: str) -> AnyOperation | None:
        """The operation of the contract, whether performed or not. Names are exact."""
        return self._operations.get((service, name))

    def performance(self, operation: AnyOperation) -> AnyPerformance | None:
        return self._performances.get((operation.service.name, operation.name))

    def performed(self) -> list[AnyPerformance]:
        return [self._performances[key] for key in sorted(self._performances)]

    def missing(self, service: str) -> list[str]:
        """Operations of the contract that no room performs yet."""
        return [
            name
            for of, name in sorted(self._operations)
            if of == service and (of, name) not in self._performances
        ]
