"""Intersecting sorted lists of numbers from one end, so that a page costs as much as it shows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

__all__ = ["Choice", "common_numbers"]

# Sorted lists of which a number must be in any one.
Choice = Sequence[Sequence[int]]


def common_numbers(
    choices: Sequence[Choice], low: int, high: int, size: int, *, oldest_first: bool = False
) -> list[int]:
    """
    Up to ``size`` numbers from ``low`` up to but not including ``high`` that every choice has; largest first.

    Those nearest to ``high``, or with ``oldest_first`` those nearest to ``low``.
    """
    found: list[int] = []
    number: int | None = low if oldest_first else high - 1
    while number is not None and low <= number < high and len(found) < size:
        agreed: int | None = number
        for choice in choices:
            agreed = _at_or_above(choice, number) if oldest_first else _at_or_below(choice, number)
            if agreed != number:
                break
        if agreed == number:
            found.append(number)
            agreed = number + 1 if oldest_first else number - 1
        number = agreed
    return found[::-1] if oldest_first else found


def _at_or_below(choice: Choice, number: int) -> int | None:
    best: int | None = None
    for numbers in choice:
        place = bisect_right(numbers, number)
        if place and (best is None or numbers[place - 1] > best):
            best = numbers[place - 1]
    return best


def _at_or_above(choice: Choice, number: int) -> int | None:
    best: int | None = None
    for numbers in choice:
        place = bisect_left(numbers, number)
        if place < len(numbers) and (best is None or numbers[place] < best):
            best = numbers[place]
    return best
