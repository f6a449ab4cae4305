"""Starts the server and client programs of programs/ and talks to them.

Everything that waits has a bound and fails with what it was waiting for; nothing waits for a time
to pass. Processes are ended by their own pid, and with the test that started them.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import os
import queue
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent.parent
CERTIFICATES = ROOT / "tests" / "support" / "certificates"
CA = CERTIFICATES / "ca.pem"
PROGRAMS = Path(__file__).resolve().parent / "programs"
BUILD = Path(os.environ.get("TIDEWIRE_BUILD_DIR", ROOT / "build" / "dev"))
LANGUAGES = ("cpp", "python", "node")
PAIRS = [(server, client) for server in LANGUAGES for client in LANGUAGES]

# How long anything may take on a loaded machine before it counts as never.
PATIENCE = 20.0
SAFE_INTEGER_MAX = 2**53 - 1

_tags = itertools.count(1)


def new_tag() -> str:
    """A name for one call, under which servers keep the events of its handler."""
    return f"tag-{os.getpid()}-{next(_tags)}"


def until(what: str, condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Looks again and again until `condition` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.005)


def command_of(language: str, end: str) -> list[str]:
    if language == "cpp":
        return [str(BUILD / "tests" / "conformance" / f"conformance_{end}")]
    if language == "python":
        return [sys.executable, str(PROGRAMS / f"{end}.py")]
    return ["node", str(PROGRAMS / f"{end}.mjs")]


def environment() -> dict[str, str]:
    packages = str(ROOT / "packages" / "python")
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{known}:{packages}" if known else packages}


class Process:
    """A program that is told JSON lines and tells JSON lines.

    `descriptors` is how many files it may have open; None for as many as the tests.
    """

    def __init__(self, name: str, command: list[str], descriptors: int | None = None) -> None:
        self.name = name
        if descriptors is not None:
            command = ["prlimit", f"--nofile={descriptors}", *command]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            cwd=ROOT,
        )
        self.lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.errors = b""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(self._process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _read(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.lines.put(json.loads(line, object_hook=_untagged))
        self.lines.put(None)

    def _read_errors(self, stream: IO[bytes]) -> None:
        for line in stream:
            self.errors += line

    def tell(self, line: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(_tagged(line)).encode() + b"\n")
        self._process.stdin.flush()

    def next_line(self, seconds: float = PATIENCE) -> dict[str, Any]:
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"{self.name} said nothing for {seconds:.0f} s") from None
        assert line is not None, f"{self.name} ended: {self.errors.decode(errors='replace')}"
        return line

    def kill(self) -> None:
        """kill -9, and waits until the process is gone."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Closes its standard input, which ends it; its exit code."""
        if self._process.returncode is None:
            assert self._process.stdin is not None
            try:
                self._process.stdin.close()
                self._process.wait(PATIENCE)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                self.kill()
        for reader in self._readers:
            reader.join(PATIENCE)
        for stream in (self._process.stdout, self._process.stderr, self._process.stdin):
            if stream is not None and not stream.closed:
                # What a killed process was told last is of no interest to it any more.
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()


class ServerEnd(Process):
    """A server program; its events and figures are read over HTTP by a client of none of ours."""

    def __init__(
        self, language: str, port: int = 0, secure: bool = False, descriptors: int | None = None
    ) -> None:
        command = [*command_of(language, "server"), f"127.0.0.1:{port}"]
        if secure:
            command += [str(CERTIFICATES / "server.pem"), str(CERTIFICATES / "server.key")]
        super().__init__(f"server in {language}", command, descriptors)
        self.language = language
        try:
            self.url: str = self.next_line()["url"]
        except BaseException:
            self.kill()
            self.end()
            raise
        parts = urlsplit(self.url)
        assert (parts.scheme, parts.hostname) == ("https" if secure else "http", "127.0.0.1")
        self.secure = secure
        assert parts.port is not None
        self.port: int = parts.port

    def _connection(self) -> http.client.HTTPConnection:
        if not self.secure:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        context = ssl.create_default_context(cafile=str(CA))
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=PATIENCE, context=context
        )

    def ask(self, method: str, args: dict[str, Any]) -> Any:
        connection = self._connection()
        try:
            body = json.dumps(args)
            connection.request(
                "POST", f"/methods/{method}", body, {"Content-Type": "application/json"}
            )
            response = connection.getresponse()
            assert response.status == 200, response.read()
            return json.loads(response.read())
        finally:
            connection.close()

    def events(self, tag: str) -> list[str]:
        found: list[str] = self.ask("events", {"tag": tag})
        return found

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("stats", {})
        return found

    def await_events(self, tag: str, expected: list[str]) -> None:
        """Waits until the handler of that call has done just this."""
        seen: list[str] = []

        def done() -> bool:
            seen[:] = self.events(tag)
            return seen == expected

        try:
            until(f"{self.name}: {expected}", done)
        except AssertionError as error:
            raise AssertionError(f"{error}; it had {seen}") from None


class ClientEnd(Process):
    """A client program. Commands get numbers; outcomes come under them in any order."""

    def __init__(self, language: str) -> None:
        super().__init__(f"client in {language}", command_of(language, "client"))
        self._ids = itertools.count(1)
        self._outcomes: dict[int, dict[str, Any]] = {}

    def start(self, do: str, **command: Any) -> int:
        number = next(self._ids)
        self.tell({"id": number, "do": do, **command})
        return number

    def outcome(self, number: int) -> dict[str, Any]:
        """How the command ended: {"value"}, {"error", "message"} or {"status", "body_hex", ...}."""
        while number not in self._outcomes:
            line = self.next_line()
            assert line["id"] not in self._outcomes, f"{self.name}: {line} settled twice"
            self._outcomes[line.pop("id")] = line
        return self._outcomes[number]

    def cancel(self, number: int) -> None:
        self.tell({"id": next(self._ids), "do": "cancel", "of": number})

    def connect(self, url: str, **options: Any) -> dict[str, Any]:
        """Of servers that speak TLS it trusts those of the tests' CA."""
        trust = {"ca": str(CA)} if url.startswith("https:") else {}
        return self.outcome(self.start("connect", url=url, **trust, **options))

    def call(self, method: str, args: Any = None, **options: Any) -> dict[str, Any]:
        return self.outcome(self.start("call", method=method, args=args, **options))

    def request(self, method: str, target: str, **options: Any) -> dict[str, Any]:
        return self.outcome(self.start("request", method=method, target=target, **options))


def body_of(outcome: dict[str, Any]) -> bytes:
    return bytes.fromhex(outcome["body_hex"])


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _tagged(value: Any) -> Any:
    """Integers that JavaScript's numbers do not hold, in the form that every program reads."""
    if isinstance(value, dict):
        return {name: _tagged(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_tagged(element) for element in value]
    if isinstance(value, int) and abs(value) > SAFE_INTEGER_MAX:
        return {"$int": str(value)}
    return value


def _untagged(value: dict[str, Any]) -> Any:
    return int(value["$int"]) if value.keys() == {"$int"} else value
