"""What goes wrong in a handler, on its way to the caller; and the table of errors."""

from __future__ import annotations

import builtins
import logging
import pickle

import pytest
import tidewire
from tidewire.errors import ERRORS, error_for

TRAVELLING = sorted(code for code, kind in ERRORS.items() if kind.http_status is not None)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_an_error_is_one_of_ours_with_its_code(code):
    error = ERRORS[code]("what happened")
    assert isinstance(error, tidewire.Error)
    assert (error.code, str(error), error.message) == (code, "what happened", "what happened")
    assert getattr(tidewire, type(error).__name__) is type(error)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), "what happened")
    assert type(error_for(code)) is ERRORS[code]


def test_errors_are_also_the_builtins_one_would_catch():
    for ours, builtin in (
        (tidewire.TimeoutError, builtins.TimeoutError),
        (tidewire.ConnectionLostError, ConnectionError),
        (tidewire.InvalidArgumentError, ValueError),
        (tidewire.ForbiddenError, PermissionError),
        (tidewire.NotFoundError, LookupError),
        (tidewire.MisuseError, RuntimeError),
    ):
        assert issubclass(ours, builtin)
    assert not issubclass(tidewire.RequestTimeoutError, tidewire.TimeoutError)


@pytest.mark.parametrize("code", [code for code in TRAVELLING if code not in ("internal", "gap")])
async def test_an_error_raised_by_a_handler_travels_with_its_code(app, connected, code):
    @app.method
    async def fail():
        raise ERRORS[code]("because")

    @app.get("/")
    def fail_in_a_thread(request):
        raise ERRORS[code]("because")

    client = await connected(app)
    with pytest.raises(ERRORS[code], match=r"^because$"):
        await client.call("fail")
    response = await client.request("GET", "/")
    assert response.status == ERRORS[code].http_status
    assert response.content_type == "application/problem+json"
    problem = response.json()
    assert (problem["code"], problem["retryable"]) == (code, ERRORS[code].retryable)
    assert (problem["status"], problem["detail"]) == (response.status, "because")


@pytest.mark.parametrize("asynchronous", [True, False])
async def test_any_other_exception_is_internal_and_its_text_stays_at_home(
    app, connected, caplog, asynchronous
):
    if asynchronous:

        @app.method("fail")
        async def fail():
            raise KeyError("secret")

    else:

        @app.method("fail")
        def fail():
            raise KeyError("secret")

    client = await connected(app)
    with (
        caplog.at_level(logging.ERROR, "tidewire.server"),
        pytest.raises(tidewire.InternalError) as caught,
    ):
        await client.call("fail")
    assert "secret" not in str(caught.value)
    assert "Traceback" in caplog.text
    assert "secret" in caplog.text
    assert [record.name for record in caplog.records] == ["tidewire.server"]


async def test_with_debug_the_text_goes_to_the_caller(connected):
    app = tidewire.Server("127.0.0.1:0", debug=True)

    @app.method
    async def fail():
        raise KeyError("secret")

    client = await connected(app)
    with pytest.raises(tidewire.InternalError, match="KeyError: 'secret'"):
        await client.call("fail")


@pytest.mark.parametrize("kind", [tidewire.InternalError, tidewire.MisuseError])
async def test_errors_that_never_travel_are_internal(app, connected, kind):
    @app.method
    async def fail():
        raise kind("secret")

    client = await connected(app)
    with pytest.raises(tidewire.InternalError) as caught:
        await client.call("fail")
    assert "secret" not in str(caught.value)


async def test_a_plain_handler_that_returns_a_coroutine_is_told_why(app, connected, caplog):
    async def inner():
        raise AssertionError("not reached")

    app.method("fail")(lambda: inner())
    client = await connected(app)
    with pytest.raises(tidewire.InternalError):
        await client.call("fail")
    assert "async def" in caplog.text


async def test_nobody_else_notices_a_handler_that_fails(app, connected):
    @app.method
    async def fail():
        raise ValueError

    @app.method
    async def fine():
        return 1

    client = await connected(app)
    for _ in range(20):
        with pytest.raises(tidewire.InternalError):
            await client.call("fail")
        assert await client.call("fine") == 1


async def test_a_header_that_belongs_to_the_connection_is_internal(app, connected):
    @app.get("/")
    async def handler(request):
        return tidewire.Response(200, "x", {"Transfer-Encoding": "chunked"})

    assert (await (await connected(app)).request("GET", "/")).status == 500
