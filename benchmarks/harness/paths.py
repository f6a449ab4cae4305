"""Where the benchmarks find and put things. All paths are absolute."""

from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
PEERS = BENCHMARKS / "peers"
SERVERS = BENCHMARKS / "servers"
CLIENTS = BENCHMARKS / "clients"
RESULTS = BENCHMARKS / "results"

PEERS_LOCK = BENCHMARKS / "peers.lock"
PYTHON_PEERS = ROOT / "build" / "bench-venv"
NODE_PEERS = ROOT / "build" / "bench-node"
SCRATCH = ROOT / "build" / "bench-run"
