"""What the pool's own functions make of a message: other words, or another way to send it.

Source: "Custom message Lambda trigger" and "Custom sender Lambda triggers", developer guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from poolhouse.contract import cognito_idp as idp
from poolhouse.delivery.letters import EMAIL, Letter
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.messages import wording
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.triggers.answers import Message as Said
from poolhouse.userpools.triggers.events import attributes_of, event
from poolhouse.userpools.triggers.senders import FUNCTION, Order
from poolhouse.userpools.users.rows import User

_LONGEST_SMS = 140
_LONGEST_EMAIL = 20_000
_LONGEST_SUBJECT = 140

SOURCES = {
    "sign up": "SignUp",
    "resend": "ResendCode",
    "verify attribute": "VerifyUserAttribute",
    "update attribute": "UpdateUserAttribute",
    "forgot password": "ForgotPassword",
    "authentication": "Authentication",
    "invitation": "AdminCreateUser",
}
"""The last part of a trigger source, by the kind of message."""


def reworded(
    template: idp.MessageTemplateType, said: Said | None, *, invitation: bool, links: bool
) -> idp.MessageTemplateType:
    """The template with what CustomMessage said in its place. With `links` an e-mail may hold the
    link's placeholder, and the code stands there.

    Raises InvalidLambdaResponseException where a message lacks its code or is too long.
    """
    if said is None:
        return template
    needs = [wording.CODE, wording.USERNAME] if invitation else [wording.CODE]
    email = wording.with_code(said.email) if links and said.email else said.email
    for text, longest in ((said.sms, _LONGEST_SMS), (email, _LONGEST_EMAIL)):
        if text and (len(text) > longest or any(part not in text for part in needs)):
            raise idp.InvalidLambdaResponseException("Unrecognizable lambda output")
    if said.subject and len(said.subject) > _LONGEST_SUBJECT:
        raise idp.InvalidLambdaResponseException("Unrecognizable lambda output")
    return msgspec.structs.replace(
        template,
        sms_message=said.sms or template.sms_message,
        email_message=email or template.email_message,
        email_subject=said.subject or template.email_subject,
    )


def sender(pool: Pool, medium: str) -> str | None:
    """The function that sends messages of this medium in place of the server."""
    config = pool.settings.lambda_config
    if config is None:
        return None
    custom = config.custom_email_sender if medium == EMAIL else config.custom_sms_sender
    return custom.lambda_arn if custom else None


def order(
    pool: Pool,
    arn: str,
    medium: str,
    kind: str,
    user: User,
    client: Client | None,
    metadata: Mapping[str, str] | None,
    letter: Letter,
    secret: str | None,
) -> tuple[str, Letter]:
    """The letter to the function: its medium, and the event with the code still to be encrypted."""
    name = "CustomEmailSender" if medium == EMAIL else "CustomSMSSender"
    version = "customEmailSenderRequestV1" if medium == EMAIL else "customSMSSenderRequestV1"
    request: dict[str, Any] = {
        "type": version,
        "code": None,
        "clientMetadata": metadata,
        "userAttributes": attributes_of(pool, user),
    }
    asked = event(
        pool,
        f"{name}_{SOURCES.get(kind, 'AccountTakeOverNotification')}",
        username=user.username,
        client_id=client.id if client else None,
        request=request,
        response={},
    )
    config = pool.settings.lambda_config or idp.LambdaConfigType()
    written = Order(arn, name, json.dumps(asked), secret, config.kms_key_id or "", pool.id)
    return FUNCTION, Letter(recipient=letter.recipient, text=written.written())
