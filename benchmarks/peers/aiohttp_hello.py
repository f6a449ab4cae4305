"""The hello handler on aiohttp's server, on uvloop, without its access log."""

import functools
import json
import sys

import uvloop
from aiohttp import web

dumps = functools.partial(json.dumps, separators=(",", ":"))


async def hello(request: web.Request) -> web.Response:
    """Answers with the hello body."""
    return web.json_response({"hello": "world"}, dumps=dumps)


def main() -> None:
    """Serves on the port given as the first argument."""
    uvloop.install()
    app = web.Application()
    app.router.add_get("/hello", hello)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)


if __name__ == "__main__":
    main()
