"""Words that say that something is not done, and names of machines, have no place here."""

from __future__ import annotations

import json
import re

from tidy.project import ROOT, files, relative, text_of

CODE = (
    ".cpp", ".hpp", ".py", ".pyi", ".ts", ".mts", ".js", ".mjs", ".sh", ".cmake", ".txt", ".map"
)  # fmt: skip

FOLDERS = (
    "core", "bindings", "packages", "scripts", "cmake", "tests", "examples", "benchmarks"
)  # fmt: skip

UNFINISHED = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|\bnot (yet )?implemented\b|(raise|return) NotImplemented"
)
NOT_RUN = re.compile(
    r"mark\.(skip|xfail)|pytest\.(skip|xfail|importorskip)\("
    r"|\b(it|test|describe)\.(skip|todo|only)\b|\bx(it|describe)\("
    r"|\[\.\]|\[!(mayfail|shouldfail|hide)\]"
)
# A path of someone's machine: only what scripts must name may stand.
MACHINE = re.compile(r"(?<![\w.$}/])/(work|root|home/(?!tidewire\b)\w+|opt|srv|mnt)/")


def _lines_with(pattern: re.Pattern[str], *suffixes: str, under: tuple[str, ...]) -> list[str]:
    found = []
    for folder in under:
        if not (ROOT / folder).is_dir():
            continue
        for path in files(*suffixes, under=folder):
            if path.parent.name == "tidy" or (text := text_of(path)) is None:
                continue
            found += [
                f"{relative(path)}:{number}: {line.strip()[:100]}"
                for number, line in enumerate(text.splitlines(), 1)
                if pattern.search(line)
            ]
    return found


def test_nothing_is_left_unfinished() -> None:
    found = _lines_with(UNFINISHED, *CODE, under=FOLDERS)
    assert not found, "\n".join(found)


def test_no_test_is_switched_off() -> None:
    found = _lines_with(NOT_RUN, ".cpp", ".hpp", ".py", ".ts", ".mts", ".js", under=("tests",))
    assert not found, "\n".join(found)


def test_no_file_names_a_machine() -> None:
    found = _lines_with(MACHINE, under=("",))
    assert not found, "\n".join(found)


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert not [name for name, entry in packages.items() if "resolved" in entry]


def test_the_words_are_found_where_they_stand() -> None:
    assert UNFINISHED.search("// TODO: later")
    assert NOT_RUN.search("@pytest.mark.skip")
    assert MACHINE.search("see /" + "work/notes.txt")
    assert not MACHINE.search("https://example.com/" + "work/x")
    assert not MACHINE.search("lib/" + "work/x")
