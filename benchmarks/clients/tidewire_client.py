"""tidewire's client, on the event loop of the standard library."""

import asyncio
import sys

import tidewire
from windows import report


async def main() -> None:
    """Measures GET /hello."""
    async with tidewire.connect(f"http://127.0.0.1:{sys.argv[1]}") as client:

        async def request() -> bytes:
            return (await client.request("GET", "/hello")).body

        await report(request)


asyncio.run(main())
