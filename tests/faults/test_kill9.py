"""Kills: what was acknowledged stays, what was not is whole or absent, what was revoked is dead."""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.faults.conftest import BACKENDS, Serving, database_url
from tests.faults.crowd import Crowd, Place
from tests.faults.mailbox import open_mailbox
from tests.faults.verdict import Inspector
from tests.support.postgres import Durable

KILLS = int(os.environ.get("POOLHOUSE_TEST_KILLS", "12"))
DATABASE_KILLS = max(2, KILLS // 5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_acknowledged_write_is_lost_or_half_done_by_kill_9(
    backend: str, serving: Serving
) -> None:
    """REL-01, REL-19: POOLHOUSE_TEST_KILLS=200 for the long run."""
    seed = random.randrange(10**6)
    with open_mailbox() as mailbox:
        server = serving(backend, smtp_url=mailbox.url, trusted_proxies="127.0.0.1")
        place = Place.made(server)
        crowd = Crowd(server, place, mailbox, seed)
        inspector = Inspector(server, database_url(server), place)
        chance = random.Random(seed)
        for _ in range(KILLS):
            with crowd:
                crowd.wait_for(chance.randint(5, 100))
                time.sleep(chance.uniform(0, 0.02))
                server.kill9()
            inspector.wait_for_sessions_to_end()
            server.start()
            inspector.settle(crowd)
        inspector.settle(crowd, everybody=True)
    existed = {person.address for person in crowd.people if person.existed}
    assert set(mailbox.mails) <= existed


def test_a_killed_postgresql_loses_nothing_and_the_server_recovers_by_itself(
    serving: Serving, durable_postgres: Durable
) -> None:
    """REL-01, REL-08."""
    seed = random.randrange(10**6)
    with open_mailbox() as mailbox:
        server = serving("postgresql", smtp_url=mailbox.url, trusted_proxies="127.0.0.1")
        place = Place.made(server)
        crowd = Crowd(server, place, mailbox, seed)
        inspector = Inspector(server, database_url(server), place)
        chance = random.Random(seed)
        for _ in range(DATABASE_KILLS):
            with crowd:
                crowd.wait_for(chance.randint(5, 100))
                durable_postgres.kill9()
                time.sleep(0.1)
                durable_postgres.restart()
            server.wait_until_ready()
            inspector.settle(crowd, everybody=True)
