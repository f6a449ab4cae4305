"""Runs the load on every system of a row, in turns, so that what disturbs one disturbs all."""

import json
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.servers import LOAD_CORE, Running, all_running
from harness.systems import Row, System

# Before the first round: enough for the compilers of an engine, in processor time of the server.
FIRST_WARMUP_CPU_MS = 600


class LoadFailed(Exception):
    """The load saw a wrong answer or a closed connection; the run fails."""


@dataclass(frozen=True)
class Plan:
    """How long and how often."""

    rounds: int
    warmup_ms: int
    window_ms: int


@dataclass(frozen=True)
class Run:
    """One measured window on one system."""

    ops_per_s: float
    cpu_us_per_op: float
    user_us_per_op: float
    system_us_per_op: float
    p50_us: float
    p99_us: float
    # Of one core; neither is known for a client that is measured itself.
    server_cpu_share: float = 0.0
    generator_cpu_share: float = 0.0


@dataclass
class Measured:
    """All windows of one system in one row, the oldest first."""

    system: System
    runs: list[Run] = field(default_factory=list)
    rss_mib: float = 0.0

    def median(self, figure: str) -> float:
        """The median over the rounds of one figure of `Run`."""
        return statistics.median(float(getattr(run, figure)) for run in self.runs)


def load_once(
    load: Path, row: Row, server: Running, warmup_ms: int, window_ms: int, warmup_cpu_ms: int = 0
) -> Run:
    """One window of load on one server. Raises LoadFailed."""
    command = ["taskset", "-c", LOAD_CORE, str(load)]
    command += ["--port", str(server.port), "--connections", str(row.connections)]
    command += ["--depth", str(row.depth), *server.system.load]
    command += ["--warmup-ms", str(warmup_ms), "--duration-ms", str(window_ms)]
    command += ["--warmup-cpu-ms", str(warmup_cpu_ms)]
    command += ["--pids", ",".join(str(process) for process in server.process_ids())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LoadFailed(f"{row.name}, {server.system.label}: {done.stderr.strip()}")
    told = json.loads(done.stdout)
    return Run(**{name: float(told[name]) for name in Run.__dataclass_fields__})


def measure_row(
    programs: Path, row: Row, plan: Plan, tell: Callable[[str], None]
) -> list[Measured]:
    """All rounds of one row. The order turns by one each round, so nobody is always the first."""
    load = programs / "bench_load"
    with all_running(row.systems) as servers:
        measured = {server.system.key: Measured(server.system) for server in servers}
        for server in servers:
            # Not measured: caches, tiers of compilers and branch predictors come up here.
            load_once(load, row, server, plan.warmup_ms, plan.warmup_ms, FIRST_WARMUP_CPU_MS)
        rounds = plan.rounds * row.rounds_factor
        for number in range(rounds):
            tell(f"{row.name}: round {number + 1} of {rounds}")
            turn = number % len(servers)
            for server in servers[turn:] + servers[:turn]:
                run = load_once(load, row, server, plan.warmup_ms, plan.window_ms)
                measured[server.system.key].runs.append(run)
        for server in servers:
            measured[server.system.key].rss_mib = server.peak_rss_mib()
    return list(measured.values())
