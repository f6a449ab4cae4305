"""A client of a few lines that sends what it is told, for what no proper client would send."""

from __future__ import annotations

import asyncio
from typing import NamedTuple


class RawResponse(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


async def read_response(reader: asyncio.StreamReader) -> RawResponse:
    """One response with a Content-Length, or none."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    fields = dict(line.split(": ", 1) for line in lines if line)
    headers = {name.lower(): value for name, value in fields.items()}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return RawResponse(int(first.split(" ")[1]), headers, body)


async def exchange(port: int, request: bytes) -> RawResponse:
    """Sends `request` over a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await read_response(reader)
    finally:
        writer.close()
        await writer.wait_closed()


def get(target: str, **fields: str) -> bytes:
    """The bytes of a GET."""
    lines = [f"GET {target} HTTP/1.1", "Host: localhost"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def post(target: str, body: bytes, content_type: str = "application/json") -> bytes:
    """The bytes of a POST."""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("latin-1") + body
