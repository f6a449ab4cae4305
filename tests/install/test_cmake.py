"""`cmake --install`, then a project in another folder that says find_package(tidewire)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from install.support import CONSUMERS, ROOT, VERSION, run

pytestmark = pytest.mark.timeout(1200)
JOBS = str(min(os.cpu_count() or 1, 8))


def _installed(kind: str, folder: Path) -> Path:
    """Builds the library alone, statically or shared, and installs it below the folder."""
    build = ROOT / "build" / f"install-{kind}"
    shared = "ON" if kind == "shared" else "OFF"
    ccache = {"CCACHE_BASEDIR": str(ROOT), "CCACHE_NOHASHDIR": "1"}
    run(
        *("cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"),
        *(f"-DBUILD_SHARED_LIBS={shared}", "-DTIDEWIRE_BUILD_TESTS=OFF"),
        "-DTIDEWIRE_BUILD_EXAMPLES=OFF",
        cwd=ROOT,
        **ccache,
    )
    run("cmake", "--build", build, "-j", JOBS, cwd=ROOT, **ccache)
    run("cmake", "--install", build, "--prefix", folder / "prefix", cwd=ROOT)
    return folder / "prefix"


@pytest.mark.parametrize("kind", ["static", "shared"])
def test_a_consumer_of_the_installed_library_speaks_http(kind: str, tmp_path: Path) -> None:
    prefix = _installed(kind, tmp_path)
    run(
        *("cmake", "-S", CONSUMERS / "cpp", "-B", tmp_path / "build", "-G", "Ninja"),
        f"-DCMAKE_PREFIX_PATH={prefix}",
        cwd=tmp_path,
    )
    run("cmake", "--build", tmp_path / "build", cwd=tmp_path)
    assert run(tmp_path / "build" / "use", cwd=tmp_path) == f"add=3 version={VERSION}\n"


def test_the_installed_tree_holds_one_library_and_only_public_headers(tmp_path: Path) -> None:
    prefix = _installed("static", tmp_path)
    files = {path.relative_to(prefix).as_posix() for path in prefix.rglob("*") if path.is_file()}
    assert [name for name in files if name.endswith(".a")] == ["lib/libtidewire.a"]
    headers = {path.name for path in (ROOT / "core" / "include" / "tidewire").glob("*.hpp")}
    installed = {name.removeprefix("include/tidewire/") for name in files if name[-4:] == ".hpp"}
    assert installed == headers | {"version.hpp"}


def test_the_shared_library_exports_names_of_tidewire_only(tmp_path: Path) -> None:
    library = _installed("shared", tmp_path) / "lib" / "libtidewire.so"
    output = run("nm", "-DC", "--defined-only", library, cwd=tmp_path)
    names = [line.split(maxsplit=2)[2] for line in output.splitlines()]
    assert any("tidewire::Server" in name for name in names)
    assert not [name for name in names if "tidewire::" not in name]
