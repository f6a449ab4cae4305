"""Values on their way: Python -> JSON -> Python, by a call to a method that gives them back."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import json
import math
import uuid
from collections import OrderedDict, defaultdict, namedtuple

import pytest
import raw_http
import tidewire


@pytest.fixture
async def echo(app, connected):
    @app.method("echo")
    async def give_back(value):
        return value

    client = await connected(app)
    return lambda value: client.call("echo", {"value": value})


SAME = [
    None,
    True,
    False,
    0,
    -1,
    2**53,
    2**63 - 1,
    -(2**63),
    2**63,
    2**64 - 1,
    0.0,
    1.5,
    -1e300,
    5e-324,
    "",
    "text",
    'quote " backslash \\ slash / newline \n nul \x00 del \x7f',
    "é € 𝄞 \u2028",
    [],
    {},
    [[], [[]], {}],
    {"a": {"b": [1, "2", None, {"c": 2.5}]}},
    {"": 1, "__proto__": 2},
    ["x" * 100_000],
    list(range(10_000)),
    {str(number): number for number in range(2_000)},
]


@pytest.mark.parametrize("value", SAME, ids=lambda value: repr(value)[:40])
async def test_a_value_comes_back_as_it_went(echo, value):
    got = await echo(value)
    assert got == value
    assert type(got) is type(value)


async def test_negative_zero_and_integers_keep_their_type(echo):
    assert math.copysign(1, await echo(-0.0)) == -1
    assert type(await echo(1)) is int
    assert type(await echo(1.0)) is float


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


@dataclasses.dataclass
class Point:
    x: int
    y: list[int]


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ((1, (2,)), [1, [2]]),
        (namedtuple("Pair", "a b")(1, 2), [1, 2]),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Number.ONE, 1),
        (Colour.RED, "red"),
        (Point(1, [2]), {"x": 1, "y": [2]}),
        (type("Text", (str,), {})("sub"), "sub"),
        (uuid.UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (datetime.date(2026, 2, 3), "2026-02-03"),
        (
            datetime.datetime(
                2026, 2, 3, 4, 5, 6, tzinfo=datetime.timezone(datetime.timedelta(hours=1))
            ),
            "2026-02-03T03:05:06Z",
        ),
    ],
    ids=repr,
)
async def test_what_is_almost_json_becomes_it(echo, value, seen):
    assert await echo(value) == seen


def self_referring():
    ring: list[object] = []
    ring.append(ring)
    return ring


def nested(depth):
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (math.nan, "value is not a finite number"),
        (-math.inf, "value is not a finite number"),
        (b"bytes", "value is data"),
        (2**64, r"value: an integer beyond 64 bits"),
        (-(2**63) - 1, r"value: an integer beyond 64 bits"),
        ({1: 2}, r"value: a key of type int; keys are str"),
        ({"a": [1, {"b": {None: 1}}]}, r"value\.a\[1\]\.b: a key of type NoneType"),
        ([object()], r"value\[0\]: a value of type object has no JSON form"),
        ({1, 2}, "type set"),
        (1j, "type complex"),
        ("\ud800", "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        (datetime.datetime(2026, 1, 1), "time zone"),
        (self_referring(), "64 deep"),
        (nested(70), "64 deep"),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_what_json_cannot_say_is_an_invalid_argument(echo, value, what):
    with pytest.raises(tidewire.InvalidArgumentError, match=what):
        await echo(value)


async def test_a_result_that_json_cannot_say_is_told_to_the_caller(app, connected, caplog):
    @app.method
    async def bad():
        return {"value": [math.nan]}

    @app.method
    async def worse():
        return object()

    client = await connected(app)
    with pytest.raises(tidewire.InvalidArgumentError):
        await client.call("bad")
    with pytest.raises(tidewire.InvalidArgumentError, match=r"result.*type object"):
        await client.call("worse")
    assert "worse" in caplog.text


async def test_json_from_elsewhere_is_read_as_the_standard_says(app, connected):
    seen = []

    @app.method
    async def take(**members):
        seen.append(members)

    await connected(app)

    async def sent(body: bytes) -> int:
        return (await raw_http.exchange(app.port, raw_http.post("/methods/take", body))).status

    assert await sent(b' {"a" : 1 , "a" : 2 , "\\u00e9" : "\\ud834\\udd1e"} ') == 200
    assert seen.pop() == {"a": 2, "é": "𝄞"}
    assert await sent(b'{"n": 18446744073709551615, "m": 18446744073709551616}') == 200
    assert seen.pop() == {"n": 2**64 - 1, "m": 2.0**64}
    assert await sent(b"") == 200
    assert seen.pop() == {}
    for bad in (b"{", b'{"a":1}x', b'{"a":NaN}', b'{"a":"\xff"}', b"[" * 100 + b"]" * 100):
        assert await sent(bad) == 400
    assert seen == []


async def test_a_body_is_any_buffer(app, connected):
    @app.post("/")
    async def size(request):
        return request.body

    client = await connected(app)
    for body in (b"abc", bytearray(b"abc"), memoryview(b"xabc")[1:], "abc"):
        assert (await client.request("POST", "/", body=body)).body == b"abc"
    with pytest.raises(tidewire.InvalidArgumentError):
        await client.request("POST", "/", body=7)


def test_a_response_is_checked_when_it_is_made():
    assert json.loads(tidewire.Response(200, {"a": 1}).body) == {"a": 1}
    for status in (0, 99, 199, 600):
        with pytest.raises(tidewire.InvalidArgumentError):
            tidewire.Response(status)
    for field in ({"a b": "c"}, {"a": "b\r\nc: d"}, {"a": "\x00"}, {"a": "€"}, 7, [("a",)]):
        with pytest.raises(tidewire.InvalidArgumentError):
            tidewire.Response(200, None, field)
