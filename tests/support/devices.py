"""A device as clients keep one: its keys, a random password, and the client's half of its proof."""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime

from poolhouse.userpools.passwords.srp import G, N, pad
from tests.support.signing_in import SrpClient


class KeptDevice:
    """What a client makes of NewDeviceMetadata."""

    def __init__(self, metadata: dict[str, str]) -> None:
        self.key, self.group_key = metadata["DeviceKey"], metadata["DeviceGroupKey"]
        self.password = base64.b64encode(secrets.token_bytes(40)).decode()
        self.salt = pad(int.from_bytes(secrets.token_bytes(16)))
        self.srp = SrpClient("_", "", self.password)

    @property
    def config(self) -> dict[str, str]:
        """DeviceSecretVerifierConfig."""
        identity = f"{self.group_key}{self.key}:{self.password}".encode()
        digest = hashlib.sha256(self.salt + hashlib.sha256(identity).digest()).digest()
        verifier = pad(pow(G, int.from_bytes(digest), N))
        return {
            "PasswordVerifier": base64.b64encode(verifier).decode(),
            "Salt": base64.b64encode(self.salt).decode(),
        }

    def begin(self, username: str) -> dict[str, str]:
        """The answer to DEVICE_SRP_AUTH, with a new A each time."""
        self.srp = SrpClient("_", "", self.password)
        return {"USERNAME": username, "DEVICE_KEY": self.key, "SRP_A": f"{self.srp.big_a:x}"}

    def proof(self, given: dict[str, str], *, at: datetime | None = None) -> dict[str, str]:
        """The answer to DEVICE_PASSWORD_VERIFIER."""
        return {
            "USERNAME": given["USERNAME"],
            "DEVICE_KEY": self.key,
            **self.srp.proof(self.group_key, self.key, given, at),
        }
