"""The package as such: what is declared is there, what is there is declared, and versions agree."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import programs
import tidewire
from tidewire import _core

ROOT = Path(__file__).resolve().parents[2]
STUB = ROOT / "packages" / "python" / "tidewire" / "_core.pyi"


def declared() -> tuple[set[str], dict[str, set[str]]]:
    """The functions and variables of the stub, and the members of its classes."""
    names: set[str] = set()
    classes: dict[str, set[str]] = {}
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
        elif isinstance(node, ast.ClassDef):
            classes[node.name] = {
                member.name for member in node.body if isinstance(member, ast.FunctionDef)
            }
    return names, classes


def public(names: object) -> set[str]:
    return {name for name in vars(names) if not name.startswith("_")}


def test_the_stub_declares_what_the_module_has_and_nothing_else():
    names, classes = declared()
    assert public(_core) | {"__version__"} == names | set(classes)
    for name, members in classes.items():
        kind = getattr(_core, name)
        assert public(kind) == members - {"__init__"}, name
        assert ("__init__" in members) == (kind.__init__ is not object.__init__), name


def test_every_public_name_is_exported_and_documented():
    assert sorted(set(tidewire.__all__)) == sorted(tidewire.__all__)
    for name in tidewire.__all__:
        value = getattr(tidewire, name)
        if inspect.isclass(value) and value.__module__ != "tidewire._core":
            assert value.__doc__, name


def test_the_version_is_that_of_the_project():
    version = (ROOT / "VERSION").read_text().strip()
    assert tidewire.__version__ == version
    assert _core.__version__ == version


def test_limits_have_the_defaults_of_the_core():
    limits = tidewire.Limits()
    assert {name: getattr(limits, name) for name in limits.__slots__} == _core.default_limits()


def test_the_package_is_typed():
    assert STUB.with_name("py.typed").exists()


def test_the_example_of_the_readme_runs():
    source = (ROOT / "examples" / "request_response.py").read_text()
    ended = programs.run(source)
    assert (ended.returncode, ended.output) == (0, "{'id': '7'}\n3\n"), ended.errors
