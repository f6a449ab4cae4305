"""Asks servers for their machine's figures, by route and by method:

    client.py URL...

Prints a line of JSON for each: who asked whom, and the median latency of 50 calls. Ends with 1
when one of them failed.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from typing import Any

import tidewire

CALLS = 50


def require(holds: bool, what: str) -> None:
    if not holds:
        raise tidewire.InvalidDataError(what)


async def ask(url: str) -> dict[str, Any]:
    async with tidewire.connect(url) as client:
        require(await client.call("add", {"a": 1, "b": 2}) == 3, "1 and 2 do not add up")
        cpu = (await client.request("GET", "/machine/cpu")).json()
        require(cpu["cores"] > 0, "a machine without a core")

        server = None
        latencies = []
        for i in range(CALLS):
            started = time.perf_counter()
            if i % 2 == 0:
                response = await client.request("GET", "/machine")
                response.raise_for_status()
                server = response.json()["server"]
            else:
                figures = await client.call("machine")
                require(figures["server"] == server, "another server answered")
            latencies.append((time.perf_counter() - started) * 1000)
    return {
        "client": {"language": "Python", "pid": os.getpid()},
        "server": server,
        "median_ms": statistics.median(latencies),
    }


async def main(urls: list[str]) -> int:
    failed = 0
    for url in urls:
        try:
            print(json.dumps(await ask(url)), flush=True)
        except tidewire.Error as error:
            failed += 1
            print(json.dumps({"url": url, "error": f"{error.code}: {error}"}), flush=True)
    return 1 if failed else 0


sys.exit(asyncio.run(main(sys.argv[1:])))
