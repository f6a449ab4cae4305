"""Documents that must stay true: the map of the folders, and what is generated."""

from __future__ import annotations

import re
import subprocess
import sys

from tidy.project import ROOT, files, relative


def test_the_architecture_names_every_folder() -> None:
    page = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    folders = {
        parent
        for path in files()
        for parent in path.relative_to(ROOT).parents
        if parent.name and not parent.parts[0].startswith(".")
    }
    missing = [
        folder.as_posix()
        for folder in sorted(folders)
        if not re.search(rf"(?<![\w-]){re.escape(folder.name)}(?![\w-])", page)
    ]
    assert not missing, f"docs/ARCHITECTURE.md does not name {missing}"


def test_what_is_generated_is_up_to_date() -> None:
    run = subprocess.run(
        [sys.executable, "scripts/generate_errors.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for path in files(".md"):
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text()):
            if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                broken.append(f"{relative(path)}: {target}")
    assert not broken, "\n".join(broken)
