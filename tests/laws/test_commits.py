"""Only the unit of work commits: one operation is one transaction."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.laws.source import Source, at, hold, server, snippet

UNIT = "poolhouse.kernel.unit"
PLUMBING = frozenset([UNIT, "poolhouse.storage.engine", "poolhouse.storage.migrating"])
TRANSACTION = re.compile(r"\s*(BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE)\b(?!\s+\w+\s+\w)")
ENDINGS = frozenset(["commit", "rollback", "begin_nested"])
LOANS = frozenset(["lease", "give_back"])


def commits(source: Source) -> Iterator[str]:
    if source.module in PLUMBING or source.module.startswith("poolhouse.storage.migrations."):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr in ENDINGS:
                yield at(source, node, f"calls .{node.func.attr}()")
            elif node.func.attr in LOANS:
                yield at(source, node, f"calls .{node.func.attr}(), which writes without a unit")
        elif isinstance(node, ast.With | ast.AsyncWith):
            yield from _begun(source, node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # A statement, not prose: in capitals, and at most a few words long.
            if TRANSACTION.match(node.value) and len(node.value.split()) <= 3:
                yield at(source, node, f"says {node.value!r}")


def _begun(source: Source, node: ast.With | ast.AsyncWith) -> Iterator[str]:
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr == "begin":
                yield at(source, node, "`with ….begin()` commits at its end")


def test_only_the_unit_commits() -> None:
    hold(
        commits,
        server(),
        "Leave the transaction to kernel/unit.py: use unit.write, and unit.note or unit.at_once "
        "for what must stay when the operation is refused.",
    )


@pytest.mark.parametrize(
    "code",
    [
        "connection.commit()",
        "connection.rollback()",
        "connection.exec_driver_sql('COMMIT')",
        "connection.execute(text('begin immediate'.upper())); x = 'BEGIN IMMEDIATE'",
        "with engine.begin() as connection:\n    pass",
        "connection = unit._database.lease()",
    ],
)
def test_a_commit_elsewhere_is_seen(code: str) -> None:
    assert list(commits(snippet("src/poolhouse/userpools/users/store.py", code)))


@pytest.mark.parametrize(
    "code",
    ["unit.begin()", "x = 'Commit to memory.'", "'''COMMIT is the unit's word, not ours here.'''"],
)
def test_prose_and_the_unit_itself_are_left_alone(code: str) -> None:
    assert not list(commits(snippet("src/poolhouse/userpools/users/store.py", code)))


def test_the_unit_and_the_plumbing_below_it_may_commit() -> None:
    for path in ("kernel/unit.py", "storage/engine.py", "storage/migrations/runner.py"):
        assert not list(commits(snippet(f"src/poolhouse/{path}", "connection.commit()")))
