"""The load, in a process of its own: keep-alive connections, one request at a time on each.

Reads a plan from standard input as JSON, writes what it measured to standard output.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

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


async def drive(plan: dict[str, Any]) -> dict[str, Any]:
    """Runs one plan: `clients` connections for `seconds`, or until `count` runs are done. Runs
    are numbered from `first`: what must not be sent twice is not, after a plan before."""
    from bench.flows import SCENARIOS

    run = SCENARIOS[plan["scenario"]](plan)
    times: list[float] = []
    first = plan["first"]
    counter = iter(range(first, first + plan["count"] if "count" in plan else sys.maxsize))
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
