"""Ends of all kinds: the interpreter's, the loop's, a fork's, the garbage collector's; and misuse.

Whatever happens in these programs, none may end by a signal, and none may hang.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref

import programs
import pytest
import raw_http
import tidewire

SERVER_AND_CLIENT = """
import asyncio, gc, os, sys, threading, time
import tidewire

app = tidewire.Server("127.0.0.1:0")

@app.method
async def add(a, b):
    return a + b

@app.method
async def endless():
    await asyncio.Event().wait()

@app.method
def busy(context: tidewire.Context):
    while not context.cancelled:
        time.sleep(0.001)

async def begin():
    await app.start()
    client = await tidewire.connect(app.url)
    assert await client.call("add", {"a": 1, "b": 2}) == 3
    return client

async def leave_running():
    client = await begin()
    calls = [asyncio.ensure_future(client.call(name)) for name in ("endless", "busy") * 10]
    while app.stats().requests_in_flight < len(calls):
        await asyncio.sleep(0)
    return client, calls
"""

EXITS = {
    "by the end of the program": "asyncio.run(leave_running())",
    "without the end of the loop": """
loop = asyncio.new_event_loop()
kept = loop.run_until_complete(leave_running())
""",
    "with a loop that was dropped": """
asyncio.new_event_loop().run_until_complete(leave_running())
""",
    "by sys.exit() in a coroutine": """
async def main():
    kept = await leave_running()
    sys.exit(0)
asyncio.run(main())
""",
    "with all globals in a ring": """
ring = [app]
ring.append(ring)
kept = asyncio.run(leave_running())
""",
    "by the end of a loop on another thread": """
thread = threading.Thread(target=lambda: asyncio.run(leave_running()))
thread.start()
thread.join()
""",
    "while a daemon thread serves": """
begun = threading.Event()
async def main():
    kept = await leave_running()
    begun.set()
    await asyncio.Event().wait()
threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
begun.wait()
""",
    "with a stopped server and a closed client": """
async def main():
    client, calls = await leave_running()
    await client.close()
    await app.stop(grace=0)
    await asyncio.gather(*calls, return_exceptions=True)
asyncio.run(main())
""",
}


@pytest.mark.parametrize("how", EXITS)
def test_the_interpreter_ends_with_sockets_and_threads_alive(how):
    ended = programs.run(SERVER_AND_CLIENT + EXITS[how])
    assert ended.returncode == 0, ended.errors
    assert "Fatal" not in ended.errors
    assert ended.seconds < 10  # it is well below 2; a hang is what this is about


def test_uvloop_is_as_good_as_asyncio():
    ended = programs.run(
        SERVER_AND_CLIENT
        + """
import uvloop
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    client = runner.run(begin())
    assert type(runner.get_loop()).__module__ == "uvloop"
    runner.run(app.stop(grace=0))
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    kept = runner.run(leave_running())
try:
    asyncio.run(kept[0].call("add"))
except tidewire.MisuseError as error:
    assert "loop is closed" in str(error), error
    print("closed with its loop")
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == "closed with its loop\n"


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("factory", ["None", "__import__('uvloop').new_event_loop"])
def test_run_drains_and_ends_on_a_signal(number, factory):
    ended = programs.run(
        SERVER_AND_CLIENT
        + f"""
import signal, urllib.request

@app.method
async def slow():
    os.kill(os.getpid(), signal.{number})
    await asyncio.sleep(0.1)
    return "answered"

def ask():
    while app._native is None:
        time.sleep(0.001)
    request = urllib.request.Request(app.url + "/methods/slow", b"{{}}",
                                     {{"Content-Type": "application/json"}})
    print(urllib.request.urlopen(request).read().decode())

thread = threading.Thread(target=ask)
thread.start()
app.run(loop_factory={factory})
thread.join()
print("ended")
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == '"answered"\nended\n'


def test_a_second_signal_does_not_wait():
    ended = programs.run(
        SERVER_AND_CLIENT
        + """
import signal, urllib.request

@app.method
async def stuck():
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.sleep(0)
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.Event().wait()

def ask():
    while app._native is None:
        time.sleep(0.001)
    request = urllib.request.Request(app.url + "/methods/stuck", b"{}",
                                     {"Content-Type": "application/json"})
    try:
        urllib.request.urlopen(request)
    except Exception as error:
        print("not answered")

thread = threading.Thread(target=ask)
thread.start()
app.run(grace=1000)
thread.join()
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == "not answered\n"


def test_a_keyboard_interrupt_in_a_handler_ends_the_program():
    ended = programs.run(
        SERVER_AND_CLIENT
        + """
@app.method
async def interrupt():
    raise KeyboardInterrupt

async def main():
    client = await begin()
    await client.call("interrupt")

try:
    asyncio.run(main())
except KeyboardInterrupt:
    print("interrupted")
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == "interrupted\n"


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


def test_a_closed_loop_answers_no_responders_at_once():
    loop = asyncio.new_event_loop()
    app = tidewire.Server("127.0.0.1:0")

    @app.method
    async def hello(): ...

    loop.run_until_complete(app.start())
    port = app.port
    loop.close()

    async def ask():
        return await raw_http.exchange(port, raw_http.post("/methods/hello", b"{}"))

    response = asyncio.run(ask())
    assert response.status == 503
    assert b'"no_responders"' in response.body
    asyncio.run(app.stop())


def test_requests_under_way_when_the_loop_closes_are_answered():
    app = tidewire.Server("127.0.0.1:0")

    @app.method
    async def endless():
        await asyncio.Event().wait()

    async def ask(port, answers):
        answers.append(await raw_http.exchange(port, raw_http.post("/methods/endless", b"{}")))

    async def until_asked():
        while app.stats().requests_in_flight == 0:
            await asyncio.sleep(0)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(app.start())
    answers: list[raw_http.RawResponse] = []
    thread = threading.Thread(target=lambda: asyncio.run(ask(app.port, answers)))
    thread.start()
    loop.run_until_complete(until_asked())
    loop.close()
    thread.join(30)
    assert [answer.status for answer in answers] == [503]


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


def test_a_program_of_rings_is_collected_with_its_loop():
    class Marker:
        pass

    def program():
        app, marker = tidewire.Server("127.0.0.1:0"), Marker()

        @app.method
        async def ring(default=marker):
            return [app, ring]

        async def main():
            await app.start()
            async with tidewire.connect(app.url) as client:
                with pytest.raises(tidewire.InvalidArgumentError):
                    await client.call("ring")

        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        loop.close()
        return weakref.ref(app), weakref.ref(marker), weakref.ref(loop)

    references = program()
    gc.collect()
    assert [reference() for reference in references] == [None] * 3


def test_objects_may_be_dropped_in_any_order():
    ended = programs.run(
        SERVER_AND_CLIENT
        + """
import itertools

async def main(order):
    app = tidewire.Server("127.0.0.1:0")
    @app.method
    async def endless():
        await asyncio.Event().wait()
    await app.start()
    client = await tidewire.connect(app.url)
    call = asyncio.ensure_future(client.call("endless"))
    while app.stats().requests_in_flight == 0:
        await asyncio.sleep(0)
    kept = {"app": app, "client": client, "call": call}
    del app, client, call
    for name in order:
        del kept[name]
        gc.collect()

for order in itertools.permutations(("app", "client", "call")):
    asyncio.run(main(order))
    gc.collect()
print("alive")
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == "alive\n"


def test_loops_come_and_go_in_threads():
    ended = programs.run(
        SERVER_AND_CLIENT
        + """
def work():
    async def main():
        app = tidewire.Server("127.0.0.1:0")
        @app.method
        async def twice(n):
            return 2 * n
        async with app, tidewire.connect(app.url) as client:
            for n in range(20):
                assert await client.call("twice", {"n": n}) == 2 * n
    for _ in range(3):
        asyncio.run(main())

def living():
    return len(os.listdir("/proc/self/task"))

work()  # the threads that look up addresses stay
before = living()
threads = [threading.Thread(target=work) for _ in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
while living() > before:
    time.sleep(0.001)
print("as before")
"""
    )
    assert ended.returncode == 0, ended.errors
    assert ended.output == "as before\n"


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
