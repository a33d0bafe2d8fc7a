"""Commands that look, and what they say of a house in order and of one that is not."""

from __future__ import annotations

import re
import sqlite3
from importlib.metadata import version
from pathlib import Path

from tests.cli.running import OTHER_KEY, run
from tests.support.server import free_port


def test_the_version_is_the_package_s(tmp_path: Path) -> None:
    ended = run(tmp_path, "--version")
    assert (ended.code, ended.out, ended.err) == (0, f"poolhouse {version('poolhouse')}\n", "")


def test_help_names_every_command(tmp_path: Path) -> None:
    ended = run(tmp_path, "--help")
    assert ended.code == 0
    for command in ("serve", "init", "migrate", "doctor", "parity", "outbox", "keys"):
        assert re.search(rf"^.{{0,3}}{command}\b", ended.out, re.MULTILINE), command


def test_parity_counts_and_names_what_is_missing(tmp_path: Path) -> None:
    counted = run(tmp_path, "parity")
    lines = [line.split() for line in counted.out.splitlines()]
    assert [line[0] for line in lines[:2]] == ["cognito-idp", "cognito-identity"]
    missing = sum(int(line[3]) - int(line[1]) for line in lines)
    named = run(tmp_path, "parity", "--missing")
    assert named.out.count("\n  - ") == missing
    assert (counted.code, named.code) == (0, 0)
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_a_new_house_in_order(founded: Path) -> None:
    ended = run(founded, "doctor")
    assert ended.code == 0
    verdicts = [line.split()[0] for line in ended.out.splitlines()]
    assert set(verdicts) == {"ok", "warn"}
    assert "messages stay in the outbox" in ended.out


def test_doctor_names_what_is_wrong_and_the_way_out(founded: Path) -> None:
    (founded / "root-credentials").touch(mode=0o644)
    mail = f"smtp://127.0.0.1:{free_port()}"
    ended = run(founded, "doctor", master_key=OTHER_KEY, smtp_url=mail, host="0.0.0.0")
    assert ended.code == 1
    bad = [line for line in ended.out.splitlines() if line.startswith("bad")]
    assert [line.split(":")[0].split(None, 1)[1] for line in bad] == ["root key", "keys", "mail"]
    assert "chmod 600" in ended.out
    assert "passwords and tokens travel in clear" in ended.out
    assert ended.err == ""


def test_doctor_names_a_database_that_is_old_new_or_away(founded: Path) -> None:
    with sqlite3.connect(founded / "poolhouse.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    newer = run(founded, "doctor")
    assert (newer.code, newer.err) == (1, "")
    assert "revision 9999 is newer than this version knows" in newer.out
    away = run(founded, "doctor", database_url=f"postgresql://u:sesame@127.0.0.1:{free_port()}/d")
    assert (away.code, away.err) == (1, "")
    assert "Connection refused" in away.out
    assert "sesame" not in away.out
    unset = run(founded, "doctor", colour="red")
    assert (unset.code, unset.err) == (1, "")
    assert "POOLHOUSE_COLOUR is not a setting" in unset.out


def test_migrate_and_init_can_be_said_again(tmp_path: Path) -> None:
    first, second = run(tmp_path, "migrate"), run(tmp_path, "migrate")
    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith("Migrated from nothing to ")
    assert second.out.startswith("Nothing to do: the database is at ")
    assert "First user pool" in run(tmp_path, "init").out
    again = run(tmp_path, "init")
    assert again.code == 0
    assert "First user pool" not in again.out


def test_the_outbox_of_a_new_house_is_empty(founded: Path) -> None:
    assert run(founded, "outbox").out == "The outbox is empty.\n"


def test_the_master_key_is_replaced_in_two_steps(founded: Path) -> None:
    """REL-14"""
    old = (founded / "master.key").read_text().strip()
    rewrapped = run(founded, "keys", "rewrap", master_key=OTHER_KEY, previous_master_key=old)
    assert rewrapped.code == 0, rewrapped.err
    assert re.match(r"[1-9]\d* data keys were wrapped anew", rewrapped.out)
    assert run(founded, "outbox", master_key=OTHER_KEY).code == 0
    assert "wrapped under master key" in run(founded, "outbox").sentence
    assert run(founded, "keys", "rotate-data-key", master_key=OTHER_KEY).code == 0
