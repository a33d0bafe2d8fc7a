"""A part that hangs or is stormed holds up nobody who does not need it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.faults.conftest import Serving
from tests.faults.crowd import Place
from tests.support.server import Server
from tests.support.wire import Reply, Wire

PASSWORD = "Correct-Horse-1!"
STORM = 100
DEADLINE = 110.0


@contextmanager
def silent_mail_server() -> Iterator[tuple[int, threading.Event]]:
    """It takes connections and never says a word. The event: somebody has come."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as _:
        called, callers = threading.Event(), []

        def take() -> None:
            while True:
                try:
                    callers.append(listener.accept()[0])
                except OSError:
                    return
                called.set()

        thread = threading.Thread(target=take)
        thread.start()
        yield listener.getsockname()[1], called
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        for caller in callers:
            caller.close()


def test_a_mail_server_that_hangs_delays_no_sign_up(serving: Serving) -> None:
    """REL-19, NET-06: the message waits in the outbox, the caller does not wait for it."""
    with silent_mail_server() as (port, called):
        server = serving("sqlite", smtp_url=f"smtp://127.0.0.1:{port}")
        place = Place.made(server)
        with Wire(server.port) as wire:
            for number in range(10):
                reply = sign_up(wire, place, f"u{number}")
                assert reply.ok
                assert reply.body["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
                # Everything but the first is asked for while the courier hangs.
                assert called.wait(DEADLINE)
        server.terminate()
        assert server.wait() in (0, -15), "nor does it hold up the end"


def sign_up(wire: Wire, place: Place, name: str) -> Reply:
    attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
    return wire.ask(
        "SignUp",
        ClientId=place.client,
        Username=name,
        Password=PASSWORD,
        UserAttributes=attributes,
    )


class Stormed:
    """A server whose hashes take long, and a user of it who has signed in."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._idp = server.client("cognito-idp")
        self._place = Place.made(server)
        made = self._idp.create_user_pool_client(
            UserPoolId=self._place.pool,
            ClientName="hiding",
            ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
            PreventUserExistenceErrors="ENABLED",
        )
        self._hiding = made["UserPoolClient"]["ClientId"]
        named = {"UserPoolId": self._place.pool, "Username": "resident"}
        self._idp.admin_create_user(**named, MessageAction="SUPPRESS")
        self._idp.admin_set_user_password(**named, Password=PASSWORD, Permanent=True)
        with Wire(server.port) as wire:
            reply = self.sign_in(wire, "resident")
        self.token = reply.body["AuthenticationResult"]["AccessToken"]

    def sign_in(self, wire: Wire, name: str) -> Reply:
        return wire.ask(
            "InitiateAuth",
            ClientId=self._hiding,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
        )

    def storm(self, names: list[str]) -> tuple[list[Reply], int]:
        """All sign in at once. Their replies, and how often GetUser was answered meanwhile."""

        def one(name: str) -> Reply:
            with Wire(self._server.port, timeout=DEADLINE) as wire:
                return self.sign_in(wire, name)

        with ThreadPoolExecutor(len(names)) as threads, Wire(self._server.port) as wire:
            storm = [threads.submit(one, name) for name in names]
            answered = 0
            while not all(each.done() for each in storm):
                assert wire.ask("GetUser", AccessToken=self.token).ok
                answered += 1
            return [each.result() for each in storm], answered


def judged(replies: list[Reply]) -> int:
    """How many passwords were hashed. What waits behind hashes is answered no more often."""
    return sum(reply.body.get("message", "").startswith("Incorrect") for reply in replies)


def hashing(server: Server) -> float:
    """How many passwords are being hashed or wait for it."""
    with Wire(server.port) as wire:
        page = wire.get("/metrics").decode()
    found = re.search(r"^poolhouse_hashing_in_hand (\S+)$", page, re.MULTILINE)
    assert found is not None
    return float(found[1])


@pytest.fixture
def stormed(serving: Serving) -> Stormed:
    return Stormed(serving("sqlite", argon2_memory=65536, argon2_time=4))


def test_a_storm_of_sign_ins_leaves_everything_else_answering(stormed: Stormed) -> None:
    """NET-06: and those who find the queue full are told so at once."""
    replies, answered = stormed.storm([f"nobody{number}" for number in range(STORM)])
    codes = {reply.code for reply in replies}
    assert codes == {"NotAuthorizedException", "TooManyRequestsException"}
    assert answered > judged(replies) > 0


def test_a_storm_of_sign_ins_as_one_user_leaves_everything_else_answering(
    stormed: Stormed,
) -> None:
    """NET-06: those who wait for others' tries at one name hold up nobody else."""
    replies, answered = stormed.storm(["nobody"] * STORM)
    codes = {reply.code for reply in replies}
    assert codes <= {"NotAuthorizedException", "TooManyRequestsException"}
    assert answered > judged(replies) > 0
