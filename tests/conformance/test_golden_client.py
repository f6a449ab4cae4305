"""The exact bytes that each client sends, and what it makes of the golden answers.

The peer is a raw socket: it records what comes and sends what it is told.
"""

from __future__ import annotations

import json
import queue
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.ends import LANGUAGES, ClientEnd, body_of
from conformance.raw import Connection, RawServer, bytes_of

HERE = Path(__file__).resolve().parent
SENT = json.loads((HERE / "http1_client_requests.json").read_text())
RESPONSES = json.loads((HERE / "http1_responses.json").read_text())
TIMEOUT_MS_DEFAULT = 30_000


class Recorder(RawServer):
    """Keeps the bytes of each request and answers null."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        super().__init__(self._record)

    def _record(self, connection: Connection) -> None:
        while (request := connection.message()) is not None:
            self.requests.append(request.raw)
            body = b"" if request.first_line.startswith("HEAD") else b"null"
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + body)


@pytest.fixture(scope="module", params=LANGUAGES)
def recorded(request: pytest.FixtureRequest) -> Iterator[tuple[Recorder, ClientEnd]]:
    with Recorder() as recorder, ClientEnd(request.param) as client:
        assert client.connect(recorder.url) == {"value": recorder.url}
        yield recorder, client
        client.end()


def masked(request: bytes, port: int) -> bytes:
    """Without what differs from run to run: the port, and what was left of the deadline."""
    left = re.search(rb"Tidewire-Timeout-Ms: (\d+)\r\n", request)
    assert left is not None
    assert TIMEOUT_MS_DEFAULT - 5000 < int(left[1]) <= TIMEOUT_MS_DEFAULT
    request = request.replace(left[0], b"Tidewire-Timeout-Ms: *\r\n")
    return request.replace(b"Host: 127.0.0.1:%d\r\n" % port, b"Host: 127.0.0.1:*\r\n")


@pytest.mark.parametrize("case", SENT, ids=lambda case: case["name"])
def test_a_client_sends_the_golden_bytes(
    recorded: tuple[Recorder, ClientEnd], case: dict[str, Any]
) -> None:
    recorder, client = recorded
    before = len(recorder.requests)
    outcome = client.outcome(client.start(**case["command"]))
    assert "error" not in outcome
    (request,) = recorder.requests[before:]
    assert masked(request, recorder.port) == bytes_of(case["request"])


def test_a_deadline_is_told_in_milliseconds(recorded: tuple[Recorder, ClientEnd]) -> None:
    recorder, client = recorded
    assert client.call("add", {"a": 1}, timeout_ms=5000) == {"value": None}
    left = re.search(rb"\r\nTidewire-Timeout-Ms: (\d+)\r\n", recorder.requests[-1])
    assert left is not None
    assert 0 < int(left[1]) <= 5000


class Script(RawServer):
    """Answers the first request of each connection with the next bytes, then ends it."""

    def __init__(self) -> None:
        self.answers: queue.Queue[bytes] = queue.Queue()
        super().__init__(self._answer)

    def _answer(self, connection: Connection) -> None:
        if connection.message() is None:
            return  # a connection that was opened and not used
        connection.send(self.answers.get_nowait())
        connection.finish()
        connection.rest()


def check_response(client: ClientEnd, script: Script, case: dict[str, Any]) -> None:
    script.answers.put(bytes_of(case["bytes"]))
    outcome = client.request("HEAD" if case.get("to_head") else "GET", "/")
    finals = [m for m in case["messages"] if m["status"] >= 200]
    if finals:
        # What comes behind an answer that nobody asked for is no part of it.
        first = finals[0]
        assert outcome.get("status") == first["status"], outcome
        assert body_of(outcome) == bytes_of(first["body"])
        assert [[n.lower(), v] for n, v in outcome["headers"]] == [
            [n.lower(), v.encode("latin-1").decode("utf-8", "replace")] for n, v in first["fields"]
        ]
    elif "error" in case:
        assert outcome.get("error") == case["error"], outcome
    else:
        # No answer at all, or only a switch of protocols that nobody asked for.
        expected = "protocol_error" if case["messages"] else "connection_lost"
        assert outcome.get("error") == expected, outcome


@pytest.mark.parametrize("language", LANGUAGES)
def test_responses_of_the_golden_file(language: str) -> None:
    wrong = []
    with Script() as script, ClientEnd(language) as client:
        assert client.connect(script.url) == {"value": script.url}
        for case in RESPONSES:
            try:
                check_response(client, script, case)
            except AssertionError as failure:
                wrong.append(f"{case['name']}: {failure}")
        client.end()
    assert not wrong, f"{len(wrong)} of {len(RESPONSES)}:\n" + "\n".join(wrong)
