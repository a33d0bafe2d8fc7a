"""Many writers, and a reader who does not let go, on one SQLite file."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor

from tests.support.house import TestHouse

WRITERS, EACH = 50, 6
MOST_OF_LOG = 100 << 20


def test_writers_wait_for_each_other_and_for_no_reader(sqlite_house: TestHouse) -> None:
    """REL-07: nobody is told that the database is locked, and the log of writes does not grow on
    once the reader has gone."""
    idp = sqlite_house.client("cognito-idp")
    pool = idp.create_user_pool(PoolName="busy")["UserPool"]["Id"]
    file = sqlite_house.settings.data_dir / "poolhouse.db"
    log = file.with_name(f"{file.name}-wal")

    def write(number: int) -> None:
        for turn in range(EACH):
            idp.create_group(UserPoolId=pool, GroupName=f"g{number}-{turn}")

    reader = sqlite3.connect(file)
    reader.execute("BEGIN")
    seen = reader.execute("SELECT count(*) FROM groups").fetchone()
    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, range(WRITERS)))
    assert reader.execute("SELECT count(*) FROM groups").fetchone() == seen
    reader.close()
    assert log.stat().st_size < MOST_OF_LOG
    write(WRITERS)
    before = log.stat().st_size
    write(WRITERS + 1)
    assert log.stat().st_size <= before + (1 << 20)
    listed = idp.get_paginator("list_groups").paginate(UserPoolId=pool).build_full_result()
    assert len(listed["Groups"]) == (WRITERS + 2) * EACH
