"""The `poolhouse` command as an operator runs it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import CHEAP, POOLHOUSE, environment

SECONDS = 60
OTHER_KEY = "00112233445566778899aabbccddeeff" * 2


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What it said, where it failed as it should: on standard error, in plain words."""
        assert self.code not in (0, None), self.out
        assert "Traceback" not in self.err, self.err
        assert self.out == ""
        assert self.err.startswith("poolhouse: "), self.err
        return self.err.removeprefix("poolhouse: ").rstrip("\n")


# What lets root write anywhere.
_WITHOUT_IT = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]


def run(folder: Path, *arguments: str, **settings: object) -> Ended:
    """`poolhouse ARGUMENTS` on the data folder, with settings by their lower-case names."""
    given = {f"POOLHOUSE_{name.upper()}": str(value) for name, value in settings.items()}
    return _run([*POOLHOUSE, *arguments], folder, given)


def run_as_anybody(folder: Path, *arguments: str) -> Ended:
    """As `run`, and root may then write no more than others."""
    bound = _WITHOUT_IT if os.geteuid() == 0 else []
    return _run([*bound, *POOLHOUSE, *arguments], folder, {})


def _run(command: list[str], folder: Path, settings: dict[str, str]) -> Ended:
    ended = subprocess.run(
        command,
        env=environment(CHEAP, {"POOLHOUSE_DATA_DIR": str(folder), "COLUMNS": "200"}, settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
