"""The project's own Python, as the laws read it: files, and what a tree imports and uses."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("cognito_idp", "cognito_identity", "cognito_sync", "sts", "iam")
GENERATED = frozenset(f"src/poolhouse/contract/{name}.py" for name in SERVICES)


@dataclass(frozen=True)
class Source:
    """One Python file. `path` is relative to the repository, with forward slashes."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        """`poolhouse.userpools.users.rules`; a package is named by its folder."""
        dotted = self.path.removeprefix("src/").removesuffix(".py").replace("/", ".")
        return dotted.removesuffix(".__init__")

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        inside = self.path.endswith("/__init__.py")
        return self.module if inside else self.module.rpartition(".")[0]


Law = Callable[[Source], Iterator[str]]


def snippet(path: str, code: str) -> Source:
    """A file that does not exist, for a law to be seen at work on."""
    return Source(path, textwrap.dedent(code))


@cache
def hand_written(*folders: str) -> tuple[Source, ...]:
    """Every Python file below the folders but those that are generated."""
    found = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    named = ((path.relative_to(ROOT).as_posix(), path) for path in found)
    return tuple(Source(name, path.read_text()) for name, path in named if name not in GENERATED)


def server() -> tuple[Source, ...]:
    return hand_written("src/poolhouse")


def hold(law: Law, sources: tuple[Source, ...], instead: str) -> None:
    """Fails with every complaint of the law and what to do instead."""
    said = [complaint for source in sources for complaint in law(source)]
    if said:
        pytest.fail("\n".join([instead, *said]), pytrace=False)


def at(source: Source, node: ast.AST, words: str) -> str:
    return f"  {source.path}:{getattr(node, 'lineno', 1)}: {words}"


def within(name: str, tops: frozenset[str]) -> bool:
    """Whether a dotted name is one of `tops` or inside one of them."""
    return any(name == top or name.startswith(f"{top}.") for top in tops)


def imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Every module or name imported, in full: `from a.b import c` is `a.b.c`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(source, node)
            yield from ((node, f"{base}.{alias.name}") for alias in node.names)


def uses(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every imported thing that is named, in full and whatever it is called here: with
    `import datetime as dt`, `dt.datetime.now` is `datetime.datetime.now`."""
    known: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                known[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            base = _base(source, node)
            for alias in node.names:
                known[alias.asname or alias.name] = f"{base}.{alias.name}"
                yield node, f"{base}.{alias.name}"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and (name := _dotted(node, known)):
            yield node, name


def functions(source: Source) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _base(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    steps = source.package.split(".")
    kept = steps[: len(steps) - node.level + 1]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _dotted(node: ast.expr, known: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, known)
        return f"{base}.{node.attr}" if base else None
    return None
