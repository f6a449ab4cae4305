"""Ends of all kinds: the interpreter's, the loop's, the garbage collector's.

Whatever happens in these programs, none may end by a signal, and none may hang.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref

import programs
import pytest
import raw_http
import tidewire
from programs import SERVER_AND_CLIENT

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
