"""What hostile or broken peers do to a server: each attack is a context that holds its connections.

They come from 127.0.0.2, so that they are another address than the client that must not suffer.
"""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.ends import PATIENCE

ATTACKER = "127.0.0.2"
IP_BIND_ADDRESS_NO_PORT = 24  # of ip(7), which socket does not name before Python 3.12
CONNECTIONS = 200
IDLE = 10_000
HALF_OPEN = 1_000
# More than the kernel takes on behalf of a peer that does not read.
STALLED = 20
STALLED_BYTES = 8 * 2**20
DESCRIPTORS = 64
DRIP_SECONDS = 0.2
BOMBERS = 4
BOMB_BYTES = 64 * 2**20
BOMB_SECONDS = 0.02

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
BODY_HEAD = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
BOMB_HEAD = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
# The beginning of a TLS record of 512 bytes, and of the ClientHello in it.
HALF_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def connected(port: int) -> socket.socket:
    sock = socket.socket()
    sock.settimeout(PATIENCE)
    # The port is chosen when the other end is known: else each one is looked for in a long list.
    sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    sock.bind((ATTACKER, 0))
    sock.connect(("127.0.0.1", port))
    return sock


@contextlib.contextmanager
def _held(port: int, count: int, first: bytes) -> Iterator[list[socket.socket]]:
    """`count` connections that have sent `first`, and wait."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(count):
            sock = stack.enter_context(connected(port))
            if first:
                sock.sendall(first)
            sockets.append(sock)
        yield sockets


@contextlib.contextmanager
def _dripping(port: int, first: bytes, drop: Callable[[int], bytes]) -> Iterator[None]:
    """Connections that send a byte now and then, for as long as the server lets them."""
    over = threading.Event()

    def drip(sockets: list[socket.socket]) -> None:
        turn = 0
        while not over.wait(DRIP_SECONDS):
            turn += 1
            for sock in sockets:
                with contextlib.suppress(OSError):  # closed by the server, as it should be
                    sock.sendall(drop(turn))

    with _held(port, CONNECTIONS, first) as sockets:
        dripper = threading.Thread(target=drip, args=(sockets,))
        dripper.start()
        try:
            yield
        finally:
            over.set()
            dripper.join()


def slowloris(port: int) -> contextlib.AbstractContextManager[object]:
    """Heads that never end."""
    return _dripping(port, HEAD, lambda turn: b"X: y\r\n" if turn % 5 == 0 else b"")


def slow_body(port: int) -> contextlib.AbstractContextManager[object]:
    """Bodies that come a byte at a time."""
    return _dripping(port, BODY_HEAD, lambda _: b"x")


def stalled_reader(port: int) -> contextlib.AbstractContextManager[object]:
    """Large answers that nobody reads."""
    ask = f"GET /big?bytes={STALLED_BYTES} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    return _held(port, STALLED, ask)


@contextlib.contextmanager
def idle(port: int) -> Iterator[None]:
    """Connections that were used once, and are kept."""
    with _held(port, IDLE, HEAD + b"\r\n") as sockets:
        for sock in sockets:
            assert sock.recv(65536).startswith(b"HTTP/1.1 200 ")
        yield


def half_open(port: int) -> contextlib.AbstractContextManager[object]:
    """Handshakes of TLS that stop in their first record."""
    return _held(port, HALF_OPEN, HALF_HELLO)


@contextlib.contextmanager
def gzip_bomb(port: int) -> Iterator[None]:
    """Small bodies that unpack to a thousand times as much, one after the other."""
    bomb = gzip.compress(bytes(BOMB_BYTES), 9)
    length = f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    over = threading.Event()
    answers: list[bytes] = []

    def throw() -> None:
        while not over.wait(BOMB_SECONDS):
            with connected(port) as sock:
                sock.sendall(BOMB_HEAD + length + bomb)
                answers.append(sock.recv(65536).partition(b"\r\n")[0])

    throwers = [threading.Thread(target=throw) for _ in range(BOMBERS)]
    for thrower in throwers:
        thrower.start()
    try:
        yield
    finally:
        over.set()
        for thrower in throwers:
            thrower.join()
    assert set(answers) == {b"HTTP/1.1 413 Content Too Large"}
    assert len(answers) >= BOMBERS


def descriptors(port: int) -> contextlib.AbstractContextManager[object]:
    """More connections than the server has file descriptors for."""
    return _held(port, 2 * DESCRIPTORS, b"")


@dataclass(frozen=True)
class Attack:
    """An attack, and what its server may need for it."""

    hold: Callable[[int], contextlib.AbstractContextManager[object]]
    # Of resident memory more than before, in MiB.
    budget_mib: int
    secure: bool = False
    # The server's limit of file descriptors; None: that of the tests.
    descriptors: int | None = None

    @property
    def name(self) -> str:
        return self.hold.__name__


ATTACKS = [
    Attack(slowloris, budget_mib=8),
    Attack(slow_body, budget_mib=16),
    # The answers, twice again for what Python and Node keep of what they made them from.
    Attack(stalled_reader, budget_mib=3 * STALLED * STALLED_BYTES // 2**20),
    Attack(idle, budget_mib=64),
    Attack(half_open, budget_mib=16, secure=True),
    # Twice the MiB that is unpacked before the ratio counts, for each that throws.
    Attack(gzip_bomb, budget_mib=8 + 2 * BOMBERS),
    Attack(descriptors, budget_mib=8, descriptors=DESCRIPTORS),
]
