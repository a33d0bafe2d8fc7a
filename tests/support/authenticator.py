"""A software authenticator and the browser around it: it does what the options say, and one thing
wrong where a test asks for that."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

UP, UV, BE, BS, AT, ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80
ES256, RS256 = -7, -257
Change = Callable[[bytes], bytes]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass(frozen=True, kw_only=True)
class Odd:
    """What is to be wrong. `client` replaces members of the client data, `client_raw`, `data_raw`
    and `object_raw` change the octets before anything is signed, `late_data` after; `outer` and
    `response` replace members of the JSON; `key` members of the COSE_Key (None takes one out)."""

    client: dict[str, Any] = field(default_factory=dict)
    client_raw: Change = bytes
    rp_id: str | None = None
    flags: int | None = None
    count: int | None = None
    data_raw: Change = bytes
    late_data: Change = bytes
    object_raw: Change = bytes
    outer: dict[str, Any] = field(default_factory=dict)
    response: dict[str, Any] = field(default_factory=dict)
    key: dict[int, Any] = field(default_factory=dict)
    signature: bytes | None = None


RIGHT = Odd()


@dataclass
class Credential:
    """What an authenticator keeps."""

    id: bytes
    private: PrivateKey
    rp_id: str
    user_handle: bytes
    count: int = 0

    @property
    def name(self) -> str:
        return b64(self.id)

    def sign(self, data: bytes) -> bytes:
        if isinstance(self.private, rsa.RSAPrivateKey):
            return self.private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.private.sign(data, ec.ECDSA(hashes.SHA256()))

    def cose(self) -> dict[int, Any]:
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"}
        point = self.private.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        return {1: 2, 3: ES256, -1: 1, -2: x, -3: y}


@dataclass
class Authenticator:
    """`verifies` says whether it asks for a finger or a PIN, `counts` whether it has a counter,
    `synced` whether its keys are backed up. `origin` is the page that the browser shows."""

    origin: str
    attachment: str | None = "platform"
    transports: tuple[str, ...] = ("internal",)
    verifies: bool = True
    counts: bool = True
    synced: bool = False
    aaguid: bytes = bytes(16)
    algorithm: int = ES256
    attest: Callable[[bytes, bytes, Credential], tuple[str, dict[str, Any]]] | None = None
    keys: dict[str, Credential] = field(default_factory=dict)

    # registering -----------------------------------------------------------------------
    def create(self, options: dict[str, Any], odd: Odd = RIGHT, **odds: Any) -> dict[str, Any]:
        """A RegistrationResponseJSON for CredentialCreationOptions."""
        odd = replace(odd, **odds)
        made = Credential(
            secrets.token_bytes(32), self._new(), options["rp"]["id"], unb64(options["user"]["id"])
        )
        client = self._client("webauthn.create", options["challenge"], odd)
        attested = self.aaguid + len(made.id).to_bytes(2, "big") + made.id + _key(made, odd)
        data = odd.data_raw(self._data(made, odd, AT) + attested)
        form: str = "none"
        statement: dict[str, Any] = {}
        if self.attest is not None:
            form, statement = self.attest(data, hashlib.sha256(client).digest(), made)
        whole = cbor2.dumps({"fmt": form, "attStmt": statement, "authData": odd.late_data(data)})
        self.keys[made.name] = made
        response = {
            "clientDataJSON": b64(client),
            "attestationObject": b64(odd.object_raw(whole)),
            "transports": list(self.transports),
            "publicKeyAlgorithm": self.algorithm,
        }
        return self._outer(made, response, odd)

    def _new(self) -> PrivateKey:
        if self.algorithm == RS256:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return ec.generate_private_key(ec.SECP256R1())

    # signing in ------------------------------------------------------------------------
    def get(self, options: str | dict[str, Any], odd: Odd = RIGHT, **odds: Any) -> str:
        """An AuthenticationResponseJSON, as text, for CREDENTIAL_REQUEST_OPTIONS."""
        asked = json.loads(options) if isinstance(options, str) else options
        mine = [self.keys[one["id"]] for one in asked["allowCredentials"] if one["id"] in self.keys]
        return self.use(mine[0], asked, odd, **odds)

    def use(
        self, key: Credential, options: str | dict[str, Any], odd: Odd = RIGHT, **odds: Any
    ) -> str:
        """The same with this key, whatever the options allow."""
        asked = json.loads(options) if isinstance(options, str) else options
        odd = replace(odd, **odds)
        client = self._client("webauthn.get", asked["challenge"], odd)
        data = odd.data_raw(self._data(key, odd, 0))
        signature = key.sign(data + hashlib.sha256(client).digest())
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(odd.late_data(data)),
            "signature": b64(odd.signature or signature),
            "userHandle": b64(key.user_handle),
        }
        return json.dumps(self._outer(key, response, odd))

    # both ------------------------------------------------------------------------------
    def _client(self, kind: str, challenge: str, odd: Odd) -> bytes:
        plain = {
            "type": kind,
            "challenge": challenge,
            "origin": self.origin,
            "crossOrigin": False,
            "other_keys_can_be_added_here": "do not compare clientDataJSON against a template",
        }
        return odd.client_raw(json.dumps(plain | odd.client).encode())

    def _data(self, key: Credential, odd: Odd, more: int) -> bytes:
        key.count += self.counts
        flags = UP | (UV if self.verifies else 0) | (BE | BS if self.synced else 0)
        flags = flags if odd.flags is None else odd.flags
        count = key.count if odd.count is None else odd.count
        hashed = hashlib.sha256((odd.rp_id or key.rp_id).encode()).digest()
        return hashed + bytes([flags | more]) + count.to_bytes(4, "big")

    def _outer(self, key: Credential, response: dict[str, Any], odd: Odd) -> dict[str, Any]:
        plain = {
            "id": key.name,
            "rawId": key.name,
            "type": "public-key",
            "authenticatorAttachment": self.attachment,
            "clientExtensionResults": {},
            "response": response | odd.response,
        }
        return plain | odd.outer


def _key(made: Credential, odd: Odd) -> bytes:
    members = made.cose() | odd.key
    return cbor2.dumps({name: value for name, value in members.items() if value is not None})
