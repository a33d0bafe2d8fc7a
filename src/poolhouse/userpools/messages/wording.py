"""How messages read: the pool's templates, or Cognito's words, with values put in.

Source: "Customizing user invitation messages" and "Configuring email verification messages".
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser

from poolhouse.contract import cognito_idp as idp
from poolhouse.delivery.letters import SMS, Letter
from poolhouse.userpools.pools.rows import Pool

CODE = "{####}"
USERNAME = "{username}"

_VERIFICATION = idp.MessageTemplateType(
    email_subject="Your verification code",
    email_message="Your verification code is {####}. ",
    sms_message="Your verification code is {####}. ",
)
_INVITATION_TEXT = "Your username is {username} and temporary password is {####}. "
_INVITATION = idp.MessageTemplateType(
    email_subject="Your temporary password",
    email_message=_INVITATION_TEXT,
    sms_message=_INVITATION_TEXT,
)
_PLACEHOLDER = re.compile(r"\{####\}|\{username\}")
_TAG = re.compile(r"<[a-zA-Z!/][^>]*>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLOCKS = frozenset("p div br tr li ul ol table h1 h2 h3 h4 h5 h6 hr".split())
_UNSEEN = frozenset("style script head title".split())


def verification(pool: Pool) -> idp.MessageTemplateType:
    """The pool's words for codes. Where it prefers a link the code is sent: a link needs a
    domain, and its base would come from configuration only."""
    settings = pool.settings
    template = settings.verification_message_template or idp.VerificationMessageTemplateType()
    return _filled(
        idp.MessageTemplateType(
            email_subject=template.email_subject or settings.email_verification_subject,
            email_message=template.email_message or settings.email_verification_message,
            sms_message=template.sms_message or settings.sms_verification_message,
        ),
        _VERIFICATION,
    )


def invitation(pool: Pool) -> idp.MessageTemplateType:
    """The pool's words for invitations."""
    config = pool.settings.admin_create_user_config or idp.AdminCreateUserConfigType()
    return _filled(config.invite_message_template or idp.MessageTemplateType(), _INVITATION)


def _filled(
    own: idp.MessageTemplateType, usual: idp.MessageTemplateType
) -> idp.MessageTemplateType:
    return idp.MessageTemplateType(
        email_subject=own.email_subject or usual.email_subject,
        email_message=own.email_message or usual.email_message,
        sms_message=own.sms_message or usual.sms_message,
    )


def letter(
    template: idp.MessageTemplateType, medium: str, recipient: str, values: Mapping[str, str]
) -> Letter:
    """The message to one recipient. Values come from users: they are escaped in HTML, and lose
    their control characters everywhere."""
    plain = {placeholder: _CONTROL.sub(" ", value) for placeholder, value in values.items()}
    if medium == SMS:
        return Letter(recipient=recipient, text=_put(template.sms_message or "", plain))
    message = template.email_message or ""
    marked_up = bool(_TAG.search(message))
    escaped = {placeholder: html.escape(value) for placeholder, value in plain.items()}
    subject = _put(template.email_subject or "", plain)
    return Letter(
        recipient=recipient,
        subject=" ".join(_CONTROL.sub(" ", subject).split()),
        text=_put(_Seen.of(message) if marked_up else message, plain),
        html=_put(message if marked_up else message.replace("\n", "<br>\n"), escaped),
    )


def _put(template: str, values: Mapping[str, str]) -> str:
    """Every placeholder in one pass: a value that looks like a placeholder stays as it is."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), template)


class _Seen(HTMLParser):
    """What a reader sees of an HTML template, as plain text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._unseen = 0

    @classmethod
    def of(cls, template: str) -> str:
        reader = cls()
        reader.feed(template)
        reader.close()
        lines = (" ".join(line.split()) for line in "".join(reader._parts).split("\n"))
        return "\n".join(line for line in lines if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BLOCKS:
            self._parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        if tag in _BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data.replace("\n", " "))
