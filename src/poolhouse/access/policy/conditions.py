"""Condition operators: all keys of all operators must hold, any one value of a key will do.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from poolhouse import arns
from poolhouse.access.policy import typed
from poolhouse.access.policy.context import Context
from poolhouse.access.policy.malformed import MalformedPolicy, shown
from poolhouse.access.policy.patterns import arn_pattern_of, pattern_of

Test = Callable[[str, Context], bool | None]
"""One value of a policy against one of the request; None where that one is not of the type."""

Quantifier = Literal["", "ForAllValues:", "ForAnyValue:"]

Maker = Callable[[str, str, bool], Test]
"""Makes the test of a policy's value: the operator's name, the value, whether variables are on."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One key under one operator."""

    key: str
    tests: tuple[Test, ...]
    negated: bool
    if_exists: bool
    quantifier: Quantifier

    def holds(self, context: Context) -> bool:
        values = context.values(self.key)
        if not values:
            return self.if_exists or self._holds_without_values()
        judged = (self._judged(value, context) for value in values)
        if self.quantifier:
            return all(judged) if self.quantifier == "ForAllValues:" else any(judged)
        # AWS asks for a quantifier on keys with several values. Without one, an operator and its
        # negation stay opposites: equal to some value, or equal to none.
        return all(judged) if self.negated else any(judged)

    def _holds_without_values(self) -> bool:
        if self.quantifier:
            return self.quantifier == "ForAllValues:"
        return self.negated

    def _judged(self, value: str, context: Context) -> bool:
        results = [test(value, context) for test in self.tests]
        return None not in results and any(results) != self.negated


@dataclass(frozen=True, slots=True)
class NullCondition:
    """Whether the key is absent."""

    key: str
    absent: frozenset[bool]

    def holds(self, context: Context) -> bool:
        return (not context.values(self.key)) in self.absent


AnyCondition = Condition | NullCondition


def condition_of(name: str, key: str, values: list[str], *, variables: bool) -> AnyCondition:
    """The condition `{name: {key: values}}`. Raises MalformedPolicy.

    `variables` says whether the policy's version has them. A variable without a value is equal to
    nothing and like nothing, so positive operators do not match and negated ones do, in Allow and
    in Deny alike: that is AWS's documented reading.
    """
    base, if_exists, quantifier = _name_parts(name)
    if base == "Null":
        if if_exists or quantifier:
            raise MalformedPolicy(f"Invalid condition operator: {shown(name)}")
        wanted = [_typed(name, typed.truth, value) for value in values]
        return NullCondition(key.lower(), frozenset(wanted))
    if base not in _OPERATORS:
        raise MalformedPolicy(f"Invalid condition operator: {shown(name)}")
    negated, make = _OPERATORS[base]
    tests = tuple(make(name, value, variables) for value in values)
    return Condition(key.lower(), tests, negated, if_exists, quantifier)


def _name_parts(name: str) -> tuple[str, bool, Quantifier]:
    quantifier: Quantifier = ""
    if name.startswith("ForAllValues:"):
        quantifier = "ForAllValues:"
    elif name.startswith("ForAnyValue:"):
        quantifier = "ForAnyValue:"
    rest = name.removeprefix(quantifier)
    return rest.removesuffix("IfExists"), rest.endswith("IfExists"), quantifier


def _typed(name: str, read: Callable[[str], Any], value: str) -> Any:
    expected = read(value)
    if expected is None:
        raise MalformedPolicy(f"Invalid value for condition operator {name}.")
    return expected


def _string(*, like: bool = False, ignore_case: bool = False) -> Maker:
    def make(_: str, value: str, variables: bool) -> Test:
        pattern = pattern_of(value, variables=variables, wildcards=like)

        def test(actual: str, context: Context) -> bool:
            if like:
                glob = pattern.glob(context)
                return glob is not None and glob.matches(actual)
            expected = pattern.text(context)
            if expected is None:
                return False
            if ignore_case:
                return actual.lower() == expected.lower()
            return actual == expected

        return test

    return make


def _arn(name: str, value: str, variables: bool) -> Test:
    pattern = arn_pattern_of(value, variables=variables)
    if pattern is None:
        raise MalformedPolicy(f"Invalid value for condition operator {name}.")

    def test(actual: str, context: Context) -> bool | None:
        if arns.parse(actual) is None:
            return None
        return bool(pattern.matches(actual, context))

    return test


def _compared(
    read: Callable[[str], Any],
    holds: Callable[[Any, Any], bool],
    read_expected: Callable[[str], Any],
) -> Maker:
    def make(name: str, value: str, _: bool) -> Test:
        expected = _typed(name, read_expected, value)

        def test(actual_text: str, _: Context) -> bool | None:
            actual = read(actual_text)
            return None if actual is None else holds(actual, expected)

        return test

    return make


def _inside(address: typed.Address, network: typed.Network) -> bool:
    return address in network


_ADDRESS = _compared(typed.address, _inside, typed.network)
_ORDERS: dict[str, tuple[bool, Callable[[Any, Any], bool]]] = {
    "Equals": (False, operator.eq),
    "NotEquals": (True, operator.eq),
    "LessThan": (False, operator.lt),
    "LessThanEquals": (False, operator.le),
    "GreaterThan": (False, operator.gt),
    "GreaterThanEquals": (False, operator.ge),
}
_OPERATORS: dict[str, tuple[bool, Maker]] = {
    "StringEquals": (False, _string()),
    "StringNotEquals": (True, _string()),
    "StringEqualsIgnoreCase": (False, _string(ignore_case=True)),
    "StringNotEqualsIgnoreCase": (True, _string(ignore_case=True)),
    "StringLike": (False, _string(like=True)),
    "StringNotLike": (True, _string(like=True)),
    "Bool": (False, _compared(typed.truth, operator.eq, typed.truth)),
    "BinaryEquals": (False, _compared(typed.blob, operator.eq, typed.blob)),
    "IpAddress": (False, _ADDRESS),
    "NotIpAddress": (True, _ADDRESS),
    "ArnEquals": (False, _arn),
    "ArnLike": (False, _arn),
    "ArnNotEquals": (True, _arn),
    "ArnNotLike": (True, _arn),
}
for _name, (_negated, _order) in _ORDERS.items():
    _OPERATORS[f"Numeric{_name}"] = (_negated, _compared(typed.number, _order, typed.number))
    _OPERATORS[f"Date{_name}"] = (_negated, _compared(typed.moment, _order, typed.moment))
