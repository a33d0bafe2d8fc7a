"""What one client does, step by step: requests made ahead, and sign-ins whose next request needs
the answer to the one before."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

import gmpy2
import pyotp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench import seeding
from poolhouse import app as composition
from poolhouse.settings import load
from poolhouse.userpools.passkeys.reading import base64url
from poolhouse.userpools.passwords.srp import G, N, pad
from poolhouse.userpools.signin import passage

IDP = "AWSCognitoIdentityProviderService"
ORIGIN = "http://localhost"
_K = int.from_bytes(hashlib.sha256(pad(N) + pad(G)).digest())


class Connection(Protocol):
    """A keep-alive connection, one request at a time."""

    async def send(self, request: bytes) -> tuple[int, bytes]: ...

    async def ask(self, target: str, body: dict[str, Any]) -> Any: ...


Plan = dict[str, Any]
Scenario = Callable[[Connection, int], Awaitable[None]]


def prepared(plan: Plan) -> Scenario:
    """Requests that were made ahead, one after the other, again from the first at the end."""
    ready = [base64.b64decode(text) for text in plan["requests"]]

    async def run(connection: Connection, number: int) -> None:
        status, answer = await connection.send(ready[number % len(ready)])
        if status != 200:
            raise RuntimeError(f"{status} {answer[:300]!r}")

    return run


def srp_sign_in(plan: Plan) -> Scenario:
    """What a client may keep it does not compute again: it shares the machine with the server."""
    names, password, pool = plan["names"], plan["password"], plan["pool"]
    a = int.from_bytes(secrets.token_bytes(32))
    big_a = int(gmpy2.powmod(G, a, N))

    async def run(connection: Connection, number: int) -> None:
        given = {"USERNAME": names[number % len(names)], "SRP_A": f"{big_a:x}"}
        first = await _begin(connection, plan, "USER_SRP_AUTH", given)
        answer = proof(first["ChallengeParameters"], pool, password, a, big_a)
        await _finish(connection, plan, "PASSWORD_VERIFIER", answer)

    return run


def token_sign_in(plan: Plan) -> Scenario:
    """The password, then a code of the software token. No code is right twice, so each user signs
    in once."""
    names, password = plan["names"], plan["password"]

    async def run(connection: Connection, number: int) -> None:
        name = names[number]
        given = {"USERNAME": name, "PASSWORD": password}
        first = await _begin(connection, plan, "USER_PASSWORD_AUTH", given)
        seed = base64.b32encode(seeding.seed_of(name)).decode()
        code = pyotp.TOTP(seed).at(int(time.time()))
        answer = {"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code}
        await _finish(connection, plan, "SOFTWARE_TOKEN_MFA", answer, first["Session"])

    return run


def code_sign_in(plan: Plan) -> Scenario:
    """A code by e-mail as the only factor. The load has the server's master key, so it reads the
    code where the server keeps it: in the sealed session."""
    names = plan["names"]
    sealer = composition.services(load(plan["environment"])).sealer

    async def run(connection: Connection, number: int) -> None:
        name = names[number % len(names)]
        given = {"USERNAME": name, "PREFERRED_CHALLENGE": "EMAIL_OTP"}
        first = await _begin(connection, plan, "USER_AUTH", given)
        state = passage.unsealed(sealer, first["Session"])
        assert state
        answer = {"USERNAME": name, "EMAIL_OTP_CODE": state.data["code"].decode()}
        await _finish(connection, plan, "EMAIL_OTP", answer, first["Session"])

    return run


def passkey_sign_in(plan: Plan) -> Scenario:
    names = plan["names"]

    async def run(connection: Connection, number: int) -> None:
        name = names[number % len(names)]
        given = {"USERNAME": name, "PREFERRED_CHALLENGE": "WEB_AUTHN"}
        first = await _begin(connection, plan, "USER_AUTH", given)
        options = json.loads(first["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
        answer = {"USERNAME": name, "CREDENTIAL": assertion(options)}
        await _finish(connection, plan, "WEB_AUTHN", answer, first["Session"])

    return run


def rotation(plan: Plan) -> Scenario:
    """Each refresh token is exchanged for its successor, and that one the next time."""
    tokens = deque(plan["tokens"][plan["first"] :])

    async def run(connection: Connection, _: int) -> None:
        body = {"ClientId": plan["client"], "RefreshToken": tokens.popleft()}
        answer = await connection.ask(f"{IDP}.GetTokensFromRefreshToken", body)
        tokens.append(answer["AuthenticationResult"]["RefreshToken"])

    return run


SCENARIOS: dict[str, Callable[[Plan], Scenario]] = {
    "prepared": prepared,
    "srp": srp_sign_in,
    "token": token_sign_in,
    "code": code_sign_in,
    "passkey": passkey_sign_in,
    "rotation": rotation,
}


async def _begin(connection: Connection, plan: Plan, flow: str, given: dict[str, str]) -> Any:
    body = {"AuthFlow": flow, "ClientId": plan["client"], "AuthParameters": given}
    return await connection.ask(f"{IDP}.InitiateAuth", body)


async def _finish(
    connection: Connection, plan: Plan, challenge: str, answer: dict[str, str], session: str = ""
) -> None:
    body = {
        "ChallengeName": challenge,
        "ClientId": plan["client"],
        "ChallengeResponses": answer,
        **({"Session": session} if session else {}),
    }
    ended = await connection.ask(f"{IDP}.RespondToAuthChallenge", body)
    assert ended["AuthenticationResult"]["AccessToken"]


# what a client computes -----------------------------------------------------------------
def proof(given: Any, pool: str, password: str, a: int, big_a: int) -> dict[str, str]:
    """The answer to PASSWORD_VERIFIER."""
    user, big_b = given["USER_ID_FOR_SRP"], int(given["SRP_B"], 16)
    u = _hash(pad(big_a) + pad(big_b))
    x, verifier = _kept(f"{pool}{user}:{password}", given["SALT"])
    shared = int(gmpy2.powmod(big_b - _K * verifier, a + u * x, N))
    extracted = hmac.digest(pad(u), pad(shared), "sha256")
    key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
    now = datetime.now(UTC)
    stamp = f"{now:%a %b} {now.day} {now:%H:%M:%S} UTC {now.year}"
    block = given["SECRET_BLOCK"]
    message = pool.encode() + user.encode() + base64.b64decode(block) + stamp.encode()
    return {
        "USERNAME": user,
        "PASSWORD_CLAIM_SECRET_BLOCK": block,
        "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.digest(key, message, "sha256")).decode(),
        "TIMESTAMP": stamp,
    }


@cache
def _kept(identity: str, salt: str) -> tuple[int, int]:
    x = _hash(pad(int(salt, 16)) + hashlib.sha256(identity.encode()).digest())
    return x, int(gmpy2.powmod(G, x, N))


def assertion(options: Any, signed: bytes | None = None) -> str:
    """What a browser answers for the one passkey that the options allow (WebAuthn, 7.2). With
    `signed` the signature is of that, and wrong."""
    plain = {"type": "webauthn.get", "challenge": options["challenge"], "origin": ORIGIN}
    client = json.dumps({**plain, "crossOrigin": False}).encode()
    present_and_verified = b"\x05"
    party = hashlib.sha256(options["rpId"].encode()).digest()
    data = party + present_and_verified + bytes(4)
    signed = signed or data + hashlib.sha256(client).digest()
    named = options["allowCredentials"][0]["id"]
    response = {
        "clientDataJSON": base64url(client),
        "authenticatorData": base64url(data),
        "signature": base64url(seeding.PASSKEY.sign(signed, ec.ECDSA(hashes.SHA256()))),
    }
    credential = {"id": named, "rawId": named, "type": "public-key", "response": response}
    return json.dumps({**credential, "clientExtensionResults": {}})


def _hash(octets: bytes) -> int:
    return int.from_bytes(hashlib.sha256(octets).digest())
