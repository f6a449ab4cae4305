"""Streams: sequences of values that are sent while they are being made.

A method that is an `async def` with `yield` streams its reply; one with a parameter annotated
`AsyncIterator[...]` is sent a stream of arguments. A client reads the one by `client.stream(...)`
and sends the other by `client.call(..., body=items)`.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from types import TracebackType
from typing import Any, Protocol, Self

from tidewire import _core
from tidewire._errors_generated import InvalidArgumentError

Items = AsyncIterable[Any] | Iterable[Any]


class _Reader(Protocol):
    def read(self) -> asyncio.Future[tuple[list[Any], bool]]: ...
    def cancel(self) -> None: ...


class Stream(AsyncIterator[Any]):
    """The items of a stream, in order; `async for` ends with it, or raises what broke it.

    Nobody waits for more than one item at a time. Leave it early by `aclose()`, or read it inside
    of `async with`: the other side is told, and stops.
    """

    def __init__(self, open_reader: Callable[[], Awaitable[_Reader]]) -> None:
        self._open: Callable[[], Awaitable[_Reader]] | None = open_reader
        self._reader: _Reader | None = None
        self._items: deque[Any] = deque()
        self._reading: asyncio.Future[tuple[list[Any], bool]] | None = None
        self._ended = False
        self._error: BaseException | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while not self._items:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            await self._read()
        return self._items.popleft()

    async def _read(self) -> None:
        try:
            if self._open is not None:
                open_reader, self._open = self._open, None
                self._reader = await open_reader()
            if self._reading is None:
                assert self._reader is not None
                self._reading = self._reader.read()
            # A wait that is cancelled is taken up by the next one: no item is lost.
            items, self._ended = await asyncio.shield(self._reading)
        except asyncio.CancelledError:
            if self._reader is None:
                await self.aclose()
            raise
        except BaseException as error:
            self._error = error
            raise
        self._reading = None
        self._items.extend(items)

    async def aclose(self) -> None:
        """Reads on no more: the other side is told. Idempotent."""
        self._open = None
        self._items.clear()
        if self._reader is not None and not self._ended and self._error is None:
            self._reader.cancel()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        self._ended = True

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


async def send_items(writer: _core.StreamWriter, items: Items) -> None:
    """Sends them and the end, no faster than they are read; a failure of theirs is sent too."""
    try:
        if isinstance(items, AsyncIterable):
            async for item in items:
                if not writer.send(item):
                    await writer.drained()
        else:
            for item in items:
                if not writer.send(item):
                    await writer.drained()
    except BaseException as error:
        writer.fail(error)
        raise
    writer.end()


class SendingReader:
    """A reader of replies to items that are sent meanwhile."""

    def __init__(
        self, reader: _core.StreamReader, writer: _core.StreamWriter, items: Items
    ) -> None:
        self._reader = reader
        self._sending = asyncio.ensure_future(send_items(writer, items))
        # What the items raised has failed the call, which tells.
        self._sending.add_done_callback(lambda task: task.cancelled() or task.exception())

    def read(self) -> asyncio.Future[tuple[list[Any], bool]]:
        return self._reader.read()

    def cancel(self) -> None:
        self._sending.cancel()
        self._reader.cancel()


def check_items(items: object) -> Items:
    """`items` as what can be sent; InvalidArgumentError for anything else."""
    if isinstance(items, AsyncIterable):
        return items
    if isinstance(items, Iterable) and not isinstance(items, (str, bytes, bytearray, memoryview)):
        return items
    raise InvalidArgumentError(f"body is an iterable of items, async or not, not {items!r}")


def replying(function: Callable[..., AsyncIterator[Any]], items: str | None) -> Any:
    """The handler of an async generator: what it yields is sent while it runs."""

    @functools.wraps(function)
    async def run(
        tidewire_writer: _core.StreamWriter,
        tidewire_reader: _core.StreamReader | None = None,
        **arguments: Any,
    ) -> None:
        if items is not None:
            arguments[items] = _of(tidewire_reader)
        generator = function(**arguments)
        try:
            await send_items(tidewire_writer, generator)
        except Exception:
            pass  # the writer has told, and logged it
        finally:
            close = getattr(generator, "aclose", None)
            if close is not None:
                await close()

    return run


def receiving(function: Callable[..., Awaitable[Any]], items: str) -> Any:
    """The handler of an `async def` that is sent a stream and gives one value."""

    @functools.wraps(function)
    async def run(tidewire_reader: _core.StreamReader, **arguments: Any) -> Any:
        stream = _of(tidewire_reader)
        try:
            return await function(**{items: stream}, **arguments)
        finally:
            await stream.aclose()

    return run


def _of(reader: _core.StreamReader | None) -> Stream:
    assert reader is not None

    async def opened() -> _Reader:
        return reader

    return Stream(opened)
