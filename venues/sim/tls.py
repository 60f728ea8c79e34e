"""A certificate for loopback, made when the venue starts: python-okx speaks WebSocket over TLS only."""

from __future__ import annotations

import ssl
from pathlib import Path

__all__ = ["server_context"]


def server_context(cert_file: Path) -> ssl.SSLContext:
    """
    A server's TLS context whose authority's certificate is written to ``cert_file`` (PEM) for clients to trust.

    Raises OSError where the file cannot be written.
    """
    # Imported here: only who asks for TLS pays for the cryptography.
    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(cert_file))
    return context
