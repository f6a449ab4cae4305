"""The hello handler over RSGI, granian's own and quickest interface."""

import json
from typing import Any

encode = json.JSONEncoder(separators=(",", ":")).encode
HEADERS = [("content-type", "application/json")]


async def app(scope: Any, protocol: Any) -> None:
    """Answers every request with the hello body."""
    body = encode({"hello": "world"})
    headers = [*HEADERS, ("content-length", str(len(body)))]
    protocol.response_str(200, headers, body)
