"""One request and its answer as they crossed the wire, before anybody made sense of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from dualwitness.models.enums import Library

__all__ = ["WireAnswer", "WireExchange", "WireRequest", "sample_id_of"]


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
        """Whether credentials went out with it."""
        return any(name == "ok-access-sign" for name, _ in self.headers)


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
    and short text without secrets.
    """

    library: Library
    request: WireRequest
    answer: WireAnswer | None
    started_ms: int
    duration_ms: float
    error: str | None = None
    sample_id: str | None = field(default=None)

    @staticmethod
    def of(
        library: Library,
        request: WireRequest,
        answer: WireAnswer | None,
        *,
        started_ms: int,
        duration_ms: float,
        error: str | None = None,
    ) -> WireExchange:
        """Build one, addressing its body."""
        address = None if answer is None else sample_id_of(answer.body)
        return WireExchange(library, request, answer, started_ms, duration_ms, error, address)
