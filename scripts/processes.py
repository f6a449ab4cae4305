"""Processes of the demo: started so that none outlives it, and servers that tell their URL."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 20.0
END_SECONDS = 5.0
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True)
class Language:
    name: str
    # The port that makes the addresses easy to remember; any other does as well.
    port: int
    server: list[str]
    client: list[str]


class DemoError(Exception):
    """Why the demo cannot go on, in a sentence."""


def end_with(parent: int) -> Callable[[], None]:
    """Run in a child before its program: the kernel ends it when this process is gone."""
    libc = ctypes.CDLL(None, use_errno=True)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask


class Processes:
    """Starts processes and ends every one of them."""

    def __init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self, command: list[str], errors: IO[bytes]) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                # Ctrl-C on the terminal is for the demo, which then ends them in order.
                process_group=0,
                preexec_fn=end_with(os.getpid()),
            )
        except OSError as error:
            raise DemoError(f"{command[0]} does not start ({error.strerror}): make build") from None
        self._running.append(process)
        return process

    def end(self) -> None:
        for process in self._running:
            process.terminate()
        until = time.monotonic() + END_SECONDS
        for process in self._running:
            try:
                process.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@dataclass
class Server:
    language: Language
    process: subprocess.Popen[bytes]
    url: str
    errors: IO[bytes]

    def said(self) -> str:
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace").strip()


def first_line(process: subprocess.Popen[bytes], seconds: float) -> str:
    """What the process says first; empty when it says nothing in that time, or ends."""
    assert process.stdout is not None
    if select.select([process.stdout], [], [], seconds)[0]:
        return process.stdout.readline().decode().strip()
    return ""


def start_servers(all_languages: list[Language], processes: Processes) -> list[Server]:
    """All at once. A server whose port is taken is started again on any free one."""
    servers = [start_server(one, one.port, processes) for one in all_languages]
    for server in servers:
        server.url = first_line(server.process, START_SECONDS)
    for i, server in enumerate(servers):
        if not server.url:
            again = start_server(server.language, 0, processes)
            again.url = first_line(again.process, START_SECONDS)
            servers[i] = again
            if not again.url:
                name = server.language.name
                raise DemoError(f"the {name} server did not start: {again.said()}")
    return servers


def start_server(language: Language, port: int, processes: Processes) -> Server:
    # Open for as long as its server may write to it.
    errors = tempfile.TemporaryFile()  # noqa: SIM115
    process = processes.start([*language.server, f"127.0.0.1:{port}"], errors)
    return Server(language, process, "", errors)
