"""The floors: import-linter's contracts say what the plan says, and see what breaks it."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.laws.source import ROOT

LINTER = Path(sys.executable).with_name("lint-imports")
ROOMS = "cli app doors sync identitypools userpools iam kernel keys storage contract clock".split()


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LINTER), "--no-logo", "--no-cache", "--config", "pyproject.toml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def small_house(folder: Path, **files: str) -> Path:
    """A tree of empty rooms under the project's own contracts, with some files put in."""
    text = (ROOT / "pyproject.toml").read_text()
    (folder / "pyproject.toml").write_text(text[text.index("[tool.importlinter]") :])
    source = folder / "src"
    for room in ("poolhouse_client", "poolhouse", *(f"poolhouse/{room}" for room in ROOMS)):
        (source / room).mkdir(parents=True)
        (source / room / "__init__.py").touch()
    for name, code in files.items():
        path = source / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(code)
    return folder


def test_the_house_keeps_its_floors() -> None:
    told = lint(ROOT)
    if told.returncode:
        pytest.fail(told.stdout + told.stderr, pytrace=False)


def test_the_contracts_name_every_floor_of_the_plan() -> None:
    configured = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    contracts = {contract["id"]: contract for contract in configured["contracts"]}
    assert set(contracts) >= {"floors", "doors", "userpools", "client", "circles"}
    assert all(contract["broken_contract_guidance"] for contract in contracts.values())
    for name in ("floors", "doors", "userpools"):
        assert contracts[name]["exhaustive"], "A new room must not slip in without a floor."


def test_a_house_that_keeps_its_floors_passes(tmp_path: Path) -> None:
    house = small_house(
        tmp_path,
        poolhouse__userpools__signin__engine="import poolhouse.userpools.users.store",
        poolhouse__userpools__users__store="import poolhouse.storage",
        poolhouse__doors__aws__rpc="import poolhouse.kernel",
    )
    told = lint(house)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("poolhouse__kernel__perform", "import poolhouse.userpools"),
        ("poolhouse__storage__engine", "import poolhouse.kernel"),
        ("poolhouse__iam__roles", "import poolhouse.userpools"),
        ("poolhouse__doors__aws__rpc", "import poolhouse.doors.oauth.token"),
        ("poolhouse__userpools__users__store", "import poolhouse.userpools.signin.engine"),
        ("poolhouse__userpools__groups__store", "import poolhouse.userpools.mfa.rules"),
        ("poolhouse_client__verify", "import poolhouse.keys"),
        ("poolhouse__storage__engine", "import poolhouse.storage.base"),
        ("poolhouse__attic__chest", ""),
        ("poolhouse__userpools__attic__chest", ""),
    ],
)
def test_a_step_upwards_or_sideways_is_seen(tmp_path: Path, file: str, code: str) -> None:
    rooms = {
        "poolhouse__storage__base": "import poolhouse.storage.engine",
        "poolhouse__storage__engine": "",
        "poolhouse__doors__oauth__token": "",
        "poolhouse__userpools__signin__engine": "",
        "poolhouse__userpools__mfa__rules": "",
    }
    house = small_house(tmp_path, **{**rooms, file: code})
    told = lint(house)
    assert told.returncode == 1, told.stdout + told.stderr
    assert "BROKEN" in told.stdout or "not declared" in (told.stdout + told.stderr)
