"""The end of a sign-in: triggers are asked, then the mint, and a device is made known."""

from __future__ import annotations

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.devices.rules import tracks
from poolhouse.userpools.devices.store import Devices, missing
from poolhouse.userpools.signin.challenges import new_password
from poolhouse.userpools.signin.entrance import Entrance
from poolhouse.userpools.signin.next_step import DEVICE_PROVED
from poolhouse.userpools.signin.progress import Progress
from poolhouse.userpools.signin.step import Outcome, Posed, Proved
from poolhouse.userpools.signin.stepping_up import reached
from poolhouse.userpools.tokens.mint import AUTHENTICATION, NEW_PASSWORD, Mint
from poolhouse.userpools.triggers.asking import Triggers
from poolhouse.userpools.users.rows import User


def ready_tokens(entrance: Entrance, proved: Proved) -> Posed:
    """Everything that leads to tokens but the writing: what the triggers say is known, and no
    session has begun."""
    call, pool, client = entrance.call, entrance.pool, entrance.client
    user, progress = proved.user, proved.progress
    known = progress.device_key if DEVICE_PROVED in progress.done else ""
    Triggers(call, pool).post_authentication(
        user, client, entrance.metadata, new_device=tracks(pool) and not known
    )
    mint = Mint(call, pool, client)
    source = "TokenGeneration_AuthenticateDevice" if known else _source(progress)
    new_device = None if known else Devices(call, pool).made(user)
    shown = reached(progress, pool.settings)
    prepared = mint.prepare(
        user,
        source=source,
        metadata=entrance.metadata,
        amr=shown.amr,
        acr=shown.acr,
        auth_time=shown.auth_time,
        device_key=known or (new_device.key if new_device else ""),
        in_groups=proved.in_groups,
    )
    if new_device is not None:
        prepared.tokens.new_device_metadata = idp.NewDeviceMetadataType(
            device_key=new_device.key, device_group_key=new_device.group_key
        )

    def write() -> None:
        mint.open(prepared, shown=progress.shown)
        if known:
            _seen(entrance, user, progress)

    return Posed(Outcome(tokens=prepared.tokens), write)


def _source(progress: Progress) -> str:
    """What ended, as pre-token triggers are told; factors may have followed a new password."""
    return NEW_PASSWORD if new_password.NAME in progress.done else AUTHENTICATION


def _seen(entrance: Entrance, user: User, progress: Progress) -> None:
    """The device was used. Raises ResourceNotFoundException where it was forgotten since it
    proved itself."""
    call = entrance.call
    seen = Devices(call, entrance.pool).seen(
        user.sub,
        progress.device_key,
        ip=call.origin.source_ip,
        now=call.now,
        beside_a_factor="mfa" in progress.amr,
    )
    if not seen:
        raise missing()
