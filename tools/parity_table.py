"""Writes the table of README.md that counts operations from the catalogue of the code.

python tools/parity_table.py            write it
python tools/parity_table.py --check    exit 1 where it is stale
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from poolhouse import app as composition

TARGET = Path(__file__).resolve().parent.parent / "README.md"
HEAD = "| service | implemented | of |\n| --- | --- | --- |\n"
TABLE = re.compile(re.escape(HEAD) + r"(?:\|.*\n)*")
# Not all of iam is declared; and what goes beyond AWS has nothing to be equal to.
NAMES = {"iam": "iam (the part Cognito needs)"}
OURS = "poolhouse"


def table() -> str:
    catalogue = composition.catalogue()
    rows = [
        f"| {NAMES.get(service.name, service.name)} "
        f"| {len(operations) - len(catalogue.missing(service.name))} | {len(operations)} |\n"
        for service, operations in catalogue.declared.items()
        if service.name != OURS
    ]
    return HEAD + "".join(rows)


def page(text: str) -> str:
    """The README with the table drawn anew. Raises ValueError where it has none."""
    drawn, found = TABLE.subn(lambda _: table(), text)
    if found != 1:
        raise ValueError("README.md has no table of operations, or several.")
    return drawn


def main() -> int:
    before = TARGET.read_text()
    after = page(before)
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(after)
        return 0
    if before == after:
        return 0
    print("The table in README.md is stale. Run `python tools/parity_table.py`.")
    return 1


if __name__ == "__main__":
    sys.exit(main())
