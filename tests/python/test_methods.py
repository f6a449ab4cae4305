"""Named methods: how their arguments come from the JSON object."""

from __future__ import annotations

import json

import pytest
import raw_http
import tidewire


async def test_a_method_is_registered_in_three_ways(app, connected):
    @app.method
    async def bare(a):
        return a

    @app.method()
    async def called(a):
        return a

    @app.method("dotted.name")
    async def other(a):
        return a

    client = await connected(app)
    for name in ("bare", "called", "dotted.name"):
        assert await client.call(name, {"a": name}) == name
    assert await client.methods.dotted.name(a=1) == 1


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ({"a": 1}, "b: the argument is missing"),
        ({}, "a: the argument is missing"),
        ({"a": 1, "b": 2, "c": 3}, "c: there is no such argument"),
        ({"a": 1, "b": "2"}, "b: is str, should be int"),
        ({"a": 1, "b": True}, "b: is bool, should be int"),
        ({"a": 1, "b": None}, "b: is null, should be int"),
        ({"a": 1, "b": 1.5}, "b: is float, should be int"),
        ({"a": 1, "b": 2, "rate": "x"}, "rate: is str, should be null or float"),
    ],
)
async def test_arguments_that_do_not_fit_are_named(app, connected, arguments, place):
    @app.method
    async def add(a: int, b: int, rate: float | None = None):
        raise AssertionError("not reached")

    client = await connected(app)
    with pytest.raises(tidewire.InvalidArgumentError, match=rf"^{place}$"):
        await client.call("add", arguments)


async def test_arguments_are_given_by_name_only(app, connected):
    @app.method
    async def add(a, b):
        raise AssertionError("not reached")

    await connected(app)
    response = await raw_http.exchange(app.port, raw_http.post("/methods/add", b"[1,2]"))
    assert response.status == 400
    assert json.loads(response.body)["code"] == "invalid_argument"
    with pytest.raises(tidewire.InvalidArgumentError, match="by name"):
        app.method("positional")(lambda a, /: a)
    with pytest.raises(tidewire.InvalidArgumentError, match="by name"):
        app.method("starred")(lambda *a: a)


async def test_arguments_take_defaults_and_the_rest(app, connected):
    default = object()

    @app.method
    async def defaults(a: int = 5, *, b=default):
        return [a, b is default]

    @app.method
    async def rest(a, **others):
        return [a, others]

    @app.method
    async def nothing():
        return None

    client = await connected(app)
    assert await client.call("defaults") == [5, True]
    assert await client.call("defaults", {"b": 1, "a": 2}) == [2, False]
    assert await client.call("rest", {"x": 1, "a": 2, "y": [3]}) == [2, {"x": 1, "y": [3]}]
    assert await client.call("nothing") is None
    assert await client.call("nothing", {}) is None


async def test_an_int_fits_where_a_float_is_wanted(app, connected):
    @app.method
    async def half(x: float) -> float:
        return x / 2

    client = await connected(app)
    assert await client.call("half", {"x": 3}) == 1.5


async def test_a_context_is_injected_by_its_annotation(app, connected):
    @app.method
    async def who(name: str, context: tidewire.Context):
        return [name, context.headers["x-user"], context.path, context.time_left]

    @app.method
    def plain(context: tidewire.Context):
        return context.cancelled

    client = await connected(app)
    name, user, path, left = await client.call(
        "who", {"name": "n"}, headers={"X-User": "ann"}, timeout=30
    )
    assert (name, user, path) == ("n", "ann", "/methods/who")
    assert 0 < left <= 30
    assert await client.call("plain") is False
    with pytest.raises(tidewire.InvalidArgumentError, match="context: there is no such"):
        await client.call("plain", {"context": 1})
