"""docs/operations.md names every metric that the core writes, and no other."""

from __future__ import annotations

import re

from tidy.project import ROOT


def test_the_page_names_every_metric() -> None:
    source = (ROOT / "core" / "api" / "vitals.cpp").read_text()
    written = set(re.findall(r'(?:family|single)\(\s*"(\w+)"', source))
    page = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"`((?:tidewire|process)_\w+)`", page))
    assert len(written) > 10
    assert named == written
