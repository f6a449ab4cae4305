"""The client that an attack on the server must not harm, and what the server costs meanwhile."""

from __future__ import annotations

import json
import os
import ssl
import time
from http.client import HTTPConnection, HTTPSConnection

from conformance.ends import CA, PATIENCE, ServerEnd

REQUESTS = 1_000
# So often the client comes back with a new connection.
REQUESTS_PER_CONNECTION = 50


def connection_to(server: ServerEnd) -> HTTPConnection:
    if not server.secure:
        return HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    context = ssl.create_default_context(cafile=str(CA))
    return HTTPSConnection("127.0.0.1", server.port, timeout=PATIENCE, context=context)


def ask(connection: HTTPConnection, number: int) -> float:
    """One call, whose answer must be right; the seconds it took."""
    began = time.monotonic()
    body = json.dumps({"a": number, "b": 1})
    connection.request("POST", "/methods/add", body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read()
    assert (response.status, answer) == (200, str(number + 1).encode())
    return time.monotonic() - began


def ask_all(server: ServerEnd, kept: HTTPConnection | None) -> list[float]:
    """The seconds of each request; all on `kept`, or on new connections now and then."""
    if kept is not None:
        return [ask(kept, number) for number in range(REQUESTS)]
    seconds = []
    for start in range(0, REQUESTS, REQUESTS_PER_CONNECTION):
        connection = connection_to(server)
        seconds += [ask(connection, start + n) for n in range(REQUESTS_PER_CONNECTION)]
        connection.close()
    return seconds


def resident_mib(pid: int) -> float:
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
