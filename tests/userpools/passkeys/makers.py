"""A maker of authenticators: its root, the certificates it gives its models, and statements."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID, NameOID

from tests.support.authenticator import ES256, Credential

MODEL = bytes(range(16))
MODEL_NAME = "00010203-0405-0607-0809-0a0b0c0d0e0f"
SAYS_MODEL = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
Statement = Callable[[bytes, bytes, Credential], tuple[str, dict[str, Any]]]
Key = ec.EllipticCurvePrivateKey


class Maker:
    def __init__(self, name: str = "Maker") -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} root")])
        self.key: Key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._signed(self.name, self.key, ca=True)
        self.model_key: Key = ec.generate_private_key(ec.SECP256R1())

    @property
    def pem(self) -> bytes:
        return self.root.public_bytes(Encoding.PEM)

    def _signed(
        self,
        subject: x509.Name,
        key: Key,
        *,
        ca: bool,
        until: float = 365,
        says: bytes | None = None,
        alternative: bytes | None = None,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        built = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400))
            .not_valid_after(now + timedelta(days=until))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        extensions = {
            SAYS_MODEL: None if says is None else b"\x04\x10" + says,
            ExtensionOID.SUBJECT_ALTERNATIVE_NAME: alternative,
        }
        for oid, value in extensions.items():
            if value is not None:
                built = built.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
        return built.sign(self.key, hashes.SHA256())

    def leaf(
        self,
        unit: str = "Authenticator Attestation",
        *,
        ca: bool = False,
        until: float = 365,
        says: bytes | None = MODEL,
        alternative: bytes | None = None,
    ) -> bytes:
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "AT"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Maker"),
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
                x509.NameAttribute(NameOID.COMMON_NAME, "model"),
            ]
        )
        made = self._signed(
            subject, self.model_key, ca=ca, until=until, says=says, alternative=alternative
        )
        return made.public_bytes(Encoding.DER)

    def packed(self, *chain: bytes, alg: int = ES256, over: bytes | None = None) -> Statement:
        """Signed with the model's key; `over` is signed in place of what has to be."""

        def attest(data: bytes, hashed: bytes, _: Credential) -> tuple[str, dict[str, Any]]:
            signed = self.model_key.sign(over or data + hashed, ec.ECDSA(hashes.SHA256()))
            return "packed", {"alg": alg, "sig": signed, "x5c": list(chain or [self.leaf()])}

        return attest

    def u2f(self, *chain: bytes) -> Statement:
        def attest(data: bytes, hashed: bytes, made: Credential) -> tuple[str, dict[str, Any]]:
            key = made.cose()
            base = b"\x00" + data[:32] + hashed + made.id + b"\x04" + key[-2] + key[-3]
            signed = self.model_key.sign(base, ec.ECDSA(hashes.SHA256()))
            return "fido-u2f", {"sig": signed, "x5c": list(chain or [self.leaf(says=None)])}

        return attest


def own(data: bytes, hashed: bytes, made: Credential) -> tuple[str, dict[str, Any]]:
    """Self attestation: signed with the credential's own key."""
    return "packed", {"alg": ES256, "sig": made.sign(data + hashed)}


def own_of_another(data: bytes, hashed: bytes, made: Credential) -> tuple[str, dict[str, Any]]:
    return "packed", {"alg": ES256, "sig": made.sign(data + hashlib.sha256(hashed).digest())}


def of_form(form: str, **statement: Any) -> Statement:
    return lambda data, hashed, made: (form, dict(statement))
