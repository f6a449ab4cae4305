"""Puts examples, the output of the demo and figures into the blocks of README.md that show them.

tests/tidy/test_readme.py fails when they differ; this is how to put that right.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- (file|recorded): ([^>]+?) -->\n```\w*\n).*?(^```$)", re.M | re.S)

FIGURES = re.compile(r"(<!-- figures -->\n).*?(<!-- end -->)", re.S)
ROWS = {
    "http_hello_native": "HTTP server, native handler",
    "http_pipelined": "the same, 16 requests pipelined",
    "http_handler_python": "HTTP server, Python handler",
    "http_handler_node": "HTTP server, Node handler",
    "http_client": "HTTP client",
}


def figures() -> str:
    """The benchmark's last results, short: what was measured for each system."""
    machine, *results = json.loads((ROOT / "benchmarks" / "results" / "latest.json").read_text())
    lines = [
        f"{machine['machine']}, {machine['date'][:10]}; median of {machine['rounds']} interleaved",
        "rounds, 64 connections, server and load on one core each.",
        "",
        "| | system | requests/s | CPU us a request |",
        "| --- | --- | ---: | ---: |",
    ]
    for name, title in ROWS.items():
        shown = title
        for result in results:
            if result["row"] != name or "system" not in result:
                continue
            system = result["system"]
            if name == "http_client":
                system += f", {result['language']}"
            if "variant" in result:
                system += f", {result['variant']}"
            line = f"{result['ops_per_s']:,.0f} | {result['cpu_us_per_op']:.1f}"
            lines.append(f"| {shown} | {system} | {line} |")
            shown = ""
    return "\n".join(lines) + "\n"


def demo() -> str:
    run = subprocess.run(
        [sys.executable, "scripts/run_demo.py", "--once"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return run.stdout.rstrip("\n") + "\n"


def filled(block: re.Match[str]) -> str:
    shown = (ROOT / block[3]).read_text() if block[2] == "file" else demo()
    return block[1] + shown + block[4]


def main() -> None:
    text = BLOCK.sub(filled, README.read_text())
    README.write_text(FIGURES.sub(lambda block: block[1] + figures() + block[2], text))


if __name__ == "__main__":
    main()
