"""The ways in which a function does not answer."""

from __future__ import annotations


class FunctionFailed(Exception):
    """The function itself said no, or broke; the words are for the caller."""


class NotReached(Exception):
    """It could not be called, by this error's name; `again` where another try may help."""

    def __init__(self, name: str, *, again: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.again = again


class TimedOut(NotReached):
    def __init__(self) -> None:
        super().__init__("Socket timeout while invoking Lambda function", again=True)


class Throttled(NotReached):
    """Too many calls of it are under way, or it has hung lately."""

    def __init__(self) -> None:
        super().__init__("TooManyRequestsException")


class NotJson(Exception):
    """It answered something that is no JSON."""


class TooLong(Exception):
    """It answered more than any answer has to say."""
