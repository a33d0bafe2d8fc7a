"""Letters on their way from the outbox to the post."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socket import socket
from typing import Any

import pytest

from poolhouse.delivery.courier import Courier
from poolhouse.delivery.letters import SMS
from poolhouse.delivery.outbox import KEPT_FOR
from poolhouse.delivery.post import Line, MailServer, Post
from poolhouse.delivery.rules import LEASE, pause_after
from tests.delivery.mail_room import SENDER, Mail, at_work, left_behind, until
from tests.delivery.mail_servers import Sink, free_port, running, speaking
from tests.support.house import TestHouse
from tests.userpools.codes.scene import PASSWORD, Scene


class Killed(BaseException):
    """The process dies."""


@pytest.fixture
def mail(house: TestHouse) -> Mail:
    return Mail(house)


def test_a_mail_leaves_as_soon_as_the_courier_is_woken(house: TestHouse) -> None:
    sink, scene = Sink(), Scene(house)
    with running(sink) as port, at_work(Mail(house).courier(port)) as courier:
        scene.sign_up("ann")
        courier.wake()
        until(lambda: sink.received and scene.letters()[0].message.status == "sent")
    (got,) = sink.received
    (opened,) = scene.letters()
    assert got.recipients == ["ann@example.com"]
    assert got.message["Message-ID"] == f"<{opened.message.id}@localhost>"
    assert scene.code() in got.message.as_string()


def test_several_couriers_send_each_message_once(mail: Mail) -> None:
    """REL-19"""
    sink = Sink()
    written = {mail.write(number) for number in range(40)}
    with running(sink) as port, ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(lambda _: mail.courier(port).round(), range(4)))
    assert sum(sent) == len(sink.received) == 40
    names = [got.message["Message-ID"].strip("<>").partition("@")[0] for got in sink.received]
    assert sorted(names) == sorted(written)
    assert {mail.status(each) for each in written} == {"sent"}


def test_what_is_put_off_is_tried_again_later_and_later(mail: Mail) -> None:
    """REL-19"""
    sink = Sink(rcpt=["451 greylisted", "421 busy"])
    first = mail.write()
    with running(sink) as port:
        courier = mail.courier(port)
        for attempt in (1, 2):
            assert courier.round() == 0
            message, pause = mail.message(first), pause_after(attempt)
            assert pause is not None
            assert (message.status, message.attempts) == ("waiting", attempt)
            assert message.due_at == pytest.approx(mail.services.clock.now() + pause, abs=5)
            assert message.trouble.startswith("The recipient was refused: 4")
            mail.house.clock.step(pause - 10)
            assert courier.round() == 0
            assert mail.message(first).attempts == attempt
            mail.house.clock.step(10)
        assert courier.round() == 1
    assert mail.message(first).trouble == ""


def test_one_bad_message_does_not_hold_up_the_others(mail: Mail) -> None:
    """REL-20"""
    """REL-19"""
    sink = Sink(data=["554 spam", "451 try later"])
    written = [mail.write(number) for number in range(5)]
    with running(sink) as port:
        assert mail.courier(port).round() == 3
    assert sorted(mail.status(each) for each in written) == [
        "dead",
        "sent",
        "sent",
        "sent",
        "waiting",
    ]


def test_a_message_that_nobody_takes_is_given_up_visibly(
    mail: Mail, caplog: pytest.LogCaptureFixture
) -> None:
    """REL-19"""
    written = mail.write(lifetime=KEPT_FOR)
    courier, attempts = mail.courier(free_port(), timeout=0.3), 0
    with caplog.at_level(logging.WARNING):
        while mail.status(written) == "waiting":
            assert courier.round() == 0
            attempts += 1
            assert mail.message(written).attempts == attempts
            mail.house.clock.step(pause_after(attempts) or 0.0)
    assert attempts > 5
    assert mail.message(written).trouble == "The mail server failed: ConnectionRefusedError"
    assert [each.id for each in mail.outbox.list(status="dead")] == [written]
    assert "user0@example.com" not in caplog.text


def test_an_expired_code_is_not_sent(mail: Mail) -> None:
    """REL-19, CGN-14"""
    sink = Sink()
    lost = [mail.write(number, lifetime=60.0) for number in range(30)]
    late, in_time = lost[0], mail.write(2)
    mail.house.clock.step(61)
    with running(sink) as port:
        assert mail.courier(port).round() == 1
    assert {mail.status(each) for each in lost} == {"dead"}
    assert mail.status(in_time) == "sent"
    assert "expired" in mail.message(late).trouble
    assert [got.recipients for got in sink.received] == [["user2@example.com"]]


def test_what_a_dead_courier_had_in_hand_is_sent_by_the_next(mail: Mail) -> None:
    """REL-19"""

    class Dying(Line):
        def __init__(self, line: Line, before: bool) -> None:
            self.line, self.before = line, before

        def send(self, *asked: Any) -> None:
            if not self.before:
                self.line.send(*asked)
            raise Killed

    class DyingPost(Post):
        before = True

        @contextmanager
        def line(self) -> Iterator[Line]:
            with super().line() as line:
                yield Dying(line, self.before)

    for before in (True, False):
        sink, written = Sink(), mail.write()
        with running(sink) as port:
            server = MailServer("127.0.0.1", port, implicit_tls=False)
            post = DyingPost(server, sender=SENDER)
            post.before = before
            with pytest.raises(Killed):
                Courier(mail.services, post).round()
            assert mail.status(written) == "waiting"
            assert mail.courier(port).round() == 0, "the lease still holds"
            mail.house.clock.step(LEASE + 1)
            assert mail.courier(port).round() == 1
        assert mail.status(written) == "sent"
        assert len({got.message["Message-ID"] for got in sink.received}) == 1
        assert len(sink.received) == (1 if before else 2)


def test_a_mail_server_that_hangs_delays_no_sign_in_and_loses_nothing(house: TestHouse) -> None:
    """REL-19"""
    scene, called, go = Scene(house), threading.Event(), threading.Event()

    def hang(connection: socket) -> None:
        called.set()
        go.wait(10)

    with speaking(hang) as port:
        courier = Mail(house).courier(port, timeout=10.0)
        with left_behind(courier):
            scene.sign_up("ann")
            courier.wake()
            assert called.wait(5)
            scene.sign_up("bob")
            scene.public.confirm_sign_up(
                ClientId=scene.plain.id, Username="bob", ConfirmationCode=scene.code()
            )
            scene.tokens("bob")  # gives the pool its signing keys
            scene.admin.update_user_pool_client(
                UserPoolId=scene.pool.id,
                ClientId=scene.plain.id,
                ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
            )
            signed_in = scene.public.initiate_auth(
                ClientId=scene.plain.id,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": "bob", "PASSWORD": PASSWORD},
            )
            assert signed_in["AuthenticationResult"]["AccessToken"]
        assert not go.is_set(), "it hung all the while"
        go.set()
        courier.stop()
    house.clock.step(LEASE + 600)
    sink = Sink()
    with running(sink) as port:
        Mail(house).courier(port).round()
    assert len(sink.received) == 2


def test_without_a_mail_server_messages_wait_to_be_read(sqlite_house: TestHouse) -> None:
    mail = Mail(sqlite_house)
    mails = [mail.write(number) for number in range(3)]
    with at_work(Courier(mail.services)) as courier:
        courier.wake()
    assert [mail.status(each) for each in mails] == ["waiting"] * 3
    assert {each.id for each in mail.outbox.list()} == set(mails)
    assert mail.outbox.list(status="sent") == []
    assert len(mail.outbox.list(count=2)) == 2
    opened = mail.outbox.open(mails[1])
    assert opened is not None
    assert opened.letter.text == "1"
    assert mail.outbox.open("none") is None


def test_text_messages_wait_for_a_gateway(sqlite_house: TestHouse) -> None:
    mail, sink = Mail(sqlite_house), Sink()
    written = mail.write(medium=SMS)
    with running(sink) as port:
        assert mail.courier(port).round() == 0
    assert mail.status(written) == "waiting"


def test_old_messages_are_cleared_away(house: TestHouse) -> None:
    mail = Mail(house)
    old = mail.write(1)
    house.clock.step(KEPT_FOR - 10)
    new = mail.write(2)
    house.clock.step(11)
    assert mail.outbox.clear(house.clock.now()) == 1
    assert mail.outbox.open(old) is None
    assert mail.outbox.open(new) is not None


def test_an_altered_message_is_given_up_and_the_rest_goes_out(sqlite_house: TestHouse) -> None:
    """REL-20"""
    mail, sink = Mail(sqlite_house), Sink()
    broken, whole = mail.write(1), mail.write(2)
    with mail.services.database.connection() as connection:
        connection.exec_driver_sql(
            "UPDATE messages SET sealed = (SELECT sealed FROM messages WHERE id = ?) WHERE id = ?",
            (whole, broken),
        )
    with running(sink) as port:
        assert mail.courier(port).round() == 1
    found = {each.id: each for each in mail.outbox.list()}
    assert (found[broken].status, found[whole].status) == ("dead", "sent")
    assert found[broken].trouble == "The message cannot be read."


def test_a_courier_outlives_a_database_that_is_away(sqlite_house: TestHouse) -> None:
    mail, sink = Mail(sqlite_house), Sink()
    database = mail.services.database
    with running(sink) as port:
        courier = mail.courier(port)
        with database.connection() as connection:
            connection.exec_driver_sql("ALTER TABLE messages RENAME TO elsewhere")
        with at_work(courier):
            courier.wake()
            with database.connection() as connection:
                connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO messages")
            mail.write()
            courier.wake()
            until(lambda: sink.received)


def test_a_courier_that_was_never_started_can_be_stopped(sqlite_house: TestHouse) -> None:
    Courier(sqlite_house.services).stop()
