"""Middleware, authenticate, authorize, and the client's token."""

from __future__ import annotations

import asyncio
import threading

import pytest
import tidewire
from tidewire import Principal


def with_handlers(app):
    @app.get("/users/{id}")
    async def user(request):
        who = request.principal.id if request.principal else None
        return {"id": request.params["id"], "who": who, "operation": request.operation}

    @app.method()
    async def whoami(context: tidewire.Context):
        principal = context.principal
        return None if principal is None else [principal.id, dict(principal.claims)]

    @app.method()
    def slow_add(a: int, b: int):  # in a thread
        return a + b


def bearer(request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme == "Bearer" else None


def with_tokens(app):
    @app.authenticate
    async def who(request):
        token = bearer(request)
        if token == "old":
            raise tidewire.TokenExpiredError("too old")
        if token == "breaks":
            raise RuntimeError("secret of the hook")
        return None if token is None else Principal(token, {"level": 7})


async def test_who_asks_is_known_to_handlers(app, connected):
    with_handlers(app)
    with_tokens(app)
    client = await connected(app)
    with pytest.raises(tidewire.UnauthenticatedError):
        await client.call("whoami")
    response = await client.request("GET", "/users/7")
    assert response.status == 401
    assert response.headers["www-authenticate"] == "Bearer"
    async with tidewire.connect(app.url, token="ann") as ann:
        assert await ann.call("whoami") == ["ann", {"level": 7}]
        assert await ann.call("slow_add", {"a": 1, "b": 2}) == 3
        assert (await ann.request("GET", "/users/7")).json() == {
            "id": "7",
            "who": "ann",
            "operation": "GET /users/{id}",
        }


async def test_a_hook_that_raises_is_internal_never_a_pass(app, connected):
    with_handlers(app)
    with_tokens(app)
    await connected(app)
    async with tidewire.connect(app.url, token="breaks") as client:
        with pytest.raises(tidewire.InternalError) as raised:
            await client.call("whoami")
    assert "secret" not in str(raised.value)


async def test_what_is_no_principal_is_no_pass(app, connected):
    with_handlers(app)
    app.authenticate(lambda request: "ann")
    client = await connected(app)
    with pytest.raises(tidewire.InternalError):
        await client.call("whoami")


async def test_authorize_decides_by_action_and_name(app, connected):
    with_handlers(app)
    with_tokens(app)
    asked = []
    threads = []

    @app.authorize
    def may(principal, action, name):  # in a thread
        threads.append(threading.current_thread())
        asked.append((principal and principal.id, action, name))
        return name == "whoami" or (principal is not None and principal.id != "eve")

    client = await connected(app)
    assert await client.call("whoami") is None
    with pytest.raises(tidewire.UnauthenticatedError):
        await client.call("slow_add", {"a": 1, "b": 2})
    async with tidewire.connect(app.url, token="eve") as eve:
        assert (await eve.request("GET", "/users/7")).status == 403
        with pytest.raises(tidewire.ForbiddenError):
            await eve.call("slow_add", {"a": 1, "b": 2})
    assert asked == [
        (None, "call", "whoami"),
        (None, "call", "slow_add"),
        ("eve", "call", "GET /users/{id}"),
        ("eve", "call", "slow_add"),
    ]
    assert threading.main_thread() not in threads


async def test_a_caller_that_gives_up_is_heard_by_the_hook(app, connected):
    told = asyncio.Event()
    began = asyncio.Event()
    with_handlers(app)

    @app.authenticate
    async def who(request):
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.set()
            raise

    client = await connected(app)
    calling = asyncio.create_task(client.call("whoami"))
    await began.wait()
    calling.cancel()
    await told.wait()
    with pytest.raises(tidewire.TimeoutError):
        await client.call("whoami", timeout=0.05)


async def test_a_token_is_asked_for_once_more_when_it_has_expired(app, connected):
    with_handlers(app)
    with_tokens(app)
    await connected(app)
    given = []

    async def token():
        given.append("old" if not given else "new")
        return given[-1]

    async with tidewire.connect(app.url, token=token) as client:
        assert (await client.call("whoami"))[0] == "new"
        assert (await client.call("whoami"))[0] == "new"
        assert given == ["old", "new"]
    given.clear()
    async with tidewire.connect(app.url, token=token) as client:
        results = await asyncio.gather(*(client.request("GET", "/users/7") for _ in range(5)))
        assert [result.json()["who"] for result in results] == ["new"] * 5
        assert given == ["old", "new"]

    async with tidewire.connect(app.url, token=lambda: "old") as client:
        with pytest.raises(tidewire.TokenExpiredError):
            await client.call("whoami")
        assert (await client.request("GET", "/users/7")).status == 401
    async with tidewire.connect(app.url, token=lambda: 7) as client:
        with pytest.raises(tidewire.InvalidArgumentError):
            await client.call("whoami")
    async with tidewire.connect(app.url, token="old") as client:
        fields = {"authorization": "Bearer mine"}
        assert (await client.call("whoami", headers=fields))[0] == "mine"


async def test_middleware_stands_around_routes_and_methods(app, connected):
    with_handlers(app)
    journal = []

    @app.middleware
    async def outer(request, next):
        journal.append(f"outer {request.operation}")
        response = await next(request)
        headers = {**response.headers, "Seen-By": "outer"}
        return tidewire.Response(
            response.status, response.body, headers, content_type=response.content_type
        )

    @app.middleware
    async def inner(request, next):
        journal.append("inner")
        if "stop" in request.headers:
            return {"stopped": True}
        return await next(request)

    client = await connected(app)
    assert await client.call("slow_add", {"a": 1, "b": 2}) == 3
    assert await client.call("whoami") is None
    response = await client.request("GET", "/users/7")
    assert response.json()["id"] == "7"
    assert response.headers["seen-by"] == "outer"
    assert journal == [
        "outer slow_add",
        "inner",
        "outer whoami",
        "inner",
        "outer GET /users/{id}",
        "inner",
    ]
    stopped = await client.call("slow_add", headers={"stop": "1"})
    assert stopped == {"stopped": True}
    with pytest.raises(tidewire.InvalidArgumentError, match="a: is str"):
        await client.call("slow_add", {"a": "x", "b": 2})


async def test_middleware_sees_what_handlers_raise(app, connected):
    seen = []

    @app.method()
    async def fails():
        raise tidewire.NotFoundError("not here")

    @app.middleware
    async def watch(request, next):
        try:
            return await next(request)
        except tidewire.Error as error:
            seen.append(error.code)
            raise

    client = await connected(app)
    with pytest.raises(tidewire.NotFoundError, match="not here"):
        await client.call("fails")
    assert seen == ["not_found"]


async def test_hooks_that_cannot_work_are_refused(app, connected):
    with pytest.raises(tidewire.InvalidArgumentError, match="async def"):
        app.middleware(lambda request, next: None)
    with pytest.raises(tidewire.InvalidArgumentError, match="next"):

        @app.middleware
        async def narrow(request): ...

    with pytest.raises(tidewire.InvalidArgumentError):
        app.authenticate("ann")
    with pytest.raises(tidewire.InvalidArgumentError):
        Principal("")
    app.authenticate(lambda request: None)
    with pytest.raises(tidewire.MisuseError):
        app.authenticate(lambda request: None)
    with pytest.raises(tidewire.InvalidArgumentError, match="token"):
        tidewire.connect("http://localhost:1", token=7)
    await connected(app)
    with pytest.raises(tidewire.MisuseError):
        app.authorize(lambda principal, action, name: True)
