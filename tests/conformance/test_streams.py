"""Streamed replies and requests between all nine pairs of a server and a client."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.ends import PAIRS, PATIENCE, ClientEnd, ServerEnd, new_tag

Pair = tuple[ServerEnd, ClientEnd]
Outcome = dict[str, Any]


@pytest.fixture(params=PAIRS, ids=lambda given: f"{given[1]}-calls-{given[0]}")
def fresh_pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Two ends that may be killed."""
    server_language, client_language = request.param
    with ServerEnd(server_language) as server, ClientEnd(client_language) as client:
        client.connect(server.url)
        yield server, client


def stream(client: ClientEnd, method: str, args: object = None, **options: object) -> Outcome:
    return client.outcome(client.start("stream", method=method, args=args, **options))


def upload(client: ClientEnd, method: str, items: object, **options: object) -> Outcome:
    return client.outcome(client.start("upload", method=method, items=items, **options))


def test_a_streamed_reply_comes_whole_and_in_order(pair: Pair) -> None:
    _, client = pair
    assert stream(client, "count", {"n": 0}) == {"items": []}
    assert stream(client, "count", {"n": 20_000}) == {"items": list(range(20_000))}


def test_a_stream_that_fails_gives_its_items_and_then_the_error(pair: Pair) -> None:
    _, client = pair
    assert stream(client, "count", {"n": 3, "fail": True}) == {
        "items": [0, 1, 2],
        "error": "conflict",
        "message": "as asked",
    }
    assert stream(client, "none")["error"] == "not_found"
    assert stream(client, "add", {"a": 1, "b": 2})["error"] == "not_acceptable"
    assert client.call("count", {"n": 1})["error"] == "not_acceptable"


def test_who_leaves_a_stream_ends_its_handler(pair: Pair) -> None:
    server, client = pair
    tag = new_tag()
    assert stream(client, "ticks", {"tag": tag}, take=3) == {"items": [0, 1, 2]}
    server.await_events(tag, ["ticks started", "ticks cancelled"])


def test_the_deadline_holds_to_the_last_item(pair: Pair) -> None:
    server, client = pair
    tag = new_tag()
    outcome = stream(client, "ticks", {"tag": tag}, timeout_ms=300)
    assert outcome["error"] == "timeout"
    assert outcome["items"][:2] == [0, 1]
    server.await_events(tag, ["ticks started", "ticks cancelled"])


def test_a_streamed_request_gets_one_reply(pair: Pair) -> None:
    _, client = pair
    assert upload(client, "total", 20_000) == {"value": 199_990_000}
    assert upload(client, "total", []) == {"value": 0}
    assert upload(client, "add", [1])["error"] == "unsupported_media"
    assert client.call("total", {"a": 1})["error"] == "unsupported_media"
    assert upload(client, "none", [1])["error"] == "not_found"


def test_both_sides_may_stream(pair: Pair) -> None:
    _, client = pair
    assert stream(client, "double", items=list(range(500))) == {
        "items": [2 * i for i in range(500)]
    }


def test_a_server_that_dies_is_no_end_of_a_stream(fresh_pair: Pair) -> None:
    server, client = fresh_pair
    tag = new_tag()
    number = client.start("stream", method="ticks", args={"tag": tag})
    server.await_events(tag, ["ticks started"])
    server.kill()
    assert client.outcome(number)["error"] == "connection_lost"


def test_a_client_that_dies_ends_the_handler(fresh_pair: Pair) -> None:
    server, client = fresh_pair
    tag = new_tag()
    client.start("stream", method="ticks", args={"tag": tag})
    server.await_events(tag, ["ticks started"])
    client.kill()
    server.await_events(tag, ["ticks started", "ticks cancelled"])


def test_the_wire_is_the_same_from_each_server(server: ServerEnd) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("POST", "/methods/count", '{"n":2,"fail":true}')
        response = connection.getresponse()
        assert response.getheader("Content-Type") == "application/x-ndjson"
        lines = response.read().splitlines()
        assert lines[:2] == [b'{"value":0}', b'{"value":1}']
        assert json.loads(lines[2])["error"]["code"] == "conflict"
        connection.request(
            "POST", "/methods/count", '{"n":1}', {"Accept": "text/event-stream"}
        )
        response = connection.getresponse()
        assert response.getheader("Content-Type") == "text/event-stream"
        assert response.read() == b"event: value\ndata: 0\n\nevent: end\ndata: true\n\n"
    finally:
        connection.close()


def test_arguments_that_break_off_are_not_taken_for_whole(server: ServerEnd) -> None:
    for body, code in (
        (b'{"value":1}\n{"value":2}\n{"end":true}\n', None),
        (b'{"value":1}\n', "invalid_argument"),
        (b'{"value":1}\nnonsense\n', "invalid_argument"),
        (b'{"error":{"code":"conflict"}}\n', "conflict"),
    ):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as peer:
            peer.sendall(
                b"POST /methods/total HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                b"Content-Type: application/x-ndjson\r\n"
                + f"Content-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            answer = peer.makefile("rb").read()
        found = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert found == 3 if code is None else found["code"] == code, (body, answer)
