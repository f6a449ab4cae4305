"""Client: calls methods and any other HTTP/1.1 route of one server.

    async with tidewire.connect("http://127.0.0.1:8080") as client:
        await client.call("add", {"a": 1, "b": 2}, timeout=1.0)
        response = await client.request("GET", "/users/7")

Every operation settles within its timeout, which travels to the server; in a handler, also within
what its own caller has left. Cancelling the task cancels the operation, and the server's handler
is told.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Generator, Mapping
from types import TracebackType
from typing import Any, Final, Generic, Never, Self, TypeVar

from tidewire import _core
from tidewire._errors_generated import InvalidArgumentError
from tidewire._host import host_of_running_loop
from tidewire._token import HeaderFields, Token, TokenSource
from tidewire.streams import Items, SendingReader, Stream, check_items, send_items
from tidewire.tls import ClientTls, native_client

T = TypeVar("T")
R = TypeVar("R")


class _Missing:
    """Tells `json=None`, which sends null, from no JSON."""


_MISSING: Final = _Missing()


class Client:
    """One server's methods and routes, over a pool of kept connections. See `connect()`."""

    def __init__(
        self,
        native: _core.Client,
        host: _core.Host,
        token: Token | None = None,
        capnp: bool = False,
    ) -> None:
        self._capnp = capnp
        self._token = token
        self._native = native
        self._host = host

    @property
    def url(self) -> str:
        """The server's URL."""
        return self._native.url

    @property
    def methods(self) -> Methods[Awaitable[Any]]:
        """The server's methods as functions: `await client.methods.add(a=1, b=2)`."""
        return Methods(self.call)

    async def call(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        *,
        body: Items | None = None,
        timeout: float | None = None,
        headers: HeaderFields | None = None,
        serializer: str | None = None,
    ) -> Any:
        """Calls a method by name; its result. The server's error is raised as what it is.

        `body`, in place of `args`, is an iterable, async or not, whose items are sent as a stream.
        `timeout` in seconds, `math.inf` for none, None for the client's, or none of a stream.
        `serializer` is "json" or "capnp", None for the client's; streams are JSON.
        """
        if body is not None:
            if args is not None:
                raise InvalidArgumentError("a call has args or a body, not both")
            if serializer is not None and _is_capnp(serializer):
                raise InvalidArgumentError("streams are JSON")
            return await self._call_with(name, check_items(body), timeout, headers)
        plain = args if args is None or isinstance(args, dict) else _as_dict(args)
        capnp = self._capnp if serializer is None else _is_capnp(serializer)

        if self._token is None:
            number, future = self._native.call(name, plain, timeout, headers, capnp)
            return await self._settled(number, future)

        async def send(fields: HeaderFields, limit: float) -> Any:
            number, future = self._native.call(name, plain, limit, fields, capnp)
            return await self._settled(number, future)

        return await self._token.send(headers, timeout, send)

    async def _call_with(
        self, name: str, body: Items, timeout: float | None, headers: HeaderFields | None
    ) -> Any:
        fields = await self._with_token(headers)
        limit = math.inf if timeout is None else timeout
        writer, number, future = self._native.call_with_stream(name, limit, fields)
        sending = asyncio.ensure_future(send_items(writer, body))
        try:
            await asyncio.wait((sending, future), return_when=asyncio.FIRST_COMPLETED)
            return await self._settled(number, future)
        except BaseException:
            self._host.cancel(number)
            if sending.done() and not sending.cancelled() and sending.exception():
                sending.result()  # what the items raised is why it failed
            raise
        finally:
            sending.cancel()
            future.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    def stream(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        *,
        body: Items | None = None,
        timeout: float | None = None,
        headers: HeaderFields | None = None,
    ) -> Stream:
        """Calls a method whose reply is a stream: `async for item in client.stream("ticks")`.

        The call begins with the first item that is asked for. `body`, in place of `args`, is sent
        as a stream while the reply is read. `timeout`, in seconds, holds to the last item; None is
        none.
        """
        plain = args if args is None or isinstance(args, dict) else _as_dict(args)
        if body is not None and args is not None:
            raise InvalidArgumentError("a call has args or a body, not both")
        items = None if body is None else check_items(body)
        limit = math.inf if timeout is None else timeout

        async def open_reader() -> _core.StreamReader | SendingReader:
            fields = await self._with_token(headers)
            if items is None:
                return self._native.stream(name, plain, limit, fields)
            writer, reader = self._native.stream_with_stream(name, limit, fields)
            return SendingReader(reader, writer, items)

        return Stream(open_reader)

    async def _with_token(self, headers: HeaderFields | None) -> HeaderFields | None:
        return headers if self._token is None else await self._token.fields(headers)

    async def request(
        self,
        method: str,
        target: str,
        *,
        headers: HeaderFields | None = None,
        json: Any = _MISSING,
        body: bytes | bytearray | memoryview | str | None = None,
        timeout: float | None = None,
    ) -> _core.Response:
        """Any request; any status is a Response. `target` is a path with query."""
        with_json = json is not _MISSING
        if with_json and body is not None:
            raise InvalidArgumentError("a request has json or a body, not both")
        value = json if with_json else None

        async def send(fields: HeaderFields | None, limit: float | None) -> _core.Response:
            number, future = self._native.request(
                method, target, fields, value, with_json, body, limit
            )
            return await self._settled(number, future)

        if self._token is not None:
            return await self._token.send(headers, timeout, send)
        return await send(headers, timeout)

    async def close(self) -> None:
        """Ends every connection; what is under way raises ClosedError. Idempotent."""
        self._native.close()

    async def _settled(self, number: int, future: asyncio.Future[T]) -> T:
        try:
            return await future
        except asyncio.CancelledError:
            self._host.cancel(number)
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<Client {self.url}{' (closed)' if self._native.closed else ''}>"


class Methods(Generic[R]):
    """`client.methods.add(a=1)` is `client.call("add", {"a": 1})`; dots make dotted names."""

    __slots__ = ("_call", "_prefix")

    def __init__(self, call: Callable[[str, dict[str, Any]], R], prefix: str = "") -> None:
        self._call = call
        self._prefix = prefix

    def __getattr__(self, name: str) -> Methods[R]:
        if name.startswith("__"):
            raise AttributeError(name)
        return Methods(self._call, f"{self._prefix}.{name}" if self._prefix else name)

    def __call__(self, *args: Never, **kwargs: Any) -> R:
        if args:
            raise InvalidArgumentError("arguments are given by name")
        return self._call(self._prefix, kwargs)


def _is_capnp(serializer: object) -> bool:
    if serializer not in ("json", "capnp"):
        raise InvalidArgumentError(f'serializer is "json" or "capnp", not {serializer!r}')
    return serializer == "capnp"


def _as_dict(args: object) -> dict[str, Any]:
    if not isinstance(args, Mapping):
        raise InvalidArgumentError(f"arguments are given by name: a mapping, not {args!r}")
    return dict(args)


class connect:  # in small letters, since it is called as a function
    """Connects to `http(s)://host[:port][/prefix]` or `unix:/path`: await it, or `async with` it.

    Fails at once with `unavailable` when nobody answers there; later operations connect anew.
    `timeout` is that of each operation that gives none, in seconds. `headers` go with each request.
    `token`, a str or a function that gives one (async or not, called on the loop), is sent as
    `Authorization: Bearer`; the function is called again, once, after `token_expired`. `tls` says
    whom to trust behind an https: URL; by default the CAs of the system. With `compression` it asks
    for answers in gzip or deflate, and undoes them within the limits. `serializer`, "json" or
    "capnp", is what calls are written in: the latter keeps bytes and numbers that are not finite.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        connections_max: int = 100,
        headers: HeaderFields | None = None,
        token: TokenSource | None = None,
        tls: ClientTls | None = None,
        compression: bool = False,
        serializer: str = "json",
    ) -> None:
        self._capnp = _is_capnp(serializer)
        if not isinstance(url, str):
            raise InvalidArgumentError(f"a URL is a str, not {url!r}")
        if url.startswith(("ws:", "wss:")):
            scheme = url.partition(":")[0]
            raise InvalidArgumentError(f"{scheme}: is not supported by this version: use http:")
        given = native_client(tls)
        self._make: Callable[[_core.Host], _core.Client] = lambda host: _core.Client(
            host, url, timeout, connect_timeout, connections_max, headers, given, compression
        )
        self._token = None if token is None else Token(token, timeout)
        self._client: Client | None = None

    async def _connect(self) -> Client:
        host = host_of_running_loop()
        client = Client(self._make(host), host, self._token, self._capnp)
        try:
            number, future = client._native.open()
            await client._settled(number, future)
        except BaseException:
            await client.close()
            raise
        return client

    def __await__(self) -> Generator[Any, Any, Client]:
        return self._connect().__await__()

    async def __aenter__(self) -> Client:
        self._client = await self._connect()
        return self._client

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client is not None:
            await self._client.close()
