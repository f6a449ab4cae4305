"""A handler's first step runs before its task is made. Nobody can tell, whatever it asks for."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import weakref

import pytest
import tidewire


async def test_a_task_that_only_was_compared_is_finished_afterwards(app, connected):
    kept = []

    @app.method
    async def keep():
        kept.append(asyncio.current_task())

    client = await connected(app)
    await client.call("keep")
    await client.call("keep")
    await asyncio.wait_for(kept[0], 30)
    assert kept[0] is not kept[1]
    assert kept[0].done()
    assert kept[0].get_name() == "keep"
    assert not kept[0].cancelled()


async def test_a_task_nobody_kept_is_gone(app, connected):
    references = []

    @app.method
    async def pass_by():
        references.append(weakref.ref(asyncio.current_task()))

    await (await connected(app)).call("pass_by")
    gc.collect()
    assert references[0]() is None


async def test_the_task_is_one_and_the_same_before_and_after_a_wait(app, connected):
    @app.method
    async def wait(looked_at: bool):
        task = asyncio.current_task()
        if looked_at:
            assert task in asyncio.all_tasks() or task.get_name()
        context = contextvars.copy_context()
        await asyncio.sleep(0)
        assert context == contextvars.copy_context()
        return [asyncio.current_task() is task, task in asyncio.all_tasks(), task.done()]

    client = await connected(app)
    for looked_at in (True, False):
        assert await client.call("wait", {"looked_at": looked_at}) == [True, True, False]


async def test_a_variable_set_in_the_first_step_is_there_in_the_next(app, connected):
    variable = contextvars.ContextVar("variable")

    @app.method
    async def remember(value):
        variable.set(value)
        token = variable.set([value])
        await asyncio.sleep(0)
        variable.reset(token)
        return variable.get()

    client = await connected(app)
    values = list(range(20))
    got = await asyncio.gather(*(client.call("remember", {"value": v}) for v in values))
    assert got == values


async def test_there_is_no_current_task_between_handlers(app, connected):
    seen = []

    @app.method
    async def handler():
        asyncio.get_running_loop().call_soon(lambda: seen.append(asyncio.current_task()))

    await (await connected(app)).call("handler")
    assert seen == [None]


async def test_a_task_cancelled_in_its_first_step_is_cancelled_at_its_first_wait(app, connected):
    events = []

    @app.method
    async def own(wait):
        child = asyncio.ensure_future(asyncio.Event().wait())
        asyncio.current_task().cancel("enough")
        events.append("goes on")
        try:
            await (child if wait else asyncio.sleep(0))
        except asyncio.CancelledError:
            events.append(child.cancelled())
            child.cancel()
            raise

    client = await connected(app)
    for wait in (True, False):
        with pytest.raises(tidewire.NoRespondersError):
            await client.call("own", {"wait": wait})
    # What it waited for is cancelled with it; what it did not wait for is not.
    assert events == ["goes on", True, "goes on", False]


async def test_a_cancelled_error_of_the_handlers_own_ends_it_quietly(app, connected):
    problems = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))

    @app.method
    async def give_up(later: bool):
        if later:
            await asyncio.sleep(0)
        raise asyncio.CancelledError

    client = await connected(app)
    for later in (True, False):
        with pytest.raises(tidewire.NoRespondersError):
            await client.call("give_up", {"later": later})
    assert problems == []


async def test_groups_and_timeouts_in_the_first_step_know_the_task(app, connected):
    @app.method
    async def group():
        async def one(n):
            await asyncio.sleep(0)
            return n

        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            parts = [tasks.create_task(one(n)) for n in range(3)]
        return [part.result() for part in parts]

    @app.method
    async def failing_group():
        async def fail():
            raise ValueError

        async def fail_together():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
                await asyncio.Event().wait()

        with pytest.raises(ExceptionGroup) as caught:
            await fail_together()
        return [repr(error) for error in caught.value.exceptions]

    client = await connected(app)
    assert await client.call("group") == [0, 1, 2]
    assert await client.call("failing_group") == ["ValueError()"]


async def test_a_future_that_is_done_before_the_task_sees_it_wakes_it(app, connected):
    @app.method
    async def wait():
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.set_result, 5)
        return await future

    client = await connected(app)
    assert await asyncio.gather(*(client.call("wait") for _ in range(50))) == [5] * 50


async def test_awaiting_what_is_no_future_is_an_error_of_the_handler(app, connected, caplog):
    class Wrong:
        def __await__(self):
            yield 7

    @app.method
    async def wrong():
        await Wrong()

    with pytest.raises(tidewire.InternalError):
        await (await connected(app)).call("wrong")
    assert "Task got bad yield: 7" in caplog.text
