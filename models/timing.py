"""Where the time of a request and of a whole call went: build, sign, wait, network, parse; in ms, monotonic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dualwitness.models.enums import NullReason

__all__ = ["CallPhases", "WireTiming", "phases_of"]

# Two readings of one clock, subtracted and multiplied: a millionth of a ms is their rounding, a microsecond is not.
_ROUNDING_MS = 0.001


@dataclass(frozen=True, slots=True)
class WireTiming:
    """
    One request on one monotonic clock.

    ``sent_at_ms`` is when it was handed to the transport. ``build_ms`` runs from the start of building to there, less
    ``sign_ms`` (the HMAC over the request, as text). ``wait_ms`` is how long the library held it back for the venue's
    rate limit. ``answered_ms`` runs from handing over to the last byte, or to the failure; ``by_socket`` is False where
    a recorded answer stood in for the venue.
    """

    sent_at_ms: float
    build_ms: float
    sign_ms: float
    wait_ms: float
    answered_ms: float
    by_socket: bool = True

    @property
    def network_ms(self) -> float | None:
        """Time on the wire; None where no socket was used: a recorded answer has no distance."""
        return self.answered_ms if self.by_socket else None


@dataclass(frozen=True, slots=True)
class CallPhases:
    """
    One call taken apart; all requests of it are added up.

    ``build_ms`` is everything before a request is handed over, ``parse_ms`` everything after its last byte: the
    library's reading, our proof of it, our journal. ``answered_ms`` is the network, or the play-back of a record.
    """

    build_ms: float
    sign_ms: float
    wait_ms: float
    answered_ms: float
    parse_ms: float
    by_socket: bool

    @property
    def network_ms(self) -> float | None:
        """Time on the wire; None where any answer came from a record."""
        return self.answered_ms if self.by_socket else None

    @property
    def total_ms(self) -> float:
        """All of it: the call's duration."""
        return self.build_ms + self.sign_ms + self.wait_ms + self.answered_ms + self.parse_ms


def phases_of(asked_at_ms: float, duration_ms: float, timings: Sequence[WireTiming | None]) -> CallPhases | NullReason:
    """
    Take a call apart by the timings of its requests, in order; the reason where that cannot be done.

    The first request was being built from the moment the call was made, later ones from the moment the library began
    them; what lies between two requests is the reading of the first. ``not_asked``: no request was made, so nothing
    can be split. ``absent``: a request was not timed. ``conflict``: the clocks of call and requests are not the same.
    """
    if not timings:
        return NullReason.NOT_ASKED
    known = [one for one in timings if one is not None]
    if len(known) < len(timings):
        return NullReason.ABSENT
    sign, wait = sum(one.sign_ms for one in known), sum(one.wait_ms for one in known)
    answered = sum(one.answered_ms for one in known)
    first = known[0]
    build = first.sent_at_ms - asked_at_ms - first.sign_ms - first.wait_ms + sum(one.build_ms for one in known[1:])
    parse = duration_ms - build - sign - wait - answered
    if build < -_ROUNDING_MS or parse < -_ROUNDING_MS:
        return NullReason.CONFLICT
    return CallPhases(build, sign, wait, answered, parse, all(one.by_socket for one in known))
