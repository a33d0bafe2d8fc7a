"""What an operator can get wrong ends in a sentence that says the way out, and a failing exit."""

from __future__ import annotations

import socket
import sqlite3
from pathlib import Path

import pytest

from tests.cli.running import OTHER_KEY, run, run_as_anybody
from tests.support.server import free_port


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--nonsense"], "No such option: --nonsense"),
        (["serve", "--port", "many"], "Invalid value for '--port'"),
        (["nonsense"], "No such command 'nonsense'"),
        (["keys", "rotate-signing"], "Missing argument"),
        (["keys", "nonsense"], "No such command 'nonsense'"),
        (["outbox", "--count", "0"], "Invalid value for '--count'"),
    ],
)
def test_what_is_no_command_is_refused_with_a_hint(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    ended = run(tmp_path / "data", *arguments)
    assert ended.code == 2
    assert ended.out == ""
    assert words in ended.err
    assert "--help" in ended.err
    assert "Traceback" not in ended.err
    assert not (tmp_path / "data").exists()


_PORT = "POOLHOUSE_PORT: Input should be less than or equal to 65535."


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"colour": "red"}, "POOLHOUSE_COLOUR is not a setting; see docs/settings.md."),
        ({"port": 99999}, _PORT),
        ({"workers": 0}, "POOLHOUSE_WORKERS: Input should be greater than or equal to 1."),
        ({"argon2_memory": 1}, "POOLHOUSE_ARGON2_MEMORY: Input should be greater than"),
        ({"public_url": "example.com"}, "POOLHOUSE_PUBLIC_URL: must begin with http://"),
        ({"log_level": "loud"}, "POOLHOUSE_LOG_LEVEL: Input should be 'debug'"),
        ({"database_url": "mysql://u:sesame@h/d"}, "POOLHOUSE_DATABASE_URL must begin with"),
        ({"tls_key": __file__}, "TLS_CERTIFICATE and TLS_KEY are set together"),
        ({"master_key": "sesame"}, "A master key must be 32 octets"),
        ({"config": "/nowhere/x.toml"}, "POOLHOUSE_CONFIG: /nowhere/x.toml cannot be read"),
        ({"smtp_url": "sesame"}, "POOLHOUSE_SMTP_URL"),
        ({"trusted_proxies": "gate"}, "POOLHOUSE_TRUSTED_PROXIES"),
        ({"tls_key": "/no/k", "tls_certificate": "/no/c"}, "/no/c"),
    ],
    ids=lambda given: next(iter(given)) if isinstance(given, dict) else "",
)
def test_a_bad_setting_is_named_and_its_value_is_not_told(
    settings: dict[str, object], sentence: str, tmp_path: Path
) -> None:
    """REL-22"""
    ended = run(tmp_path / "data", "serve", **({"port": free_port()} | settings))
    assert sentence in ended.sentence
    assert "sesame" not in ended.err


def test_every_bad_setting_is_told_at_once(tmp_path: Path) -> None:
    ended = run(tmp_path / "data", "serve", port=99999, colour="red", workers=0)
    assert len(ended.sentence.splitlines()) == 3


def test_a_settings_file_is_read_and_its_mistakes_are_told(tmp_path: Path) -> None:
    file = tmp_path / "poolhouse.toml"
    file.write_text("port = [")
    assert f"{file} is not TOML" in run(tmp_path / "data", "serve", config=file).sentence
    file.write_text('colour = "red"')
    found = run(tmp_path / "data", "serve", config=file).sentence
    assert found == "POOLHOUSE_COLOUR is not a setting; see docs/settings.md."
    file.write_text(f'region = "eu-west-1"\nport = {free_port()}')
    assert run(tmp_path / "data", "init", config=file).code == 0


def test_a_port_in_use_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(tmp_path / "data", "serve", port=port)
    assert ended.sentence == (
        f"127.0.0.1:{port} cannot be listened on (Address already in use). "
        "Stop what is there, or set POOLHOUSE_PORT."
    )
    assert not (tmp_path / "data" / "poolhouse.db").exists()


def test_an_address_of_another_machine_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    ended = run(tmp_path / "data", "serve", host="192.0.2.1", port=free_port())
    assert ended.sentence.endswith(
        "(Cannot assign requested address). Set POOLHOUSE_HOST to an address of this machine, "
        "and POOLHOUSE_PORT to a port it may use."
    )
    assert not (tmp_path / "data" / "poolhouse.db").exists()


@pytest.mark.parametrize("command", ["serve", "init", "migrate"])
def test_a_folder_that_cannot_be_made_is_refused(command: str, tmp_path: Path) -> None:
    """REL-22"""
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "data"
    assert run(folder, command).sentence == (
        f"The data folder {folder} cannot be made (Not a directory). Set POOLHOUSE_DATA_DIR."
    )


@pytest.mark.parametrize("command", ["serve", "init", "migrate"])
def test_a_folder_that_cannot_be_written_is_refused(command: str, tmp_path: Path) -> None:
    """REL-22: whoever runs the test, root too."""
    tmp_path.chmod(0o500)
    assert run_as_anybody(tmp_path, command).sentence == (
        f"The data folder {tmp_path} is not writable. Set POOLHOUSE_DATA_DIR."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [["serve"], ["init"], ["keys", "rewrap"], ["outbox"]])
def test_a_wrong_master_key_is_refused_and_changes_nothing(
    command: list[str], founded: Path
) -> None:
    """REL-14, REL-22"""
    before = (founded / "poolhouse.db").read_bytes()
    ended = run(founded, *command, master_key=OTHER_KEY)
    assert "wrapped under master key" in ended.sentence
    assert OTHER_KEY not in ended.err
    assert (founded / "poolhouse.db").read_bytes() == before


def test_a_lost_master_key_is_not_replaced_by_a_new_one_that_opens_nothing(founded: Path) -> None:
    """REL-14"""
    (founded / "master.key").unlink()
    assert "wrapped under master key" in run(founded, "serve").sentence


def test_a_damaged_master_key_is_refused(founded: Path) -> None:
    (founded / "master.key").write_text("")
    assert "master.key" in run(founded, "serve").sentence


@pytest.mark.parametrize("command", ["serve", "init", "migrate"])
def test_a_database_of_a_newer_version_is_refused(command: str, founded: Path) -> None:
    """REL-15"""
    with sqlite3.connect(founded / "poolhouse.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    sentence = run(founded, command).sentence
    assert "revision 9999, which this version does not know" in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("command", ["serve", "init", "migrate", "doctor"])
def test_a_database_that_lacks_something_is_refused(command: str, founded: Path) -> None:
    """REL-15: before the first request would fail of it."""
    with sqlite3.connect(founded / "poolhouse.db") as connection:
        connection.execute("ALTER TABLE users DROP COLUMN factors")
    connection.close()
    ended = run(founded, command)
    assert ended.code == 1
    words = " but lacks users.factors. It was changed by hand, or restored in part: restore a"
    assert words in (ended.out if command == "doctor" else ended.sentence)


def test_a_database_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "poolhouse.db").write_text("certainly not a database, for it is too readable")
    sentence = run(tmp_path, "serve").sentence
    assert sentence == "The database cannot be used: file is not a database"


def test_a_database_that_is_away_is_refused_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://user:sesame@127.0.0.1:{free_port()}/name"
    ended = run(tmp_path / "data", "serve", database_url=url)
    assert "Connection refused" in ended.sentence
    assert "sesame" not in ended.err


def test_what_is_not_there_cannot_be_shown_or_rotated(founded: Path) -> None:
    assert run(founded, "outbox", "show", "x").sentence == "There is no message x."
    assert (
        "us-east-1_x does not exist"
        in run(founded, "keys", "rotate-signing", "us-east-1_x").sentence
    )
    assert "--status is one of" in run(founded, "outbox", "--status", "lost").sentence
