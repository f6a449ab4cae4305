"""What the two binaries let out and what they need, as `nm` and `readelf` see it.

A name that leaves by accident meets its double in another library of the process: node itself
exports the whole of libuv and OpenSSL.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tidy.project import ROOT

# The dynamic libraries that a binary may ask for. Boost is headers only.
SYSTEM = {"libstdc++.so", "libgcc_s.so", "libc.so", "libm.so", "ld-linux-x86-64.so"}
LIBRARIES = {"libuv.so", "libsimdjson.so", "libz.so"}
# Of Cap'n Proto, by binaries that read schemas.
CAPNP = {"libcapnp-0.9.2.so", "libcapnpc-0.9.2.so", "libkj-0.9.2.so"}
# Not of the addon: node has its own.
OPENSSL = {"libssl.so", "libcrypto.so"}


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _binary(language: str) -> Path:
    if language == "node":
        path = ROOT / "build" / "node" / "Release" / "tidewire.node"
        assert path.exists(), "the Node addon is not built: make build"
        return path
    found = list((ROOT / "packages" / "python" / "tidewire").glob("_core*.so"))
    assert len(found) == 1, f"one built Python module is expected: {found}"
    return found[0]


def _exported(path: Path) -> set[str]:
    return {line.split()[-1] for line in _run("nm", "-D", "--defined-only", str(path)).splitlines()}


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("python", {"PyInit__core"}),
        ("node", {"napi_register_module_v1", "node_api_module_get_api_version_v1"}),
    ],
)
def test_only_the_entry_of_the_module_is_exported(language: str, names: set[str]) -> None:
    assert _exported(_binary(language)) == names


@pytest.mark.parametrize("language", ["python", "node"])
def test_only_known_libraries_are_needed(language: str) -> None:
    dynamic = _run("readelf", "-d", str(_binary(language)))
    needed = {re.sub(r"\.so.*", ".so", name) for name in re.findall(r"library: \[(.+?)\]", dynamic)}
    own = LIBRARIES | OPENSSL if language == "python" else LIBRARIES
    assert needed >= own
    assert needed - own - CAPNP - SYSTEM == set()


def test_node_exports_every_function_of_openssl_that_the_addon_calls() -> None:
    undefined = _run("nm", "-D", "--undefined-only", str(_binary("node")))
    prefixes = "SSL|X509|BIO|PEM|EVP|ERR|OPENSSL|OpenSSL|ASN1|TLS|a2i"
    called = set(re.findall(rf"^ +U ((?:{prefixes})_\w+)$", undefined, re.M))
    assert {"SSL_read_ex", "SSL_write_ex", "X509_VERIFY_PARAM_set1_host"} <= called
    node = _run("node", "-p", "process.execPath").strip()
    assert called - _exported(Path(node)) == set()


def test_the_addon_finds_its_libraries_beside_itself_and_nowhere_else() -> None:
    dynamic = _run("readelf", "-d", str(_binary("node")))
    # RPATH and not RUNPATH: it also serves the libraries that our libraries need.
    assert re.findall(r"\((R\w*PATH)\).*\[(.*)\]", dynamic) == [("RPATH", "$ORIGIN")]


def test_the_python_module_names_no_folder() -> None:
    assert "PATH)" not in _run("readelf", "-d", str(_binary("python")))
