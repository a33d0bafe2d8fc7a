from __future__ import annotations

from collections.abc import Sequence

import pytest

from poolhouse.access.policy.evaluate import Question, evaluate
from poolhouse.access.policy.malformed import MalformedPolicy
from tests.access.policy.documents import allow

KEY = "test:key"
ARN = "arn:aws:iam::123456789012:role/reader"


def holds(
    operator: str, expected: object, actual: str | Sequence[str] | None, key: str = KEY
) -> bool:
    facts = {} if actual is None else {key: actual}
    identity = [allow(Condition={operator: {KEY: expected}})]
    return evaluate(Question("x:Y", "*", facts), identity=identity).allowed


NEW_YEAR = "2026-01-01"
USER_ARN = "arn:aws:iam::123456789012:user/reader"
SNS_ARN = "arn:aws:sns::123456789012:role/reader"
ROLES = "arn:aws:iam::*:role/*"

# Operator, a policy's value, a value of the request that is like it, and two that are not.
POSITIVE = [
    ("StringEquals", "b", "b", ("B", "c")),
    ("StringEqualsIgnoreCase", "b", "B", ("bb", "c")),
    ("StringLike", "b*", "by", ("ab", "c")),
    ("NumericEquals", "5", "5.0", ("6", "4")),
    ("NumericLessThan", "5", "4.9", ("5", "6")),
    ("NumericLessThanEquals", "5", "5", ("5.1", "6")),
    ("NumericGreaterThan", "5", "5.1", ("5", "4")),
    ("NumericGreaterThanEquals", "5", "5", ("4.9", "-6")),
    ("DateEquals", NEW_YEAR, "2026-01-01T00:00:00Z", ("2026-01-02", "2025-01-01")),
    ("DateLessThan", NEW_YEAR, "2025-12-31", (NEW_YEAR, "2027-01-01")),
    ("DateLessThanEquals", NEW_YEAR, NEW_YEAR, ("2026-01-02", "2027-01-01")),
    ("DateGreaterThan", NEW_YEAR, "2026-01-02", (NEW_YEAR, "2025-01-01")),
    ("DateGreaterThanEquals", NEW_YEAR, NEW_YEAR, ("2025-12-31", "2025-01-01")),
    ("Bool", "true", "true", ("false", "False")),
    ("BinaryEquals", "QUI=", "QUI=", ("QUM=", "QQ==")),
    ("IpAddress", "10.0.0.0/8", "10.1.2.3", ("11.0.0.1", "::1")),
    ("ArnEquals", ROLES, ARN, (USER_ARN, SNS_ARN)),
    ("ArnLike", ROLES, ARN, (USER_ARN, SNS_ARN)),
]
NEGATIONS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}
CASES = [pytest.param(name, False, *values, id=name) for name, *values in POSITIVE] + [
    pytest.param(NEGATIONS[name], True, *values, id=NEGATIONS[name])
    for name, *values in POSITIVE
    if name in NEGATIONS
]
every_operator = pytest.mark.parametrize(("operator", "negated", "value", "match", "misses"), CASES)


@every_operator
def test_an_operator_on_one_value(
    operator: str, negated: bool, value: str, match: str, misses: tuple[str, str]
) -> None:
    """IAM-04"""
    assert holds(operator, value, match) is not negated
    assert all(holds(operator, value, miss) is negated for miss in misses)


@every_operator
def test_an_operator_on_an_absent_key(
    operator: str, negated: bool, value: str, match: str, misses: tuple[str, str]
) -> None:
    """IAM-04"""
    for absent in (None, ()):
        assert holds(operator, value, absent) is negated
        assert holds(f"{operator}IfExists", value, absent)
        assert holds(f"ForAllValues:{operator}", value, absent)
        assert not holds(f"ForAnyValue:{operator}", value, absent)
        assert holds(f"ForAnyValue:{operator}IfExists", value, absent)


@every_operator
def test_if_exists_changes_nothing_where_the_key_is_there(
    operator: str, negated: bool, value: str, match: str, misses: tuple[str, str]
) -> None:
    """IAM-04"""
    assert holds(f"{operator}IfExists", value, match) is not negated
    assert holds(f"{operator}IfExists", value, misses[0]) is negated


@every_operator
def test_an_operator_on_many_values(
    operator: str, negated: bool, value: str, match: str, misses: tuple[str, str]
) -> None:
    """IAM-04"""
    mixed, none = [misses[0], match], list(misses)
    assert holds(f"ForAnyValue:{operator}", value, mixed)
    assert not holds(f"ForAllValues:{operator}", value, mixed)
    for quantifier in ("ForAnyValue:", "ForAllValues:"):
        assert holds(f"{quantifier}{operator}", value, [match, match]) is not negated
        assert holds(f"{quantifier}{operator}", value, none) is negated
    # Without a quantifier: equal to some value, or (negated) equal to none.
    assert holds(operator, value, mixed) is not negated
    assert holds(operator, value, none) is negated


@every_operator
def test_the_values_of_a_policy_are_alternatives(
    operator: str, negated: bool, value: str, match: str, misses: tuple[str, str]
) -> None:
    """IAM-04: of a negated operator, all values must differ."""
    kind = next(kind for kind in UNLIKE if kind in operator)
    assert holds(operator, [UNLIKE[kind], value], match) is not negated
    if "Than" not in operator and operator != "Bool":
        assert holds(operator, [UNLIKE[kind], UNLIKE[kind]], match) is negated


UNLIKE = {
    "String": "zzz",
    "Numeric": "-100",
    "Date": "1999-01-01",
    "Bool": "false",
    "Binary": "WFla",
    "IpAddress": "192.0.2.1",
    "Arn": "arn:aws:s3:::bucket",
}


def test_several_keys_and_operators_must_all_hold() -> None:
    condition = {
        "StringEquals": {"a:one": "1", "a:two": ["2", "3"]},
        "Bool": {"aws:SecureTransport": True},
    }
    identity = [allow(Condition=condition)]
    facts = {"a:one": "1", "A:TWO": "3", "aws:securetransport": "true"}
    assert evaluate(Question("x:Y", "*", facts), identity=identity).allowed
    for key in facts:
        wrong = {**facts, key: "9"}
        assert not evaluate(Question("x:Y", "*", wrong), identity=identity).allowed
        missing = {other: value for other, value in facts.items() if other != key}
        assert not evaluate(Question("x:Y", "*", missing), identity=identity).allowed


def test_an_empty_condition_always_holds() -> None:
    identity = [allow(Condition={})]
    assert evaluate(Question("x:Y", "*"), identity=identity).allowed


@pytest.mark.parametrize(
    ("wanted", "absent", "present"),
    [
        ("true", True, False),
        ("false", False, True),
        (True, True, False),
        (["true", "false"], True, True),
    ],
)
def test_null_asks_whether_the_key_is_absent(wanted: object, absent: bool, present: bool) -> None:
    """IAM-04"""
    assert holds("Null", wanted, None) is absent
    assert holds("Null", wanted, ()) is absent
    assert holds("Null", wanted, "x") is present
    assert holds("Null", wanted, ["x", "y"]) is present


ORDERS = "Equals NotEquals LessThan LessThanEquals GreaterThan GreaterThanEquals".split()
ARN_OPERATORS = ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"]

# Operators of a type, a value of a policy, and texts that are not of the type.
WRONG_NUMBERS = ["", "five", "5 ", "0x5", "5e0", "1_000", "5,0", "NaN", "inf", "\u0665", "9" * 90]
WRONG_MOMENTS = """today 2026-13-01 2026-02-30 01/01/2026 -1 2026-01-01T00:00:00 2026-W01
    20260101T000000Z 0000-01-01 2026-01-01T00:00:00+99:00 2026-01-01T24:00:01Z""".split()
WRONG_ARNS = ["", "*", "role/reader", "arn:aws:iam::1", "ARN:aws:iam::1:role/x"]
WRONG_ADDRESSES = """10.0.0 010.0.0.1 10.0.0.1/32 10.0.0.1,1.1.1.1 0xa000001 167772161 10.0.0.256
    fe80::1%eth0 localhost ::ffff:10.0.0.1.1 :""".split()
WRONG_TYPES: list[tuple[list[str], str, list[str]]] = [
    ([f"Numeric{order}" for order in ORDERS], "5", WRONG_NUMBERS),
    ([f"Date{order}" for order in ORDERS], NEW_YEAR, ["", *WRONG_MOMENTS]),
    (["Bool"], "true", ["", "1", "yes", " true", "tru\u0435"]),
    (["BinaryEquals"], "QUI=", ["Q", "QUI", "Q*I=", "\u00e9", "="]),
    (ARN_OPERATORS, ROLES, WRONG_ARNS),
    (["IpAddress", "NotIpAddress"], "10.0.0.0/8", ["", *WRONG_ADDRESSES]),
]


@pytest.mark.parametrize(
    ("operator", "value", "wrong"),
    [
        (operator, value, wrong)
        for operators, value, texts in WRONG_TYPES
        for operator in operators
        for wrong in texts
    ],
)
def test_a_value_of_another_type_matches_nothing(operator: str, value: str, wrong: str) -> None:
    """IAM-05: not even a negated operator."""
    assert not holds(operator, value, wrong)
    assert not holds(f"ForAllValues:{operator}", value, [wrong])
    assert not holds(f"ForAnyValue:{operator}", value, [wrong])


@pytest.mark.parametrize(
    ("block", "address", "inside"),
    [
        ("10.0.0.0/8", "10.255.255.255", True),
        ("10.0.0.0/8", "::ffff:10.0.0.1", True),
        ("10.0.0.0/8", "::ffff:a00:1", True),
        ("10.0.0.0/8", "::10.0.0.1", False),
        ("::ffff:10.0.0.0/104", "10.0.0.1", True),
        ("::ffff:10.0.0.0/104", "11.0.0.1", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.7/24", "10.0.0.200", True),
        ("2001:db8::/32", "2001:0DB8:0:0::1", True),
        ("2001:db8::/32", "2001:db9::1", False),
        ("0.0.0.0/0", "203.0.113.9", True),
        ("0.0.0.0/0", "2001:db8::1", False),
        ("::/0", "2001:db8::1", True),
    ],
)
def test_addresses_and_blocks(block: str, address: str, inside: bool) -> None:
    """IAM-05"""
    assert holds("IpAddress", block, address) is inside
    assert holds("NotIpAddress", block, address) is not inside


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
        ("2026-01-01T01:00:00+02:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.2Z"),
        ("1767225599", "2026-01-01"),
        ("2026-01-01", "1767225600.5"),
        ("2026-01-01T00:00Z", "2026-01-01T00:01Z"),
        ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
    ],
)
def test_moments_in_every_notation(earlier: str, later: str) -> None:
    """IAM-05"""
    assert holds("DateLessThan", later, earlier)
    assert holds("DateGreaterThan", earlier, later)
    assert not holds("DateEquals", earlier, later)


def test_numbers_compare_as_numbers_and_exactly() -> None:
    """IAM-05"""
    assert holds("NumericLessThan", "10", "9")
    assert holds("NumericEquals", "7", "007")
    assert holds("NumericEquals", 7, "7.00")
    assert not holds("NumericEquals", "0.30000000000000004", "0.3")
    assert holds("NumericGreaterThan", "9007199254740992", "9007199254740993")
    assert holds("NumericLessThan", "-1", "-2")


def test_strings_are_not_compared_as_numbers() -> None:
    """IAM-05"""
    assert not holds("StringEquals", "7", "7.0")
    assert not holds("StringEquals", "a*", "ab")
    assert holds("StringEquals", "a*", "a*")


@pytest.mark.parametrize(
    "operator",
    ["stringEquals", "StringEqual", "String", "BoolIfExist", "NullIfExists", "ForAnyValue:Null",
     "ForAllValues", "ForSomeValue:StringEquals", "ForAllValues:ForAnyValue:StringEquals",
     "StringEqualsIfExistsIfExists", "BoolNotEquals", "IfExists", ""],
)  # fmt: skip
def test_an_unknown_operator_is_malformed(operator: str) -> None:
    with pytest.raises(MalformedPolicy):
        holds(operator, "true", None)


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("NumericEquals", "five"),
        ("NumericEquals", "${aws:username}"),
        ("DateEquals", "today"),
        ("Bool", "1"),
        ("BinaryEquals", "?"),
        ("IpAddress", "10.0.0.0/33"),
        ("IpAddress", "10.0.0.0/255.0.0.0"),
        ("IpAddress", "example.com"),
        ("ArnLike", "role/reader"),
        ("Null", "maybe"),
    ],
)
def test_a_value_that_can_never_match_is_malformed(operator: str, value: str) -> None:
    """IAM-05"""
    with pytest.raises(MalformedPolicy):
        holds(operator, value, None)
