"""Why a policy document cannot be taken."""

from __future__ import annotations


class MalformedPolicy(Exception):
    """The document breaks the grammar. The message is for its author (MalformedPolicyDocument)."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def shown(text: str) -> str:
    """A part of the document as a message may repeat it: short, and safe in XML and in a log."""
    return "".join(char if char.isprintable() else "?" for char in text[:200])


class PolicyTooLarge(MalformedPolicy):
    """The document is longer than its quota; AWS calls that LimitExceeded."""
