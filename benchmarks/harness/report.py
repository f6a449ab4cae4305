"""Writes what was measured: a table for people, `latest.json` for programs, `latest.md` for both.

`latest.json` is a list. Its first element is the head: `machine`, `date` and how the run was made.
Then come the rows, one per system, and the goals: `{"row", "goal", "ratio", "met"}` with the
verdict, whose `met` is null when it is unresolved. A row that was not attempted stands as
`{"row", "not_run": true}`.
"""

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.goals import Outcome
from harness.measure import Measured, Plan
from harness.plot import bars
from harness.systems import ALL_ROWS, Row

Results = dict[str, tuple[Row, list[Measured]]]

HEADINGS = ["system", "lang", "ops/s", "p50 us", "p99 us"]
HEADINGS += ["CPU us/op", "user", "sys", "core", "RSS MiB"]


def machine() -> str:
    """The processor, its number of cores, and the kernel."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"


def head(plan: Plan) -> dict[str, Any]:
    """The first element of the results."""
    return {
        "machine": machine(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "rounds": plan.rounds,
        "window_ms": plan.window_ms,
        "warmup_ms": plan.warmup_ms,
        "load_average": round(os.getloadavg()[0], 2),
    }


def _cells(found: Measured) -> list[str]:
    return [
        found.system.label,
        found.system.language,
        f"{found.median('ops_per_s'):,.0f}",
        f"{found.median('p50_us'):,.0f}",
        f"{found.median('p99_us'):,.0f}",
        f"{found.median('cpu_us_per_op'):.2f}",
        f"{found.median('user_us_per_op'):.2f}",
        f"{found.median('system_us_per_op'):.2f}",
        f"{found.median('server_cpu_share'):.0%}" if found.runs[0].server_cpu_share else "",
        f"{found.rss_mib:.1f}",
    ]


def _peer_ratios(measured: list[Measured]) -> list[str]:
    """Per system of ours, what each peer uses of CPU per operation compared to it."""
    lines = []
    for ours in measured:
        if not ours.system.is_ours:
            continue
        mine = ours.median("cpu_us_per_op")
        ratios = [
            f"{peer.system.label} {peer.median('cpu_us_per_op') / mine:.2f} x"
            for peer in measured
            if not peer.system.is_ours and peer.system.group == ours.system.group
        ]
        if not ratios:
            continue
        lines.append(f"CPU per operation against {ours.system.label}: " + ", ".join(ratios))
    return lines


def _goal_line(outcome: Outcome) -> str:
    spread = f"{outcome.low:.2f}..{outcome.high:.2f}"
    return (
        f"{outcome.kind}: {outcome.text}: {outcome.ratio:.2f} ({spread}) against {outcome.peer}, "
        f"{outcome.verdict} [{outcome.note}]"
    )


def table(results: Results, goals: list[Outcome]) -> str:
    """The report as plain text."""
    lines: list[str] = []
    for name in ALL_ROWS:
        if name not in results:
            lines.append(f"{name}: not run")
            continue
        row, measured = results[name]
        cells = [HEADINGS, *(_cells(found) for found in measured)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(HEADINGS))]
        lines += ["", f"{name}: {row.title}"]
        for line in cells:
            padded = [line[0].ljust(widths[0]), line[1].ljust(widths[1])]
            padded += [cell.rjust(width) for cell, width in zip(line[2:], widths[2:], strict=True)]
            lines.append("  " + "  ".join(padded))
        lines += [f"  {text}" for text in _peer_ratios(measured)]
        lines += [f"  {_goal_line(goal)}" for goal in goals if goal.row == name]
        lines.append("")
    return "\n".join(lines)


def as_list(plan: Plan, results: Results, goals: list[Outcome]) -> list[dict[str, Any]]:
    """The report in the form of `latest.json`."""
    rows: list[dict[str, Any]] = [head(plan)]
    for name in ALL_ROWS:
        if name not in results:
            rows.append({"row": name, "not_run": True})
            continue
        for found in results[name][1]:
            rows.append(_as_row(name, found))
        rows += [_as_goal(goal) for goal in goals if goal.row == name]
    return rows


def _as_row(name: str, found: Measured) -> dict[str, Any]:
    row: dict[str, Any] = {"row": name, "system": found.system.name}
    if found.system.variant:
        row["variant"] = found.system.variant
    return {
        **row,
        "language": found.system.language,
        "ops_per_s": round(found.median("ops_per_s"), 1),
        "cpu_us_per_op": round(found.median("cpu_us_per_op"), 4),
        "p50_us": round(found.median("p50_us"), 1),
        "p99_us": round(found.median("p99_us"), 1),
        "rss_mib": round(found.rss_mib, 2),
        "server_cpu_share": round(found.median("server_cpu_share"), 3),
        "runs": [[round(run.ops_per_s, 1), round(run.cpu_us_per_op, 4)] for run in found.runs],
    }


def _as_goal(goal: Outcome) -> dict[str, Any]:
    return {
        "row": goal.row,
        "goal": goal.text,
        "kind": goal.kind,
        "against": goal.peer,
        "ratio": round(goal.ratio, 4),
        "range": [round(goal.low, 4), round(goal.high, 4)],
        "met": {"met": True, "missed": False, "unresolved": None}[goal.verdict],
        "verdict": goal.verdict,
        "note": goal.note,
    }


def write(folder: Path, plan: Plan, results: Results, goals: list[Outcome]) -> None:
    """Writes latest.json, latest.md and a plot per row into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = as_list(plan, results, goals)
    (folder / "latest.json").write_text(
        "[\n" + ",\n".join(json.dumps(element) for element in listed) + "\n]\n"
    )
    lines = [
        "# Benchmark results",
        "",
        f"{listed[0]['machine']}, {listed[0]['date']}. Median of {plan.rounds} interleaved rounds "
        f"of {plan.window_ms} ms; server on one core, load on the other.",
        "",
    ]
    for name in ALL_ROWS:
        lines += [f"## {name}", ""]
        if name not in results:
            lines += ["not run", ""]
            continue
        row, measured = results[name]
        lines += [f"{row.title}.", "", "| " + " | ".join(HEADINGS) + " |"]
        lines.append("|" + " --- |" * 2 + " ---: |" * (len(HEADINGS) - 2))
        lines += ["| " + " | ".join(_cells(found)) + " |" for found in measured]
        lines += ["", *(f"- {text}" for text in _peer_ratios(measured))]
        lines += [f"- {_goal_line(goal)}" for goal in goals if goal.row == name]
        lines += ["", f"![{row.title}]({name}.svg)", ""]
        (folder / f"{name}.svg").write_text(bars(row.title, measured))
    (folder / "latest.md").write_text("\n".join(lines))
