"""What is registered with a server before it starts: routes, methods and hooks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar, overload

from tidewire import _core
from tidewire._errors_generated import InvalidArgumentError, MisuseError
from tidewire._signature import is_async, method_handler, route_handler
from tidewire.hooks import Authenticate, Authorize, Middleware, check_middleware

F = TypeVar("F", bound=Callable[..., Any])
RouteHandler = Callable[[_core.Request], Any] | Callable[[_core.Request], Awaitable[Any]]
R = TypeVar("R", bound=RouteHandler)
M = TypeVar("M", bound=Middleware)
A = TypeVar("A", bound=Authenticate)
Z = TypeVar("Z", bound=Authorize)


class Registered(NamedTuple):
    """A handler under its route or name."""

    http_method: str | None  # None: a named method
    name: str
    handler: _core.Handler
    pure: bool = False  # of a method


class Registration:
    """The part of a Server that takes handlers and hooks."""

    def __init__(self) -> None:
        self._native: _core.Server | None = None  # while it is started
        self._routes: list[Registered] = []
        self._middleware: list[Middleware] = []
        self._authenticate: Authenticate | None = None
        self._authorize: Authorize | None = None

    def route(self, http_method: str, pattern: str) -> Callable[[R], R]:
        """Registers a handler for an HTTP method and a pattern: `/users/{id}`, `/files/{path...}`.

        The handler takes the Request. What it returns: a Response as it is, str as text, bytes as
        bytes, None as 204, and anything else as JSON.
        """

        if not (isinstance(http_method, str) and isinstance(pattern, str)):
            raise InvalidArgumentError("a route is an HTTP method and a pattern, both str")

        def register(handler: R) -> R:
            name = f"{http_method} {pattern}"
            self._add(Registered(http_method, pattern, route_handler(handler, name)))
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
    def method(self, name: str | None = None, *, pure: bool = False) -> Callable[[F], F]: ...
    def method(self, name: F | str | None = None, *, pure: bool = False) -> F | Callable[[F], F]:
        """Registers a named method, called by `client.call(name, args)` or POST /methods/{name}.

        `@app.method`, `@app.method()` and `@app.method("name")` do. The members of the JSON object
        are bound to the parameters by name, and checked against annotations of JSON's types
        (`invalid_argument`, with the name). A parameter annotated `tidewire.Context` is given it.
        An async generator streams its reply, item by item; a parameter annotated
        `AsyncIterator[...]` is sent a stream of arguments (tidewire.streams).
        With `pure`, for one whose result hangs on its arguments only and that changes nothing, it
        may be read, too: GET /methods/{name}?args=JSON, with an ETag, and 304 for who has that.
        """

        def register(handler: F) -> F:
            called = name if isinstance(name, str) else getattr(handler, "__name__", "")
            if not called:
                raise InvalidArgumentError(f"{handler!r} has no name: @app.method('name')")
            made = method_handler(handler, called)
            if pure and made.streams:
                raise InvalidArgumentError(f"{called} streams: it cannot be pure")
            self._add(Registered(None, called, made, bool(pure)))
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

        `action` is "call" with the name of a method, or of a route, "GET /users/{id}"; "admin" with
        "GET /metrics". Without this hook, whoever has a principal may do everything.
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

    def _add(self, route: Registered) -> None:
        if self._native is not None:
            raise MisuseError("handlers are registered before start()")
        self._routes.append(route)
