"""Empty databases of both kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes empty databases of one kind; answers their URLs."""
    made: list[str] = []

    def sqlite() -> str:
        made.append("")
        return f"sqlite:///{tmp_path / f'{len(made)}.db'}"

    if request.param == "sqlite":
        yield sqlite
        return
    cluster: Cluster = request.getfixturevalue("postgres")

    def postgresql() -> str:
        made.append(cluster.database())
        return made[-1]

    yield postgresql
    for url in made:
        cluster.drop(url)
