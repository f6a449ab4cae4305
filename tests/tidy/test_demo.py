"""The demo as a reader sees it: on a terminal, with every command that it tells to try."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidy.project import ROOT

COMMAND = [sys.executable, "scripts/run_demo.py"]


class Demo:
    """The demo on a terminal of its own."""

    def __init__(self) -> None:
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execv(COMMAND[0], COMMAND)
        self.shown = ""

    def read_until(self, text: str) -> None:
        """Reads on; the suite's timeout bounds it. That the demo ends before is a failure."""
        while text not in self.shown:
            try:
                self.shown += os.read(self._terminal, 4096).decode(errors="replace")
            except OSError:
                pytest.fail(f"the demo ended early:\n{self.shown}")

    def end(self, by: int | None) -> int:
        """Ends it by a signal, or by Ctrl-C; the exit code."""
        if by is None:
            os.write(self._terminal, b"\x03")
        else:
            os.kill(self.pid, by)
        _, status = os.waitpid(self.pid, 0)
        os.close(self._terminal)
        return os.waitstatus_to_exitcode(status)

    def plain(self) -> str:
        return re.sub(r"\x1b\[[0-9]*[mK]", "", self.shown).replace("\r", "")


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def gone(pid: int) -> bool:
    """Whether the process has ended (its parent may not have waited for it yet)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture
def demo() -> Iterator[Demo]:
    running = Demo()
    running.read_until("Ctrl-C ends the demo")
    yield running
    if not gone(running.pid):
        running.end(signal.SIGKILL)


def test_once_it_ends_with_nine_pairs_of_six_processes_and_no_colours() -> None:
    run = subprocess.run(
        [*COMMAND, "--once"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "9 of 9 pairs" in run.stdout
    assert len(re.findall(r"\d ms", run.stdout)) == 9
    assert len(set(re.findall(r"pid (\d+)", run.stdout))) == 6
    assert "\x1b" not in run.stdout


def run_with(programs: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "--once", "--build", str(programs)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_pair_that_fails_is_shown_and_fails_the_demo(tmp_path: Path) -> None:
    folder = tmp_path / "scripts" / "demo"
    folder.mkdir(parents=True)
    built = ROOT / "build" / "dev" / "scripts" / "demo"
    (folder / "demo_server").symlink_to(built / "demo_server")
    # Asks all servers but the first.
    client = folder / "demo_client"
    client.write_text(f'#!/bin/sh\nshift\nexec {built}/demo_client http://127.0.0.1:1 "$@"\n')
    client.chmod(0o755)
    run = run_with(tmp_path)
    assert run.returncode == 1
    assert "8 of 9 pairs" in run.stdout
    assert "the C++ client: http://127.0.0.1:1: unavailable" in run.stdout


def test_a_server_that_was_not_built_is_said(tmp_path: Path) -> None:
    run = run_with(tmp_path)
    assert run.returncode == 1
    assert "make build" in run.stdout


def test_every_command_that_it_tells_to_try_does_what_it_says(demo: Demo) -> None:
    _, _, advice = demo.plain().partition("while the demo is up:")
    blocks = dict(re.findall(r"^# (\S+)\n(.+?)\n\n", advice, re.M | re.S))
    assert list(blocks) == ["curl", "Python", "Node", "C++"]

    def shell(script: str) -> str:
        return subprocess.run(
            ["bash", "-ec", script], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    whole, memory, total = (shell(line) for line in blocks["curl"].split("\n"))
    assert set(json.loads(whole)) == {"server", "cpu", "memory", "network"}
    assert json.loads(memory)["total_bytes"] > 0
    assert total == "3"
    assert shell(blocks["Python"]) == "3\n"
    assert "language: 'Python'" in shell(blocks["Node"])
    rows = [json.loads(line) for line in shell(blocks["C++"]).splitlines()]
    assert [row["server"]["language"] for row in rows] == ["Python", "Node"]
    assert demo.end(None) == 0


@pytest.mark.parametrize(
    ("by", "expected"), [(None, 0), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_no_process_is_left_behind(demo: Demo, by: int | None, expected: int) -> None:
    servers = children(demo.pid)
    assert len(servers) == 3
    assert demo.end(by) == expected
    for server in servers:
        # After SIGKILL it is the kernel that ends them, at its own pace.
        try:
            descriptor = os.pidfd_open(server)
        except ProcessLookupError:
            continue
        assert select.select([descriptor], [], [], 10)[0], f"server {server} is still there"
        os.close(descriptor)
