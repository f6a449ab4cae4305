"""The hello handler as a bare ASGI application, for uvicorn: no framework, so nothing but the
server and one `json.dumps` is measured."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

Message = dict[str, Any]
encode = json.JSONEncoder(separators=(",", ":")).encode


async def app(
    scope: Message,
    receive: Callable[[], Awaitable[Message]],
    send: Callable[[Message], Awaitable[None]],
) -> None:
    """Answers every request with the hello body."""
    if scope["type"] != "http":
        return
    body = encode({"hello": "world"}).encode()
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
