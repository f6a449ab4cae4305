"""tidewire: every backend communication pattern, server and client, over one C++ core.

See `Server` and `connect`. Everything is async on asyncio (or uvloop).
"""

from __future__ import annotations

from tidewire import _errors_generated, errors
from tidewire._core import (
    Context,
    Request,
    Response,
    __version__,
    decode_message,
    encode_message,
    if_match,
    if_none_match,
    make_etag,
    pack_message,
    unpack_message,
)
from tidewire._errors_generated import *  # noqa: F403
from tidewire.client import Client, connect
from tidewire.hooks import Next
from tidewire.limits import Limits
from tidewire.messages import Headers, Query
from tidewire.principal import Principal
from tidewire.server import Server, ServerStats
from tidewire.streams import Stream
from tidewire.tls import ClientTls, Tls
from tidewire.web import Compression, Cors

__all__ = [
    "Client",
    "ClientTls",
    "Compression",
    "Context",
    "Cors",
    "Headers",
    "Limits",
    "Next",
    "Principal",
    "Query",
    "Request",
    "Response",
    "Server",
    "ServerStats",
    "Stream",
    "Tls",
    "__version__",
    "connect",
    "decode_message",
    "encode_message",
    "errors",
    "if_match",
    "if_none_match",
    "make_etag",
    "pack_message",
    "unpack_message",
]
__all__ += _errors_generated.__all__
