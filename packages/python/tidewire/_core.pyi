"""The native module: types, and the hand-off between the core's threads and an asyncio loop."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

from tidewire.messages import Headers as _Headers
from tidewire.messages import Query as _Query
from tidewire.principal import Principal as _Principal

__version__: str

def configure(
    errors: Mapping[str, type[Exception]],
    error_root: type[Exception],
    headers: Callable[[list[tuple[str, str]]], Mapping[str, str]],
    query: Callable[[str], Mapping[str, str]],
    log_failure: Callable[[str, BaseException], object],
    to_plain: Callable[[object], object],
    principal: Callable[[str, Any], object],
) -> None:
    """Tells the module of the package's types and functions that it calls. Once."""

def default_limits() -> dict[str, int | float]:
    """The core's defaults of `Limits`."""

def make_etag(content: bytes | bytearray | memoryview | str) -> str:
    """A strong entity tag of these bytes (RFC 9110 8.8.3), the same in every language."""

def if_match(field: str, tag: str) -> bool:
    """Whether `tag` is among those of an If-Match; a weak one never is (RFC 9110 13.1.1)."""

def if_none_match(field: str, tag: str) -> bool:
    """Whether `tag` is among those of an If-None-Match, weak or strong (RFC 9110 13.1.2)."""

def encode_message(value: object) -> bytes:
    """Any value as a Cap'n Proto message, by schemas/value.capnp, as every language writes it."""

def decode_message(
    message: bytes | bytearray | memoryview,
    *,
    traversal_words_max: int = 8388608,
    nesting_max: int = 64,
) -> Any:
    """The value of such a message; InvalidDataError for what is none, or over a limit."""

def pack_message(message: bytes | bytearray | memoryview) -> bytes:
    """The packed framing of a message: smaller, and slower."""

def unpack_message(
    packed: bytes | bytearray | memoryview, *, message_bytes_max: int = 16777216
) -> bytes:
    """Undoes it; InvalidDataError when it is cut short or longer than the limit."""

def note_fork() -> None:
    """In a child of fork(): all objects made before are of the parent's from now on."""

def shut_down() -> None:
    """Ends all servers, clients and hosts. Idempotent."""

@final
class Request:
    """A request, as a route's handler is given it. It may be kept after the handler's end."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str:
        """The path as sent, still %-encoded."""
    @property
    def target(self) -> str:
        """Path and query as sent."""
    @property
    def query(self) -> _Query: ...
    @property
    def params(self) -> dict[str, str]:
        """The parts of the path that the route names, decoded."""
    @property
    def headers(self) -> _Headers: ...
    @property
    def content_type(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def peer(self) -> str: ...
    @property
    def principal(self) -> _Principal | None:
        """Who asks, as `authenticate` said."""
    @property
    def operation(self) -> str:
        """What is asked for: the name of a method, or of a route, "GET /users/{id}"."""
    @property
    def action(self) -> str:
        """What authorize is asked: "call", or "admin" for what is the operator's."""
    @property
    def cancelled(self) -> bool:
        """True once the caller is gone or its deadline has passed."""
    @property
    def time_left(self) -> float | None:
        """Seconds left of the caller's deadline, or None."""
    @property
    def deadline(self) -> float | None:
        """The caller's deadline on the clock of time.monotonic(), or None."""
    def json(self) -> Any: ...
    def text(self) -> str: ...

@final
class Context:
    """What a method's handler may know of its call beside the arguments."""

    @property
    def path(self) -> str: ...
    @property
    def headers(self) -> _Headers: ...
    @property
    def peer(self) -> str: ...
    @property
    def principal(self) -> _Principal | None: ...
    @property
    def operation(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def cancelled(self) -> bool: ...
    @property
    def time_left(self) -> float | None: ...
    @property
    def deadline(self) -> float | None: ...

@final
class Response:
    """What a route's handler answers, and what a client receives.

    `body` is bytes, str (text/plain), None, or anything that JSON can say.
    """

    def __init__(
        self,
        status: int = 200,
        body: object = None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None = None,
        content_type: str | None = None,
    ) -> None: ...
    @property
    def status(self) -> int: ...
    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
    @property
    def content_type(self) -> str: ...
    @property
    def headers(self) -> _Headers: ...
    @property
    def body(self) -> bytes: ...
    @property
    def text(self) -> str: ...
    def json(self) -> Any: ...
    def raise_for_status(self) -> None:
        """Raises the error that the response bears, when its status is 400 or above."""

class Handler:
    """A function that answers requests, with what is known of its parameters."""

    def __init__(
        self, callable: Callable[..., Any], name: str, is_async: bool, is_method: bool
    ) -> None: ...
    def add_parameter(
        self, name: str, fallback: object, required: bool, types: list[str]
    ) -> None: ...
    def set_context(self, name: str) -> None: ...
    def set_streams(self, reply: bool, request: bool) -> None: ...
    def set_extra(self) -> None: ...
    def arguments(self, request: Request) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """What the function is called with for this request."""
    def response(self, result: object, request: Request) -> Response:
        """What a result of the function is as an answer to this request."""
    @property
    def callable(self) -> Callable[..., Any]: ...
    @property
    def streams(self) -> bool: ...
    @property
    def is_async(self) -> bool: ...
    @property
    def name(self) -> str: ...

class StreamWriter:
    """Where the items of a stream are sent to."""

    def __init__(self) -> None:
        """TypeError: the module makes them."""
    def send(self, item: object) -> bool:
        """Takes the item. False: wait for drained() before the next, or nobody reads on."""
    def drained(self) -> asyncio.Future[None]: ...
    def end(self) -> None: ...
    def fail(self, exception: BaseException) -> None: ...

class StreamReader:
    """Where the items of a stream come from."""

    def __init__(self) -> None:
        """TypeError: the module makes them."""
    def read(self) -> asyncio.Future[tuple[list[Any], bool]]:
        """The items that are there, one at least or the end, and whether they are the last."""
    def cancel(self) -> None: ...

class Host:
    """One asyncio loop as a host of the core."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None: ...
    def watch(self) -> None: ...
    def check(self) -> None:
        """MisuseError after the loop's end or fork(), and on another loop or thread."""
    def cancel(self, operation: int) -> None: ...
    def close(self) -> None: ...
    @property
    def loop(self) -> asyncio.AbstractEventLoop | None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def forked(self) -> bool: ...
    @property
    def app_stall_seconds(self) -> float: ...

class Server:
    def __init__(
        self,
        host: Host,
        address: str,
        loops: int,
        limits: dict[str, Any],
        debug: bool,
        web: dict[str, Any],
    ) -> None: ...
    def add(
        self,
        handler: Handler,
        http_method: str | None,
        name: str,
        submit: Callable[[Callable[[], object]], None],
        jobs_max: int,
        pure: bool = False,
    ) -> None: ...
    def set_admission(
        self, handler: Handler, submit: Callable[[Callable[[], object]], None], jobs_max: int
    ) -> None: ...
    def start(self) -> None: ...
    def stop(self, grace: float | None) -> asyncio.Future[None] | None: ...
    def release(self) -> None: ...
    def reload_tls(self, tls: dict[str, bytes] | None) -> None: ...
    def set_ready(self, ready: bool) -> None: ...
    def stats(self) -> tuple[int, int, int, int, int, int, float]: ...
    @property
    def url(self) -> str: ...
    @property
    def port(self) -> int: ...

class Client:
    def __init__(
        self,
        host: Host,
        url: str,
        timeout: float | None,
        connect_timeout: float | None,
        connections_max: int,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None,
        tls: dict[str, Any] | None,
        compression: bool,
    ) -> None: ...
    def open(self) -> tuple[int, asyncio.Future[None]]: ...
    def call(
        self,
        method: str,
        args: dict[str, Any] | None,
        timeout: float | None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None,
        capnp: bool,
    ) -> tuple[int, asyncio.Future[Any]]: ...
    def stream(
        self,
        method: str,
        args: dict[str, Any] | None,
        timeout: float | None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None,
    ) -> StreamReader: ...
    def call_with_stream(
        self,
        method: str,
        timeout: float | None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None,
    ) -> tuple[StreamWriter, int, asyncio.Future[Any]]: ...
    def stream_with_stream(
        self,
        method: str,
        timeout: float | None,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None,
    ) -> tuple[StreamWriter, StreamReader]: ...
    def request(
        self,
        http_method: str,
        target: str,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] | None,
        json: object,
        with_json: bool,
        body: bytes | bytearray | memoryview | str | None,
        timeout: float | None,
    ) -> tuple[int, asyncio.Future[Response]]: ...
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def url(self) -> str: ...
