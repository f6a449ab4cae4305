"""Messages and calls by Cap'n Proto."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import tidewire
from tidewire.errors import InvalidArgumentError, InvalidDataError

CASES = json.loads(
    (Path(__file__).parent.parent / "conformance" / "capnp_values.json").read_text()
)


def untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [untagged(element) for element in value]
    if not isinstance(value, dict):
        return value
    if "$bytes" in value:
        return bytes.fromhex(value["$bytes"])
    if "$float" in value:
        return float(value["$float"])
    return {name: untagged(member) for name, member in value.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case["value"])[:30])
def test_values_are_written_as_the_other_languages_write_them(case):
    value, message = untagged(case["value"]), bytes.fromhex(case["message"])
    assert tidewire.encode_message(value) == message
    assert tidewire.decode_message(memoryview(message)) == value
    packed = tidewire.pack_message(message)
    assert tidewire.unpack_message(bytearray(packed)) == message


def test_what_is_no_message_is_told():
    message = tidewire.encode_message([[1]])
    with pytest.raises(InvalidDataError):
        tidewire.decode_message(message[:-8])
    with pytest.raises(InvalidDataError):
        tidewire.decode_message(message, nesting_max=1)
    with pytest.raises(InvalidDataError):
        tidewire.decode_message(message, traversal_words_max=2)
    with pytest.raises(InvalidDataError):
        tidewire.unpack_message(tidewire.pack_message(message), message_bytes_max=16)
    with pytest.raises(InvalidArgumentError):
        tidewire.decode_message("text")
    with pytest.raises(InvalidArgumentError):
        tidewire.decode_message(message, nesting_max=0)
    with pytest.raises(InvalidArgumentError):
        tidewire.pack_message(b"1234567")
    with pytest.raises(InvalidArgumentError, match="object"):
        tidewire.encode_message(object())


async def test_calls_by_capnp_keep_what_json_cannot_say(app, connected):
    @app.method()
    async def echo(value: Any) -> Any:
        return value

    @app.method()
    def size(data: Any) -> int:
        return len(data)

    client = await connected(app)
    given = [b"\0\xff", math.inf, 2**64 - 1, {"a": None}]
    assert await client.call("echo", {"value": given}, serializer="capnp") == given
    assert math.isnan(await client.call("echo", {"value": math.nan}, serializer="capnp"))
    assert await client.call("size", {"data": b"1234"}, serializer="capnp") == 4
    async with tidewire.connect(app.url, serializer="capnp") as other:
        assert await other.call("echo", {"value": b"x"}) == b"x"
        with pytest.raises(InvalidArgumentError):
            await other.call("echo", {"value": b"x"}, serializer="json")
        with pytest.raises(InvalidArgumentError, match="serializer"):
            await other.call("echo", {"value": 1}, serializer="xml")
    with pytest.raises(InvalidArgumentError, match="serializer"):
        tidewire.connect(app.url, serializer="xml")


async def test_a_reply_inside_of_middleware_is_what_its_caller_wants(app, connected):
    seen = []

    @app.middleware
    async def layer(request, next):
        response = await next(request)
        seen.append(response.content_type)
        return response

    @app.method()
    async def echo(value: Any) -> Any:
        return value

    client = await connected(app)
    assert await client.call("echo", {"value": b"x"}, serializer="capnp") == b"x"
    assert await client.call("echo", {"value": 1}) == 1
    assert seen == ["application/capnp", "application/json"]
