"""Every bound of a server, as one options object. docs/LIMITS.md gives the reasons."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Sizes in bytes or counts, times in seconds."""

    # What a peer may send.
    request_line_bytes_max: int = 8 * 1024
    header_bytes_max: int = 32 * 1024
    header_fields_max: int = 100
    body_bytes_max: int = 16 * 1024 * 1024
    json_depth_max: int = 64
    inflate_ratio_max: int = 200

    # How long a server waits for its peer.
    tls_handshake_timeout: float = 10.0
    header_read_timeout: float = 10.0
    body_idle_timeout: float = 30.0
    keep_alive_idle_timeout: float = 75.0

    # How much a server does at once.
    connections_max: int = 100_000
    connections_per_address_max: int = 10_000
    pipeline_max: int = 64
    unsent_bytes_max: int = 65_536

    stop_grace: float = 10.0
