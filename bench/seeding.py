"""Fills a pool with users, straight into the tables: what is measured is the reading."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from poolhouse import app as composition
from poolhouse.kernel.unit import Unit
from poolhouse.settings import load
from poolhouse.storage.base import insert
from poolhouse.userpools.passwords import srp
from poolhouse.userpools.passwords.rows import passwords
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.naming import fold, key_of
from poolhouse.userpools.users.rows import user_aliases, user_search, users

PASSWORD = "Correct-Horse-1!"
WITH_PASSWORD = 200
_BATCH = 5000


def email_of(number: int) -> str:
    return f"user{number:06d}@example.com"


def fill(environment: dict[str, str], pool_id: str, start: int, end: int) -> None:
    """Users `start` to `end` of the pool; the first of them can sign in."""
    services = composition.services(load(environment))
    with Unit(services.database) as unit:
        pool = Pools(unit).get(pool_id)
    stored = services.hasher.hash(PASSWORD)
    for first in range(start, end, _BATCH):
        rows: dict[str, list[dict[str, Any]]] = {"u": [], "s": [], "a": [], "p": []}
        for number in range(first, min(first + _BATCH, end)):
            _one(services, pool, number, stored, rows)
        with Unit(services.database) as unit:
            unit.write_many(insert(users), rows["u"])
            unit.write_many(insert(user_search), rows["s"])
            unit.write_many(insert(user_aliases), rows["a"])
            unit.write_many(insert(passwords), rows["p"])
    services.hasher.close()
    services.database.close()


def _one(services: Any, pool: Any, number: int, stored: str, rows: dict[str, Any]) -> None:
    sub, email, now = str(uuid.uuid4()), email_of(number), time.time()
    username = sub if pool.username_attributes else f"user{number:06d}"
    rows["u"].append(
        {
            "pool_id": pool.id,
            "sub": sub,
            "username": username,
            "username_key": key_of(pool, username),
            "status": "CONFIRMED",
            "enabled": True,
            "attributes": {"email": email, "email_verified": "true"},
            "created_at": now,
            "modified_at": now,
        }
    )
    where = {"pool_id": pool.id, "sub": sub}
    rows["s"].append({**where, "attribute": "email", "folded": fold(email)})
    if pool.username_attributes:
        rows["a"].append({**where, "kind": "email", "alias_key": key_of(pool, email)})
    if number < WITH_PASSWORD:
        salt = uuid.uuid4().bytes
        verifier = srp.verifier(pool.short_name, username, PASSWORD, salt)
        context = f"passwords/{pool.id}/{sub}/srp_verifier"
        rows["p"].append(
            {
                **where,
                "hash": stored,
                "srp_salt": salt.hex(),
                "srp_verifier": services.sealer.seal(verifier, context),
                "temporary": False,
                "set_at": now,
                "expires_at": None,
            }
        )


def size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.glob("poolhouse.db*")) / 2**20
