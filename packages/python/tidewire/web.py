"""What a server needs to stand on the web: which hosts it has, and which pages may use it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidewire._errors_generated import InvalidArgumentError
from tidewire.tls import Tls, native_server


@dataclass(frozen=True, kw_only=True, slots=True)
class Cors:
    """Which pages of other origins may use a server from a browser (the Fetch standard, 3.2).

    `origins` are "https://app.example.com" and the like, or "*" for any. `headers` are request
    fields beside those that tidewire reads itself, `expose` response fields beside ETag,
    Retry-After, Location and Tidewire-*. `credentials` lets the browser send cookies; it needs
    origins by name. `max_age` in seconds: for how long a browser keeps the answer to a preflight.
    """

    origins: Sequence[str]
    methods: Sequence[str] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
    headers: Sequence[str] = ()
    expose: Sequence[str] = ()
    credentials: bool = False
    max_age: int = 600

    def __post_init__(self) -> None:
        for name in ("origins", "methods", "headers", "expose"):
            check_texts(f"cors.{name}", getattr(self, name))
        if self.credentials and "*" in self.origins:
            raise InvalidArgumentError(
                "cors: credentials need origins by name, not *: any page could act for the user"
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Compression:
    """Which answers leave as gzip or deflate, for callers that send Accept-Encoding.

    Bodies of `bytes_min` to `bytes_max` bytes, of the content types in `types` ("type/subtype", or
    "type/*"), at a `level` from 1 (fast) to 9 (small). Left as they are: answers that have a
    Content-Encoding, and those with `Cache-Control: no-transform`. A strong ETag becomes a weak
    one. Do not compress a secret beside text that others choose (BREACH).
    """

    bytes_min: int = 1024
    bytes_max: int = 1024 * 1024
    level: int = 4
    types: Sequence[str] = (
        "text/*",
        "application/json",
        "application/problem+json",
        "application/xml",
        "application/javascript",
        "application/x-ndjson",
        "image/svg+xml",
    )

    def __post_init__(self) -> None:
        check_texts("compression.types", self.types)
        if not (isinstance(self.level, int) and 1 <= self.level <= 9):
            raise InvalidArgumentError(f"compression.level is 1 to 9, not {self.level!r}")
        for name in ("bytes_min", "bytes_max"):
            value = getattr(self, name)
            if not (isinstance(value, int) and value >= 0):
                raise InvalidArgumentError(f"compression.{name} is 0 or more, not {value!r}")


def check_texts(name: str, value: object) -> None:
    """InvalidArgumentError unless it is a sequence of str; a str by itself is none."""
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else [None]
    if all(isinstance(item, str) for item in items):
        return
    raise InvalidArgumentError(f"{name} is a sequence of str, not {value!r}")


def web_options(
    hosts: Sequence[str],
    cors: Cors | None,
    tls: Tls | None,
    compression: Compression | None = None,
) -> dict[str, Any]:
    """The options in the form that the native server takes."""
    check_texts("hosts", hosts)
    if not (cors is None or isinstance(cors, Cors)):
        raise InvalidArgumentError(f"cors is a tidewire.Cors, not {cors!r}")
    if not (compression is None or isinstance(compression, Compression)):
        raise InvalidArgumentError(f"compression is a tidewire.Compression, not {compression!r}")
    return {
        "compression": None if compression is None else dataclasses.asdict(compression),
        "hosts": list(hosts),
        "cors": None if cors is None else dataclasses.asdict(cors),
        "tls": native_server(tls),
    }
