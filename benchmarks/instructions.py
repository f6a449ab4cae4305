"""Counts what a request costs without a clock: user instructions and system calls.

    python benchmarks/instructions.py [--programs build/bench/benchmarks]

Instructions come from `valgrind --tool=callgrind`: two loads of different length, the difference of
the instructions divided by the difference of the requests, so that starting up does not count.
System calls come from perf's tracepoint. Neither varies with what else the machine does, so they
judge a ratio that is too close to its bar to be judged by time.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from harness.paths import ROOT, SCRATCH
from harness.servers import LOAD_CORE, SERVER_CORE, accepts, free_port

DEPTHS = (1, 16)
SHORT_MS = 500
LONG_MS = 2500


class CountFailed(Exception):
    """A server or the load failed; nothing was counted."""


def _load(programs: Path, port: int, process: int, depth: int, window_ms: int) -> int:
    command = ["taskset", "-c", LOAD_CORE, str(programs / "bench_load")]
    command += ["--port", str(port), "--depth", str(depth), "--pids", str(process)]
    command += ["--warmup-ms", "0", "--duration-ms", str(window_ms)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CountFailed(done.stderr)
    return int(json.loads(done.stdout)["all_ops"])


def _started(command: list[str], port: int) -> "subprocess.Popen[bytes]":
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        ["taskset", "-c", SERVER_CORE, *command, str(port)], stdout=quiet, stderr=quiet
    )
    deadline = time.monotonic() + 30
    while not accepts(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise CountFailed(f"{' '.join(command)} did not start")
        time.sleep(0.05)
    return process


def _instructions(programs: Path, server: Path, depth: int, window_ms: int) -> tuple[int, int]:
    """Instructions of a server's whole life, and the requests that it answered in it."""
    out = SCRATCH / "callgrind.out"
    out.unlink(missing_ok=True)
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", str(server)]
    port = free_port()
    process = _started(valgrind, port)
    requests = _load(programs, port, process.pid, depth, window_ms)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=30)
    total = re.search(r"^(?:summary|totals): (\d+)", out.read_text(), re.MULTILINE)
    if total is None:
        raise CountFailed(f"no total in {out}")
    return int(total.group(1)), requests


def instructions_per_request(programs: Path, server: Path, depth: int) -> float:
    """User instructions for one request."""
    short = _instructions(programs, server, depth, SHORT_MS)
    long = _instructions(programs, server, depth, LONG_MS)
    return (long[0] - short[0]) / (long[1] - short[1])


def system_calls_per_request(programs: Path, server: Path, depth: int) -> float:
    """System calls for one request, under the full load."""
    port = free_port()
    process = _started([str(server)], port)
    perf = subprocess.Popen(
        ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-p", str(process.pid)],
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(0.3)  # perf has no sign that it counts; before the load there is nothing to count
    requests = _load(programs, port, process.pid, depth, SHORT_MS)
    perf.send_signal(signal.SIGINT)
    told = perf.communicate(timeout=10)[1]
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=10)
    found = re.search(r"^(\d+),.*raw_syscalls", told, re.MULTILINE)
    if found is None:
        raise CountFailed(f"perf did not count: {told}")
    return int(found.group(1)) / requests


def main() -> int:
    """Counts for the raw epoll loop and for our native server."""
    parser = argparse.ArgumentParser(description="Counts instructions and system calls.")
    parser.add_argument("--programs", type=Path, default=ROOT / "build" / "bench" / "benchmarks")
    programs: Path = parser.parse_args().programs
    SCRATCH.mkdir(parents=True, exist_ok=True)
    print(f"{'server':18}{'depth':>6}{'user instructions/request':>28}{'system calls/request':>24}")
    try:
        for depth in DEPTHS:
            for name in ("bench_raw_epoll", "bench_hello"):
                instructions = instructions_per_request(programs, programs / name, depth)
                calls = system_calls_per_request(programs, programs / name, depth)
                print(f"{name:18}{depth:>6}{instructions:>28.0f}{calls:>24.3f}", flush=True)
    except CountFailed as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
