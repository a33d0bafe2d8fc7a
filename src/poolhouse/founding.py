"""The first start: a root key, a first pool and its client, made once for a database."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from poolhouse import arns, ids
from poolhouse.contract import cognito_idp as idp
from poolhouse.contract.callers import Signed
from poolhouse.iam.credentials.root import Everything, RootKey, ensure_root_key
from poolhouse.kernel.call import Origin
from poolhouse.kernel.perform import House
from poolhouse.kernel.unit import Unit
from poolhouse.storage import leases

CREDENTIALS_FILE = "root-credentials"
_FACT = "founded"
_ABANDONED_AFTER = 60.0
_FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
]


@dataclass(frozen=True, slots=True)
class Founding:
    """What a newcomer needs. `credentials` is the file that holds the root secret, None where
    the settings bring the root key."""

    root_key_id: str
    credentials: Path | None
    pool_id: str
    client_id: str


def found(house: House) -> Founding | None:
    """Makes what a new database lacks; None where it was founded before."""
    services = house.services
    root = ensure_root_key(services)
    credentials = _write_credentials(services.settings.data_dir, root)
    if not _begin(house):
        return None
    pool_id, client_id = _first_pool(house)
    with Unit(services.database) as unit:
        unit.write(leases.STATE, name=_FACT, value="done", since=services.clock.now())
    return Founding(root.access_key_id, credentials, pool_id, client_id)


def _begin(house: House) -> bool:
    """True for the one process that founds; again, where it died at it."""
    now = house.services.clock.now()
    with Unit(house.services.database) as unit:
        unit.begin()
        row = unit.one(leases.FACT, name=_FACT)
        if row and (row.value == "done" or row.since > now - _ABANDONED_AFTER):
            return False
        unit.write(leases.STATE, name=_FACT, value="begun", since=now)
    return True


def _first_pool(house: House) -> tuple[str, str]:
    settings = house.services.settings
    account = settings.account_id
    root = Signed(arns.root(account), account, account, settings.region, "", Everything())
    origin = Origin("founding")
    pool_ask = idp.CreateUserPoolRequest(
        pool_name="First pool",
        auto_verified_attributes=["email"],
        username_configuration=idp.UsernameConfigurationType(case_sensitive=False),
    )
    made = house.perform_as(root, idp.CreateUserPool, pool_ask, origin)
    assert isinstance(made, idp.CreateUserPoolResponse)
    assert made.user_pool is not None
    assert made.user_pool.id is not None
    client_ask = idp.CreateUserPoolClientRequest(
        user_pool_id=made.user_pool.id,
        client_name="First client",
        explicit_auth_flows=_FLOWS,
        prevent_user_existence_errors="ENABLED",
    )
    client = house.perform_as(root, idp.CreateUserPoolClient, client_ask, origin)
    assert isinstance(client, idp.CreateUserPoolClientResponse)
    assert client.user_pool_client is not None
    return made.user_pool.id, client.user_pool_client.client_id or ""


def _write_credentials(folder: Path, root: RootKey) -> Path | None:
    """The root key in AWS's credentials format, for its owner's eyes only; written whole or not
    at all. Not written where the operator already has the key in the settings."""
    if root.from_settings:
        return None
    path = folder / CREDENTIALS_FILE
    if path.exists():
        return path
    content = (
        "[default]\n"
        f"aws_access_key_id = {root.access_key_id}\n"
        f"aws_secret_access_key = {root.secret_access_key}\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{CREDENTIALS_FILE}.{ids.token(6)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path
