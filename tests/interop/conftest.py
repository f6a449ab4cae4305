"""The servers of ours, shared with tests/conformance."""

from conformance.conftest import server, servers

__all__ = ["server", "servers"]
