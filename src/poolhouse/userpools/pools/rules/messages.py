"""What a pool says in its messages: templates, their older names, and who sends them.

The placeholders themselves (`{####}`, `{##…##}`) are patterns of the contract.
"""

from __future__ import annotations

import re
from email.utils import parseaddr

from poolhouse.contract import cognito_idp as idp

Asked = idp.CreateUserPoolRequest | idp.UpdateUserPoolRequest
CODE = "{####}"

# A header line: no control characters, and no longer than RFC 5322, 2.1.1 lets it be.
_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,998}")


def verification(asked: Asked) -> idp.VerificationMessageTemplateType:
    """The template of verification messages. The members of old (EmailVerificationMessage …)
    fill what the template leaves out, and are shown again from it. A code's text and a link's
    may both be given, whichever is sent: pools are made so, though AWS's text says otherwise."""
    given = asked.verification_message_template or idp.VerificationMessageTemplateType()
    return idp.VerificationMessageTemplateType(
        default_email_option=given.default_email_option or "CONFIRM_WITH_CODE",
        email_message=given.email_message or asked.email_verification_message,
        email_message_by_link=given.email_message_by_link,
        email_subject=given.email_subject or asked.email_verification_subject,
        email_subject_by_link=given.email_subject_by_link,
        sms_message=given.sms_message or asked.sms_verification_message,
    )


def invitation_days(asked: Asked) -> int | None:
    """Days that a temporary password works, as the older member says it.

    Raises InvalidParameterException where it contradicts the password policy.
    """
    older = asked.admin_create_user_config
    days = older.unused_account_validity_days if older else None
    password = asked.policies.password_policy if asked.policies else None
    newer = password.temporary_password_validity_days if password else None
    if days and newer and days != newer:
        raise idp.InvalidParameterException(
            "Please use TemporaryPasswordValidityDays in PasswordPolicy instead of "
            "UnusedAccountValidityDays"
        )
    return newer or days


def check_messages(settings: idp.UserPoolType) -> None:
    """Raises InvalidParameterException."""
    _check_sender(settings.email_configuration)
    _check_invitation(settings)


def _check_sender(email: idp.EmailConfigurationType | None) -> None:
    """A sender becomes a header of every mail, so it must be one line with one address in it."""
    if email is None:
        return
    if email.email_sending_account == "DEVELOPER" and not email.source_arn:
        raise idp.InvalidParameterException(
            "SourceArn is required when EmailSendingAccount is DEVELOPER."
        )
    sender = email.from_
    if sender and not (_ONE_LINE.fullmatch(sender) and "@" in parseaddr(sender)[1]):
        raise idp.InvalidParameterException("From must be an address, or a name and an <address>.")


def _check_invitation(settings: idp.UserPoolType) -> None:
    """Only pools whose users may have no password can invite without showing one."""
    config, policies = settings.admin_create_user_config, settings.policies
    template = config.invite_message_template if config else None
    factors = policies.sign_in_policy if policies else None
    allowed = set(factors.allowed_first_auth_factors or ()) if factors else set()
    if template is None or allowed & {"EMAIL_OTP", "SMS_OTP"}:
        return
    for body in (template.email_message, template.sms_message):
        if body is not None and CODE not in body:
            raise idp.InvalidParameterException(
                f"The invitation must contain the placeholder {CODE} of the temporary password."
            )
