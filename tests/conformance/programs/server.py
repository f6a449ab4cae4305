"""The server of the conformance tests in Python. README.md tells what every server program does."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any, NoReturn

import tidewire

app = tidewire.Server(
    sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:0",
    hosts=["*"],
    tls=tidewire.Tls(*sys.argv[2:4]) if len(sys.argv) > 3 else None,
    compression=tidewire.Compression() if "CONFORMANCE_COMPRESSION" in os.environ else None,
)
journal: defaultdict[str, list[str]] = defaultdict(list)


async def wait(name: str, tag: str, seconds: float | None) -> str:
    """Waits until the time has passed, or until the caller is gone."""
    journal[tag].append(f"{name} started")
    try:
        if seconds is None:
            await asyncio.Event().wait()
        else:
            await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        journal[tag].append(f"{name} cancelled")
        raise
    journal[tag].append(f"{name} finished")
    return "late"


def fail(tag: str) -> NoReturn:
    journal[tag].append("throws started")
    raise RuntimeError("secret of the handler")


@app.method()
async def add(a: int, b: int) -> int:
    return a + b


@app.method()
async def echo(value: Any) -> Any:
    return value


@app.method()
async def big(bytes: int) -> str:  # named as its argument is
    return "x" * bytes


@app.method()
async def slow(ms: int, tag: str = "") -> str:
    return await wait("slow", tag, ms / 1000)


@app.method()
async def never(tag: str) -> str:
    return await wait("never", tag, None)


@app.method()
async def throws(tag: str = "") -> None:
    fail(tag)


@app.method()
async def block(seconds: float) -> float:
    print('{"blocking":true}', flush=True)
    began = time.monotonic()
    time.sleep(seconds)  # the loop stands still, as with a handler that computes
    return time.monotonic() - began


@app.method()
async def count(n: int, fail: bool = False) -> AsyncIterator[int]:
    for i in range(n):
        yield i
    if fail:
        raise tidewire.ConflictError("as asked")


@app.method()
async def ticks(tag: str) -> AsyncIterator[int]:
    journal[tag].append("ticks started")
    try:
        i = 0
        while True:
            yield i
            i += 1
            await asyncio.sleep(0.005)
    finally:
        journal[tag].append("ticks cancelled")


@app.method()
async def total(items: AsyncIterator[int]) -> int:
    result = 0
    async for item in items:
        result += item
    return result


@app.method()
async def double(items: AsyncIterator[int]) -> AsyncIterator[int]:
    async for item in items:
        yield item * 2


@app.method()
async def events(tag: str) -> list[str]:
    return journal[tag]


@app.method()
async def stats() -> dict[str, float]:
    return app.stats()._asdict()


@app.get("/")
async def get_root(request: tidewire.Request) -> str:
    journal["root"].append(f"{request.method} finished")
    return "root"


@app.post("/")
async def post_root(request: tidewire.Request) -> bytes:
    journal["root"].append("POST finished")
    return request.body


@app.get("/items/{id}")
async def get_item(request: tidewire.Request) -> dict[str, str]:
    return {"id": request.params["id"], "q": request.query.get("q", "")}


@app.post("/echo")
async def post_echo(request: tidewire.Request) -> tidewire.Response:
    return tidewire.Response(200, request.body, content_type=request.content_type)


@app.put("/echo")
async def put_echo(request: tidewire.Request) -> str:
    return str(len(request.body))


@app.delete("/items/{id}")
async def delete_item(request: tidewire.Request) -> None:
    return None


@app.get("/big")
async def get_big(request: tidewire.Request) -> bytes:
    return b"x" * int(request.query["bytes"])


@app.get("/never")
async def get_never(request: tidewire.Request) -> str:
    return await wait("never", request.query["tag"], None)


@app.get("/throws")
async def get_throws(request: tidewire.Request) -> None:
    fail(request.query.get("tag", ""))


async def main() -> None:
    async with app:
        print(json.dumps({"url": app.url, "pid": os.getpid()}), flush=True)
        await asyncio.to_thread(sys.stdin.buffer.read)
        await app.stop(grace=0)


asyncio.run(main())
