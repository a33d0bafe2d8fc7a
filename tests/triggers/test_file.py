"""functions.toml: what binds, what is refused with a sentence, and what never shows."""

from __future__ import annotations

import base64
import logging
from functools import partial
from pathlib import Path

import pytest

from poolhouse.triggers.bindings import BadBindings, Bindings
from poolhouse.triggers.file import read
from tests.triggers.scene import ARN, whsec

SESAME = "open-sesame-open-sesame-open-sesame"
GOOD = whsec()


def written(folder: Path, text: str) -> Path:
    path = folder / "functions.toml"
    path.write_text(text)
    return path


def bound(folder: Path, text: str) -> Bindings:
    found = Bindings(written(folder, text), read)
    found.check()
    return found


def function(**entry: str) -> str:
    return "[[function]]\n" + "\n".join(f"{name} = {value}" for name, value in entry.items()) + "\n"


def test_a_file_that_is_not_there_binds_nothing(tmp_path: Path) -> None:
    found = Bindings(tmp_path / "functions.toml", read)
    found.check()
    assert found.all() == ()
    assert found.find(ARN + "f") is None


def test_a_named_file_that_is_taken_away_leaves_what_it_bound(tmp_path: Path) -> None:
    path = written(tmp_path, function(arn='"*"', python='"m:f"'))
    found = Bindings(path, partial(read, required=True))
    assert found.find(ARN + "f") is not None
    path.unlink()
    assert found.find(ARN + "f") is not None
    with pytest.raises(BadBindings, match="is not there"):
        found.check()


def test_the_first_binding_that_fits_is_taken(tmp_path: Path) -> None:
    found = bound(
        tmp_path,
        function(arn=f'"{ARN}one"', python='"m:one"')
        + function(arn='"arn:aws:lambda:*:*:function:t*"', python='"m:two"')
        + function(arn='"*"', python='"m:rest"'),
    )
    targets = {name: found.find(ARN + name) for name in ("one", "two", "ten:prod", "else")}
    assert {name: one.target for name, one in targets.items() if one} == {
        "one": "m:one",
        "two": "m:two",
        "ten:prod": "m:two",
        "else": "m:rest",
    }


def test_only_a_star_is_a_wildcard(tmp_path: Path) -> None:
    found = bound(tmp_path, function(arn=f'"{ARN}a[bc].?"', python='"m:f"'))
    assert found.find(ARN + "ab.x") is None
    assert found.find(ARN + "a[bc].?") is not None


@pytest.mark.parametrize(
    ("target", "name", "place"),
    [
        ("http://127.0.0.1:9001", "f", "/2015-03-31/functions/f/invocations"),
        ("http://127.0.0.1:9001/", "f", "/2015-03-31/functions/f/invocations"),
        ("http://127.0.0.1:9001/x", "f:prod", "/x/2015-03-31/functions/f%3Aprod/invocations"),
        (
            "http://127.0.0.1:9001/2015-03-31/functions/function/invocations",
            "f",
            "/2015-03-31/functions/function/invocations",
        ),
        ("http://127.0.0.1:9001", "../../x", None),
        ("http://127.0.0.1:9001", "a/b", None),
        ("http://127.0.0.1:9001", "a?b", None),
        ("http://127.0.0.1:9001", "..", None),
        ("http://127.0.0.1:9001", "", None),
    ],
)
def test_an_endpoint_of_many_functions_is_asked_by_name_and_a_whole_address_as_it_is(
    target: str, name: str, place: str | None, tmp_path: Path
) -> None:
    """EXT-01: the ARN is an API caller's, and names a function, not a path."""
    binding = bound(tmp_path, function(arn='"*"', **{"lambda": f'"{target}"'})).all()[0]
    found = binding.place(ARN + name)
    assert found == (None if place is None else f"http://127.0.0.1:9001{place}")


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://example.com/hook", True),
        ("http://127.0.0.1:9000/hook", True),
        ("http://127.8.7.6/hook", True),
        ("http://[::1]:9000/hook", True),
        ("http://localhost/hook", True),
        ("http://app.localhost/hook", True),
        ("http://example.com/hook", False),
        ("http://10.0.0.1/hook", False),
        ("http://169.254.169.254/latest", False),
        ("http://127.0.0.1.example.com/hook", False),
        ("http://localhost.example.com/hook", False),
    ],
)
@pytest.mark.parametrize("kind", ["webhook", "lambda"])
def test_passwords_travel_in_clear_within_the_machine_only(
    kind: str, url: str, allowed: bool, tmp_path: Path
) -> None:
    """EXT-01"""
    entry = {"arn": '"*"', kind: f'"{url}"'}
    if kind == "webhook":
        entry["secret"] = f'"{GOOD}"'
    if allowed:
        assert bound(tmp_path, function(**entry)).all()[0].target == url
        return
    with pytest.raises(BadBindings, match="in clear"):
        bound(tmp_path, function(**entry))
    assert bound(tmp_path, function(**entry, allow_http="true")).all()[0].target == url


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[function", "is no TOML"),
        ("function = 1", "holds .*tables and nothing else"),
        ("[function]\narn = 'x'", "holds .*tables and nothing else"),
        ("[[other]]\nx = 1", "holds .*tables and nothing else"),
        ("function = [1]", "function 1: is no table"),
        ("[[function]]\npython = 'm:f'", "function 1: needs arn"),
        ("[[function]]\narn = ''\npython = 'm:f'", "function 1: needs arn"),
        ("[[function]]\narn = 5\npython = 'm:f'", "arn is a string"),
        ("[[function]]\narn = '*'", "one of lambda, webhook and python"),
        ("[[function]]\narn = '*'\npython = 'm:f'\nlambda = 'http://[::1]'", "one of lambda"),
        ("[[function]]\narn = '*'\npython = 'm:f'\ncolour = 1", "unknown colour"),
        ("[[function]]\narn = '*'\npython = 'm'", "module:function"),
        ("[[function]]\narn = '*'\npython = 'm:f; x'", "module:function"),
        ("[[function]]\narn = '*'\npython = 'm:f'\nallow_http = true", "takes no allow_http"),
        ("[[function]]\narn = '*'\npython = 'm:f'\nsecret = 'x'", "only a webhook"),
        ("[[function]]\narn = '*'\nlambda = 'ftp://h/'", "https:// or http:// URL"),
        ("[[function]]\narn = '*'\nlambda = 'https:///x'", "https:// or http:// URL"),
        ("[[function]]\narn = '*'\nlambda = 'https://h:99999/'", "https:// or http:// URL"),
        ("[[function]]\narn = '*'\nlambda = 'https://h/a b'", "percent-encoded"),
        ("[[function]]\narn = '*'\nlambda = 'https://hést/'", "percent-encoded"),
        ("[[function]]\narn = '*'\nlambda = 'http://h/'\nallow_http = 'yes'", "true or false"),
        ("[[function]]\narn = '*'\nlambda = 'http://[::1]/'\nsecret = 'x'", "only a webhook"),
        ("[[function]]\narn = '*'\nwebhook = 'https://h/'", "needs one of secret"),
        ("[[key]]\narn = 'k'", "needs one of secret"),
        ("[[key]]\nsecret = 'AAAA'", "key 1: needs arn"),
        ("[[key]]\narn = 'k'\npython = 'm:f'\nsecret = 'AAAA'", "unknown python"),
    ],
)
def test_what_cannot_work_is_refused_with_a_sentence(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadBindings, match=words) as caught:
        read(written(tmp_path, text))
    assert str(tmp_path / "functions.toml") in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        f'secret = "{SESAME}"',
        f'secret = "whsec_{SESAME}"',
        f'secret = "{whsec(16)}"',
        f'secret = "{whsec(65)}"',
        f'secret = ["{GOOD}", "{SESAME}"]',
        f'secret = ["{GOOD}", "{GOOD}", "{GOOD}"]',
        "secret = []",
        f'secret = {{ value = "{SESAME}" }}',
        f'secret = "{GOOD}"\nsecret_env = "HOOK"',
        'secret_env = "NOT_SET_ANYWHERE"',
        'secret_env = "WEAK"',
        'secret_file = "missing.key"',
        'secret_file = "weak.key"',
        f'allow_http = "{SESAME}"\nsecret = "{GOOD}"',
    ],
)
def test_a_weak_or_missing_secret_is_refused_and_never_shown(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EXT-02"""
    monkeypatch.setenv("WEAK", SESAME)
    (tmp_path / "weak.key").write_text(SESAME)
    text = f"[[function]]\narn = '*'\nwebhook = 'https://h/'\n{given}\n"
    with pytest.raises(BadBindings) as caught:
        read(written(tmp_path, text))
    told = str(caught.value)
    assert "sesame" not in told
    assert GOOD not in told


@pytest.mark.parametrize("url", ["https://u:sesame@h/", "https://sesame@h/"])
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadBindings, match="user or password") as caught:
        read(written(tmp_path, function(arn='"*"', webhook=f'"{url}"', secret=f'"{GOOD}"')))
    assert "sesame" not in str(caught.value)


def test_secrets_come_from_the_file_the_environment_or_another_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = whsec(), whsec(24), whsec(64)
    monkeypatch.setenv("HOOK", two)
    (tmp_path / "old.key").write_text(three + "\n")
    found = bound(
        tmp_path,
        function(arn='"a"', webhook='"https://h/"', secret=f'["{one}", "{two}"]')
        + function(arn='"b"', webhook='"https://h/"', secret_env='"HOOK"')
        + function(arn='"c"', webhook='"https://h/"', secret_file='["old.key"]'),
    )
    octets = [base64.b64decode(text.removeprefix("whsec_")) for text in (one, two, three)]
    assert [b.secrets for b in found.all()] == [tuple(octets[:2]), (octets[1],), (octets[2],)]
    assert found.variables == {"HOOK"}


def test_secrets_and_addresses_do_not_show(tmp_path: Path) -> None:
    found = bound(
        tmp_path,
        function(arn='"*"', webhook='"https://h/hook?key=sesame"', secret=f'"{GOOD}"'),
    ).all()[0]
    assert found.shown == "https://h/hook"
    assert "sesame" not in repr(found)
    assert repr(found.secrets) not in repr(found)


def key(name: str, octets: int = 32) -> str:
    value = base64.b64encode(b"k" * octets).decode()
    return f"[[key]]\narn = '{name}'\nsecret = '{value}'\n"


def test_a_key_is_found_by_the_kms_key_id_it_stands_for(tmp_path: Path) -> None:
    found = bound(tmp_path, key("arn:aws:kms:us-east-1:000000000000:key/codes"))
    assert found.key("arn:aws:kms:us-east-1:000000000000:key/codes") == b"k" * 32
    assert found.key("arn:aws:kms:us-east-1:000000000000:key/other") is None


@pytest.mark.parametrize("text", [key("k", 31), key("k", 33), key("k") + key("k")])
def test_a_key_of_another_size_or_a_second_one_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadBindings):
        read(written(tmp_path, text))


def test_a_change_is_seen_and_a_broken_file_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = bound(tmp_path, function(arn='"*"', python='"m:one"'))
    renewed: list[bool] = []
    found.on_change(lambda: renewed.append(True))
    assert [b.target for b in found.all()] == ["m:one"]
    written(tmp_path, function(arn='"*"', python='"m:other"'))
    assert [b.target for b in found.all()] == ["m:other"]
    with caplog.at_level(logging.ERROR):
        written(tmp_path, f"[[function]]\narn = '*'\nwebhook = 'https://h'\nsecret = '{SESAME}'")
        assert [b.target for b in found.all()] == ["m:other"]
        assert [b.target for b in found.all()] == ["m:other"]
    assert len(caplog.records) == 1
    assert "stay bound" in caplog.text and "sesame" not in caplog.text
    assert len(renewed) == 1


def test_a_secret_that_is_changed_in_its_own_file_is_seen(tmp_path: Path) -> None:
    """EXT-02"""
    secret = tmp_path / "hook.key"
    secret.write_text(whsec(24))
    found = bound(tmp_path, function(arn='"*"', webhook='"https://h/"', secret_file='"hook.key"'))
    first = found.all()[0].secrets
    secret.write_text(whsec(32))
    assert found.all()[0].secrets != first


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "functions.toml").mkdir()
    with pytest.raises(BadBindings, match="cannot be read"):
        read(tmp_path / "functions.toml")
    path = tmp_path / "latin.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(BadBindings, match="cannot be read"):
        read(path)
