"""The relying party of a pool, and its origins: pure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passkeys.relying_party import origin_of, relying_party_of
from poolhouse.userpools.pools.rows import Pool
from tests.support.house import settings_for
from tests.userpools.users.pool import pool


def named(party: str | None) -> Pool:
    chosen = idp.WebAuthnConfigurationType(relying_party_id=party)
    mfa = idp.GetUserPoolMfaConfigResponse(web_authn_configuration=chosen)
    return replace(pool(), chosen_mfa=mfa)


@pytest.mark.parametrize(
    ("public", "party", "expected"),
    [
        ("", None, "localhost"),
        ("http://[::1]:8000", None, "localhost"),
        ("http://localhost:8000", None, "localhost"),
        ("https://id.example.com", None, "id.example.com"),
        ("https://ID.example.com:8443/base", None, "id.example.com"),
        ("https://10.0.0.1", None, None),
        ("https://[2001:db8::1]", None, None),
        ("https://10.0.0.1", "Example.com", "example.com"),
        ("https://id.example.com", "example.com", "example.com"),
    ],
)
def test_the_pools_own_id_comes_before_the_servers_host(
    tmp_path: Path, public: str, party: str | None, expected: str | None
) -> None:
    found = relying_party_of(settings_for(tmp_path, public_url=public), named(party))
    assert (found.id if found else None) == expected


@pytest.mark.parametrize(
    ("public", "more", "expected"),
    [
        ("https://id.example.com", "", {"https://id.example.com"}),
        ("https://id.example.com:443/x", "", {"https://id.example.com"}),
        ("http://id.example.com", "", set()),
        ("https://example.org", "", set()),
        ("https://notexample.com", "", set()),
        (
            "https://example.org",
            "https://a.example.com:8443,https://example.org,android:apk-key-hash:" + "A" * 43,
            {"https://a.example.com:8443", "android:apk-key-hash:" + "A" * 43},
        ),
    ],
)
def test_origins_lie_under_the_relying_party(
    tmp_path: Path, public: str, more: str, expected: set[str]
) -> None:
    """WAN-07"""
    given: dict[str, Any] = {"webauthn_origins": more} if more else {}
    found = relying_party_of(
        settings_for(tmp_path, public_url=public, **given), named("example.com")
    )
    assert found is not None
    assert found.origins == expected | {"https://example.com"}
    assert not found.allows("http://localhost:3000")


def test_an_app_of_localhost_is_named_by_the_operator(tmp_path: Path) -> None:
    """WAN-07"""
    settings = settings_for(tmp_path, webauthn_origins="http://app.localhost:3000")
    found = relying_party_of(settings, named(None))
    assert found is not None
    assert found.allows("http://app.localhost:3000") and found.allows("http://localhost:1")
    assert not found.allows("http://app.localhost:3001")


def test_a_url_has_one_origin() -> None:
    assert origin_of("https://example.com:443/a?b") == "https://example.com"
    assert origin_of("http://example.com:80") == "http://example.com"
    assert origin_of("https://example.com:80") == "https://example.com:80"
