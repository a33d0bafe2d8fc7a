"""The `poolhouse` command."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from poolhouse.cli import doctor, functions, keys, outbox, parity, serve
from poolhouse.cli.trouble import Trouble
from poolhouse.keys.masters import BadMasterKey, WrongMasterKey
from poolhouse.settings import BadSettings
from poolhouse.storage.migrating import DatabaseIncomplete, DatabaseTooNew
from poolhouse.triggers.bindings import BadBindings

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A self-hosted identity provider that speaks Amazon Cognito.",
)
app.command("serve")(serve.serve)
app.command("init")(serve.init)
app.command("migrate")(serve.migrate)
app.command("doctor")(doctor.doctor)
app.command("parity")(parity.parity)
app.add_typer(outbox.app, name="outbox")
app.add_typer(keys.app, name="keys")
app.add_typer(functions.app, name="functions")


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if show:
        from importlib.metadata import version as installed

        typer.echo(f"poolhouse {installed('poolhouse')}")
        raise typer.Exit


def main() -> None:
    """Runs the command; whatever an operator can cause ends in one sentence, not a traceback."""
    os.umask(0o077)  # what is written is for the owner's eyes
    try:
        app()
    except (
        Trouble,
        BadSettings,
        BadMasterKey,
        WrongMasterKey,
        DatabaseTooNew,
        DatabaseIncomplete,
        BadBindings,
    ) as error:
        _end(str(error))
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0] if error.orig else "unknown"
        _end(f"The database cannot be used: {reason}")
    except OSError as error:
        _end(f"{error.filename or 'The system'}: {error.strerror or error}.")


def _end(sentence: str) -> None:
    print(f"poolhouse: {sentence}", file=sys.stderr)
    sys.exit(1)
