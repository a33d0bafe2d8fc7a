"""functions: what the triggers of pools call, a dry run, and the last calls."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from poolhouse import app as composition
from poolhouse.cli.trouble import Trouble
from poolhouse.contract.shape import ServiceError
from poolhouse.kernel.services import Services
from poolhouse.settings import load
from poolhouse.triggers.bindings import Bindings
from poolhouse.userpools.triggers.samples import POOL, SOURCES, sample
from poolhouse.userpools.triggers.senders import encrypted

_SENDERS = ("CustomEmailSender", "CustomSMSSender")
_CODE = "123456"

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=False,
    invoke_without_command=True,
    help="Show the functions that triggers are bound to, try one, and read the last calls.",
)

Arn = Annotated[str, typer.Argument(help="ARN as it stands in a pool's LambdaConfig.")]
SomeArn = Annotated[str, typer.Argument(help="Only calls of this ARN.")]
Source = Annotated[str, typer.Option("--source", help="Trigger source of the sample event.")]
File = Annotated[Path | None, typer.Option("--event", help="File with an event of your own.")]
Key = Annotated[str, typer.Option("--key", help="KMSKeyID whose key seals a sender's sample code.")]
Count = Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")]


def _services() -> Services:
    services = composition.services(load())
    services.functions.bindings.check()
    return services


@app.callback()
def bound(context: typer.Context) -> None:
    """List the bindings, in the order in which they are tried."""
    if context.invoked_subcommand is not None:
        return
    bindings = composition.bindings(load())
    bindings.check()
    found = bindings.all()
    for one in found:
        typer.echo(f"{one.kind:8} {one.arn}  ->  {one.shown}")
    if not found:
        typer.echo(f"No function is bound. Write {bindings.path}; see docs/guides/functions.md.")


@app.command("test")
def dry_run(
    arn: Arn, source: Source = "PreSignUp_SignUp", event: File = None, key: Key = ""
) -> None:
    """Call a function with a sample event, and print what it answers. No pool is changed."""
    asked = _event(event) if event else sample(source)
    if asked is None:
        raise Trouble(f"--source is one of {', '.join(SOURCES)}.")
    services = _services()
    bindings = services.functions.bindings
    if bindings.find(arn) is None:
        raise Trouble(f"No function is bound to {arn} in {bindings.path}.")
    if key:
        _seal(asked, bindings, key)
    trigger = str(asked.get("triggerSource", source)).partition("_")[0]
    try:
        answer = services.functions.call(arn, asked, trigger=trigger)
    except ServiceError as error:
        if trigger in _SENDERS and error.code == "InvalidLambdaResponseException":
            typer.echo("It answered. Nothing of what a sender answers is read.")
            return
        raise Trouble(f"{error.code}: {error.message}") from None
    finally:
        services.functions.close()
    typer.echo(json.dumps(answer["response"], indent=2))


def _seal(event: dict[str, Any], bindings: Bindings, name: str) -> None:
    key, request = bindings.key(name), event.get("request")
    if key is None:
        raise Trouble(f"No key is bound to {name} in {bindings.path}.")
    if isinstance(request, dict):
        request["code"] = base64.b64encode(encrypted(_CODE, name, key, POOL)).decode()


@app.command("calls")
def calls(arn: SomeArn = "", count: Count = 20) -> None:
    """List the last calls, newest first: when, for what, how it ended, how long it took."""
    for call in composition.services(load()).functions.calls.newest(arn, count):
        when = datetime.fromtimestamp(call.at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        typer.echo(f"{when}  {call.source:40}  {call.seconds:6.3f} s  {call.outcome}  {call.arn}")


def _event(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Trouble(f"{path} is no file with JSON ({type(error).__name__}).") from None
    if not isinstance(found, dict):
        raise Trouble(f"{path} holds no JSON object.")
    return found
