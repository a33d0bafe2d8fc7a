"""How a session is named and shown.

Source: SessionDescriptionType, API reference.
"""

from __future__ import annotations

import re
from itertools import pairwise

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.pools.rows import Pool
from poolhouse.userpools.pools.rules.tiers import ESSENTIALS, has
from poolhouse.userpools.sessions.rows import SSO, TOKEN, Record

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_PREFIXES = {TOKEN: "tkn", SSO: "sso"}
_KINDS = {prefix: kind for kind, prefix in _PREFIXES.items()}
_LENGTH = 25

# The first that is found decides; what others claim to be as well comes after them.
_SYSTEMS = (
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("os/macos", "macOS"),
    ("os/windows", "Windows"),
    ("Linux", "Linux"),
    ("os/linux", "Linux"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_APP = re.compile(r"([A-Za-z][\w.-]{0,63})/", re.ASCII)


def session_name(kind: str, session_id: str) -> str:
    """The SessionId of a session: its kind, and the UUID's number in 25 digits of base 36."""
    number, digits = int(session_id.replace("-", ""), 16), ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return _PREFIXES[kind] + digits


def session_named(name: str) -> tuple[str, str] | None:
    """The kind and the UUID that a SessionId names; None where it can name nothing."""
    number = int(name[3:], 36)
    if number >= 1 << 128:
        return None
    octets = f"{number:032x}"
    ends = (0, 8, 12, 16, 20, 32)
    parts = [octets[begin:end] for begin, end in pairwise(ends)]
    return _KINDS[name[:3]], "-".join(parts)


def device_of(user_agent: str) -> str:
    """The system and the browser or app that a User-Agent claims; `unknown` where it says
    neither."""
    system = _first(_SYSTEMS, user_agent)
    app = _APP.match(user_agent)
    browser = _first(_BROWSERS, user_agent) or (app[1] if app and app[1] != "Mozilla" else None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or "unknown"


def _first(table: tuple[tuple[str, str], ...], user_agent: str) -> str | None:
    return next((name for mark, name in table if mark in user_agent), None)


def as_description(record: Record, *, current: str | None = None) -> idp.SessionDescriptionType:
    """A session as it is listed; `current` is the id of the one that asks."""
    return idp.SessionDescriptionType(
        session_id=session_name(record.kind, record.id),
        session_type=record.kind,
        client_id=record.client_id,
        create_date=record.created_at,
        last_active_date=record.last_active_at,
        device_type=device_of(record.user_agent),
        last_ip_address=record.source_ip or None,
        origin_session_id=session_name(SSO, record.sso_id) if record.sso_id else None,
        is_current_session=record.kind == TOKEN and record.id == current,
    )


def check_tracked(pool: Pool) -> None:
    """Raises OperationNotEnabledException where the pool does not track sessions: an empty list
    would say that there are none."""
    if not pool.tracking.enabled:
        raise idp.OperationNotEnabledException(
            "User session tracking is not enabled for this user pool."
        )


def check_tier(pool: Pool) -> None:
    """Raises FeatureUnavailableInTierException."""
    if not has(pool.settings, ESSENTIALS):
        raise idp.FeatureUnavailableInTierException(
            f"User session tracking is not available in the tier {pool.settings.user_pool_tier}; "
            f"it needs {ESSENTIALS}."
        )
