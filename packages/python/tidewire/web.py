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


def check_texts(name: str, value: object) -> None:
    """InvalidArgumentError unless it is a sequence of str; a str by itself is none."""
    items = value if isinstance(value, Sequence) and not isinstance(value, str) else [None]
    if all(isinstance(item, str) for item in items):
        return
    raise InvalidArgumentError(f"{name} is a sequence of str, not {value!r}")


def web_options(hosts: Sequence[str], cors: Cors | None, tls: Tls | None) -> dict[str, Any]:
    """The options in the form that the native server takes."""
    check_texts("hosts", hosts)
    if not (cors is None or isinstance(cors, Cors)):
        raise InvalidArgumentError(f"cors is a tidewire.Cors, not {cors!r}")
    return {
        "hosts": list(hosts),
        "cors": None if cors is None else dataclasses.asdict(cors),
        "tls": native_server(tls),
    }
