"""Where handlers run: async ones as tasks of the loop, plain ones in threads."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading

import tidewire


async def test_an_async_handler_is_a_task_with_a_context_of_its_own(app, connected):
    variable = contextvars.ContextVar("variable", default="unset")
    tasks = []

    @app.get("/")
    async def handler(request):
        before = variable.get()
        variable.set("set")
        task = asyncio.current_task()
        tasks.append(task)
        async with asyncio.timeout(10):
            await asyncio.sleep(0)
        assert asyncio.current_task() is task
        return [before, variable.get(), task.get_name()]

    client = await connected(app)
    for _ in range(3):
        assert (await client.request("GET", "/")).json() == ["unset", "set", "GET /"]
    assert len(set(tasks)) == 3
    assert all(isinstance(task, asyncio.Task) for task in tasks)


async def test_a_task_of_a_handler_prints_where_it_waits(app, connected):
    seen = []

    @app.get("/")
    async def handler(request):
        task = asyncio.current_task()
        seen.append((repr(task), task.get_stack()[-1].f_code.co_name))

    await (await connected(app)).request("GET", "/")
    assert "handler" in seen[0][0]
    assert seen[0][1] == "handler"


async def test_a_timeout_inside_a_handler_works(app, connected):
    @app.method
    async def slow():
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            return "timed out"

    assert await (await connected(app)).call("slow") == "timed out"


async def test_a_task_factory_of_the_program_makes_the_tasks(app, connected):
    made = []

    def factory(loop, coroutine, **options):
        made.append(asyncio.Task(coroutine, loop=loop, **options))
        return made[-1]

    @app.method
    async def hello():
        return 1

    client = await connected(app)
    asyncio.get_running_loop().set_task_factory(factory)
    try:
        assert await client.call("hello") == 1
    finally:
        asyncio.get_running_loop().set_task_factory(None)
    assert [task.get_name() for task in made] == ["hello"]


async def test_handlers_run_side_by_side(app, connected):
    barrier = asyncio.Barrier(50)

    @app.method
    async def meet():
        await barrier.wait()
        return True

    client = await connected(app)
    assert all(await asyncio.gather(*(client.call("meet") for _ in range(50))))


async def test_a_plain_handler_runs_in_a_thread_beside_others(connected):
    app = tidewire.Server("127.0.0.1:0", threads=4)
    barrier = threading.Barrier(4, timeout=30)
    variable = contextvars.ContextVar("variable", default="unset")

    @app.method
    def meet():
        barrier.wait()
        before = variable.get()
        variable.set("set")
        return [before, threading.current_thread() is threading.main_thread()]

    client = await connected(app)
    results = await asyncio.gather(*(client.call("meet") for _ in range(8)))
    assert results == [["unset", False]] * 8


async def test_awaitable_and_callable_objects_are_handlers(app, connected):
    class Awaited:
        async def __call__(self, request):
            return "object"

    class Bound:
        def plain(self, request):
            return threading.current_thread() is threading.main_thread()

        async def method(self, request):
            return "method"

    async def two(first, request):
        return first

    app.get("/object")(Awaited())
    app.get("/bound")(Bound().method)
    app.get("/plain")(Bound().plain)
    app.get("/partial")(functools.partial(two, "partial"))
    client = await connected(app)
    assert (await client.request("GET", "/object")).text == "object"
    assert (await client.request("GET", "/bound")).text == "method"
    assert (await client.request("GET", "/plain")).json() is False
    assert (await client.request("GET", "/partial")).text == "partial"


async def test_a_content_type_with_a_line_end_in_it_never_reaches_the_wire(app, connected):
    @app.get("/split")
    async def split(request):
        return tidewire.Response(200, b"x", content_type="text/plain\r\nX-Split: 1")

    client = await connected(app)
    response = await client.request("GET", "/split")
    assert response.status == 500
    assert "x-split" not in response.headers
