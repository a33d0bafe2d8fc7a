"""One e-mail on its way to a mail server."""

from __future__ import annotations

from pathlib import Path
from socket import socket
from typing import Any

import pytest

from poolhouse.delivery.letters import Letter
from poolhouse.delivery.post import MailServer, Post, rendered, server_of
from poolhouse.delivery.troubles import Undelivered
from tests.delivery.mail_servers import (
    HOSTILE_RECIPIENTS,
    PASSWORD,
    USER,
    Sink,
    authenticated,
    certificate,
    free_port,
    running,
    speaking,
)

SENDER = "Pool House <no-reply@pool.example>"
LETTER = Letter(
    recipient="ann@example.com", subject="Grüße", text="Code 012345\n.\n", html="<b>012345</b>"
)


def server(port: int, *, tls: bool = False, user: str = "", password: str = "") -> MailServer:
    return MailServer("127.0.0.1", port, tls, user, password)


def posted(server: MailServer, **options: Any) -> Post:
    return Post(server, sender=SENDER, **options)


def send(post: Post, letter: Letter = LETTER) -> None:
    with post.line() as line:
        line.send(letter, "message-1", 1_700_000_000.0)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("smtp://mail.example", MailServer("mail.example", 587, False)),
        ("smtps://mail.example", MailServer("mail.example", 465, True)),
        ("smtp://[::1]:25", MailServer("::1", 25, False)),
        (
            "smtps://mailer:s3cret%2F%40%3Ax@mail.example:1465",
            MailServer("mail.example", 1465, True, USER, PASSWORD),
        ),
    ],
)
def test_the_setting_is_read(url: str, read: MailServer) -> None:
    assert server_of(url) == read
    assert PASSWORD not in repr(server_of(url))


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp:x"])
def test_a_setting_that_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL"):
        server_of(url)


def test_a_message_arrives_as_it_was_written() -> None:
    sink = Sink()
    with running(sink) as port:
        send(posted(server(port)))
    (got,) = sink.received
    assert (got.sender, got.recipients) == ("no-reply@pool.example", ["ann@example.com"])
    assert got.message["From"] == SENDER
    assert got.message["To"] == "ann@example.com"
    assert got.message["Subject"] == "Grüße"
    assert got.message["Message-ID"] == "<message-1@pool.example>"
    assert got.message["Date"] == "Tue, 14 Nov 2023 22:13:20 +0000"
    plain, html = (got.message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.text
    assert html is not None
    assert html.get_content().strip() == LETTER.html


@pytest.mark.parametrize(
    ("wish", "shown"),
    [
        ("Ann's Shop <shop@POOL.example>", "Ann's Shop <shop@POOL.example>"),
        ("shop@pool.example", "shop@pool.example"),
        ("Bank <no-reply@bank.example>", SENDER),
        ("x@evil.pool.example", SENDER),
        ("shop@pool.example\r\nBcc: eve@pool.example", SENDER),
        ("", SENDER),
    ],
)
def test_a_pool_chooses_its_sender_within_the_operators_domain(wish: str, shown: str) -> None:
    """EXT-05"""
    sink = Sink()
    letter = Letter(recipient="ann@example.com", subject="x", text="x", sender=wish)
    with running(sink) as port:
        send(posted(server(port)), letter)
    (got,) = sink.received
    assert (got.sender, got.message["From"]) == ("no-reply@pool.example", shown)
    assert got.recipients == ["ann@example.com"]


@pytest.mark.parametrize(
    ("wish", "header"),
    [("help@shop.example", "help@shop.example"), ("a@b.c\r\nBcc: e@f.g", None), ("?", None)],
)
def test_answers_go_where_the_pool_wants_them(wish: str, header: str | None) -> None:
    """EXT-05"""
    letter = Letter(recipient="ann@example.com", subject="x", text="x", reply_to=wish)
    message = rendered(letter, "1", SENDER, 1.0)
    assert message["Reply-To"] == header
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    "recipient", [*HOSTILE_RECIPIENTS, "=?utf-8?q?eve=40example.com?=@example.com"]
)
def test_what_is_not_one_plain_address_is_never_sent_to(recipient: str) -> None:
    """EXT-05"""
    sink = Sink()
    with running(sink) as port:
        letter = Letter(recipient=recipient, subject="x", text="x")
        with pytest.raises(Undelivered) as refused:
            send(posted(server(port)), letter)
    assert refused.value.for_good
    assert sink.asked == 0
    assert "eve" not in refused.value.trouble


@pytest.mark.parametrize(
    "subject", ["x\r\nBcc: eve@example.com", "x\nX-Evil: 1", "x\r\n\r\nbody", "x\rBcc: e@x.y"]
)
def test_a_subject_of_several_lines_is_never_sent(subject: str) -> None:
    """EXT-05"""
    with pytest.raises(Undelivered):
        rendered(Letter(recipient="ann@example.com", subject=subject, text="x"), "1", SENDER, 1.0)


@pytest.mark.parametrize("local", ["a" * 64, "!#$%&'*+/=?^_`{|}~-", "%0aBcc", "o'hara"])
def test_odd_but_single_addresses_get_one_recipient_and_the_usual_headers(local: str) -> None:
    """EXT-05"""
    sink, recipient = Sink(), f"{local}@example.com"
    text = "Bcc: eve@example.com\r\n.\r\nMAIL FROM:<x@y.z>\r\n"
    with running(sink) as port:
        letter = Letter(recipient=recipient, subject="Bcc: eve@example.com", text=text)
        send(posted(server(port)), letter)
    (got,) = sink.received
    assert got.recipients == [recipient]
    assert [name.lower() for name in got.message] == (
        "to from subject date message-id auto-submitted content-type "
        "content-transfer-encoding mime-version"
    ).split()


def test_tls_is_used_where_it_is_offered_and_the_certificate_is_checked(tmp_path: Path) -> None:
    """EXT-13"""
    theirs, ours = certificate(tmp_path)
    sink = Sink()
    with running(sink, tls_context=theirs) as port:
        with pytest.raises(Undelivered, match="certificate is not trusted"):
            send(posted(server(port)))
        send(posted(server(port), tls=ours))
    assert [got.encrypted for got in sink.received] == [True]


def test_implicit_tls_is_spoken(tmp_path: Path) -> None:
    theirs, ours = certificate(tmp_path)
    sink = Sink()
    with running(sink, ssl_context=theirs) as port:
        with pytest.raises(Undelivered, match="certificate is not trusted"):
            send(posted(server(port, tls=True)))
        send(posted(server(port, tls=True), tls=ours))
    assert len(sink.received) == 1


def test_a_login_is_sent_through_tls_only(tmp_path: Path) -> None:
    theirs, ours = certificate(tmp_path)
    sink, said = Sink(), bytearray()

    def listen(connection: socket) -> None:
        connection.settimeout(1)
        connection.sendall(b"220 hello\r\n")
        said.extend(connection.recv(1000))
        connection.sendall(b"250-me\r\n250 AUTH PLAIN LOGIN\r\n")
        said.extend(connection.recv(1000))

    with speaking(listen) as port, pytest.raises(Undelivered, match="no TLS"):
        send(posted(server(port, user=USER, password=PASSWORD)))
    assert b"AUTH" not in said.upper()
    options = {"authenticator": authenticated, "auth_exclude_mechanism": ["LOGIN"]}
    with running(sink, tls_context=theirs, **options) as port:
        send(posted(server(port, user=USER, password=PASSWORD), tls=ours))
        with pytest.raises(Undelivered, match="refused the login: 535") as refused:
            send(posted(server(port, user=USER, password="wrong"), tls=ours))
    assert not refused.value.for_good
    assert len(sink.received) == 1


@pytest.mark.parametrize(
    ("answers", "for_good"),
    [
        ({"rcpt": ["550 no such user"]}, True),
        ({"rcpt": ["451 greylisted, come back"]}, False),
        ({"data": ["554 this looks like spam 012345"]}, True),
        ({"data": ["452 disk full"]}, False),
    ],
)
def test_a_refusal_is_told_by_its_code_alone(answers: dict[str, list[str]], for_good: bool) -> None:
    """REL-19"""
    sink = Sink(**answers)  # type: ignore[arg-type]
    with running(sink) as port, pytest.raises(Undelivered) as refused:
        send(posted(server(port)))
    assert refused.value.for_good is for_good
    assert "012345" not in refused.value.trouble
    assert sink.received == []


def test_servers_that_hang_drop_or_are_not_there_are_given_up(tmp_path: Path) -> None:
    """REL-19"""

    def hang(connection: socket) -> None:
        connection.settimeout(2)
        connection.recv(1)

    def drop(connection: socket) -> None:
        connection.sendall(b"220 hello\r\n")

    def babble(connection: socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    for speak in (hang, drop, babble):
        with speaking(speak) as port, pytest.raises(Undelivered) as failed:
            send(posted(server(port), timeout=0.3))
        assert not failed.value.for_good
    with pytest.raises(Undelivered):
        send(posted(server(free_port()), timeout=0.3))
