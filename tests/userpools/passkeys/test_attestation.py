"""Makers' statements, with and without an operator who asks for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from poolhouse.settings import BadSettings
from tests.support.authenticator import Authenticator
from tests.support.house import TestHouse, furnished, settings_for
from tests.userpools.passkeys.makers import (
    MODEL,
    MODEL_NAME,
    Maker,
    Statement,
    of_form,
    own,
    own_of_another,
)
from tests.userpools.passkeys.scene import ORIGIN, Keyring, outcome

UNSUPPORTED, INVALID = "WebAuthnCredentialNotSupportedException", "InvalidParameterException"
MAKER, OTHER = Maker(), Maker("Other")
ROOT = MAKER.root.public_bytes(Encoding.DER)

GOOD: dict[str, Statement] = {
    "packed": MAKER.packed(),
    "packed, root along": MAKER.packed(MAKER.leaf(), ROOT),
    "packed, model unsaid": MAKER.packed(MAKER.leaf(says=None)),
    "fido-u2f": MAKER.u2f(),
}
# Right in themselves, but no maker of the operator's vouches for them.
UNVOUCHED: dict[str, Statement | None] = {
    "none": None,
    "self": own,
    "another maker": OTHER.packed(),
    "another maker, root along": OTHER.packed(OTHER.leaf(), OTHER.root.public_bytes(Encoding.DER)),
    "another maker, this one's root along": OTHER.packed(OTHER.leaf(), ROOT),
    "another maker's u2f": OTHER.u2f(),
    "expired": MAKER.packed(MAKER.leaf(until=-1)),
}
# A subject alternative name of the kind x400Address, which nobody reads.
X400 = bytes.fromhex("3002a300")


def of_version_8(leaf: bytes) -> bytes:
    return leaf.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020107"), 1)


WRONG: dict[str, Statement] = {
    "none that says something": of_form("none", sig=b"x"),
    "none with a member of no format": of_form("none", x=1),
    "unknown format": of_form("homemade", sig=b"x"),
    "retired format": of_form("android-safetynet", ver="1", response=b"a.b.c"),
    "no signature": of_form("packed", alg=-7),
    "no algorithm": of_form("packed", sig=b"x"),
    "empty": of_form("packed"),
    "self, of something else": own_of_another,
    "certificates the wrong way round": MAKER.packed(ROOT, MAKER.leaf()),
    "of another registration": MAKER.packed(over=b"something else"),
    "certificate of another model": MAKER.packed(MAKER.leaf(says=bytes(16))),
    "certificate of no authenticator": MAKER.packed(MAKER.leaf("Web Server")),
    "certificate that may sign others": MAKER.packed(MAKER.leaf(ca=True)),
    "certificate that is none": MAKER.packed(b"none"),
    "certificate of no version": MAKER.packed(of_version_8(MAKER.leaf())),
    "certificate with a name of no kind": MAKER.packed(MAKER.leaf(alternative=X400)),
    "certificates that are no list": of_form("packed", alg=-7, sig=b"x", x5c=MAKER.leaf()),
    "certificates that are numbers": of_form("packed", alg=-7, sig=b"x", x5c=[1]),
    "too many certificates": MAKER.packed(*[MAKER.leaf()] * 7),
    "u2f with two": MAKER.u2f(MAKER.leaf(says=None), ROOT),
    "tpm of nothing": of_form("tpm"),
    "tpm of something": of_form(
        "tpm", ver="2.0", alg=-7, sig=b"x", certInfo=b"x", pubArea=b"x", x5c=[MAKER.leaf()]
    ),
    "android-key of nothing": of_form("android-key"),
    "android-key of another maker": of_form(
        "android-key", alg=-7, sig=b"x", x5c=[MAKER.leaf(), ROOT]
    ),
    "apple of nothing": of_form("apple"),
    "apple of another maker": of_form("apple", x5c=[MAKER.leaf(), ROOT]),
    "members of odd kinds": of_form("packed", alg="ES256", sig=7, x5c=[]),
}
Furnish = Callable[..., Any]


@pytest.fixture
def demanding(tmp_path: Path, sqlite_template: Path) -> Furnish:
    """A house whose operator asks for makers' statements."""
    shutil.copy(sqlite_template, tmp_path / "poolhouse.db")
    roots = tmp_path / "makers.pem"

    @contextmanager
    def furnish(pem: bytes = MAKER.pem, **more: Any) -> Iterator[TestHouse]:
        roots.write_bytes(pem)
        with furnished(settings_for(tmp_path, webauthn_attestation_roots=roots, **more)) as house:
            yield house

    return furnish


def register(ring: Keyring, token: str, attest: Statement | None, model: bytes = MODEL) -> str:
    phone = Authenticator(ORIGIN, aaguid=model, attest=attest)
    return outcome(ring.complete, token, phone.create(ring.start(token)))


def model_of(name: str) -> bytes:
    """U2F has no models."""
    return bytes(16) if "u2f" in name else MODEL


def test_without_a_policy_a_statement_may_be_missing_but_not_wrong(
    sqlite_house: TestHouse,
) -> None:
    """WAN-05: who made it is not asked."""
    ring = Keyring(sqlite_house)
    token = ring.token()
    assert "attestation" not in ring.start(token)
    for name, attest in {**GOOD, **UNVOUCHED}.items():
        assert register(ring, token, attest, model_of(name)) == "ok", name
    for name, statement in WRONG.items():
        assert register(ring, token, statement, model_of(name)) == UNSUPPORTED, name
    assert len(ring.listed(token)) == len(GOOD) + len(UNVOUCHED)


def test_with_a_policy_a_maker_has_to_vouch(demanding: Furnish) -> None:
    """WAN-05: neither nothing, nor the key itself, nor another maker will do."""
    with demanding() as house:
        ring = Keyring(house)
        token = ring.token()
        assert ring.start(token)["attestation"] == "direct"
        for name, attest in {**UNVOUCHED, **WRONG}.items():
            assert register(ring, token, attest, model_of(name)) == UNSUPPORTED, name
        assert ring.listed(token) == []
        for name, attest in GOOD.items():
            assert register(ring, token, attest, model_of(name)) == "ok", name


def test_one_of_several_makers_is_enough(demanding: Furnish) -> None:
    """WAN-05"""
    with demanding(OTHER.pem + b"\n# a remark\n" + MAKER.pem) as house:
        ring = Keyring(house)
        token = ring.token()
        assert register(ring, token, OTHER.packed()) == "ok"
        assert register(ring, token, MAKER.packed()) == "ok"


def test_only_named_models_are_registered(demanding: Furnish) -> None:
    """WAN-05: the model is the one that the certificate names as well."""
    with demanding(webauthn_aaguids=MODEL_NAME) as house:
        ring = Keyring(house)
        token = ring.token()
        another = bytes(reversed(MODEL))
        assert register(ring, token, MAKER.packed()) == "ok"
        assert register(ring, token, MAKER.packed(), another) == UNSUPPORTED
        assert register(ring, token, MAKER.packed(MAKER.leaf(says=another)), another) == (
            UNSUPPORTED
        )


@pytest.mark.parametrize("left", [None, b"", b"no certificate"])
def test_a_file_of_makers_that_is_gone_lets_nobody_in(
    demanding: Furnish, tmp_path: Path, left: bytes | None
) -> None:
    """WAN-05: it is read anew each time, and fails closed."""
    with demanding() as house:
        ring = Keyring(house)
        token = ring.token()
        if left is None:
            (tmp_path / "makers.pem").unlink()
        else:
            (tmp_path / "makers.pem").write_bytes(left)
        for attest in (MAKER.packed(), own, None):
            assert register(ring, token, attest) == UNSUPPORTED
        (tmp_path / "makers.pem").write_bytes(MAKER.pem)
        assert register(ring, token, MAKER.packed()) == "ok"


def test_settings_that_prove_nothing_are_refused(tmp_path: Path) -> None:
    """WAN-05"""
    for given in (
        {"webauthn_aaguids": MODEL_NAME},
        {"webauthn_attestation_roots": tmp_path / "none.pem"},
        {"webauthn_origins": "https://app.example.com/path"},
        {"webauthn_origins": "http://app.example.com"},
        {"webauthn_origins": "*"},
    ):
        with pytest.raises(BadSettings):
            settings_for(tmp_path, **given)
