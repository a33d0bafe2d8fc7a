"""One text message on its way to a gateway."""

from __future__ import annotations

import base64
import logging
from contextlib import closing
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from poolhouse.access.sigv4 import parse, verify
from poolhouse.delivery.bodies import template
from poolhouse.delivery.gateway import Gateway, Place, gateway_of, place_of
from poolhouse.delivery.letters import Letter
from poolhouse.delivery.troubles import Undelivered
from poolhouse.settings import Settings, load
from tests.delivery import sms_gateways as sink
from tests.delivery.mail_servers import certificate, free_port, speaking

NOW = 1_700_000_000.0
LETTER = Letter(recipient="+4930123456", text="Your code is 012345. ")
SECRETS = ("p4ss/@:w", "t0psecret", "k3y", "012345", "4930123456")


def settings(port: int = 1, **more: Any) -> Settings:
    where = f"http://acc:p4ss%2F%40%3Aw@127.0.0.1:{port}/2010/Messages.json?key=k3y"
    return load({}, **({"sms_url": where} | more))


def send(settings: Settings, letter: Letter = LETTER, **options: Any) -> None:
    gateway = gateway_of(settings, **options)
    assert gateway is not None
    with gateway.line() as line:
        line.send(letter, "m-1", NOW)


def test_without_a_url_there_is_no_gateway() -> None:
    assert gateway_of(load({})) is None


def test_the_url_is_read_and_its_password_kept_apart() -> None:
    place = place_of("https://acc:p4ss%2F%40%3Aw@sms.example:8443/a?key=k3y")
    assert (place.url, place.host) == ("https://sms.example:8443/a?key=k3y", "sms.example")
    assert (place.user, place.password) == ("acc", "p4ss/@:w")
    assert not any(secret in repr(place) for secret in SECRETS)
    assert place_of("https://sms.example") == Place("https://sms.example", "sms.example")


def test_a_text_arrives_with_login_headers_and_id(caplog: pytest.LogCaptureFixture) -> None:
    got = sink.Gateway()
    with caplog.at_level(logging.INFO, "poolhouse"), sink.gateway(got) as port:
        own = "X-Api-Key: t0psecret\naccept-language: de"
        send(settings(port, sms_template="form", sms_from="+15550100", sms_headers=own))
    (request,) = got.received
    assert (request.raw_path, request.query) == ("/2010/Messages.json", "key=k3y")
    assert request.body == b"To=%2B4930123456&From=%2B15550100&Body=Your+code+is+012345.+"
    assert got.header("content-type") == "application/x-www-form-urlencoded"
    assert got.header("authorization") == "Basic " + base64.b64encode(b"acc:p4ss/@:w").decode()
    assert got.header("x-api-key") == "t0psecret"
    assert got.header("accept-language") == "de"
    assert got.header("idempotency-key") == "m-1"
    assert not any(secret in caplog.text for secret in SECRETS)


def test_headers_of_ones_own_take_the_place_of_ours() -> None:
    got = sink.Gateway()
    with sink.gateway(got) as port:
        own = '{"Content-Type": "application/vnd.sms+json"}'
        send(settings(port, sms_headers=own, sms_template='{"a": "{recipient}{text}"}'))
    assert got.header("content-type") == "application/vnd.sms+json"
    assert got.received[0].body == b'{"a": "+4930123456Your code is 012345. "}'


def test_publishing_is_signed_for_sns() -> None:
    got = sink.Gateway()
    secret = "t0psecret" * 4
    with sink.gateway(got) as port:
        signing = settings(
            port, sms_url=f"http://127.0.0.1:{port}/a/b%20c/?x=1&a=%2F", sms_template="sns",
            sms_access_key_id="AKIDEXAMPLE", sms_secret_access_key=secret, region="eu-west-1",
            sms_headers="X-Amz-Security-Token: abc",
        )  # fmt: skip
        send(signing)
    (request,) = got.received
    claim = parse(request)
    assert (claim.access_key_id, claim.region, claim.session_token) == (
        "AKIDEXAMPLE", "eu-west-1", "abc",
    )  # fmt: skip
    verify(request, claim, secret, service="sns", now=NOW)
    assert b"Action=Publish" in request.body


def test_the_region_of_a_signature_is_that_of_the_host() -> None:
    signing: dict[str, Any] = {
        "sms_template": "sns", "sms_access_key_id": "AKID", "sms_secret_access_key": "s",
    }  # fmt: skip
    gateway = gateway_of(settings(sms_url="https://sns.ap-south-1.amazonaws.com/", **signing))
    assert gateway is not None and gateway._signer is not None
    assert gateway._signer.region == "ap-south-1"
    assert "secret='s'" not in repr(gateway._signer)
    assert gateway_of(settings(sms_template="sns"))._signer is None  # type: ignore[union-attr]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_is_taken_is_sent(status: int) -> None:
    got = sink.Gateway(answers=[sink.Answer(status)])
    with sink.gateway(got) as port:
        send(settings(port))


@pytest.mark.parametrize(
    ("status", "for_good"),
    [
        *((status, True) for status in (400, 401, 404, 422)),
        *((status, False) for status in (302, 307, 408, 425, 429, 500, 503)),
    ],
)
def test_an_answer_decides_whether_it_is_tried_again(status: int, for_good: bool) -> None:
    """REL-19"""
    told = sink.Answer(status, {"location": "/elsewhere"}, b"+4930123456: 012345 not sent")
    got = sink.Gateway(answers=[told])
    with sink.gateway(got) as port, pytest.raises(Undelivered) as refused:
        send(settings(port))
    assert refused.value.for_good is for_good
    assert refused.value.trouble == f"The gateway answered {status}"
    assert refused.value.whole is (status in (429, 503))
    assert len(got.received) == 1, "a redirect is not followed"


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120.0),
        ("Tue, 14 Nov 2023 22:14:20 GMT", 60.0),
        ("Tue, 14 Nov 2022 22:14:20 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
    ],
)
def test_a_gateway_may_ask_to_be_left_alone(asked: str, seconds: float | None) -> None:
    """REL-19"""
    got = sink.Gateway(answers=[sink.Answer(429, {"retry-after": asked})])
    with sink.gateway(got) as port, pytest.raises(Undelivered) as refused:
        send(settings(port))
    assert refused.value.after == seconds


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    """REL-19"""

    def gush(connection: socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
        try:
            while True:
                connection.sendall(b"x" * 65536)
        except OSError:
            pass

    with speaking(gush) as port:
        send(settings(port), timeout=2.0)


def test_gateways_that_hang_drop_babble_or_are_not_there_are_given_up() -> None:
    """REL-19"""

    def hang(connection: socket) -> None:
        connection.settimeout(2)
        connection.recv(65536)
        connection.recv(1)

    def drop(connection: socket) -> None:
        connection.recv(10)

    def babble(connection: socket) -> None:
        connection.recv(65536)
        connection.sendall(b"220 hello\r\n")

    for speak in (hang, drop, babble):
        with speaking(speak) as port, pytest.raises(Undelivered) as failed:
            send(settings(port), timeout=0.3)
        assert failed.value.whole and not failed.value.for_good
        assert not any(secret in str(failed.value) for secret in SECRETS)
    with pytest.raises(Undelivered, match="The gateway failed: ConnectError"):
        send(settings(free_port()))


def test_the_certificate_of_a_gateway_is_checked(tmp_path: Path) -> None:
    """EXT-13"""
    theirs, ours = certificate(tmp_path)
    got = sink.Gateway()
    with sink.gateway(got, theirs) as port:
        secure = settings(sms_url=f"https://127.0.0.1:{port}/")
        with pytest.raises(Undelivered, match="certificate is not trusted"):
            send(secure)
        assert got.received == []
        send(secure, tls=ours)
    assert len(got.received) == 1


@pytest.mark.parametrize("number", ["4930123456", "+49 30 1", "", "+٤٩٣٠", "+49301\r\nx: y"])
def test_what_is_no_number_is_never_texted(number: str) -> None:
    """EXT-16"""
    got = sink.Gateway()
    with sink.gateway(got) as port, pytest.raises(Undelivered) as refused:
        send(settings(port), Letter(recipient=number, text="x"))
    assert refused.value.for_good
    assert got.received == []


def test_only_numbers_of_the_operators_countries_are_texted() -> None:
    """EXT-16, AUT-15"""
    got = sink.Gateway()
    with sink.gateway(got) as port:
        bounded = settings(port, sms_prefixes="+49, +43")
        send(bounded)
        with pytest.raises(Undelivered, match="POOLHOUSE_SMS_PREFIXES") as refused:
            send(bounded, Letter(recipient="+8821234567", text="x"))
    assert refused.value.for_good
    assert len(got.received) == 1


def test_one_connection_carries_several_texts() -> None:
    got = sink.Gateway()
    with sink.gateway(got) as port:
        gateway = gateway_of(settings(port))
        assert gateway is not None
        with gateway.line() as line:
            for number in range(3):
                line.send(LETTER, f"m-{number}", NOW)
    assert (len(got.received), got.connections) == (3, 1)


def test_a_probe_shows_nothing_secret() -> None:
    got = sink.Gateway()
    with sink.gateway(got) as port:
        gateway = gateway_of(settings(port, sms_headers="X-Api-Key: t0psecret"))
        assert gateway is not None
        gateway.probe()
    assert got.received[0].method == "HEAD"
    assert not {"authorization", "x-api-key"} & {name for name, _ in got.received[0].headers}
    with closing(socket()) as taken, pytest.raises(Undelivered):
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        Gateway(place_of(f"http://127.0.0.1:{port}"), template("json")).probe()
