"""A handler that blocks its host's loop for five seconds costs other connections nothing that the
core can do by itself: it accepts, refuses what is malformed, knows which routes there are, and
keeps deadlines.

That it all happens during the block is told by order: the answer of the blocking call has not come.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from conformance.ends import LANGUAGES, ServerEnd
from conformance.raw import Connection

SECONDS = 5.0
CONNECTIONS = 50
MALFORMED = b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
UNKNOWN = b"GET /no/such HTTP/1.1\r\nHost: a\r\n\r\n"
DEADLINE_MS = 200


def post(method: str, args: dict[str, object], timeout_ms: int = 60_000) -> bytes:
    body = json.dumps(args)
    head = (
        f"POST /methods/{method} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        f"Tidewire-Timeout-Ms: {timeout_ms}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


@pytest.fixture(params=LANGUAGES)
def blocked(request: pytest.FixtureRequest) -> Iterator[tuple[str, ServerEnd, Connection]]:
    """A server whose loop is blocked now, and the connection that waits for the end of it."""
    with ServerEnd(request.param) as server, Connection.to(server.port) as waiting:
        waiting.send(post("block", {"seconds": SECONDS}))
        assert server.next_line() == {"blocking": True}
        yield request.param, server, waiting


def statuses(port: int, request: bytes) -> list[int]:
    """What that many new connections are answered, one request each."""
    connections = [Connection.to(port) for _ in range(CONNECTIONS)]
    try:
        for connection in connections:
            connection.send(request)
        answers = [connection.message() for connection in connections]
        return [answer.status for answer in answers if answer is not None]
    finally:
        for connection in connections:
            connection.close()


def test_a_blocked_host_costs_other_connections_nothing_that_is_the_cores(
    blocked: tuple[str, ServerEnd, Connection],
) -> None:
    language, server, waiting = blocked
    # Queued for the host, in front of all that follows; they are answered when it comes back.
    queued = [Connection.to(server.port) for _ in range(CONNECTIONS)]
    for number, connection in enumerate(queued):
        connection.send(post("add", {"a": number, "b": 1}))
    assert statuses(server.port, MALFORMED) == [400] * CONNECTIONS
    assert statuses(server.port, UNKNOWN) == [404] * CONNECTIONS
    late = post("never", {"tag": "late"}, DEADLINE_MS)
    assert statuses(server.port, late) == [504] * CONNECTIONS
    assert waiting.silent(), "the block was over before all were answered"

    answers = []
    for connection in queued:
        answer = connection.message()
        assert answer is not None
        answers.append((answer.status, json.loads(answer.body)))
        connection.close()
    assert answers == [(200, number + 1) for number in range(CONNECTIONS)]

    end = waiting.message()
    assert end is not None
    seconds = json.loads(end.body)
    assert seconds >= SECONDS
    # A C++ server has no host: its handler blocked a thread of its own.
    expected = 0.0 if language == "cpp" else seconds
    assert server.stats()["app_stall_seconds"] == pytest.approx(expected, rel=0.05)
