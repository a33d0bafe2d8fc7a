"""Only clock.py asks for the time; only ids.py and keys/ draw at random."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.laws.source import (
    Source,
    at,
    hand_written,
    hold,
    imports,
    server,
    snippet,
    uses,
    within,
)

TIME = frozenset(
    [f"time.{name}{unit}" for name in ("time", "monotonic", "perf_counter") for unit in ("", "_ns")]
    + ["time.process_time", "time.clock_gettime", "time.ctime", "time.localtime"]
    + ["datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today"]
    + ["datetime.date.today", "sqlalchemy.func.now", "sqlalchemy.func.current_timestamp"]
)
CHANCE = frozenset(["secrets", "os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4"])
PREDICTABLE = frozenset(["random"])
NOT_CHANCE = frozenset(["secrets.compare_digest"])


def asks_for_the_time(source: Source) -> Iterator[str]:
    if source.module != "poolhouse.clock":
        for node, name in uses(source):
            if name in TIME:
                yield at(source, node, f"uses {name}")


def draws_at_random(source: Source) -> Iterator[str]:
    if source.module == "poolhouse.ids" or source.module.startswith("poolhouse.keys"):
        return
    for node, name in uses(source):
        if within(name, CHANCE) and name not in NOT_CHANCE:
            yield at(source, node, f"uses {name}")


def draws_predictably(source: Source) -> Iterator[str]:
    for node, name in imports(source):
        if within(name, PREDICTABLE):
            yield at(source, node, f"imports {name}")


def test_only_the_clock_asks_for_the_time() -> None:
    hold(
        asks_for_the_time,
        server(),
        "Take `now: float` as an argument (operations: call.now; plumbing: services.clock), so "
        "that tests can stop and step the time.",
    )


def test_only_ids_and_keys_draw_at_random() -> None:
    hold(
        draws_at_random,
        server(),
        "Draw it with a function of poolhouse.ids (octets, token, random_uuid, digits), so that "
        "there is one place to read.",
    )


def test_nobody_draws_predictably() -> None:
    hold(
        draws_predictably,
        hand_written("src"),
        "The module `random` can be predicted: use poolhouse.ids.",
    )


@pytest.mark.parametrize(
    "code",
    [
        "import time\ntime.time()",
        "import time as t\nt.monotonic()",
        "from time import time_ns",
        "from datetime import datetime as d\nd.now()",
        "import datetime\ndatetime.datetime.now(datetime.UTC)",
        "from datetime import date\nstart = date.today",
        "from sqlalchemy import func\nfunc.now()",
    ],
)
def test_asking_for_the_time_elsewhere_is_seen(code: str) -> None:
    assert list(asks_for_the_time(snippet("src/poolhouse/kernel/x.py", code)))


def test_formatting_a_given_time_and_sleeping_are_left_alone() -> None:
    code = "import time\nfrom datetime import datetime\ntime.sleep(1)\ndatetime.fromtimestamp(now)"
    assert not list(asks_for_the_time(snippet("src/poolhouse/kernel/x.py", code)))


@pytest.mark.parametrize(
    "code",
    [
        "import secrets\nsecrets.token_hex()",
        "from secrets import token_bytes",
        "import os\nos.urandom(16)",
        "from uuid import uuid4",
        "import uuid as u\nu.uuid4()",
    ],
)
def test_drawing_at_random_elsewhere_is_seen(code: str) -> None:
    assert list(draws_at_random(snippet("src/poolhouse/userpools/codes/rules.py", code)))


def test_comparing_and_parsing_are_not_drawing() -> None:
    code = "import os, secrets, uuid\nsecrets.compare_digest(a, b)\nuuid.UUID(x)\nos.environ"
    assert not list(draws_at_random(snippet("src/poolhouse/userpools/codes/rules.py", code)))


def test_ids_and_keys_may_draw() -> None:
    for path in ("ids.py", "keys/sealing.py"):
        assert not list(
            draws_at_random(snippet(f"src/poolhouse/{path}", "import os\nos.urandom(1)"))
        )


def test_predictable_drawing_is_seen_everywhere() -> None:
    for path in ("ids.py", "keys/sealing.py", "kernel/x.py"):
        assert list(
            draws_predictably(snippet(f"src/poolhouse/{path}", "from random import choice"))
        )
