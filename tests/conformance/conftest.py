"""Servers that live for the whole run, one per language, and clients that live for a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.ends import LANGUAGES, PAIRS, ClientEnd, ServerEnd


@pytest.fixture(scope="session")
def servers() -> Iterator[dict[str, ServerEnd]]:
    started: dict[str, ServerEnd] = {}
    try:
        for language in LANGUAGES:
            started[language] = ServerEnd(language)
        yield started
    finally:
        codes = {language: server.end() for language, server in started.items()}
    assert codes == dict.fromkeys(LANGUAGES, 0), "a server did not end well"


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: f"{pair[1]}-calls-{pair[0]}")
def pair(
    request: pytest.FixtureRequest, servers: dict[str, ServerEnd]
) -> Iterator[tuple[ServerEnd, ClientEnd]]:
    """A server and a client that is connected to it, in each of the nine combinations."""
    server = servers[request.param[0]]
    with ClientEnd(request.param[1]) as client:
        assert client.connect(server.url) == {"value": server.url}
        yield server, client
    assert client.end() == 0, "the client did not end well"


@pytest.fixture(scope="session")
def secure_servers() -> Iterator[dict[str, ServerEnd]]:
    """The same servers, speaking TLS."""
    started: dict[str, ServerEnd] = {}
    try:
        for language in LANGUAGES:
            started[language] = ServerEnd(language, secure=True)
        yield started
    finally:
        codes = {language: server.end() for language, server in started.items()}
    assert codes == dict.fromkeys(LANGUAGES, 0), "a server did not end well"


@pytest.fixture(scope="module", params=PAIRS, ids=lambda pair: f"{pair[1]}-calls-{pair[0]}")
def secure_pair(
    request: pytest.FixtureRequest, secure_servers: dict[str, ServerEnd]
) -> Iterator[tuple[ServerEnd, ClientEnd]]:
    """The nine combinations over TLS."""
    server = secure_servers[request.param[0]]
    with ClientEnd(request.param[1]) as client:
        assert client.connect(server.url) == {"value": server.url}
        yield server, client
    assert client.end() == 0, "the client did not end well"


@pytest.fixture(scope="module", params=LANGUAGES)
def server(request: pytest.FixtureRequest, servers: dict[str, ServerEnd]) -> ServerEnd:
    """The server of each language."""
    return servers[request.param]
