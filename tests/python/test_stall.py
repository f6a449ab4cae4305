"""A handler that blocks the loop: what the core does meanwhile, and what the metric says."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
import raw_http

BLOCK_SECONDS = 5.0


@pytest.mark.timeout(60)
async def test_a_blocked_loop_costs_other_connections_nothing_and_is_measured(app):
    began, blocked = threading.Event(), []

    @app.get("/block")
    async def block(request):
        began.set()
        started = time.monotonic()
        time.sleep(BLOCK_SECONDS)
        blocked.append((started, time.monotonic()))

    @app.get("/hello")
    async def hello(request):
        return "hello"

    answered: list[tuple[float, int]] = []
    stalls = []

    async def ask(port):
        # What the core answers by itself, over and over, on connections of its own.
        while not blocked:
            response = await raw_http.exchange(port, raw_http.get("/nowhere"))
            answered.append((time.monotonic(), response.status))
            await asyncio.sleep(0.05)

    def beside(port):
        began.wait()
        asyncio.run(ask(port))

    async with app:
        thread = threading.Thread(target=beside, args=[app.port])
        thread.start()
        await asyncio.gather(
            raw_http.exchange(app.port, raw_http.get("/block")),
            *(raw_http.exchange(app.port, raw_http.get("/hello")) for _ in range(10)),
        )
        stalls.append(app.stats().app_stall_seconds)
        thread.join()
        # Idle time is no stall.
        await asyncio.sleep(0.2)
        stalls.append(app.stats().app_stall_seconds)

    started, ended = blocked[0]
    during = [status for when, status in answered if started < when < ended]
    assert len(during) >= 20
    assert set(during) == {404}
    assert stalls[0] == pytest.approx(ended - started, rel=0.05)
    assert stalls[1] == stalls[0]


@pytest.mark.timeout(60)
async def test_a_deadline_passes_while_the_loop_is_blocked(app):
    """The answer comes from the core, on time, though the handler has not even begun."""
    began, waited = threading.Event(), []

    @app.get("/block")
    async def block(request):
        began.set()
        time.sleep(2)

    @app.method
    async def hello():
        raise AssertionError("its caller is gone")

    def beside(port):
        began.wait()
        body = (
            b"POST /methods/hello HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Tidewire-Timeout-Ms: 100\r\nContent-Length: 2\r\n\r\n{}"
        )
        waited.append(asyncio.run(raw_http.exchange(port, body)))
        waited.append(time.monotonic())

    async with app:
        thread = threading.Thread(target=beside, args=[app.port])
        thread.start()
        await raw_http.exchange(app.port, raw_http.get("/block"))
        unblocked = time.monotonic()
        await asyncio.to_thread(thread.join)
    response, when = waited
    assert response.status == 504
    assert when < unblocked
