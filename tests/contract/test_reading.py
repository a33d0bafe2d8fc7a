"""From decoded requests to shapes."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.contract import cognito_sync as sync
from poolhouse.contract.reading import Reader
from poolhouse.contract.shape import (
    Invalid,
    Moment,
    Real,
    Refusal,
    Refused,
    Shape,
    Violation,
    Whole,
)

POOL = "us-east-1_abcDEF123"


def read(shape: type[Shape], tree: object) -> Any:
    return Reader().shape(shape.kind, tree)


def violations(shape: type[Shape], tree: object) -> list[Violation]:
    with pytest.raises(Invalid) as caught:
        read(shape, tree)
    return caught.value.violations


def test_members_are_snake_case_here_and_aws_cased_there() -> None:
    ask = read(idp.CreateGroupRequest, {"GroupName": "staff", "UserPoolId": POOL, "Precedence": 0})
    assert (ask.group_name, ask.user_pool_id, ask.precedence) == ("staff", POOL, 0)
    assert ask.description is None


def test_unknown_members_are_ignored_and_null_is_absent() -> None:
    tree = {"GroupName": "staff", "UserPoolId": POOL, "Description": None, "Nope": {"a": [1]}}
    assert read(idp.CreateGroupRequest, tree).description is None


def test_a_blank_password_is_absent_where_the_documentation_says_so() -> None:
    asked = {"ClientId": "abc", "Username": "ann", "Password": ""}
    assert read(idp.SignUpRequest, asked).password is None
    asked = {"UserPoolId": POOL, "Username": "ann", "TemporaryPassword": ""}
    assert read(idp.AdminCreateUserRequest, asked).temporary_password is None
    asked = {"UserPoolId": POOL, "Username": "ann", "Password": ""}
    (one,) = violations(idp.AdminSetUserPasswordRequest, asked)
    assert (one.path, one.constraint) == ("password", "pattern")


def test_all_broken_limits_are_counted_with_their_paths() -> None:
    tree = {"GroupName": "", "UserPoolId": "us east", "Precedence": -1}
    found = [(v.path, v.constraint) for v in violations(idp.CreateGroupRequest, tree)]
    assert found == [
        ("groupName", "min length"),
        ("groupName", "pattern"),
        ("precedence", "min"),
        ("userPoolId", "pattern"),
    ]


def test_a_missing_member_is_a_null_at_its_path() -> None:
    assert [v.path for v in violations(idp.CreateGroupRequest, {})] == ["groupName", "userPoolId"]


def test_list_members_are_counted_from_one() -> None:
    tree = {
        "ClientId": "abc",
        "Username": "ann",
        "Password": "x",
        "UserAttributes": [{"Name": "email", "Value": "e"}, {"Value": "no name"}],
    }
    assert violations(idp.SignUpRequest, tree)[0].path == "userAttributes.2.member.name"


def test_texts_in_a_list_or_map_break_one_constraint_together_and_maps_tell_no_values() -> None:
    client = {"UserPoolId": POOL, "ClientName": "web", "CallbackURLs": ["", "a b", "https://c"]}
    [found] = violations(idp.CreateUserPoolClientRequest, client)
    assert (found.path, found.constraint, found.value) == (
        "callbackURLs",
        "member",
        "[, a b, https://c]",
    )
    asked = {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": "abc",
        "AuthParameters": {"PASSWORD": "secret", "USERNAME": "x" * 140_000},
    }
    [found] = violations(idp.InitiateAuthRequest, asked)
    assert (found.path, found.constraint, found.value) == ("authParameters", "map value", "{…}")


def test_patterns_match_the_whole_value() -> None:
    for pool in (f" {POOL}", f"{POOL}\n", f"!! {POOL} !!"):
        tree = {"GroupName": "staff", "UserPoolId": pool}
        assert violations(idp.CreateGroupRequest, tree)[0].constraint == "pattern"


def test_sensitive_values_are_marked() -> None:
    tree = {"ClientId": "abc", "Username": "ann", "Password": "x" * 300}
    found = violations(idp.SignUpRequest, tree)
    assert [(v.path, v.sensitive) for v in found] == [("password", True)]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("GroupName", 5),
        ("GroupName", ["a"]),
        ("GroupName", {"a": 1}),
        ("GroupName", True),
        ("Precedence", "5"),
        ("Precedence", True),
        ("Precedence", 1.5),
        ("Precedence", 2**40),
        ("GroupName", "nul\x00"),
        ("GroupName", "\ud800"),
    ],
)
def test_a_wrong_type_is_refused_at_once(member: str, value: object) -> None:
    """CGN-15, NET-02: type confusion ends before any operation; REL-26: NUL and surrogates too."""
    tree = {"GroupName": "staff", "UserPoolId": POOL, member: value}
    with pytest.raises(Refused) as caught:
        read(idp.CreateGroupRequest, tree)
    assert caught.value.refusal is Refusal.MALFORMED
    assert "nul" not in caught.value.message


MOMENT = {"Op": "remove", "Key": "k", "SyncCount": 0}


@pytest.mark.parametrize(
    "moment", [10**400, -(10**400), 1e300, 253_402_300_800, -62_135_596_801, True, "2026-01-01", []]
)
def test_a_moment_that_no_calendar_has_is_refused(moment: object) -> None:
    with pytest.raises(Refused) as caught:
        read(sync.RecordPatch, {**MOMENT, "DeviceLastModifiedDate": moment})
    assert caught.value.refusal is Refusal.MALFORMED


@pytest.mark.parametrize("moment", [0, 0.001, 1548099495.428, -62_135_596_800, 253_402_300_799])
def test_a_moment_is_seconds_since_the_epoch(moment: float) -> None:
    assert read(sync.RecordPatch, {**MOMENT, "DeviceLastModifiedDate": moment}) == (
        sync.RecordPatch(key="k", op="remove", sync_count=0, device_last_modified_date=moment)
    )


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:01:00", 60.0),
        ("1970-01-01T01:01:00.250+01:00", 60.25),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("60", None),
    ],
)
def test_a_textual_moment_is_iso_8601_and_utc_where_it_says_nothing(
    text: str, seconds: float | None
) -> None:
    reader = Reader(textual=True)
    if seconds is None:
        with pytest.raises(Refused):
            reader.moment(Moment(), text, "when")
    else:
        assert reader.moment(Moment(), text, "when") == seconds


@pytest.mark.parametrize("text", ["", "+1", " 1", "1_0", "٣", "1e3", "0x1", "9" * 30])
def test_a_text_that_is_no_plain_number_is_no_number(text: str) -> None:
    with pytest.raises(Refused):
        Reader(textual=True).whole(Whole(bits=64), text, "count")
    assert Reader(textual=True).whole(Whole(bits=64), str(-(2**63)), "count") == -(2**63)


@pytest.mark.parametrize("number", [10**400, float("inf"), float("nan"), "1e999", "nan", "1_0"])
def test_a_real_number_is_one_that_a_double_holds(number: object) -> None:
    with pytest.raises(Refused):
        Reader(textual=True).real(Real(), number, "share")
    assert Reader(textual=True).real(Real(), "-1.5e3", "share") == -1500.0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["UserPoolId", "Username", "Limit", "X"]), json_values))
def test_any_tree_is_read_or_refused_but_never_breaks(tree: dict[str, Any]) -> None:
    with contextlib.suppress(Invalid, Refused):
        Reader().shape(idp.AdminListGroupsForUserRequest.kind, tree)


@given(json_values)
def test_anything_but_an_object_is_malformed(tree: object) -> None:
    if isinstance(tree, dict):
        return
    with pytest.raises(Refused):
        read(idp.ListGroupsRequest, tree)


def test_the_text_of_a_shape_tells_no_values() -> None:
    """LOG-01: a request may hold a password, an answer tokens, however deep."""
    tokens = idp.AuthenticationResultType(access_token="canary", expires_in=3600)
    answer = idp.InitiateAuthResponse(session="canary", authentication_result=tokens)
    asked = idp.InitiateAuthRequest(
        auth_flow="USER_PASSWORD_AUTH", client_id="c", auth_parameters={"PASSWORD": "canary"}
    )
    assert repr(tokens) == "AuthenticationResultType(access_token, expires_in)"
    assert "canary" not in repr([answer, asked])
