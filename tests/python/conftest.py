"""What the tests of the Python package share: a server that is stopped, and a client to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import tidewire

Connect = Callable[[tidewire.Server], Awaitable[tidewire.Client]]


@pytest.fixture
def app() -> tidewire.Server:
    """A server that is not started, on a free port."""
    return tidewire.Server("127.0.0.1:0")


@pytest.fixture
async def connected() -> AsyncIterator[Connect]:
    """Starts a server and connects a client to it; both are ended after the test."""
    servers: list[tidewire.Server] = []
    clients: list[tidewire.Client] = []

    async def connect(app: tidewire.Server) -> tidewire.Client:
        await app.start()
        servers.append(app)
        clients.append(await tidewire.connect(app.url))
        return clients[-1]

    yield connect
    for client in clients:
        await client.close()
    for server in servers:
        await server.stop(grace=0)
