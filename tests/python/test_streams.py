"""Streamed replies and requests."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator

import pytest
import tidewire
from tidewire import sync
from tidewire.errors import (
    ConflictError,
    InternalError,
    InvalidArgumentError,
    MisuseError,
    NotAcceptableError,
    NotFoundError,
    UnsupportedMediaError,
)


def streaming(app: tidewire.Server) -> tidewire.Server:
    @app.method()
    async def count(n: int, fail: bool = False):
        for i in range(n):
            yield i
        if fail:
            raise ConflictError("as asked")

    @app.method()
    async def sum(items: AsyncIterator[int], context: tidewire.Context) -> int:
        total = 0
        async for item in items:
            total += item
        return total

    @app.method()
    async def double(items: AsyncIterator[int]) -> AsyncIterator[int]:
        async for item in items:
            yield item * 2

    @app.method()
    async def plain(a: int = 0) -> int:
        return a

    return app


async def test_a_generator_streams_its_reply(app, connected):
    client = await connected(streaming(app))
    assert [item async for item in client.stream("count", {"n": 3})] == [0, 1, 2]
    assert [item async for item in client.stream("count", {"n": 0})] == []
    many = [item async for item in client.stream("count", {"n": 50_000})]
    assert many == list(range(50_000))
    assert app.stats().connections == 1


async def test_values_of_a_stream_are_values_of_a_call(app, connected):
    values = [None, True, -(2**63), 2**64 - 1, 1.5, "ä\n", [1, [2]], {"a": {"b": None}}]

    @app.method()
    async def each():
        for value in values:
            yield value

    client = await connected(app)
    assert [item async for item in client.stream("each")] == values


async def test_a_stream_that_fails_gives_its_items_and_then_the_error(app, connected):
    client = await connected(streaming(app))
    stream = client.stream("count", {"n": 2, "fail": True})
    assert [await anext(stream), await anext(stream)] == [0, 1]
    for _ in range(2):
        with pytest.raises(ConflictError, match="as asked"):
            await anext(stream)


async def test_what_a_generator_raises_is_logged_and_internal(app, connected, caplog):
    @app.method()
    async def broken():
        yield 1
        raise KeyError("secret")

    @app.method()
    async def unspeakable():
        yield 1
        yield object()

    client = await connected(app)
    with caplog.at_level(logging.ERROR, "tidewire.server"), pytest.raises(InternalError) as told:
        [item async for item in client.stream("broken")]
    assert "secret" not in str(told.value)
    assert "broken" in caplog.text
    assert "secret" in caplog.text
    with pytest.raises(InvalidArgumentError):
        [item async for item in client.stream("unspeakable")]


async def test_who_leaves_a_stream_early_ends_its_handler(app, connected):
    ended = asyncio.Event()

    @app.method()
    async def ticks():
        try:
            while True:
                yield "tick"
                await asyncio.sleep(0.001)
        finally:
            ended.set()

    client = await connected(app)
    async with client.stream("ticks") as stream:
        assert await anext(stream) == "tick"
    await asyncio.wait_for(ended.wait(), 10)
    assert [item async for item in stream] == []


async def test_a_wait_that_is_given_up_loses_no_item(app, connected):
    go = asyncio.Event()

    @app.method()
    async def slow():
        yield 1
        await go.wait()
        yield 2

    client = await connected(app)
    stream = client.stream("slow")
    assert await anext(stream) == 1
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(stream), 0.05)
    go.set()
    assert await anext(stream) == 2
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_reader_that_does_not_come_stops_the_generator(app, connected):
    made = 0

    @app.method()
    async def flood():
        nonlocal made
        while True:
            made += 1
            yield "x" * 10_000

    client = await connected(app)
    async with client.stream("flood") as stream:
        await anext(stream)
        before = -1
        while before != made:
            before = made
            await asyncio.sleep(0.2)
        assert made < 3000


async def test_the_deadline_holds_to_the_last_item(app, connected):
    @app.method()
    async def forever():
        yield 1
        await asyncio.sleep(60)

    client = await connected(app)
    stream = client.stream("forever", timeout=0.2)
    assert await anext(stream) == 1
    with pytest.raises(tidewire.errors.TimeoutError):
        await anext(stream)


async def test_a_stream_of_arguments_gets_one_reply(app, connected):
    client = await connected(streaming(app))

    async def items():
        for i in range(20_000):
            yield i

    assert await client.call("sum", body=items()) == 199_990_000
    assert await client.call("sum", body=[1, 2, 3]) == 6
    assert await client.call("sum", body=[]) == 0


async def test_items_that_raise_fail_the_call(app, connected):
    client = await connected(streaming(app))

    async def items():
        yield 1
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await client.call("sum", body=items())
    with pytest.raises(InvalidArgumentError):
        await client.call("sum", body=[object()])
    with pytest.raises(InvalidArgumentError):
        await client.call("sum", body="text")
    with pytest.raises(InvalidArgumentError):
        await client.call("sum", {"a": 1}, body=[1])
    with pytest.raises(InvalidArgumentError, match="JSON"):
        await client.call("sum", body=[1], serializer="capnp")
    assert await client.call("sum", body=[4]) == 4


async def test_both_sides_may_stream(app, connected):
    client = await connected(streaming(app))
    assert [item async for item in client.stream("double", body=range(1000))] == [
        2 * i for i in range(1000)
    ]


async def test_a_call_of_the_wrong_kind_is_told(app, connected):
    client = await connected(streaming(app))
    with pytest.raises(NotAcceptableError):
        await client.call("count", {"n": 1})
    with pytest.raises(NotAcceptableError):
        await anext(client.stream("plain"))
    with pytest.raises(UnsupportedMediaError):
        await client.call("sum", {"a": 1})
    with pytest.raises(UnsupportedMediaError):
        await client.call("plain", body=[1])
    with pytest.raises(NotFoundError):
        await anext(client.stream("none"))
    with pytest.raises(InvalidArgumentError):
        await anext(client.stream("count", {"n": "x"}))


async def test_what_a_stream_cannot_be_is_refused_at_once(app):
    with pytest.raises(InvalidArgumentError, match="only a method streams"):

        @app.get("/")
        async def route(request):
            yield 1

    with pytest.raises(InvalidArgumentError, match="async def"):

        @app.method()
        def plain_generator():
            yield 1

    with pytest.raises(InvalidArgumentError, match="async def"):

        @app.method()
        def plain_reader(items: AsyncIterator[int]):
            return 1

    with pytest.raises(InvalidArgumentError, match="no arguments"):

        @app.method()
        async def mixed(items: AsyncIterator[int], a: int):
            return 1

    with pytest.raises(InvalidArgumentError, match="cannot be pure"):

        @app.method(pure=True)
        async def pure():
            yield 1


async def test_middleware_and_streams_are_refused_together(app):
    streaming(app)

    @app.middleware
    async def layer(request, next):
        return await next(request)

    with pytest.raises(MisuseError, match="streams"):
        await app.start()


async def test_hooks_stand_before_streams(app, connected):
    @app.authenticate
    def who(request):
        given = request.headers.get("authorization")
        return tidewire.Principal("ada") if given == "Bearer ok" else None

    client = await connected(streaming(app))
    with pytest.raises(tidewire.UnauthenticatedError):
        await anext(client.stream("count", {"n": 1}))
    with pytest.raises(tidewire.UnauthenticatedError):
        await client.call("sum", body=[1])
    async with tidewire.connect(app.url, token="ok") as known:
        assert [item async for item in known.stream("count", {"n": 1})] == [0]
        assert await known.call("sum", body=[1]) == 1


async def test_the_wire_is_lines_of_json(app, connected):
    client = await connected(streaming(app))
    response = await client.request("POST", "/methods/count", json={"n": 2, "fail": True})
    assert response.content_type == "application/x-ndjson"
    lines = [json.loads(line) for line in response.body.splitlines()]
    assert lines[:2] == [{"value": 0}, {"value": 1}]
    assert lines[2]["error"]["code"] == "conflict"
    events = await client.request(
        "POST", "/methods/count", json={"n": 1}, headers={"Accept": "text/event-stream"}
    )
    assert events.text == "event: value\ndata: 0\n\nevent: end\ndata: true\n\n"


async def test_a_handler_may_have_its_context_first(app, connected):
    @app.method()
    async def add(context: tidewire.Context, a: int, b: int = 2) -> list[object]:
        return [context.operation, a, b]

    client = await connected(app)
    assert await client.call("add", {"a": 1}) == ["add", 1, 2]


def test_programs_without_asyncio_stream_too():
    ready, told = threading.Event(), threading.Event()
    url: list[str] = []

    async def serve() -> None:
        async with streaming(tidewire.Server("127.0.0.1:0")) as app:
            url.append(app.url)
            ready.set()
            await asyncio.to_thread(told.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        with sync.connect(url[0]) as client:
            assert list(client.stream("count", {"n": 3})) == [0, 1, 2]
            assert client.call("sum", body=range(10)) == 45
            assert list(client.stream("double", body=iter([1, 2]))) == [2, 4]
            with client.stream("count", {"n": 1_000_000}) as stream:
                assert next(stream) == 0
            with pytest.raises(InvalidArgumentError):
                client.call("sum", body="text")  # type: ignore[arg-type]
    finally:
        told.set()
        thread.join()
