"""Installs the peers at the versions of `peers.lock`: what we compare against is part of a figure.

Python peers go into `build/bench-venv`, Node peers into `build/bench-node`; nginx comes from apt.
A folder that was installed from the same lock is left as it is.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from harness.paths import NODE_PEERS, PEERS, PEERS_LOCK, PYTHON_PEERS


class PeerMissing(Exception):
    """A peer could not be installed at its pinned version; the run fails."""


def lock() -> dict[str, dict[str, str]]:
    """The pinned versions: section (`apt`, `python`, `node`) to name to version."""
    with PEERS_LOCK.open("rb") as file:
        return tomllib.load(file)


def install_all() -> None:
    """Installs every peer. Raises PeerMissing."""
    pinned = lock()
    _install_nginx(pinned["apt"]["nginx-light"])
    _install_python(pinned["python"])
    _install_node(pinned["node"])


def _run(command: list[str], cwd: Path | None = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise PeerMissing(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}")


def _nginx_version() -> str | None:
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if program is None:
        return None
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    found = re.search(r"nginx/(\S+)", told)
    return found.group(1) if found else None


def _install_nginx(version: str) -> None:
    if _nginx_version() is None:
        print("installing nginx-light", flush=True)
        _run(["apt-get", "install", "-y", "--no-install-recommends", "nginx-light"])
    if _nginx_version() != version:
        raise PeerMissing(f"nginx is {_nginx_version()}, peers.lock wants {version}")


def _is_current(folder: Path, digest: str) -> bool:
    stamp = folder / "installed-from"
    return stamp.exists() and stamp.read_text() == digest


def _install_python(pins: dict[str, str]) -> None:
    requirements = "".join(f"{name}=={version}\n" for name, version in pins.items())
    digest = hashlib.sha256((requirements + sys.version).encode()).hexdigest()
    if _is_current(PYTHON_PEERS, digest):
        return
    print(f"installing the Python peers into {PYTHON_PEERS}", flush=True)
    shutil.rmtree(PYTHON_PEERS, ignore_errors=True)
    _run([sys.executable, "-m", "venv", str(PYTHON_PEERS)])
    listed = PYTHON_PEERS / "requirements.txt"
    listed.write_text(requirements)
    pip = [str(PYTHON_PEERS / "bin" / "pip"), "install", "--quiet", "--no-deps"]
    _run([*pip, "--disable-pip-version-check", "-r", str(listed)])
    _run([str(PYTHON_PEERS / "bin" / "pip"), "check"])
    (PYTHON_PEERS / "installed-from").write_text(digest)


def _install_node(pins: dict[str, str]) -> None:
    names = ("package.json", "package-lock.json")
    digest = hashlib.sha256(b"".join((PEERS / name).read_bytes() for name in names)).hexdigest()
    if not _is_current(NODE_PEERS, digest):
        print(f"installing the Node peers into {NODE_PEERS}", flush=True)
        shutil.rmtree(NODE_PEERS, ignore_errors=True)
        NODE_PEERS.mkdir(parents=True)
        for name in names:
            shutil.copy(PEERS / name, NODE_PEERS / name)
        _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=NODE_PEERS)
        (NODE_PEERS / "installed-from").write_text(digest)
    for name, version in pins.items():
        text = (NODE_PEERS / "node_modules" / name / "package.json").read_text()
        found = re.search(r'"version":\s*"([^"]+)"', text)
        if found is None or found.group(1) != version:
            raise PeerMissing(f"{name} is not at {version}, the version of peers.lock")
