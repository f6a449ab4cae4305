"""tidewire.sync: the client that waits, from any thread, with Ctrl-C, and never on a loop."""

from __future__ import annotations

import asyncio

import programs
import pytest
import tidewire
from tidewire import sync


async def in_thread(app, work):
    async with app:
        return await asyncio.to_thread(work, app.url)


@pytest.fixture
def calculator(app):
    @app.method
    async def add(a, b):
        return a + b

    @app.method
    async def endless():
        await asyncio.Event().wait()

    @app.get("/users/{id}")
    async def user(request):
        return {"id": request.params["id"]}

    return app


async def test_the_same_names_wait(calculator):
    def work(url):
        with sync.connect(url) as client:
            assert client.call("add", {"a": 1, "b": 2}) == 3
            assert client.methods.add(a=2, b=2) == 4
            assert client.request("GET", "/users/7").json() == {"id": "7"}
            assert client.url == url
            with pytest.raises(tidewire.TimeoutError):
                client.call("endless", timeout=0.05)
            with pytest.raises(tidewire.NotFoundError):
                client.call("nobody")
        with pytest.raises(tidewire.MisuseError):
            client.call("add", {"a": 1, "b": 2})
        client.close()

    await in_thread(calculator, work)


async def test_one_client_serves_many_threads(calculator):
    async with calculator:
        client = await asyncio.to_thread(sync.connect, calculator.url)
        calls = [asyncio.to_thread(client.call, "add", {"a": n, "b": 1}) for n in range(50)]
        assert await asyncio.gather(*calls) == list(range(1, 51))
        await asyncio.to_thread(client.close)


async def test_a_wait_on_a_running_loop_is_misuse(calculator):
    with pytest.raises(tidewire.MisuseError, match="asyncio loop"):
        sync.connect("http://127.0.0.1:1")
    async with calculator:
        client = await asyncio.to_thread(sync.connect, calculator.url)
        for operation in (lambda: client.call("add"), client.close):
            with pytest.raises(tidewire.MisuseError, match="asyncio loop"):
                operation()
        await asyncio.to_thread(client.close)


async def test_handlers_may_wait_in_a_thread_within_what_their_callers_have_left(calculator):
    seen = asyncio.Queue()

    def ask(url, **options):
        with sync.connect(url) as client:
            try:
                client.call("endless", **options)
            except tidewire.Error as error:
                return error.code

    @calculator.method
    async def by_context():
        # The task is cancelled with its caller; the thread goes on to its own end.
        asking = asyncio.ensure_future(asyncio.to_thread(ask, calculator.url, timeout=60))
        asking.add_done_callback(lambda done: seen.put_nowait(done.result()))
        await asyncio.shield(asking)

    @calculator.method
    def by_hand(context: tidewire.Context):
        code = ask(calculator.url, timeout=context.time_left)
        loop.call_soon_threadsafe(seen.put_nowait, code)

    def work(url, name):
        with sync.connect(url) as client, pytest.raises(tidewire.TimeoutError):
            client.call(name, timeout=0.5)

    loop = asyncio.get_running_loop()
    async with calculator:
        for name in ("by_context", "by_hand"):
            await asyncio.to_thread(work, calculator.url, name)
            assert await asyncio.wait_for(seen.get(), 10) == "timeout"


BEGIN = programs.SERVER_AND_CLIENT + """
import signal
from tidewire import sync

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()
asyncio.run_coroutine_threadsafe(app.start(), loop).result()
client = sync.connect(app.url)

def when_in_flight(then):
    while app.stats().requests_in_flight == 0:
        time.sleep(0.001)
    then()
"""


def test_ctrl_c_ends_a_wait_and_its_operation():
    ended = programs.run(BEGIN + """
kill = lambda: os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=when_in_flight, args=(kill,)).start()
try:
    client.call("endless")
except KeyboardInterrupt:
    while app.stats().requests_in_flight:
        time.sleep(0.001)
    print("interrupted", client.call("add", {"a": 1, "b": 2}))
""")
    assert (ended.returncode, ended.output) == (0, "interrupted 3\n"), ended.errors


def test_the_end_of_the_program_ends_the_waits_of_its_threads():
    ended = programs.run(BEGIN + """
def wait():
    try:
        client.call("endless")
    except tidewire.ClosedError as error:
        print(error.code)
threading.Thread(target=wait).start()
when_in_flight(lambda: None)
""")
    assert (ended.returncode, ended.output) == (0, "closed\n"), ended.errors
    assert ended.seconds < 10


def test_a_client_of_before_fork_is_misuse_in_the_child():
    ended = programs.run(BEGIN + """
child = os.fork()
if child == 0:
    try:
        client.call("add", {"a": 1, "b": 2})
    except tidewire.MisuseError as error:
        os._exit(7 if "fork" in str(error) else 8)
    os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
""")
    assert (ended.returncode, ended.output) == (0, "7\n"), ended.errors
