"""Routes and methods, as a caller sees them."""

from __future__ import annotations

import asyncio
import functools
from typing import Any

import pytest
import raw_http
import tidewire


async def test_a_route_answers_with_what_its_handler_returns(app, connected):
    results: dict[str, Any] = {
        "dict": {"id": "7"},
        "list": [1, 2],
        "str": "plain",
        "bytes": b"\x00\xff",
        "bytearray": bytearray(b"ab"),
        "none": None,
        "int": 7,
        "true": True,
        "response": tidewire.Response(201, {"made": 1}, {"Location": "/it"}),
        "html": tidewire.Response(body="<p>", content_type="text/html"),
    }

    @app.get("/{kind}")
    async def answer(request):
        return results[request.params["kind"]]

    client = await connected(app)

    async def seen(kind):
        response = await client.request("GET", f"/{kind}")
        return response.status, response.content_type, response.body

    assert await seen("dict") == (200, "application/json", b'{"id":"7"}')
    assert await seen("list") == (200, "application/json", b"[1,2]")
    assert await seen("str") == (200, "text/plain; charset=utf-8", b"plain")
    assert await seen("bytes") == (200, "application/octet-stream", b"\x00\xff")
    assert await seen("bytearray") == (200, "application/octet-stream", b"ab")
    assert await seen("none") == (204, "", b"")
    assert await seen("int") == (200, "application/json", b"7")
    assert await seen("true") == (200, "application/json", b"true")
    assert await seen("html") == (200, "text/html", b"<p>")
    response = await client.request("GET", "/response")
    assert (response.status, response.headers["location"]) == (201, "/it")
    assert response.json() == {"made": 1}


async def test_a_request_tells_all_of_itself(app, connected):
    seen: dict[str, Any] = {}

    @app.post("/users/{id}/{rest...}")
    async def handler(request):
        seen.update(
            method=request.method,
            path=request.path,
            target=request.target,
            params=request.params,
            query=dict(request.query),
            colours=request.query.get_all("colour"),
            header=request.headers["X-NAME"],
            has="x-name" in request.headers,
            repeated=request.headers.get_all("x-repeated"),
            content_type=request.content_type,
            body=request.body,
            json=request.json(),
            text=request.text(),
            peer=request.peer.rpartition(":")[0],
            cancelled=request.cancelled,
            time_left=request.time_left,
            repr=repr(request),
        )

    client = await connected(app)
    target = "/users/%C3%A9%20x/a/b?colour=red&colour=deep+blue&empty="
    response = await client.request(
        "POST",
        target,
        json={"a": [1]},
        headers=[("X-Name", "v"), ("X-Repeated", "1"), ("x-repeated", "2")],
        timeout=60,
    )
    assert response.status == 204
    assert 0 < seen.pop("time_left") <= 60
    assert seen == {
        "method": "POST",
        "path": "/users/%C3%A9%20x/a/b",
        "target": target,
        "params": {"id": "é x", "rest": "a/b"},
        "query": {"colour": "red", "empty": ""},
        "colours": ["red", "deep blue"],
        "header": "v",
        "has": True,
        "repeated": ["1", "2"],
        "content_type": "application/json",
        "body": b'{"a":[1]}',
        "json": {"a": [1]},
        "text": '{"a":[1]}',
        "peer": "127.0.0.1",
        "cancelled": False,
        "repr": f"<tidewire._core.Request POST {target}>",
    }


async def test_a_request_may_be_kept_after_its_handler_has_ended(app, connected):
    kept = []

    @app.post("/keep")
    async def keep(request):
        kept.append(request)

    client = await connected(app)
    for number in range(20):
        await client.request("POST", f"/keep?{number}", body=f"body {number}")
    assert [request.body for request in kept] == [b"body %d" % number for number in range(20)]


async def test_each_http_method_has_its_decorator(app, connected):
    for register in (app.get, app.post, app.put, app.patch, app.delete):

        @register("/it")
        async def name(request):
            return request.method

    client = await connected(app)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        assert (await client.request(method, "/it")).text == method


async def test_what_cannot_be_a_handler_is_refused_at_once(app):
    async def stream(request):
        yield 1

    with pytest.raises(tidewire.InvalidArgumentError, match="streams its reply"):
        app.get("/")(stream)
    with pytest.raises(tidewire.InvalidArgumentError, match="take the request"):
        app.get("/")(lambda: None)
    with pytest.raises(tidewire.InvalidArgumentError, match="name"):
        app.method(functools.partial(print))


@pytest.mark.parametrize(
    "pattern", ["no-slash", "/methods/x", "/healthz", "/{", "/{a}/{a}", "/taken"]
)
async def test_a_bad_pattern_is_told_by_start(app, pattern):
    @app.get("/taken")
    async def taken(request): ...

    @app.get(pattern)
    async def handler(request): ...

    with pytest.raises(tidewire.InvalidArgumentError):
        await app.start()


async def test_an_address_that_will_not_do_is_told_by_start(app):
    async with app:
        with pytest.raises(tidewire.UnavailableError):
            await tidewire.Server(f"127.0.0.1:{app.port}").start()
    with pytest.raises(tidewire.InvalidArgumentError):
        await tidewire.Server("no-port").start()
    with pytest.raises(tidewire.InvalidArgumentError, match="unix"):
        await tidewire.Server("unix:a.sock").start()


async def test_paths_that_nobody_serves_answer_by_the_table(app, connected):
    @app.get("/only-get")
    async def handler(request):
        return "x"

    client = await connected(app)
    missing = await client.request("GET", "/none")
    assert (missing.status, missing.json()["code"]) == (404, "not_found")
    wrong = await client.request("POST", "/only-get", body=b"")
    assert (wrong.status, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["allow"]
    with pytest.raises(tidewire.NotFoundError):
        await client.call("none")


async def test_limits_are_options(connected):
    app = tidewire.Server("127.0.0.1:0", limits=tidewire.Limits(body_bytes_max=10))

    @app.post("/")
    async def handler(request):
        return len(request.body)

    client = await connected(app)
    assert (await client.request("POST", "/", body=b"x" * 10)).json() == 10
    assert (await client.request("POST", "/", body=b"x" * 11)).status == 413


async def test_several_servers_share_a_loop_and_each_has_its_own(connected):
    first, second = tidewire.Server("127.0.0.1:0"), tidewire.Server("127.0.0.1:0", loops=2)

    @first.method
    async def which_one():
        return 1

    @second.method("which_one")
    async def other():
        return 2

    one, two = await connected(first), await connected(second)
    assert await asyncio.gather(one.call("which_one"), two.call("which_one")) == [1, 2]
    await first.stop()
    assert await two.call("which_one") == 2


async def test_a_server_starts_anew_after_it_has_stopped(app, connected):
    @app.method
    async def hello():
        return "hello"

    for _ in range(3):
        async with app, tidewire.connect(app.url) as client:
            assert await client.call("hello") == "hello"
    with pytest.raises(tidewire.MisuseError):
        _ = app.url


async def test_stop_lets_what_is_under_way_end(app, connected):
    begun, go_on = asyncio.Event(), asyncio.Event()

    @app.method
    async def slow():
        begun.set()
        await go_on.wait()
        return "done"

    client = await connected(app)
    call = asyncio.create_task(client.call("slow"))
    await begun.wait()
    stopping = asyncio.create_task(app.stop(grace=30))
    await asyncio.sleep(0)
    go_on.set()
    assert await call == "done"
    await stopping


async def test_stop_cancels_what_has_not_ended_within_its_grace(app, connected):
    begun, ended = asyncio.Event(), []

    @app.method
    async def endless():
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    client = await connected(app)
    call = asyncio.create_task(client.call("endless"))
    await begun.wait()
    await app.stop(grace=0.05)
    with pytest.raises(tidewire.Error) as caught:
        await call
    assert caught.value.code in ("connection_lost", "unavailable")
    assert ended == ["cancelled"]


async def test_stats_count_what_was_asked(app, connected):
    @app.method
    async def hello():
        return 1

    client = await connected(app)
    for _ in range(5):
        await client.call("hello")
    stats = app.stats()
    assert stats.requests == 5
    assert stats.connections_accepted >= 1
    assert stats.requests_in_flight == 0
    assert stats.app_stall_seconds >= 0


async def test_who_asks_before_a_body_is_refused_by_its_head(app, connected):
    @app.method()
    async def size(text: str) -> int:
        return len(text)

    head = "Host: localhost\r\nExpect: 100-continue\r\nContent-Length: 12\r\n\r\n"
    await connected(app)
    refused = await raw_http.exchange(app.port, f"POST /nowhere HTTP/1.1\r\n{head}".encode())
    assert (refused.status, refused.headers["connection"]) == (404, "close")
    reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
    writer.write(f"POST /methods/size HTTP/1.1\r\n{head}".encode())
    assert (await raw_http.read_response(reader)).status == 100
    writer.write(b'{"text":"a"}')
    assert (await raw_http.read_response(reader)).body == b"1"
    writer.close()
    await writer.wait_closed()
