"""Serves this machine's live figures by route and by method:

    server.py [HOST:PORT]        (127.0.0.1:0 takes a free port)

Prints its URL, and ends on SIGINT or SIGTERM when what is under way has been answered.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tidewire

app = tidewire.Server(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:0")


def cpu() -> dict[str, float]:
    """The first line of /proc/stat counts ticks of all cores since the start of the machine."""
    # user nice system idle iowait irq softirq steal
    ticks = [int(word) for word in Path("/proc/stat").read_text().split()[1:9]]
    idle = ticks[3] + ticks[4]
    per_second = os.sysconf("SC_CLK_TCK")
    return {
        "cores": os.sysconf("SC_NPROCESSORS_ONLN"),
        "load": float(Path("/proc/loadavg").read_text().split()[0]),
        "busy_seconds": (sum(ticks) - idle) / per_second,
        "idle_seconds": idle / per_second,
    }


def memory() -> dict[str, int]:
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    kibibytes = {words[0]: int(words[1]) for words in lines}
    return {
        "total_bytes": kibibytes["MemTotal:"] * 1024,
        "available_bytes": kibibytes["MemAvailable:"] * 1024,
    }


def network() -> dict[str, int]:
    """All interfaces but the loopback: after the name, counter 0 is received, 8 is sent."""
    received = sent = 0
    for line in Path("/proc/net/dev").read_text().splitlines()[2:]:
        name, _, counters = line.partition(":")
        if name.strip() != "lo":
            received += int(counters.split()[0])
            sent += int(counters.split()[8])
    return {"received_bytes": received, "sent_bytes": sent}


PARTS: dict[str, Callable[[], Mapping[str, float]]] = {
    "cpu": cpu,
    "memory": memory,
    "network": network,
}


@app.method()
async def machine() -> dict[str, Any]:
    server = {"language": "Python", "pid": os.getpid()}
    return {"server": server} | {name: read() for name, read in PARTS.items()}


@app.method()
async def add(a: int, b: int) -> int:
    return a + b


@app.get("/machine")
async def whole(request: tidewire.Request) -> dict[str, Any]:
    return await machine()


@app.get("/machine/{part}")
async def part(request: tidewire.Request) -> Mapping[str, float]:
    name = request.params["part"]
    if name not in PARTS:
        raise tidewire.NotFoundError(f"{', '.join(PARTS)} are served, not {name}")
    return PARTS[name]()


async def main() -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with app:
        print(app.url, flush=True)
        await told.wait()


# With a fixed port `app.run()` does all of that.
asyncio.run(main())
