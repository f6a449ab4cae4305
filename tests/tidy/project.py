"""What the tidy tests share: the project's own files, and its includes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# What is installed, built or cached; everything else is ours.
NOT_OURS = {
    ".git",
    ".venv",
    ".tools",
    ".cache",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    "__pycache__",
    "node_modules",
}
BUILT = {"build", "dist", "prebuilds", "packages/node/dist"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?P<quote>[<"])(?P<path>[^>"]+)[>"]', re.M)


def files(*suffixes: str, under: str = "") -> Iterator[Path]:
    """Every file of the project with one of the suffixes (all files without any)."""
    waiting = [ROOT / under]
    while waiting:
        for path in sorted(waiting.pop().iterdir()):
            if path.is_symlink() or path.name in NOT_OURS or relative(path) in BUILT:
                continue
            if path.is_dir():
                waiting.append(path)
            elif not suffixes or path.suffix in suffixes:
                yield path


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_of(path: Path) -> str | None:
    """The text of a file, or None for one that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def includes(path: Path) -> list[tuple[int, str, str]]:
    """(line, quote, path) of each #include in a file."""
    text = path.read_text()
    return [
        (text.count("\n", 0, found.start()) + 1, found["quote"], found["path"])
        for found in INCLUDE.finditer(text)
    ]
