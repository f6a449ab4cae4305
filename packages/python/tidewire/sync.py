"""The client for programs without asyncio: the same names, each waits for its result.

    from tidewire import sync

    with sync.connect("http://127.0.0.1:8080") as client:
        client.call("add", {"a": 1, "b": 2}, timeout=1.0)

A client may be used from any thread, and from several at once; each process has one thread with an
asyncio loop for all of them. Ctrl-C ends a wait and cancels its operation. On a thread whose
asyncio loop runs, a wait would stop that loop: it is refused as `misuse`. A plain `def` handler
hands its deadline on with `timeout=context.time_left`. A server waits already: `Server.run()`.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import tidewire.client
import tidewire.streams
from tidewire import _core
from tidewire._errors_generated import ClosedError, InvalidArgumentError, MisuseError
from tidewire._token import HeaderFields, TokenSource
from tidewire.client import _MISSING, Methods
from tidewire.tls import ClientTls

__all__ = ["Client", "Stream", "connect"]

T = TypeVar("T")


class _Background:
    """A thread that runs an asyncio loop for those who wait."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._ended = False
        # Guards that nothing is handed to a loop that has been told to end.
        self._lock = threading.Lock()
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="tidewire-sync", daemon=True)
        self._thread.start()

    def wait(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of the coroutine, which runs on the loop with the caller's context."""
        if self._process != os.getpid():
            raise MisuseError("the client was made before fork(): connect anew in the child")
        with self._lock:
            if self._ended:
                raise MisuseError("the interpreter is ending")
            waiting = asyncio.run_coroutine_threadsafe(make(), self._loop)
        try:
            return waiting.result()
        except concurrent.futures.CancelledError:
            raise ClosedError("the interpreter is ending") from None
        except BaseException:
            waiting.cancel()  # Ctrl-C: nobody waits any more
            raise

    def end(self) -> None:
        """Cancels what is under way; its waiters get ClosedError."""
        with self._lock:
            self._ended = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()


_making = threading.Lock()
_background: _Background | None = None
_ending = False


def _the_background() -> _Background:
    global _background
    with _making:
        if _ending:
            raise MisuseError("the interpreter is ending")
        if _background is None:
            _background = _Background()
        return _background


def _after_fork() -> None:
    # The thread and whoever held the lock are the parent's.
    global _background, _making
    _background, _making = None, threading.Lock()


def _at_end() -> None:
    global _ending
    with _making:
        _ending = True
    if _background is not None:
        _background.end()


os.register_at_fork(after_in_child=_after_fork)
# Before the threads of the program are joined, since they may be waiting here.
threading._register_atexit(_at_end)  # type: ignore[attr-defined]


def _refuse_on_a_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise MisuseError("a wait would block the asyncio loop of this thread: use tidewire.connect")


def _in_a_thread(items: Iterable[Any]) -> AsyncIterator[Any]:
    """The items of an iterable that may take its time, which must not stop the loop."""
    if isinstance(items, (str, bytes, bytearray, memoryview)) or not isinstance(items, Iterable):
        raise InvalidArgumentError(f"body is an iterable of items, not {items!r}")
    iterator = iter(items)
    end = object()

    async def each() -> AsyncIterator[Any]:
        while (item := await asyncio.to_thread(next, iterator, end)) is not end:
            yield item

    return each()


class Stream(Iterator[Any]):
    """The items of a stream, in order; `for` ends with it, or raises what broke it.

    Leave it early by `close()`, or read it inside of `with`: the other side is told, and stops.
    """

    def __init__(
        self,
        stream: tidewire.streams.Stream,
        wait: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any],
    ) -> None:
        self._stream = stream
        self._wait = wait

    def __next__(self) -> Any:
        async def step() -> tuple[Any, ...]:
            async for item in self._stream:
                return (item,)
            return ()

        found = self._wait(step)
        if not found:
            raise StopIteration
        return found[0]

    def close(self) -> None:
        """Reads on no more: the other side is told. Idempotent."""
        self._wait(self._stream.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class Client:
    """One server's methods and routes, over a pool of kept connections. See `connect()`."""

    def __init__(self, client: tidewire.client.Client, background: _Background) -> None:
        self._client = client
        self._background = background

    @property
    def url(self) -> str:
        """The server's URL."""
        return self._client.url

    @property
    def methods(self) -> Methods[Any]:
        """The server's methods as functions: `client.methods.add(a=1, b=2)`."""
        return Methods(self.call)

    def call(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        *,
        body: Iterable[Any] | None = None,
        timeout: float | None = None,
        headers: HeaderFields | None = None,
        serializer: str | None = None,
    ) -> Any:
        """Calls a method by name; its result. The server's error is raised as what it is.

        `body`, in place of `args`, is an iterable whose items are sent as a stream; it is read in a
        thread. `timeout` in seconds, `math.inf` for none, None for the client's, or none of a
        stream. `serializer` is "json" or "capnp", None for the client's.
        """
        items = None if body is None else _in_a_thread(body)
        return self._wait(
            lambda: self._client.call(
                name, args, body=items, timeout=timeout, headers=headers, serializer=serializer
            )
        )

    def stream(
        self,
        name: str,
        args: Mapping[str, Any] | None = None,
        *,
        body: Iterable[Any] | None = None,
        timeout: float | None = None,
        headers: HeaderFields | None = None,
    ) -> Stream:
        """Calls a method whose reply is a stream: `for item in client.stream("ticks")`.

        `timeout`, in seconds, holds to the last item; None is none. `body` as of call().
        """
        items = None if body is None else _in_a_thread(body)
        return Stream(
            self._client.stream(name, args, body=items, timeout=timeout, headers=headers),
            self._wait,
        )

    def request(
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
        return self._wait(
            lambda: self._client.request(
                method, target, headers=headers, json=json, body=body, timeout=timeout
            )
        )

    def close(self) -> None:
        """Ends every connection; what is under way raises ClosedError. Idempotent."""
        self._wait(self._client.close)

    def _wait(self, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        _refuse_on_a_loop()
        return self._background.wait(make)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<sync {repr(self._client)[1:]}"


def connect(
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
) -> Client:
    """Connects as `tidewire.connect` does, with the same options, and waits for it.

    A function given as `token` is called on the thread of the loop and must not wait here.
    """
    _refuse_on_a_loop()
    background = _the_background()

    async def open_client() -> tidewire.client.Client:
        return await tidewire.client.connect(
            url,
            timeout=timeout,
            connect_timeout=connect_timeout,
            connections_max=connections_max,
            headers=headers,
            token=token,
            tls=tls,
            compression=compression,
            serializer=serializer,
        )

    return Client(background.wait(open_client), background)
