"""One native host per asyncio loop, and what must happen at fork() and at the interpreter's end.

A host lives as long as its loop: the loop owns the reader that keeps it, and letting the reader go
(`loop.close()`, garbage collection) closes it. So nothing here is global but a table of weak
references.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures.thread  # noqa: F401 (its hook at the end must be older than ours)
import logging
import os
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any

from tidewire import _core
from tidewire._errors_generated import ERRORS, Error, MisuseError
from tidewire.messages import Headers, Query, to_plain
from tidewire.principal import Principal

_server_log = logging.getLogger("tidewire.server")

# By id(loop), since a loop need not be hashable; that the host is of this very loop is checked.
_hosts: weakref.WeakValueDictionary[int, _core.Host] = weakref.WeakValueDictionary()


def host_of_running_loop() -> _core.Host:
    """The host of the loop that runs here; MisuseError where none runs."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        raise MisuseError(_why_no_loop()) from None
    host = _hosts.get(id(loop))
    if host is None or host.closed or host.forked or host.loop is not loop:
        host = _core.Host(loop)
        try:
            host.watch()
        except NotImplementedError:
            host.close()
            raise MisuseError(
                f"{type(loop).__name__} has no add_reader(): use a selector loop or uvloop"
            ) from None
        _hosts[id(loop)] = host
    return host


def _why_no_loop() -> str:
    trio: Any = sys.modules.get("trio")
    if trio is not None:
        try:
            trio.lowlevel.current_task()
        except RuntimeError:
            pass
        else:
            return "tidewire needs asyncio (or uvloop); this task runs under trio"
    return "tidewire needs a running asyncio event loop: call it from an async def"


def _log_failure(name: str, exception: BaseException) -> None:
    _server_log.error(
        "handler %s failed: %s",
        name,
        exception,
        exc_info=(type(exception), exception, exception.__traceback__),
    )


_core.configure(ERRORS, Error, Headers, Query, _log_failure, to_plain, Principal)
os.register_at_fork(after_in_child=_core.note_fork)
# Before the threads of the pools are joined, so that handlers there learn that nobody waits for
# them; and once more at the very end, for what was made since.
_before_threads: Callable[[Callable[[], None]], object] | None = getattr(
    threading, "_register_atexit", None
)
if _before_threads is not None:
    _before_threads(_core.shut_down)
atexit.register(_core.shut_down)
