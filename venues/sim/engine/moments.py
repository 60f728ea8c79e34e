"""Which moments between two looks are looked at: prices move once a second, but a month has 2.6 million seconds."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["MOST_SAMPLES", "moments", "multiples"]

MOST_SAMPLES = 600


def multiples(step_ms: int, after_ms: int, until_ms: int) -> range:
    """Whole multiples of ``step_ms`` later than ``after_ms`` and not later than ``until_ms``."""
    return range((after_ms // step_ms + 1) * step_ms, until_ms + 1, step_ms)


def moments(after_ms: int, until_ms: int, due: Iterable[int], *, sampled: bool) -> list[int]:
    """
    Moments later than ``after_ms`` up to ``until_ms``, which is always the last one, in order.

    All moments that are ``due``; where ``sampled`` also every second, or at most `MOST_SAMPLES` whole seconds at even
    distances where there are more of them: what a price did between two samples is not seen.
    """
    chosen = {ms for ms in due if after_ms < ms < until_ms}
    if sampled:
        seconds = max((until_ms - after_ms) // 1000, 1)
        step_ms = -(-seconds // MOST_SAMPLES) * 1000
        chosen.update(multiples(step_ms, after_ms, until_ms - 1))
    return [*sorted(chosen), until_ms]
