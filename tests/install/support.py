"""What the install tests share: where the artefacts are, and a clean environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VERSION = (ROOT / "VERSION").read_text().strip()
CONSUMERS = Path(__file__).resolve().parent / "consumers"


def clean_environment(**more: str) -> dict[str, str]:
    """This environment without what would let a program find the checkout."""
    names = ("PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LD_PRELOAD")
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in names and not name.startswith("TIDEWIRE_")
    }
    return {**env, **more}


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    """Runs a command to its end and gives its output; its errors are in the failure."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean_environment(**more),
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    )
    return done.stdout


def artefact(pattern: str, command: str) -> Path:
    found = sorted((ROOT / "dist").glob(pattern))
    assert len(found) == 1, f"one dist/{pattern} is expected, made by `{command}`; found {found}"
    return found[0]
