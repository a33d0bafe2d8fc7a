"""Every query on OpenID keys. The opened ring is kept for a second: a removed key is gone from
every worker within that, a new one is published long before it signs."""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, delete, select, update

from poolhouse import ids
from poolhouse.identitypools.openid.rows import OpenIdKey, openid_keys
from poolhouse.kernel.unit import AnyRow, Unit
from poolhouse.keys import signing
from poolhouse.keys.sealing import Sealer
from poolhouse.keys.signing import PublicKey, SigningKey
from poolhouse.storage.base import insert

RING_SECONDS = 1.0
PUBLISHED_AHEAD = 600.0
LONGEST_TOKEN = 86_400.0
"""Seconds: TokenDuration of GetOpenIdTokenForDeveloperIdentity."""

_t = openid_keys.c
_ALL = select(openid_keys).order_by(_t.serial)
_ADD = insert(openid_keys).on_conflict_do_nothing()
_RETIRE = (
    update(openid_keys)
    .where(_t.retires_at.is_(None), _t.serial < bindparam("before"))
    .values(retires_at=bindparam("at"))
)
_REMOVE_RETIRED = delete(openid_keys).where(_t.retires_at < bindparam("now"))

Ring = tuple[OpenIdKey, ...]
_rings: WeakKeyDictionary[Sealer, tuple[float, Ring]] = WeakKeyDictionary()
_lock = Lock()


class OpenIdKeys:
    def __init__(self, unit: Unit, sealer: Sealer) -> None:
        self._unit = unit
        self._sealer = sealer

    def ring(self, now: float) -> Ring:
        """All keys, opened; empty before the first token."""
        kept = _rings.get(self._sealer)
        if kept is not None and 0 <= now - kept[0] < RING_SECONDS:
            return kept[1]
        known = {key.key.kid: key.key for key in kept[1]} if kept else {}
        ring = tuple(self._opened(row, known.get(row.kid)) for row in self._unit.all(_ALL))
        if ring:
            with _lock:
                _rings[self._sealer] = now, ring
        return ring

    def signer(self, now: float) -> SigningKey:
        """The key that signs now, made where there is none. Call before the first write."""
        keys = self.ring(now)
        if not keys:
            self._unit.outside()
            self._unit.at_once(_ADD, **self._made(1, now))
            keys = self.ring(now)
        # The first key may be another request's, which came a moment after this one.
        able = [key for key in keys if key.signs_from <= now] or keys[:1]
        return max(able, key=lambda key: key.signs_from).key

    def verifier(self, kid: str, now: float) -> PublicKey | None:
        """The public key of a published kid; None for any other."""
        for key in self.ring(now):
            if key.key.kid == kid and key.is_published(now):
                return key.key.public
        return None

    def rotate(self, now: float) -> None:
        """A new key, published now and signing in ten minutes; the old ones stay published as
        long as a token signed with them can live."""
        last = max((key.serial for key in self.ring(now)), default=0)
        self._unit.outside()
        made = self._made(last + 1, now if last == 0 else now + PUBLISHED_AHEAD)
        self._unit.write(_ADD, **made)
        self._unit.write(_RETIRE, before=last + 1, at=now + PUBLISHED_AHEAD + LONGEST_TOKEN)

    def remove_retired(self, now: float) -> None:
        self._unit.write(_REMOVE_RETIRED, now=now)

    def _opened(self, row: AnyRow, known: SigningKey | None) -> OpenIdKey:
        key = known or SigningKey(
            row.kid, signing.load(self._sealer.open(row.sealed, _context(row.kid))), "RS512"
        )
        return OpenIdKey(row.serial, key, row.public, row.signs_from, row.retires_at)

    def _made(self, serial: int, signs_from: float) -> dict[str, object]:
        kid, der = ids.key_id(), signing.generate()
        return {
            "serial": serial,
            "kid": kid,
            "sealed": self._sealer.seal(der, _context(kid)),
            "public": signing.public_jwk(signing.load(der), kid, "RS512"),
            "signs_from": signs_from,
            "retires_at": None,
        }


def _context(kid: str) -> str:
    return f"openid_keys/{kid}"
