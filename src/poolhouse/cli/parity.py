"""parity: what of the contract is implemented, and what is declared missing."""

from __future__ import annotations

from typing import Annotated

import typer

from poolhouse import app as composition


def parity(
    missing: Annotated[bool, typer.Option("--missing", help="Name the missing ones.")] = False,
) -> None:
    """Print how many operations of each service are implemented."""
    catalogue = composition.catalogue()
    for service, operations in catalogue.declared.items():
        lacking = catalogue.missing(service.name)
        done = len(operations) - len(lacking)
        typer.echo(f"{service.name:18} {done:3} of {len(operations):3} implemented")
        if missing:
            for name in lacking:
                typer.echo(f"  - {name}")
