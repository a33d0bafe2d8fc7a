"""What a message says and to whom, and how that is sealed while it waits."""

from __future__ import annotations

from typing import Protocol

import msgspec

EMAIL = "EMAIL"
SMS = "SMS"


class Sealing(Protocol):
    """Envelope encryption, handed in from above."""

    def seal(self, plain: bytes, context: str) -> bytes: ...

    def open(self, sealed: bytes, context: str) -> bytes: ...


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """`recipient` is one address or phone number; an SMS has neither subject nor HTML. `sender`
    and `reply_to` are the pool's wishes, which the post follows as far as it may."""

    recipient: str
    text: str
    subject: str = ""
    html: str = ""
    sender: str = ""
    reply_to: str = ""

    def __repr__(self) -> str:
        return "Letter(…)"


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Letter).decode


def sealed(sealing: Sealing, message_id: str, letter: Letter) -> bytes:
    """The letter for the row of this id, and for no other."""
    return sealing.seal(_encode(letter), _context(message_id))


def opened(sealing: Sealing, message_id: str, sealed: bytes) -> Letter:
    """Raises the sealer's Unsealable where the row was altered."""
    return _decode(sealing.open(sealed, _context(message_id)))


def _context(message_id: str) -> str:
    return f"messages/{message_id}"
