"""core/layers.txt, read, and the rule that it states."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tidy.project import includes

STANDARD = re.compile(r"[a-z_0-9]+")
SYSTEM = re.compile(
    r"(sys|netinet|arpa|linux)/[a-z_0-9]+\.h"
    r"|(cxxabi|errno|fcntl|netdb|poll|pthread|sched|signal|time|unistd)\.h"
)


@dataclass
class Layers:
    # Layer -> layers it may include; in the order of the file, from the bottom up.
    allowed: dict[str, set[str]] = field(default_factory=dict)
    # Public header (its name without .hpp) -> layer.
    public: dict[str, str] = field(default_factory=dict)
    # Prefix of a foreign header -> the only layer that may include it.
    foreign: dict[str, str] = field(default_factory=dict)

    def complaint(self, layer: str, quote: str, path: str) -> str | None:
        """Why a file of the layer must not include this, or None when it may."""
        if quote == '"' or path.startswith("tidewire/"):
            if quote == '"':
                owner: str | None = path.split("/")[0]
            else:
                owner = self.public.get(path.removeprefix("tidewire/").removesuffix(".hpp"))
            if owner is None or owner not in self.allowed:
                return f"{path} belongs to no layer of core/layers.txt"
            if owner != layer and owner not in self.allowed[layer]:
                return f"{layer} may not include {owner} ({path})"
            return None
        for prefix, owner in self.foreign.items():
            if path.startswith(prefix):
                return None if owner == layer else f"only {owner} may include {path}"
        if STANDARD.fullmatch(path) or SYSTEM.fullmatch(path):
            return None
        return f"{path} is neither standard nor a `foreign` header of core/layers.txt"


def parse(text: str) -> Layers:
    layers = Layers()
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if not line:
            continue
        head, _, rest = line.partition(":")
        names = rest.split()
        match head.split():
            case ["public", layer]:
                layers.public.update(dict.fromkeys(names, layer))
            case ["foreign", layer]:
                layers.foreign.update(dict.fromkeys(names, layer))
            case [layer]:
                above = [name for name in names if name not in layers.allowed]
                if above:
                    raise ValueError(f"{layer} may not use {above}: not below it")
                layers.allowed[layer] = set(names)
            case _:
                raise ValueError(f"no such line: {line}")
    return layers


def complaints(layers: Layers, layer: str, path: Path, name: str) -> list[str]:
    found = []
    for line, quote, included in includes(path):
        if (reason := layers.complaint(layer, quote, included)) is not None:
            found.append(f"{name}:{line}: {reason}")
    return found
