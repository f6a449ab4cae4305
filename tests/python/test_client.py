"""The client: calls, requests, deadlines, and what it says when the other side fails."""

from __future__ import annotations

import asyncio
import math
import socket

import pytest
import tidewire


async def test_connect_is_awaited_or_entered(app):
    @app.method
    async def add(a, b):
        return a + b

    async with app:
        client = await tidewire.connect(app.url)
        assert await client.call("add", {"a": 1, "b": 2}) == 3
        await client.close()
        async with tidewire.connect(app.url) as other:
            assert await other.methods.add(a=1, b=2) == 3
        assert other.url == app.url
        assert repr(other) == f"<Client {app.url} (closed)>"


async def test_a_request_has_any_method_body_and_header(app, connected):
    @app.route("REPORT", "/it")
    async def report(request):
        return tidewire.Response(
            207, request.body, {"X-Seen": request.headers.get("x-sent", "")}, request.content_type
        )

    client = await connected(app)
    response = await client.request("REPORT", "/it", body=b"\x00", headers={"X-Sent": "ünï"})
    assert (response.status, response.body) == (207, b"\x00")
    assert response.headers["X-Seen"] == "ünï"
    assert response.content_type == "application/octet-stream"
    assert (await client.request("REPORT", "/it", json=None)).json() is None
    assert (await client.request("REPORT", "/it", json={"a": 1})).json() == {"a": 1}
    with pytest.raises(tidewire.InvalidArgumentError):
        await client.request("REPORT", "/it", json=1, body=b"")


async def test_the_headers_of_the_client_go_with_every_request(app):
    @app.get("/")
    async def handler(request):
        return dict(request.headers)

    async with app, tidewire.connect(app.url, headers={"X-Token": "t"}) as client:
        seen = (await client.request("GET", "/", headers={"X-One": "1"})).json()
        assert (seen["x-token"], seen["x-one"]) == ("t", "1")
        seen = (await client.request("GET", "/")).json()
        assert seen["x-token"] == "t"
        assert "x-one" not in seen


async def test_a_url_may_have_a_prefix(app):
    @app.get("/api/users")
    async def users(request):
        return request.path

    async with app, tidewire.connect(app.url + "/api") as client:
        assert (await client.request("GET", "/users")).text == "/api/users"


async def test_nobody_there_is_unavailable_at_once():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(tidewire.UnavailableError):
            await tidewire.connect(url)
        with pytest.raises(tidewire.Error) as caught:
            async with tidewire.connect(url):
                raise AssertionError("not reached")
    assert caught.value.retryable


@pytest.mark.parametrize("url", ["unix:a.sock", "ws://localhost", "ftp://x", "localhost", ""])
async def test_a_url_that_is_not_spoken_is_an_invalid_argument(url):
    with pytest.raises(tidewire.InvalidArgumentError):
        await tidewire.connect(url)


@pytest.mark.parametrize("timeout", [0, -1, math.nan, "soon"])
async def test_a_timeout_is_a_positive_number(app, connected, timeout):
    @app.method
    async def hello(): ...

    client = await connected(app)
    with pytest.raises(tidewire.InvalidArgumentError):
        await client.call("hello", timeout=timeout)


async def test_a_deadline_travels_and_ends_the_call(app, connected):
    left = []

    @app.method
    async def slow(context: tidewire.Context):
        left.append(context.time_left)
        await asyncio.Event().wait()

    client = await connected(app)
    with pytest.raises(tidewire.TimeoutError) as caught:
        await client.call("slow", timeout=0.2)
    assert isinstance(caught.value, TimeoutError)
    assert 0 < left[0] <= 0.2


async def test_the_timeout_of_the_client_is_that_of_its_calls(app):
    left = []

    @app.method
    async def hello(context: tidewire.Context):
        left.append(context.time_left)

    async with app, tidewire.connect(app.url, timeout=5) as client:
        await client.call("hello")
        await client.call("hello", timeout=50)
        await client.call("hello", timeout=math.inf)
    assert 4 < left[0] <= 5
    assert 49 < left[1] <= 50
    assert left[2] is None


async def test_a_deadline_is_passed_on_to_the_calls_a_handler_makes(app, connected):
    left, background = [], []

    @app.method
    async def second(context: tidewire.Context):
        left.append(context.time_left)

    @app.method
    async def first():
        await client.call("second")
        await client.call("second", timeout=0.5)
        await asyncio.create_task(client.call("second"))

        async def go_on(ended):
            await ended.wait()
            await client.call("second")

        ended = asyncio.Event()
        background.append((ended, asyncio.create_task(go_on(ended))))

    client = await connected(app)
    await client.call("first", timeout=5)
    ended, task = background[0]
    ended.set()
    await task
    assert 4 < left[0] <= 5
    assert left[1] <= 0.5
    assert 4 < left[2] <= 5
    # What goes on after the handler has answered is on its own.
    assert 29 < left[3] <= 30


async def test_a_status_is_raised_when_asked(app, connected):
    @app.get("/{status}")
    async def answer(request):
        return tidewire.Response(int(request.params["status"]), "text")

    client = await connected(app)
    fine = await client.request("GET", "/299")
    fine.raise_for_status()
    assert fine.ok
    for status, kind in (
        (404, tidewire.NotFoundError),
        (403, tidewire.ForbiddenError),
        (418, tidewire.InvalidArgumentError),
        (503, tidewire.Error),
        (599, tidewire.InternalError),
    ):
        response = await client.request("GET", f"/{status}")
        assert not response.ok
        with pytest.raises(kind):
            response.raise_for_status()


async def test_a_reply_that_is_no_json_says_so(app, connected):
    @app.get("/")
    async def answer(request):
        return "{"

    response = await (await connected(app)).request("GET", "/")
    with pytest.raises(tidewire.InvalidDataError):
        response.json()
    assert response.text == "{"


async def test_a_connection_that_breaks_is_connection_lost():
    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with tidewire.connect(f"http://127.0.0.1:{port}") as client:
            with pytest.raises(tidewire.ConnectionLostError) as caught:
                await client.request("POST", "/", body=b"x")
    assert isinstance(caught.value, ConnectionError)


async def test_a_peer_that_breaks_the_protocol_is_told_from_one_that_breaks_off():
    async def nonsense(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"NONSENSE\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with tidewire.connect(f"http://127.0.0.1:{port}") as client:
            with pytest.raises(tidewire.ProtocolError):
                await client.request("GET", "/")


async def test_many_calls_share_few_connections(app):
    @app.method
    async def number(n):
        return n

    async with app, tidewire.connect(app.url, connections_max=4) as client:
        results = await asyncio.gather(*(client.call("number", {"n": n}) for n in range(500)))
        assert results == list(range(500))
        assert app.stats().connections_accepted <= 4


async def test_names_and_headers_that_would_break_the_request_never_leave(app, connected):
    client = await connected(app)
    for name in ("", "a b", "a/../b", "x\r\ny"):
        with pytest.raises(tidewire.InvalidArgumentError):
            await client.call(name)
    for target in ("", "no-slash", "/a b", "/a\r\nX: y"):
        with pytest.raises(tidewire.InvalidArgumentError):
            await client.request("GET", target)
    for headers in ({"X": "a\r\nb"}, {"a b": "c"}, {"X": "\x00"}):
        with pytest.raises(tidewire.InvalidArgumentError):
            await client.request("GET", "/", headers=headers)
    assert app.stats().requests == 0
