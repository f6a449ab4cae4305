"""httpx as a client: requests as JSON from standard input, answers as JSON to standard output."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Iterator
from typing import Any

import httpx


def pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 1000):
        yield body[start : start + 1000]


def main() -> None:
    told: dict[str, Any] = json.load(sys.stdin)
    answers = []
    trust = ssl.create_default_context(cafile=told.get("ca"))
    with httpx.Client(base_url=told["url"], timeout=60, trust_env=False, verify=trust) as client:
        for request in told["requests"]:
            body = bytes.fromhex(request["body_hex"]) if "body_hex" in request else None
            # httpx sends an iterator of unknown length in chunks.
            content = pieces(body) if body is not None and request.get("chunked") else body
            answer = client.request(
                request["method"],
                request["target"],
                content=content,
                headers=request.get("headers", {}),
            )
            answers.append(
                {
                    "status": answer.status_code,
                    "headers": {name.lower(): value for name, value in answer.headers.items()},
                    "body_hex": answer.content.hex(),
                }
            )
    json.dump(answers, sys.stdout)


main()
