"""The client of the conformance tests in Python. README.md tells what every client program does."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import tidewire


def show(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


def untagged(value: dict[str, Any]) -> Any:
    return int(value["$int"]) if value.keys() == {"$int"} else value


class Program:
    def __init__(self) -> None:
        self.client: tidewire.Client | None = None
        self.tasks: dict[int, asyncio.Task[None]] = {}

    async def settle(self, command: dict[str, Any]) -> None:
        try:
            result = await self.perform(command)
        except asyncio.CancelledError:
            result = {"error": "cancelled", "message": ""}
        except tidewire.Error as error:
            result = {"error": error.code, "message": error.message}
        show({"id": command["id"], **result})

    async def perform(self, command: dict[str, Any]) -> dict[str, Any]:
        if command["do"] == "connect":
            ca = command.get("ca")
            tls = None if ca is None else tidewire.ClientTls(ca=ca)
            compression = command.get("compression", False)
            self.client = await tidewire.connect(command["url"], tls=tls, compression=compression)
            return {"value": self.client.url}
        assert self.client is not None
        if command["do"] == "close":
            await self.client.close()
            return {"value": None}
        ms = command.get("timeout_ms")
        timeout = None if ms is None else ms / 1000
        headers = command.get("headers")
        if command["do"] == "call":
            return {
                "value": await self.client.call(
                    command["method"],
                    command.get("args"),
                    timeout=timeout,
                    headers=headers,
                    serializer=command.get("serializer"),
                )
            }
        if command["do"] == "upload":
            items = command["items"]
            body = range(items) if isinstance(items, int) else items
            return {
                "value": await self.client.call(command["method"], body=body, timeout=timeout)
            }
        if command["do"] == "stream":
            return await self.stream(command, timeout)
        response = await self.client.request(
            command["method"],
            command["target"],
            headers=headers_with_type(command),
            body=body_of(command),
            timeout=timeout,
        )
        return describe(response)

    async def stream(self, command: dict[str, Any], timeout: float | None) -> dict[str, Any]:
        assert self.client is not None
        found: list[Any] = []
        stream = self.client.stream(
            command["method"],
            command.get("args"),
            body=command.get("items"),
            timeout=timeout,
        )
        try:
            async with stream:
                while len(found) != command.get("take", -1):
                    found.append(await anext(stream))
        except StopAsyncIteration:
            return {"items": found}
        except tidewire.Error as error:
            return {"items": found, "error": error.code, "message": error.message}
        return {"items": found}

    def start(self, command: dict[str, Any]) -> None:
        if command["do"] == "cancel":
            self.tasks[command["of"]].cancel()
        else:
            self.tasks[command["id"]] = asyncio.ensure_future(self.settle(command))


def headers_with_type(command: dict[str, Any]) -> dict[str, str] | None:
    headers = dict(command.get("headers") or {})
    if command.get("content_type"):
        headers["Content-Type"] = command["content_type"]
    return headers or None


def body_of(command: dict[str, Any]) -> bytes | None:
    if "body_hex" not in command and "fill" not in command:
        return None
    fill: int = command.get("fill", 0)
    return bytes.fromhex(command.get("body_hex", "")) + b"x" * fill


def describe(response: tidewire.Response) -> dict[str, Any]:
    code = None
    try:
        response.raise_for_status()
    except tidewire.Error as error:
        code = error.code
    return {
        "status": response.status,
        "content_type": response.content_type,
        "headers": response.headers.pairs(),
        "body_hex": response.body.hex(),
        "code": code,
    }


async def main() -> None:
    program = Program()
    while line := await asyncio.to_thread(sys.stdin.buffer.readline):
        program.start(json.loads(line, object_hook=untagged))
    if program.client is not None:
        await program.client.close()


asyncio.run(main())
