"""Functions behind HTTP: the Invoke API, webhooks, and whatever answers in their place."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.triggers import receivers, refusals
from tests.triggers.receivers import Answer, Receiver, receiving, said
from tests.triggers.scene import ARN, Stage, event, staged, whsec

SECRET, OLD = whsec(), whsec(fill=b"o")
CLOSED = "http://127.0.0.1:9"  # discard: nobody listens
ECHO = event()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Stage]:
    """Waits a fraction of a second."""
    with staged(tmp_path, patience=0.4) as made:
        yield made


def webhook(stage: Stage, receiver: Receiver, **more: Any) -> None:
    stage.bind({"arn": "*", "webhook": receiver.url + "/hook", "secret": SECRET} | more)


def endpoint(stage: Stage, receiver: Receiver) -> None:
    stage.bind({"arn": "*", "lambda": receiver.url})


# the Invoke API ------------------------------------------------------------------------
def test_a_lambda_endpoint_is_asked_as_invoke_is(stage: Stage) -> None:
    with receiving(receivers.echo) as receiver:
        endpoint(stage, receiver)
        assert stage.call("pre-sign-up")["response"] == {"autoConfirmUser": True}
    (asked,) = receiver.asked
    assert asked.path == "/2015-03-31/functions/pre-sign-up/invocations"
    assert asked.headers["x-amz-invocation-type"] == "RequestResponse"
    assert asked.headers["content-type"] == "application/json"
    assert asked.event == event()
    assert stage.kept.outcomes == ["answered"]


def test_an_arn_that_names_a_path_reaches_nothing(stage: Stage) -> None:
    """EXT-01"""
    with receiving(receivers.echo) as receiver:
        endpoint(stage, receiver)
        assert stage.refused("../../admin") == refusals.unreached("ResourceNotFoundException")
    assert receiver.asked == []


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (said({"errorMessage": "No bots", "errorType": "Error"}), refusals.failed("No bots")),
        (said({"errorMessage": "No bots"}), refusals.failed("No bots")),
        (said({"errorMessage": ""}), refusals.failed("")),
        (said({"errorMessage": "x"}, x_amz_function_error="Unhandled"), refusals.failed("x")),
        (said({"other": 1}, x_amz_function_error="Unhandled"), refusals.failed("Unhandled")),
        (said(b"oh", x_amz_function_error="Unhandled"), refusals.failed("Unhandled")),
        (said({"response": {}, "errorMessage": 1, "request": None}), refusals.UNRECOGNIZABLE),
        (said(None), refusals.UNRECOGNIZABLE),
        (said([ECHO]), refusals.UNRECOGNIZABLE),
        (said("text"), refusals.UNRECOGNIZABLE),
        (said({}), refusals.UNRECOGNIZABLE),
        (said({**ECHO, "response": None}), refusals.UNRECOGNIZABLE),
        (said({**ECHO, "response": []}), refusals.UNRECOGNIZABLE),
        (said({"response": {}}), refusals.UNRECOGNIZABLE),
        (said(b""), refusals.INVALID),
        (said(b"{"), refusals.INVALID),
        (said(b"<html>"), refusals.INVALID),
        (said(b"\xff\xfe"), refusals.INVALID),
        (said(b'{"response": {"a": NaN}}'), refusals.INVALID),
        (said(b'{"response": {"a": "\\ud800"}}'), refusals.INVALID),
        (said(b'{"errorMessage": "\\udfff"}'), refusals.INVALID),
        (said(b"[" * 100_000), refusals.INVALID),
        (said(ECHO, content_encoding="gzip"), None),
        (said(b"x", 404), refusals.unreached("ResourceNotFoundException")),
        (said(b"x", 403), refusals.unreached("AccessDeniedException")),
        (said(b"x", 400), refusals.unreached("InvalidRequestContentException")),
        (said(b"x", 429), refusals.unreached("TooManyRequestsException")),
        (said(b"x", 500), refusals.unreached("ServiceException")),
        (said(b"x", 502, x_amzn_errortype="EC2ThrottledException"),
         refusals.unreached("EC2ThrottledException")),
        (said(b"x", 403, x_amzn_errortype="ExpiredTokenException:http://a/b"),
         refusals.unreached("ExpiredTokenException")),
        (said(b"x", 403, x_amzn_errortype="<script>"), refusals.unreached("AccessDeniedException")),
        (said(b"", 302, location="/elsewhere"),
         refusals.unreached("InvalidRequestContentException")),
    ],
)  # fmt: skip
def test_what_a_lambda_endpoint_answers_is_told_as_aws_tells_it(
    answer: Answer, refusal: tuple[str, str] | None, stage: Stage
) -> None:
    """EXT-03"""
    with receiving(answer) as receiver:
        endpoint(stage, receiver)
        if refusal is None:
            assert stage.call() == ECHO
        else:
            assert stage.refused() == refusal


# webhooks ------------------------------------------------------------------------------
def test_a_webhook_knows_us_by_a_standard_signature(stage: Stage) -> None:
    """EXT-02"""
    with receiving(receivers.echo) as receiver:
        webhook(stage, receiver)
        stage.call(note="Zoë")
    (asked,) = receiver.asked
    assert asked.path == "/hook"
    assert Webhook(SECRET).verify(asked.body, asked.headers) == event(note="Zoë")
    for body, headers in (
        (asked.body + b" ", asked.headers),
        (asked.body, asked.headers | {"webhook-id": "another"}),
        (asked.body, asked.headers | {"webhook-timestamp": "1700000000"}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(asked.body, asked.headers)


def test_while_a_secret_is_replaced_both_verify(stage: Stage) -> None:
    """EXT-02"""
    with receiving(receivers.echo) as receiver:
        webhook(stage, receiver, secret=[SECRET, OLD])
        stage.call()
    (asked,) = receiver.asked
    for secret in (SECRET, OLD):
        assert Webhook(secret).verify(asked.body, asked.headers) == event()


def test_every_try_of_a_call_has_its_id_and_every_call_its_own(stage: Stage) -> None:
    """EXT-04"""
    with receiving(said(b"", 503), receivers.echo) as receiver:
        webhook(stage, receiver)
        stage.call()
        stage.call()
    ids = [asked.headers["webhook-id"] for asked in receiver.asked]
    assert ids[0] == ids[1] != ids[2]
    for asked in receiver.asked:
        Webhook(SECRET).verify(asked.body, asked.headers)


@pytest.mark.parametrize(
    ("answer", "refusal", "tries"),
    [
        (said({"errorMessage": "No bots"}, 400), refusals.failed("No bots"), 1),
        (said({"errorMessage": "No bots"}, 422), refusals.failed("No bots"), 1),
        (said({"errorMessage": "No bots"}), refusals.failed("No bots"), 1),
        (said({"detail": "signature"}, 401), refusals.unreached("Status401"), 1),
        (said(b"no", 404), refusals.unreached("Status404"), 1),
        (said({"errorMessage": "down"}, 500), refusals.unreached("Status500"), 3),
        (said(b"", 503), refusals.unreached("Status503"), 3),
        (said(b"", 429), refusals.unreached("Status429"), 3),
        (said(b"", 204), refusals.INVALID, 1),
        (said(b"", 302, location="/elsewhere"), refusals.unreached("Status302"), 1),
        (said(b"", 307, location="/elsewhere"), refusals.unreached("Status307"), 1),
        (receivers.hang_up, refusals.unreached("RemoteProtocolError"), 3),
        (receivers.half, refusals.unreached("RemoteProtocolError"), 3),
    ],
)
def test_what_a_webhook_answers_is_told_and_only_what_may_pass_is_tried_again(
    answer: Answer, refusal: tuple[str, str], tries: int, stage: Stage
) -> None:
    """EXT-01, EXT-03, REL-18"""
    with receiving(answer) as receiver:
        webhook(stage, receiver)
        assert stage.refused() == refusal
    assert [asked.path for asked in receiver.asked] == ["/hook"] * tries


# time and size -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "answer", [receivers.silence, receivers.drip, receivers.dripping_head], ids=lambda a: a.__name__
)
def test_who_is_late_is_tried_three_times_however_he_is_late(answer: Answer, hasty: Stage) -> None:
    """EXT-03, REL-18: the limit is for the whole answer, not for each octet of it."""
    with receiving(answer) as receiver:
        webhook(hasty, receiver)
        assert hasty.refused() == refusals.TIMED_OUT
    assert len(receiver.asked) == 3
    assert len({asked.headers["webhook-id"] for asked in receiver.asked}) == 1
    assert hasty.kept.outcomes == ["Socket timeout while invoking Lambda function"]


def test_who_is_late_once_is_asked_again(hasty: Stage) -> None:
    with receiving(receivers.silence, receivers.echo) as receiver:
        webhook(hasty, receiver)
        assert hasty.call()["response"] == {"autoConfirmUser": True}


def test_nobody_there_is_told_by_name(stage: Stage) -> None:
    stage.bind({"arn": "*", "lambda": CLOSED})
    assert stage.refused() == refusals.unreached("ConnectError")


def test_a_server_that_takes_no_connection_is_late(hasty: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        port = full.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        hasty.bind({"arn": "*", "lambda": f"http://127.0.0.1:{port}"})
        assert hasty.refused() == refusals.TIMED_OUT
        for filler in fillers:
            filler.close()


def test_an_answer_without_end_is_refused(stage: Stage) -> None:
    """EXT-03"""
    with receiving(receivers.flood) as receiver:
        webhook(stage, receiver)
        assert stage.refused() == refusals.UNRECOGNIZABLE
    assert len(receiver.asked) == 1
    assert stage.kept.outcomes == ["too long"]


@pytest.mark.parametrize(("more", "refusal"), [(0, None), (1, refusals.UNRECOGNIZABLE)])
def test_an_answer_may_be_256_kib_longer_than_the_event(
    more: int, refusal: tuple[str, str] | None, stage: Stage
) -> None:
    """EXT-03"""
    asked = event(note="n" * 300_000)
    room = 256 * 1024 + len(json.dumps(asked)) - len(json.dumps({**asked, "x": ""}))
    with receiving(said({**asked, "x": "x" * (room + more)})) as receiver:
        webhook(stage, receiver)
        if refusal is None:
            stage.call(note="n" * 300_000)
        else:
            assert stage.refused(note="n" * 300_000) == refusal


# what nobody needs to know ---------------------------------------------------------------
def test_no_proxy_of_the_environment_is_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EXT-01"""
    with receiving(receivers.echo) as receiver, receiving(receivers.echo) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        webhook(stage, receiver)
        stage.call()
    assert (len(receiver.asked), len(proxy.asked)) == (1, 0)


def test_neither_secrets_nor_addresses_nor_events_are_logged(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    """EXT-02"""
    with caplog.at_level(logging.INFO), receiving(said(b"", 503)) as receiver:
        stage.bind({"arn": "*", "webhook": receiver.url + "/?k=sesame", "secret": SECRET})
        told = stage.refused(password="open-sesame")
        assert len(receiver.asked) == 3
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("poolhouse")]
    for text in (*ours, *told):
        assert "sesame" not in text
        assert SECRET.removeprefix("whsec_") not in text


def test_an_arn_that_nothing_is_bound_to_is_told_as_aws_tells_a_missing_permission(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    assert stage.refused("unbound") == refusals.unreached("AccessDeniedException")
    assert f"no function is bound to {ARN}unbound" in caplog.text


def test_a_server_that_has_stopped_calls_nobody(tmp_path: Path) -> None:
    with receiving(receivers.echo) as receiver, staged(tmp_path) as stage:
        webhook(stage, receiver)
        stage.call()
        stage.functions.close()
        assert stage.refused() == refusals.unreached("ServiceException")
    assert len(receiver.asked) == 1
