"""What stands around the handlers of a server: middleware, authenticate and authorize."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from typing import Any, Literal

from tidewire import _core
from tidewire._errors_generated import (
    ForbiddenError,
    InvalidArgumentError,
    OverloadedError,
    UnauthenticatedError,
)
from tidewire._signature import is_async
from tidewire.principal import Principal

Action = Literal["call", "publish", "subscribe", "lease", "admin"]


Next = Callable[[_core.Request], Awaitable[_core.Response]]
Middleware = Callable[[_core.Request, Next], Awaitable[Any]]
Authenticate = Callable[[_core.Request], Principal | Awaitable[Principal | None] | None]
Authorize = Callable[[Principal | None, Action, str], bool | Awaitable[bool]]


class Threads:
    """Runs plain functions in a pool; refuses when too many wait for a thread."""

    def __init__(self, pool: Executor, jobs_max: int) -> None:
        self._pool = pool
        self._jobs_max = jobs_max
        self._jobs = 0

    async def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What the function returns, called in a thread with the context of this task."""
        if self._jobs >= self._jobs_max:
            raise OverloadedError("too many handlers wait for a thread")
        call = functools.partial(contextvars.copy_context().run, function, *args, **kwargs)
        self._jobs += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, call)
        finally:
            self._jobs -= 1


def check_middleware(layer: object) -> None:
    """InvalidArgumentError unless it is an async function of a request and of `next`."""
    if not callable(layer) or not is_async(layer):
        raise InvalidArgumentError(
            f"a middleware is an async def of (request, next), not {layer!r}"
        )
    try:
        inspect.signature(layer).bind(None, None)
    except TypeError as error:
        raise InvalidArgumentError(f"a middleware takes (request, next): {error}") from None


def layered(
    handler: _core.Handler, middleware: Sequence[Middleware], threads: Threads
) -> _core.Handler:
    """The handler inside of the middleware, the first of which is outermost."""

    async def last(request: _core.Request) -> _core.Response:
        args, kwargs = handler.arguments(request)
        if handler.is_async:
            result = await handler.callable(*args, **kwargs)
        else:
            result = await threads.run(handler.callable, *args, **kwargs)
        return handler.response(result, request)

    call: Next = last
    for layer in reversed(middleware):
        call = _around(layer, call, handler)
    return _core.Handler(call, handler.name, is_async=True, is_method=False)


def _around(layer: Middleware, inner: Next, handler: _core.Handler) -> Next:
    async def call(request: _core.Request) -> _core.Response:
        return handler.response(await layer(request, inner), request)

    return call


def admission(
    authenticate: Authenticate | None, authorize: Authorize | None, threads: Threads
) -> _core.Handler:
    """The handler that the core asks before every other: who asks, and may it."""

    async def call(function: Callable[..., Any], *args: Any) -> Any:
        if is_async(function):
            return await function(*args)
        return await threads.run(function, *args)

    async def admit(request: _core.Request) -> _core.Response:
        principal = None if authenticate is None else await call(authenticate, request)
        if not (principal is None or isinstance(principal, Principal)):
            raise TypeError(f"authenticate gives a Principal or None, not {principal!r}")
        if authorize is None:
            may = principal is not None
        else:
            may = await call(authorize, principal, request.action, request.operation)
            if not isinstance(may, bool):
                raise TypeError(f"authorize gives True or False, not {may!r}")
        if not may:
            raise UnauthenticatedError() if principal is None else ForbiddenError()
        if principal is None:
            return _core.Response(204)
        return _core.Response(200, {"id": principal.id, "claims": dict(principal.claims)})

    return _core.Handler(admit, "authenticate", is_async=True, is_method=False)
