"""Principal: who makes a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tidewire._errors_generated import InvalidArgumentError


@dataclass(frozen=True, slots=True)
class Principal:
    """Who makes a request, as `authenticate` said.

    `id` keeps one caller's data from another's: stable, never empty. `claims` are what else the
    application knows of it, as JSON can say it.
    """

    id: str
    claims: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (isinstance(self.id, str) and self.id):
            raise InvalidArgumentError("the id of a principal is a str, not empty")
