"""What a gateway is sent. No gateway needed."""

from __future__ import annotations

import json
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.delivery.bodies import FORM, JSON, TEXT, XML, Text, is_number, template

HOSTILE = 'Code "1" & <b>2</b>\\ \n{sender}{recipient} é%&To=+999'
SMS = Text("m-1", "+4930123456", HOSTILE, "Pool & Co")


def fields(name: str, text: Text = SMS) -> dict[str, list[str]]:
    written = template(name)
    assert written.content_type == FORM
    return parse_qs(written.body(text), strict_parsing=True)


def test_the_json_template_names_recipient_text_sender_and_id() -> None:
    written = template("json")
    assert written.content_type == JSON
    said = json.loads(written.body(SMS))
    assert said == {"id": "m-1", "to": "+4930123456", "from": "Pool & Co", "text": HOSTILE}
    assert "from" not in json.loads(written.body(Text("1", "+49301", "x", "")))


def test_the_form_is_that_of_twilio() -> None:
    assert fields("form") == {"To": ["+4930123456"], "From": ["Pool & Co"], "Body": [HOSTILE]}
    service = "MG" + "0123456789abcdef" * 2
    assert fields("form", Text("1", "+49301", "x", service))["MessagingServiceSid"] == [service]


@pytest.mark.parametrize(
    ("sender", "attribute"),
    [
        ("Pool", "AWS.SNS.SMS.SenderID"),
        ("+15550100", "AWS.MM.SMS.OriginationNumber"),
        ("15550100", "AWS.MM.SMS.OriginationNumber"),
        ("", None),
    ],
)
def test_sns_is_asked_to_publish(sender: str, attribute: str | None) -> None:
    found = fields("sns", Text("1", "+49301", HOSTILE, sender))
    assert (found["Action"], found["Version"]) == (["Publish"], ["2010-03-31"])
    assert (found["PhoneNumber"], found["Message"]) == (["+49301"], [HOSTILE])
    named = {
        found[f"MessageAttributes.entry.{number}.Name"][0]: found[
            f"MessageAttributes.entry.{number}.Value.StringValue"
        ][0]
        for number in (1, 2)
        if f"MessageAttributes.entry.{number}.Name" in found
    }
    wanted = {attribute: sender} if attribute else {}
    assert named == {"AWS.SNS.SMS.SMSType": "Transactional"} | wanted


@given(text=st.text(st.characters(codec="utf-8")), sender=st.text(st.characters(codec="utf-8")))
def test_no_text_breaks_out_of_a_body_of_ones_own(text: str, sender: str) -> None:
    """EXT-05"""
    sms = Text("m-1", "+49301", text, sender)
    own = template('{"messages": [{"to": "{recipient}", "m": "{text}", "by": "{sender}"}]}')
    assert own.content_type == JSON
    said = json.loads(own.body(sms))
    assert said == {"messages": [{"to": "+49301", "m": text, "by": sender}]}
    own = template("key=1&to={recipient}&m={text}&by={sender}")
    assert own.content_type == FORM
    found = parse_qs(own.body(sms), keep_blank_values=True, strict_parsing=True)
    assert found == {"key": ["1"], "to": ["+49301"], "m": [text], "by": [sender]}


@given(text=st.text(st.characters(codec="utf-8")))
def test_no_text_breaks_out_of_xml(text: str) -> None:
    """EXT-05"""
    own = template("<sms to='{recipient}' m='{text}'><m>{text}</m></sms>")
    assert own.content_type == XML
    read = ElementTree.fromstring(own.body(Text("1", "+49301", text, "")))
    assert [child.tag for child in read] == ["m"]
    assert set(read.attrib) == {"to", "m"}


def test_a_plain_text_body_is_sent_as_it_is() -> None:
    own = template("{recipient}\n{text}")
    assert own.content_type == TEXT
    assert own.body(SMS) == f"+4930123456\n{HOSTILE}"


@pytest.mark.parametrize(
    "number", ["", "+", "49301", "+0123", "+49 301", "+49٣٠١", "+491\n", "+" + "1" * 16, "+49;301"]
)
def test_what_is_no_number_is_told_apart(number: str) -> None:
    """EXT-16"""
    assert not is_number(number)
    assert is_number("+49301")
