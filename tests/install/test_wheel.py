"""The wheel, installed into an environment of its own and used from an empty folder."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest

from install.support import CONSUMERS, VERSION, artefact, run

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def wheel() -> Path:
    return artefact("tidewire-*.whl", "make wheel")


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python in which the wheel is all that is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel, cwd=folder)
    return python


def test_the_wheel_holds_the_package_its_types_and_its_libraries(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {"tidewire/__init__.py", "tidewire/_core.pyi", "tidewire/py.typed"} <= set(names)
    assert len([name for name in names if name.startswith("tidewire/_core.cpython")]) == 1
    bundled = {name.split("/")[-1].split("-")[0] for name in names if "tidewire.libs/lib" in name}
    assert bundled - {"libcapnp", "libcapnpc", "libkj"} == {"libuv", "libsimdjson"}
    assert "manylinux" in wheel.name
    assert not [name for name in names if name.endswith((".cpp", ".hpp", ".a", ".cmake"))]


def test_a_server_and_a_client_of_the_wheel_speak_http(python: Path, tmp_path: Path) -> None:
    answer = json.loads(run(python, CONSUMERS / "python" / "use.py", cwd=tmp_path))
    assert answer["add"] == 3
    assert answer["version"] == VERSION
    assert Path(answer["file"]).is_relative_to(python.parent.parent)


def test_the_version_of_the_wheel_is_the_version(python: Path, tmp_path: Path) -> None:
    code = "import importlib.metadata as m; print(m.version('tidewire'), m.requires('tidewire'))"
    assert run(python, "-c", code, cwd=tmp_path).split() == [VERSION, "None"]


def test_the_types_of_the_wheel_pass_a_strict_check(python: Path, tmp_path: Path) -> None:
    output = run(
        sys.executable,
        *("-m", "mypy", "--strict", "--no-incremental", "--python-executable", python),
        CONSUMERS / "python" / "use.py",
        cwd=tmp_path,
    )
    assert "Success" in output
