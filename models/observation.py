"""One library's frozen answer to one operation: recorded before anything is judged or raised."""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.models.enums import Library, NullReason
from dualwitness.models.fact import Fact
from dualwitness.models.wire import WireExchange

__all__ = ["Observation", "ObservedError"]


@dataclass(frozen=True, slots=True)
class ObservedError:
    """Why there is no value: the error's class name, text without secrets, and the reason every field gets."""

    kind: str
    message: str
    reason: NullReason
    http_status: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Observation:
    """
    What one library answered: either rows (possibly none, then proven empty at the wire) or an error.

    ``started_ms`` is the local wall clock, ``asked_at_ms`` and ``duration_ms`` are monotonic.
    """

    library: Library
    operation: str
    symbol: str | None
    rows: tuple[Fact, ...] | None
    error: ObservedError | None
    exchanges: tuple[WireExchange, ...]
    started_ms: int
    asked_at_ms: float
    duration_ms: float

    def __post_init__(self) -> None:
        if (self.rows is None) == (self.error is None):
            message = "an observation has either rows or an error"
            raise ValueError(message)

    @property
    def sample_ids(self) -> tuple[str, ...]:
        """Addresses of the raw samples behind it, in the order of arrival."""
        return tuple(exchange.sample_id for exchange in self.exchanges if exchange.sample_id is not None)

    def sample_of(self, row_key: str | None) -> str | None:
        """
        The sample in which a row stands: the last one that contains the last part of its key, else the last one.

        Keys end in the venue's own id (``operations.py``), so the body that contains it is the evidence.
        """
        if row_key:
            needle = row_key.rsplit("|", 1)[-1].encode()
            for exchange in reversed(self.exchanges):
                if exchange.answer is not None and needle in exchange.answer.body:
                    return exchange.sample_id
        ids = self.sample_ids
        return ids[-1] if ids else None
