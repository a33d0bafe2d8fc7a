"""Whom passkeys of a pool are for: the relying party's id, and the origins it is asked from.

Source: WebAuthn Level 3, 5.1.2 and 13.4.9: a list of origins, compared whole.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from poolhouse.settings import Settings
from poolhouse.userpools.pools.rows import Pool

_LOCALHOST = "localhost"
# Whoever serves a page there has the user's own machine; development servers choose any port.
_ANY_PORT = re.compile(r"http://localhost(:[1-9][0-9]{0,4})?")


@dataclass(frozen=True, slots=True)
class RelyingParty:
    id: str
    origins: frozenset[str]

    def allows(self, origin: str) -> bool:
        """Scheme, host and port are those of the list; `http` is for localhost only."""
        if origin in self.origins:
            return True
        return self.id == _LOCALHOST and _ANY_PORT.fullmatch(origin) is not None


def relying_party_of(settings: Settings, pool: Pool) -> RelyingParty | None:
    """The pool's RelyingPartyId, else the host of the public URL; `localhost` where that is a
    loopback address, None where it is another address, which no passkey can be for."""
    configured = pool.mfa.web_authn_configuration
    name = (configured.relying_party_id if configured else None) or _host(settings.issuer_base)
    if not name:
        return None
    name = name.lower()
    public = origin_of(settings.issuer_base)
    listed = [f"https://{name}", *([public] if public else []), *settings.webauthn_origins]
    return RelyingParty(name, frozenset(each for each in listed if _of_party(name, each)))


def origin_of(url: str) -> str:
    """Scheme, host and port as a browser says them."""
    parts = urlsplit(url)
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def _host(url: str) -> str | None:
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host or None
    return _LOCALHOST if address.is_loopback else None


def _of_party(name: str, origin: str) -> bool:
    """Apps of Android have no host; the platform asks the relying party whether they may."""
    if origin.startswith("android:"):
        return True
    parts = urlsplit(origin)
    host = parts.hostname or ""
    secure = parts.scheme == "https" or host == _LOCALHOST or host.endswith("." + _LOCALHOST)
    return secure and (host == name or host.endswith("." + name))
