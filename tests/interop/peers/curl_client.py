"""curl as a client: requests as JSON from standard input, answers as JSON to standard output.

All requests are made by one curl, so that it may keep its connection.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any


def arguments(folder: Path, number: int, told: dict[str, Any]) -> list[str]:
    request = told["requests"][number]
    found = ["--cacert", told["ca"]] if "ca" in told else []
    found += ["--silent", "--show-error", "--http1.1", "--noproxy", "*", "--globoff"]
    found += ["--path-as-is", "--output", str(folder / f"{number}.body")]
    found += ["--dump-header", str(folder / f"{number}.head")]
    found += ["--head"] if request["method"] == "HEAD" else ["--request", request["method"]]
    if request.get("decoded"):
        found += ["--compressed"]
    for name, value in request.get("headers", {}).items():
        found += ["--header", f"{name}: {value}"]
    if "body_hex" in request:
        body = folder / f"{number}.send"
        body.write_bytes(bytes.fromhex(request["body_hex"]))
        found += ["--data-binary", f"@{body}"]
        if request.get("chunked"):
            found += ["--header", "Transfer-Encoding: chunked"]
    return [*found, told["url"] + request["target"]]


def answer(folder: Path, number: int, method: str) -> dict[str, Any]:
    heads = (folder / f"{number}.head").read_bytes().decode("latin-1").split("\r\n\r\n")
    # 100 Continue comes before the answer.
    status_line, *lines = heads[-2].split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    body = folder / f"{number}.body"
    return {
        "status": int(status_line.split(" ")[1]),
        "headers": {name.lower(): value for name, value in headers.items()},
        "body_hex": body.read_bytes().hex() if body.exists() and method != "HEAD" else "",
    }


def main() -> None:
    told: dict[str, Any] = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = ["curl"]
        for number in range(len(told["requests"])):
            command += ["--next"] if number else []
            command += arguments(folder, number, told)
        # In this process's place, so that who kills it kills curl.
        if told.get("hang"):
            os.execvp("curl", command)
        status = os.spawnvp(os.P_WAIT, "curl", command)
        if status != 0:
            sys.exit(f"curl ended with {status}")
        answers = [
            answer(folder, number, request["method"])
            for number, request in enumerate(told["requests"])
        ]
    json.dump(answers, sys.stdout)


main()
