"""No room, or no database: nothing is acknowledged that is not kept, nobody is let in unchecked,
and it ends when the cause ends."""

from __future__ import annotations

import random
from pathlib import Path

import psycopg

from tests.faults.conftest import Serving, database_url
from tests.faults.crowd import Crowd, Place
from tests.faults.mailbox import open_mailbox
from tests.faults.squeezing import FileSizes, SmallDisk, Squeeze, small_disk
from tests.faults.verdict import Inspector
from tests.support.postgres import Durable, libpq
from tests.support.server import Server
from tests.support.wire import Reply, Wire

PASSWORD = "Correct-Horse-1!"
NAME = "resident"


class Resident:
    """A user who was here before the trouble, and what becomes of their requests in it."""

    def __init__(self, server: Server, place: Place) -> None:
        self._wire = Wire(server.port)
        self._server = server
        self._place = place
        named = {"UserPoolId": place.pool, "Username": NAME}
        assert self._wire.ask_as_root("AdminCreateUser", **named).ok
        permanent = {"Password": PASSWORD, "Permanent": True}
        assert self._wire.ask_as_root("AdminSetUserPassword", **named, **permanent).ok
        self._tokens = self.sign_in().body["AuthenticationResult"]

    def sign_in(self, password: str = PASSWORD) -> Reply:
        return self._wire.ask(
            "InitiateAuth",
            ClientId=self._place.client,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": NAME, "PASSWORD": password},
        )

    def writes(self) -> list[Reply]:
        """Of every kind; each of them has to be written down before it may succeed."""
        token = self._tokens["AccessToken"]
        attribute = [{"Name": "nickname", "Value": "n"}]
        return [
            self.sign_in(),
            self.sign_in("Wrong-Password-1!"),
            self._wire.ask("UpdateUserAttributes", AccessToken=token, UserAttributes=attribute),
            self._wire.ask("GlobalSignOut", AccessToken=token),
            self._wire.ask(
                "SignUp", ClientId=self._place.client, Username="newcomer", Password=PASSWORD
            ),
            self._wire.ask_as_root("CreateGroup", GroupName="g", UserPoolId=self._place.pool),
        ]

    def reads(self) -> list[int | None]:
        refreshed = self._wire.ask(
            "InitiateAuth",
            ClientId=self._place.client,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": self._tokens["RefreshToken"]},
        )
        return [
            self._wire.ask("GetUser", AccessToken=self._tokens["AccessToken"]).status,
            refreshed.status,
            self._wire.ask_as_root("ListGroups", UserPoolId=self._place.pool).status,
            self._server.status(f"/{self._place.pool}/.well-known/jwks.json"),
        ]

    def __enter__(self) -> Resident:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()


def endure(server: Server, squeeze: Squeeze) -> None:
    """Load while the room runs out, while there is none, and when it is back."""
    place = Place.made(server)
    with open_mailbox() as mailbox:
        crowd = Crowd(server, place, mailbox, random.randrange(10**6))
        inspector = Inspector(server, database_url(server), place)
        with crowd:
            crowd.wait_for(20)
            squeeze.little()
            crowd.wait_for_doubts(4)
            squeeze.none()
        squeeze.release()
        inspector.settle(crowd, everybody=True)
        with crowd:
            crowd.wait_for(20)
            squeeze.none()
            server.kill9()
        squeeze.release()
        server.start()
        inspector.settle(crowd, everybody=True)


def test_files_that_cannot_grow_lose_nothing(serving: Serving) -> None:
    """REL-09"""
    server = serving("sqlite", trusted_proxies="127.0.0.1")
    endure(server, FileSizes(server))


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """REL-09"""
    with small_disk(tmp_path / "disk") as disk:
        server = Server(disk / "data", trusted_proxies="127.0.0.1")
        try:
            server.start()
            endure(server, SmallDisk(disk))
        finally:
            server.kill9()


def test_while_nothing_can_be_written_nobody_is_let_in_and_reads_go_on(serving: Serving) -> None:
    """REL-09"""
    server = serving("sqlite")
    with Resident(server, Place.made(server)) as resident:
        squeeze = FileSizes(server)
        squeeze.none()
        for _ in range(3):
            assert [reply.status for reply in resident.writes()] == [503] * 6
            assert resident.reads() == [200] * 4
        squeeze.release()
        assert [reply.status for reply in resident.writes()] == [200, 400, 200, 200, 200, 200]


def test_a_read_only_postgresql_takes_no_write_and_lets_nobody_in(
    serving: Serving, durable_postgres: Durable
) -> None:
    """REL-09: as a standby, or a server whose disk went read-only."""
    server = serving("postgresql")
    with Resident(server, Place.made(server)) as resident:
        set_read_only(durable_postgres, "on")
        statuses = [reply.status for reply in resident.writes()]
        assert all(status >= 500 for status in statuses), statuses
        assert resident.reads() == [200] * 4
        set_read_only(durable_postgres, "off")
        assert [reply.status for reply in resident.writes()] == [200, 400, 200, 200, 200, 200]


def set_read_only(cluster: Durable, value: str) -> None:
    """For every transaction that begins from now on, in open connections too."""
    with psycopg.connect(libpq(cluster.url), autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}")
        connection.execute("SELECT pg_reload_conf()")
        shown = ("",)
        while shown != (value,):
            found = connection.execute("SHOW default_transaction_read_only").fetchone()
            assert found is not None
            shown = found


def test_without_its_database_the_server_says_so_and_lets_nobody_in(
    serving: Serving, durable_postgres: Durable
) -> None:
    """REL-08, REL-09"""
    server = serving("postgresql")
    place = Place.made(server)
    with Resident(server, place) as resident:
        durable_postgres.stop()
        for _ in range(2):
            assert [reply.status for reply in resident.writes()] == [503] * 6
            assert resident.reads() == [503] * 4
            assert server.status("/health/ready") == 503
            assert server.status("/health/live") == 200
        durable_postgres.restart()
        server.wait_until_ready()
        assert [reply.status for reply in resident.writes()] == [200, 400, 200, 200, 200, 200]
        assert server.lives


def test_connections_that_an_administrator_cut_off_are_replaced(
    serving: Serving, durable_postgres: Durable
) -> None:
    """REL-08: one request may see it, the next does not."""
    server = serving("postgresql")
    with Resident(server, Place.made(server)) as resident:
        assert resident.reads() == [200] * 4
        with psycopg.connect(libpq(durable_postgres.url), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'poolhouse'"
            )
        assert {200, 503} >= set(resident.reads())
        assert resident.reads() == [200] * 4
