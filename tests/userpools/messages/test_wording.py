"""How messages read. No house needed."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.messages import wording
from poolhouse.userpools.messages.rules import (
    invitation_attributes,
    masked,
    sign_up_attribute,
)
from poolhouse.userpools.users.rows import User
from tests.userpools.users.pool import pool

BOTH = {"email": "ann@example.com", "phone_number": "+12065551234"}


def user(**attributes: str) -> User:
    return User("p", "s", "ann", "UNCONFIRMED", True, attributes, 1.0, 1.0)


def mail(template: idp.MessageTemplateType, **values: str) -> Any:
    named = {"{####}": values.get("code", "012345"), "{username}": values.get("username", "ann")}
    return wording.letter(template, "EMAIL", "ann@example.com", named)


@pytest.mark.parametrize(
    ("attribute", "value", "shown"),
    [
        ("email", "bob@gmail.com", "b***@g***"),
        ("email", "Bob@Gmail.com", "b***@g***"),
        ("email", "b@g", "b***@g***"),
        ("phone_number", "+12065551234", "+*******1234"),
        ("phone_number", "+4930123456", "+******3456"),
        ("phone_number", "+1234", "+**34"),
    ],
)
def test_addresses_are_masked_as_cognito_masks_them(attribute: str, value: str, shown: str) -> None:
    assert masked(attribute, value) == shown


def test_codes_at_sign_up_go_to_the_phone_first() -> None:
    both = pool(auto_verified_attributes=["email", "phone_number"])
    assert sign_up_attribute(both, user(**BOTH)) == "phone_number"
    assert sign_up_attribute(both, user(email="a@b.c")) == "email"
    assert sign_up_attribute(pool(auto_verified_attributes=["email"]), user(**BOTH)) == "email"
    assert sign_up_attribute(pool(), user(**BOTH)) is None


@pytest.mark.parametrize(
    ("mediums", "has", "goes"),
    [
        (None, BOTH, ["phone_number"]),
        (None, {"email": "a@b.c"}, ["email"]),
        (None, {}, []),
        (["EMAIL"], BOTH, ["email"]),
        (["EMAIL", "SMS"], BOTH, ["email", "phone_number"]),
        (["SMS"], {"email": "a@b.c"}, []),
    ],
)
def test_invitations_go_where_they_are_asked_to(
    mediums: list[str] | None, has: dict[str, str], goes: list[str]
) -> None:
    assert invitation_attributes(user(**has), mediums) == goes


def test_a_pool_without_templates_says_what_cognito_says() -> None:
    plain = pool()
    letter = mail(wording.verification(plain))
    assert letter.subject == "Your verification code"
    assert letter.text == letter.html == "Your verification code is 012345. "
    letter = mail(wording.invitation(plain), code="Temp-1!", username="ann")
    assert letter.subject == "Your temporary password"
    assert letter.text == "Your username is ann and temporary password is Temp-1!. "


def test_the_newer_template_wins_over_the_older_members() -> None:
    template = idp.VerificationMessageTemplateType(
        email_message="<b>{####}</b>", email_subject="Ours", sms_message="SMS {####}"
    )
    older: dict[str, Any] = {
        "email_verification_message": "old {####}",
        "email_verification_subject": "Old",
        "sms_verification_message": "old {####}",
    }
    found = wording.verification(pool(verification_message_template=template, **older))
    assert (found.email_subject, found.email_message) == ("Ours", "<b>{####}</b>")
    assert found.sms_message == "SMS {####}"
    found = wording.verification(pool(**older))
    assert (found.email_subject, found.sms_message) == ("Old", "old {####}")


def test_a_link_falls_back_to_the_code_while_there_is_no_domain() -> None:
    """SES-02"""
    template = idp.VerificationMessageTemplateType(
        default_email_option="CONFIRM_WITH_LINK", email_message_by_link="Click {##here##}"
    )
    letter = mail(wording.verification(pool(verification_message_template=template)))
    assert "012345" in letter.text
    assert "http" not in letter.text + letter.html


def test_an_html_template_has_a_plain_part_that_says_the_same() -> None:
    template = idp.MessageTemplateType(
        email_subject="S",
        email_message=(
            "<html><head><style>p { color: red }</style></head><body><p>Hello &amp; welcome,</p>"
            "<p>your code is <b>{####}</b></p><script>x()</script></body></html>"
        ),
    )
    letter = mail(template)
    assert letter.text == "Hello & welcome,\nyour code is 012345"
    assert "<b>012345</b>" in letter.html


@pytest.mark.parametrize(
    "text",
    [
        "{{7*7}}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
        "{0.__class__.__mro__}",
        "%(username)s %s $username",
        "{username.__class__}",
        "{{username}}",
        "{#### }",
    ],
)
def test_a_template_holds_no_expressions(text: str) -> None:
    """EXT-07: what is no placeholder of Cognito's is sent as it was written."""
    template = idp.MessageTemplateType(
        email_subject=f"{text} s", email_message=f"{text} {{####}}", sms_message=f"{text} {{####}}"
    )
    # Braces around a placeholder are only braces.
    written = text.replace("{{username}}", "{ann}")
    letter = mail(template)
    assert letter.subject == f"{written} s"
    assert letter.html == f"{written} 012345"
    named = {"{####}": "012345", "{username}": "ann"}
    assert wording.letter(template, "SMS", "+1", named).text == f"{written} 012345"


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, attrs))


HOSTILE = [
    "<a href='https://evil.example'>click</a>",
    "<script>alert(1)</script>",
    '"><img src=x onerror=y>',
    "https://evil.example/{####}",
    "{####}",
    "{username}{##link##}",
    "a\r\nBcc: eve@example.com",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_cannot_write_markup_links_or_placeholders(name: str) -> None:
    """EXT-06"""
    template = idp.MessageTemplateType(
        email_subject="Welcome {username}",
        email_message='<p title="{username}">Hi {username}, code <b>{####}</b></p>',
        sms_message="Hi {username}, {####}",
    )
    letter = mail(template, username=name)
    tags = Tags(letter.html).found
    assert [tag for tag, _ in tags] == ["p", "b"]
    assert [key for key, _ in tags[0][1]] == ["title"]
    shown = name.replace("\r\n", " ")
    assert tags[0][1][0][1] == shown
    assert letter.text == f"Hi {shown}, code 012345"
    assert letter.subject == f"Welcome {shown}"
    sms = wording.letter(template, "SMS", "+1", {"{####}": "1", "{username}": name})
    assert sms.text == f"Hi {shown}, 1"


@given(name=st.text(max_size=40), code=st.text(max_size=40))
def test_no_value_breaks_a_message_into_lines_or_tags(name: str, code: str) -> None:
    """EXT-05, EXT-06"""
    template = idp.MessageTemplateType(
        email_subject="{username} {####}", email_message="<i>{username}</i> {####}"
    )
    letter = mail(template, username=name, code=code)
    assert len(letter.subject.splitlines()) <= 1
    assert len(letter.text.splitlines()) <= 1
    assert [tag for tag, _ in Tags(letter.html).found] == ["i"]
