"""A plot of one row as a small SVG: two bars per system, CPU per operation and operations/s."""

from html import escape

from harness.measure import Measured

LABEL_WIDTH = 260
BAR_WIDTH = 200
LINE = 24
OURS = "#1b6ca8"
THEIRS = "#9aa5b1"


def _text(x: int, y: int, words: str, size: int = 12, anchor: str = "start") -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" '
        f'font-family="sans-serif" fill="#222">{escape(words)}</text>'
    )


def _bar(x: int, y: int, share: float, colour: str) -> str:
    width = max(1, round(BAR_WIDTH * share))
    return f'<rect x="{x}" y="{y}" width="{width}" height="14" fill="{colour}"/>'


def bars(title: str, measured: list[Measured]) -> str:
    """The plot, as the text of an SVG file."""
    cpu_most = max(found.median("cpu_us_per_op") for found in measured)
    ops_most = max(found.median("ops_per_s") for found in measured)
    cpu_at = LABEL_WIDTH
    ops_at = LABEL_WIDTH + BAR_WIDTH + 90
    width = ops_at + BAR_WIDTH + 100
    height = 64 + LINE * len(measured)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        _text(10, 22, title, 15),
        _text(cpu_at, 46, "CPU us per operation (less is better)"),
        _text(ops_at, 46, "operations per second"),
    ]
    for index, found in enumerate(measured):
        y = 56 + LINE * index
        colour = OURS if found.system.is_ours else THEIRS
        cpu = found.median("cpu_us_per_op")
        ops = found.median("ops_per_s")
        parts += [
            _text(LABEL_WIDTH - 8, y + 12, found.system.label, anchor="end"),
            _bar(cpu_at, y, cpu / cpu_most, colour),
            _text(cpu_at + round(BAR_WIDTH * cpu / cpu_most) + 6, y + 12, f"{cpu:.2f}"),
            _bar(ops_at, y, ops / ops_most, colour),
            _text(ops_at + round(BAR_WIDTH * ops / ops_most) + 6, y + 12, f"{ops:,.0f}"),
        ]
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
