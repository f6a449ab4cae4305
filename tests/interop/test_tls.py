"""TLS with one end that is foreign: OpenSSL by curl, Python, node and nginx."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from conformance.ends import CA, LANGUAGES, ClientEnd, ServerEnd, body_of

from interop.peers import CLIENTS, SERVERS, foreign_server, perform

BODY = random.Random(5).randbytes(1024 * 1024)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("peer", CLIENTS)
def test_a_foreign_client_is_served_over_one_connection(
    secure_servers: dict[str, ServerEnd], peer: str, language: str
) -> None:
    server = secure_servers[language]
    before = server.stats()["connections_accepted"]
    add = {"method": "POST", "target": "/methods/add", "body_hex": b'{"a":1,"b":2}'.hex()}
    echo: dict[str, Any] = {"method": "POST", "target": "/echo", "body_hex": BODY.hex()}
    bytes_type = {"Content-Type": "application/octet-stream"}
    answers = perform(
        peer,
        server.url,
        [
            {**add, "headers": {"Content-Type": "application/json"}},
            {**echo, "headers": bytes_type},
            {**echo, "headers": bytes_type, "chunked": True},
            {"method": "GET", "target": "/big?bytes=1048576"},
            {"method": "GET", "target": "/no/such"},
        ],
        ca=str(CA),
    )
    bodies = [bytes.fromhex(answer["body_hex"]) for answer in answers]
    assert [answer["status"] for answer in answers] == [200, 200, 200, 200, 404]
    assert bodies[:4] == [b"3", BODY, BODY, b"x" * len(BODY)]
    assert json.loads(bodies[4])["code"] == "not_found"
    # The foreign client's connection, and the one that asks for these figures.
    assert server.stats()["connections_accepted"] == before + 2


@pytest.fixture(scope="module", params=SERVERS)
def secure_port(request: pytest.FixtureRequest, servers: dict[str, ServerEnd]) -> Iterator[int]:
    with foreign_server(request.param, servers["cpp"], secure=True) as port:
        yield port


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_client_of_ours_is_served_by_a_foreign_server(secure_port: int, language: str) -> None:
    with ClientEnd(language) as client:
        url = f"https://localhost:{secure_port}"
        assert client.connect(url) == {"value": url}
        assert body_of(client.request("GET", "/hello")) == b"hello"
        assert client.call("add", {"a": 1, "b": 2}) == {"value": 3}
        assert body_of(client.request("GET", "/chunked")) == b"one two three"
        connections = {body_of(client.request("GET", "/connection")) for _ in range(3)}
        assert len(connections) == 1
        # The server ends the connection; the next request makes another.
        assert body_of(client.request("GET", "/close")) == b"bye"
        assert body_of(client.request("GET", "/hello")) == b"hello"
