"""
In which order fills happened: by venue time, and within a millisecond by what proves it.

Bill ids prove it, where each fill of the millisecond has one that is a number (the venue counts its books upwards);
else trade ids do, where each is a number above zero (an instrument's matches are counted upwards; those of
liquidations are negative, okx-v5-facts section 8). Otherwise nothing does, and `unproven_runs` says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count, islice, pairwise
from operator import eq

from dualwitness.models.fold_line import FillLine

__all__ = ["NO_TRADE", "in_time", "moments", "same_moment_runs", "unproven_runs"]

# What the venue writes where a fill has no trade id.
NO_TRADE = frozenset({"", "0", None})
_INTEGER = re.compile(r"-?[0-9]{1,40}")
# simulated-17: a paper venue counts its fills under a name.
_NAMED = re.compile(r"(.*[^-0-9].*)-([0-9]{1,40})")


def moments(lines: Iterable[FillLine]) -> list[int]:
    """The times of lines; 0 where there is none."""
    return [line.ts_venue_ms or 0 for line in lines]


def in_time(lines: Iterable[FillLine]) -> list[FillLine]:
    """The lines of one instrument in the order of their times; those without one come first."""
    found = sorted(lines, key=lambda line: line.ts_venue_ms or 0)
    for begin, end in same_moment_runs(moments(found)):
        run = found[begin:end]
        by_bill = all(_counted(line.bill_id) is not None for line in run)
        found[begin:end] = sorted(run, key=_by_bill if by_bill else _by_trade)
    return found


def same_moment_runs(times: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Where two or more neighbours have the same time: begin and end (exclusive)."""
    begin = end = -1
    for place in compress(count(1), map(eq, times, islice(times, 1, None))):
        if place != end:
            if end >= 0:
                yield begin, end
            begin = place - 1
        end = place + 1
    if end >= 0:
        yield begin, end


def unproven_runs(lines: Sequence[FillLine]) -> list[tuple[int, int]]:
    """Of lines in time, the runs of one millisecond whose order nothing proves."""
    return [run for run in same_moment_runs(moments(lines)) if not _proven(lines[run[0] : run[1]])]


def _proven(lines: Sequence[FillLine]) -> bool:
    """Whether numbers rise all along, whatever put the lines in that order."""
    bills = [_counted(line.bill_id) for line in lines]
    trades = [_counted(line.trade_id) for line in lines]
    return _rising(bills, at_least=0) or _rising(trades, at_least=1)


def _rising(ids: list[tuple[str, int] | None], *, at_least: int) -> bool:
    known = [each for each in ids if each is not None and each[1] >= at_least]
    one_name = len({name for name, _ in known}) == 1
    return len(known) == len(ids) and one_name and all(one < other for one, other in pairwise(known))


def _counted(identifier: str | None) -> tuple[str, int] | None:
    """Name and number of an id that is a number, or a name, a hyphen and a number; else None."""
    if not identifier:
        return None
    if _INTEGER.fullmatch(identifier):
        return "", int(identifier)
    found = _NAMED.fullmatch(identifier)
    return None if found is None else (found[1], int(found[2]))


def _by_bill(line: FillLine) -> tuple[tuple[int, str, int, str], ...]:
    return _rank(line.bill_id), _rank(line.trade_id), _rest(line)


def _by_trade(line: FillLine) -> tuple[tuple[int, str, int, str], ...]:
    return _rank(line.trade_id), _rank(line.bill_id), _rest(line)


def _rest(line: FillLine) -> tuple[int, str, int, str]:
    """One and the same order for every order of arrival; it proves nothing."""
    return 3, "", 0, f"{line.venue_order_id} {line.side} {line.position_side} {line.price} {line.contracts} {line.fee}"


def _rank(identifier: str | None) -> tuple[int, str, int, str]:
    """Numbers by value, then other texts, then nothing."""
    if not identifier:
        return 2, "", 0, ""
    counted = _counted(identifier)
    return (1, "", 0, identifier) if counted is None else (0, *counted, identifier)
