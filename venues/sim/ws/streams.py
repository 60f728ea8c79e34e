"""
What a market channel pushes, subscriber by subscriber: rows of the REST endpoints, whenever venue time brings new ones.

A stream remembers what its subscriber has seen, so every book is followed by exactly the changes that lead to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, cast

from dualwitness.venues.sim.ws.messages import Push

__all__ = ["BookStream", "CandleStream", "RowStream", "SnapshotBookStream", "Stream", "TradeStream"]

Row = Mapping[str, object]
Fetch = Callable[[], Sequence[object]]
Levels = list[list[str]]

# An untouched book repeats its number this often (okx-v5-facts section 13).
_IDLE_BOOK_MS = 60_000


class Stream(Protocol):
    """What is pushed at the subscription and afterwards; times are milliseconds of venue time."""

    def opening(self, now_ms: int) -> list[Push]:
        """At the subscription; raises `Refusal` where there is nothing to subscribe to."""
        ...

    def due(self, now_ms: int) -> list[Push]:
        """Whatever is new; asked once a second of venue time."""
        ...


class RowStream:
    """Rows of one endpoint every ``period_ms`` where they have changed; ``quiet`` ones say nothing at first."""

    def __init__(self, fetch: Fetch, period_ms: int, *, quiet: bool = False) -> None:
        self._fetch = fetch
        self._period_ms = period_ms
        self._quiet = quiet
        self._pushed_ms = 0
        self._rows: Sequence[object] = ()

    def opening(self, now_ms: int) -> list[Push]:
        """The present rows."""
        self._pushed_ms, self._rows = now_ms, self._fetch()
        return [] if self._quiet or not self._rows else [Push(list(self._rows))]

    def due(self, now_ms: int) -> list[Push]:
        """The rows, once the period is over."""
        if now_ms - self._pushed_ms < self._period_ms:
            return []
        self._pushed_ms, before = now_ms, self._rows
        self._rows = self._fetch()
        return [Push(list(self._rows))] if self._rows and self._rows != before else []


class BookStream:
    """The channel ``books``: one snapshot, then changes, chained by seqId and prevSeqId."""

    def __init__(self, fetch: Callable[[], Row]) -> None:
        self._fetch = fetch
        self._row: Row = {}
        self._pushed_ms = 0

    def opening(self, now_ms: int) -> list[Push]:
        """The whole book; nothing came before it, so prevSeqId is -1."""
        self._row, self._pushed_ms = self._fetch(), now_ms
        return [self._push("snapshot", self._row, self._row, before=-1)]

    def due(self, now_ms: int) -> list[Push]:
        """The levels that have changed; a level that is gone has size 0."""
        row = self._fetch()
        changes = {side: _changes(_levels(self._row, side), _levels(row, side)) for side in ("asks", "bids")}
        if not any(changes.values()):
            if now_ms - self._pushed_ms < _IDLE_BOOK_MS:
                return []
            row = self._row
        before, self._row, self._pushed_ms = self._row["seqId"], row, now_ms
        return [self._push("update", changes, row, before=cast(int, before))]

    @staticmethod
    def _push(action: str, sides: Row, row: Row, *, before: int) -> Push:
        # OKX has let the checksum lapse on 23 June 2026: it is 0 for everybody (okx-v5-facts section 13).
        order = {"asks": sides["asks"], "bids": sides["bids"], "ts": row["ts"], "checksum": 0}
        return Push([{**order, "seqId": row["seqId"], "prevSeqId": before}], action=action)


def _levels(row: Row, side: str) -> Levels:
    return cast(Levels, row[side])


def _changes(before: Levels, after: Levels) -> Levels:
    """What leads from one side of the book to the next, in the order of the book."""
    old = {level[0]: level for level in before}
    kept = {level[0] for level in after}
    gone = [[price, "0", "0", "0"] for price in old if price not in kept]
    return [level for level in after if old.get(level[0]) != level] + gone


class SnapshotBookStream:
    """``books5`` and ``bbo-tbt``: the best levels, whole each time they have changed."""

    def __init__(self, fetch: Callable[[], Row], inst_id: str) -> None:
        self._fetch = fetch
        self._inst_id = inst_id
        self._seen: object = None

    def opening(self, now_ms: int) -> list[Push]:
        """The present levels."""
        return self.due(now_ms)

    def due(self, now_ms: int) -> list[Push]:
        """The levels, where they have changed."""
        row = self._fetch()
        seen = (row["asks"], row["bids"])
        if seen == self._seen:
            return []
        self._seen = seen
        named = {"instId": self._inst_id} if self._inst_id else {}
        return [Push([{"asks": row["asks"], "bids": row["bids"], **named, "ts": row["ts"], "seqId": row["seqId"]}])]


class TradeStream:
    """``trades`` and ``trades-all``: the newest public trade at once, afterwards every later one, oldest first."""

    def __init__(self, fetch: Fetch, sequence: Callable[[], object], *, aggregated: bool) -> None:
        self._fetch = fetch
        self._sequence = sequence
        self._aggregated = aggregated
        self._newest = -1

    def opening(self, now_ms: int) -> list[Push]:
        """The newest trade."""
        rows = cast(Sequence[Row], self._fetch())[:1]
        self._newest = max((_trade_id(row) for row in rows), default=-1)
        return [Push([self._spelled(row)]) for row in rows]

    def due(self, now_ms: int) -> list[Push]:
        """The trades since."""
        rows = [row for row in cast(Sequence[Row], self._fetch()) if _trade_id(row) > self._newest]
        rows.sort(key=_trade_id)
        if rows:
            self._newest = _trade_id(rows[-1])
        return [Push([self._spelled(row)]) for row in rows]

    def _spelled(self, row: Row) -> dict[str, object]:
        names = ("instId", "tradeId", "px", "sz", "side", "ts")
        spelled: dict[str, object] = {name: row[name] for name in names}
        if self._aggregated:
            # Each trade took one order: nothing is aggregated in this market.
            return spelled | {"count": "1", "source": row.get("source", "0"), "seqId": self._sequence()}
        return spelled | {"source": row.get("source", "0")}


def _trade_id(row: Row) -> int:
    return int(str(row["tradeId"]))


class CandleStream:
    """Candles: the running bar whenever it has changed, and once more, confirmed, when it is over."""

    def __init__(self, fetch: Fetch) -> None:
        # Newest first, at least the running bar and the one before it.
        self._fetch = fetch
        self._bar: list[str] = []

    def opening(self, now_ms: int) -> list[Push]:
        """The running bar."""
        rows = cast(Sequence[list[str]], self._fetch())
        self._bar = list(rows[0]) if rows else []
        return [Push([self._bar])] if rows else []

    def due(self, now_ms: int) -> list[Push]:
        """The bars that have changed, oldest first."""
        rows = [list(row) for row in cast(Sequence[list[str]], self._fetch())]
        known = int(self._bar[0]) if self._bar else 0
        changed = [row for row in reversed(rows) if int(row[0]) >= known and row != self._bar]
        if changed:
            self._bar = changed[-1]
        return [Push([row]) for row in changed]
