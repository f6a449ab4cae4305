"""TLS: the certificates of a server, and whom a client trusts.

A certificate or key is PEM: the name of a file, as str or path, or the text itself, as str or bytes
(whatever contains "-----BEGIN"). Files are read when the server starts and when a client is made;
what is wrong with one is `invalid_argument` there, with the reason.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from tidewire._errors_generated import InvalidArgumentError

Pem = str | bytes | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Tls:
    """The certificate of a server, and which certificates its clients need.

    `cert` is its certificate, followed by those between it and the CA. `key` is the private key,
    not encrypted; without it `cert` has it too. `client_ca` are the CAs that clients must be
    certified by; without it they need no certificate.
    """

    cert: Pem
    key: Pem | None = field(default=None, repr=False)
    client_ca: Pem | None = None

    def __post_init__(self) -> None:
        _native_server(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientTls:
    """How a client of an https:// URL is sure of its server, and tells who it is itself.

    `ca` are the CAs to trust, instead of those of the system. `cert` and `key` are the client's
    own, for servers that ask for one. `verify=False` takes any certificate: anybody on the way may
    be the server then. `server_name` is the name to ask for and to verify, instead of the URL's.
    """

    ca: Pem | None = None
    cert: Pem | None = None
    key: Pem | None = field(default=None, repr=False)
    verify: bool = True
    server_name: str | None = None

    def __post_init__(self) -> None:
        native_client(self)


def _bytes(name: str, value: object) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes) and value:
        return value
    if isinstance(value, str | os.PathLike):
        text = os.fspath(value)
        if isinstance(text, str) and text:
            return text.encode() if "-----BEGIN" in text else os.fsencode(text)
    raise InvalidArgumentError(f"tls.{name} is the name of a PEM file, or PEM as str or bytes")


def _native_server(tls: Tls) -> dict[str, bytes]:
    if tls.cert is None:
        raise InvalidArgumentError("tls.cert: a server needs a certificate")
    return {name: _bytes(name, getattr(tls, name)) for name in ("cert", "key", "client_ca")}


def native_server(tls: object) -> dict[str, bytes] | None:
    """The options in the form that the native server takes."""
    if tls is None:
        return None
    if not isinstance(tls, Tls):
        raise InvalidArgumentError("tls of a server is a tidewire.Tls")
    return _native_server(tls)


def native_client(tls: object) -> dict[str, Any] | None:
    """The options in the form that the native client takes."""
    if tls is None:
        return None
    if not isinstance(tls, ClientTls):
        raise InvalidArgumentError("tls of a client is a tidewire.ClientTls")
    if not isinstance(tls.verify, bool):
        raise InvalidArgumentError("tls.verify is a bool")
    if not (tls.server_name is None or isinstance(tls.server_name, str)):
        raise InvalidArgumentError("tls.server_name is a str")
    pems = {name: _bytes(name, getattr(tls, name)) for name in ("ca", "cert", "key")}
    name = (tls.server_name or "").encode("utf-8", "replace")
    return {**pems, "verify": tls.verify, "server_name": name}
