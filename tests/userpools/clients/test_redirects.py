"""OAU-02: which addresses may be registered, as a corpus."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolhouse.userpools.clients.rules.redirects import flaw


@pytest.mark.parametrize(
    "address",
    [
        "https://app.example",
        "https://app.example/",
        "https://app.example:8443/callback?tenant=a&x=%2F",
        "https://10.0.0.1/callback",
        "https://[2001:db8::1]:8443/callback",
        "HTTPS://APP.example/callback",
        "https://app.example/a;b=c,d'(e)!$&+=:@/f",
        "https://app.example/callback?filter=*",
        "http://localhost",
        "http://localhost:3000/callback",
        "http://127.0.0.1:8001/",
        "http://[::1]:8001/callback",
        "myapp://example",
        "myapp://",
        "com.example.app://oauth/callback",
        "exp+app://127.0.0.1:19000/--/",
    ],
)
def test_what_an_application_needs_may_be_registered(address: str) -> None:
    assert flaw(address) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("https://app.example/#fragment", "must not have a fragment"),
        ("https://app.example#", "must not have a fragment"),
        ("myapp://example#x", "must not have a fragment"),
        ("http://app.example/", "must use https"),
        ("http://localhost.evil.example/", "must use https"),
        ("http://127.0.0.1.evil.example/", "must use https"),
        ("http://127.0.0.2/", "must use https"),
        ("http://[::2]/", "must use https"),
        ("http://2130706433/", "must use https"),
        ("HTTP://app.example/", "must use https"),
        ("javascript:alert(1)", "must be absolute"),
        ("javascript://app.example/%0aalert(1)", "scheme that is not allowed"),
        ("JavaScript://app.example/", "scheme that is not allowed"),
        ("data:text/html,x", "must be absolute"),
        ("data://text/html,x", "scheme that is not allowed"),
        ("vbscript:x", "must be absolute"),
        ("vbscript://x", "scheme that is not allowed"),
        ("file:///etc/passwd", "scheme that is not allowed"),
        ("blob://x", "scheme that is not allowed"),
        ("view-source://x", "scheme that is not allowed"),
        ("https://user@app.example/", "must not have a user name"),
        ("https://app.example:x@evil.example/", "must not have a user name"),
        ("myapp://user@host", "must not have a user name"),
        ("https://*.app.example/", "must not have a wildcard"),
        ("https://app.example/*", "must not have a wildcard"),
        ("myapp://*", "must not have a wildcard"),
        ("https:///callback", "must have a host"),
        ("https://:443/", "must have a host"),
        ("https://app.example:/", "must have a host"),
        ("https://app.example:99999/", "must have a host"),
        ("https://app.example:http/", "must have a host"),
        ("https://[::1/", "must have a host"),
        ("https://a[b]/", "must have a host"),
        ("https:/app.example", "must be absolute"),
        ("https:app.example", "must be absolute"),
        ("//app.example/", "must be absolute"),
        ("/callback", "must be absolute"),
        ("app.example", "must be absolute"),
        ("://app.example", "must be absolute"),
        ("1app://x", "must be absolute"),
        ("", "character"),
        ("https://app.example/a b", "character"),
        ("https://app.example/\t", "character"),
        ("https://app.example/\r\nX: y", "character"),
        ("https://app.example\\@evil.example/", "character"),
        ("https://bücher.example/", "character"),
        ("https://app.example/<script>", "character"),
        ('https://app.example/"', "character"),
        ("java\tscript://x", "character"),
        ("\u200bhttps://app.example/", "character"),
    ],
)
def test_what_could_lead_elsewhere_may_not(address: str, why: str) -> None:
    assert why in (flaw(address) or "")


@given(st.text(max_size=60))
def test_any_text_is_judged(address: str) -> None:
    """What passes can stand in a Location header."""
    if flaw(address) is None:
        assert address.isascii()
        assert address.isprintable()
        assert "://" in address
        assert not set(address) & set(' #\\<>"')
