"""Which addresses a browser may be sent back to (OAU-02).

Absolute, without a fragment, https but for the loopback names, custom schemes for apps; nothing
that runs or holds its content itself, nobody's user name, no wildcard, since a redirect is
compared as an exact string. Source: CallbackURLs, API reference; RFC 9700, 2.1 and 4.1.
"""

from __future__ import annotations

import re

LOOPBACK = frozenset(["localhost", "127.0.0.1", "[::1]"])
# Schemes whose "address" is a document or a program by itself, or a part of the machine.
_DANGEROUS = frozenset("javascript data vbscript file blob about view-source filesystem".split())

# RFC 3986, 2: the characters of a URI, and 3.1: its scheme.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_PARTS = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?#]*)([^?#]*)(\?[^#]*)?")
_AUTHORITY = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]@]+)(?::([0-9]{1,5}))?")


def flaw(address: str) -> str | None:
    """Why this cannot be a redirect; None where it can."""
    if not _CHARACTERS.fullmatch(address):
        return "has a character that a URI cannot have"
    if "#" in address:
        return "must not have a fragment"
    parts = _PARTS.fullmatch(address)
    if parts is None:
        return "must be absolute, like https://host/path or app://path"
    scheme, authority, path, _ = parts.groups()
    if scheme.lower() in _DANGEROUS:
        return "has a scheme that is not allowed"
    if "@" in authority:
        return "must not have a user name"
    if "*" in authority or "*" in path:
        return "must not have a wildcard"
    return _web_flaw(authority, scheme.lower()) if scheme.lower() in ("http", "https") else None


def _web_flaw(authority: str, scheme: str) -> str | None:
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None or int(parts[2] or 0) > 65_535:
        return "must have a host, and a port below 65536 if any"
    if scheme == "http" and parts[1].lower() not in LOOPBACK:
        return "must use https, but for localhost, 127.0.0.1 and [::1]"
    return None
