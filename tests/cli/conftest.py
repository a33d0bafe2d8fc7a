"""A data folder that `poolhouse init` has filled, for tests that only look."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.running import run


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("founded") / "data"
    ended = run(folder, "init")
    assert ended.code == 0, ended.err
    return folder


@pytest.fixture
def founded(_made: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    return Path(shutil.copytree(_made, tmp_path / "data"))
