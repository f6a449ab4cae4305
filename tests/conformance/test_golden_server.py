"""The golden bytes over a socket to each server: whole, byte by byte, and cut at random.

What is good is answered in order; what is bad gets its status, the connection ends, and no handler
runs for it or for anything that was smuggled behind it.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.ends import ServerEnd
from conformance.raw import Connection, Message, bytes_of

HERE = Path(__file__).resolve().parent
REQUESTS = json.loads((HERE / "http1_requests.json").read_text())
# A byte at a time is a system call a byte: longer cases go in pieces of this size instead.
SINGLE_BYTES_MAX = 4096


def cuts_of(how: str, size: int) -> Iterator[int] | None:
    if how == "whole":
        return None
    if how == "byte by byte":
        return itertools.repeat(1 if size <= SINGLE_BYTES_MAX else 61)
    rng = random.Random(size)
    return iter(lambda: rng.randint(1, 1 + size // 4), 0)


def path_of(target: str) -> str:
    if target.startswith("http://"):
        target = "/" + target.removeprefix("http://").partition("/")[2]
    return target.partition("?")[0]


def expected_status(message: dict[str, Any]) -> int:
    """What the programs' routes make of a request that is well-formed."""
    if message["target"] == "*" or path_of(message["target"]) != "/":
        return 404
    return 200 if message["method"] in ("GET", "POST") else 405


def next_final(connection: Connection) -> Message | None:
    message = connection.message()
    while message is not None and message.status == 100:
        message = connection.message()
    return message


def check_case(server: ServerEnd, case: dict[str, Any], how: str) -> None:
    data = bytes_of(case["bytes"])
    with Connection.to(server.port) as connection:
        connection.send(data, cuts_of(how, len(data)))
        if case.get("error") == "connection_lost":
            connection.finish()
        for message in case["messages"]:
            answer = next_final(connection)
            assert answer is not None, "the connection ended without an answer"
            assert answer.status == expected_status(message), answer
            if (message["method"], answer.status) == ("POST", 200):
                assert answer.body == bytes_of(message["body"])
        if case.get("status") is not None:
            answer = next_final(connection)
            assert answer is not None, "the connection ended without telling the error"
            assert answer.status == case["status"], answer
            assert json.loads(answer.body)["code"] == case["error"]
            assert answer.get("Connection") == "close"
        elif not case["messages"] or case["messages"][-1]["keep_alive"]:
            connection.finish()
        # The server closes by itself after an error and after the last message of a connection.
        assert connection.rest() == b""


@pytest.mark.parametrize("how", ["whole", "byte by byte", "random cuts"])
def test_requests_of_the_golden_file(server: ServerEnd, how: str) -> None:
    before = server.events("root")
    wrong = []
    for case in REQUESTS:
        try:
            check_case(server, case, how)
        except (AssertionError, TimeoutError) as failure:
            wrong.append(f"{case['name']}: {failure!r}")
    assert not wrong, f"{len(wrong)} of {len(REQUESTS)}:\n" + "\n".join(wrong)
    # Just the good ones have got to a handler.
    runs = [
        f"{message['method']} finished"
        for case in REQUESTS
        for message in case["messages"]
        if expected_status(message) == 200
    ]
    assert sorted(server.events("root")[len(before) :]) == sorted(runs)


def test_there_are_golden_cases_of_each_kind() -> None:
    errors = {case.get("error") for case in REQUESTS}
    assert errors == {
        None, "protocol_error", "uri_too_long", "header_too_large", "payload_too_large",
        "connection_lost",
    }  # fmt: skip
    assert len({case["name"] for case in REQUESTS}) == len(REQUESTS)
