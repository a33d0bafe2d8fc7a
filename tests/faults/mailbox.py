"""A mail server that takes everything and keeps the codes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import SMTP
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.server import free_port


class Mailbox:
    """`codes` has the newest code by recipient, `mails` how many messages each was sent."""

    def __init__(self) -> None:
        self.codes: dict[str, str] = {}
        self.mails: Counter[str] = Counter()
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        plain = message_from_bytes(envelope.content, policy=SMTP).get_body(["plain"])
        text = plain.get_content() if plain else ""
        recipient = envelope.rcpt_tos[0]
        self.mails[recipient] += 1
        if found := re.search(r"\b\d{6,8}\b", text):
            self.codes[recipient] = found[0]
        return "250 kept"


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
