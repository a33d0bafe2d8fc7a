"""DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER: a device that the user confirmed proves itself. The
same SRP as a password's, with the group's key for the pool and the device's key for the user; the
state travels in SECRET_BLOCK.

Source: "Signing in with a device", developer guide.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator

from poolhouse import ids
from poolhouse.userpools.devices.rows import Device
from poolhouse.userpools.devices.rules import tracks
from poolhouse.userpools.devices.store import Devices
from poolhouse.userpools.passwords import srp
from poolhouse.userpools.signin import passage, tries
from poolhouse.userpools.signin.challenges import srp_password
from poolhouse.userpools.signin.entrance import Entrance, Parameters, incorrect, required
from poolhouse.userpools.signin.next_step import DEVICE_PROVED, Next
from poolhouse.userpools.signin.passage import Passage
from poolhouse.userpools.signin.progress import Progress, hash_of_a
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.users.rows import User
from poolhouse.userpools.users.rules import bad_session

NAME = "DEVICE_SRP_AUTH"
VERIFIER = DEVICE_PROVED
_FROM = "from"


def named(entrance: Entrance, user: User, progress: Progress) -> Device | None:
    """The device that the sign-in named, where the pool tracks them.

    Raises ResourceNotFoundException for one that is not this user's, was never confirmed, or was
    forgotten: clients then forget it too, and try again without.
    """
    if not progress.device_key or not tracks(entrance.pool):
        return None
    return Devices(entrance.call, entrance.pool).get(user.sub, progress.device_key)


def known(entrance: Entrance, user: User, key: str) -> bool:
    """Whether the key is that of a device which the user has confirmed."""
    return Devices(entrance.call, entrance.pool).find(user.sub, key) is not None


def pose(entrance: Entrance, user: User, progress: Progress, _: Next) -> Posed:
    place = {_FROM: entrance.call.origin.source_ip.encode()}
    session = entrance.passage(user, user.username, NAME, progress, place)
    parameters = {
        "USERNAME": user.username,
        "USER_ID_FOR_SRP": user.username,
        "DEVICE_KEY": progress.device_key,
    }
    devices = Devices(entrance.call, entrance.pool)
    return Posed(
        Outcome(NAME, parameters, session),
        write=lambda: devices.wait(user.sub, progress.device_key, session),
    )


def answer(entrance: Entrance, session: str, given: Parameters) -> Posed:
    """The device's A; answers B and the salt."""
    a = srp_password.public_a(given)
    session = _session_of(entrance, session, given, a)
    state, user = entrance.resumed(session, NAME, given)
    device = _device(entrance, user, state, given)
    secret = Devices(entrance.call, entrance.pool).secret(device)
    b = ids.octets(srp.SECRET_OCTETS)
    big_b = srp.public_b(secret.verifier, b)
    data = {"A": srp.pad(a), "b": b, "B": srp.pad(big_b)}
    block = entrance.passage(user, user.username, VERIFIER, state.progress.with_round(NAME), data)
    parameters = {
        "DEVICE_KEY": device.key,
        "SALT": secret.salt.hex(),
        "SECRET_BLOCK": block,
        "SRP_B": f"{big_b:x}",
        "USERNAME": user.username,
    }
    return Posed(Outcome(VERIFIER, parameters, session=block), spent=state)


def verify(entrance: Entrance, session: str, given: Parameters) -> Proved:
    """Judges the device's proof. Its tries are counted apart from those at the password."""
    block = required(given, "PASSWORD_CLAIM_SECRET_BLOCK")
    claim = required(given, "PASSWORD_CLAIM_SIGNATURE")
    timestamp = required(given, "TIMESTAMP")
    state, user = entrance.resumed(block, VERIFIER, given)
    device = _device(entrance, user, state, given)
    subject = f"{user.sub}/device"
    tries.admit(entrance, subject)
    with tries.judging(entrance, subject):
        verifier = Devices(entrance.call, entrance.pool).secret(device).verifier
        names = device.group_key, device.key
        right = srp_password.right(entrance, state, verifier, names, claim, block, timestamp)
    if not right:
        tries.failed(entrance, subject)
        raise incorrect()
    return Proved(user, state.progress.with_done(VERIFIER), spent=state, tried=subject)


def _device(entrance: Entrance, user: User, state: Passage, given: Parameters) -> Device:
    """The device that this sign-in named, as it is now."""
    key = state.progress.device_key
    if given.get("DEVICE_KEY", key) != key:
        raise bad_session()
    return Devices(entrance.call, entrance.pool).get(user.sub, key)


def _session_of(entrance: Entrance, session: str, given: Parameters, a: int) -> str:
    """The Session that waits for this answer.

    Clients that were given none for PASSWORD_VERIFIER send none here either (pycognito), and some
    send the one that they had before (amazon-cognito-identity-js after a code). The one that waits
    at the device is theirs where they show what nobody else knows: the A that the password was
    proved with, or a Session of the same sign-in. Who sent the password itself has neither (AWS's
    own example for Python), and must ask from where the password came.
    """
    shown = passage.unsealed(entrance.call.services.sealer, session) if session else None
    if shown is not None and shown.step == NAME:
        return session
    user = entrance.users.find(required(given, "USERNAME"))
    devices = Devices(entrance.call, entrance.pool)
    device = devices.find(user.sub, given.get("DEVICE_KEY", "")) if user else None
    if device is None or not device.waiting:
        raise bad_session()
    waiting = entrance.opened(device.waiting, NAME)
    if not any(_same_sign_in(entrance, waiting, shown, a)):
        raise bad_session()
    return device.waiting


def _same_sign_in(
    entrance: Entrance, waiting: Passage, shown: Passage | None, a: int
) -> Iterator[bool]:
    proved_a = waiting.progress.proved_a
    yield hmac.compare_digest(proved_a.encode(), hash_of_a(srp.pad(a)).encode())
    if shown is not None:
        yield shown.progress.thread == waiting.progress.thread
    elif not proved_a:
        yield waiting.data.get(_FROM) == entrance.call.origin.source_ip.encode()
