"""The demo: a server in each of three languages, and a client in each that asks all of them.

    run_demo.py [--once]

Each is a process of its own. The servers tell the live figures of this machine. On a terminal they
stay up until Ctrl-C, for the reader to try; with `--once`, or without a terminal, the demo ends by
itself. Ends with 1 when one of the nine pairs failed. No process is left behind, however it ends.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from processes import ROOT, DemoError, Language, Processes, Server, start_servers

HERE = Path("scripts/demo")
CLIENT_SECONDS = 20.0
FIGURES_SECONDS = 0.5


def node() -> str:
    """The node of PATH, or the one that setup has put into the checkout."""
    own = Path(".tools/node/bin/node")
    return str(own) if (ROOT / own).exists() else "node"


def languages(build: Path) -> list[Language]:
    python = ".venv/bin/python" if (ROOT / ".venv/bin/python").exists() else sys.executable
    return [
        Language("C++", 8081, [f"{build / HERE}/demo_server"], [f"{build / HERE}/demo_client"]),
        Language("Python", 8082, [python, f"{HERE}/server.py"], [python, f"{HERE}/client.py"]),
        Language("Node", 8083, [node(), f"{HERE}/server.mjs"], [node(), f"{HERE}/client.mjs"]),
    ]


# ---- Figures


def get(url: str) -> Any:
    """By Python's own HTTP client: the demo also shows that others are understood."""
    with urllib.request.urlopen(url, timeout=5) as response:
        return json.load(response)


def amount(number: float, unit: str) -> str:
    if number < 1000:
        return f"{number:.0f} {unit}"
    for prefix in ("k", "M"):
        number /= 1000
        if number < 1000:
            return f"{number:.1f} {prefix}{unit}"
    return f"{number / 1000:.1f} G{unit}"


@dataclass
class Figures:
    """What changed between two looks at the machine."""

    cpu: str
    memory: str
    network: str
    line: str  # the same, shorter


def figures(before: Any, after: Any, seconds: float) -> Figures:
    spent = {
        name: after["cpu"][name] - before["cpu"][name] for name in ("busy_seconds", "idle_seconds")
    }
    busy = spent["busy_seconds"] / max(0.01, sum(spent.values())) * 100
    cores = after["cpu"]["cores"]
    total = after["memory"]["total_bytes"]
    used = total - after["memory"]["available_bytes"]
    rates = [
        amount((after["network"][name] - before["network"][name]) / seconds, "B/s")
        for name in ("received_bytes", "sent_bytes")
    ]
    return Figures(
        f"{busy:.0f} % of {cores} cores busy, load {after['cpu']['load']:.2f}",
        f"{amount(used, 'B')} of {amount(total, 'B')} in use",
        f"{rates[0]} received, {rates[1]} sent",
        f"CPU {busy:.0f} % busy, {rates[0]} in, {rates[1]} out",
    )


# ---- Pairs


@dataclass
class Asked:
    """What one client found out."""

    pid: int
    # By the pid of the server.
    medians: dict[int, float]
    errors: list[str]


def ask(language: Language, servers: list[Server], processes: Processes) -> Asked:
    with tempfile.TemporaryFile() as errors:
        command = [*language.client, *(server.url for server in servers)]
        process = processes.start(command, errors)
        found = Asked(process.pid, {}, [])
        try:
            output, _ = process.communicate(timeout=CLIENT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            found.errors.append(f"it took longer than {CLIENT_SECONDS:.0f} s")
        for line in output.decode().splitlines():
            row = json.loads(line)
            if "error" in row:
                found.errors.append(f"{row['url']}: {row['error']}")
            elif row["client"]["pid"] == process.pid:
                found.medians[row["server"]["pid"]] = row["median_ms"]
        errors.seek(0)
        if said := errors.read().decode(errors="replace").strip():
            found.errors.append(said)
        if process.returncode != 0 and not found.errors:
            found.errors.append(f"it ended with {process.returncode}")
    return found


# ---- The page


class Page:
    """Writes to a person, or to a file without colours."""

    def __init__(self) -> None:
        self.terminal = sys.stdout.isatty()
        self._colours = self.terminal and not os.environ.get("NO_COLOR")

    def _styled(self, code: int, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def strong(self, text: str) -> str:
        return self._styled(1, text)

    def faint(self, text: str) -> str:
        return self._styled(2, text)

    def good(self, text: str) -> str:
        return self._styled(32, text)

    def bad(self, text: str) -> str:
        return self._styled(31, text)

    def say(self, text: str = "") -> None:
        print(text, flush=True)

    def now(self, text: str) -> None:
        """Over the line that it wrote last, on a terminal only."""
        columns = shutil.get_terminal_size().columns
        print(f"\r\x1b[K{text[: columns - 1]}", end="", flush=True)


def show_figures(page: Page, servers: list[Server]) -> None:
    before = get(f"{servers[0].url}/machine")
    began = time.monotonic()
    time.sleep(FIGURES_SECONDS)
    after = get(f"{servers[0].url}/machine")
    now = figures(before, after, time.monotonic() - began)
    page.say(f"  CPU      {now.cpu}")
    page.say(f"  memory   {now.memory}")
    page.say(f"  network  {now.network}")
    page.say()


def show_pairs(page: Page, servers: list[Server], processes: Processes) -> int:
    """Prints the table; gives the number of pairs that failed."""
    width = 15
    heads = [f"{server.language.name} server" for server in servers]
    pids = [f"pid {server.process.pid}" for server in servers]
    margin = " " * 26
    page.say(margin + "".join(page.strong(f"{head:>{width}}") for head in heads))
    page.say(margin + "".join(page.faint(f"{pid:>{width}}") for pid in pids))
    errors = []
    failed = 0
    for language in (server.language for server in servers):
        found = ask(language, servers, processes)
        row = page.strong(f"  {language.name + ' client':<14}") + page.faint(f"pid {found.pid:<6}")
        for server in servers:
            median = found.medians.get(server.process.pid)
            failed += median is None
            cell = "failed" if median is None else f"{median:.2f} ms"
            row += (page.bad if median is None else page.good)(f"{cell:>{width}}")
        page.say(row)
        errors += [f"the {language.name} client: {error}" for error in found.errors]
    page.say()
    pairs = len(servers) ** 2
    page.say(
        f"  {pairs - failed} of {pairs} pairs;"
        " the median latency of 50 calls each, by route and by method."
    )
    for error in errors:
        page.say(page.bad(f"  {error}"))
    page.say()
    return failed


def show_what_to_try(page: Page, servers: list[Server]) -> None:
    cpp, python, javascript = servers
    interpreter = python.language.client[0]
    # One command a paragraph, each to be pasted into a shell in the checkout.
    commands = {
        "curl": [
            f"curl -s {cpp.url}/machine",
            f"curl -s {python.url}/machine/memory",
            f"""curl -s {javascript.url}/methods/add -d '{{"a":1,"b":2}}'""",
        ],
        "Python": [
            f"{interpreter} -c '\n"
            "import asyncio, tidewire\n"
            "async def main():\n"
            f'    async with tidewire.connect("{javascript.url}") as client:\n'
            '        print(await client.call("add", {"a": 1, "b": 2}))\n'
            "asyncio.run(main())'",
        ],
        "Node": [
            f'{javascript.language.client[0]} --input-type=module -e "\n'
            "import { connect } from 'tidewire'\n"
            f"const client = await connect('{python.url}')\n"
            "console.log(await client.call('machine'))\n"
            'await client.close()"',
        ],
        "C++": [f"{cpp.language.client[0]} {python.url} {javascript.url}"],
    }
    page.say(page.strong("Try, in another terminal in this folder, while the demo is up:"))
    for name, lines in commands.items():
        page.say()
        page.say(page.faint(f"# {name}"))
        for line in lines:
            page.say(line)
    page.say()


def stay(page: Page, servers: list[Server]) -> None:
    """Shows the figures as each server in turn tells them."""
    before: Any = None
    began = 0.0
    turn = 0
    while True:
        for server in servers:
            if server.process.poll() is not None:
                raise DemoError(f"the {server.language.name} server ended: {server.said()}")
        server = servers[turn % len(servers)]
        after, now = get(f"{server.url}/machine"), time.monotonic()
        if before is not None:
            seen = figures(before, after, now - began)
            page.now(f"{server.language.name}: {seen.line}. Ctrl-C ends the demo.")
        before, began, turn = after, now, turn + 1
        time.sleep(1)


def demonstrate(page: Page, processes: Processes, build: Path, once: bool) -> int:
    page.say(
        page.strong(
            "Three servers, in C++, Python and Node, tell the live figures of this machine;\n"
            "a client in each language asks all three."
        )
    )
    page.say()
    servers = start_servers(languages(build), processes)
    show_figures(page, servers)
    failed = show_pairs(page, servers, processes)
    if failed:
        return 1
    show_what_to_try(page, servers)
    if page.terminal and not once:
        stay(page, servers)
    return 0


def on_signal(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--once", action="store_true", help="end after the table")
    parser.add_argument("--build", type=Path, default=Path("build/dev"), help="where C++ was built")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    page = Page()
    processes = Processes()
    try:
        return demonstrate(page, processes, options.build, options.once)
    except KeyboardInterrupt:
        page.say()
        return 0
    except (DemoError, OSError) as error:
        page.say(page.bad(f"The demo failed: {error}"))
        return 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        processes.end()


if __name__ == "__main__":
    sys.exit(main())
