"""The names that the AWS command line gives to operations."""

from __future__ import annotations

import re

_STEPS = (
    re.compile(r"(.)([A-Z][a-z]+)"),
    re.compile(r"([a-z])([0-9]+)"),
    re.compile(r"([a-z0-9])([A-Z])"),
)
_PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")


def command_of(service: str, operation: str) -> str:
    """`aws cognito-idp create-group` for CreateGroup."""
    plural = _PLURAL_ACRONYM.search(operation)
    if plural is not None:
        head, tail = operation[: plural.start()], plural.group()
        name = f"{head}-{tail.lower()}"
    else:
        name = operation
    for step in _STEPS:
        name = step.sub(r"\1-\2", name)
    return f"aws {service} {name.lower()}"
