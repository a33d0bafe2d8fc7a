"""What a browser sends, taken apart strictly, before anything of it is believed: pure.

Source: WebAuthn Level 3, 5.1.8 (the JSON forms), 5.8.1 (client data), 6.1 (authenticator data).
Everything that is not exactly in its form raises InvalidParameterException.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from poolhouse.contract import cognito_idp as idp
from poolhouse.userpools.passkeys import cbor

LONGEST_ID = 1023  # octets; WebAuthn, 7.1, step 25
LONGEST_CLIENT_DATA = 4096
LONGEST_ATTESTATION = 16_384
LONGEST_DATA = 4096
LONGEST_SIGNATURE = 1024
LONGEST_CREDENTIAL = 32_768  # characters of an assertion
LONGEST_HANDLE = 64
TRANSPORTS = ("ble", "hybrid", "internal", "nfc", "smart-card", "usb")
ATTACHMENTS = ("platform", "cross-platform")

_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")
_HEAD, _AAGUID, _LENGTH = 37, 16, 2


@dataclass(frozen=True, slots=True)
class ClientData:
    type: str
    challenge: bytes
    origin: str
    cross_origin: bool


@dataclass(frozen=True, slots=True)
class Attested:
    aaguid: bytes
    credential_id: bytes
    public_key: dict[Any, Any]


@dataclass(frozen=True, slots=True)
class AuthenticatorData:
    rp_id_hash: bytes
    user_present: bool
    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    sign_count: int
    attested: Attested | None


@dataclass(frozen=True, slots=True)
class Registration:
    """`given` is the same in the form that the library takes, without all that was not read."""

    credential_id: str
    client: ClientData
    data: AuthenticatorData
    format: str
    statement: dict[Any, Any]
    transports: tuple[str, ...]
    attachment: str | None
    given: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assertion:
    credential_id: str
    client: ClientData
    data: AuthenticatorData
    user_handle: bytes | None
    given: dict[str, Any]


# the whole ------------------------------------------------------------------------------
def registration(credential: object) -> Registration:
    """A RegistrationResponseJSON."""
    name, response, given = _credential(credential, ("clientDataJSON", "attestationObject"))
    client = client_data(octets(response.get("clientDataJSON"), LONGEST_CLIENT_DATA))
    attestation = _map(octets(response.get("attestationObject"), LONGEST_ATTESTATION))
    if set(attestation) != {"fmt", "attStmt", "authData"}:
        raise malformed("attestationObject")
    form, statement, data = attestation["fmt"], attestation["attStmt"], attestation["authData"]
    if not (isinstance(form, str) and isinstance(statement, dict) and isinstance(data, bytes)):
        raise malformed("attestationObject")
    read = authenticator_data(data)
    if read.attested is None or base64url(read.attested.credential_id) != name:
        raise malformed("credential id")
    return Registration(
        name,
        client,
        read,
        form,
        statement,
        _transports(response.get("transports")),
        _attachment(credential),
        given,
    )


def assertion(text: str) -> Assertion:
    """An AuthenticationResponseJSON, as text."""
    if len(text) > LONGEST_CREDENTIAL:
        raise malformed("credential")
    needed = ("clientDataJSON", "authenticatorData", "signature")
    name, response, given = _credential(_json(text, "credential"), needed)
    client = client_data(octets(response.get("clientDataJSON"), LONGEST_CLIENT_DATA))
    data = authenticator_data(octets(response.get("authenticatorData"), LONGEST_DATA))
    octets(response.get("signature"), LONGEST_SIGNATURE)
    if data.attested is not None:
        raise malformed("authenticatorData")
    handle = _handle(response.get("userHandle"))
    return Assertion(name, client, data, handle, given)


def _credential(
    credential: object, needed: Sequence[str]
) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The id, the response, and both with nothing but what is needed."""
    if not isinstance(credential, dict) or credential.get("type") != "public-key":
        raise malformed("credential")
    name, response = credential.get("id"), credential.get("response")
    octets(name, LONGEST_ID)
    if not isinstance(name, str) or credential.get("rawId") != name:
        raise malformed("credential id")
    if not isinstance(response, dict):
        raise malformed("response")
    kept = {key: response.get(key) for key in needed}
    return name, response, {"id": name, "rawId": name, "type": "public-key", "response": kept}


# its parts ------------------------------------------------------------------------------
def client_data(raw: bytes) -> ClientData:
    """UTF-8 without a mark, one JSON object, each key once. Other keys are the browser's own."""
    try:
        found = _json(raw.decode(), "clientDataJSON")
    except UnicodeDecodeError:
        raise malformed("clientDataJSON") from None
    kind, origin, cross = found.get("type"), found.get("origin"), found.get("crossOrigin", False)
    if not (isinstance(kind, str) and isinstance(origin, str) and isinstance(cross, bool)):
        raise malformed("clientDataJSON")
    challenge = octets(found.get("challenge"), LONGEST_HANDLE)
    return ClientData(kind, challenge, origin, cross or "topOrigin" in found)


def authenticator_data(raw: bytes) -> AuthenticatorData:
    """Flags and contents agree, and nothing is left over."""
    if len(raw) < _HEAD:
        raise malformed("authenticatorData")
    flags, at = raw[32], _HEAD
    attested: Attested | None = None
    try:
        if flags & 0x40:
            attested, at = _attested(raw, at)
        if flags & 0x80:
            extensions, at = cbor.item(raw, at)
            if not isinstance(extensions, dict):
                raise malformed("authenticatorData")
    except cbor.NotStrict:
        raise malformed("authenticatorData") from None
    if at != len(raw):
        raise malformed("authenticatorData")
    return AuthenticatorData(
        rp_id_hash=raw[:32],
        user_present=bool(flags & 0x01),
        user_verified=bool(flags & 0x04),
        backup_eligible=bool(flags & 0x08),
        backed_up=bool(flags & 0x10),
        sign_count=int.from_bytes(raw[33:_HEAD], "big"),
        attested=attested,
    )


def _attested(raw: bytes, at: int) -> tuple[Attested, int]:
    begin = at + _AAGUID + _LENGTH
    length = int.from_bytes(raw[at + _AAGUID : begin], "big")
    end = begin + length
    if len(raw) < end or not 0 < length <= LONGEST_ID:
        raise malformed("authenticatorData")
    key, after = cbor.item(raw, end)
    if not isinstance(key, dict):
        raise malformed("authenticatorData")
    return Attested(raw[at : at + _AAGUID], raw[begin:end], key), after


def octets(text: object, most: int) -> bytes:
    """Base64url without padding, in its one form; at most that many octets."""
    if not isinstance(text, str) or len(text) > most * 4 // 3 + 2:
        raise malformed("encoding")
    if _BASE64URL.fullmatch(text) is None or len(text) % 4 == 1:
        raise malformed("encoding")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(raw) > most or base64url(raw) != text:
        raise malformed("encoding")
    return raw


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _map(raw: bytes) -> dict[Any, Any]:
    try:
        found = cbor.whole(raw)
    except cbor.NotStrict:
        raise malformed("attestationObject") from None
    if not isinstance(found, dict):
        raise malformed("attestationObject")
    return found


def _json(text: str, what: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise malformed(what) from None
    if not isinstance(found, dict):
        raise malformed(what)
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _handle(given: object) -> bytes | None:
    """The authenticator's word for the user; browsers say null or nothing where it has none."""
    return None if given in (None, "") else octets(given, LONGEST_HANDLE)


def _transports(given: object) -> tuple[str, ...]:
    """Those that are known, which a later sign-in tells the browser again."""
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > len(TRANSPORTS) * 2:
        raise malformed("transports")
    return tuple(name for name in TRANSPORTS if name in given)


def _attachment(credential: object) -> str | None:
    given = credential.get("authenticatorAttachment") if isinstance(credential, dict) else None
    return given if given in ATTACHMENTS else None


def malformed(what: str) -> idp.InvalidParameterException:
    return idp.InvalidParameterException(f"Invalid passkey credential: {what}.")
