"""
Chance with random access: a draw is a pure function of the seed and its name, so that time can be asked in any order.

A sequential generator would make the price at noon depend on who asked before noon.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b

__all__ = ["drift", "integer", "noise", "signed", "unit"]

_SPAN = 10**9


def noise(seed: int, name: str, place: int, size: int) -> bytes:
    """``size`` uniform bytes, at most 64."""
    return blake2b(f"{seed}/{name}/{place}".encode(), digest_size=size).digest()


def integer(seed: int, name: str, place: int = 0) -> int:
    """A whole number of 64 bits, uniform."""
    return int.from_bytes(noise(seed, name, place, 8), "big")


def unit(seed: int, name: str, place: int = 0) -> Decimal:
    """A number in [0, 1) with nine digits."""
    return Decimal(integer(seed, name, place) % _SPAN).scaleb(-9)


@lru_cache(maxsize=16_384)
def signed(seed: int, name: str, place: int) -> Decimal:
    """A number in [-1, 1) with nine digits."""
    return unit(seed, name, place) * 2 - 1


@lru_cache(maxsize=65_536)
def _level(seed: int, name: str, place: int) -> int:
    return integer(seed, name, place) % (2 * _SPAN + 1) - _SPAN


def drift(seed: int, name: str, scale_s: int, at_s: int, size: int) -> int:
    """A continuous path of whole numbers within ±``size``: straight lines between a draw every ``scale_s`` seconds."""
    place, offset = divmod(at_s, scale_s)
    label = f"{name}/{scale_s}"
    here = _level(seed, label, place)
    if offset:
        here += (_level(seed, label, place + 1) - here) * offset // scale_s
    return here * size // _SPAN
