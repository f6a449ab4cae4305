"""Ends that are killed with -9 in the middle of a call, and servers that are not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.ends import LANGUAGES, PAIRS, ClientEnd, ServerEnd, new_tag, unused_port


@pytest.mark.parametrize(("server_language", "client_language"), PAIRS)
def test_a_client_that_is_killed_cancels_its_handlers(
    servers: dict[str, ServerEnd], server_language: str, client_language: str
) -> None:
    server = servers[server_language]
    tags = [new_tag() for _ in range(3)]
    with ClientEnd(client_language) as client:
        client.connect(server.url)
        for tag in tags:
            client.start("call", method="never", args={"tag": tag})
        for tag in tags:
            server.await_events(tag, ["never started"])
        client.kill()
    for tag in tags:
        server.await_events(tag, ["never started", "never cancelled"])


@pytest.fixture(params=LANGUAGES)
def mortal(request: pytest.FixtureRequest) -> Iterator[ServerEnd]:
    with ServerEnd(request.param) as server:
        yield server


@pytest.mark.parametrize("client_language", LANGUAGES)
def test_a_server_that_is_killed_is_connection_lost_and_then_unavailable(
    mortal: ServerEnd, client_language: str
) -> None:
    with ClientEnd(client_language) as client:
        client.connect(mortal.url)
        tag = new_tag()
        call = client.start("call", method="never", args={"tag": tag})
        request = client.start("request", method="GET", target=f"/never?tag={tag}")
        mortal.await_events(tag, ["never started", "never started"])
        mortal.kill()
        assert client.outcome(call)["error"] == "connection_lost"
        assert client.outcome(request)["error"] == "connection_lost"
        assert client.call("add", {"a": 1, "b": 2})["error"] == "unavailable"


@pytest.mark.parametrize("client_language", LANGUAGES)
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_a_server_that_comes_back_is_found_again(
    mortal: ServerEnd, client_language: str, how: str
) -> None:
    with ClientEnd(client_language) as client:
        client.connect(mortal.url)
        assert client.call("add", {"a": 1, "b": 2}) == {"value": 3}
        if how == "killed":
            mortal.kill()
        else:
            assert mortal.end() == 0
        assert client.call("add", {"a": 1, "b": 2})["error"] == "unavailable"
        with ServerEnd(mortal.language, mortal.port) as successor:
            assert successor.url == mortal.url
            assert client.call("add", {"a": 1, "b": 2}) == {"value": 3}


@pytest.mark.parametrize("client_language", LANGUAGES)
def test_a_server_that_is_not_there_is_unavailable(client_language: str) -> None:
    with ClientEnd(client_language) as client:
        got = client.connect(f"http://127.0.0.1:{unused_port()}")
        assert got["error"] == "unavailable"
