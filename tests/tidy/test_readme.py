"""What README and docs show: blocks equal the files they name, programs run, bytes are those sent.

A comment before a fenced block says what it is:
  <!-- file: PATH -->        the block is that file, letter by letter
  <!-- run -->               a program (python, javascript, sh) that must succeed
  <!-- prints -->            what the block before it prints
  <!-- compile -->           a whole C++ program
  <!-- wire: request -->     bytes for a server that has the methods `add` and `square` (pure)
  <!-- wire: response -->    and what it answers, but for the date
  <!-- recorded: COMMAND --> what that command prints, but for the figures
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tidewire

from tidy.project import ROOT, files, relative

BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^>]+?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
KINDS = {"file", "run", "prints", "compile", "wire", "recorded"}


@dataclass
class Block:
    page: str
    line: int
    kind: str
    what: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text()
    found = []
    for match in BLOCK.finditer(text):
        kind, _, what = (match["mark"] or "").partition(": ")
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(relative(page), line, kind, what, match["language"], match["text"]))
    return found


PAGES = [ROOT / "README.md", *files(".md", under="docs")]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of(kind: str) -> list[Block]:
    found = [block for block in BLOCKS if block.kind == kind]
    assert found, f"no block of the kind {kind}: is the pattern of blocks right?"
    return found


def run(block: Block) -> str:
    command = {
        "sh": ["bash", "-euo", "pipefail", "-c", block.text],
        "python": [sys.executable, "-c", block.text],
        "javascript": ["node", "--input-type=module", "-e", block.text],
    }[block.language]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_every_block_of_code_says_how_it_is_checked() -> None:
    unchecked = [
        str(block)
        for block in BLOCKS
        if block.language in {"python", "javascript", "cpp", "http"} and block.kind not in KINDS
    ]
    assert not unchecked


@pytest.mark.parametrize("block", of("file"), ids=str)
def test_a_block_that_names_a_file_is_that_file(block: Block) -> None:
    assert block.text == (ROOT / block.what).read_text()


@pytest.mark.parametrize("block", of("run"), ids=str)
def test_a_program_runs_and_prints_what_the_page_says(block: Block) -> None:
    printed = run(block)
    after = BLOCKS[BLOCKS.index(block) + 1 :][:1]
    if after and after[0].kind == "prints":
        assert printed == after[0].text


@pytest.mark.parametrize("block", of("compile"), ids=str)
def test_a_program_in_cpp_compiles(block: Block) -> None:
    done = subprocess.run(
        [
            *("c++", "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c++"),
            *(f"-I{ROOT}/core/include", f"-I{ROOT}/build/dev/core/include", "-"),
        ],
        input=block.text,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stderr}"


async def answer_of_a_server(request: bytes) -> bytes:
    app = tidewire.Server("127.0.0.1:0")

    @app.method()
    async def add(a: int, b: int) -> int:
        return a + b

    @app.method(pure=True)
    async def square(n: int) -> int:
        return n * n

    async with app:
        reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        assert length is not None, head
        body = await reader.readexactly(int(length[1]))
        writer.close()
        return head + body


def on_the_wire(block: Block) -> bytes:
    head, _, body = block.text.partition("\n\n")
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body.rstrip("\n").encode()


def without_date(message: bytes) -> bytes:
    return re.sub(rb"\r\nDate: [^\r]+", b"\r\nDate: -", message)


async def test_the_bytes_of_the_examples_are_those_on_the_wire() -> None:
    examples = of("wire")
    assert [block.what for block in examples] == ["request", "response"] * (len(examples) // 2)
    for asked, answered in zip(examples[::2], examples[1::2], strict=True):
        answer = await answer_of_a_server(on_the_wire(asked))
        assert without_date(answer) == without_date(on_the_wire(answered)), str(answered)


def without_figures(text: str) -> str:
    """Numbers, units, ports and pids differ from run to run, and so does where node is."""
    text = text.replace(".tools/node/bin/node", "node")
    return re.sub(r"[\d.]+( [kMG]?B\b(/s)?)?", "N", re.sub(" +", " ", text))


@pytest.mark.parametrize("block", of("recorded"), ids=str)
def test_what_was_recorded_is_what_is_printed_today(block: Block) -> None:
    assert block.what == "make demo ONCE=1"
    done = subprocess.run(
        [sys.executable, "scripts/run_demo.py", "--once"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert without_figures(block.text).rstrip() == without_figures(done.stdout).rstrip()


def test_every_command_of_make_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    wrong = []
    for block in BLOCKS:
        if block.language == "sh":
            named = re.findall(r"^make ([a-z-]+)", block.text, re.M)
            wrong += [f"{block}: make {name}" for name in named if name not in targets]
    assert not wrong
