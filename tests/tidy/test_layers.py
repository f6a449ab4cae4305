"""The dependency rule: a file includes its own layer and the layers that core/layers.txt allows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tidy.layers import Layers, complaints, parse
from tidy.project import ROOT, files, includes, relative

SOURCES = (".cpp", ".hpp")


@pytest.fixture(scope="module")
def layers() -> Layers:
    return parse((ROOT / "core" / "layers.txt").read_text())


def test_every_folder_of_the_core_is_a_layer_and_every_layer_a_folder(layers: Layers) -> None:
    folders = {path.name for path in (ROOT / "core").iterdir() if path.is_dir()} - {"include"}
    with_files = {name for name in folders if any(files(*SOURCES, under=f"core/{name}"))}
    assert with_files <= set(layers.allowed)
    # `broker` may wait for its first file, but no layer may be a name without a folder.
    assert {name for name in layers.allowed if not (ROOT / "core" / name).is_dir()} <= {"broker"}


def test_a_file_of_the_core_includes_only_what_its_layer_may(layers: Layers) -> None:
    found: list[str] = []
    seen = 0
    for layer in layers.allowed:
        if (ROOT / "core" / layer).is_dir():
            for path in files(*SOURCES, under=f"core/{layer}"):
                seen += 1
                found += complaints(layers, layer, path, relative(path))
    assert seen > 20
    assert not found, "\n".join(found)


def test_every_public_header_belongs_to_a_layer_and_keeps_its_rule(layers: Layers) -> None:
    found: list[str] = []
    headers = {path.stem: path for path in files(".hpp", under="core/include/tidewire")}
    for name, path in headers.items():
        if name not in layers.public:
            found.append(f"{relative(path)} has no `public` line in core/layers.txt")
        else:
            found += complaints(layers, layers.public[name], path, relative(path))
    gone = set(layers.public) - set(headers) - {"version"}  # CMake makes version.hpp
    assert not gone, f"core/layers.txt names public headers that are not there: {gone}"
    assert not found, "\n".join(found)


def test_public_headers_include_no_third_party() -> None:
    found = [
        f"{relative(path)}:{line}: {included}"
        for path in files(".hpp", under="core/include/tidewire")
        for line, quote, included in includes(path)
        if quote == '"' or not re.fullmatch(r"tidewire/[a-z_0-9]+\.hpp|[a-z_0-9]+", included)
    ]
    assert not found, "\n".join(found)


def test_bindings_see_only_the_public_headers() -> None:
    found = []
    for language, library in (("python", "pybind11/"), ("node", "napi.h")):
        folder = ROOT / "bindings" / language
        for path in files(*SOURCES, under=f"bindings/{language}"):
            for line, quote, included in includes(path):
                own = quote == '"' and (folder / included).exists()
                outside = quote == "<" and (
                    included.startswith(("tidewire/", library))
                    or re.fullmatch(r"[a-z_0-9]+|(sys/)?[a-z]+\.h", included) is not None
                )
                if not own and not outside:
                    found.append(f"{relative(path)}:{line}: {included}")
    assert not found, "\n".join(found)


def test_the_rule_itself_finds_a_wrong_include(tmp_path: Path) -> None:
    rule = parse(
        "base:\ncodec: base\nhttp: base codec\npublic base: error\nforeign codec: boost/\n"
    )
    source = tmp_path / "a.cpp"
    source.write_text(
        '#include "codec/url.hpp"\n#include "http/exchange.hpp"\n#include <boost/x.hpp>\n'
        "#include <tidewire/error.hpp>\n#include <vector>\n#include <uv.h>\n"
    )
    assert complaints(rule, "codec", source, "a.cpp") == [
        "a.cpp:2: codec may not include http (http/exchange.hpp)",
        "a.cpp:6: uv.h is neither standard nor a `foreign` header of core/layers.txt",
    ]
    of_base = complaints(rule, "base", source, "a.cpp")
    assert "a.cpp:3: only codec may include boost/x.hpp" in of_base
