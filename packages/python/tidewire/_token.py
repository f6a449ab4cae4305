"""The token of a client: where it comes from, and how an operation is sent with it."""

from __future__ import annotations

import asyncio
import inspect
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

from tidewire import _core
from tidewire._errors_generated import InvalidArgumentError, TokenExpiredError

T = TypeVar("T")
TokenSource = str | Callable[[], str | Awaitable[str]]
HeaderFields = Mapping[str, str] | Iterable[tuple[str, str]]
Pairs = list[tuple[str, str]]


class Token:
    """Sends operations with `Authorization: Bearer`, and once more when the token has expired."""

    def __init__(self, source: TokenSource, timeout: float) -> None:
        if not (isinstance(source, str) or callable(source)):
            raise InvalidArgumentError(f"a token is a str or a function, not {source!r}")
        self._source = source
        self._timeout = timeout
        self._value = source if isinstance(source, str) else None
        self._lock = asyncio.Lock()

    async def send(
        self,
        headers: HeaderFields | None,
        timeout: float | None,
        operation: Callable[[Pairs, float], Awaitable[T]],
    ) -> T:
        """The result of `operation(headers, timeout)`, which may be run twice within `timeout`."""
        pairs = _pairs(headers)
        limit = self._timeout if timeout is None else timeout
        if any(name.lower() == "authorization" for name, _ in pairs):
            return await operation(pairs, limit)
        began = time.monotonic()
        token = await self._other_than(None)
        try:
            result = await operation([*pairs, _field(token)], limit)
            if isinstance(result, _core.Response) and result.status == 401:
                _raise_if_expired(result)
            return result
        except TokenExpiredError:
            if isinstance(self._source, str):
                raise
            token = await self._other_than(token)
        left = limit if math.isinf(limit) else max(limit - (time.monotonic() - began), 0.001)
        return await operation([*pairs, _field(token)], left)

    async def fields(self, headers: HeaderFields | None) -> Pairs:
        """`headers` with the token, for what is sent once only."""
        pairs = _pairs(headers)
        if any(name.lower() == "authorization" for name, _ in pairs):
            return pairs
        return [*pairs, _field(await self._other_than(None))]

    async def _other_than(self, expired: str | None) -> str:
        """The token; a new one when it is still the one that has expired."""
        async with self._lock:
            if self._value is None or self._value == expired:
                assert not isinstance(self._source, str)
                made = self._source()
                value = await made if inspect.isawaitable(made) else made
                if not isinstance(value, str):
                    raise InvalidArgumentError(f"a token is a str, not {value!r}")
                self._value = value
            return self._value


def _raise_if_expired(response: _core.Response) -> None:
    """TokenExpiredError for that code; any other 401 is the caller's."""
    try:
        response.raise_for_status()
    except TokenExpiredError:
        raise
    except Exception:
        return


def _field(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


def _pairs(headers: HeaderFields | None) -> Pairs:
    if headers is None:
        return []
    return list(headers.items() if isinstance(headers, Mapping) else headers)
