"""Values of conditions as numbers, moments, truth values, bytes and addresses, read strictly.

Each reader gives None where the text is not of its type: a condition then does not match, whether
it is a positive or a negated one.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from datetime import UTC, datetime
from decimal import Decimal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NUMBER = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")
_EPOCH = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}")
_BLOCK = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:/[0-9]{1,3})?")


def number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def moment(text: str) -> float | None:
    """Epoch seconds of an ISO 8601 date or time with its zone, or of epoch seconds as text."""
    if _EPOCH.fullmatch(text):
        return float(text)
    if not _DAY.fullmatch(text) and not _MOMENT.fullmatch(text):
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def truth(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def blob(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def address(text: str) -> Address | None:
    """An address; an IPv4 address written as an IPv6 one (::ffff:10.0.0.1) is the IPv4 address."""
    if not _ADDRESS.fullmatch(text):
        return None
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return _unmapped(found) or found


def network(text: str) -> Network | None:
    """An address or a block in CIDR notation."""
    if not _BLOCK.fullmatch(text):
        return None
    try:
        found = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = _unmapped(found.network_address)
    if mapped is not None and found.prefixlen >= 96:
        return ipaddress.ip_network((mapped, found.prefixlen - 96))
    return found


def _unmapped(found: Address) -> ipaddress.IPv4Address | None:
    return found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
