"""ETags, pure methods and compressed bodies, over a socket."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import zlib
from urllib.parse import quote

import pytest
import raw_http
import tidewire

LONG = "a line of text\n" * 500


def served(**options: object) -> tidewire.Server:
    app = tidewire.Server("127.0.0.1:0", **options)

    @app.get("/page")
    async def page(request):
        return tidewire.Response(200, LONG, {"ETag": '"v1"'})

    @app.post("/echo")
    async def echo(request):
        assert "content-encoding" not in request.headers
        return request.text()

    @app.method(pure=True)
    async def double(n: int) -> int:
        return 2 * n

    @app.method(pure=True)
    def plain_double(n: int = 4) -> int:
        return 2 * n

    @app.method
    async def changing() -> int:
        return 1

    return app


def posted(body: bytes, coding: str) -> bytes:
    head = f"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: {coding}\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def test_who_has_the_version_that_is_served_gets_304(connected):
    app = served()
    await connected(app)
    asked = raw_http.get("/page", If_None_Match='"v0", W/"v1"')
    answer = await raw_http.exchange(app.port, asked)
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["etag"] == '"v1"'
    assert "content-type" not in answer.headers
    answer = await raw_http.exchange(app.port, raw_http.get("/page", If_None_Match='"v0"'))
    assert (answer.status, answer.body) == (200, LONG.encode())


@pytest.mark.parametrize("name", ["double", "plain_double"])
async def test_a_pure_method_may_be_read(name, connected):
    app = served()
    client = await connected(app)
    target = f"/methods/{name}?args={quote(json.dumps({'n': 21}))}"
    first = await client.request("GET", target)
    assert first.json() == 42
    assert first.headers["cache-control"] == "no-cache"
    tag = first.headers["etag"]
    assert tag == tidewire.make_etag("42") == tidewire.make_etag(b"42")
    again = await client.request("GET", target, headers={"If-None-Match": tag})
    assert (again.status, again.body) == (304, b"")
    assert await client.call(name, {"n": 1}) == 2


async def test_what_a_principal_reads_is_nobody_elses(connected):
    app = served()
    app.authenticate(lambda request: tidewire.Principal("ann"))
    client = await connected(app)
    answer = await client.request("GET", "/methods/plain_double")
    assert answer.headers["cache-control"] == "private, no-cache"


async def test_what_cannot_be_read_says_so(connected):
    client = await connected(served())
    refused = await client.request("GET", "/methods/changing")
    assert refused.status == 405
    assert refused.headers["allow"] == "POST"
    bad = await client.request("GET", "/methods/double?args=%7B%22n%22%3A%22x%22%7D")
    assert bad.json()["code"] == "invalid_argument"
    assert (await client.request("GET", "/methods/plain_double")).json() == 8


async def test_answers_leave_compressed_for_who_asks(connected):
    app = served(compression=tidewire.Compression())
    await connected(app)
    answer = await raw_http.exchange(app.port, raw_http.get("/page", Accept_Encoding="gzip"))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert answer.headers["etag"] == 'W/"v1"'
    assert gzip.decompress(answer.body).decode() == LONG
    asked = raw_http.get("/page", Accept_Encoding="gzip;q=0.1, deflate")
    answer = await raw_http.exchange(app.port, asked)
    assert zlib.decompress(answer.body).decode() == LONG
    answer = await raw_http.exchange(app.port, raw_http.get("/page"))
    assert answer.body.decode() == LONG


async def test_nothing_is_compressed_unless_the_server_was_told_to(connected):
    app = served()
    await connected(app)
    answer = await raw_http.exchange(app.port, raw_http.get("/page", Accept_Encoding="gzip"))
    assert answer.body.decode() == LONG
    assert "vary" not in answer.headers


async def test_the_client_undoes_what_it_asked_for(connected):
    app = served(compression=tidewire.Compression(bytes_min=1, level=9, types=["text/*"]))
    await connected(app)
    async with tidewire.connect(app.url, compression=True) as client:
        response = await client.request("GET", "/page")
        assert response.text == LONG
        assert response.headers["vary"] == "Accept-Encoding"
        assert "content-encoding" not in response.headers
        assert await client.call("double", {"n": 2}) == 4
    async with tidewire.connect(app.url) as client:
        response = await client.request("GET", "/page", headers={"Accept-Encoding": "gzip"})
        assert gzip.decompress(response.body).decode() == LONG


async def test_compressed_requests_are_undone_within_bounds(connected):
    app = served(limits=tidewire.Limits(body_bytes_max=100_000))
    await connected(app)
    for coding, body in (
        ("gzip", gzip.compress(LONG.encode())),
        ("deflate", zlib.compress(LONG.encode())),
        ("identity", LONG.encode()),
    ):
        answer = await raw_http.exchange(app.port, posted(body, coding))
        assert answer.body.decode() == LONG
    bomb = gzip.compress(b"x" * 10_000_000)
    answer = await raw_http.exchange(app.port, posted(bomb, "gzip"))
    assert json.loads(answer.body)["code"] == "payload_too_large"
    answer = await raw_http.exchange(app.port, posted(b"no gzip", "gzip"))
    assert json.loads(answer.body)["code"] == "invalid_data"
    answer = await raw_http.exchange(app.port, posted(b"x", "br"))
    assert answer.status == 415
    assert answer.headers["accept-encoding"] == "gzip, deflate"


def test_tags_are_compared_as_the_rfc_says():
    assert tidewire.if_match('"a", "b"', '"b"')
    assert not tidewire.if_match('W/"a"', 'W/"a"')
    assert tidewire.if_none_match('W/"a"', '"a"')
    assert tidewire.if_none_match("*", '"a"')
    with pytest.raises(tidewire.InvalidArgumentError):
        tidewire.make_etag(5)


def test_options_that_make_no_sense_are_refused():
    for options in ({"level": 0}, {"bytes_min": -1}, {"types": "text/*"}):
        with pytest.raises(tidewire.InvalidArgumentError):
            tidewire.Compression(**options)
    with pytest.raises(tidewire.InvalidArgumentError):
        tidewire.Server("127.0.0.1:0", compression=True)


class Coded:
    """A server of bytes: every answer has this body, as that coding."""

    def __init__(self, coding: str, body: bytes) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: {coding}\r\n"
        self.answer = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        self.asked: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                self.asked.append(await reader.readuntil(b"\r\n\r\n"))
                writer.write(self.answer)
        writer.close()


@contextlib.asynccontextmanager
async def coded(coding: str, body: bytes):
    served = Coded(coding, body)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    async with server:
        yield served, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (gzip.compress(b"x" * 64 * 1024 * 1024), "payload_too_large"),
        (gzip.compress(b"x" * 5000)[:-5], "invalid_data"),
        (b"no gzip", "invalid_data"),
    ],
)
async def test_what_a_client_cannot_undo_is_an_error_of_that_request(body, code):
    async with coded("gzip", body) as (served, url):
        async with tidewire.connect(url, compression=True) as client:
            for _ in range(2):
                with pytest.raises(tidewire.Error) as raised:
                    await client.request("GET", "/")
                assert raised.value.code == code
        assert served.connections == 1  # the messages were whole, so it goes on
        assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in served.asked[0]


async def test_a_coding_that_nobody_asked_for_stays():
    async with coded("br", b"as it came") as (served, url):
        async with tidewire.connect(url, compression=True) as client:
            response = await client.request("GET", "/", headers={"Accept-Encoding": "br"})
            assert response.body == b"as it came"
            assert response.headers["content-encoding"] == "br"
        assert served.asked[0].count(b"Accept-Encoding") == 1
    async with coded("gzip", gzip.compress(b"hello")) as (served, url):
        async with tidewire.connect(url) as client:
            assert gzip.decompress((await client.request("GET", "/")).body) == b"hello"
        assert b"Accept-Encoding" not in served.asked[0]
