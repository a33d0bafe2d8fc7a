"""Writes requirements.lock (everything), requirements.runtime.lock (what a server needs) and
requirements.build.lock (what makes the wheel).

    python tools/lock.py              keep the pins that still fit, add what is missing
    python tools/lock.py --upgrade    the newest of everything that fits
    python tools/lock.py --check      exit 1 where a lock is stale; needs no network

Each lock names the versions and hashes of all packages, for every platform, and no address of
where they came from. Its first lines hold a hash of what pyproject.toml asked for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCKS: dict[str, list[str]] = {
    "requirements.lock": ["pyproject.toml", "--group", "dev"],
    "requirements.runtime.lock": ["pyproject.toml", "--constraint", "requirements.lock"],
    "requirements.build.lock": ["--group", "build", "--constraint", "requirements.lock"],
}


def inputs(pyproject: dict[str, Any]) -> str:
    """A hash of all that a lock depends on."""
    project = pyproject["project"]
    asked = [
        project["requires-python"],
        sorted(project.get("dependencies", [])),
        project.get("optional-dependencies", {}),
        {name: sorted(map(str, group)) for name, group in pyproject["dependency-groups"].items()},
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def stamp(asked: str) -> str:
    return f"# Written by `make lock`. Inputs: sha256:{asked}\n"


def stale(asked: str, root: Path = ROOT) -> list[str]:
    """The locks that were not made from these inputs."""
    found = []
    for name in LOCKS:
        path = root / name
        if not path.exists() or not path.read_text().startswith(stamp(asked)):
            found.append(name)
    return found


def write(name: str, asked: str, *, upgrade: bool) -> None:
    target = ROOT / name
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-header"]
    command += ["--universal", "--generate-hashes", "--python-version", "3.11"]
    command += [*LOCKS[name], "--output-file", name]
    # Without --upgrade uv keeps the pins that it finds in the file and that still fit.
    subprocess.run([*command, *(["--upgrade"] if upgrade else [])], cwd=ROOT, check=True)
    target.write_text(stamp(asked) + target.read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes or checks the locks.")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    asked = inputs(tomllib.loads((ROOT / "pyproject.toml").read_text()))
    if options.check:
        old = stale(asked)
        if old:
            print(f"Stale: {', '.join(old)}. Run `make lock`, then `make setup`.")
        return 1 if old else 0
    for name in LOCKS:
        write(name, asked, upgrade=options.upgrade)
    return 0


if __name__ == "__main__":
    sys.exit(main())
