"""Misuse is an error with a code, never an abort: after close or fork, elsewhere, wrong types."""

from __future__ import annotations

import asyncio
import sys

import programs
import pytest
import tidewire
from programs import SERVER_AND_CLIENT


async def test_after_close_a_client_says_so(app, connected):
    client = await connected(app)
    await client.close()
    await client.close()
    for use in (client.call("x"), client.request("GET", "/")):
        with pytest.raises(tidewire.MisuseError, match="closed"):
            await use


async def test_a_server_that_does_not_run_says_so(app):
    await app.stop()
    for use in (lambda: app.url, lambda: app.port, app.stats):
        with pytest.raises(tidewire.MisuseError):
            use()
    async with app:
        with pytest.raises(tidewire.MisuseError):
            await app.start()
        with pytest.raises(tidewire.MisuseError):
            app.get("/late")(lambda request: None)


async def test_another_loop_or_thread_is_misuse(app, connected):
    client = await connected(app)

    async def use():
        await client.call("x")

    def on_another_loop():
        with pytest.raises(tidewire.MisuseError, match="another event loop"):
            asyncio.run(use())
        with pytest.raises(tidewire.MisuseError, match="another event loop"):
            asyncio.run(app.stop())
        with pytest.raises(tidewire.MisuseError, match="another event loop"):
            asyncio.run(client.close())

    await asyncio.to_thread(on_another_loop)

    def without_a_loop():
        with pytest.raises(tidewire.MisuseError, match="thread"):
            client._native.close()

    await asyncio.to_thread(without_a_loop)


def test_without_a_loop_is_misuse():
    for use in (tidewire.Server("127.0.0.1:0").start(), tidewire.connect("http://x")._connect()):
        with pytest.raises(tidewire.MisuseError, match="asyncio"):
            use.send(None)


def test_under_trio_is_misuse(monkeypatch):
    class Trio:
        class lowlevel:
            @staticmethod
            def current_task():
                return object()

    monkeypatch.setitem(sys.modules, "trio", Trio)
    with pytest.raises(tidewire.MisuseError, match="trio"):
        tidewire.connect("http://x")._connect().send(None)


async def test_wrong_types_have_a_code(app, connected):
    client = await connected(app)
    uses = [
        lambda: tidewire.Server(7),
        lambda: tidewire.Server(loops="2"),
        lambda: tidewire.Server(threads=0),
        lambda: tidewire.Server(limits={}),
        lambda: tidewire.connect(7),
        lambda: app.get(7),
        lambda: app.method(7),
        lambda: tidewire.Response("200"),
        lambda: tidewire.Response(10**30),
        lambda: tidewire.Response(content_type=7),
    ]
    for use in uses:
        with pytest.raises(tidewire.InvalidArgumentError):
            use()
    for call in (
        client.call(7),
        client.call("x", [1]),
        client.call("x", {"a": 1}, headers=7),
        client.call("x", timeout=[]),
        client.request(7, "/"),
        client.request("GET", b"/"),
        client.request("GET", "/", body=7),
        app.stop(grace="x"),
        tidewire.Server(limits=tidewire.Limits(body_bytes_max="x")).start(),
        tidewire.Server(limits=tidewire.Limits(stop_grace=-1)).start(),
    ):
        with pytest.raises(tidewire.InvalidArgumentError):
            await call


def test_types_that_only_the_core_makes_cannot_be_made():
    for kind in (tidewire.Request, tidewire.Context):
        with pytest.raises(TypeError):
            kind()
        with pytest.raises(TypeError):
            type("Sub", (kind,), {})


def test_after_fork_the_child_is_told_and_the_parent_goes_on():
    ended = programs.run(
        SERVER_AND_CLIENT
        + """
async def in_child(client):
    for use in (lambda: client.call("add"), lambda: client.request("GET", "/"),
                lambda: client.close(), lambda: app.stop()):
        try:
            await use()
        except tidewire.MisuseError as error:
            assert "fork" in str(error), error
        else:
            raise AssertionError("no error")
    other = tidewire.Server("127.0.0.1:0")
    @other.method
    async def twice(n):
        return 2 * n
    async with other, tidewire.connect(other.url) as own:
        assert await own.call("twice", {"n": 4}) == 8

async def main():
    client, calls = await leave_running()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for call in calls:
                call.cancel()
            def work():
                asyncio.run(in_child(client))
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            gc.collect()
            code = 0
        finally:
            os._exit(code)  # asyncio itself cannot unwind a loop in a child
    _, status = await asyncio.to_thread(os.waitpid, child, 0)
    assert status == 0, status
    assert await client.call("add", {"a": 2, "b": 3}) == 5
    print("parent goes on")

asyncio.run(main())
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == "parent goes on\n", ended.errors


def test_a_child_of_multiprocessing_serves_for_itself():
    ended = programs.run(
        SERVER_AND_CLIENT
        + """
import multiprocessing

async def child():
    other = tidewire.Server("127.0.0.1:0")
    @other.method
    async def twice(n):
        return 2 * n
    async with other, tidewire.connect(other.url) as client:
        assert await client.call("twice", {"n": 4}) == 8

loop = asyncio.new_event_loop()
kept = loop.run_until_complete(leave_running())
process = multiprocessing.get_context("fork").Process(target=lambda: asyncio.run(child()))
process.start()
process.join()
print(process.exitcode)
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == "0\n", ended.errors


IN_A_SUBINTERPRETER = """
import sys
sys.path[:0] = PATH
try:
    import tidewire
except ImportError as error:
    print(error)
"""


def test_a_subinterpreter_gets_a_clear_error():
    ended = programs.run(
        """
import _xxsubinterpreters as interpreters
import sys
import tidewire

path = repr([folder for folder in sys.path if folder])
interpreters.run_string(interpreters.create(), sys.argv[1].replace("PATH", path))
""",
        IN_A_SUBINTERPRETER,
    )
    assert ended.returncode == 0, ended.errors
    assert "subinterpreter" in ended.output
