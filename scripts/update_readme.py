"""Puts the examples and the output of the demo into the blocks of README.md that show them.

tests/tidy/test_readme.py fails when they differ; this is how to put that right.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"(<!-- (file|recorded): ([^>]+?) -->\n```\w*\n).*?(^```$)", re.M | re.S)


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
    README.write_text(BLOCK.sub(filled, README.read_text()))


if __name__ == "__main__":
    main()
