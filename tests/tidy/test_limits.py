"""docs/LIMITS.md names every bound that the headers have, with the default that they have."""

from __future__ import annotations

import re

from tidy.project import ROOT

INCLUDE = ROOT / "core" / "include" / "tidewire"
FIELD = re.compile(
    r"^\s+std::(?P<type>size_t|chrono::milliseconds) (?P<name>\w+)"
    r"(?: = |\{)(?P<value>[\d' *]+)",
    re.M,
)


def fields(header: str, struct: str) -> dict[str, str]:
    """Name -> default of a struct's sizes and times, as the page writes them."""
    text = (INCLUDE / header).read_text()
    body = text[text.index(f"struct {struct} {{") :].split("\n};")[0]
    return {found["name"]: written(found["type"], found["value"]) for found in FIELD.finditer(body)}


def written(kind: str, value: str) -> str:
    number = 1
    for factor in value.replace("'", "").split("*"):
        number *= int(factor)
    if kind != "size_t":
        return f"{number // 1000} s"
    if number % (1 << 20) == 0:
        return f"{number >> 20} MiB"
    return f"{number >> 10} KiB" if number % 1024 == 0 else str(number)


def rows(struct: str) -> dict[str, str]:
    """The rows of the section on that struct."""
    page = (ROOT / "docs" / "LIMITS.md").read_text()
    section = page[page.index(f"`{struct}`\n") :].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", section, re.M))


def test_every_limit_of_a_server_is_on_the_page_with_its_default() -> None:
    limits = fields("limits.hpp", "Limits")
    assert len(limits) == 15
    assert limits == rows("Limits")


def test_every_bound_of_a_client_is_on_the_page_with_its_default() -> None:
    options = fields("client.hpp", "ClientOptions")
    assert {"timeout", "connect_timeout", "connections_max", "idle_timeout"} == set(options)
    assert options.items() <= rows("ClientOptions").items()


def test_the_page_names_nothing_that_is_not_there() -> None:
    text = (INCLUDE / "client.hpp").read_text()
    body = text[text.index("struct ClientOptions {") :].split("\n};")[0]
    assert not [name for name in rows("ClientOptions") if not re.search(rf"\b{name}\b", body)]
