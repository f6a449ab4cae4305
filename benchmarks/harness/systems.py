"""What is measured: the rows and, in each, the systems that stand side by side."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from harness.paths import CLIENTS, NODE_PEERS, PEERS, PYTHON_PEERS, ROOT, SCRATCH, SERVERS
from harness.peers import lock


@dataclass(frozen=True)
class System:
    """One program that is measured. Its `command` has the word PORT where a port goes."""

    key: str  # unique in its row; goals name it
    name: str  # as reported: "tidewire" or "<peer> <version>"
    language: str  # of the handler: cpp, python or node
    command: list[str]
    variant: str = ""  # tells two systems of one name apart: "async", "sync"
    environment: dict[str, str] = field(default_factory=dict)
    is_ours: bool = False
    load: tuple[str, ...] = ()  # options of the load generator beside the row's
    group: str = ""  # only systems of one group of a row are compared

    @property
    def label(self) -> str:
        """The name with its variant, for people."""
        return f"{self.name} ({self.variant})" if self.variant else self.name


@dataclass(frozen=True)
class Row:
    """One comparison: the same load on every system, in turns."""

    name: str
    title: str
    systems: list[System]
    connections: int = 64
    depth: int = 1
    rounds_factor: int = 1  # for a row whose bar is close: more rounds than the others
    are_clients: bool = False  # the systems are clients, of the raw epoll loop


# Every row that the results may have, in the order of the report.
ALL_ROWS = [
    "http_hello_native",
    "http_pipelined",
    "http_handler_python",
    "http_handler_node",
    "http_client",
    "ws_echo",
    "fanout_ws",
    "fanout_sse",
    "fanout_long_poll",
    "idle_bytes",
    "latency",
    "durable_publish",
    "group_consume",
    "exactly_once",
    "serialization",
    "growth",
]


def node_version() -> str:
    """The version of the Node on PATH, as "20.20.2"."""
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.strip().removeprefix("v")


def _nginx() -> list[str]:
    prefix = SCRATCH / "nginx"
    (prefix / "temporary").mkdir(parents=True, exist_ok=True)
    settings = f"{prefix}/nginx-PORT.conf"
    return ["/usr/sbin/nginx", "-p", str(prefix), "-e", "stderr", "-c", settings]


def _native(programs: Path) -> list[System]:
    nginx = lock()["apt"]["nginx-light"]
    raw_epoll = [str(programs / "bench_raw_epoll"), "PORT"]
    ours = [str(programs / "bench_hello"), "PORT"]
    return [
        System("raw_epoll", "raw epoll loop", "cpp", raw_epoll),
        System("nginx", f"nginx {nginx}", "cpp", _nginx()),
        System("tidewire", "tidewire", "cpp", ours, is_ours=True),
    ]


def _with_differing_heads(programs: Path) -> System:
    """Ours where no request has the head of the one before it, which is then parsed each time."""
    return System(
        "tidewire_differing",
        "tidewire",
        "cpp",
        [str(programs / "bench_hello"), "PORT"],
        variant="heads differ",
        is_ours=True,
        load=("--kinds", "16"),
    )


def _python() -> list[System]:
    pins = lock()["python"]
    binaries = PYTHON_PEERS / "bin"
    at = ["--host", "127.0.0.1", "--port", "PORT"]
    uvicorn = [str(binaries / "uvicorn"), "asgi_hello:app", *at, "--app-dir", str(PEERS)]
    uvicorn += ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    uvicorn += ["--log-level", "warning", "--lifespan", "off"]
    granian = [str(binaries / "granian"), "rsgi_hello:app", *at, "--working-dir", str(PEERS)]
    granian += ["--interface", "rsgi", "--loop", "uvloop", "--workers", "1", "--no-ws"]
    granian += ["--runtime-threads", "1", "--http", "1", "--no-access-log", "--no-log"]
    ours = {"PYTHONPATH": str(ROOT / "packages" / "python")}
    python = ours_python()
    systems = [
        System("uvicorn", f"uvicorn {pins['uvicorn']} (uvloop, httptools)", "python", uvicorn),
        System(
            "aiohttp",
            f"aiohttp {pins['aiohttp']} (uvloop)",
            "python",
            [str(binaries / "python"), str(PEERS / "aiohttp_hello.py"), "PORT"],
        ),
        System("granian", f"granian {pins['granian']} (rsgi, uvloop)", "python", granian),
    ]
    for kind in ("async", "sync"):
        command = [python, str(SERVERS / "hello.py"), "PORT", kind]
        key = f"tidewire_{kind}"
        systems.append(System(key, "tidewire", "python", command, kind, ours, is_ours=True))
    return systems


def ours_python() -> str:
    """The interpreter that our Python package was built for: the one that runs this."""
    return sys.executable


def _node() -> list[System]:
    fastify = lock()["node"]["fastify"]
    ours = ["node", str(SERVERS / "hello.mjs"), "PORT", str(ROOT)]
    theirs = ["node", str(PEERS / "fastify_hello.mjs"), "PORT", str(NODE_PEERS)]
    bare = ["node", str(PEERS / "node_http.mjs"), "PORT"]
    return [
        System("node_http", f"node:http {node_version()}", "node", bare),
        System("fastify", f"fastify {fastify}", "node", theirs),
        System("tidewire", "tidewire", "node", ours, is_ours=True),
    ]


def _clients(programs: Path) -> list[System]:
    """WARMUP and WINDOW in the commands stand for milliseconds."""
    pins = lock()
    at = ["PORT", "WARMUP", "WINDOW"]
    theirs = str(PYTHON_PEERS / "bin" / "python")
    ours = {"PYTHONPATH": str(ROOT / "packages" / "python")}
    undici = ["node", str(CLIENTS / "undici_client.mjs"), *at, str(NODE_PEERS)]
    node = ["node", str(CLIENTS / "tidewire_client.mjs"), *at, str(ROOT)]
    python = [ours_python(), str(CLIENTS / "tidewire_client.py"), *at]
    httpx = [theirs, str(CLIENTS / "httpx_client.py"), *at]
    aiohttp = [theirs, str(CLIENTS / "aiohttp_client.py"), *at]
    native = [str(programs / "bench_client"), *at]
    return [
        System("httpx", f"httpx {pins['python']['httpx']} (uvloop)", "python", httpx),
        System("aiohttp", f"aiohttp {pins['python']['aiohttp']} (uvloop)", "python", aiohttp),
        System("undici", f"undici {pins['node']['undici']}", "node", undici),
        System("tidewire_cpp", "tidewire", "cpp", native, is_ours=True),
        System("tidewire_python", "tidewire", "python", python, environment=ours, is_ours=True),
        System("tidewire_node", "tidewire", "node", node, is_ours=True),
    ]


def rows(programs: Path) -> list[Row]:
    """The rows that this runner can do. `programs` is the folder of the built programs."""
    return [
        Row(
            "http_hello_native",
            "HTTP hello, native handler, 64 connections",
            _native(programs),
            rounds_factor=2,
        ),
        Row(
            "http_pipelined",
            "HTTP hello, native handler, 64 connections, 16 requests pipelined",
            [*_native(programs), _with_differing_heads(programs)],
            depth=16,
        ),
        Row("http_handler_python", "HTTP hello, Python handler, 64 connections", _python()),
        Row("http_handler_node", "HTTP hello, Node handler, 64 connections", _node()),
        Row(
            "http_client",
            "HTTP client, GET of a small JSON body, 1 and 64 in flight",
            _clients(programs),
            are_clients=True,
        ),
    ]
