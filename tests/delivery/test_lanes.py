"""Mail and text messages on their separate ways, and what becomes of those that are refused."""

from __future__ import annotations

import threading
from socket import socket

import pytest

from poolhouse.delivery.courier import Courier
from poolhouse.delivery.letters import EMAIL, SMS
from poolhouse.delivery.queue import PRETENDED
from poolhouse.delivery.rules import pause_after, rest_after
from tests.delivery.mail_room import Mail, left_behind, until
from tests.delivery.mail_servers import Sink, running, speaking
from tests.delivery.sms_gateways import Answer, Gateway, gateway
from tests.support.house import TestHouse


@pytest.fixture
def mail(house: TestHouse) -> Mail:
    return Mail(house)


def test_each_medium_has_its_own_carrier(mail: Mail) -> None:
    sink, texts = Sink(), Gateway()
    mails, smses = [mail.write(1), mail.write(2)], [mail.write(medium=SMS), mail.write(medium=SMS)]
    with running(sink) as port, gateway(texts) as text_port:
        courier = Courier(mail.services, mail.post(port), mail.gateway(text_port))
        assert courier.round() == 4
        assert courier.round() == 0
    assert {mail.status(each) for each in mails + smses} == {"sent"}
    assert len(sink.received) == len(texts.received) == 2
    sent = {dict(got.headers)["idempotency-key"] for got in texts.received}
    assert sent == set(smses)


def test_a_mail_server_that_hangs_delays_no_text_and_the_other_way_round(
    sqlite_house: TestHouse,
) -> None:
    """REL-19"""
    mail, sink, texts, go = Mail(sqlite_house), Sink(), Gateway(), threading.Event()

    def hang(_: socket) -> None:
        go.wait(10)

    with speaking(hang) as hanging, running(sink) as port, gateway(texts) as text_port:
        mail.write(1)
        mail.write(medium=SMS)
        first = Courier(mail.services, mail.post(hanging, 10.0), mail.gateway(text_port))
        with left_behind(first):
            until(lambda: texts.received)
        mail.write(2)
        mail.write(medium=SMS)
        second = Courier(mail.services, mail.post(port), mail.gateway(hanging, 10.0))
        with left_behind(second):
            until(lambda: sink.received)
        go.set()
        first.stop()
        second.stop()


def test_a_gateway_that_asks_to_be_left_alone_is(mail: Mail) -> None:
    """REL-19"""
    texts = Gateway(answers=[Answer(429, {"retry-after": "300"}), Answer(503)])
    first, second = mail.write(medium=SMS), mail.write(medium=SMS)
    with gateway(texts) as text_port:
        courier = Courier(mail.services, mail.gateway(text_port))
        assert courier.round() == 0
        assert len(texts.received) == 1, "the others are not tried now"
        refused, other = sorted((first, second), key=lambda each: -mail.message(each).attempts)
        due = mail.message(refused).due_at - mail.services.clock.now()
        assert due == pytest.approx(300, abs=5)
        assert courier.round() == 0
        assert mail.message(other).trouble == "The gateway answered 503"
        mail.house.clock.step(200)
        assert courier.round() == 1
        mail.house.clock.step(101)
        assert courier.round() == 1
    assert {mail.status(first), mail.status(second)} == {"sent"}


@pytest.mark.parametrize("asked", [1e9, 10.0, None])
def test_nobody_is_left_alone_for_ever(asked: float | None) -> None:
    """REL-19"""
    pause = pause_after(1, asked)
    assert pause is not None
    assert 30 <= pause <= 3600
    assert 5 <= rest_after(asked) <= 60
    assert pause_after(99, asked) is None


def test_a_text_that_is_refused_is_dead_at_once(mail: Mail) -> None:
    """REL-19"""
    texts = Gateway(answers=[Answer(400)])
    written = [mail.write(medium=SMS) for _ in range(3)]
    with gateway(texts) as text_port:
        assert Courier(mail.services, mail.gateway(text_port)).round() == 2
    assert sorted(mail.status(each) for each in written) == ["dead", "sent", "sent"]


def test_dead_messages_can_be_tried_again_until_they_expire(mail: Mail) -> None:
    """REL-19"""
    sink = Sink(rcpt=["550 no"] * 3)
    first, second = mail.write(1), mail.write(2)
    late = mail.write(3, lifetime=60.0)
    with running(sink) as port:
        courier = mail.courier(port)
        assert courier.round() == 0
        now = mail.services.clock.now()
        assert mail.outbox.counts() == {(EMAIL, "dead"): 3}
        assert mail.outbox.retry("none", now) == 0
        assert mail.outbox.retry(first, now) == 1
        assert mail.outbox.retry(first, now) == 0
        assert mail.outbox.counts() == {(EMAIL, "dead"): 2, (EMAIL, "waiting"): 1}
        assert courier.round() == 1
        mail.house.clock.step(61)
        assert mail.outbox.retry("", mail.services.clock.now()) == 1
        assert courier.round() == 1
    assert (mail.status(first), mail.status(second)) == ("sent", "sent")
    assert mail.status(late) == "dead"


def test_a_code_that_a_newer_one_replaced_is_not_tried_again(mail: Mail) -> None:
    """CGN-14"""
    sink = Sink(rcpt=["550 no"])
    with running(sink) as port:
        old = mail.write(1, topic="a user's code")
        mail.courier(port).round()
        mail.house.clock.step(1)
        mail.write(2, topic="a user's code")
        assert mail.outbox.retry("", mail.services.clock.now()) == 0
    assert mail.status(old) == "dead"


def test_what_is_pretended_is_never_sent_shown_or_kept(mail: Mail) -> None:
    """CGN-09"""
    sink = Sink()
    pretended, real = mail.write(1, status=PRETENDED), mail.write(2)
    with running(sink) as port:
        assert mail.courier(port).round() == 1
    assert [each.id for each in mail.outbox.list()] == [real]
    assert mail.outbox.list(status="pretended") == []
    mail.house.clock.step(61)
    assert mail.outbox.clear(mail.services.clock.now()) == 1
    assert mail.outbox.open(pretended) is None
