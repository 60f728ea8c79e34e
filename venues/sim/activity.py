"""
How busy a market is: a clock that runs fast while much is traded and slow while little is.

Volumes are a constant rate on this clock, so what is traded between two moments is one subtraction, and any split of
time adds up exactly.
"""

from __future__ import annotations

from functools import lru_cache

from dualwitness.venues.sim.draws import drift

__all__ = ["LEAST_MINUTE_MS", "activity_ms"]

# Period in seconds, and by how much the clock runs ahead or behind, in milliseconds. The steepest sum of their slopes
# (2 * size / period) is 0.73: the clock never stands still, and a minute lasts from 16 to 104 of its seconds.
_WAVES = ((3_600, 600_000), (300, 30_000), (60, 6_000))
LEAST_MINUTE_MS = 15_900


@lru_cache(maxsize=65_536)
def activity_ms(seed: int, name: str, at_s: int) -> int:
    """Milliseconds this clock of a path shows at a second of venue time; strictly growing from minute to minute."""
    label = f"activity/{name}"
    return 1000 * at_s + sum(drift(seed, label, period_s, at_s, size_ms) for period_s, size_ms in _WAVES)
