"""httpx's asynchronous client, on uvloop."""

import asyncio
import sys

import httpx
import uvloop
from windows import report


async def main() -> None:
    """Measures GET /hello."""
    url = f"http://127.0.0.1:{sys.argv[1]}/hello"
    async with httpx.AsyncClient(trust_env=False) as client:

        async def request() -> bytes:
            return (await client.get(url)).content

        await report(request)


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
