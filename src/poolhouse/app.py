"""The composition root: builds the services, lists every room and every door. It alone knows
everyone."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from functools import partial
from types import ModuleType
from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from poolhouse import arns
from poolhouse.clock import Clock
from poolhouse.contract import cognito_identity, cognito_idp, cognito_sync, iam, sts
from poolhouse.contract import poolhouse as extension
from poolhouse.doors.aws.refusals import fault_of
from poolhouse.doors.aws.rpc import AwsDoor
from poolhouse.doors.docs.routes import Docs
from poolhouse.doors.health.metrics import Metrics
from poolhouse.doors.health.routes import Health
from poolhouse.doors.receiving import Receive, Scope, Send
from poolhouse.doors.well_known import WellKnown
from poolhouse.iam.administration.operations import access_keys, role_policies, user_policies
from poolhouse.iam.administration.operations import policies as managed_policies
from poolhouse.iam.administration.operations import roles as iam_roles
from poolhouse.iam.administration.operations import users as iam_users
from poolhouse.iam.credentials.proving import prove_signature
from poolhouse.iam.credentials.replay import spend
from poolhouse.iam.policies import store as policy_store
from poolhouse.iam.sts import operations as token_service
from poolhouse.identitypools.developers import operations as developers
from poolhouse.identitypools.identities import operations as identities
from poolhouse.identitypools.logins import operations as principal_tags
from poolhouse.identitypools.openid import operations as openid
from poolhouse.identitypools.pools import operations as identity_pools
from poolhouse.identitypools.pools import store as identity_pool_store
from poolhouse.identitypools.roles import operations as identity_roles
from poolhouse.kernel.catalogue import Catalogue
from poolhouse.kernel.perform import House, Provers
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.keys import masters
from poolhouse.keys.hashing import Hasher
from poolhouse.keys.masters import MasterKeys
from poolhouse.keys.sealing import Sealer
from poolhouse.keys.store import DataKeys
from poolhouse.settings import Settings
from poolhouse.storage.engine import Database
from poolhouse.sync.datasets import operations as datasets
from poolhouse.triggers.bindings import Bindings
from poolhouse.triggers.calls import Calls
from poolhouse.triggers.file import read
from poolhouse.triggers.functions import Functions
from poolhouse.userpools.clients import operations as clients
from poolhouse.userpools.devices import operations as devices
from poolhouse.userpools.factors import operations as factors
from poolhouse.userpools.groups import operations as groups
from poolhouse.userpools.mfa.operations import pools as mfa_pools
from poolhouse.userpools.mfa.operations import preferences as mfa_preferences
from poolhouse.userpools.mfa.operations import recovery_codes
from poolhouse.userpools.mfa.operations import tokens as software_tokens
from poolhouse.userpools.passkeys import operations as passkeys
from poolhouse.userpools.pools import operations as pools
from poolhouse.userpools.pools import store as user_pool_store
from poolhouse.userpools.recovery import operations as recovery
from poolhouse.userpools.search import operations as search
from poolhouse.userpools.sessions import operations as sessions
from poolhouse.userpools.signin import operations as signin
from poolhouse.userpools.signup import operations as signup
from poolhouse.userpools.tokens import operations as tokens
from poolhouse.userpools.tokens.proving import prove_token
from poolhouse.userpools.users.operations import account as own_users
from poolhouse.userpools.users.operations import admin as users
from poolhouse.userpools.users.operations import creation as new_users
from poolhouse.userpools.verification import operations as verification

ROOMS: Sequence[ModuleType] = (
    iam_users,
    user_policies,
    access_keys,
    iam_roles,
    role_policies,
    managed_policies,
    token_service,
    pools,
    clients,
    groups,
    users,
    new_users,
    own_users,
    search,
    signin,
    tokens,
    sessions,
    mfa_pools,
    software_tokens,
    mfa_preferences,
    recovery_codes,
    devices,
    passkeys,
    factors,
    signup,
    recovery,
    verification,
    identity_pools,
    identities,
    principal_tags,
    openid,
    developers,
    identity_roles,
    datasets,
)

HASHING_THREADS = os.cpu_count() or 1
# Whoever waits for a hash holds an operation's thread, so there are always more of those.
HASHING_WAITING = 64
OPERATION_THREADS = HASHING_THREADS + HASHING_WAITING + 18

TAGGED: Mapping[str, Callable[[Unit, arns.Arn], Mapping[str, str]]] = {
    "cognito-idp": user_pool_store.tags_of,
    "cognito-identity": identity_pool_store.tags_of,
    "iam": policy_store.tags_of,
}

DECLARED = tuple(
    (module.SERVICE, module.OPERATIONS)
    for module in (cognito_idp, cognito_identity, cognito_sync, sts, iam, extension)
)

log = logging.getLogger("poolhouse.requests")


def catalogue() -> Catalogue:
    return Catalogue(DECLARED, ROOMS)


def services(settings: Settings, clock: Clock | None = None) -> Services:
    """The collaborators of one process. Raises WrongMasterKey, BadMasterKey, OSError."""
    clock = clock or Clock()
    # Each thread, the loop and the background work find a connection without waiting on SQLite;
    # of PostgreSQL's, which are processes, a worker holds fewer.
    sqlite = settings.database.startswith("sqlite")
    database = Database(settings.database, most=OPERATION_THREADS + 4 if sqlite else 16)
    sealer = Sealer(master_keys(settings), DataKeys(database), clock)
    sealer.prepare()
    hasher = Hasher(
        memory_kib=settings.argon2_memory,
        passes=settings.argon2_time,
        lanes=settings.argon2_lanes,
        threads=HASHING_THREADS,
        waiting=HASHING_WAITING,
    )
    # Half of the threads are left to what calls no function.
    most = OPERATION_THREADS // 2
    functions = Functions(bindings(settings), Calls(database), clock, most=most)
    return Services(settings, clock, database, sealer, hasher, functions)


def bindings(settings: Settings) -> Bindings:
    """Of functions, not read yet. Only a file that the operator named has to be there."""
    if settings.functions_file is not None:
        return Bindings(settings.functions_file, partial(read, required=True))
    return Bindings(settings.data_dir / "functions.toml", read)


def master_keys(settings: Settings) -> MasterKeys:
    """From the setting, else from the key file, which is made where there is none."""
    if settings.master_key is not None:
        current = masters.from_text(settings.master_key.get_secret_value())
    else:
        path = settings.master_key_file or settings.data_dir / "master.key"
        current = masters.from_file_or_new(path)
    previous = settings.previous_master_key
    return MasterKeys(current, [masters.from_text(previous.get_secret_value())] if previous else [])


def provers() -> Provers:
    return Provers(prove_signature, prove_token, spend, tags_of)


def tags_of(unit: Unit, resource: str) -> Mapping[str, str]:
    """The tags of what an ARN names, as conditions on `aws:ResourceTag/…` see them. Users and
    roles are not among them: iam's own operations know those tags."""
    arn = arns.parse(resource)
    find = TAGGED.get(arn.service) if arn else None
    return find(unit, arn) if arn and find else {}


def house(services: Services, published: Callable[[], None] = lambda: None) -> House:
    return House(services, catalogue(), provers(), published)


class Front:
    """The ASGI application: AWS's door takes the paths it serves, the routes of the other doors
    all the rest, and what nobody serves is refused here.

    `on_start` and `on_stop` are called in this order, each in a thread, when the server starts
    and once its last request is answered.
    """

    def __init__(
        self,
        aws: AwsDoor,
        routes: Iterable[Route],
        on_start: Iterable[Callable[[], None]] = (),
        on_stop: Iterable[Callable[[], None]] = (),
    ) -> None:
        self.on_start = list(on_start)
        self.on_stop = list(on_stop)
        self._aws = aws
        handlers = {HTTPException: _refused, Exception: _failed}
        self._web = Starlette(routes=list(routes), exception_handlers=handlers)
        # A redirect to the path with or without a slash would name the host of the request.
        self._web.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            if self._aws.serves(scope["path"]):
                await self._aws(scope, receive, send)
            else:
                await self._visit(scope, receive, send)
        elif kind == "lifespan":
            await self._live(receive, send)
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _visit(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                more = [field for field in GUARDING if field[0] not in given]
                message["headers"] = [*message["headers"], *more]
            elif scope["method"] == "HEAD":
                message["body"] = b""
            await send(message)

        try:
            await self._web(scope, receive, guarded)
        except Exception as error:  # raised once more after _failed has told
            log.error("failed: %s", type(error).__name__, exc_info=_loggable(error))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()  # lifespan.startup
        for start in self.on_start:
            try:
                await asyncio.to_thread(start)
            except Exception as error:
                name = type(error).__name__
                log.error("cannot start: %s", name, exc_info=_loggable(error))
                await send({"type": "lifespan.startup.failed", "message": name})
                return
        await send({"type": "lifespan.startup.complete"})
        await receive()  # lifespan.shutdown
        for stop in [*self.on_stop, self.close]:
            try:
                await asyncio.to_thread(stop)
            except Exception as error:
                log.error("stopping: %s", type(error).__name__, exc_info=_loggable(error))
        await send({"type": "lifespan.shutdown.complete"})

    def close(self) -> None:
        self._aws.close()


# What answers of the web doors carry unless the door says otherwise.
GUARDING = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {**(error.headers or {}), "cache-control": "no-store"}
    if "Allow" in headers:
        headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
    return JSONResponse({"message": error.detail}, error.status_code, headers)


async def _failed(_: Request, __: Exception) -> Response:
    return JSONResponse({"message": "Internal Server Error"}, 500)


def _loggable(error: Exception) -> Exception | None:
    """A database error's text holds the values of its statement, which may be secret."""
    return None if isinstance(error, DBAPIError) else error


def front(house: House) -> Front:
    services, settings = house.services, house.services.settings
    performed = (done.operation.action for done in house.catalogue.performed())
    metrics = Metrics(performed, lambda: services.hasher.in_hand)
    aws = AwsDoor(
        house,
        threads=OPERATION_THREADS,
        trusted_proxies=settings.trusted_proxies,
        observe=metrics.observe,
    )
    token = settings.metrics_token
    health = Health(services, metrics, metrics_token=token.get_secret_value() if token else None)
    routes = [*health.routes, *WellKnown(services).routes]
    if settings.docs:
        routes += Docs(house.catalogue, settings, fault_of).routes
    return Front(aws, routes, on_stop=[health.close])
