from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.access.policy.document import Policy, PolicyKind, parse_policy
from poolhouse.access.policy.malformed import MalformedPolicy, PolicyTooLarge
from tests.access.policy.documents import POOL, statement, text

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
TRUST: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"AWS": "123456789012"},
    "Action": "sts:AssumeRole",
}


def malformed(document: str, kind: PolicyKind = "identity", limit: int | None = None) -> str:
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(document, kind=kind, limit=limit)
    return caught.value.message


def without(element: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in element.items() if name not in names}


def test_a_single_statement_and_single_texts_need_no_list() -> None:
    single = parse_policy(json.dumps({"Statement": ALLOW}), kind="identity")
    listed = {"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"]}
    assert single == parse_policy(text(listed, version=None), kind="identity")


def test_a_parsed_policy_does_not_change() -> None:
    first, second = (parse_policy(text(ALLOW), kind="identity") for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(AttributeError):
        first.kind = "trust"  # type: ignore[misc]


@pytest.mark.parametrize(
    "document",
    [
        "",
        " ",
        "null",
        "[]",
        '"policy"',
        "{}",
        "{",
        "{'Statement': []}",
        '{"Statement": null}',
        '{"Statement": []}',
        '{"Statement": "Allow"}',
        '{"Statement": [[]]}',
        '{"Statement": [null]}',
        text(ALLOW) + text(ALLOW),
        text(ALLOW) + ",",
        "\ufeff" + text(ALLOW),
        text(ALLOW).replace("{", "{/* comment */", 1),
        text(ALLOW).replace('"Allow"', "NaN"),
        text(ALLOW).replace('"Allow"', "Infinity"),
        text(ALLOW).replace('"Allow"', '"All\now"'),
        text({**ALLOW, "Sid": "a"}).replace('"a"', '"\\ud800"'),
        text({**ALLOW, "Resource": "arn:aws:s3:::x"}).replace(":x", ":\\udfff"),
        "[" * 5_000,
        '{"Statement":' * 400 + "}" * 400,
        text({**ALLOW, "Condition": {"NumericEquals": {"a:b": 1}}}).replace("1}", "1" * 5000 + "}"),
    ],
)
def test_what_is_not_strict_json_of_a_policy_is_refused(document: str) -> None:
    """IAM-08"""
    malformed(document)


@pytest.mark.parametrize(
    "document",
    [
        '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[]}',
        '{"Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
        text(ALLOW).replace("{", '{"Id":"a","Id":"a",', 1),
        text({**ALLOW, "Condition": 0}).replace("0}", '{"Bool":{},"Bool":{}}}'),
        text({**ALLOW, "Condition": 0}).replace("0}", '{"Bool":{"a:b":"1","a:b":"2"}}}'),
    ],
)
def test_an_element_given_twice_is_refused(document: str) -> None:
    """IAM-08"""
    assert "twice" in malformed(document)


@pytest.mark.parametrize(
    "version", ["2012-10-18", "2008-10-16", "2012", "", 2012, None, True, ["2012-10-17"], {}]
)
def test_an_unknown_version_is_refused(version: object) -> None:
    """IAM-08"""
    document = json.dumps({"Version": version, "Statement": [ALLOW]})
    assert malformed(document) == "Policy document must be version 2012-10-17 or greater."


@pytest.mark.parametrize("name", ["Statements", "version", "statement", "Comment", "Effect", ""])
def test_an_unknown_element_of_the_document_is_refused(name: str) -> None:
    """IAM-08"""
    document = json.dumps({"Statement": [ALLOW], name: "x"})
    assert malformed(document) == f"Has prohibited field {name}"


@pytest.mark.parametrize(
    "name", ["effect", "Resources", "Conditions", "Comment", "Version", "\x00"]
)
def test_an_unknown_element_of_a_statement_is_refused(name: str) -> None:
    """IAM-08"""
    message = malformed(text({**ALLOW, name: "x"}))
    assert message.startswith("Has prohibited field ")
    assert message.isprintable()


@pytest.mark.parametrize("effect", ["allow", "ALLOW", "", None, True, 1, ["Allow"], {}])
def test_an_unknown_effect_is_refused(effect: object) -> None:
    """IAM-08"""
    malformed(text({**ALLOW, "Effect": effect}))
    assert malformed(text(without(ALLOW, "Effect"))) == "Missing required field Effect"


@pytest.mark.parametrize(("name", "plural"), [("Action", "actions"), ("Resource", "resources")])
def test_a_statement_has_an_element_or_its_not_twin_and_never_both(name: str, plural: str) -> None:
    """IAM-03"""
    plain = without(ALLOW, name)
    assert malformed(text(plain)) == f"Policy statement must contain {plural}."
    assert "not both" in malformed(text({**ALLOW, f"Not{name}": ALLOW[name]}))
    parse_policy(text({**plain, f"Not{name}": ALLOW[name]}), kind="identity")
    for spelled in (name, f"Not{name}"):
        malformed(text({**plain, spelled: []}))
        malformed(text({**plain, spelled: None}))


@pytest.mark.parametrize("name", ["Action", "NotAction", "Resource", "NotResource"])
@pytest.mark.parametrize("value", ["", 5, True, {}, [[]], ["*", 5], [None], {"*": "*"}])
def test_actions_and_resources_are_texts(name: str, value: object) -> None:
    """IAM-08"""
    malformed(text({**without(ALLOW, name.removeprefix("Not")), name: value}))


@pytest.mark.parametrize(
    "action",
    ["GetObject", "s3", "s3:", ":Get", "s3:Get Object", "s3:Get:Object", "s*:Get", "?3:Get",
     "s3:${aws:username}", "s3:Gét", "**", "s3:Get\n"],
)  # fmt: skip
def test_a_malformed_action_is_refused(action: str) -> None:
    """IAM-02, IAM-08"""
    assert "prefaced by a vendor" in malformed(text({**ALLOW, "Action": action}))


@pytest.mark.parametrize(
    "resource",
    ["x", "arn", "arn:", "arn:aws", "arn:aws:s3", "arn:aws:s3::x", "ARN:aws:s3:::x", "*x", "x*",
     "*:*", "?", "a*n:aws:s3:::x", "${aws:username}", "${*}", " *", "arn:aws:${a:b}"],
)  # fmt: skip
def test_a_resource_that_is_no_arn_is_refused(resource: str) -> None:
    """IAM-02, IAM-08: a pattern that can never match would make a Deny silently empty."""
    assert "must be in ARN format" in malformed(text({**ALLOW, "Resource": resource}))


@pytest.mark.parametrize("name", ["Principal", "NotPrincipal"])
def test_an_identity_policy_names_no_principal(name: str) -> None:
    """IAM-03"""
    message = malformed(text({**ALLOW, name: "*"}))
    assert message == "Policy document should not specify a principal."


@pytest.mark.parametrize(
    "condition",
    [
        None,
        [],
        "x",
        {"StringEquals": None},
        {"StringEquals": []},
        {"StringEquals": "x"},
        {"StringEquals": {"a:b": None}},
        {"StringEquals": {"a:b": []}},
        {"StringEquals": {"a:b": {}}},
        {"StringEquals": {"a:b": [["x"]]}},
        {"StringEquals": {"a:b": ["x", None]}},
        {"StringEquals": {"username": "x"}},
        {"StringEquals": {"": "x"}},
        {"StringIs": {"a:b": "x"}},
    ],
)
def test_a_malformed_condition_is_refused(condition: object) -> None:
    """IAM-08"""
    malformed(text({**ALLOW, "Condition": condition}))


@pytest.mark.parametrize("value", [True, 5, 5.5, -1, "x", ["x", True, 5]])
def test_conditions_take_texts_numbers_and_truth_values(value: object) -> None:
    condition = {"StringEquals": {"a:b": value}}
    parse_policy(text({**ALLOW, "Condition": condition}), kind="identity")


def test_statement_ids_are_plain_and_unique() -> None:
    """IAM-08"""
    one, two = {**ALLOW, "Sid": "One"}, {**ALLOW, "Sid": "Two"}
    parse_policy(text(one, two), kind="identity")
    parse_policy(text({**ALLOW, "Sid": ""}, {**ALLOW, "Sid": ""}), kind="identity")
    assert "must be unique" in malformed(text(one, two, one))
    for sid in ("with space", "a-b", "é", 5, None, ["x"]):
        malformed(text({**ALLOW, "Sid": sid}))


def test_the_size_is_limited_and_white_space_is_free() -> None:
    """IAM-08"""
    padding = "a" * (6144 - len("".join(text(statement(Resource="arn:aws:s3:::")).split())))
    full = text(statement(Resource="arn:aws:s3:::" + padding))
    parse_policy(full.replace(":", " : ", 1) + "\n" * 10_000, kind="identity")
    over = text(statement(Resource="arn:aws:s3:::a" + padding))
    with pytest.raises(PolicyTooLarge, match="Cannot exceed quota for PolicySize: 6144"):
        parse_policy(over, kind="identity")
    parse_policy(over, kind="identity", limit=10_240)
    with pytest.raises(PolicyTooLarge):
        parse_policy(text(ALLOW), kind="identity", limit=50)
    with pytest.raises(PolicyTooLarge):
        parse_policy(text(ALLOW) + " " * 131_072, kind="identity")
    roles = [f"arn:aws:iam::123456789012:role/{number:040}" for number in range(30)]
    with pytest.raises(PolicyTooLarge, match="2048"):
        parse_policy(text({**TRUST, "Principal": {"AWS": roles}}), kind="trust")


@pytest.mark.parametrize("name", ["Resource", "NotResource"])
def test_a_trust_policy_names_no_resource(name: str) -> None:
    """IAM-03"""
    assert malformed(text({**TRUST, name: "*"}), "trust") == f"Has prohibited field {name}"


def test_a_trust_policy_names_a_principal_once() -> None:
    """IAM-03"""
    message = "Missing required field Principal"
    assert malformed(text(without(TRUST, "Principal")), "trust") == message
    assert malformed(text({**TRUST, "NotPrincipal": "*"}), "trust") == message


def test_not_principal_may_only_deny() -> None:
    """IAM-03"""
    inverted = {**without(TRUST, "Principal"), "NotPrincipal": {"AWS": "123456789012"}}
    assert "effect Deny" in malformed(text(inverted), "trust")
    parse_policy(text({**inverted, "Effect": "Deny"}), kind="trust")


@pytest.mark.parametrize("action", ["*", "*:*", "s3:GetObject", "iam:PassRole"])
def test_a_trust_policy_is_about_actions_of_sts(action: str) -> None:
    message = malformed(text({**TRUST, "Action": action}), "trust")
    assert message == "AssumeRole policy may only specify STS AssumeRole actions."


@pytest.mark.parametrize(
    "principal",
    [
        "",
        "123456789012",
        "**",
        None,
        [],
        {},
        ["*"],
        {"aws": "*"},
        {"CanonicalUser": "x"},
        {"AWS": []},
        {"AWS": None},
        {"AWS": 123456789012},
        {"AWS": [["*"]]},
        {"AWS": ""},
        {"AWS": "12345678901"},
        {"AWS": "arn:aws:iam::123456789012:user/*"},
        {"AWS": "arn:aws:iam::*:root"},
        {"AWS": "arn:aws:iam::123456789012:role/a?"},
        {"AWS": "arn:aws:s3:::bucket"},
        {"AWS": "arn:aws:iam::123456789012:root\n"},
        {"Federated": "*"},
        {"Federated": "arn:aws:iam::123456789012:oidc-provider/*"},
        {"Federated": "localhost"},
        {"Service": "*"},
        {"Service": "*.amazonaws.com"},
    ],
)
def test_a_malformed_principal_is_refused(principal: object) -> None:
    """IAM-08"""
    malformed(text({**TRUST, "Principal": principal}), "trust")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["*", POOL]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "Statement Effect Action Condition Principal StringLike Null aws:x AWS".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(JSON, JSON, st.sampled_from(["identity", "trust"]), st.booleans())
def test_whatever_is_given_is_parsed_or_refused(
    one: object, two: object, kind: PolicyKind, wrapped: bool
) -> None:
    document = {"Statement": [{"Effect": "Allow", "Action": one, "Condition": two}]}
    with contextlib.suppress(MalformedPolicy):
        made = parse_policy(json.dumps(document if wrapped else one), kind=kind)
        assert isinstance(made, Policy)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.text('{}[]":,StatementAllow*', max_size=60))
def test_whatever_text_is_given_is_refused(document: str) -> None:
    malformed(document)
