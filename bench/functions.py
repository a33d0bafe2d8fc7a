"""A function that a pool asks before it makes tokens: as a Python callable, and behind HTTP.

python -m bench.functions 8766
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any


def pre_token(event: dict[str, Any], _: object) -> dict[str, Any]:
    """Adds a claim, as most such functions do."""
    changes = {"claimsToAddOrOverride": {"tier": "gold"}}
    event["response"] = {"claimsOverrideDetails": changes}
    return event


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            at = head.index(b"content-length:") + 15
            size = int(head[at : head.index(b"\r\n", at)])
            event = json.loads(await reader.readexactly(size))
            body = json.dumps(pre_token(event, None)).encode()
            fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
            writer.write(f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n".encode() + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
