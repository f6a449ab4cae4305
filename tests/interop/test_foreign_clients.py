"""curl, httpx, undici and node:http as clients of our servers."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from conformance.ends import ServerEnd, new_tag

from interop.peers import CLIENTS, perform, waiting

JSON = {"Content-Type": "application/json"}
BYTES = {"Content-Type": "application/octet-stream"}
MIB = random.Random(3).randbytes(1024 * 1024)


def post_json(target: str, text: str) -> dict[str, Any]:
    return {"method": "POST", "target": target, "headers": JSON, "body_hex": text.encode().hex()}


def post_bytes(body: bytes, chunked: bool = False) -> dict[str, Any]:
    sent = {"method": "POST", "target": "/echo", "headers": BYTES, "body_hex": body.hex()}
    return {**sent, "chunked": chunked}


def get(target: str, method: str = "GET") -> dict[str, Any]:
    return {"method": method, "target": target}


def content(answer: dict[str, Any]) -> bytes:
    return bytes.fromhex(answer["body_hex"])


@pytest.mark.parametrize("peer", CLIENTS)
def test_a_foreign_client_is_served_over_one_connection(server: ServerEnd, peer: str) -> None:
    before = server.stats()["connections_accepted"]
    answers = perform(
        peer,
        server.url,
        [
            get("/items/a%20b?q=%C3%A9"),
            post_json("/methods/add", '{"a":1,"b":2}'),
            post_json("/methods/echo", '{"value":"grüße 🌊"}'),
            get("/no/such"),
            post_bytes(MIB),
            post_bytes(MIB[:5000], chunked=True),
            post_bytes(b""),
            get("/items/7", "DELETE"),
            get("/big?bytes=1048576"),
            post_json("/methods/throws", '{"tag":"interop"}'),
            post_json("/methods/echo", '{"value":'),
            get("/echo", "PATCH"),
            get("/"),
            # undici gives a connection up after HEAD, so it comes last.
            get("/big?bytes=5000", "HEAD"),
        ],
    )
    item, added, echoed, missing, large, chunked, empty, gone, big, *others = answers
    thrown, bad, other, root, head = others
    assert (item["status"], json.loads(content(item))) == (200, {"id": "a b", "q": "é"})
    assert item["headers"]["content-type"] == "application/json"
    assert (added["status"], content(added)) == (200, b"3")
    assert (echoed["status"], json.loads(content(echoed))) == (200, "grüße 🌊")
    assert (missing["status"], json.loads(content(missing))["code"]) == (404, "not_found")
    assert missing["headers"]["content-type"] == "application/problem+json"
    assert (head["status"], head["headers"]["content-length"]) == (200, "5000")
    assert head["body_hex"] == ""
    assert (large["status"], content(large) == MIB) == (200, True)
    assert (chunked["status"], content(chunked)) == (200, MIB[:5000])
    assert (empty["status"], empty["body_hex"]) == (200, "")
    assert (gone["status"], gone["body_hex"]) == (204, "")
    assert (big["status"], content(big)) == (200, b"x" * len(MIB))
    assert (thrown["status"], json.loads(content(thrown))["code"]) == (500, "internal")
    assert b"secret" not in content(thrown)
    assert (bad["status"], json.loads(content(bad))["code"]) == (400, "invalid_argument")
    assert (other["status"], other["headers"]["allow"]) == (405, "POST, PUT")
    assert (root["status"], content(root)) == (200, b"root")
    # The foreign client's connection, and the one that asks for these figures.
    assert server.stats()["connections_accepted"] == before + 2


def test_undici_pipelines_and_is_answered_in_order(server: ServerEnd) -> None:
    before = server.stats()["connections_accepted"]
    slow_first = [
        get(f"/items/{number}") if number % 3 else get(f"/big?bytes={200_000 + number}")
        for number in range(60)
    ]
    answers = perform("undici", server.url, slow_first, pipelining=20)
    for number, answer in enumerate(answers):
        if number % 3:
            assert json.loads(content(answer))["id"] == str(number)
        else:
            assert len(content(answer)) == 200_000 + number
    assert server.stats()["connections_accepted"] == before + 2


@pytest.mark.parametrize("peer", CLIENTS)
def test_a_foreign_client_that_is_killed_cancels_its_handler(server: ServerEnd, peer: str) -> None:
    tag = new_tag()
    with waiting(peer, server.url, [get(f"/never?tag={tag}")]):
        server.await_events(tag, ["never started"])
    server.await_events(tag, ["never started", "never cancelled"])
