"""The goals and their verdicts.

A verdict is met, missed, or unresolved. The ratio is taken round by round, since the rounds are
interleaved, and its median counts. Within 15 % of its bar a ratio is only trusted when every round
lies on the same side of the bar, otherwise it is unresolved: then the instructions per operation
decide (`benchmarks/instructions.py`), which do not vary.
"""

import statistics
from dataclasses import dataclass
from typing import Literal

from harness.measure import Measured

Verdict = Literal["met", "missed", "unresolved"]
CLOSE = 0.15
# A load generator that is this busy is the limit; beyond it the server would have had more to give.
GENERATOR_FULL = 0.95
# A server that used less was not the limit of its own throughput.
SERVER_FULL = 0.9


@dataclass(frozen=True)
class Goal:
    """What one of our systems has to reach against a peer of the same row."""

    row: str
    text: str
    ours: str  # key of the system
    peer: str  # key of the peer, or "best": the peer with the least CPU per operation
    at_most: float | None = None  # CPU per operation, ours / peer's
    at_least: float | None = None  # CPU per operation, peer's / ours: how many times cheaper
    is_aim: bool = False  # where this is to go; the others are the bars for now


@dataclass(frozen=True)
class Outcome:
    """A goal that was measured."""

    row: str
    text: str
    kind: str  # "bar" or "aim"
    peer: str
    ratio: float
    low: float
    high: float
    verdict: Verdict
    note: str = ""


GOALS = [
    Goal("http_hello_native", "CPU/req <= 1.15 x raw epoll loop", "tidewire", "raw_epoll", 1.15),
    Goal(
        "http_hello_native",
        "CPU/req <= 1.05 x raw epoll loop",
        "tidewire",
        "raw_epoll",
        1.05,
        is_aim=True,
    ),
    Goal(
        "http_handler_python",
        "async handler >= 4 x uvicorn",
        "tidewire_async",
        "uvicorn",
        at_least=4.0,
    ),
    Goal(
        "http_handler_python",
        "async handler >= 5 x uvicorn",
        "tidewire_async",
        "uvicorn",
        at_least=5.0,
        is_aim=True,
    ),
    Goal(
        "http_handler_python",
        "async handler >= 1.5 x the best",
        "tidewire_async",
        "best",
        at_least=1.5,
        is_aim=True,
    ),
    Goal("http_handler_node", "handler >= 2 x node:http", "tidewire", "node_http", at_least=2.0),
    *(
        Goal(
            "http_client",
            f"{language} client, {in_flight} in flight, >= 1.5 x the best",
            f"tidewire_{language}_{in_flight}",
            "best",
            at_least=1.5,
            is_aim=True,
        )
        for in_flight in (1, 64)
        for language in ("python", "node")
    ),
]

PIPELINED_OPS_PER_S = 1_000_000.0


def verdict_of(ratios: list[float], bar: float, wants_low: bool) -> Verdict:
    """The verdict of the per-round `ratios` against `bar`."""
    median = statistics.median(ratios)

    def reaches(ratio: float) -> bool:
        return ratio <= bar if wants_low else ratio >= bar

    sides = {reaches(ratio) for ratio in ratios}
    if abs(median / bar - 1) <= CLOSE and len(sides) == 2:
        return "unresolved"
    return "met" if reaches(median) else "missed"


def _judge(goal: Goal, by_key: dict[str, Measured]) -> Outcome | None:
    ours = by_key.get(goal.ours)
    if ours is None:
        return None
    peers = [
        found
        for found in by_key.values()
        if not found.system.is_ours and found.system.group == ours.system.group
    ]
    if goal.peer != "best":
        peers = [found for found in peers if found.system.key == goal.peer]
    if not peers:
        return None
    peer = min(peers, key=lambda found: found.median("cpu_us_per_op"))
    wants_low = goal.at_most is not None
    pairs = zip(ours.runs, peer.runs, strict=True)
    ratios = [
        mine.cpu_us_per_op / theirs.cpu_us_per_op
        if wants_low
        else theirs.cpu_us_per_op / mine.cpu_us_per_op
        for mine, theirs in pairs
    ]
    bar = goal.at_most if goal.at_most is not None else goal.at_least
    assert bar is not None
    return Outcome(
        row=goal.row,
        text=goal.text,
        kind="aim" if goal.is_aim else "bar",
        peer=peer.system.label,
        ratio=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        verdict=verdict_of(ratios, bar, wants_low),
        note=f"by ops/s {ours.median('ops_per_s') / peer.median('ops_per_s'):.2f} x",
    )


def _judge_pipelined(by_key: dict[str, Measured]) -> Outcome | None:
    ours = by_key.get("tidewire")
    if ours is None:
        return None
    ratios = [run.ops_per_s / PIPELINED_OPS_PER_S for run in ours.runs]
    generator = ours.median("generator_cpu_share")
    server = ours.median("server_cpu_share")
    by_cpu = 1e6 / ours.median("cpu_us_per_op") / PIPELINED_OPS_PER_S
    verdict = verdict_of(ratios, 1.0, wants_low=False)
    if verdict != "met" and generator >= GENERATOR_FULL:
        verdict = "met"
    elif verdict != "met" and server < SERVER_FULL:
        # Others had the cores meanwhile: how many requests a whole core would have done decides.
        verdict = "missed" if by_cpu < 1.0 else "unresolved"
    return Outcome(
        row="http_pipelined",
        text=">= 1 M req/s, or the load generator's limit",
        kind="bar",
        peer="1 M req/s",
        ratio=statistics.median(ratios),
        low=min(ratios),
        high=max(ratios),
        verdict=verdict,
        note=f"the server used {server:.0%} of its core, the generator {generator:.0%}; "
        f"a whole core would do {by_cpu:.2f} M req/s",
    )


def outcomes_of(row: str, measured: list[Measured]) -> list[Outcome]:
    """The verdicts of all goals of one row."""
    by_key = {found.system.key: found for found in measured}
    judged = [_judge(goal, by_key) for goal in GOALS if goal.row == row]
    if row == "http_pipelined":
        judged.append(_judge_pipelined(by_key))
    return [outcome for outcome in judged if outcome is not None]
