"""The jobs of this house: what is swept, and what is made ahead."""

from __future__ import annotations

from poolhouse.delivery.outbox import Outbox
from poolhouse.iam.credentials import replay
from poolhouse.identitypools.openid.store import OpenIdKeys
from poolhouse.kernel.jobs import Job
from poolhouse.kernel.services import Services
from poolhouse.kernel.unit import Unit
from poolhouse.userpools.codes import store as codes
from poolhouse.userpools.lockout import store as lockout
from poolhouse.userpools.passkeys import store as passkeys
from poolhouse.userpools.risk import store as risk
from poolhouse.userpools.sessions import store as sso
from poolhouse.userpools.signin import passage
from poolhouse.userpools.signing.rules import LONGEST_TOKEN
from poolhouse.userpools.signing.store import SigningKeys
from poolhouse.userpools.tokens.store import Sessions

# An address that waits for its proof lives in its code, which can be sent anew for a week.
KEYS_AT_A_TIME = 4
CODES_KEPT_FOR = 7 * 86_400.0


def sweep(services: Services) -> bool:
    """Removes what has ended: sessions, used passages, old lock-outs, retired keys."""
    now = services.clock.now()
    with Unit(services.database) as unit:
        Sessions(unit).sweep(now - LONGEST_TOKEN)
    with Unit(services.database) as unit:
        passage.sweep(unit, now)
        lockout.sweep(unit, now)
        SigningKeys(unit, services.sealer).remove_retired(now)
        OpenIdKeys(unit, services.sealer).remove_retired(now)
    with Unit(services.database) as unit:
        codes.sweep(unit, now - CODES_KEPT_FOR)
        risk.sweep(unit, now)
        sso.sweep(unit, now)
        passkeys.sweep(unit, now)
        replay.sweep(unit, now)
    Outbox(services.database, services.sealer).clear(now)
    services.functions.calls.clear(now)
    # Data keys that another process has added since are known from here on.
    services.sealer.prepare()
    return False


def stock_keys(services: Services) -> bool:
    """Makes a few spare signing keys where some are missing: a key takes long, a new pool should
    not wait for it, and nobody should notice that it is being made."""
    with Unit(services.database) as unit:
        keys = SigningKeys(unit, services.sealer)
        missing = services.settings.spare_signing_keys - keys.spares()
        for _ in range(min(missing, KEYS_AT_A_TIME)):
            keys.add_spare(services.clock.now())
    return missing > KEYS_AT_A_TIME


JOBS = (Job("sweep", 60.0, sweep), Job("spare signing keys", 30.0, stock_keys))
