"""Finds the functions of C++ and Python sources and how many lines each has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_IGNORED = re.compile(
    r"""//[^\n]* | /\*.*?\*/ | R"(?P<d>[^(\s]*)\(.*?\)(?P=d)" | "(?:\\.|[^"\\\n])*"
        | (?<![0-9a-zA-Z])'(?:\\.|[^'\\\n])+' | ^[ \t]*\#(?:\\\n|[^\n])*""",
    re.S | re.X | re.M,
)
_CONTAINER = re.compile(r"^\s*(?:inline\s+)?(?:namespace\b|extern\s*$|extern\s+\"?)|\benum\b")
_TYPE = re.compile(r"\b(?:class|struct|union)\b[^()]*$")


@dataclass
class Function:
    name: str
    line: int
    lines: int


class _Kind(Enum):
    CONTAINER = "namespace or type"
    BODY = "body of a function"
    INITIALISER = "value of a member or a table"
    INNER = "anything within those"


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found.group())


def _is_container(head: str) -> bool:
    """Whether what stands before a brace opens a namespace or a type, and not a function."""
    while (shorter := re.sub(r"<[^<>]*>|\balignas\([^()]*\)|\[\[[^\]]*\]\]", "", head)) != head:
        head = shorter
    return not head.strip() or bool(_CONTAINER.search(head) or _TYPE.search(head))


def _kind(inside: _Kind, head: str) -> _Kind:
    if inside is not _Kind.CONTAINER:
        return _Kind.INNER
    # `: member_{value}` and `= {`, as against the blank before a body.
    if re.search(r"[\w>\])]$", head) or head.rstrip().endswith("="):
        return _Kind.INITIALISER
    return _Kind.CONTAINER if _is_container(head) else _Kind.BODY


def cpp_functions(text: str) -> Iterator[Function]:
    """Every brace block in a namespace or type that is neither of them, nor a value."""
    text = _IGNORED.sub(_blank, text)
    # Each open brace: what it opens, and where its head starts.
    stack: list[tuple[_Kind, int]] = []
    head_start = 0
    for found in re.finditer(r"[{};]", text):
        at = found.start()
        if found.group() == "{":
            head = text[head_start:at]
            begun = head_start + len(head) - len(head.lstrip())
            inside = stack[-1][0] if stack else _Kind.CONTAINER
            stack.append((_kind(inside, head), begun))
            head_start = at + 1
        elif found.group() == "}" and stack:
            kind, begun = stack.pop()
            if kind is _Kind.BODY:
                first = text.count("\n", 0, begun) + 1
                last = text.count("\n", 0, at) + 1
                head = re.sub(r"\s+", " ", text[begun : begun + 60])
                yield Function(head.split("(")[0].strip(), first, last - first + 1)
            # What follows an initialiser belongs to the same head.
            head_start = begun if kind is _Kind.INITIALISER else at + 1
        else:
            head_start = at + 1


def python_functions(text: str) -> Iterator[Function]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(node.name, node.lineno, lines)
