"""Fills a pool with users, straight into the tables: what is measured is the reading.

The first users have a password and a passkey, the next a password and a software token. Their
secrets follow from their names, so that the load, in a process of its own, has them as well.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from poolhouse import app as composition
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.settings import load
from poolhouse.storage.base import insert
from poolhouse.userpools.mfa.rows import software_tokens
from poolhouse.userpools.passkeys.reading import base64url
from poolhouse.userpools.passkeys.rows import passkeys
from poolhouse.userpools.passwords import srp
from poolhouse.userpools.passwords.rows import passwords
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.store import Pools
from poolhouse.userpools.users.naming import fold, key_of
from poolhouse.userpools.users.rows import CONFIRMED, user_aliases, user_search, users

PASSWORD = "Correct-Horse-1!"
WITH_PASSKEY = 200
WITH_TOKEN = 300
WITH_PASSWORD = WITH_PASSKEY + WITH_TOKEN
PARTY = "localhost"
# Of no use to anybody: all passkeys of a benchmark are of this one key.
PASSKEY = ec.derive_private_key(0x706F6F6C686F757365, ec.SECP256R1())
_TOKEN_ENABLED = [["SOFTWARE_TOKEN_MFA"], "SOFTWARE_TOKEN_MFA", True]
_TEMPORARY_SECONDS = 7 * 86_400.0
_BATCH = 5000
_TABLES = (users, user_search, user_aliases, passwords, software_tokens, passkeys)

Rows = dict[str, list[dict[str, Any]]]


def email_of(number: int) -> str:
    return f"user{number:06d}@example.com"


def names_with_passkey() -> list[str]:
    return [email_of(n) for n in range(WITH_PASSKEY)]


def names_with_token() -> list[str]:
    return [email_of(n) for n in range(WITH_PASSKEY, WITH_PASSWORD)]


def seed_of(email: str) -> bytes:
    """The software token's."""
    return hashlib.sha256(f"totp/{email}".encode()).digest()


def credential_of(email: str) -> bytes:
    """The passkey's id."""
    return hashlib.sha256(f"passkey/{email}".encode()).digest()


@dataclass(frozen=True)
class Kind:
    """What a user is like."""

    status: str = CONFIRMED
    enabled: bool = True
    password: bool = True
    temporary: bool = False
    token: bool = False
    passkey: bool = False


@dataclass(frozen=True)
class _Seeding:
    """One pool's. `stored` is the hash of everybody's password; `kind` is everybody's, where it is
    not the number's."""

    services: Services
    pool: Pool
    stored: str
    kind: Kind | None

    def kind_of(self, number: int) -> Kind:
        return self.kind or Kind(
            password=number < WITH_PASSWORD,
            token=WITH_PASSKEY <= number < WITH_PASSWORD,
            passkey=number < WITH_PASSKEY,
        )


def fill(
    environment: dict[str, str],
    pool_id: str,
    start: int,
    end: int,
    *,
    kind: Kind | None = None,
) -> None:
    """Users `start` to `end` of the pool; the first of them can sign in, or all are of a kind."""
    services = composition.services(load(environment))
    with Unit(services.database) as unit:
        pool = Pools(unit).get(pool_id)
    seeding = _Seeding(services, pool, services.hasher.hash(PASSWORD), kind)
    for first in range(start, end, _BATCH):
        rows: Rows = {table.name: [] for table in _TABLES}
        for number in range(first, min(first + _BATCH, end)):
            _one(seeding, number, rows)
        with Unit(services.database) as unit:
            for table in _TABLES:
                unit.write_many(insert(table), rows[table.name])
    services.hasher.close()
    services.database.close()


def _one(seeding: _Seeding, number: int, rows: Rows) -> None:
    pool, sub, email, now = seeding.pool, str(uuid.uuid4()), email_of(number), time.time()
    username = sub if pool.username_attributes else f"user{number:06d}"
    kind = seeding.kind_of(number)
    rows["users"].append(
        {
            "pool_id": pool.id,
            "sub": sub,
            "username": username,
            "username_key": key_of(pool, username),
            "status": kind.status,
            "enabled": kind.enabled,
            "attributes": {"email": email, "email_verified": "true"},
            "factors": _TOKEN_ENABLED if kind.token else [],
            "created_at": now,
            "modified_at": now,
        }
    )
    where = {"pool_id": pool.id, "sub": sub}
    rows["user_search"].append({**where, "attribute": "email", "folded": fold(email)})
    if pool.username_attributes:
        rows["user_aliases"].append({**where, "kind": "email", "alias_key": key_of(pool, email)})
    if kind.password:
        stored = _password(seeding, username, where, now)
        expires = now + _TEMPORARY_SECONDS if kind.temporary else None
        rows["passwords"].append(stored | {"temporary": kind.temporary, "expires_at": expires})
    if kind.token:
        rows["software_tokens"].append(_software_token(seeding, email, where))
    if kind.passkey:
        rows["passkeys"].append(_passkey(email, where, now))


def _password(
    seeding: _Seeding, username: str, where: dict[str, str], now: float
) -> dict[str, Any]:
    salt = uuid.uuid4().bytes
    verifier = srp.verifier(seeding.pool.short_name, username, PASSWORD, salt)
    context = f"passwords/{where['pool_id']}/{where['sub']}/srp_verifier"
    return {
        **where,
        "hash": seeding.stored,
        "srp_salt": salt.hex(),
        "srp_verifier": seeding.services.sealer.seal(verifier, context),
        "temporary": False,
        "set_at": now,
        "expires_at": None,
        "earlier": [],
    }


def _software_token(seeding: _Seeding, email: str, where: dict[str, str]) -> dict[str, Any]:
    context = f"software_tokens/{where['pool_id']}/{where['sub']}"
    seed = seeding.services.sealer.seal(seed_of(email), context)
    return {**where, "seed": seed, "name": "", "last_step": 0, "pending": None}


def _passkey(email: str, where: dict[str, str], now: float) -> dict[str, Any]:
    return {
        **where,
        "credential_id": base64url(credential_of(email)),
        "rp_id": PARTY,
        "public_key": cose(),
        "sign_count": 0,
        "aaguid": str(uuid.UUID(int=0)),
        "name": "Platform passkey",
        "attachment": "platform",
        "transports": ["internal"],
        "user_verified": True,
        "backup_eligible": False,
        "backed_up": False,
        "created_at": now,
        "last_used_at": None,
    }


def cose() -> bytes:
    """The public key as a COSE_Key (RFC 9053, 7.1.1): a map of kty, alg, crv, x and y."""
    point = PASSKEY.public_key().public_numbers()
    x, y = point.x.to_bytes(32), point.y.to_bytes(32)
    return bytes.fromhex("a5010203262001215820") + x + bytes.fromhex("225820") + y
