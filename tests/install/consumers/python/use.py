"""A program of a user who has installed the wheel: one server, one call, over real HTTP."""

import asyncio
import json
import sys

import tidewire

app = tidewire.Server("127.0.0.1:0")


@app.method
async def add(a: int, b: int) -> int:
    return a + b


async def main() -> None:
    async with app, tidewire.connect(app.url) as client:
        result = await client.call("add", {"a": 1, "b": 2})
    print(json.dumps({"add": result, "version": tidewire.__version__, "file": tidewire.__file__}))


asyncio.run(main())
sys.stdout.flush()
