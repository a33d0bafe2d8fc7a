"""Reads the decision tables of a Markdown page: the first row that fits decides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ANY = "any"


@dataclass(frozen=True)
class Table:
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def decide(self, *facts: str) -> str:
        """The answer for these values of all columns but the last."""
        for *conditions, answer in self.rows:
            if all(_fits(one, fact) for one, fact in zip(conditions, facts, strict=True)):
                return answer
        raise AssertionError(f"No row of the table fits {facts}.")


def _fits(condition: str, fact: str) -> bool:
    return condition == ANY or fact in (one.strip() for one in condition.split(","))


def tables(page: Path) -> list[Table]:
    """Every table of the page, in order."""
    found: list[list[tuple[str, ...]]] = []
    inside = False
    for line in page.read_text().splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        if not inside:
            found.append([])
            inside = True
        found[-1].append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    return [Table(rows[0], tuple(rows[2:])) for rows in found]
