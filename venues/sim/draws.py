"""
Chance with random access: a draw is a pure function of the seed and its name, so that time can be asked in any order.

A sequential generator would make the price at noon depend on who asked before noon.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

__all__ = ["integer", "signed", "unit", "wander"]

_SPAN = 10**9


def integer(seed: int, name: str, place: int = 0) -> int:
    """A whole number of 64 bits, uniform."""
    return int.from_bytes(blake2b(f"{seed}/{name}/{place}".encode(), digest_size=8).digest(), "big")


def unit(seed: int, name: str, place: int = 0) -> Decimal:
    """A number in [0, 1) with nine digits."""
    return Decimal(integer(seed, name, place) % _SPAN).scaleb(-9)


@lru_cache(maxsize=65_536)
def signed(seed: int, name: str, place: int) -> Decimal:
    """A number in [-1, 1) with nine digits."""
    return unit(seed, name, place) * 2 - 1


def wander(seed: int, name: str, scale_s: int, at_s: int) -> Decimal:
    """A continuous path within [-1, 1]: straight lines between one draw every ``scale_s`` seconds."""
    place, offset = divmod(at_s, scale_s)
    label = f"{name}/{scale_s}"
    here = signed(seed, label, place)
    if offset == 0:
        return here
    return here + (signed(seed, label, place + 1) - here) * offset / scale_s
