"""Measures clients: each runs in a process of its own against the raw epoll loop, in turns."""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.measure import LoadFailed, Measured, Plan, Run
from harness.servers import LOAD_CORE, Running, all_running
from harness.systems import Row, System

FIGURES = [name for name in Run.__dataclass_fields__ if not name.endswith("_cpu_share")]


def _run_once(client: System, server: Running, plan: Plan) -> list[dict[str, float]]:
    words = {"PORT": server.port, "WARMUP": plan.warmup_ms * 3, "WINDOW": plan.window_ms // 2}
    command = ["taskset", "-c", LOAD_CORE]
    command += [str(words.get(word, word)) for word in client.command]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **client.environment},
    )
    if done.returncode != 0:
        raise LoadFailed(f"http_client, {client.label}: {done.stderr.strip()[-2000:]}")
    told: list[dict[str, float]] = json.loads(done.stdout)
    return told


def measure_clients(
    programs: Path, row: Row, plan: Plan, tell: Callable[[str], None]
) -> list[Measured]:
    """All rounds of the clients' row: one result per client and number in flight.

    A window is half as long as a server's, since each client has two; the warm-up is longer, since
    each client is a new process that has to be compiled by its engine.
    """
    raw_epoll = System(
        "raw_epoll", "raw epoll loop", "cpp", [f"{programs}/bench_raw_epoll", "PORT"]
    )
    measured: dict[tuple[int, str], Measured] = {}
    with all_running([raw_epoll]) as servers:
        for number in range(plan.rounds):
            tell(f"{row.name}: round {number + 1} of {plan.rounds}")
            turn = number % len(row.systems)
            for client in row.systems[turn:] + row.systems[:turn]:
                for told in _run_once(client, servers[0], plan):
                    in_flight = int(told["in_flight"])
                    variant = replace(
                        client,
                        key=f"{client.key}_{in_flight}",
                        variant=f"{in_flight} in flight",
                        group=f"{client.language} {in_flight}",
                    )
                    found = measured.setdefault((in_flight, client.key), Measured(variant))
                    found.runs.append(Run(**{name: told[name] for name in FIGURES}))
                    found.rss_mib = max(found.rss_mib, told["rss_mib"])
    order = [client.key for client in row.systems]
    return [
        measured[place] for place in sorted(measured, key=lambda at: (at[0], order.index(at[1])))
    ]
