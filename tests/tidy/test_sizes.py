"""400 lines a file, 70 lines a function, 100 columns: what fits a screen is read whole.

The functions of TypeScript are measured by eslint (`make lint`).
"""

from __future__ import annotations

import re
from pathlib import Path

from tidy.functions import cpp_functions, python_functions
from tidy.project import files, relative

LINES_OF_A_FILE_MAX = 400
LINES_OF_A_FUNCTION_MAX = 70
COLUMNS_MAX = 100
CODE = (".cpp", ".hpp", ".py", ".pyi", ".ts", ".mts", ".js", ".mjs", ".sh", ".cmake")


def _written() -> list[Path]:
    generated = re.compile(r"[_-]generated\.|error_codes")
    return [path for path in files(*CODE) if not generated.search(path.name)]


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    found = []
    for path in _written():
        lines = len(path.read_text().splitlines())
        if lines > LINES_OF_A_FILE_MAX:
            found.append(f"{relative(path)}: {lines} lines")
    assert not found, "\n".join(found)


def test_no_function_is_longer_than_seventy_lines() -> None:
    found = []
    seen = 0
    for path in _written():
        if path.suffix in (".cpp", ".hpp"):
            functions = list(cpp_functions(path.read_text()))
        elif path.suffix == ".py":
            functions = list(python_functions(path.read_text()))
        else:
            continue
        seen += len(functions)
        found += [
            f"{relative(path)}:{function.line}: {function.name}: {function.lines} lines"
            for function in functions
            if function.lines > LINES_OF_A_FUNCTION_MAX
        ]
    assert seen > 100
    assert not found, "\n".join(found)


def test_no_line_is_wider_than_a_hundred_columns() -> None:
    found = [
        f"{relative(path)}:{number}: {len(line)} columns"
        for path in _written()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > COLUMNS_MAX
    ]
    assert not found, "\n".join(found)


def test_the_measure_counts_functions_of_each_shape() -> None:
    source = """
namespace a {
// a brace in a comment {
struct B : C {
    explicit B(int x) : x_{x}, y_{"{"} {
        run([&] {
            go();
        });
    }
    int x_ = 0;
};
constexpr int kTable[] = {
    1,
    2,
};
template <typename T>
auto f(T t) -> Result<T> {
    if (t) {
        return '{';
    }
}
}  // namespace a
"""
    assert [(each.line, each.lines) for each in cpp_functions(source) if each.lines > 1] == [
        (5, 5),
        (16, 6),
    ]
