"""Rules are pure, operations speak neither SQL nor HTTP, and no operation calls an operation."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.laws.source import Source, at, hold, imports, server, snippet, within

SQL_AND_HTTP = frozenset(
    """
    sqlalchemy sqlite3 psycopg fastapi starlette uvicorn
    httpx httpx2 requests urllib.request urllib3 http socket smtplib
    """.split()
)
OUTSIDE_WORLD = SQL_AND_HTTP | frozenset(
    """
    time asyncio threading subprocess ssl os pathlib random secrets uuid
    poolhouse.clock poolhouse.ids poolhouse.settings poolhouse.storage
    poolhouse.kernel.unit poolhouse.kernel.services poolhouse.kernel.perform
    """.split()
)
PURE_FILES = frozenset(["rules", "next_step", "srp"])


def named(source: Source, *words: str) -> bool:
    """Whether the file is that word of a room, or inside the package that grew out of it."""
    steps = source.module.split(".")
    return len(steps) > 2 and any(step in words for step in steps[2:])


def is_pure(source: Source) -> bool:
    return named(source, *PURE_FILES) or source.module.startswith("poolhouse.access.")


def impure_rules(source: Source) -> Iterator[str]:
    if not is_pure(source):
        return
    for node, name in imports(source):
        if within(name, OUTSIDE_WORLD):
            yield at(source, node, f"imports {name}")
    for found in ast.walk(source.tree):
        if isinstance(found, ast.AsyncFunctionDef):
            yield at(source, found, f"`{found.name}` is asynchronous")


def sql_or_http_in_operations(source: Source) -> Iterator[str]:
    if named(source, "operations"):
        for node, name in imports(source):
            if within(name, SQL_AND_HTTP):
                yield at(source, node, f"imports {name}")


def imported_operations(source: Source) -> Iterator[str]:
    if source.module == "poolhouse.app":
        return
    for node, name in imports(source):
        steps = name.split(".")
        if steps[0] != "poolhouse" or "operations" not in steps[2:]:
            continue
        room = ".".join(steps[: steps.index("operations", 2) + 1])
        # A package `operations` may gather its own parts, nothing else.
        if source.module != room or not source.path.endswith("/__init__.py"):
            yield at(source, node, f"imports {name}")


def test_rules_are_pure() -> None:
    hold(
        impure_rules,
        server(),
        "Rules are pure and synchronous: let the operation read the clock, the store or the "
        "network and hand the rule plain values (`now: float`, rows, settings).",
    )


def test_operations_speak_neither_sql_nor_http() -> None:
    hold(
        sql_or_http_in_operations,
        server(),
        "Put the query into the room's store.py, the wire into a door, and the call out into "
        "triggers, delivery or federation; the operation calls those.",
    )


def test_operations_are_imported_by_app_alone() -> None:
    hold(
        imported_operations,
        server(),
        "No operation calls an operation: move what both need into rules.py or store.py of the "
        "room, or into a lower room. app.py lists the operations of every room.",
    )


@pytest.mark.parametrize(
    "code",
    [
        "import sqlalchemy",
        "from sqlalchemy import select",
        "from starlette.requests import Request",
        "import time as t",
        "from poolhouse.clock import Clock",
        "from poolhouse import ids",
        "def f() -> None:\n    import sqlite3",
        "async def decide() -> None: ...",
    ],
)
def test_a_rule_that_reaches_out_is_seen(code: str) -> None:
    assert list(impure_rules(snippet("src/poolhouse/userpools/users/rules.py", code)))


def test_pure_rules_are_left_alone() -> None:
    code = "import re, hmac\nfrom poolhouse.userpools.users.rows import User\ndef f() -> None: ..."
    for path in ("userpools/users/rules.py", "access/policy/evaluate.py"):
        assert not list(impure_rules(snippet(f"src/poolhouse/{path}", code)))


def test_the_floor_of_access_is_held_to_purity_too() -> None:
    assert list(impure_rules(snippet("src/poolhouse/access/sigv4.py", "import time")))


@pytest.mark.parametrize("path", ["operations.py", "operations/admin.py"])
def test_an_operation_with_sql_is_seen(path: str) -> None:
    source = snippet(f"src/poolhouse/userpools/users/{path}", "from sqlalchemy import select")
    assert list(sql_or_http_in_operations(source))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("userpools/signup/operations.py", "from poolhouse.userpools.users import operations"),
        ("userpools/signup/rules.py", "from poolhouse.userpools.users.operations import f"),
        ("userpools/users/store.py", "import poolhouse.userpools.users.operations"),
        ("userpools/users/store.py", "from . import operations"),
        (
            "userpools/users/operations/admin.py",
            "from poolhouse.userpools.users.operations import x",
        ),
        ("doors/aws/rpc.py", "from poolhouse.iam.roles.operations import create_role"),
    ],
)
def test_an_operation_imported_elsewhere_is_seen(path: str, code: str) -> None:
    assert list(imported_operations(snippet(f"src/poolhouse/{path}", code)))


def test_app_and_the_package_itself_may_import_operations() -> None:
    code = "from poolhouse.userpools.users.operations import admin"
    for path in ("app.py", "userpools/users/operations/__init__.py"):
        assert not list(imported_operations(snippet(f"src/poolhouse/{path}", code)))
