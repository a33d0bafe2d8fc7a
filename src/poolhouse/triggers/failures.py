"""The ways in which a function does not answer."""

from __future__ import annotations


class FunctionFailed(Exception):
    """The function itself said no; its own words, for the caller."""


class NotReached(Exception):
    """It could not be called, by this error's name; `again` where another try may help."""

    def __init__(self, name: str, *, again: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.again = again


class NotJson(Exception):
    """It answered something that is no JSON."""


TIMED_OUT = "Socket timeout while invoking Lambda function"
