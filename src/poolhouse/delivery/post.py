"""The post: e-mail by SMTP. RFC 5321, RFC 5322; STARTTLS RFC 3207."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from poolhouse.delivery.letters import EMAIL, Letter
from poolhouse.delivery.troubles import Undelivered
from poolhouse.settings import Settings

TIMEOUT = 10.0
"""Seconds that any one answer of the server may take."""

_SUBMISSION = 587
_SUBMISSIONS = 465


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. With a user name, TLS is a must."""

    host: str
    port: int
    implicit_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)


def server_of(url: str) -> MailServer:
    """Reads `smtp://user:password@host:587` or `smtps://host:465`. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("SMTP_URL must begin with smtp:// or smtps:// and name a host.")
    implicit = parts.scheme == "smtps"
    return MailServer(
        parts.hostname,
        parts.port or (_SUBMISSIONS if implicit else _SUBMISSION),
        implicit,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
    )


def post_of(settings: Settings, timeout: float = TIMEOUT) -> Post | None:
    """The mail server of the settings; None where they name none."""
    if settings.smtp_url is None:
        return None
    server = server_of(settings.smtp_url.get_secret_value())
    return Post(server, sender=settings.mail_from, timeout=timeout)


def rendered(letter: Letter, message_id: str, sender: str, now: float) -> EmailMessage:
    """The message, to one recipient. Raises Undelivered where the address is none."""
    message = EmailMessage(policy=SMTP)
    try:
        message["To"] = Address(addr_spec=letter.recipient)
        message["From"] = _sender(_wished(letter.sender, sender))
        message["Subject"] = letter.subject
        message["Date"] = datetime.fromtimestamp(now, UTC)
        message["Message-ID"] = f"<{message_id}@{_domain(sender)}>"
        message["Auto-Submitted"] = "auto-generated"
    except (ValueError, MessageError, IndexError) as error:
        trouble = f"The headers cannot be written: {type(error).__name__}"
        raise Undelivered(trouble, for_good=True) from None
    if letter.reply_to:
        with contextlib.suppress(ValueError, MessageError, IndexError):
            message["Reply-To"] = Address(addr_spec=letter.reply_to)
    message.set_content(letter.text, cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    return message


class Line:
    """An open connection to the mail server, for several messages in a row."""

    def __init__(self, connection: smtplib.SMTP, sender: str) -> None:
        self._connection = connection
        self._sender = sender

    def send(self, letter: Letter, message_id: str, now: float) -> None:
        """Raises Undelivered."""
        message = rendered(letter, message_id, self._sender, now)
        with _troubles():
            envelope = parseaddr(self._sender)[1]
            self._connection.send_message(message, envelope, [letter.recipient])


class Post:
    """Opens lines to one mail server. `sender` is an address, or a name and an <address>."""

    medium = EMAIL

    def __init__(
        self,
        server: MailServer,
        *,
        sender: str,
        tls: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        self._server = server
        self._sender = sender
        self._tls = tls or ssl.create_default_context()
        self._timeout = timeout

    @property
    def place(self) -> str:
        return f"{self._server.host}:{self._server.port}"

    @contextlib.contextmanager
    def line(self) -> Iterator[Line]:
        """Raises Undelivered where there is none to be had."""
        with _troubles():
            connection = self._connect()
        try:
            yield Line(connection, self._sender)
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.implicit_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout, context=self._tls
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        try:
            self._introduce(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _introduce(self, connection: smtplib.SMTP) -> None:
        server = self._server
        connection.ehlo()
        if not server.implicit_tls:
            if connection.has_extn("starttls"):
                connection.starttls(context=self._tls)
                connection.ehlo()
            elif server.user:
                raise Undelivered("The mail server offers no TLS, so no password is sent to it.")
        if server.user:
            connection.login(server.user, server.password)


@contextlib.contextmanager
def _troubles() -> Iterator[None]:
    """Tells what the server said by its code alone: its words may quote the message."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=0)
        raise Undelivered(f"The recipient was refused: {code}", for_good=code >= 500) from None
    except smtplib.SMTPAuthenticationError as error:
        raise Undelivered(f"The mail server refused the login: {error.smtp_code}") from None
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        code = error.smtp_code
        raise Undelivered(f"The message was refused: {code}", for_good=code >= 500) from None
    except smtplib.SMTPNotSupportedError:
        trouble = "The mail server cannot do what this message or login needs."
        raise Undelivered(trouble) from None
    except ssl.SSLCertVerificationError as error:
        trouble = f"The mail server's certificate is not trusted: {error.verify_message}"
        raise Undelivered(trouble) from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Undelivered(f"The mail server failed: {type(error).__name__}") from None


def _wished(wish: str, sender: str) -> str:
    """A pool may choose its name and address within the operator's domain: mail from any other
    would be forged, or taken for it."""
    if not wish or not wish.isprintable() or _domain(wish).lower() != _domain(sender).lower():
        return sender
    try:
        _sender(wish)
    except (ValueError, MessageError, IndexError):
        return sender
    return wish


def _sender(sender: str) -> Address:
    name, address = parseaddr(sender)
    return Address(display_name=name, addr_spec=address)


def _domain(sender: str) -> str:
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
