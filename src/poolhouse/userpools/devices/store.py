"""Every query on the confirmed devices of one pool's users."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, delete, or_, select, update

from poolhouse import ids
from poolhouse.arns import region_of
from poolhouse.contract import cognito_idp as idp
from poolhouse.kernel.call import Call
from poolhouse.storage.base import Flag, insert
from poolhouse.userpools.devices.rows import Device, NewDevice, Secret, devices
from poolhouse.userpools.devices.rules import MOST_OF_A_USER, may_have
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.users.rows import User

_t = devices.c
_SHOWN = [_t[name] for name in Device.__slots__]
_OF_USER = and_(_t.pool_id == bindparam("of"), _t.sub == bindparam("who"))
_ONE = and_(_OF_USER, _t.key == bindparam("which"))
_FIND = select(*_SHOWN).where(_ONE)
_PAGE = (
    select(*_SHOWN)
    .where(_OF_USER, _t.key > bindparam("after"))
    .order_by(_t.key)
    .limit(bindparam("count"))
)
_ADD = insert(devices).on_conflict_do_nothing()
_MAKE_ROOM = delete(devices).where(
    _t.pool_id == bindparam("of"),
    _t.key.in_(
        select(_t.key)
        .where(_OF_USER)
        .order_by(_t.last_seen_at.desc(), _t.created_at.desc(), _t.key)
        .offset(bindparam("keep"))
    ),
)
_SEEN = (
    update(devices)
    .where(_ONE)
    .values(
        last_seen_at=bindparam("now"),
        last_ip=bindparam("ip"),
        trusted=or_(_t.trusted, bindparam("beside_a_factor", type_=Flag)),
        waiting=None,
    )
)
_WAIT = update(devices).where(_ONE).values(waiting=bindparam("session"))
_SET = (
    update(devices)
    .where(_ONE)
    .values(remembered=bindparam("set_remembered"), modified_at=bindparam("now"))
)
_DISTRUST = (
    update(devices).where(_OF_USER, _t.key != bindparam("but")).values(trusted=False, waiting=None)
)
_REMOVE = delete(devices).where(_ONE)


class Devices:
    def __init__(self, call: Call[Any], pool: Pool) -> None:
        self._unit = call.unit
        self._sealer = call.services.sealer
        self._pool = pool

    # before one is confirmed -----------------------------------------------------------
    def made(self, user: User) -> NewDevice | None:
        """A key for a device that is not known yet; None where there can be none. Nothing is
        written: until the user confirms it, the key is kept by the session that names it."""
        if not may_have(self._pool, user):
            return None
        key = f"{region_of(self._pool.id)}_{ids.random_uuid()}"
        return NewDevice(key, self.group_key(key))

    def group_key(self, key: str) -> str:
        """The group's key that goes with a device's key: always the same."""
        tag = self._sealer.mac(f"{self._pool.id}/{key}".encode(), "device group key")
        letters = base64.b64encode(tag).decode()
        return "-" + "".join(letter for letter in letters if letter.isalnum())[:8]

    # finding ---------------------------------------------------------------------------
    def find(self, sub: str, key: str) -> Device | None:
        """A device of this user; another user's is none."""
        row = self._unit.one(_FIND, **self._one(sub, key))
        return Device(*row) if row else None

    def get(self, sub: str, key: str) -> Device:
        """Raises ResourceNotFoundException."""
        found = self.find(sub, key)
        if found is None:
            raise missing()
        return found

    def list(self, sub: str, after: str, count: int) -> Sequence[Device]:
        """By key, from past `after` on."""
        rows = self._unit.all(_PAGE, of=self._pool.id, who=sub, after=after, count=count)
        return [Device(*row) for row in rows]

    def secret(self, device: Device) -> Secret:
        """What its proof is judged by, opened."""
        opened = self._sealer.open
        return Secret(
            opened(device.salt, _context(device, "salt")),
            opened(device.verifier, _context(device, "verifier")),
        )

    # changing --------------------------------------------------------------------------
    def add(self, device: Device) -> bool:
        """Keeps a device whose secret is sealed already; False where the key is taken. Of too
        many the one longest not seen goes. The user is to be locked."""
        added = self._unit.write(_ADD, **{name: getattr(device, name) for name in device.__slots__})
        if added == 1:
            self._unit.write(_MAKE_ROOM, of=self._pool.id, who=device.sub, keep=MOST_OF_A_USER)
        return added == 1

    def confirmed(
        self,
        sub: str,
        key: str,
        secret: Secret,
        *,
        name: str | None,
        remembered: bool,
        trusted: bool,
        ip: str,
        now: float,
    ) -> Device:
        """A device with this secret, to be added."""
        place, seal = f"devices/{self._pool.id}/{sub}/{key}", self._sealer.seal
        return Device(
            pool_id=self._pool.id,
            key=key,
            sub=sub,
            group_key=self.group_key(key),
            name=name,
            salt=seal(secret.salt, f"{place}/salt"),
            verifier=seal(secret.verifier, f"{place}/verifier"),
            remembered=remembered,
            trusted=trusted,
            waiting=None,
            last_ip=ip,
            created_at=now,
            modified_at=now,
            last_seen_at=now,
        )

    def seen(self, sub: str, key: str, *, ip: str, now: float, beside_a_factor: bool) -> bool:
        """Somebody has signed in with the device. False where it was forgotten meanwhile."""
        seen = self._unit.write(
            _SEEN, **self._one(sub, key), ip=ip, now=now, beside_a_factor=beside_a_factor
        )
        return seen == 1

    def wait(self, sub: str, key: str, session: str) -> None:
        """Keeps the Session of the sign-in that waits for the device's proof."""
        self._unit.write(_WAIT, **self._one(sub, key), session=session)

    def set_remembered(self, sub: str, key: str, remembered: bool, now: float) -> bool:
        """False where there is no such device."""
        values = self._one(sub, key)
        return self._unit.write(_SET, **values, set_remembered=remembered, now=now) == 1

    def distrust(self, sub: str, but: str = "") -> None:
        """No device of the user, but one, stands for a factor until it has been shown beside one
        again."""
        self._unit.write(_DISTRUST, of=self._pool.id, who=sub, but=but)

    def remove(self, sub: str, key: str) -> bool:
        """False where there is no such device."""
        return self._unit.write(_REMOVE, **self._one(sub, key)) == 1

    def _one(self, sub: str, key: str) -> dict[str, str]:
        return {"of": self._pool.id, "who": sub, "which": key}


def missing() -> idp.ResourceNotFoundException:
    """In these words: clients that read them forget the device and go on without."""
    return idp.ResourceNotFoundException("Device does not exist.")


def _context(device: Device, column: str) -> str:
    return f"devices/{device.pool_id}/{device.sub}/{device.key}/{column}"
