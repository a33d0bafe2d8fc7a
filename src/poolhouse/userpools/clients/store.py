"""Every query on clients. One statement finds a client with its pool's version beside it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Lock

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.keys.sealing import Sealer
from poolhouse.storage.base import insert
from poolhouse.userpools.clients.rows import SSO_MINUTES, Client, client_secrets, clients
from poolhouse.userpools.pools.rows import Pool, user_pools
from poolhouse.userpools.pools.store import Pools

_t = clients.c
_s = client_secrets.c
_BY_ID = select(clients).where(_t.id == bindparam("id"))
VERSIONS = (
    _t.version.label("client_version"),
    _t.modified_at.label("client_modified_at"),
    user_pools.c.version.label("pool_version"),
    user_pools.c.modified_at.label("pool_modified_at"),
)
"""What tells whether a client and its pool are in memory, for joins with both."""
_VERSIONS = (
    select(_t.pool_id, *VERSIONS)
    .join(user_pools, user_pools.c.id == _t.pool_id)
    .where(_t.id == bindparam("id"))
)
_LOCKED = _BY_ID.with_for_update()
_PAGE = (
    select(clients)
    .where(_t.pool_id == bindparam("pool_id"), _t.id > bindparam("after"))
    .order_by(_t.id)
    .limit(bindparam("count"))
)
_CHANGE = (
    update(clients)
    .where(_t.id == bindparam("key"), _t.version == bindparam("seen"))
    .values(
        name=bindparam("name"),
        settings=bindparam("settings"),
        version=_t.version + 1,
        modified_at=bindparam("modified_at"),
    )
)
_SET_SSO = (
    update(clients)
    .where(_t.id == bindparam("key"), _t.version == bindparam("seen"))
    .values(sso_minutes=bindparam("minutes"), version=_t.version + 1)
)
_REMOVE = delete(clients).where(_t.id == bindparam("id"), _t.pool_id == bindparam("pool_id"))
_ADD = insert(clients)
_COUNT = select(func.count()).select_from(clients).where(_t.pool_id == bindparam("pool_id"))
_OF_CLIENT = _s.client_id == bindparam("id")
_SECRETS = select(client_secrets).where(_OF_CLIENT).order_by(_s.created_at, _s.id)
_SECRET_IDS = select(_s.id, _s.created_at).where(_OF_CLIENT).order_by(_s.created_at, _s.id)
_ADD_SECRET = insert(client_secrets)
_REMOVE_SECRET = delete(client_secrets).where(_OF_CLIENT, _s.id == bindparam("secret_id"))

_decode = msgspec.json.Decoder(idp.UserPoolClientType).decode
_encode = msgspec.json.Encoder().encode
_MOST = 4096
_parsed: OrderedDict[str, Client] = OrderedDict()
_lock = Lock()


def _known(client_id: str, version: int, modified_at: float) -> Client | None:
    found = _parsed.get(client_id)
    same = found is not None and (found.version, found.modified_at) == (version, modified_at)
    return found if same else None


def _client(row: AnyRow) -> Client:
    known = _known(row.id, row.version, row.modified_at)
    if known is not None:
        return known
    made = Client(
        row.id,
        row.pool_id,
        row.name,
        _decode(row.settings),
        row.has_secret,
        row.version,
        row.created_at,
        row.modified_at,
        SSO_MINUTES if row.sso_minutes is None else row.sso_minutes,
    )
    with _lock:
        _parsed[row.id] = made
        while len(_parsed) > _MOST:
            _parsed.popitem(last=False)
    return made


def versioned(unit: Unit, client_id: str, row: AnyRow) -> tuple[Client, Pool] | None:
    """The client and its pool of a row with `pool_id` and `VERSIONS`: what is not in memory is
    read, None where it has gone since."""
    pool = Pools(unit).at(row.pool_id, row.pool_version, row.pool_modified_at)
    client = _known(client_id, row.client_version, row.client_modified_at)
    if client is None:
        read = unit.one(_BY_ID, id=client_id)
        client = _client(read) if read else None
    return (client, pool) if client and pool else None


class Clients:
    def __init__(self, unit: Unit, sealer: Sealer) -> None:
        self._unit = unit
        self._sealer = sealer

    def find(self, client_id: str) -> tuple[Client, Pool] | None:
        row = self._unit.one(_VERSIONS, id=client_id)
        return versioned(self._unit, client_id, row) if row else None

    def get(self, client_id: str) -> tuple[Client, Pool]:
        """The client and its pool. Raises ResourceNotFoundException."""
        found = self.find(client_id)
        if found is None:
            raise missing(client_id)
        return found

    def get_in(self, pool: Pool, client_id: str) -> Client:
        """The client, which must be the pool's own. Raises ResourceNotFoundException."""
        found = self.find(client_id)
        if found is None or found[0].pool_id != pool.id:
            raise missing(client_id)
        return found[0]

    def lock_in(self, pool: Pool, client_id: str) -> Client:
        """The same, locked until the unit ends, for reading and then changing it."""
        self._unit.begin()
        row = self._unit.one(_LOCKED, id=client_id)
        if row is None or row.pool_id != pool.id:
            raise missing(client_id)
        return _client(row)

    def list(self, pool: Pool, after: str, count: int) -> Sequence[Client]:
        rows = self._unit.all(_PAGE, pool_id=pool.id, after=after, count=count)
        return [_client(row) for row in rows]

    def count(self, pool: Pool) -> int:
        row = self._unit.one(_COUNT, pool_id=pool.id)
        return int(row[0]) if row else 0

    def add(self, client: Client) -> None:
        self._unit.write(
            _ADD,
            id=client.id,
            pool_id=client.pool_id,
            name=client.name,
            settings=_encode(client.settings).decode(),
            sso_minutes=None,
            has_secret=client.has_secret,
            version=client.version,
            created_at=client.created_at,
            modified_at=client.modified_at,
        )

    def change(
        self, client: Client, *, name: str, settings: idp.UserPoolClientType, now: float
    ) -> Client | None:
        """The changed client; None where somebody else changed it since it was read."""
        changed = self._unit.write(
            _CHANGE,
            key=client.id,
            seen=client.version,
            name=name,
            settings=_encode(settings).decode(),
            modified_at=now,
        )
        if changed != 1:
            return None
        version = client.version + 1
        return replace(client, name=name, settings=settings, version=version, modified_at=now)

    def set_sso(self, client: Client, minutes: int) -> bool:
        """False where somebody else changed the client since it was read."""
        changed = self._unit.write(_SET_SSO, key=client.id, seen=client.version, minutes=minutes)
        return changed == 1

    def remove(self, pool: Pool, client_id: str) -> bool:
        return self._unit.write(_REMOVE, id=client_id, pool_id=pool.id) == 1

    # secrets ---------------------------------------------------------------------------
    def secrets(self, client: Client) -> Sequence[str]:
        """The secrets that are good now, oldest first."""
        if not client.has_secret:
            return []
        return [
            self._sealer.open(row.sealed, _context(client.id, row.id)).decode()
            for row in self._unit.all(_SECRETS, id=client.id)
        ]

    def secret_ids(self, client: Client) -> Mapping[str, float]:
        """When each live secret was made (epoch seconds) by its id, oldest first."""
        rows = self._unit.all(_SECRET_IDS, id=client.id)
        return {row.id: row.created_at for row in rows}

    def add_secret(self, client: Client, secret: str, now: float) -> str:
        """Keeps a secret, sealed; answers its id, `<clientId>--<epoch>`. Lock a client that is
        already known: the next free second is taken where that one has an id."""
        known, moment = self.secret_ids(client), int(now)
        while (secret_id := f"{client.id}--{moment}") in known:
            moment += 1
        self._unit.write(
            _ADD_SECRET,
            client_id=client.id,
            id=secret_id,
            sealed=self._sealer.seal(secret.encode(), _context(client.id, secret_id)),
            created_at=now,
        )
        return secret_id

    def remove_secret(self, client: Client, secret_id: str) -> bool:
        return self._unit.write(_REMOVE_SECRET, id=client.id, secret_id=secret_id) == 1


def _context(client_id: str, secret_id: str) -> str:
    return f"client_secrets/{client_id}/{secret_id}"


def missing(client_id: str) -> idp.ResourceNotFoundException:
    return idp.ResourceNotFoundException(f"User pool client {client_id} does not exist.")


def missing_secret(secret_id: str) -> idp.ResourceNotFoundException:
    return idp.ResourceNotFoundException(f"Client secret {secret_id} does not exist.")
