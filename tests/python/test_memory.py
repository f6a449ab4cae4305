"""Memory stays flat: after 10^5 calls it is what it was after 10^4.

TIDEWIRE_TORTURE in the environment adds a zero to both.
"""

from __future__ import annotations

import programs
import pytest

ALLOWED_KIB = 2 * 1024

PROGRAM = """
import asyncio, gc, os, sys
import tidewire

role = sys.argv[1]
FIRST = 100_000 if "TIDEWIRE_TORTURE" in os.environ else 10_000
app = tidewire.Server("127.0.0.1:0")

@app.method
async def add(a: int, b: int, context: tidewire.Context):
    assert len(context.headers) > 0
    return {"sum": a + b, "text": "x" * 100}

@app.method
async def later(a):
    await asyncio.sleep(0)
    return [a]

@app.method
async def fail():
    raise tidewire.ConflictError("no")

@app.get("/users/{id}")
async def user(request):
    return tidewire.Response(200, {"id": request.params["id"], **request.query})

def rss():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024

async def calls(client, count):
    async def some():
        for n in range(count // 64):
            match n % 4:
                case 0: await client.call("add", {"a": n, "b": 2})
                case 1: await client.call("later", {"a": n})
                case 2:
                    response = await client.request("GET", f"/users/{n}?q=1")
                    assert response.json() == {"id": str(n), "q": "1"}
                case 3:
                    try: await client.call("fail")
                    except tidewire.ConflictError: pass
    await asyncio.gather(*(some() for _ in range(64)))

async def server():
    async with app:
        print(app.port, flush=True)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            print(rss(), flush=True)

async def client():
    other = await asyncio.create_subprocess_exec(
        sys.executable, "-c", os.environ["PROGRAM"], "server",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    async def told():
        return int(await other.stdout.readline())
    async def sizes():
        other.stdin.write(b"\\n")
        return rss(), await told()
    port = await told()
    async with tidewire.connect(f"http://127.0.0.1:{port}") as client:
        await calls(client, FIRST)
        before = await sizes()
        await calls(client, 10 * FIRST)
        after = await sizes()
    other.stdin.close()
    assert await other.wait() == 0
    print(after[0] - before[0], after[1] - before[1])

asyncio.run(server() if role == "server" else client())
"""


@pytest.mark.timeout(1800)
def test_ten_times_the_calls_cost_no_memory(monkeypatch):
    monkeypatch.setenv("PROGRAM", PROGRAM)
    ended = programs.run(PROGRAM, "client", timeout=1700)
    assert ended.returncode == 0, ended.errors
    as_client, as_server = map(int, ended.output.split())
    assert as_client <= ALLOWED_KIB, f"the client grew by {as_client} KiB"
    assert as_server <= ALLOWED_KIB, f"the server grew by {as_server} KiB"
