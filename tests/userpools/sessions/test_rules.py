"""Names of sessions, and what a User-Agent says of a device."""

from __future__ import annotations

import re
import uuid

import pytest

from poolhouse import ids
from poolhouse.userpools.sessions.rows import SSO, TOKEN
from poolhouse.userpools.sessions.rules import device_of, session_name, session_named

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 (KHTML) "
PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "


def test_a_name_says_its_kind_and_leads_back_to_the_session() -> None:
    for number in (0, 1, 35, 36, (1 << 128) - 1):
        session_id = str(uuid.UUID(int=number))
        assert session_named(session_name(TOKEN, session_id)) == (TOKEN, session_id)
    made = {ids.random_uuid() for _ in range(200)}
    names = {session_name(SSO, session_id) for session_id in made}
    assert len(names) == 200
    for name in names:
        assert re.fullmatch("sso[a-z0-9]{25}", name)
        found = session_named(name)
        assert found is not None
        assert found[0] == SSO
        assert found[1] in made


def test_a_number_too_large_for_a_session_names_nothing() -> None:
    assert session_named("tkn" + "z" * 25) is None


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (WINDOWS + "Chrome/142.0.0.0 Safari/537.36", "Chrome on Windows"),
        (WINDOWS + "Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0", "Edge on Windows"),
        (IPHONE + "Version/18.0 Mobile/15E148 Safari/604.1", "Safari on iOS"),
        (PIXEL + "Chrome/142.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Linux",
        ),
        ("Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 lang/python#3.11", "Boto3 on Linux"),
        ("MyApp/3.2", "MyApp"),
        ("Mozilla/5.0", "unknown"),
        ("", "unknown"),
        ("<script>alert(1)</script>", "unknown"),
    ],
)
def test_a_device_is_its_system_and_its_browser_or_app(agent: str, device: str) -> None:
    assert device_of(agent) == device
