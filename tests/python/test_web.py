"""Hosts, origins and CORS, over a socket."""

from __future__ import annotations

import pytest
import raw_http
import tidewire

CHANGE = b"POST /x HTTP/1.1\r\nContent-Length: 0\r\n"


def with_change(app):
    calls = []

    @app.post("/x")
    async def change(request):
        calls.append(request.path)

    return calls


async def sent(app, fields: str, request: bytes = CHANGE) -> raw_http.RawResponse:
    return await raw_http.exchange(app.port, request + fields.encode() + b"\r\n")


async def test_a_local_server_answers_to_local_names_only(app, connected):
    calls = with_change(app)
    await connected(app)
    for host in ("localhost", "127.0.0.1", f"localhost:{app.port}", "[::1]:1"):
        assert (await sent(app, f"Host: {host}\r\n")).status == 204
    assert len(calls) == 4
    refused = await sent(app, "Host: rebound.example\r\n")
    assert refused.status == 421
    assert b'"code":"misdirected"' in refused.body
    absolute = b"POST http://rebound.example/x HTTP/1.1\r\nContent-Length: 0\r\n"
    assert (await sent(app, "Host: localhost\r\n", absolute)).status == 421
    absolute = b"POST http://localhost/x HTTP/1.1\r\nContent-Length: 0\r\n"
    assert (await sent(app, "Host: rebound.example\r\n", absolute)).status == 204
    assert len(calls) == 5


async def test_hosts_by_name(connected):
    app = tidewire.Server("127.0.0.1:0", hosts=["api.example.com"])
    with_change(app)
    await connected(app)
    assert (await sent(app, "Host: API.example.com:80\r\n")).status == 204
    assert (await sent(app, "Host: localhost\r\n")).status == 204
    assert (await sent(app, "Host: other.example.com\r\n")).status == 421


async def test_a_foreign_page_changes_nothing(app, connected):
    calls = with_change(app)
    await connected(app)
    own = f"localhost:{app.port}"
    assert (await sent(app, f"Host: {own}\r\nOrigin: http://{own}\r\n")).status == 204
    for origin in ("http://evil.example", "null", f"http://localhost:{app.port + 1}"):
        refused = await sent(app, f"Host: {own}\r\nOrigin: {origin}\r\n")
        assert refused.status == 403
        assert b'"code":"forbidden"' in refused.body
    assert len(calls) == 1


async def test_cors(connected):
    page = "https://app.example"
    cors = tidewire.Cors(origins=[page], credentials=True, headers=["X-Mine"], max_age=60)
    app = tidewire.Server("127.0.0.1:0", cors=cors)
    calls = with_change(app)
    await connected(app)
    from_page = f"Host: localhost\r\nOrigin: {page}\r\n"
    preflight = await sent(
        app,
        from_page + "Access-Control-Request-Method: POST\r\n"
        "Access-Control-Request-Headers: x-mine\r\n",
        b"OPTIONS /x HTTP/1.1\r\n",
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == page
    assert preflight.headers["access-control-max-age"] == "60"
    assert calls == []
    done = await sent(app, from_page)
    assert done.status == 204
    assert done.headers["access-control-allow-origin"] == page
    assert done.headers["access-control-allow-credentials"] == "true"
    assert done.headers["vary"] == "Origin"
    missing = await sent(app, from_page, b"GET /none HTTP/1.1\r\n")
    assert missing.status == 404  # a page may read what went wrong
    assert missing.headers["access-control-allow-origin"] == page
    other = await sent(app, "Host: localhost\r\nOrigin: https://b.example\r\n")
    assert other.status == 403
    assert "access-control-allow-origin" not in other.headers


def test_what_is_no_option_is_refused():
    with pytest.raises(tidewire.InvalidArgumentError, match="credentials"):
        tidewire.Cors(origins=["*"], credentials=True)
    with pytest.raises(tidewire.InvalidArgumentError, match=r"cors\.origins"):
        tidewire.Cors(origins="https://app.example")
    with pytest.raises(tidewire.InvalidArgumentError, match="hosts"):
        tidewire.Server(hosts="example.com")
    with pytest.raises(tidewire.InvalidArgumentError, match="cors"):
        tidewire.Server(cors=["*"])


@pytest.mark.parametrize(
    "options",
    [{"hosts": ["http://a"]}, {"cors": tidewire.Cors(origins=["https://a/path"])}],
)
async def test_names_that_are_none_are_refused_at_the_start(options):
    app = tidewire.Server("127.0.0.1:0", **options)
    with pytest.raises(tidewire.InvalidArgumentError):
        await app.start()
