"""Runs stages one by one, shows that long ones are alive, and adds the results up.

    run_suites.py build                        build everything
    run_suites.py bench-build                  build everything that the benchmarks run
    run_suites.py test [SUITE...]              build, then all suites or the given ones
    run_suites.py lint | faults | asan | tsan | fuzz | artefacts | demo
    run_suites.py ci                           all that `test` does not do; adds test's results
    run_suites.py torture                      the long forms: hours

The last line of a run that tests is `N passed, N failed, N skipped`. The exit code is not 0 when a
test failed or was skipped, when a step failed, or when a suite ran no test.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import suites
from suites import RESULTS, ROOT, Stage

LOGS = ROOT / "build" / "log"
TEST_SUMMARY = RESULTS / "summary-test.json"
SIGN_OF_LIFE_SECONDS = 20


@dataclass
class Outcome:
    name: str
    kind: str
    seconds: float
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ""

    @property
    def good(self) -> bool:
        return self.failed == 0 and self.skipped == 0


def count_junit(path: Path) -> tuple[int, int, int]:
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def count_jest(path: Path) -> tuple[int, int, int]:
    report = json.loads(path.read_text())
    # A file that does not load has no tests to count, and is a failure all the same.
    failed = report["numFailedTests"] + report["numRuntimeErrorTestSuites"]
    return report["numPassedTests"], failed, report["numPendingTests"] + report["numTodoTests"]


def failures(path: Path) -> Iterator[str]:
    """The tests of a results file that did not pass, each with the head of its message."""
    if path.suffix == ".json":
        for file in json.loads(path.read_text())["testResults"]:
            for test in file["assertionResults"]:
                if test["status"] != "passed":
                    yield f"{test['status']}: {test['fullName']}"
            if not file["assertionResults"]:
                yield f"{file['name']}: {file['message'][:1000]}"
        return
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        for kind in ("failure", "error", "skipped"):
            if (what := case.find(kind)) is not None:
                text = (what.text or what.get("message") or "").strip()
                yield f"{kind}: {case.get('classname')} {case.get('name')}\n{text[:1500]}"


def log_of(stage: Stage) -> Path:
    return LOGS / f"{stage.name.replace(' ', '-')}.log"


def last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 2000))
        lines = file.read().decode(errors="replace").replace("\r", "\n").split("\n")
    return next((line.strip()[:80] for line in reversed(lines) if line.strip()), "")


def execute(stage: Stage) -> int:
    """Runs the command with its output in a log; returns the exit code."""
    log = log_of(stage)
    log.parent.mkdir(parents=True, exist_ok=True)
    if stage.before is not None:
        stage.before()
    with log.open("w") as output:
        process = subprocess.Popen(
            stage.command,
            cwd=ROOT,
            env=suites.environment(stage),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that it ends with all that it has started
        )
        started = time.monotonic()
        try:
            while True:
                try:
                    return process.wait(timeout=SIGN_OF_LIFE_SECONDS)
                except subprocess.TimeoutExpired:
                    elapsed = time.monotonic() - started
                    print(f"   ... {stage.name}, {elapsed:.0f} s: {last_line(log)}", flush=True)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                process.wait()


def judge(stage: Stage, status: int, outcome: Outcome) -> None:
    if stage.kind == "suite" and stage.results is not None and stage.results.exists():
        count = count_jest if stage.results.suffix == ".json" else count_junit
        try:
            outcome.passed, outcome.failed, outcome.skipped = count(stage.results)
        except (ElementTree.ParseError, json.JSONDecodeError):
            # A program that is ended while it writes leaves half of them.
            outcome.failed, outcome.note = 1, f"exit code {status}, its results are cut"
            return
        if outcome.passed + outcome.failed + outcome.skipped == 0:
            outcome.failed, outcome.note = 1, "no test ran"
        elif status != 0 and outcome.failed == 0:
            outcome.failed, outcome.note = 1, f"exit code {status} although no test failed"
    elif status != 0:
        outcome.failed, outcome.note = 1, f"exit code {status}"
    elif stage.kind == "suite":
        outcome.failed, outcome.note = 1, "no results were written"
    elif stage.kind == "check":
        outcome.passed = 1


def run(stage: Stage) -> Outcome:
    print(f"== {stage.name}", flush=True)
    outcome = Outcome(stage.name, stage.kind, 0.0)
    started = time.monotonic()
    suites.forget(stage)
    if (program := suites.missing_program(stage)) is not None:
        outcome.failed, outcome.note = 1, f"{program} is not there"
    else:
        judge(stage, execute(stage), outcome)
    outcome.seconds = time.monotonic() - started
    if not outcome.good:
        if log_of(stage).exists():
            print("\n".join(log_of(stage).read_text(errors="replace").split("\n")[-80:]))
        if stage.results is not None and stage.results.exists():
            print("\n".join(failures(stage.results)))
        print(f"   FAILED: {outcome.note}  (log: {log_of(stage).relative_to(ROOT)})")
    print(f"   {describe(outcome)}", flush=True)
    return outcome


def describe(outcome: Outcome) -> str:
    counts = f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
    if outcome.kind == "step" and outcome.good:
        counts = "done"
    return f"{counts} ({outcome.seconds / 60:.1f} min)"


def report(outcomes: list[Outcome]) -> int:
    print("\n== minutes per stage")
    for outcome in outcomes:
        print(f"   {outcome.seconds / 60:6.1f}  {outcome.name}: {describe(outcome)}")
    total = sum(outcome.seconds for outcome in outcomes)
    print(f"   {total / 60:6.1f}  in all\n")
    passed = sum(outcome.passed for outcome in outcomes)
    failed = sum(outcome.failed for outcome in outcomes)
    skipped = sum(outcome.skipped for outcome in outcomes)
    # A run of steps only, such as a build, has tested nothing: it says nothing of tests.
    if failed or any(outcome.kind != "step" for outcome in outcomes):
        print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 0 if failed == 0 and skipped == 0 and outcomes else 1


def chosen(mode: str, names: list[str]) -> list[Stage]:
    if mode == "test":
        known = suites.suites()
        wrong = [name for name in names if name not in known]
        if wrong:
            sys.exit(f"unknown suite {', '.join(wrong)}; there are {', '.join(known)}")
        return suites.build_all() + [known[name] for name in names or known]
    groups = {
        "build": suites.build_all,
        "bench-build": suites.bench_build,
        "lint": suites.lint,
        "faults": suites.faults,
        "asan": suites.asan,
        "tsan": suites.tsan,
        "fuzz": suites.fuzz,
        "artefacts": suites.artefacts,
        "demo": suites.demo,
        "torture": suites.torture,
    }
    if mode == "ci":
        order = ["lint", "faults", "asan", "tsan", "fuzz", "artefacts", "demo"]
        return [stage for name in order for stage in groups[name]()]
    return groups[mode]()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("mode")
    parser.add_argument("suites", nargs="*")
    parser.add_argument("--setup-started", type=float, help="Unix time at which setup began")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A run in the background is born deaf to Ctrl-C, and so would be what the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    outcomes: list[Outcome] = []
    if options.setup_started is not None:
        outcomes.append(Outcome("setup", "step", time.time() - options.setup_started))
    if options.mode == "ci":
        if TEST_SUMMARY.exists():
            outcomes += [Outcome(**row) for row in json.loads(TEST_SUMMARY.read_text())]
        else:
            outcomes.append(Outcome("make test", "check", 0.0, failed=1, note="did not finish"))
    for stage in chosen(options.mode, options.suites):
        outcomes.append(run(stage))
        if stage.fatal and not outcomes[-1].good:
            if options.mode != "ci":
                break
            print("   the stages that need it will fail too")
    if options.mode == "test" and not options.suites:
        RESULTS.mkdir(parents=True, exist_ok=True)
        TEST_SUMMARY.write_text(json.dumps([asdict(outcome) for outcome in outcomes]))
    return report(outcomes)


if __name__ == "__main__":
    sys.exit(main())
