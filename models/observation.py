"""One library's frozen answer to one operation: recorded before anything is judged or raised."""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.models.enums import Library, NullReason
from dualwitness.models.fact import Fact
from dualwitness.models.timing import CallPhases, phases_of
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

    ``started_ms`` is the local wall clock, ``asked_at_ms`` and ``duration_ms`` are monotonic, on the clock of the
    client's own timings.
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
    def phases(self) -> CallPhases | NullReason:
        """Build, sign, wait, network and parse of this call, which add up to its duration; or why they are not had."""
        return phases_of(self.asked_at_ms, self.duration_ms, [exchange.timing for exchange in self.exchanges])

    @property
    def sent_at_ms(self) -> float | None:
        """When its first request was handed to the transport, monotonic; None where none was, or nobody measured it."""
        timing = self.exchanges[0].timing if self.exchanges else None
        return None if timing is None else timing.sent_at_ms

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
