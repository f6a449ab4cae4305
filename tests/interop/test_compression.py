"""gzip and deflate, between our ends and those of others, and between ours."""

from __future__ import annotations

import contextlib
import gzip
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from conformance.ends import LANGUAGES, PAIRS, ClientEnd, ServerEnd, body_of

from interop.peers import SERVERS, ZIPPED, foreign_server, perform

LONG = b"x" * 5000


@pytest.fixture(scope="module")
def compressing() -> Iterator[dict[str, ServerEnd]]:
    """The servers, with their answers compressed."""
    with contextlib.ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("CONFORMANCE_COMPRESSION", "1")
        yield {language: stack.enter_context(ServerEnd(language)) for language in LANGUAGES}


def echo(body: bytes, **fields: str) -> dict[str, Any]:
    headers = {"Content-Type": "text/plain", **fields}
    return {"method": "POST", "target": "/echo", "headers": headers, "body_hex": body.hex()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("peer", ["curl", "httpx", "undici"])
def test_a_foreign_client_undoes_our_coding(
    compressing: dict[str, ServerEnd], peer: str, language: str
) -> None:
    call = "/methods/big"
    body = b'{"bytes":5000}'.hex()
    json = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
    requests: list[dict[str, Any]] = [
        {"method": "POST", "target": call, "headers": json, "body_hex": body, "decoded": True}
    ]
    if peer == "undici":  # whose fetch is asked for what needs no body
        requests = [{"method": "GET", "target": "/items/" + "y" * 5000, "decoded": True}]
    (answer,) = perform(peer, compressing[language].url, requests)
    assert answer["status"] == 200
    assert answer["headers"]["content-encoding"] == "gzip"
    assert answer["headers"]["vary"] == "Accept-Encoding"
    text = bytes.fromhex(answer["body_hex"])
    expected = b'"' + LONG + b'"'
    if peer == "undici":
        expected = b'{"id":"' + b"y" * 5000 + b'","q":""}'
    assert text == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("peer", ["curl", "httpx", "undici", "node_http"])
def test_our_servers_undo_what_others_send(
    servers: dict[str, ServerEnd], peer: str, language: str
) -> None:
    answers = perform(
        peer,
        servers[language].url,
        [
            echo(gzip.compress(LONG), **{"Content-Encoding": "gzip"}),
            echo(zlib.compress(LONG), **{"Content-Encoding": "deflate"}),
            echo(b"sent as br", **{"Content-Encoding": "br"}),
        ],
    )
    assert [answer["status"] for answer in answers] == [200, 200, 415]
    assert [bytes.fromhex(answer["body_hex"]) for answer in answers[:2]] == [LONG, LONG]


@pytest.fixture(scope="module", params=SERVERS)
def port(request: pytest.FixtureRequest, servers: dict[str, ServerEnd]) -> Iterator[int]:
    with foreign_server(request.param, servers["cpp"]) as port:
        yield port


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("compression", [True, False])
def test_our_clients_undo_what_they_asked_for(port: int, language: str, compression: bool) -> None:
    url = f"http://127.0.0.1:{port}"
    with ClientEnd(language) as client:
        assert client.connect(url, compression=compression) == {"value": url}
        got = client.request("GET", "/zipped")
        assert (got["status"], body_of(got)) == (200, ZIPPED.encode())
        assert "content-encoding" not in {name.lower() for name, _ in got["headers"]}
        if not compression:  # who asks by itself gets what was sent
            raw = client.request("GET", "/zipped", headers={"Accept-Encoding": "gzip, deflate"})
            assert zlib.decompress(body_of(raw), wbits=47) == ZIPPED.encode()


@pytest.mark.parametrize(("server_language", "client_language"), PAIRS)
def test_our_ends_compress_for_each_other(
    compressing: dict[str, ServerEnd], server_language: str, client_language: str
) -> None:
    server = compressing[server_language]
    with ClientEnd(client_language) as client:
        client.connect(server.url, compression=True)
        assert client.call("big", {"bytes": 100_000}) == {"value": "x" * 100_000}
        assert client.call("add", {"a": 1, "b": 2}) == {"value": 3}
        asked = {"Accept-Encoding": "deflate"}
        got = client.request("GET", "/items/" + "z" * 5000, headers=asked)
        assert body_of(got) == b'{"id":"' + b"z" * 5000 + b'","q":""}'
