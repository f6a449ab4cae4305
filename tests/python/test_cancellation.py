"""Who gives up, who is told: a handler does not go on after its caller is gone."""

from __future__ import annotations

import asyncio
import threading

import pytest
import raw_http
import tidewire


class Handler:
    """A method that waits for ever and notes what happens to it."""

    def __init__(self, app):
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.went_on = False

        @app.method("wait")
        async def wait(context: tidewire.Context):
            self.begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                assert context.cancelled
                self.cancelled.set()
                raise
            self.went_on = True


async def test_cancelling_the_task_cancels_the_handler(app, connected):
    handler = Handler(app)
    client = await connected(app)
    call = asyncio.create_task(client.call("wait"))
    await handler.begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await handler.cancelled.wait()
    assert not handler.went_on
    assert app.stats().requests_cancelled == 1


async def test_a_deadline_that_passes_cancels_the_handler(app, connected):
    handler = Handler(app)
    client = await connected(app)
    with pytest.raises(tidewire.TimeoutError):
        await client.call("wait", timeout=0.05)
    await handler.cancelled.wait()


async def test_asyncio_timeout_around_a_call_cancels_the_handler(app, connected):
    handler = Handler(app)
    client = await connected(app)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.call("wait")
    await handler.cancelled.wait()


async def test_a_caller_that_hangs_up_cancels_the_handler(app):
    handler = Handler(app)
    async with app:
        _, writer = await asyncio.open_connection("127.0.0.1", app.port)
        writer.write(raw_http.post("/methods/wait", b"{}"))
        await handler.begun.wait()
        writer.close()
        await handler.cancelled.wait()


async def test_a_cancelled_call_leaves_the_client_usable(app, connected):
    handler = Handler(app)

    @app.method
    async def hello():
        return "hello"

    client = await connected(app)
    for _ in range(20):
        handler.begun.clear()
        call = asyncio.create_task(client.call("wait"))
        await handler.begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await client.call("hello") == "hello"


async def test_a_handler_may_clean_up_when_it_is_cancelled(app, connected):
    begun, cleaned = asyncio.Event(), asyncio.Event()

    @app.method
    async def careful():
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    client = await connected(app)
    call = asyncio.create_task(client.call("careful"))
    await begun.wait()
    call.cancel()
    await cleaned.wait()


async def test_a_handler_that_swallows_the_cancellation_harms_nobody(app, connected):
    begun, ended = asyncio.Event(), asyncio.Event()

    @app.method
    async def stubborn():
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set()
        return "nobody reads this"

    client = await connected(app)
    call = asyncio.create_task(client.call("stubborn"))
    await begun.wait()
    call.cancel()
    await ended.wait()
    with pytest.raises(asyncio.CancelledError):
        await call


async def test_a_plain_handler_sees_that_it_is_cancelled(app, connected):
    begun, ended = threading.Event(), threading.Event()

    @app.method
    def busy(context: tidewire.Context):
        begun.set()
        while not context.cancelled:
            ended.wait(0.001)
        ended.set()

    client = await connected(app)
    call = asyncio.create_task(client.call("busy"))
    await asyncio.to_thread(begun.wait)
    call.cancel()
    assert await asyncio.to_thread(ended.wait, 30)


async def test_a_plain_handler_that_waited_too_long_for_a_thread_never_runs(connected):
    app = tidewire.Server("127.0.0.1:0", threads=1)
    begun, release, ran = threading.Event(), threading.Event(), []

    @app.method
    def first():
        begun.set()
        release.wait(30)

    @app.method
    def second():
        ran.append(1)

    client = await connected(app)
    blocker = asyncio.create_task(client.call("first"))
    await asyncio.to_thread(begun.wait)
    with pytest.raises(tidewire.TimeoutError):
        await client.call("second", timeout=0.05)
    while app.stats().requests_cancelled == 0:
        await asyncio.sleep(0)
    release.set()
    await blocker
    assert await client.call("first") is None  # the one thread has come past the second
    assert ran == []


async def test_a_handler_that_is_cancelled_by_its_own_program_answers(app, connected):
    @app.method
    async def own():
        asyncio.current_task().cancel()
        await asyncio.sleep(0)

    client = await connected(app)
    with pytest.raises(tidewire.NoRespondersError):
        await client.call("own")


async def test_a_call_under_way_on_a_client_that_is_closed_says_so(app, connected):
    handler = Handler(app)
    client = await connected(app)
    call = asyncio.create_task(client.call("wait"))
    await handler.begun.wait()
    await client.close()
    with pytest.raises(tidewire.ClosedError):
        await call
    await handler.cancelled.wait()
