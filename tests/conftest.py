"""Fixtures that every room's tests may take."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.house import TestHouse, build_template, furnished, settings_for
from tests.support.postgres import Cluster, durable_postgres, postgres

__all__ = ["durable_postgres", "postgres"]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every test's database is a copy of."""
    path = tmp_path_factory.mktemp("template") / "poolhouse.db"
    build_template(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_house(tmp_path: Path, sqlite_template: Path) -> Iterator[TestHouse]:
    """A house on SQLite, where the database does not matter to the test."""
    shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
    with furnished(settings_for(tmp_path)) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def house(
    request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path
) -> Iterator[TestHouse]:
    """A house on each database in turn."""
    if request.param == "sqlite":
        shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
        with furnished(settings_for(tmp_path)) as made:
            yield made
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.database(cluster.template("house", build_template))
    with furnished(settings_for(tmp_path, url)) as made:
        yield made
    cluster.drop(url)
