"""keys: rotation of the master key, of data keys and of a pool's signing keys."""

from __future__ import annotations

import typer

from poolhouse import app as composition
from poolhouse.cli.trouble import Trouble
from poolhouse.contract.shape import ServiceError
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.settings import load
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.signing.store import SigningKeys

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Rotate keys.")


def _services() -> Services:
    return composition.services(load())


@app.command("rewrap")
def rewrap() -> None:
    """Wrap all data keys under the current master key; run it after setting a new one with the
    old one as POOLHOUSE_PREVIOUS_MASTER_KEY. Interrupted, it can be run again."""
    count = _services().sealer.rewrap()
    typer.echo(f"{count} data keys were wrapped anew. The previous master key opens nothing now.")


@app.command("rotate-data-key")
def rotate_data_key() -> None:
    """Seal with a new data key from now on; what older ones sealed stays readable."""
    _services().sealer.rotate_data_key()
    typer.echo("A new data key seals from now on.")


@app.command("rotate-signing")
def rotate_signing(pool_id: str) -> None:
    """Publish new signing keys of a pool now; they sign ten minutes later, and the old ones
    stay published for as long as a token signed with them can live."""
    services = _services()
    now = services.clock.now()
    try:
        with Unit(services.database) as unit:
            keys = SigningKeys(unit, services.sealer)
            keys.at_hand(now)
            keys.rotate(Pools(unit).get(pool_id).id, now)
    except ServiceError as error:
        raise Trouble(error.message) from None
    typer.echo(f"New signing keys of {pool_id} are published; they sign in ten minutes.")
