"""A pool that gets another relying party: its passkeys are bound to the one before."""

from __future__ import annotations

import logging
from typing import Any

from poolhouse.kernel.call import Call
from poolhouse.userpools.passkeys.relying_party import relying_party_of
from poolhouse.userpools.passkeys.store import Passkeys
from poolhouse.userpools.pools.rows import Pool

log = logging.getLogger("poolhouse.passkeys")


def warn_of_another_party(call: Call[Any], before: Pool, after: Pool) -> None:
    """Tells the operator how many passkeys cannot be used any more. They are kept: with the old
    id they come back (WAN-13). The API has no way to ask back."""
    settings = call.services.settings
    old, new = relying_party_of(settings, before), relying_party_of(settings, after)
    if new is None or (old is not None and old.id == new.id):
        return
    left = Passkeys(call.unit, after).count_of_others(new.id)
    if left:
        log.warning(
            "%d passkeys of pool %s are for another relying party than %s, its new one: "
            "they cannot be used until it has the old one again",
            left,
            after.id,
            new.id,
        )
