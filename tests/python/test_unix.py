"""Unix sockets: ours at both ends, and curl."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import tidewire


def unix_app(path: Path, **options) -> tidewire.Server:
    app = tidewire.Server(f"unix:{path}", **options)

    @app.method
    async def add(a: int, b: int) -> int:
        return a + b

    @app.get("/peer")
    async def peer(request):
        return request.peer

    return app


async def test_a_client_calls_over_a_unix_socket(tmp_path):
    path = tmp_path / "app.sock"
    async with unix_app(path, loops=2) as app:
        assert (app.url, app.port) == (f"unix:{path}", 0)
        assert path.is_socket()
        async with tidewire.connect(app.url) as client:
            assert await client.call("add", {"a": 1, "b": 2}) == 3
            assert (await client.request("GET", "/peer")).text == "unix"
        with pytest.raises(tidewire.UnavailableError, match="in use"):
            await unix_app(path).start()
    assert not path.exists()
    with pytest.raises(tidewire.UnavailableError, match=r"unix:/.*No such file"):
        await tidewire.connect(f"unix:{path}")


async def test_curl_is_served_over_a_unix_socket(tmp_path):
    path = tmp_path / "app.sock"
    async with unix_app(path, hosts=["api.example.com"]):
        command = ["--silent", "--unix-socket", str(path), "--data", '{"a":1,"b":2}']
        for host, output in (("localhost", b"3"), ("api.example.com", b"3"), ("x", b"misdirected")):
            curl = await asyncio.create_subprocess_exec(
                "curl", *command, f"http://{host}/methods/add", stdout=asyncio.subprocess.PIPE
            )
            printed, _ = await curl.communicate()
            assert output in printed


async def test_what_is_no_unix_socket_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(tidewire.Error):
        await unix_app(file).start()
    assert file.read_text() == "precious"
    for address in ("unix:", "unix:relative.sock", "unix:/" + "a" * 107):
        with pytest.raises(tidewire.InvalidArgumentError):
            await tidewire.Server(address).start()
        with pytest.raises(tidewire.InvalidArgumentError):
            await tidewire.connect(address)
