"""What HTTP messages are made of: header fields and queries as mappings, and plain values."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import uuid
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from tidewire._errors_generated import InvalidArgumentError


class Headers(Mapping[str, str]):
    """Header fields, in order; names are compared without case.

    `headers["name"]` is the first field of that name, `get_all("name")` are all of them.
    """

    __slots__ = ("_first", "_pairs")

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = tuple(pairs)
        self._first: dict[str, str] = {}
        for name, value in self._pairs:
            self._first.setdefault(name.lower(), value)

    def __getitem__(self, name: str) -> str:
        return self._first[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._first

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def get_all(self, name: str) -> list[str]:
        """The values of every field of that name, in order."""
        name = name.lower()
        return [value for field, value in self._pairs if field.lower() == name]

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All fields as they came."""
        return self._pairs

    def __repr__(self) -> str:
        return f"Headers({list(self._pairs)!r})"


class Query(Mapping[str, str]):
    """The query of a request, decoded as HTML forms are ("+" and %XX).

    `query["name"]` is the first value of that name, `get_all("name")` are all of them.
    """

    __slots__ = ("_pairs",)

    def __init__(self, text: str) -> None:
        self._pairs: dict[str, list[str]] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            self._pairs.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> str:
        return self._pairs[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def get_all(self, name: str) -> list[str]:
        """Every value of that name, in order."""
        return list(self._pairs.get(name, ()))

    def __repr__(self) -> str:
        return f"Query({self._pairs!r})"


def to_plain(value: object) -> object:
    """What JSON can say for `value`, of a type that JSON does not have; None when it cannot.

    Moments become RFC 3339 text in UTC, one way; dataclasses, enums, mappings and UUIDs become
    what they hold. Called for values that are none of dict, list, tuple, str, int, float, bool,
    None and bytes.
    """
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise InvalidArgumentError("a datetime without a time zone is no moment")
        text = value.astimezone(datetime.UTC).isoformat()
        return text.removesuffix("+00:00") + "Z"
    if isinstance(value, datetime.date):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    return None
