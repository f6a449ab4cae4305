"""VERSION is the one version: every package and both binaries say the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib

from tidy.project import ROOT

VERSION = (ROOT / "VERSION").read_text().strip()


def test_the_version_is_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_package_json_and_its_lock_say_the_version() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert json.loads((ROOT / "package.json").read_text())["version"] == VERSION
    assert lock["version"] == VERSION
    assert lock["packages"][""]["version"] == VERSION


def test_pyproject_reads_the_version_from_the_file() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    rule = project["tool"]["scikit-build"]["metadata"]["version"]
    assert rule["input"] == "VERSION"
    found = re.search(rule["regex"], (ROOT / "VERSION").read_text())
    assert found is not None
    assert found["value"] == VERSION


def test_the_changelog_has_a_heading_for_the_version() -> None:
    assert re.search(
        rf"^## \[?{re.escape(VERSION)}\b", (ROOT / "CHANGELOG.md").read_text(), re.M
    ), f"CHANGELOG.md has no heading for {VERSION}"


def test_the_python_module_says_the_version() -> None:
    code = "import tidewire, tidewire._core as c; print(tidewire.__version__, c.__version__)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.split() == [VERSION, VERSION], run.stderr


def test_the_node_addon_says_the_version() -> None:
    code = (
        "const addon = require('./build/node/Release/tidewire.node');"
        "console.log(addon.version, require('tidewire').version)"
    )
    run = subprocess.run(
        ["node", "-e", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.stdout.split() == [VERSION, VERSION], run.stderr
