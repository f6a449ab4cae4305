"""Server: routes and named methods over HTTP/1.1, on the running asyncio loop.

    app = tidewire.Server("127.0.0.1:8080")

    @app.get("/users/{id}")
    async def user(request): return {"id": request.params["id"]}

    @app.method()
    async def add(a: int, b: int) -> int: return a + b

    app.run()                     # or: async with app: ...

An `async def` handler runs as a task of the loop, a plain `def` in a bounded pool of threads.
Sockets, timers and deadlines live on threads of the core: a handler that blocks the loop delays
other handlers, never a connection.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import signal
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, overload

from tidewire import _core
from tidewire._errors_generated import InvalidArgumentError, MisuseError
from tidewire._host import host_of_running_loop
from tidewire._signature import is_async, method_handler, route_handler
from tidewire.hooks import (
    Authenticate,
    Authorize,
    Middleware,
    Threads,
    admission,
    check_middleware,
    layered,
)
from tidewire.limits import Limits
from tidewire.tls import Tls, native_server
from tidewire.web import Cors, web_options

F = TypeVar("F", bound=Callable[..., Any])
RouteHandler = Callable[[_core.Request], Any] | Callable[[_core.Request], Awaitable[Any]]
R = TypeVar("R", bound=RouteHandler)
M = TypeVar("M", bound=Middleware)
A = TypeVar("A", bound=Authenticate)
Z = TypeVar("Z", bound=Authorize)

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


class _Route(NamedTuple):
    http_method: str | None  # None: a named method
    name: str
    handler: _core.Handler


class Server:
    """A server; nothing runs before `start()`, `run()` or `async with`.

    `address` is "host:port" (port 0 takes a free one) or "unix:/run/app.sock", `loops` the number
    of the core's threads. With `debug` the text of a handler's exception goes to the caller; it is
    always logged.
    `hosts` are the names that a request's Host may have ("example.com", "example.com:8080", "*");
    on loopback the loopback names always are, and no others by default. `cors` says which pages of
    other origins may use the server. With `tls` it speaks https.
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
    ) -> None:
        if not isinstance(address, str):
            raise InvalidArgumentError(f"an address is a str, not {address!r}")
        if not (isinstance(loops, int) and 1 <= loops <= 256):
            raise InvalidArgumentError(f"loops is 1 to 256, not {loops!r}")
        if not (isinstance(threads, int) and threads >= 1):
            raise InvalidArgumentError(f"threads is at least 1, not {threads!r}")
        if not (limits is None or isinstance(limits, Limits)):
            raise InvalidArgumentError(f"limits is a tidewire.Limits, not {limits!r}")
        self._address = address
        self._loops = loops
        self._limits = limits or Limits()
        self._debug = debug
        self._threads = threads
        self._web = web_options(hosts, cors, tls)
        self._routes: list[_Route] = []
        self._middleware: list[Middleware] = []
        self._authenticate: Authenticate | None = None
        self._authorize: Authorize | None = None
        self._native: _core.Server | None = None
        self._pool: ThreadPoolExecutor | None = None

    # ---- Registration

    def route(self, http_method: str, pattern: str) -> Callable[[R], R]:
        """Registers a handler for an HTTP method and a pattern: `/users/{id}`, `/files/{path...}`.

        The handler takes the Request. What it returns: a Response as it is, str as text, bytes as
        bytes, None as 204, and anything else as JSON.
        """

        if not (isinstance(http_method, str) and isinstance(pattern, str)):
            raise InvalidArgumentError("a route is an HTTP method and a pattern, both str")

        def register(handler: R) -> R:
            name = f"{http_method} {pattern}"
            self._add(_Route(http_method, pattern, route_handler(handler, name)))
            return handler

        return register

    def get(self, pattern: str) -> Callable[[R], R]:
        """A handler for GET (and HEAD)."""
        return self.route("GET", pattern)

    def post(self, pattern: str) -> Callable[[R], R]:
        """A handler for POST."""
        return self.route("POST", pattern)

    def put(self, pattern: str) -> Callable[[R], R]:
        """A handler for PUT."""
        return self.route("PUT", pattern)

    def patch(self, pattern: str) -> Callable[[R], R]:
        """A handler for PATCH."""
        return self.route("PATCH", pattern)

    def delete(self, pattern: str) -> Callable[[R], R]:
        """A handler for DELETE."""
        return self.route("DELETE", pattern)

    @overload
    def method(self, name: F) -> F: ...
    @overload
    def method(self, name: str | None = None) -> Callable[[F], F]: ...
    def method(self, name: F | str | None = None) -> F | Callable[[F], F]:
        """Registers a named method, called by `client.call(name, args)` or POST /methods/{name}.

        `@app.method`, `@app.method()` and `@app.method("name")` do. The members of the JSON object
        are bound to the parameters by name, and checked against annotations of JSON's types
        (`invalid_argument`, with the name). A parameter annotated `tidewire.Context` is given it.
        """

        def register(handler: F) -> F:
            called = name if isinstance(name, str) else getattr(handler, "__name__", "")
            if not called:
                raise InvalidArgumentError(f"{handler!r} has no name: @app.method('name')")
            self._add(_Route(None, called, method_handler(handler, called)))
            return handler

        if name is None or isinstance(name, str):
            return register
        if not callable(name):
            raise InvalidArgumentError(f"a name is a str, not {name!r}")
        return register(name)

    def middleware(self, layer: M) -> M:
        """Puts an `async def layer(request, next)` around every route and method.

        The first one registered is outermost. `await next(request)` gives the Response of the rest,
        or raises what it raised; what the layer returns is the answer, as a handler's result is.
        """
        check_middleware(layer)
        self._check_fresh()
        self._middleware.append(layer)
        return layer

    def authenticate(self, hook: A) -> A:
        """Registers what says who asks: `hook(request)` gives a Principal, or None for nobody.

        It may raise UnauthenticatedError or TokenExpiredError for a bad token. Anything else that
        it raises is `internal`. A plain def runs in a thread.
        """
        self._check_fresh()
        if self._authenticate is not None:
            raise MisuseError("there is a hook authenticate already")
        is_async(hook)
        self._authenticate = hook
        return hook

    def authorize(self, hook: Z) -> Z:
        """Registers what says who may do what: `hook(principal, action, name)` gives a bool.

        `action` is "call" with the name of a method, or of a route, "GET /users/{id}". Without this
        hook, whoever has a principal may do everything.
        """
        self._check_fresh()
        if self._authorize is not None:
            raise MisuseError("there is a hook authorize already")
        is_async(hook)
        self._authorize = hook
        return hook

    def _check_fresh(self) -> None:
        if self._native is not None:
            raise MisuseError("hooks are registered before start()")

    def _add(self, route: _Route) -> None:
        if self._native is not None:
            raise MisuseError("handlers are registered before start()")
        self._routes.append(route)

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
                if self._middleware:
                    handler = layered(handler, self._middleware, threads)
                native.add(handler, route.http_method, route.name, submit, _JOBS_MAX)
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
