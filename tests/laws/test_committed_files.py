"""What is committed works on any machine: no private paths, no addresses of registries."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laws.source import ROOT

# In pieces, because this file is read too.
FOLDERS = ("home", "root", "work", "Users")
PRIVATE_PATH = re.compile(rf"(?<![\w.}}/)>*-])/(?:{'|'.join(FOLDERS)})/\w")
HOSTS = (
    *("pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs.org", "registry." + "yarnpkg"),
    *("crates" + ".io", "proxy." + "golang.org", "deb." + "debian.org", "repo1." + "maven.org"),
    *("repo.maven." + "apache.org", "docker" + ".io", "ghcr" + ".io", "quay" + ".io"),
)
MADE = frozenset(["node_modules", "__pycache__", "data", "dist"])


def private_paths(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        if PRIVATE_PATH.search(line):
            yield f"  {name}:{number}: {line.strip()[:100]}"


def registries(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), start=1):
        for host in HOSTS:
            if host in line.lower():
                yield f"  {name}:{number}: {host}"


def committed() -> list[tuple[str, str]]:
    """Names and texts of all files that are, or would be, committed."""
    names = _from_git()
    if names is None:
        paths = (path.relative_to(ROOT) for path in ROOT.rglob("*"))
        names = [path.as_posix() for path in paths if not _is_made(path)]
    found = []
    for name in names:
        text = _text(ROOT / name)
        if text is not None:
            found.append((name, text))
    return found


def _is_made(path: Path) -> bool:
    """Whether .gitignore would leave it out: caches, environments, what a build makes."""
    hidden = (part for part in path.parts[:-1] if part.startswith(".") and part != ".ci")
    return bool(MADE & set(path.parts)) or any(hidden)


def _from_git() -> list[str] | None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return [name for name in told.stdout.split("\0") if name]


def _text(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None


def test_no_committed_file_names_a_folder_of_one_machine() -> None:
    said = [line for name, text in committed() for line in private_paths(name, text)]
    if said:
        advice = "Name the file from the repository's top, or take the folder from a setting."
        pytest.fail("\n".join([advice, *said]), pytrace=False)


def test_no_committed_file_names_a_registry() -> None:
    said = [line for name, text in committed() for line in registries(name, text)]
    if said:
        advice = "Name the package, not where it lies: the reader's own client knows its registry."
        pytest.fail("\n".join([advice, *said]), pytrace=False)


def test_the_files_read_are_the_projects_own() -> None:
    names = {name for name, _ in committed()}
    assert {"pyproject.toml", "Makefile", "src/poolhouse/__init__.py"} <= names
    assert not [name for name in names if name.startswith((".venv/", ".git/"))]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_private_path_is_seen(folder: str) -> None:
    for line in (f"x = '/{folder}/me/y'", f"/{folder}/me", f"cd /{folder}/x", f"a:/{folder}/b"):
        assert list(private_paths("x.py", line)), line


@pytest.mark.parametrize(
    "line", ["https://example.test/{}/x", "./{}/x", "/srv/{}/x", "/{}x/y", "${{TOP}}/{}/x"]
)
def test_a_path_that_is_not_private_is_left_alone(line: str) -> None:
    assert not list(private_paths("x.py", line.format(FOLDERS[0])))


def test_a_registry_is_seen() -> None:
    assert list(registries("x.lock", f"https://{HOSTS[0]}/simple"))
    assert not list(registries("x.lock", "alembic==1.20.1 --hash=sha256:00"))
