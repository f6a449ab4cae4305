"""Runs a program in an interpreter of its own, as its user would, and tells how it ended."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import NamedTuple

import tidewire

PACKAGES = Path(tidewire.__file__).parent.parent


class Ended(NamedTuple):
    returncode: int
    output: str
    errors: str
    seconds: float


def environment() -> dict[str, str]:
    """The environment of a program that imports the same tidewire as this one."""
    path = os.pathsep.join(filter(None, (str(PACKAGES), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def run(program: str, *arguments: str, timeout: float = 60) -> Ended:
    """Runs `program`, a source text; a program that does not end fails the test."""
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(program), *arguments],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr, time.monotonic() - started)


# A server with three methods, and ways to begin with it. Programs go on from here.
SERVER_AND_CLIENT = """
import asyncio, gc, os, sys, threading, time
import tidewire

app = tidewire.Server("127.0.0.1:0")

@app.method
async def add(a, b):
    return a + b

@app.method
async def endless():
    await asyncio.Event().wait()

@app.method
def busy(context: tidewire.Context):
    while not context.cancelled:
        time.sleep(0.001)

async def begin():
    await app.start()
    client = await tidewire.connect(app.url)
    assert await client.call("add", {"a": 1, "b": 2}) == 3
    return client

async def leave_running():
    client = await begin()
    calls = [asyncio.ensure_future(client.call(name)) for name in ("endless", "busy") * 10]
    while app.stats().requests_in_flight < len(calls):
        await asyncio.sleep(0)
    return client, calls
"""
