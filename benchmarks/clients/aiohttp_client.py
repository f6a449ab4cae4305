"""aiohttp's client, on uvloop."""

import asyncio
import sys

import aiohttp
import uvloop
from windows import report


async def main() -> None:
    """Measures GET /hello."""
    url = f"http://127.0.0.1:{sys.argv[1]}/hello"
    async with aiohttp.ClientSession() as session:

        async def request() -> bytes:
            async with session.get(url) as response:
                return await response.read()

        await report(request)


with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
