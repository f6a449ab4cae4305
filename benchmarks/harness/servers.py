"""Starts the servers of a row, checks that they answer rightly, and ends them again."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.paths import PEERS, SCRATCH
from harness.systems import System

SERVER_CORE = "0"
LOAD_CORE = "1"
READY_SECONDS = 20.0


class ServerFailed(Exception):
    """A server did not come up, or ended before it was told to."""


class Running:
    """A server that answers."""

    def __init__(self, system: System, port: int, process: "subprocess.Popen[bytes]") -> None:
        """`process` was started in a process group of its own."""
        self.system = system
        self.port = port
        self._process = process

    def process_ids(self) -> list[int]:
        """The server's processes: the one we started and all that it started."""
        found = [self._process.pid]
        for parent in found:
            found.extend(_children(parent))
        return found

    def peak_rss_mib(self) -> float:
        """The sum of the processes' peaks of resident memory (VmHWM), in MiB."""
        return sum(_peak_kib(process) for process in self.process_ids()) / 1024

    def end(self) -> None:
        """Ends the server, by force when it does not go by itself."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # its own group, see start()
            self._process.wait()

    def wait_until_ready(self, log: Path) -> None:
        """Returns once the server accepts connections. Raises ServerFailed."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if accepts(self.port):
                return
            time.sleep(0.02)
        raise ServerFailed(f"{self.system.label} did not start:\n{log.read_text()[-2000:]}")


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        found.extend(int(child) for child in task.read_text().split())
    return found


def _peak_kib(process: int) -> int:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def accepts(port: int) -> bool:
    """Whether somebody accepts connections on `port` of 127.0.0.1."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A port that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(system: System) -> Running:
    """Starts `system` on a free port of 127.0.0.1, pinned to the servers' core."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    port = free_port()
    if system.key == "nginx":
        settings = (PEERS / "nginx.conf").read_text().replace(":PORT", f":{port}")
        (SCRATCH / "nginx" / f"nginx-{port}.conf").write_text(settings)
    command = [word.replace("PORT", str(port)) for word in system.command]
    log = SCRATCH / f"{system.key}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["taskset", "-c", SERVER_CORE, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **system.environment},
            start_new_session=True,
        )
    running = Running(system, port, process)
    try:
        running.wait_until_ready(log)
    except ServerFailed:
        running.end()
        raise
    return running


@contextmanager
def all_running(systems: list[System]) -> Iterator[list[Running]]:
    """All servers of a row at once; those that are not under load are idle."""
    started: list[Running] = []
    try:
        for system in systems:
            started.append(start(system))
        yield started
    finally:
        for server in started:
            server.end()
