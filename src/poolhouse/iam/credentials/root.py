"""The root's access key: from the settings, else made at the first start and kept sealed."""

from __future__ import annotations

from dataclasses import dataclass, field

from poolhouse import ids
from poolhouse.iam.credentials.authority import Everything
from poolhouse.iam.credentials.rows import ACTIVE, ROOT, AccessKey
from poolhouse.iam.credentials.store import AccessKeys, opened_secret, sealed_secret
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit

__all__ = ["Everything", "RootKey", "ensure_root_key"]


@dataclass(frozen=True, slots=True)
class RootKey:
    access_key_id: str
    secret_access_key: str = field(repr=False)
    from_settings: bool


def ensure_root_key(services: Services) -> RootKey:
    """The root key, made where there is none. The settings' key, where there is one, takes the
    place of the stored key, which is then refused."""
    settings = services.settings
    if settings.root_access_key_id is not None:
        assert settings.root_secret_access_key is not None
        secret = settings.root_secret_access_key.get_secret_value()
        return RootKey(settings.root_access_key_id, secret, from_settings=True)
    with Unit(services.database) as unit:
        keys = AccessKeys(unit)
        if not keys.of(ROOT):
            keys.add(_new(services))
        (key,) = keys.of(ROOT)  # another process may have been faster
    secret = opened_secret(services.sealer, key.id, key.sealed)
    return RootKey(key.id, secret, from_settings=False)


def _new(services: Services) -> AccessKey:
    key_id = ids.access_key("AKIA")
    sealed = sealed_secret(services.sealer, key_id, ids.secret_key())
    return AccessKey(key_id, ROOT, 1, sealed, ACTIVE, services.clock.now())
