"""AWS JSON 1.1: what a body may be, and what an answer without members is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.contract import cognito_identity as cid
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.shape import Invalid, Refusal, Refused
from poolhouse.doors.aws import json_rpc
from tests.support.house import TestHouse


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b'{"Limit": NaN}',
        b'{"Limit": 1e400}',
        b'{"UserPoolId": "\\ud800"}',
        b"[" * 100_000,
        b'{"a": 1} {}',
    ],
)
def test_a_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    """REL-26"""
    with pytest.raises(Refused) as caught:
        json_rpc.read(idp.ListGroups, body)
    assert caught.value.refusal is Refusal.MALFORMED


@pytest.mark.parametrize("operation", ["InitiateAuth", "GetUser", "SignUp"])
@pytest.mark.parametrize("opened", [b"[", b'{"a":'])
def test_nesting_without_end_is_malformed_whatever_is_asked(
    sqlite_house: TestHouse, operation: str, opened: bytes
) -> None:
    """NET-02: whoever looks into the body before it is read too."""
    target = f"AWSCognitoIdentityProviderService.{operation}"
    body = b'{"x":' + opened * 100_000
    status, headers, _ = sqlite_house.request("POST", "/", {"X-Amz-Target": target}, body)
    assert (status, headers["x-amzn-errortype"]) == (400, "SerializationException:")


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises((Refused, Invalid)):  # ListGroups demands a member
        json_rpc.read(idp.ListGroups, body)


@pytest.mark.parametrize("body", [b"", b" \r\n", b"{}"])
def test_no_body_is_an_empty_object(body: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        json_rpc.read(cid.GetId, body)
    assert [violation.path for violation in caught.value.violations] == ["identityPoolId"]


def test_a_key_of_a_map_may_have_as_many_dots_as_it_likes() -> None:
    key = ".".join("a" * 40)
    body = b'{"IdentityPoolId": "us-east-1:0", "Logins": {"%s": "token"}}' % key.encode()
    ask = json_rpc.read(cid.GetId, body)
    assert isinstance(ask, cid.GetIdInput) and ask.logins == {key: "token"}


def test_an_operation_without_an_output_answers_no_bytes_and_an_empty_output_an_object() -> None:
    assert json_rpc.answer(None) == b""
    assert json_rpc.answer(idp.GlobalSignOutResponse()) == b"{}"


def test_absent_members_are_left_out_and_false_or_empty_ones_are_not() -> None:
    answer = idp.SignUpResponse(user_confirmed=False, user_sub="")
    assert json_rpc.answer(answer) == b'{"UserConfirmed":false,"UserSub":""}'
