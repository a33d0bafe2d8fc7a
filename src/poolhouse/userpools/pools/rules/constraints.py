"""Limits on the values of an attribute: lengths of strings, ranges of numbers."""

from __future__ import annotations

import re
from decimal import Decimal

from poolhouse.contract import cognito_idp as idp

LONGEST = 2048

_LENGTH = re.compile(r"[0-9]{1,9}")
# A number of at most 2^1023, which has 308 digits.
_NUMBER = re.compile(r"-?[0-9]{1,308}(\.[0-9]{1,308})?")

Lengths = idp.StringAttributeConstraintsType
Numbers = idp.NumberAttributeConstraintsType


def checked_length(
    name: str, kind: str | None, asked: Lengths | None, usual: Lengths | None
) -> Lengths | None:
    """The length limits to keep, just as they were given; `usual` where none were. Raises
    InvalidParameterException where they contradict each other or are not of a string."""
    if asked is None or (asked.min_length is None and asked.max_length is None):
        return usual
    if kind != "String":
        raise _refused(name, f"StringAttributeConstraints cannot be set for the type {kind}.")
    least, most = _length(name, asked.min_length), _length(name, asked.max_length)
    if max(least or 0, most or 0) > LONGEST:
        raise _refused(name, f"String attributes cannot have a length of more than {LONGEST}")
    if least is not None and least > (LONGEST if most is None else most):
        raise _refused(name, "Max length cannot be less than min length.")
    return Lengths(min_length=asked.min_length, max_length=asked.max_length)


def checked_number(
    name: str, kind: str | None, asked: Numbers | None, usual: Numbers | None
) -> Numbers | None:
    """The same for the range of a number."""
    if asked is None or (asked.min_value is None and asked.max_value is None):
        return usual
    if kind != "Number":
        raise _refused(name, f"NumberAttributeConstraints cannot be set for the type {kind}.")
    least, most = _number(name, asked.min_value), _number(name, asked.max_value)
    if least is not None and most is not None and least > most:
        raise _refused(name, "Max value cannot be less than min value.")
    return Numbers(min_value=asked.min_value, max_value=asked.max_value)


def _length(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    if _LENGTH.fullmatch(text) is None:
        raise _refused(name, "MinLength and MaxLength must be whole numbers.")
    return int(text)


def _number(name: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    if _NUMBER.fullmatch(text) is None:
        raise _refused(name, "MinValue and MaxValue must be numbers.")
    return Decimal(text)


def _refused(name: str, why: str) -> idp.InvalidParameterException:
    return idp.InvalidParameterException(f"user.{name}: {why}")
