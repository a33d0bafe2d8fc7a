"""Every room says what it owns; no module is named after nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.laws.source import ROOT, Source, hand_written, hold, server, snippet

EMPTY_NAMES = frozenset(["util", "utils", "common", "helper", "helpers", "misc", "stuff"])
SCRIPTS = ROOT / "src/poolhouse/storage/migrations"  # Alembic runs them, nobody imports them
CAPTION_LINES = range(3, 9)


def named_after_nothing(source: Source) -> Iterator[str]:
    for step in source.path.removesuffix(".py").split("/"):
        if step in EMPTY_NAMES:
            yield f"  {source.path}: `{step}`"


def without_caption(source: Source) -> Iterator[str]:
    if source.module == "poolhouse" or not source.path.endswith("/__init__.py"):
        return
    lines = (ast.get_docstring(source.tree) or "").splitlines()
    if len(lines) not in CAPTION_LINES:
        yield f"  {source.path}: a caption of {len(lines)} lines"


def test_no_module_is_named_after_nothing() -> None:
    hold(
        named_after_nothing,
        hand_written("src", "tools", "tests", "bench"),
        "Name the noun: a shared need moves down into a new, named, lower room.",
    )


def test_every_room_has_its_caption() -> None:
    hold(
        without_caption,
        server(),
        "Say in three to eight lines of the package's docstring what the room owns, what it does "
        "not, and who comes back to it.",
    )


def test_every_folder_of_the_server_is_a_package() -> None:
    folders = {(ROOT / source.path).parent for source in server()}
    bare = [
        folder
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists() and not folder.is_relative_to(SCRIPTS)
    ]
    assert not bare, "Give each room an __init__.py with its caption."


@pytest.mark.parametrize("path", ["kernel/utils.py", "common/x.py", "doors/helpers.py"])
def test_a_name_that_says_nothing_is_seen(path: str) -> None:
    assert list(named_after_nothing(snippet(f"src/poolhouse/{path}", "")))


@pytest.mark.parametrize(
    "text", ["", '"""One line."""', '"""Two\nlines."""', '"""' + "line\n" * 9 + '"""']
)
def test_a_room_without_a_caption_is_seen(text: str) -> None:
    assert list(without_caption(Source("src/poolhouse/kernel/__init__.py", text)))


def test_a_caption_of_three_to_eight_lines_is_right() -> None:
    for lines in (3, 8):
        text = '"""' + "\n".join(["line"] * lines) + '\n"""'
        assert not list(without_caption(Source("src/poolhouse/kernel/__init__.py", text)))
