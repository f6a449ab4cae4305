"""The npm tarball, installed without running any script and used from an empty folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from install.support import CONSUMERS, ROOT, VERSION, artefact, run

pytestmark = pytest.mark.timeout(600)
PREBUILD = "package/prebuilds/linux-x64-glibc"
LIBRARIES = {"libuv.so.1", "libsimdjson.so.14", "libz.so.1"}
CAPNP = {"libcapnp-0.9.2.so", "libcapnpc-0.9.2.so", "libkj-0.9.2.so"}


@pytest.fixture(scope="module")
def tarball() -> Path:
    return artefact("tidewire-*.tgz", "make tarball")


@pytest.fixture(scope="module")
def folder(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tarball installed as npm 12 does it: without its install script."""
    folder = tmp_path_factory.mktemp("tarball")
    (folder / "package.json").write_text('{"name": "consumer", "private": true}')
    run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", tarball, cwd=folder)
    for name in ("use.cjs", "use.mjs", "use.ts"):
        shutil.copy(CONSUMERS / "node" / name, folder)
    return folder


def test_the_tarball_holds_the_addon_its_libraries_and_its_types(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        members = {member.name: member for member in archive.getmembers()}
    files = {name.split("/")[-1] for name in members if name.startswith(f"{PREBUILD}/")}
    assert files - CAPNP == {"tidewire.node", *LIBRARIES}
    assert all(members[f"{PREBUILD}/{name}"].isfile() for name in files)
    for name in ("index.js", "index.mjs", "index.d.ts", "index.d.mts"):
        assert f"package/packages/node/dist/{name}" in members
    # What a build from source needs.
    for name in ("CMakeLists.txt", "VERSION", "core/layers.txt", "bindings/node/exports.map"):
        assert f"package/{name}" in members


def test_nothing_else_is_installed_with_it(folder: Path) -> None:
    modules = {entry.name for entry in (folder / "node_modules").iterdir()}
    assert modules - {".package-lock.json"} == {"tidewire"}


def test_require_gives_a_server_and_a_client_that_speak_http(folder: Path) -> None:
    answer = json.loads(run("node", "use.cjs", cwd=folder))
    assert (answer["add"], answer["version"]) == (3, VERSION)
    assert Path(answer["file"]).is_relative_to(folder.resolve())


def test_import_gives_the_same_instance_as_require(folder: Path) -> None:
    answer = json.loads(run("node", "use.mjs", cwd=folder))
    assert answer == {"add": 3, "version": VERSION, "same": True}


def test_the_bundled_libraries_are_found_beside_the_addon(folder: Path) -> None:
    addon = folder / "node_modules/tidewire/prebuilds/linux-x64-glibc"
    output = run("ldd", addon / "tidewire.node", cwd=folder)
    for library in LIBRARIES:
        line = next(line for line in output.splitlines() if library in line)
        assert os.path.realpath(line.split()[2]) == os.path.realpath(addon / library)


def test_the_install_script_is_content_with_the_built_addon(folder: Path) -> None:
    script = folder / "node_modules" / "tidewire" / "packages" / "node" / "scripts" / "install.mjs"
    assert run("node", script, cwd=folder) == ""


@pytest.mark.parametrize("module", ["node20", "esnext"])
def test_the_types_of_the_tarball_pass_a_strict_check(folder: Path, module: str) -> None:
    resolution = "bundler" if module == "esnext" else "node16"
    run(
        *("node", ROOT / "node_modules" / "typescript" / "bin" / "tsc", "--noEmit", "--strict"),
        *("--module", module, "--moduleResolution", resolution, "--target", "es2022", "use.ts"),
        cwd=folder,
    )


def test_without_a_built_addon_the_sources_of_the_tarball_build_one(
    tarball: Path, tmp_path: Path
) -> None:
    subprocess.run(["tar", "-xzf", str(tarball), "-C", str(tmp_path)], check=True)
    package = tmp_path / "package"
    shutil.rmtree(package / "prebuilds")
    # The build tools, which a user would install from npm, are those of the checkout.
    (package / "node_modules").symlink_to(ROOT / "node_modules")
    run("node", "packages/node/scripts/install.mjs", cwd=package)
    answer = run("node", "-p", "require('./packages/node/dist/index.js').version", cwd=package)
    assert answer.strip() == VERSION
