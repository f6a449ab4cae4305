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
