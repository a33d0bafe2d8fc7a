"""Which authenticators a server takes: all of them, unless the operator names makers.

Source: WebAuthn Level 3, 8, for the forms of statements; 8.2.1 for what a maker's certificate has
to say. Without a policy a statement need not be there; one that is there must be right.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from poolhouse.contract import cognito_idp as idp
from poolhouse.settings import Settings
from poolhouse.userpools.passkeys.reading import Registration

log = logging.getLogger("poolhouse.passkeys")

# The formats of the specification, without the retired one of SafetyNet.
FORMATS = frozenset(["none", "packed", "tpm", "android-key", "apple", "fido-u2f"])
_MAKER_SAYS = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")
_OCTET_STRING_OF_16 = b"\x04\x10"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_MOST_CERTIFICATES = 6
# What cryptography finds wrong with a certificate.
_UNREADABLE = (
    ValueError,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """Where attestation is `required` a passkey has to come with a chain that leads to one of
    `roots` (PEM certificates); no roots then take nothing. `aaguids` narrows it to these models."""

    required: bool = False
    roots: tuple[bytes, ...] = ()
    aaguids: frozenset[str] = frozenset()

    @property
    def conveyance(self) -> str | None:
        """What the browser is asked for; None where nothing is."""
        return "direct" if self.required else None


def policy_of(settings: Settings) -> Policy:
    """The operator's. Read anew each time, so that a renewed file counts at once; one that cannot
    be read, or holds no certificate, lets nobody in."""
    path = settings.webauthn_attestation_roots
    if path is None:
        return Policy()
    try:
        roots = tuple(_PEM.findall(path.read_bytes()))
    except OSError as error:
        log.error("%s cannot be read: %s", path, error.strerror)
        roots = ()
    return Policy(True, roots, frozenset(settings.webauthn_aaguids))


def check(policy: Policy, read: Registration, aaguid: str) -> None:
    """What the verifying of a statement's signature leaves open.

    Raises WebAuthnCredentialNotSupportedException.
    """
    if read.format not in FORMATS:
        raise unsupported("unknown attestation format")
    if read.format == "none" and read.statement:
        raise unsupported("an attestation that is none says something")
    chain = _chain(read.statement)
    if policy.required and not (chain and policy.roots):
        raise unsupported("its maker does not vouch for it")
    if policy.aaguids and aaguid not in policy.aaguids:
        raise unsupported("its model is not allowed")
    if read.data.attested is not None:
        for certificate in chain[:1]:
            _check_leaf(certificate, read.format, read.data.attested.aaguid)


def check_chain(policy: Policy, read: Registration) -> None:
    """Whether the chain leads to one of the policy's roots, and to no other.

    Raises the library's InvalidCertificateChain.
    """
    from webauthn.helpers import validate_certificate_chain

    if policy.required:
        chain = _chain(read.statement)
        validate_certificate_chain(x5c=chain, pem_root_certs_bytes=list(policy.roots))


def _chain(statement: dict[Any, Any]) -> list[bytes]:
    chain = statement.get("x5c", [])
    if not isinstance(chain, list) or len(chain) > _MOST_CERTIFICATES:
        raise unsupported("its certificates cannot be read")
    if not all(isinstance(each, bytes) for each in chain):
        raise unsupported("its certificates cannot be read")
    return chain


def _check_leaf(der: bytes, form: str, aaguid: bytes) -> None:
    try:
        certificate = x509.load_der_x509_certificate(der)
        extensions = certificate.extensions
        units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    except _UNREADABLE:
        raise unsupported("its certificates cannot be read") from None
    said = _value(extensions, _MAKER_SAYS)
    if said is not None and said != _OCTET_STRING_OF_16 + aaguid:
        raise unsupported("its certificate is of another model")
    if form != "packed":
        return
    named = [unit.value for unit in units]
    if certificate.version is not x509.Version.v3 or named != ["Authenticator Attestation"]:
        raise unsupported("its certificate is none of an authenticator")
    if _may_sign_others(extensions):
        raise unsupported("its certificate is none of an authenticator")


def _value(extensions: x509.Extensions, oid: x509.ObjectIdentifier) -> bytes | None:
    try:
        value = extensions.get_extension_for_oid(oid).value
    except x509.ExtensionNotFound:
        return None
    return value.value if isinstance(value, x509.UnrecognizedExtension) else b""


def _may_sign_others(extensions: x509.Extensions) -> bool:
    try:
        return extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return True


def unsupported(why: str) -> idp.WebAuthnCredentialNotSupportedException:
    return idp.WebAuthnCredentialNotSupportedException(f"The passkey is not supported: {why}.")
