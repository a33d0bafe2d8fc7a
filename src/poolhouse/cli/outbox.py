"""outbox: messages that wait, were sent, or could not be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from poolhouse import app as composition
from poolhouse.cli.trouble import Trouble
from poolhouse.delivery.letters import Letter
from poolhouse.delivery.outbox import Outbox
from poolhouse.keys.sealing import Unsealable
from poolhouse.settings import load

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=False,
    invoke_without_command=True,
    help="Read the messages that users were sent, or that wait while no mail server or gateway "
    "is set up, and have those that could not be sent tried again.",
)

Status = Annotated[str, typer.Option(help="Only these: waiting, sent or dead.")]
Count = Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")]


def _outbox() -> Outbox:
    return _outbox_now()[0]


def _outbox_now() -> tuple[Outbox, float]:
    services = composition.services(load())
    return Outbox(services.database, services.sealer), services.clock.now()


def _letter(outbox: Outbox, message_id: str) -> Letter:
    """What a message says; one that was altered does not hide the others."""
    try:
        opened = outbox.open(message_id)
    except Unsealable:
        return Letter(recipient="?", text="(this message cannot be read)")
    return opened.letter if opened else Letter(recipient="?", text="(removed)")


@app.callback()
def newest(context: typer.Context, status: Status = "", count: Count = 20) -> None:
    """List messages, newest first; they may hold codes and passwords."""
    if context.invoked_subcommand is not None:
        return
    if status not in ("", "waiting", "sent", "dead"):
        raise Trouble("--status is one of waiting, sent and dead.")
    outbox = _outbox()
    found = outbox.list(status=status, count=count)
    for message in found:
        letter = _letter(outbox, message.id)
        when = datetime.fromtimestamp(message.created_at, UTC).strftime("%Y-%m-%d %H:%M:%S")
        words = " ".join(letter.text.split())[:90]
        line = f"{message.id}  {when}  {message.medium:5}  {message.status:10}"
        typer.echo(f"{line}  {letter.recipient}  {words}")
        if message.trouble:
            typer.echo(f"    {message.trouble} (tried {message.attempts} times)")
    if not found:
        typer.echo("The outbox is empty.")


@app.command()
def show(message_id: str) -> None:
    """Print one message whole."""
    outbox, now = _outbox_now()
    opened = outbox.open(message_id)
    if opened is None:
        raise Trouble(f"There is no message {message_id}.")
    message, letter = opened.message, opened.letter
    typer.echo(f"To: {letter.recipient}\nSubject: {letter.subject}\nStatus: {message.status}")
    if message.expires_at <= now:
        typer.echo("It has expired.")
    if message.trouble:
        typer.echo(f"Trouble: {message.trouble} (tried {message.attempts} times)")
    typer.echo(f"\n{letter.text}")


@app.command()
def retry(
    message_id: Annotated[str, typer.Argument(help="Which; `--all` for every one.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every dead message.")] = False,
) -> None:
    """Have dead messages tried again as if they were new. Expired codes stay dead."""
    if every == bool(message_id):
        raise Trouble("Name one message, or say --all.")
    outbox, now = _outbox_now()
    if message_id and not outbox.holds(message_id):
        raise Trouble(f"There is no message {message_id}.")
    count = outbox.retry(message_id, now)
    if message_id and not count:
        raise Trouble("It is not dead, has expired, or was followed by a newer code.")
    typer.echo(f"{count} {'message is' if count == 1 else 'messages are'} tried again.")
