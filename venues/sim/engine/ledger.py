"""
An append-only ledger: fills and bills by the million, found by page without walking over them.

Records are packed, ids and times lie in plain arrays, and each label (instId=…, ccy=…) knows the numbers of its
records. Ids grow with the number of the record; so do times, unless the clock was turned back.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from dualwitness.venues.sim.engine.packing import Packer
from dualwitness.venues.sim.engine.paging import PageAsk
from dualwitness.venues.sim.engine.sorted_numbers import Choice, common_numbers

__all__ = ["Ledger", "Stamp"]

T = TypeVar("T")


class Stamp(NamedTuple):
    """What a record is found by."""

    record_id: int
    ts_ms: int
    labels: tuple[tuple[str, str], ...]


class Ledger(Generic[T]):
    """Records in the order of their ids, newest last."""

    def __init__(self, packer: Packer[T], stamp: Callable[[T], Stamp]) -> None:
        self._packer = packer
        self._stamp = stamp
        self._records: list[str] = []
        self._ids = array("q")
        self._times = array("q")
        self._labels: dict[tuple[str, str], array[int]] = {}
        self._times_grow = True

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[T]:
        """Every record, oldest first."""
        return (self._packer.unpack(record) for record in self._records)

    def __getitem__(self, number: int) -> T:
        return self._packer.unpack(self._records[number])

    def append(self, one: T) -> None:
        """Keep one record; an id taken earlier than the last one written is put in its place."""
        late: list[T] = []
        record_id = self._stamp(one).record_id
        while self._ids and self._ids[-1] > record_id:
            late.append(self._taken_back())
        for each in (one, *reversed(late)):
            self._add(each)

    def extend(self, many: Iterable[T]) -> None:
        """Keep many records, in the order of their ids."""
        for one in many:
            self.append(one)

    def with_id(self, record_id: str) -> T:
        """The record of that id; raises KeyError."""
        number = bisect_left(self._ids, int(record_id))
        if number == len(self._ids) or self._ids[number] != int(record_id):
            raise KeyError(record_id)
        return self[number]

    def page(
        self, ask: PageAsk, filters: Mapping[str, str], since_ms: int, also: Sequence[int] | None = None
    ) -> list[T]:
        """One page of the records since a moment with every label of ``filters``, and numbered in ``also``."""
        choices: list[Choice] = [(self._labels.get(label, ()),) for label in filters.items()]
        if also is not None:
            choices.append((also,))
        low, high = self._between(ask, since_ms)
        if not self._times_grow:
            choices.append((self._in_time(ask, since_ms),))
        numbers = common_numbers(choices, low, high, ask.size, oldest_first=ask.oldest_first)
        return [self[number] for number in numbers]

    def _between(self, ask: PageAsk, since_ms: int) -> tuple[int, int]:
        low, high = 0, len(self._ids)
        if self._times_grow:
            low = bisect_left(self._times, max(since_ms, ask.begin or 0))
            high = high if ask.end is None else bisect_right(self._times, ask.end)
        if ask.before is not None:
            low = max(low, bisect_right(self._ids, ask.before))
        if ask.after is not None:
            high = min(high, bisect_left(self._ids, ask.after))
        return low, high

    def _in_time(self, ask: PageAsk, since_ms: int) -> list[int]:
        first = max(since_ms, ask.begin or 0)
        return [n for n, ts in enumerate(self._times) if ts >= first and (ask.end is None or ts <= ask.end)]

    def _add(self, one: T) -> None:
        stamp, number = self._stamp(one), len(self._records)
        if self._times and stamp.ts_ms < self._times[-1]:
            self._times_grow = False
        self._records.append(self._packer.pack(one))
        self._ids.append(stamp.record_id)
        self._times.append(stamp.ts_ms)
        for label in stamp.labels:
            numbers = self._labels.get(label)
            if numbers is None:
                numbers = self._labels[label] = array("I")
            numbers.append(number)

    def _taken_back(self) -> T:
        """Remove the newest record."""
        one = self._packer.unpack(self._records.pop())
        self._ids.pop()
        self._times.pop()
        for label in self._stamp(one).labels:
            self._labels[label].pop()
        return one
