"""Request-response: a server with a route and a method, and a client that uses both."""

import asyncio

import tidewire

app = tidewire.Server("127.0.0.1:0")


@app.get("/users/{id}")
async def user(request: tidewire.Request) -> dict[str, str]:
    return {"id": request.params["id"]}


@app.method()
async def add(a: int, b: int) -> int:
    return a + b


async def main() -> None:
    async with app, tidewire.connect(app.url) as client:
        print((await client.request("GET", "/users/7")).json())
        print(await client.call("add", {"a": 1, "b": 2}))


asyncio.run(main())
