"""serve, init, migrate: from an empty folder to a running server."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from poolhouse import app as composition
from poolhouse import logs
from poolhouse.cli.trouble import Trouble
from poolhouse.doors.health.processes import shared_figures
from poolhouse.founding import Founding, found
from poolhouse.settings import PREFIX, Settings, load
from poolhouse.storage import migrating
from poolhouse.storage.engine import Database

KEEP_ALIVE_SECONDS = 15
DRAIN_SECONDS = 30

Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on.")]
Workers = Annotated[int | None, typer.Option(help="Worker processes.")]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the database and keys.")]


def serve(
    host: Host = None, port: Port = None, workers: Workers = None, data_dir: DataDir = None
) -> None:
    """Migrate the database, then serve until stopped."""
    settings = _settings(host=host, port=port, workers=workers, data_dir=data_dir)
    logs.set_up(settings)
    with _alone(settings):
        _check_port(settings)
        composition.bindings(settings).check()
        founding = _prepare(settings)
        _greet(settings, founding)
        _run(settings)


def init(data_dir: DataDir = None) -> None:
    """Make database, keys, first pool and client, without serving."""
    settings = _settings(data_dir=data_dir)
    _greet(settings, _prepare(settings))


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to this version's revision."""
    settings = _settings(data_dir=data_dir)
    _check_folder(settings)
    database = Database(settings.database)
    try:
        before = migrating.current(database)
        done = migrating.upgrade(database)
    finally:
        database.close()
    typer.echo(
        f"Migrated from {before or 'nothing'} to {migrating.head()}."
        if done
        else f"Nothing to do: the database is at {before}."
    )


def _settings(**given: Any) -> Settings:
    """The settings, with the command line's on top; worker processes read them from the
    environment again."""
    for name, value in given.items():
        if value is not None:
            os.environ[f"{PREFIX}{name.upper()}"] = str(value)
    return load()


def _prepare(settings: Settings) -> Founding | None:
    _check_folder(settings)
    database = Database(settings.database)
    try:
        migrating.upgrade(database)
    finally:
        database.close()
    services = composition.services(settings)
    try:
        return found(composition.house(services))
    finally:
        services.hasher.close()
        services.database.close()


def _check_folder(settings: Settings) -> None:
    folder = settings.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Trouble(
            f"The data folder {folder} cannot be made ({error.strerror}). Set {PREFIX}DATA_DIR."
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Trouble(f"The data folder {folder} is not writable. Set {PREFIX}DATA_DIR.")


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One server per data folder: two on one SQLite file would each believe they own it."""
    _check_folder(settings)
    try:
        import fcntl
    except ImportError:  # pragma: no cover - not on POSIX
        yield
        return
    with (settings.data_dir / "serving.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Trouble(
                f"Another server is running on {settings.data_dir}. Stop it, or set "
                f"{PREFIX}DATA_DIR to another folder."
            ) from None
        yield


_ADDRESS = f"Set {PREFIX}HOST to an address of this machine, and {PREFIX}PORT to a port it may use."


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            way_out = f"Stop what is there, or set {PREFIX}PORT." if taken else _ADDRESS
            raise Trouble(
                f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}). "
                f"{way_out}"
            ) from None


def _run(settings: Settings) -> None:
    import uvicorn

    with shared_figures(settings.workers):
        uvicorn.run(**_options(settings))


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "app": "poolhouse.serving:application",
        "factory": True,
        "host": settings.host,
        "port": settings.port,
        "workers": settings.workers,
        "access_log": False,
        "log_config": None,
        "proxy_headers": False,
        "server_header": False,
        "http": "poolhouse.doors.patience:Patience",
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": DRAIN_SECONDS,
        "ssl_certfile": str(settings.tls_certificate) if settings.tls_certificate else None,
        "ssl_keyfile": str(settings.tls_key) if settings.tls_key else None,
    }


def _greet(settings: Settings, founding: Founding | None) -> None:
    typer.echo(f"Poolhouse: {settings.issuer_base} (data in {settings.data_dir.absolute()})")
    if founding is None:
        return
    secret = founding.credentials or "in your settings"
    body = (
        f'{{"ClientId":"{founding.client_id}","Username":"ann","Password":"Correct-Horse-1!",'
        '"UserAttributes":[{"Name":"email","Value":"ann@example.com"}]}'
    )
    typer.echo(
        f"""
  Root access key   {founding.root_key_id}
  its secret        {secret}
  First user pool   {founding.pool_id}
  its client id     {founding.client_id}

  Sign somebody up:

    curl {settings.issuer_base}/cognito-idp/SignUp -d '{body}'

  This is shown once. Interactive reference: {settings.issuer_base}/docs
"""
    )
