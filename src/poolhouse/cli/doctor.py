"""doctor: is everything in order, and what to do where it is not."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import typer
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from poolhouse import app as composition
from poolhouse.clock import Clock
from poolhouse.delivery.gateway import gateway_of
from poolhouse.delivery.post import post_of
from poolhouse.delivery.queue import DEAD, Queue
from poolhouse.delivery.troubles import Undelivered
from poolhouse.identitypools.roles.assuming import unknown_roles
from poolhouse.kernel.unit import Unit
from poolhouse.keys.masters import BadMasterKey, WrongMasterKey
from poolhouse.settings import BadSettings, Settings, load
from poolhouse.storage import migrating
from poolhouse.storage.engine import Database
from poolhouse.triggers.bindings import BadBindings

MAIL_SECONDS = 5.0
MOST_CLOCK_SKEW = 5.0


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Literal["ok", "warn", "bad"]
    subject: str
    words: str


Check = Callable[[Settings, Database], Iterator[Finding]]


def doctor() -> None:
    """Check settings, database, keys, clock and mail, and say how to mend what is wrong."""
    findings = list(examine())
    for finding in findings:
        typer.echo(f"{finding.verdict:4} {finding.subject}: {finding.words}")
    if any(finding.verdict == "bad" for finding in findings):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    try:
        settings = load()
        database = Database(settings.database)
    except BadSettings as error:
        yield Finding("bad", "settings", str(error))
        return
    yield from _settings(settings)
    try:
        yield from _database(database)
        for check in (_keys, _clock, _roles, _unsent):
            yield from check(settings, database)
    except DBAPIError as error:
        reason = str(error.orig).strip().splitlines()[0]
        yield Finding("bad", "database", f"cannot be used: {reason}. Check POOLHOUSE_DATABASE_URL.")
    finally:
        database.close()
    yield from _functions(settings)
    yield from _mail(settings)
    yield from _texts(settings)


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("ok", "settings", f"issuer {settings.issuer_base}, region {settings.region}")
    public = settings.host not in ("127.0.0.1", "::1", "localhost")
    if public and not settings.issuer_base.startswith("https://"):
        yield Finding(
            "warn",
            "settings",
            "the server listens to the network, but POOLHOUSE_PUBLIC_URL is not https://: "
            "passwords and tokens travel in clear unless a proxy adds TLS.",
        )
    if settings.root_access_key_id:
        yield Finding("ok", "root key", "from the settings")
    credentials = settings.data_dir / "root-credentials"
    if credentials.exists() and stat.S_IMODE(credentials.stat().st_mode) & 0o077:
        yield Finding("bad", "root key", f"{credentials} can be read by others: chmod 600 it.")


def _database(database: Database) -> Iterator[Finding]:
    found = migrating.current(database)
    if found == migrating.head():
        yield _tables(database)
    elif found is None or found in migrating.revisions():
        yield Finding("bad", "database", f"revision {found}: run `poolhouse migrate`.")
    else:
        yield Finding("bad", "database", f"revision {found} is newer than this version knows.")
    if database.is_sqlite:
        with database.connection() as connection:
            verdict = connection.execute(text("PRAGMA quick_check")).scalar()
        good = verdict == "ok"
        yield Finding(
            "ok" if good else "bad", "database file", "sound" if good else "damaged: restore it."
        )


def _tables(database: Database) -> Finding:
    try:
        migrating.check(database)
    except migrating.DatabaseIncomplete as error:
        return Finding("bad", "database", str(error))
    words = f"{database.url.get_backend_name()}, revision {migrating.head()}"
    return Finding("ok", "database", words)


def _keys(settings: Settings, database: Database) -> Iterator[Finding]:
    try:
        services = composition.services(settings)
    except (WrongMasterKey, BadMasterKey) as error:
        yield Finding("bad", "keys", str(error))
        return
    services.hasher.close()
    services.database.close()
    yield Finding("ok", "keys", "the master key opens all data keys")


def _clock(settings: Settings, database: Database) -> Iterator[Finding]:
    """Against the database server's clock, where there is one; tokens and signatures depend
    on it."""
    if database.is_sqlite:
        year = datetime.fromtimestamp(Clock().now(), UTC).year
        yield Finding("ok" if year >= 2026 else "bad", "clock", f"the year is {year}")
        return
    with database.connection() as connection:
        theirs = connection.execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar()
    skew = abs(Clock().now() - float(theirs or 0))
    yield Finding(
        "ok" if skew <= MOST_CLOCK_SKEW else "bad",
        "clock",
        f"{skew:.1f} s from the database's"
        + ("" if skew <= MOST_CLOCK_SKEW else ": run a time service (NTP) on both machines."),
    )


def _roles(settings: Settings, database: Database) -> Iterator[Finding]:
    with Unit(database) as unit:
        missing = unknown_roles(unit)
    for pool_id, arn in missing:
        yield Finding(
            "warn", "role", f"{arn} is named by identity pool {pool_id} but unknown to iam here: "
            "its credentials permit nothing. Create it with `aws iam create-role`.",
        )  # fmt: skip
    if not missing:
        yield Finding("ok", "roles", "every role that an identity pool names is known")


def _functions(settings: Settings) -> Iterator[Finding]:
    bindings = composition.bindings(settings)
    try:
        bindings.check()
    except BadBindings as error:
        yield Finding("bad", "functions", str(error))
        return
    yield Finding("ok", "functions", f"{len(bindings.all())} bound in {bindings.path}")
    if bindings.path.exists() and stat.S_IMODE(bindings.path.stat().st_mode) & 0o022:
        yield Finding(
            "bad", "functions", f"{bindings.path} can be changed by others: chmod go-w it."
        )


def _mail(settings: Settings) -> Iterator[Finding]:
    """Up to the login, as the courier does it."""
    post = post_of(settings, timeout=MAIL_SECONDS)
    if post is None:
        yield Finding("warn", "mail", "POOLHOUSE_SMTP_URL is not set: messages stay in the outbox.")
        return
    try:
        with post.line():
            yield Finding("ok", "mail", f"{post.place} takes messages")
    except Undelivered as failure:
        why = failure.trouble.rstrip(".")
        yield Finding("bad", "mail", f"{post.place}: {why}. Check POOLHOUSE_SMTP_URL.")


def _texts(settings: Settings) -> Iterator[Finding]:
    gateway = gateway_of(settings, timeout=MAIL_SECONDS)
    if gateway is None:
        yield Finding(
            "ok", "SMS", "POOLHOUSE_SMS_URL is not set: text messages stay in the outbox."
        )
        return
    if gateway.in_clear:
        yield Finding(
            "warn", "SMS", f"codes travel to {gateway.host} in clear: use https:// unless that "
            "is on this machine or in a network of your own.",
        )  # fmt: skip
    if settings.sms_template == "sns" and settings.sms_access_key_id is None:
        yield Finding("warn", "SMS", "the template is sns, but no POOLHOUSE_SMS_ACCESS_KEY_ID.")
    try:
        gateway.probe()
    except Undelivered as failure:
        why = failure.trouble.rstrip(".")
        yield Finding("bad", "SMS", f"{gateway.host}: {why}. Check POOLHOUSE_SMS_URL.")
    else:
        yield Finding(
            "ok", "SMS", f"{gateway.host} answers (whether it takes texts, only one shows)"
        )


def _unsent(_: Settings, database: Database) -> Iterator[Finding]:
    queue = Queue(database)
    for (medium, status), number in sorted(queue.counts().items()):
        if status == DEAD:
            last = queue.newest(DEAD, 1, medium)[0].trouble
            yield Finding(
                "warn", "outbox", f"{number} of {medium} could not be sent (last: {last}). See "
                "`poolhouse outbox --status dead`, then `poolhouse outbox retry --all`.",
            )  # fmt: skip
