"""The certificates of tests/support/certificates, by name."""

from __future__ import annotations

from pathlib import Path

import tidewire

FOLDER = Path(__file__).resolve().parent.parent / "support" / "certificates"
CA = FOLDER / "ca.pem"


def server_tls(name: str = "server", client_ca: Path | None = None) -> tidewire.Tls:
    return tidewire.Tls(FOLDER / f"{name}.pem", FOLDER / f"{name}.key", client_ca)


def client_tls(name: str) -> tidewire.ClientTls:
    """A client that trusts the CA of the tests, with a certificate of its own."""
    return tidewire.ClientTls(ca=CA, cert=FOLDER / f"{name}.pem", key=FOLDER / f"{name}.key")


TRUSTING = tidewire.ClientTls(ca=CA)
