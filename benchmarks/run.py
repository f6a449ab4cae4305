"""Runs the benchmarks: every row that there is so far, us and the peers side by side.

    python benchmarks/run.py --quick          # under three minutes
    python benchmarks/run.py                  # longer windows, more rounds
    python benchmarks/run.py --rows http_hello_native,http_pipelined
    python benchmarks/run.py --peers-only     # the yardsticks alone; our systems are not run

Prints a table and writes latest.json, latest.md and a plot per row into benchmarks/results. The
exit status is 1 when a peer could not be installed, a server did not start or a load saw a wrong
answer; a goal that is missed does not change it, since a figure is not a test.
"""

import argparse
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from harness import peers, report, systems
from harness.clients import measure_clients
from harness.goals import Outcome, outcomes_of
from harness.measure import LoadFailed, Plan, measure_row
from harness.paths import RESULTS, ROOT
from harness.servers import ServerFailed

QUICK = Plan(rounds=5, warmup_ms=150, window_ms=600)
FULL = Plan(rounds=7, warmup_ms=500, window_ms=3000)


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Runs the benchmarks.")
    parser.add_argument("--quick", action="store_true", help="under three minutes")
    parser.add_argument("--rows", default="", help="only these, separated by commas")
    parser.add_argument("--rounds", type=int, default=0, help="instead of the usual number")
    parser.add_argument("--window-ms", type=int, default=0, help="instead of the usual window")
    parser.add_argument("--peers-only", action="store_true", help="without tidewire's systems")
    parser.add_argument(
        "--programs",
        type=Path,
        default=ROOT / "build" / "bench" / "benchmarks",
        help="the folder of the built benchmark programs",
    )
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results go")
    return parser.parse_args()


def chosen_rows(options: argparse.Namespace) -> list[systems.Row]:
    """The rows to run, with the systems to run in each."""
    known = systems.rows(options.programs)
    names = [name for name in options.rows.split(",") if name]
    unknown = set(names) - {row.name for row in known}
    if unknown:
        sys.exit(f"no such row: {', '.join(sorted(unknown))}")
    rows = [row for row in known if not names or row.name in names]
    if options.peers_only:
        rows = [
            replace(row, systems=[found for found in row.systems if not found.is_ours])
            for row in rows
        ]
    return rows


def say(text: str) -> None:
    """Shows progress."""
    print(text, flush=True)


def main() -> int:
    """Runs the chosen rows and reports them."""
    options = parse()
    plan = QUICK if options.quick else FULL
    plan = replace(
        plan,
        rounds=options.rounds or plan.rounds,
        window_ms=options.window_ms or plan.window_ms,
    )
    load = options.programs / "bench_load"
    if not load.exists():
        print(f"{load} is not built: cmake --build its build folder", file=sys.stderr)
        return 1
    if (os.cpu_count() or 1) < 2:
        print("two cores are needed, one for the server and one for the load", file=sys.stderr)
        return 1
    began = time.monotonic()
    results: report.Results = {}
    goals: list[Outcome] = []
    try:
        peers.install_all()
        for row in chosen_rows(options):
            measure = measure_clients if row.are_clients else measure_row
            measured = measure(options.programs, row, plan, say)
            results[row.name] = (row, measured)
            goals += outcomes_of(row.name, measured)
    except (peers.PeerMissing, ServerFailed, LoadFailed) as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return 1
    report.write(options.results, plan, results, goals)
    print(report.table(results, goals))
    print(f"{time.monotonic() - began:.0f} s; results in {options.results}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
