"""Starts the foreign ends. One that is not installed makes its tests fail."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance.ends import (
    CERTIFICATES,
    PATIENCE,
    ROOT,
    ServerEnd,
    environment,
    until,
    unused_port,
)

PEERS = Path(__file__).resolve().parent / "peers"
CERTIFICATE, KEY = (str(CERTIFICATES / f"server.{suffix}") for suffix in ("pem", "key"))
CLIENTS = ("curl", "httpx", "undici", "node_http")
SERVERS = ("uvicorn", "node_http", "nginx")
# What /zipped gives, compressed for who asks.
ZIPPED = "a line of text\n" * 1000
STATUSES = (400, 401, 403, 404, 405, 409, 413, 415, 418, 429, 500, 502, 503, 504)


def client_command(peer: str) -> list[str]:
    if peer in ("curl", "httpx"):
        return [sys.executable, str(PEERS / f"{peer}_client.py")]
    return ["node", str(PEERS / f"{peer}_client.mjs")]


def perform(peer: str, url: str, requests: list[dict[str, Any]], **told: Any) -> list[Any]:
    """The answers to `requests`, made by a foreign client over one connection."""
    done = subprocess.run(
        client_command(peer),
        input=json.dumps({"url": url, "requests": requests, **told}).encode(),
        capture_output=True,
        timeout=PATIENCE * 2,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: list[Any] = json.loads(done.stdout)
    return answers


@contextmanager
def waiting(
    peer: str, url: str, requests: list[dict[str, Any]]
) -> Iterator[subprocess.Popen[bytes]]:
    """A foreign client that waits for an answer; it is killed at the end."""
    process = subprocess.Popen(
        client_command(peer), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        assert process.stdin is not None
        told = {"url": url, "requests": requests, "hang": True}
        process.stdin.write(json.dumps(told).encode())
        process.stdin.close()
        yield process
    finally:
        process.kill()
        process.wait()


def nginx_command(folder: Path, port: int, upstream: int, secure: bool) -> list[str]:
    (folder / "files").mkdir()
    (folder / "files" / "chunked").write_text("one two three")
    (folder / "files" / "zipped").write_text(ZIPPED)
    blocks = [f"location = /methods/status-{code} {{ return {code}; }}" for code in STATUSES]
    tls = f" ssl; ssl_certificate {CERTIFICATE}; ssl_certificate_key {KEY}" if secure else ""
    names = {"FOLDER": folder, "PORT": port, "UPSTREAM": upstream, "TLS": tls}
    names["STATUSES"] = " ".join(blocks)
    config = (PEERS / "nginx.conf").read_text()
    for name, value in names.items():
        config = config.replace(f"@{name}@", str(value))
    (folder / "nginx.conf").write_text(config)
    # Debian puts it where the PATH of a user who is not root does not look.
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert program is not None, "nginx is not installed"
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def server_command(peer: str, folder: Path, port: int, upstream: int, secure: bool) -> list[str]:
    if peer == "nginx":
        return nginx_command(folder, port, upstream, secure)
    if peer == "node_http":
        files = [CERTIFICATE, KEY] if secure else []
        return ["node", str(PEERS / "node_http_server.mjs"), str(port), *files]
    files = ["--ssl-certfile", CERTIFICATE, "--ssl-keyfile", KEY] if secure else []
    return [
        sys.executable, "-m", "uvicorn", "--app-dir", str(PEERS), "asgi_app:app",
        "--host", "127.0.0.1", "--port", str(port), "--timeout-keep-alive", "1",
        "--log-level", "warning", "--lifespan", "off", *files,
    ]  # fmt: skip


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def established(port: int) -> int:
    """How many connections to that port of this machine are established, by the kernel's table."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ending = f":{port:04X}"
    return sum(row[1].endswith(ending) and row[3] == "01" for row in rows)


@contextmanager
def foreign_server(peer: str, upstream: ServerEnd, secure: bool = False) -> Iterator[int]:
    """The port of a foreign server; `upstream` is what nginx passes methods to."""
    port = unused_port()
    with tempfile.TemporaryDirectory(prefix="tidewire-peer-") as name:
        command = server_command(peer, Path(name), port, upstream.port, secure)
        process = subprocess.Popen(command, cwd=ROOT, env=environment())
        try:

            def ready() -> bool:
                assert process.poll() is None, f"{peer} ended: {command}"
                return accepts(port)

            until(f"{peer} accepts", ready)
            yield port
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
