"""How messages read: the pool's templates, or Cognito's words, with values put in.

Source: "Configuring MFA, authentication, verification and invitation messages", developer guide.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Literal

from msgspec.structs import replace

from poolhouse.contract import cognito_idp as idp
from poolhouse.delivery.letters import SMS, Letter
from poolhouse.userpools.pools.rows import Pool

CODE = "{####}"
USERNAME = "{username}"
UNCHANGED = "(unchanged)"
"""What stands in place of a password that the user has and nobody else is told."""

_VERIFICATION = idp.MessageTemplateType(
    email_subject="Your verification code",
    email_message="Your verification code is {####}. ",
    sms_message="Your verification code is {####}. ",
)
_AUTHENTICATION = idp.MessageTemplateType(
    email_subject="Your authentication code",
    email_message="Your authentication code is {####}. ",
    sms_message="Your authentication code is {####}. ",
)
_INVITATION_TEXT = "Your username is {username} and temporary password is {####}. "
_INVITATION = idp.MessageTemplateType(
    email_subject="Your temporary password",
    email_message=_INVITATION_TEXT,
    sms_message=_INVITATION_TEXT,
)
Change = Literal["password", "email", "phone number", "second factor", "passkey", "recovery code"]

_CHANGED: dict[Change, str] = {
    "password": "password was changed",
    "email": "e-mail address was changed",
    "phone number": "phone number was changed",
    "second factor": "second sign-in factor was changed",
    "passkey": "passkeys were changed",
    "recovery code": "recovery code was used to sign in",
}
_NOTICE = (
    "Your {change}. This is about your account {{username}}.\n\n"
    "If it was not you, set a new password now and tell those who run this service.\n"
)
_LINK = re.compile(r"\{##[^{}]*##\}")
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


def prefers_links(pool: Pool) -> bool:
    """Whether the pool would rather send a link than a code (CONFIRM_WITH_LINK)."""
    template = pool.settings.verification_message_template
    return template is not None and template.default_email_option == "CONFIRM_WITH_LINK"


def with_code(message: str) -> str:
    """The message with the code where it has a link's placeholder, `{##Click Here##}`."""
    return _LINK.sub(CODE, message)


def authentication(pool: Pool) -> idp.MessageTemplateType:
    """The pool's words for codes that sign in: second factors, and EMAIL_OTP and SMS_OTP as the
    first. What Cognito says by e-mail unless told is nowhere written: it is as by SMS here."""
    # Also where MFA is off: the same template serves the first factor.
    email = pool.chosen_mfa.email_mfa_configuration or idp.EmailMfaConfigType()
    own = idp.MessageTemplateType(
        email_subject=email.subject,
        email_message=email.message,
        sms_message=pool.settings.sms_authentication_message,
    )
    return _filled(own, _AUTHENTICATION)


def notice(change: Change) -> idp.MessageTemplateType:
    """Words of this server's own: Cognito tells nobody."""
    said = _CHANGED[change]
    return idp.MessageTemplateType(
        email_subject=f"Your {said}", email_message=_NOTICE.format(change=said)
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


def sent_by(pool: Pool, letter: Letter) -> Letter:
    """The letter with the sender and the address for answers that the pool names."""
    email = pool.settings.email_configuration
    if email is None or not letter.subject:
        return letter
    return replace(letter, sender=email.from_ or "", reply_to=email.reply_to_email_address or "")


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
