"""The exact bytes that each server answers: the same from C++, Python and Node."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.ends import ServerEnd
from conformance.raw import Connection, bytes_of

ANSWERS = json.loads((Path(__file__).resolve().parent / "http1_answers.json").read_text())
DATE = re.compile(
    rb"Date: (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT\r"
)


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case["name"])
def test_a_request_is_answered_with_the_golden_bytes(
    server: ServerEnd, case: dict[str, Any]
) -> None:
    request, expected = bytes_of(case["request"]), bytes_of(case["response"])
    got = b""
    with Connection.to(server.port) as connection:
        connection.send(request)
        for _ in range(len(re.findall(rb"HTTP/1\.1 [2-5]", expected))):
            answer = connection.message(to_head=request.startswith(b"HEAD"))
            assert answer is not None, "the connection ended without an answer"
            got += answer.raw
            if answer.status == 100:
                connection.send(b"abc")
                final = connection.message()
                assert final is not None
                got += final.raw
        if b"Connection: close" not in expected:
            connection.finish()
        got += connection.rest()
    assert DATE.sub(b"Date: *\r", got) == expected
