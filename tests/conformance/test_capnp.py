"""Calls by Cap'n Proto between all nine pairs, and with what the capnp tool writes and reads."""

from __future__ import annotations

import http.client
import json
import subprocess
from typing import Any

import pytest

from conformance.ends import PATIENCE, ROOT, ClientEnd, ServerEnd, new_tag

Pair = tuple[ServerEnd, ClientEnd]
SCHEMA = ROOT / "schemas" / "value.capnp"
CASES = json.loads((ROOT / "tests" / "conformance" / "capnp_values.json").read_text())
CAPNP = {"Content-Type": "application/capnp"}


def convert(conversion: str, message: bytes) -> bytes:
    """What the capnp tool makes of a message of value.capnp."""
    done = subprocess.run(
        ["capnp", "convert", conversion, str(SCHEMA), "Value"],
        input=message,
        capture_output=True,
        check=True,
    )
    return done.stdout


def post(
    server: ServerEnd, method: str, body: bytes, fields: dict[str, str]
) -> tuple[int, str | None, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    try:
        connection.request("POST", f"/methods/{method}", body, fields)
        response = connection.getresponse()
        return response.status, response.getheader("Content-Type"), response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -1,
        2**53 - 1,
        2**63 - 1,
        -(2**63),
        2**64 - 1,
        1.5,
        "",
        "é\n",
        [],
        {},
        [1, [True, None], "x"],
        {"a": 1, "b": {"c": [{}], "": "empty"}},
        ["x" * 100_000],
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_value_comes_back_as_it_was(pair: Pair, value: object) -> None:
    _, client = pair
    assert client.call("echo", {"value": value}, serializer="capnp") == {"value": value}


def test_calls_end_by_capnp_as_they_do_by_json(pair: Pair) -> None:
    server, client = pair
    assert client.call("add", {"a": 1, "b": 2}, serializer="capnp") == {"value": 3}
    assert client.call("none", serializer="capnp")["error"] == "not_found"
    assert client.call("throws", {"tag": ""}, serializer="capnp")["error"] == "internal"
    tag = new_tag()
    late = client.call("slow", {"ms": 60_000, "tag": tag}, serializer="capnp", timeout_ms=200)
    assert late["error"] == "timeout"
    server.await_events(tag, ["slow started", "slow cancelled"])
    tag = new_tag()
    number = client.start("call", method="never", args={"tag": tag}, serializer="capnp")
    server.await_events(tag, ["never started"])
    client.cancel(number)
    assert client.outcome(number)["error"] == "cancelled"
    server.await_events(tag, ["never started", "never cancelled"])


def test_the_tool_reads_and_writes_the_messages_of_the_cases() -> None:
    for case in CASES:
        message = bytes.fromhex(case["message"])
        text = convert("binary:text", message)
        assert convert("text:binary", text) == message, case


@pytest.mark.parametrize("case", CASES, ids=lambda case: json.dumps(case["value"])[:30])
def test_a_server_answers_a_message_of_the_tool(server: ServerEnd, case: dict[str, Any]) -> None:
    text = convert("binary:text", bytes.fromhex(case["message"])).decode().strip()
    inner = f'name = "value", {text[1:-1]}'
    args = convert("text:binary", f"(map = [({inner})])".encode())
    status, kind, reply = post(server, "echo", args, CAPNP)
    assert (status, kind) == (200, "application/capnp")
    assert reply.hex() == case["message"]


def test_the_serializer_is_negotiated_per_request(server: ServerEnd) -> None:
    args = convert("text:binary", b'(map = [(name = "a", int64 = 1), (name = "b", int64 = 2)])')
    assert post(server, "add", args, {**CAPNP, "Accept": "application/json"}) == (
        200,
        "application/json",
        b"3",
    )
    status, kind, reply = post(
        server, "add", b'{"a":1,"b":2}', {"Accept": "application/json;q=0.5, application/capnp"}
    )
    assert (status, kind) == (200, "application/capnp")
    assert convert("binary:text", reply).strip() == b"(int64 = 3)"
    assert post(server, "add", args, {**CAPNP, "Accept": "text/html"})[0] == 406
    # What has no preference gets what it speaks.
    assert post(server, "add", args, {**CAPNP, "Accept": "*/*"})[1] == "application/capnp"
    assert post(server, "add", b'{"a":1,"b":2}', {})[1] == "application/json"


@pytest.mark.parametrize("body", [b"{}", b"\0" * 7, b"\xff" * 16, b"\0\0\0\0\1\0\0\0"])
def test_arguments_that_are_no_message_are_told(server: ServerEnd, body: bytes) -> None:
    status, kind, reply = post(server, "echo", body, CAPNP)
    assert (status, kind) == (400, "application/problem+json")
    assert json.loads(reply)["code"] == "invalid_argument"
