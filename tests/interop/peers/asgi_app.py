"""The routes that foreign servers serve to our clients, as an ASGI application for uvicorn."""

from __future__ import annotations

import json
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PIECES = [b"one ", b"two ", b"three"]


async def read_body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def answer(scope: dict[str, Any], body: bytes) -> tuple[int, str, bytes]:
    method, path = scope["method"], scope["path"]
    if path == "/hello" and method in ("GET", "HEAD"):
        return 200, "text/plain", b"hello"
    if path == "/zipped":
        return 200, "text/plain", b"a line of text\n" * 1000
    if path == "/connection":
        return 200, "text/plain", str(scope["client"][1]).encode()
    if path == "/close":
        return 200, "text/plain", b"bye"
    if path == "/methods/add" and method == "POST":
        args = json.loads(body)
        return 200, "application/json", json.dumps(args["a"] + args["b"]).encode()
    if path.startswith("/methods/status-"):
        return int(path.rpartition("-")[2]), "text/html", b"<p>no problem+json</p>"
    return 404, "text/html", b"<p>not here</p>"


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] != "http":
        return
    body = await read_body(receive)
    if scope["path"] == "/chunked":
        # Without a length uvicorn sends chunks.
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for piece in PIECES:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    status, content_type, content = answer(scope, body)
    coding = []
    if scope["path"] == "/zipped" and b"deflate" in dict(scope["headers"]).get(
        b"accept-encoding", b""
    ):
        content, coding = zlib.compress(content), [(b"content-encoding", b"deflate")]
    headers = [
        *coding,
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(content)).encode()),
    ]
    if scope["path"] == "/close":
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
