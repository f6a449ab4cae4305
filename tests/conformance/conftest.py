"""Servers that live for the whole run, one per language, and clients that live for a module."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from conformance.ends import LANGUAGES, PAIRS, ClientEnd, ServerEnd


@contextlib.contextmanager
def _running(*, secure: bool) -> Iterator[dict[str, ServerEnd]]:
    started: dict[str, ServerEnd] = {}
    try:
        for language in LANGUAGES:
            started[language] = ServerEnd(language, secure=secure)
        yield started
    finally:
        codes = {language: server.end() for language, server in started.items()}
    assert codes == dict.fromkeys(LANGUAGES, 0), "a server did not end well"


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, ServerEnd]]:
    with _running(secure=False) as started:
        yield started


@pytest.fixture(scope="session")
def secure_servers() -> Iterator[dict[str, ServerEnd]]:
    """The same servers, speaking TLS."""
    with _running(secure=True) as started:
        yield started


@pytest.fixture(
    scope="module",
    params=[(scheme, *pair) for scheme in ("http", "https") for pair in PAIRS],
    ids=lambda given: f"{given[2]}-calls-{given[1]}-by-{given[0]}",
)
def pair(
    request: pytest.FixtureRequest,
    servers: dict[str, ServerEnd],
    secure_servers: dict[str, ServerEnd],
) -> Iterator[tuple[ServerEnd, ClientEnd]]:
    """A server and a client connected to it: the nine combinations, without and with TLS."""
    scheme, server_language, client_language = request.param
    server = (secure_servers if scheme == "https" else servers)[server_language]
    assert server.url.startswith(f"{scheme}://")
    with ClientEnd(client_language) as client:
        assert client.connect(server.url) == {"value": server.url}
        yield server, client
    assert client.end() == 0, "the client did not end well"


@pytest.fixture(scope="module", params=LANGUAGES)
def server(request: pytest.FixtureRequest, servers: dict[str, ServerEnd]) -> ServerEnd:
    """The server of each language."""
    return servers[request.param]
