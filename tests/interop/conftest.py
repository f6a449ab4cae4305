"""The servers of ours, shared with tests/conformance."""

from conformance.conftest import secure_servers, server, servers

__all__ = ["secure_servers", "server", "servers"]
