"""One request and its answer as they crossed the wire, before anybody made sense of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from dualwitness.models.enums import Library
from dualwitness.models.timing import WireTiming

__all__ = ["WireAnswer", "WireExchange", "WireRequest", "sample_id_of"]

# okx-v5-facts section 1; Bybit docs v5/guide, authentication; Binance docs, signed endpoint security.
_CREDENTIAL_HEADERS = frozenset({"ok-access-sign", "x-bapi-sign", "x-mbx-apikey"})
_SIGNATURE = re.compile(r"(?:^|&)signature=")


def _has_signature(body: bytes) -> bool:
    # A form body alone: in JSON the word would be a value of somebody's own.
    return not body.startswith((b"{", b"[")) and _SIGNATURE.search(body.decode("utf-8", "replace")) is not None


def sample_id_of(body: bytes) -> str:
    """The address of a raw sample: SHA-256 of the body as received, in hex."""
    return hashlib.sha256(body).hexdigest()


@dataclass(frozen=True, slots=True)
class WireRequest:
    """
    A request as it left the library.

    ``path`` has no query; ``query`` is the raw text after the question mark, exactly as sent. ``headers`` hold the
    lower-case names of *all* headers sent, with values for harmless ones alone: never key, signature or passphrase.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def signed(self) -> bool:
        """
        Whether credentials went out with it, in the words of OKX, Bybit or Binance.

        OKX and Bybit sign in a header; Binance sends its key in one and the signature in the query or the form body.
        """
        named = any(name in _CREDENTIAL_HEADERS for name, _ in self.headers)
        return named or _SIGNATURE.search(self.query) is not None or _has_signature(self.body)


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer as received: HTTP status, decoded body bytes, lower-case headers."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)


@dataclass(frozen=True, slots=True)
class WireExchange:
    """
    A request with its answer, or with the error that came instead.

    ``started_ms`` is the local wall clock, ``duration_ms`` is measured on a monotonic clock. ``error`` is a class name
    and short text without secrets. ``timing`` says where the time went; None where nobody measured it.
    """

    library: Library
    request: WireRequest
    answer: WireAnswer | None
    started_ms: int
    duration_ms: float
    error: str | None = None
    sample_id: str | None = field(default=None)
    timing: WireTiming | None = None

    @property
    def sign_ms(self) -> float | None:
        """How long the request's signature took; None where nobody measured it."""
        return None if self.timing is None else self.timing.sign_ms

    @property
    def network_ms(self) -> float | None:
        """From handing over to the last byte; None where no socket was used, or nobody measured it."""
        return None if self.timing is None else self.timing.network_ms

    @staticmethod
    def of(
        library: Library,
        request: WireRequest,
        answer: WireAnswer | None,
        *,
        started_ms: int,
        duration_ms: float,
        error: str | None = None,
        timing: WireTiming | None = None,
    ) -> WireExchange:
        """Build one, addressing its body."""
        address = None if answer is None else sample_id_of(answer.body)
        return WireExchange(library, request, answer, started_ms, duration_ms, error, address, timing)
