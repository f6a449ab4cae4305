"""What every Python client of the benchmarks has in common: the loop that keeps N requests in
flight for a while and says what it took.

    client.py PORT WARMUP_MS WINDOW_MS

prints a JSON list with one object for 1 and one for 64 requests in flight.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable

IN_FLIGHT = (1, 64)
EXPECTED = b'{"hello":"world"}'

# Makes one request and gives the body of its answer.
Request = Callable[[], Awaitable[bytes]]


async def _window(request: Request, in_flight: int, seconds: float) -> dict[str, float]:
    latencies: list[float] = []
    ends_at = time.perf_counter() + seconds

    async def keep_asking() -> None:
        while True:
            began = time.perf_counter()
            if began >= ends_at:
                return
            if await request() != EXPECTED:
                sys.exit("a body that is not the expected one")
            latencies.append(time.perf_counter() - began)

    usage = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    cpu = time.process_time()
    await asyncio.gather(*(keep_asking() for _ in range(in_flight)))
    cpu = time.process_time() - cpu
    elapsed = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    latencies.sort()
    operations = len(latencies)
    return {
        "in_flight": in_flight,
        "ops_per_s": operations / elapsed,
        "cpu_us_per_op": cpu * 1e6 / operations,
        "user_us_per_op": (used.ru_utime - usage.ru_utime) * 1e6 / operations,
        "system_us_per_op": (used.ru_stime - usage.ru_stime) * 1e6 / operations,
        "p50_us": latencies[operations // 2] * 1e6,
        "p99_us": latencies[operations * 99 // 100] * 1e6,
        "rss_mib": used.ru_maxrss / 1024,
    }


async def report(request: Request) -> None:
    """Measures `request` with each number in flight and prints the result."""
    warmup, window = (int(word) / 1000 for word in sys.argv[2:4])
    told = []
    for in_flight in IN_FLIGHT:
        # In processor time: on a busy machine warming up takes longer.
        warm_at = time.process_time() + warmup
        while time.process_time() < warm_at:
            await _window(request, in_flight, warmup / 4)
        told.append(await _window(request, in_flight, window))
    print(json.dumps(told))
