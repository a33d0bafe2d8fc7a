"""The load, in a process of its own: keep-alive connections, one request at a time on each.

Reads a plan from standard input as JSON, writes what it measured to standard output.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import gmpy2

from poolhouse.userpools.passwords.srp import G, N, pad

JSON = "application/x-amz-json-1.1"


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, request: bytes) -> tuple[int, bytes]:
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        lower = head.lower()
        at = lower.index(b"content-length:") + 15
        size = int(lower[at : lower.index(b"\r\n", at)])
        return status, await self._reader.readexactly(size) if size else b""

    async def ask(self, target: str, body: dict[str, Any]) -> Any:
        status, answer = await self.send(request(target, json.dumps(body).encode()))
        if status != 200:
            raise RuntimeError(f"{target}: {status} {answer[:300]!r}")
        return json.loads(answer) if answer else None


def request(target: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    fields = {"Host": "127.0.0.1", "Content-Type": JSON, "X-Amz-Target": target}
    fields |= {"Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"POST / HTTP/1.1\r\n{lines}\r\n".encode() + body


Scenario = Callable[[Connection, int], Awaitable[None]]


def prepared(plan: dict[str, Any]) -> Scenario:
    """Requests that were made ahead, one after the other, again from the first at the end."""
    ready = [base64.b64decode(text) for text in plan["requests"]]

    async def run(connection: Connection, number: int) -> None:
        status, answer = await connection.send(ready[number % len(ready)])
        if status != 200:
            raise RuntimeError(f"{status} {answer[:300]!r}")

    return run


def srp_sign_in(plan: dict[str, Any]) -> Scenario:
    names, password, client, pool = (plan[k] for k in ("names", "password", "client", "pool"))

    async def run(connection: Connection, number: int) -> None:
        name = names[number % len(names)]
        a = int.from_bytes(secrets.token_bytes(32))
        big_a = int(gmpy2.powmod(G, a, N))
        first = await connection.ask(
            "AWSCognitoIdentityProviderService.InitiateAuth",
            {
                "AuthFlow": "USER_SRP_AUTH",
                "ClientId": client,
                "AuthParameters": {"USERNAME": name, "SRP_A": f"{big_a:x}"},
            },
        )
        given = first["ChallengeParameters"]
        answer = _answer(given, pool, password, a, big_a)
        second = await connection.ask(
            "AWSCognitoIdentityProviderService.RespondToAuthChallenge",
            {
                "ChallengeName": "PASSWORD_VERIFIER",
                "ClientId": client,
                "ChallengeResponses": answer,
            },
        )
        assert second["AuthenticationResult"]["AccessToken"]

    return run


def _hash(octets: bytes) -> int:
    return int.from_bytes(hashlib.sha256(octets).digest())


def _answer(given: Any, pool: str, password: str, a: int, big_a: int) -> dict[str, str]:
    user, big_b = given["USER_ID_FOR_SRP"], int(given["SRP_B"], 16)
    u = _hash(pad(big_a) + pad(big_b))
    inner = hashlib.sha256(f"{pool}{user}:{password}".encode()).digest()
    x = _hash(pad(int(given["SALT"], 16)) + inner)
    k = _hash(pad(N) + pad(G))
    shared = int(gmpy2.powmod(big_b - k * int(gmpy2.powmod(G, x, N)), a + u * x, N))
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


SCENARIOS = {"prepared": prepared, "srp": srp_sign_in}


async def drive(plan: dict[str, Any]) -> dict[str, Any]:
    """Runs one plan: `clients` connections for `seconds`, or until `count` requests are done."""
    run = SCENARIOS[plan["scenario"]](plan)
    times: list[float] = []
    counter = iter(range(plan.get("count") or sys.maxsize))
    end = time.monotonic() + plan["seconds"]

    async def client() -> None:
        connection = Connection(*await asyncio.open_connection("127.0.0.1", plan["port"]))
        for number in counter:
            began = time.monotonic()
            if began > end:
                return
            await run(connection, number)
            times.append(time.monotonic() - began)

    began = time.monotonic()
    await asyncio.gather(*(client() for _ in range(plan["clients"])))
    wall = time.monotonic() - began
    times.sort()
    count = len(times)
    return {
        "count": count,
        "per_second": count / wall,
        "p50_ms": times[count // 2] * 1000,
        "p99_ms": times[min(count - 1, count * 99 // 100)] * 1000,
    }


if __name__ == "__main__":
    import uvloop

    json.dump(uvloop.run(drive(json.load(sys.stdin))), sys.stdout)
