"""AWS Query: what a form may say, and text that XML cannot hold."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolhouse.contract import iam, sts
from poolhouse.contract.shape import Refusal, Refused
from poolhouse.doors.aws import query
from poolhouse.doors.aws.refusals import Fault
from tests.doors.aws.wire import parsed
from tests.support.house import ENDPOINT, TestHouse


def read(operation: Any, form: str) -> Any:
    return query.read(operation, query.form_of(form))


@pytest.mark.parametrize(
    "text", ["a=1&a=2", "a=%ff", "&".join(f"a{n}=" for n in range(query.MOST_FIELDS + 1))]
)
def test_what_is_no_plain_form_is_malformed(text: str) -> None:
    with pytest.raises(Refused) as caught:
        query.form_of(text)
    assert caught.value.refusal is Refusal.MALFORMED


def test_lists_end_where_their_numbers_do() -> None:
    form = "RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=&Tags.member.3.Key=c"
    ask = read(iam.TagRole, form)
    assert [(tag.key, tag.value) for tag in ask.tags] == [("a", "")]
    assert read(iam.TagRole, "RoleName=r&Tags=").tags == []


def test_numbers_and_truths_are_read_from_text_and_nothing_else_is() -> None:
    assert read(sts.GetSessionToken, "DurationSeconds=900").duration_seconds == 900
    for text in ("", "x", "900.0", "%2B900", "9_00", "%20900"):
        with pytest.raises(Refused):
            read(sts.GetSessionToken, f"DurationSeconds={text}")
    assert read(iam.ListPolicies, "OnlyAttached=true").only_attached is True
    with pytest.raises(Refused):
        read(iam.ListPolicies, "OnlyAttached=True")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_an_answer_is_xml_whatever_the_text(text: str) -> None:
    body = query.answer(sts.GetCallerIdentity, sts.GetCallerIdentityResponse(arn=text), "a-request")
    ElementTree.fromstring(body)
    ElementTree.fromstring(query.fault(Fault(400, "Code", text), "urn:x", "a-request"))


def test_what_xml_cannot_hold_is_left_out() -> None:
    shape = sts.GetCallerIdentityResponse(arn="a\x00\x1b\ufffe\rb")
    body = query.answer(sts.GetCallerIdentity, shape, "a-request")
    assert parsed(sts.GetCallerIdentity, 200, [], body) == {"Arn": "a\rb"}


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("Action=GetAccountSummary&Version=2010-05-08", "GetAccountSummary for version 2010-05-08"),
        ("Action=None&Version=2011-06-15", "None for version 2011-06-15"),
        ("Action=None", "None for version"),
    ],
)
def test_an_action_that_is_none_is_told_with_its_version(
    sqlite_house: TestHouse, form: str, words: str
) -> None:
    fields = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    status, _, body = sqlite_house.request("POST", f"{ENDPOINT}/", fields, form.encode())
    assert status == 400
    texts = [found.text for found in ElementTree.fromstring(body)[0]]
    assert texts == ["Sender", "InvalidAction", f"Could not find operation {words}"]
