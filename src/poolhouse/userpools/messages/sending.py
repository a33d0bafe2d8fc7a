"""Having a message sent: it is written with the change that causes it, and leaves after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Literal

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.delivery import letters
from poolhouse.delivery.queue import PRETENDED
from poolhouse.kernel.call import Call
from poolhouse.storage.outbox import Message
from poolhouse.userpools.clients.rows import Client
from poolhouse.userpools.codes import rules as codes_rules
from poolhouse.userpools.codes.store import Codes
from poolhouse.userpools.messages import customising, wording
from poolhouse.userpools.messages.customising import reworded
from poolhouse.userpools.messages.rules import (
    PHONE_FIRST,
    details,
    invitation_attributes,
    medium_of,
)
from poolhouse.userpools.passwords.rules import temporary_until
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.risk import rules as limits
from poolhouse.userpools.risk.store import Quotas
from poolhouse.userpools.triggers.answers import Message as Said
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.users.rows import User

SETTLING = 0.25
"""Seconds that a code's message stays where a newer one can still take its place."""
NOTICE_LIFETIME = 86_400.0
"""Seconds that a notice is worth being sent."""

Kind = Literal["sign up", "resend", "verify attribute", "update attribute", "forgot password"]
_VERIFYING = frozenset(["sign up", "resend", "verify attribute", "update attribute"])


class Messages:
    """Messages to the users of one pool. All of it is part of the unit: where the unit is not
    kept, there is no code and nothing is sent."""

    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._call = call
        self._pool = pool
        self._client: Client | None = None
        self._metadata: Mapping[str, str] | None = None
        self._said: Said | None = None

    def ask(
        self,
        kind: str,
        user: User,
        client: Client | None = None,
        metadata: Mapping[str, str] | None = None,
        *,
        to: Collection[str] = PHONE_FIRST,
    ) -> Messages:
        """Asks the pool's CustomMessage for the words of what is sent next to these attributes of
        the user. It calls out, so it comes before the first write. A pool without such a function
        is asked nothing; and what a custom sender sends, it words.

        Raises UserLambdaValidationException and its like.
        """
        self._client, self._metadata = client, metadata
        if all(customising.sender(self._pool, medium_of(attribute)) for attribute in to):
            return self
        username = wording.USERNAME if kind == "invitation" else None
        source = customising.SOURCES[kind]
        triggers = Triggers(self._call, self._pool)
        self._said = triggers.custom_message(source, user, client, username, metadata)
        return self

    def code(
        self, kind: Kind, user: User, attribute: str, value: str | None = None
    ) -> idp.CodeDeliveryDetailsType:
        """Issues a code to the user's `attribute` (`email` or `phone_number`) and has it sent;
        answers the masked destination. `user` is as it will be once the unit is kept. `value` is
        a new value that waits to be proved; without it the code goes to the user's own.

        Raises LimitExceededException where too many messages were asked for in public.
        """
        to, message = self._prepared(kind, user, attribute, value)
        self._call.unit.announce(message)
        return details(attribute, to)

    def pretend(self, kind: Kind, user: User, attribute: str) -> idp.CodeDeliveryDetailsType:
        """The same work and answer where there is nobody to write to: nothing is sent, and
        nobody knows the code."""
        to, message = self._prepared(kind, user, attribute, None)
        self._pretend(message)
        return details(attribute, to)

    def sign_in_code(
        self,
        user: User,
        attribute: str,
        value: str,
        digits: str,
        until: float,
        *,
        client: Client | None = None,
        metadata: Mapping[str, str] | None = None,
        pretend: bool = False,
    ) -> Callable[[], None]:
        """Words a code that the sign-in has drawn and keeps, to `value` of the user's attribute,
        good until then (epoch seconds). Calls out where the pool customises messages, so it comes
        before the first write; what it answers has the message sent with the unit, in the place
        of an earlier one that has not left, and raises LimitExceededException. With `pretend`
        the work is the same and nothing is sent: there is no such user.
        """
        if not pretend:
            self.ask("authentication", user, client, metadata, to=[attribute])
        template = wording.authentication(self._pool)
        values = {wording.CODE: digits}
        message = self._ready("authentication", user, template, attribute, value, values, until)
        topic = f"{self._pool.id}/{user.sub}/sign in {attribute}"
        message = replace(message, topic=topic, due_at=self._call.now + SETTLING)

        def write() -> None:
            self._limit(user, attribute, value)
            if pretend:
                self._pretend(message)
            else:
                self._call.unit.announce(message)

        return write

    def notice(self, user: User, change: wording.Change) -> None:
        """Tells the user by their verified e-mail address that this was changed, where the
        operator has notices sent. `user` is as before the change to write to an old address."""
        to = user.attributes.get("email")
        if not self._call.services.settings.notices or not to or not user.verified("email"):
            return
        values = {wording.USERNAME: self._shown_name(user)}
        until = self._call.now + NOTICE_LIFETIME
        template = wording.notice(change)
        self._call.unit.announce(self._ready("notice", user, template, "email", to, values, until))

    def notices(self, before: User, after: User) -> None:
        """Tells the user of each address that is not the one before: at the old e-mail address,
        and at the new one where it is verified."""
        if before.attributes.get("email") != after.attributes.get("email"):
            self.notice(before, "email")
            self.notice(after, "email")
        old = before.attributes.get("phone_number")
        if old and old != after.attributes.get("phone_number"):
            self.notice(before, "phone number")

    def invitation(
        self, user: User, temporary_password: str | None, mediums: Collection[str] | None
    ) -> None:
        """Tells the user their name and first password, by each of `mediums` (EMAIL, SMS) that
        the user has an address for; None where they keep a password that they have.

        Raises LimitExceededException where the public had it sent.
        """
        template = wording.invitation(self._pool)
        values = {wording.USERNAME: self._shown_name(user)}
        if temporary_password is not None:
            values[wording.CODE] = temporary_password
        until = temporary_until(self._pool, self._call.now)
        for attribute in invitation_attributes(user, mediums):
            to = user.attributes[attribute]
            self._limit(user, attribute, to)
            message = self._ready("invitation", user, template, attribute, to, values, until)
            self._call.unit.announce(message)

    def _prepared(
        self, kind: Kind, user: User, attribute: str, value: str | None
    ) -> tuple[str, Message]:
        """A new code, and the message that tells it; nobody has been sent anything."""
        basis = user.attributes.get(attribute, "")
        to, purpose = value or basis, _purpose(kind, attribute)
        self._limit(user, attribute, to)
        digits = Codes(self._call, self._pool).issue(user.sub, purpose, attribute, to, basis)
        until = self._call.now + codes_rules.lifetime(purpose)
        template = wording.verification(self._pool)
        values = {wording.CODE: digits}
        message = self._ready(kind, user, template, attribute, to, values, until)
        # A code that is asked for twice in a moment is sent once, and it is the one that counts.
        topic = f"{self._pool.id}/{user.sub}/{purpose}"
        return to, replace(message, topic=topic, due_at=self._call.now + SETTLING)

    def _ready(
        self,
        kind: str,
        user: User,
        template: idp.MessageTemplateType,
        attribute: str,
        to: str,
        values: Mapping[str, str],
        until: float,
    ) -> Message:
        message_id, medium = ids.random_uuid(), medium_of(attribute)
        if kind != "notice":
            links = kind in _VERIFYING and wording.prefers_links(self._pool)
            invitation = kind == "invitation"
            template = reworded(template, self._said, invitation=invitation, links=links)
        told = {wording.CODE: wording.UNCHANGED, **values}
        letter = wording.sent_by(self._pool, wording.letter(template, medium, to, told))
        function = customising.sender(self._pool, medium)
        if function is not None:
            medium, letter = customising.order(
                self._pool, function, medium, kind, user, self._client, self._metadata,
                letter, values.get(wording.CODE),
            )  # fmt: skip
        return Message(
            id=message_id,
            pool_id=self._pool.id,
            medium=medium,
            kind=kind,
            sealed=letters.sealed(self._call.services.sealer, message_id, letter),
            created_at=self._call.now,
            expires_at=until,
        )

    def _pretend(self, message: Message) -> None:
        """Costs what a message costs, and is never sent: a row that no courier takes."""
        self._call.unit.announce(replace(message, status=PRETENDED))

    def _limit(self, user: User, attribute: str, to: str) -> None:
        """Bounds what the public can have sent: in a pool, from a peer, for a user, to an
        address. Pretended messages count too, so that the bounds tell nobody who exists."""
        if isinstance(self._call.caller, Signed):
            return
        quotas, now = Quotas(self._call.unit, self._pool), self._call.now
        address = self._call.services.sealer.mac(to.casefold().encode(), "address of messages")
        settings = self._call.services.settings
        # From the widest to the narrowest in every unit, so that no two wait for each other.
        if most := settings.pool_messages_an_hour:
            quotas.spend_with_unit(limits.messages_of_a_pool(most), "", now)
        if (most := settings.pool_sms_a_day) and medium_of(attribute) == letters.SMS:
            quotas.spend_with_unit(limits.texts_of_a_pool(most), "", now)
        if peer := self._call.origin.source_ip:
            quotas.spend_with_unit(limits.MESSAGES_BY_A_PEER, peer, now)
        quotas.spend_with_unit(limits.MESSAGES_OF_A_USER, user.sub, now)
        quotas.spend_with_unit(limits.MESSAGES_TO_AN_ADDRESS, address[:16].hex(), now)

    def _shown_name(self, user: User) -> str:
        """What the user signs in with: in pools of e-mail or phone names, that value."""
        for attribute in sorted(self._pool.username_attributes):
            if user.attributes.get(attribute):
                return user.attributes[attribute]
        return user.username


def _purpose(kind: Kind, attribute: str) -> str:
    if kind in ("sign up", "resend"):
        return codes_rules.SIGN_UP
    if kind == "forgot password":
        return codes_rules.RESET
    return codes_rules.verify(attribute)
