"""What cryptography costs on this machine: the yardstick of every figure, taken in the same run."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.seeding import PASSKEY
from poolhouse.keys import signing, verifying
from poolhouse.userpools.passwords import srp

SIGN, VERIFY, SRP, VERIFIER, PASSKEY_CHECK = "sign", "verify", "srp", "verifier", "passkey"


class Yardstick:
    """The CPU, in ms, of one signature, alone and beside a load, and of what else no server could
    leave out; but for password hashes, whose cost the server's own threads tell."""

    def __init__(self) -> None:
        self._key = signing.SigningKey("bench", signing.load(signing.generate()))
        self._public = signing.PublicKey("bench", self._key.private.public_key())
        self._token = signing.sign(_claims(), self._key)
        self.alone_ms = min(self.sign_ms(60) for _ in range(8))
        self._in_signs = {name: _least(act) / self.alone_ms for name, act in self._acts().items()}
        self._in_signs[SIGN] = 1.0

    def sign_ms(self, count: int = 10) -> float:
        return _ms(lambda: signing.sign({"sub": "x" * 300}, self._key), count)

    def unavoidable_ms(self, sign_ms: float, crypto: Mapping[str, float]) -> float:
        """The cost of so many of each, where one signature costs `sign_ms`."""
        return sum(count * sign_ms * self._in_signs[name] for name, count in crypto.items())

    def told(self) -> str:
        return ", ".join(
            f"{name} {signs:.2f}" for name, signs in self._in_signs.items() if name != SIGN
        )

    def _acts(self) -> dict[str, Callable[[], object]]:
        salt, b = bytes(range(16)), hashlib.sha256(b"b").digest()
        verifier = srp.verifier("bench", "name", "x", salt)
        message = bytes(100)
        signature, public = PASSKEY.sign(message, ec.ECDSA(hashes.SHA256())), PASSKEY.public_key()

        def exchange() -> None:
            big_b = srp.public_b(verifier, b)
            srp.session_key(srp.N // 3, big_b, verifier, b)

        return {
            VERIFY: lambda: verifying.verify(
                self._token, lambda _: self._public, now=time.time(), leeway=0
            ),
            SRP: exchange,
            VERIFIER: lambda: srp.verifier("bench", "name", "x", salt),
            PASSKEY_CHECK: lambda: public.verify(signature, message, ec.ECDSA(hashes.SHA256())),
        }


def _least(act: Callable[[], object]) -> float:
    return min(_ms(act, 10) for _ in range(8))


def _ms(act: Callable[[], object], count: int) -> float:
    began = time.thread_time()
    for _ in range(count):
        act()
    return (time.thread_time() - began) / count * 1000


def _claims() -> dict[str, int]:
    now = int(time.time())
    return {"iat": now, "exp": now + 9999}
