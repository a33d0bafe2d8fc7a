"""Having a message sent: it is written with the change that causes it, and leaves after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, Literal

from poolhouse import ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.delivery import letters
from poolhouse.kernel.call import Call
from poolhouse.storage.outbox import Message
from poolhouse.userpools.codes import rules as codes_rules
from poolhouse.userpools.codes.store import Codes
from poolhouse.userpools.messages import wording
from poolhouse.userpools.messages.rules import details, invitation_attributes, medium_of
from poolhouse.userpools.passwords.rules import temporary_until
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.risk import rules as limits
from poolhouse.userpools.risk.store import Quotas
from poolhouse.userpools.users.rows import User

SETTLING = 0.25
"""Seconds that a code's message stays where a newer one can still take its place."""

Kind = Literal["sign up", "resend", "verify attribute", "update attribute", "forgot password"]


class Messages:
    """Messages to the users of one pool. All of it is part of the unit: where the unit is not
    kept, there is no code and nothing is sent."""

    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._call = call
        self._pool = pool

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
        to, _ = self._prepared(kind, user, attribute, None)
        return details(attribute, to)

    def invitation(
        self, user: User, temporary_password: str, mediums: Collection[str] | None
    ) -> None:
        """Tells the user their name and first password, by each of `mediums` (EMAIL, SMS) that
        the user has an address for."""
        template = wording.invitation(self._pool)
        values = {wording.USERNAME: self._shown_name(user), wording.CODE: temporary_password}
        until = temporary_until(self._pool, self._call.now)
        for attribute in invitation_attributes(user, mediums):
            to = user.attributes[attribute]
            message = self._ready("invitation", template, attribute, to, values, until)
            self._call.unit.announce(message)

    def _prepared(
        self, kind: Kind, user: User, attribute: str, value: str | None
    ) -> tuple[str, Message]:
        """A new code, and the message that tells it; nobody has been sent anything."""
        basis = user.attributes.get(attribute, "")
        to, purpose = value or basis, _purpose(kind, attribute)
        self._limit(user, to)
        digits = Codes(self._call, self._pool).issue(user.sub, purpose, attribute, to, basis)
        until = self._call.now + codes_rules.lifetime(purpose)
        template = wording.verification(self._pool)
        values = {wording.CODE: digits}
        message = self._ready(kind, template, attribute, to, values, until)
        # A code that is asked for twice in a moment is sent once, and it is the one that counts.
        topic = f"{self._pool.id}/{user.sub}/{purpose}"
        return to, replace(message, topic=topic, due_at=self._call.now + SETTLING)

    def _ready(
        self,
        kind: str,
        template: idp.MessageTemplateType,
        attribute: str,
        to: str,
        values: Mapping[str, str],
        until: float,
    ) -> Message:
        message_id, medium = ids.random_uuid(), medium_of(attribute)
        letter = wording.letter(template, medium, to, values)
        return Message(
            id=message_id,
            pool_id=self._pool.id,
            medium=medium,
            kind=kind,
            sealed=letters.sealed(self._call.services.sealer, message_id, letter),
            created_at=self._call.now,
            expires_at=until,
        )

    def _limit(self, user: User, to: str) -> None:
        """Bounds what the public can have sent: for a user, to an address, from a peer."""
        if isinstance(self._call.caller, Signed):
            return
        quotas, now = Quotas(self._call.unit, self._pool), self._call.now
        address = self._call.services.sealer.mac(to.casefold().encode(), "address of messages")
        # From the widest to the narrowest in every unit, so that no two wait for each other.
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
