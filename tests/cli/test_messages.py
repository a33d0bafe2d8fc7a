"""What an operator sees of messages, and does about them."""

from __future__ import annotations

from pathlib import Path

from poolhouse import app as composition
from poolhouse.delivery.letters import EMAIL, SMS, Letter, sealed
from poolhouse.kernel.unit import Unit
from poolhouse.settings import load
from poolhouse.storage.outbox import Message
from tests.cli.running import run
from tests.delivery.mail_servers import Sink, free_port, running
from tests.delivery.sms_gateways import Gateway, gateway


def write(folder: Path, name: str, medium: str, status: str, trouble: str = "") -> None:
    services = composition.services(load({}, data_dir=folder))
    now = services.clock.now()
    letter = Letter(recipient=f"{name}@example.com", subject="s", text=f"Say {name}")
    with Unit(services.database) as unit:
        wrapped = sealed(services.sealer, name, letter)
        unit.announce(
            Message(
                name, "p", medium, "test", wrapped, now, now + 600, status, 3, now, 0.0, trouble
            )
        )
    services.hasher.close()
    services.database.close()


def test_dead_messages_are_shown_and_tried_again(founded: Path) -> None:
    """REL-19"""
    write(founded, "m1", EMAIL, "dead", "The message was refused: 554")
    write(founded, "m2", SMS, "dead", "The gateway answered 400")
    write(founded, "m3", EMAIL, "waiting")
    write(founded, "m4", EMAIL, "pretended")
    listed = run(founded, "outbox", "--status", "dead").out
    assert "refused: 554 (tried 3 times)" in listed
    assert "SMS" in listed and "m3" not in listed
    assert "m4" not in run(founded, "outbox").out
    advice = run(founded, "doctor").out
    assert "1 of EMAIL could not be sent (last: The message was refused: 554)" in advice
    assert "1 of SMS could not be sent" in advice
    assert run(founded, "outbox", "retry", "m1").out == "1 message is tried again.\n"
    assert "It is not dead" in run(founded, "outbox", "retry", "m1").sentence
    assert "There is no message" in run(founded, "outbox", "retry", "none").sentence
    assert "or say --all" in run(founded, "outbox", "retry").sentence
    assert run(founded, "outbox", "retry", "--all").out == "1 message is tried again.\n"
    assert run(founded, "outbox", "--status", "dead").out == "The outbox is empty.\n"


def test_doctor_tries_the_mail_server_and_the_gateway(founded: Path) -> None:
    sink, texts = Sink(), Gateway()
    with running(sink) as port, gateway(texts) as text_port:
        url = f"http://u:sesame@127.0.0.1:{text_port}/?key=sesame"
        good = run(founded, "doctor", smtp_url=f"smtp://127.0.0.1:{port}", sms_url=url)
        locked = run(founded, "doctor", smtp_url=f"smtp://u:sesame@127.0.0.1:{port}")
    assert good.code == 0, good.out
    assert f"mail: 127.0.0.1:{port} takes messages" in good.out
    assert "SMS: 127.0.0.1 answers" in good.out
    assert "codes travel to 127.0.0.1 in clear" in good.out
    assert [got.method for got in texts.received] == ["HEAD"]
    assert locked.code == 1
    assert "no TLS, so no password is sent to it. Check POOLHOUSE_SMTP_URL" in locked.out
    url = f"http://u:sesame@127.0.0.1:{free_port()}/?key=sesame"
    away = run(founded, "doctor", sms_url=url)
    assert away.code == 1
    assert "The gateway failed: ConnectError. Check POOLHOUSE_SMS_URL." in away.out
    assert "sesame" not in good.out + locked.out + away.out
