"""Raw sockets: sends just these bytes, reads just what comes, knows where a message ends."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from conformance.ends import PATIENCE


def bytes_of(text: Any) -> bytes:
    """The bytes of a golden case: see README.md."""
    if isinstance(text, str):
        return text.encode("latin-1")
    parts = [part if isinstance(part, str) else part["repeat"] * part["times"] for part in text]
    return "".join(parts).encode("latin-1")


@dataclass
class Message:
    """A response or a request as it came."""

    first_line: str
    fields: list[tuple[str, str]]
    body: bytes
    raw: bytes = field(repr=False)

    @property
    def status(self) -> int:
        return int(self.first_line.split(" ")[1])

    def get(self, name: str) -> str | None:
        for known, value in self.fields:
            if known.lower() == name.lower():
                return value
        return None


class Connection:
    """One TCP connection. Reading past the end gives None; reading too long fails."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = b""
        self._ended = False

    @classmethod
    def to(cls, port: int) -> Connection:
        return cls(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))

    def send(self, data: bytes, cuts: Iterator[int] | None = None) -> None:
        """Sends `data`, whole or in pieces of these sizes. A peer that has closed is no failure:
        what it answered before is what counts."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if cuts is None:
                self.socket.sendall(data)
                return
            position = 0
            while position < len(data):
                size = next(cuts)
                self.socket.sendall(data[position : position + size])
                position += size

    def finish(self) -> None:
        """Tells the peer that nothing more comes; it may have closed already."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def _more(self) -> bool:
        if self._ended:
            return False
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self._ended = data == b""
        self._buffer += data
        return not self._ended

    def message(self, to_head: bool = False) -> Message | None:
        """The next message; None when the connection ends before it begins."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._more():
                assert self._buffer == b"", f"the connection ended inside {self._buffer!r}"
                return None
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        first_line, *lines = head.decode("latin-1").split("\r\n")
        fields = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        message = Message(first_line, fields, b"", b"")
        size = 0 if to_head else int(message.get("Content-Length") or 0)
        assert message.get("Transfer-Encoding") is None, "no end of ours sends chunks here"
        while len(rest) < size:
            assert self._more(), f"the connection ended inside the body of {first_line}"
            rest = self._buffer[len(head) + 4 :]
        message.body = rest[:size]
        message.raw = head + b"\r\n\r\n" + rest[:size]
        self._buffer = rest[size:]
        return message

    def rest(self) -> bytes:
        """All that comes until the peer closes."""
        while self._more():
            pass
        rest, self._buffer = self._buffer, b""
        return rest

    def silent(self) -> bool:
        """Whether nothing has come since the last message, not even the connection's end."""
        ready, _, _ = select.select([self.socket], [], [], 0)
        return not ready and not self._buffer and not self._ended

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class RawServer:
    """Listens on loopback and gives each connection to `serve`, on a thread of its own."""

    def __init__(self, serve: Callable[[Connection], None]) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._threads: list[threading.Thread] = []
        self.failures: list[BaseException] = []
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return  # close() has been called
            thread = threading.Thread(target=self._run, args=(Connection(sock),), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _run(self, connection: Connection) -> None:
        with connection:
            try:
                self._serve(connection)
            except BaseException as failure:
                self.failures.append(failure)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join(PATIENCE)
        for thread in self._threads:
            thread.join(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        assert self.failures == []
