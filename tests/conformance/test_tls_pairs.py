"""All nine pairs over TLS: what is answered, and how failures reach the other end."""

from __future__ import annotations

import random

from conformance.ends import ClientEnd, ServerEnd, body_of, new_tag

Pair = tuple[ServerEnd, ClientEnd]
MIB = 1024 * 1024


def test_calls_and_requests_are_answered(secure_pair: Pair) -> None:
    _, client = secure_pair
    assert client.call("add", {"a": 1, "b": 2}) == {"value": 3}
    assert client.call("no.such.method", {})["error"] == "not_found"
    assert body_of(client.request("GET", "/")) == b"root"


def test_bodies_of_5_mib_go_both_ways(secure_pair: Pair) -> None:
    _, client = secure_pair
    data = random.Random(4).randbytes(5 * MIB)
    got = client.request("POST", "/echo", body_hex=data.hex())
    assert (got["status"], body_of(got) == data) == (200, True)


def test_a_hundred_calls_at_once_are_each_given_their_own_answer(secure_pair: Pair) -> None:
    _, client = secure_pair
    numbers = [client.start("call", method="add", args={"a": i, "b": 1000}) for i in range(100)]
    values = [client.outcome(number) for number in numbers]
    assert values == [{"value": i + 1000} for i in range(100)]


def test_a_deadline_and_a_cancellation_reach_the_handler(secure_pair: Pair) -> None:
    server, client = secure_pair
    tag = new_tag()
    assert client.call("never", {"tag": tag}, timeout_ms=300)["error"] == "timeout"
    server.await_events(tag, ["never started", "never cancelled"])
    tag = new_tag()
    number = client.start("call", method="never", args={"tag": tag})
    server.await_events(tag, ["never started"])
    client.cancel(number)
    assert client.outcome(number)["error"] == "cancelled"
    server.await_events(tag, ["never started", "never cancelled"])


def test_a_handler_that_throws_is_internal_and_its_text_stays_there(secure_pair: Pair) -> None:
    server, client = secure_pair
    tag = new_tag()
    got = client.call("throws", {"tag": tag})
    assert got["error"] == "internal"
    assert "secret" not in got["message"]
    assert server.events(tag) == ["throws started"]
    assert client.call("add", {"a": 1, "b": 1}) == {"value": 2}


def test_what_does_not_fit_is_payload_too_large(secure_pair: Pair) -> None:
    _, client = secure_pair
    got = client.request("POST", "/echo", fill=16 * MIB + 1)
    assert got.get("error", got.get("code")) == "payload_too_large"
    assert client.request("GET", f"/big?bytes={16 * MIB + 1}")["error"] == "payload_too_large"
    assert client.call("add", {"a": 1, "b": 1}) == {"value": 2}
