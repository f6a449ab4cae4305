"""Server: routes and named methods over HTTP/1.1, on the running asyncio loop.

    app = tidewire.Server("127.0.0.1:8080")

    @app.get("/users/{id}")
    async def user(request): return {"id": request.params["id"]}

    @app.method()
    async def add(a: int, b: int) -> int: return a + b

    app.run()                     # or: async with app: ...

An `async def` handler runs as a task of the loop, a plain `def` in a bounded pool of threads.
GET /healthz, /readyz and /metrics answer by themselves (docs/operations.md).
Sockets, timers and deadlines live on threads of the core: a handler that blocks the loop delays
other handlers, never a connection.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import NamedTuple, Self

from tidewire import _core
from tidewire._errors_generated import InvalidArgumentError, MisuseError
from tidewire._host import host_of_running_loop
from tidewire._registration import Registration
from tidewire.hooks import Threads, admission, layered
from tidewire.limits import Limits
from tidewire.tls import Tls, native_server
from tidewire.web import Compression, Cors, web_options

# Plain handlers that wait for a thread; one more is answered `overloaded`.
_JOBS_MAX = 16_384
_THREADS_DEFAULT = 16


class ServerStats(NamedTuple):
    """What a server has done and is doing."""

    connections: int
    """Open now."""
    connections_accepted: int
    """Since the start."""
    requests: int
    """Answered or not, since the start."""
    requests_in_flight: int
    """Not answered yet."""
    requests_cancelled: int
    """The caller was gone or its deadline passed before the answer."""
    protocol_errors: int
    """Connections ended for what their peer sent."""
    app_stall_seconds: float
    """For how long requests lay there while the loop was blocked."""


class Server(Registration):
    """A server; nothing runs before `start()`, `run()` or `async with`.

    `address` is "host:port" (port 0 takes a free one) or "unix:/run/app.sock", `loops` the number
    of the core's threads. With `debug` the text of a handler's exception goes to the caller; it is
    always logged.
    `hosts` are the names that a request's Host may have ("example.com", "example.com:8080", "*");
    on loopback the loopback names always are, and no others by default. `cors` says which pages of
    other origins may use the server. With `tls` it speaks https. `compression` says which answers
    leave compressed; none do by default.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:8080",
        *,
        loops: int = 1,
        limits: Limits | None = None,
        debug: bool = False,
        threads: int = _THREADS_DEFAULT,
        hosts: Sequence[str] = (),
        cors: Cors | None = None,
        tls: Tls | None = None,
        compression: Compression | None = None,
    ) -> None:
        if not isinstance(address, str):
            raise InvalidArgumentError(f"an address is a str, not {address!r}")
        if not (isinstance(loops, int) and 1 <= loops <= 256):
            raise InvalidArgumentError(f"loops is 1 to 256, not {loops!r}")
        if not (isinstance(threads, int) and threads >= 1):
            raise InvalidArgumentError(f"threads is at least 1, not {threads!r}")
        if not (limits is None or isinstance(limits, Limits)):
            raise InvalidArgumentError(f"limits is a tidewire.Limits, not {limits!r}")
        super().__init__()
        self._address = address
        self._loops = loops
        self._limits = limits or Limits()
        self._debug = debug
        self._threads = threads
        self._web = web_options(hosts, cors, tls, compression)
        self._pool: ThreadPoolExecutor | None = None

    # ---- Life

    async def start(self) -> Self:
        """Binds and serves. An address in use, a bad or taken pattern raise here."""
        if self._native is not None:
            raise MisuseError("the server has started already")
        native = _core.Server(
            host_of_running_loop(),
            self._address,
            self._loops,
            dataclasses.asdict(self._limits),
            self._debug,
            self._web,
        )
        pool = ThreadPoolExecutor(self._threads, thread_name_prefix="tidewire")

        def submit(job: Callable[[], object]) -> None:
            pool.submit(contextvars.copy_context().run, job)

        try:
            threads = Threads(pool, _JOBS_MAX)
            if self._authenticate or self._authorize:
                hook = admission(self._authenticate, self._authorize, threads)
                native.set_admission(hook, submit, _JOBS_MAX)
            for route in self._routes:
                handler = route.handler
                if self._middleware and handler.streams:
                    raise MisuseError(
                        f"{route.name} streams: middleware stands around handlers that return "
                        "their answer"
                    )
                if self._middleware:
                    handler = layered(handler, self._middleware, threads)
                native.add(
                    handler, route.http_method, route.name, submit, _JOBS_MAX, route.pure
                )
            native.start()
        except BaseException:
            native.release()
            pool.shutdown(wait=False)
            raise
        self._native, self._pool = native, pool
        return self

    async def stop(self, grace: float | None = None) -> None:
        """Stops accepting and answers what is under way for at most `grace` seconds.

        Then it ends every connection; handlers still running are cancelled. `None` takes
        `Limits.stop_grace`. Idempotent.
        """
        native, pool = self._native, self._pool
        if native is None:
            return
        done = native.stop(grace)
        self._native = self._pool = None
        try:
            if done is not None:
                await done
        finally:
            native.release()
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    def run(
        self,
        *,
        grace: float | None = None,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
    ) -> None:
        """Serves until SIGINT or SIGTERM, then drains; a second signal does not wait.

        `loop_factory=uvloop.new_event_loop` runs it on uvloop.
        """
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(self._serve(grace))

    async def _serve(self, grace: float | None) -> None:
        loop = asyncio.get_running_loop()
        told, hurried = asyncio.Event(), asyncio.Event()

        def on_signal() -> None:
            (hurried if told.is_set() else told).set()

        await self.start()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, on_signal)
        try:
            await told.wait()
            draining = asyncio.ensure_future(self.stop(grace))
            hurry = asyncio.ensure_future(hurried.wait())
            await asyncio.wait((draining, hurry), return_when=asyncio.FIRST_COMPLETED)
            hurry.cancel()
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def reload_tls(self, tls: Tls) -> None:
        """Takes other certificates: handshakes that begin from now on use them.

        Connections go on with theirs. For certificates that are not usable it raises, and nothing
        changes.
        """
        self._running().reload_tls(native_server(tls))

    def set_ready(self, ready: bool) -> None:
        """Says what GET /readyz answers from now on: 200, or 503 when not ready.

        A server is ready from start() on, and not any more from stop() on.
        """
        if not isinstance(ready, bool):
            raise InvalidArgumentError(f"ready is a bool, not {ready!r}")
        self._running().set_ready(ready)

    # ---- What it tells

    def _running(self) -> _core.Server:
        if self._native is None:
            raise MisuseError("the server is not running")
        return self._native

    @property
    def url(self) -> str:
        """ "http://127.0.0.1:8080", with the port that was taken."""
        return self._running().url

    @property
    def port(self) -> int:
        """The port that was taken; 0 on a Unix socket."""
        return self._running().port

    def stats(self) -> ServerStats:
        """Counters since the start."""
        return ServerStats(*self._running().stats())

    def __repr__(self) -> str:
        return f"<Server {self._native.url if self._native else self._address}>"
