"""uvicorn, node:http and nginx as servers of our clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from conformance.ends import LANGUAGES, ClientEnd, ServerEnd, body_of, until
from conformance.raw import Connection, RawServer

from interop.peers import SERVERS, STATUSES, established, foreign_server

# What our clients make of a status that bears no code of ours.
CODES = {
    400: "invalid_argument",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "payload_too_large",
    415: "unsupported_media",
    418: "invalid_argument",
    429: "rate_limited",
    500: "internal",
    502: "internal",
    503: "unavailable",
    504: "timeout",
}


@pytest.fixture(scope="module", params=SERVERS)
def port(request: pytest.FixtureRequest, servers: dict[str, ServerEnd]) -> Iterator[int]:
    with foreign_server(request.param, servers["cpp"]) as port:
        yield port


@pytest.fixture(scope="module", params=LANGUAGES)
def client(request: pytest.FixtureRequest, port: int) -> Iterator[ClientEnd]:
    with ClientEnd(request.param) as client:
        url = f"http://127.0.0.1:{port}"
        assert client.connect(url) == {"value": url}
        yield client


def test_get_head_and_404_of_a_foreign_server(client: ClientEnd) -> None:
    got = client.request("GET", "/hello")
    assert (got["status"], body_of(got), got["content_type"]) == (200, b"hello", "text/plain")
    head = client.request("HEAD", "/hello")
    fields = {name.lower(): value for name, value in head["headers"]}
    assert (head["status"], body_of(head), fields["content-length"]) == (200, b"", "5")
    missing = client.request("GET", "/not/here")
    assert (missing["status"], missing["code"]) == (404, "not_found")
    assert missing["content_type"].startswith("text/html")


def test_json_goes_to_a_foreign_server_and_back(client: ClientEnd) -> None:
    assert client.call("add", {"a": 1, "b": 2}) == {"value": 3}
    got = client.request(
        "POST",
        "/methods/add",
        body_hex=b'{"a":20,"b":22}'.hex(),
        content_type="application/json",
    )
    assert (got["status"], body_of(got)) == (200, b"42")


def test_a_chunked_answer_is_put_together(client: ClientEnd) -> None:
    got = client.request("GET", "/chunked")
    fields = {name.lower(): value for name, value in got["headers"]}
    assert fields["transfer-encoding"] == "chunked"
    assert (got["status"], body_of(got)) == (200, b"one two three")


def test_a_connection_is_used_again(client: ClientEnd) -> None:
    connections = {body_of(client.request("GET", "/connection")) for _ in range(5)}
    assert len(connections) == 1


def test_a_connection_that_the_server_says_it_closes_is_replaced(client: ClientEnd) -> None:
    for _ in range(3):
        first = body_of(client.request("GET", "/connection"))
        assert body_of(client.request("GET", "/close")) == b"bye"
        assert body_of(client.request("GET", "/connection")) != first


def test_a_connection_that_the_server_closes_while_idle_is_replaced(
    client: ClientEnd, port: int
) -> None:
    first = body_of(client.request("GET", "/connection"))
    until("the server closes the idle connection", lambda: established(port) == 0)
    assert body_of(client.request("GET", "/connection")) != first
    assert client.call("add", {"a": 2, "b": 2}) == {"value": 4}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_of_a_foreign_server_becomes_a_code(client: ClientEnd, status: int) -> None:
    got = client.call(f"status-{status}", {})
    assert got["error"] == CODES[status]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_server_that_closes_after_each_answer_without_a_word_costs_no_call(
    language: str,
) -> None:
    def serve(connection: Connection) -> None:
        if connection.message() is not None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n7")

    with RawServer(serve) as raw, ClientEnd(language) as client:
        client.connect(raw.url)
        for _ in range(100):
            got = client.request("GET", "/")
            assert got.get("status") == 200, got
        client.end()
