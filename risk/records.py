"""
What was sent, what came of it and what was lost: the words of the engine over the tables of the store.

Everything here is asked and told inside one transaction. Times are the engine's, which never go back.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Context, Decimal
from typing import TYPE_CHECKING

from dualwitness.models import OrderIntent, Side
from dualwitness.risk.case import UP, Case, positive
from dualwitness.risk.states import MessageKind, OrderFateState
from dualwitness.risk.switchboard import Switchboard

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Counts", "Exposure", "Reservation", "RiskRecords", "parameters_of"]

_ZERO = Decimal(0)
_SHARE = Context(prec=100, rounding=ROUND_UP)
_ONE_MINUTE_MS = 60_000
_KEPT_MS = 10 * _ONE_MINUTE_MS
_RESERVATION = "client_order_id, ts_ms, venue, symbol, strategy, side, notional_usd, filled_usd, state"


@dataclass(frozen=True, slots=True)
class Reservation:
    """An accepted order whose fate is open: it counts toward the limits, and a kill switch must see it cancelled."""

    client_order_id: str
    ts_ms: int
    venue: str
    symbol: str
    strategy: str
    side: Side
    notional_usd: Decimal
    filled_usd: Decimal
    state: str


@dataclass(frozen=True, slots=True)
class Counts:
    """How often, before the order that is being decided."""

    orders_of_symbol: int
    orders_of_venue: int
    messages_of_venue: int
    duplicates: int
    repeats: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What may still be filled of a symbol's orders, and what was filled since a moment."""

    open_long_usd: Decimal
    open_short_usd: Decimal
    reducing_buy_base: Decimal
    reducing_sell_base: Decimal


def parameters_of(intent: OrderIntent) -> str:
    """Everything that two duplicates share, numbers without trailing zeros; the id plays no part."""
    size, price = (_spelled(positive(each)) for each in (intent.size, intent.price))
    words = (intent.venue, intent.symbol, intent.side, intent.order_type, size, price, intent.td_mode)
    return "|".join((*map(str, words), str(intent.reduce_only), intent.strategy or ""))


def _spelled(number: Decimal | None) -> str:
    return "" if number is None else str(number.normalize(UP))


class RiskRecords:
    """The orders, messages and losses of one open transaction; ``board`` holds its switches and clocks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self.board = Switchboard(connection)

    def knows(self, client_order_id: str) -> bool:
        """Whether an order with this id was ever accepted."""
        found = self._sql.execute("SELECT 1 FROM orders WHERE client_order_id = ?", (client_order_id,))
        return found.fetchone() is not None

    def add_message(self, kind: MessageKind, venue: str, symbol: str, ts_ms: int) -> None:
        """Count something told to a venue."""
        row = (ts_ms, venue, symbol, kind.value)
        self._sql.execute("INSERT INTO messages (ts_ms, venue, symbol, kind) VALUES (?, ?, ?, ?)", row)

    def counts(self, intent: OrderIntent, now_ms: int, duplicate_window_ms: int, repeat_window_ms: int) -> Counts:
        """Everything within its window; an event from the future is within every window."""
        minute = self._sql.execute(
            "SELECT count(*), total(kind = 'new'), total(kind = 'new' AND symbol = ?)"
            " FROM messages WHERE venue = ? AND ts_ms > ?",
            (intent.symbol, str(intent.venue), now_ms - _ONE_MINUTE_MS),
        ).fetchone()
        alike = self._sql.execute(
            "SELECT count(*) FROM orders WHERE parameters = ? AND ts_ms > ?",
            (parameters_of(intent), now_ms - duplicate_window_ms),
        ).fetchone()
        repeats = self._sql.execute(
            "SELECT count(*) FROM orders WHERE strategy = ? AND venue = ? AND symbol = ? AND side = ? AND ts_ms > ?"
            " AND number > coalesce((SELECT counts_after FROM latches WHERE strategy = ?), 0)",
            (*_trade(intent), now_ms - repeat_window_ms, intent.strategy or ""),
        ).fetchone()
        return Counts(int(minute[2]), int(minute[1]), minute[0], alike[0], repeats[0])

    def exposure(self, venue: str, symbol: str, seen_ms: int) -> Exposure:
        """What is open of a symbol, and what was filled at or after ``seen_ms``, when the position was asked for."""
        rows = self._sql.execute(
            "SELECT side, reducing, size_base, notional_usd, open, filled_usd, filled_ms FROM orders"
            " WHERE venue = ? AND symbol = ? AND open = 1 UNION ALL"
            " SELECT side, reducing, size_base, notional_usd, open, filled_usd, filled_ms FROM orders"
            " WHERE venue = ? AND symbol = ? AND open = 0 AND filled_ms >= ?",
            (venue, symbol, venue, symbol, max(seen_ms, 0)),
        )
        usd = {Side.LONG: _ZERO, Side.SHORT: _ZERO}
        base = {Side.LONG: _ZERO, Side.SHORT: _ZERO}
        for side, reducing, size, worth, is_open, filled, filled_ms in rows:
            notional, done = Decimal(worth), Decimal(filled)
            counted = max(UP.subtract(notional, done), _ZERO) if is_open else _ZERO
            if filled_ms >= seen_ms:
                counted = UP.add(counted, done)
            if reducing:
                share = _SHARE.divide(UP.multiply(Decimal(size), counted), notional)
                base[Side(side)] = UP.add(base[Side(side)], share)
            else:
                usd[Side(side)] = UP.add(usd[Side(side)], counted)
        return Exposure(usd[Side.LONG], usd[Side.SHORT], base[Side.LONG], base[Side.SHORT])

    def reserve(self, case: Case, usd_per_contract: Decimal | None, ts_ms: int) -> None:
        """Count an accepted order from now on, before it is sent."""
        intent = case.intent
        self._sql.execute(
            "INSERT INTO orders (client_order_id, ts_ms, strategy, venue, symbol, side, parameters, reducing,"
            " size_base, notional_usd, usd_per_contract, state, open, filled_usd, filled_ms)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, '0', -1)",
            (
                intent.client_order_id,
                ts_ms,
                *_trade(intent),
                parameters_of(intent),
                int(case.reducing),
                str(case.size),
                str(case.notional_usd),
                None if usd_per_contract is None else str(usd_per_contract),
                OrderFateState.UNKNOWN.value,
            ),
        )
        self.add_message(MessageKind.NEW, str(intent.venue), intent.symbol, ts_ms)
        # The time of an accepted order was held against the venue's; a clock that ran wild would forget too much.
        self._sql.execute("DELETE FROM messages WHERE venue = ? AND ts_ms < ?", (str(intent.venue), ts_ms - _KEPT_MS))

    def order(self, client_order_id: str) -> tuple[Decimal, Decimal | None, Decimal, int] | None:
        """Notional, US dollars a contract, what is filled in US dollars and when that last grew; None if unknown."""
        row = self._sql.execute(
            "SELECT notional_usd, usd_per_contract, filled_usd, filled_ms FROM orders WHERE client_order_id = ?",
            (client_order_id,),
        ).fetchone()
        if row is None:
            return None
        return Decimal(row[0]), None if row[1] is None else Decimal(row[1]), Decimal(row[2]), row[3]

    def settle(
        self, client_order_id: str, state: OrderFateState, *, is_open: bool, filled_usd: Decimal, filled_ms: int
    ) -> None:
        """Write down what became of an order."""
        self._sql.execute(
            "UPDATE orders SET state = ?, open = ?, filled_usd = ?, filled_ms = ? WHERE client_order_id = ?",
            (state.value, int(is_open), str(filled_usd), filled_ms, client_order_id),
        )

    def open_orders(self) -> tuple[Reservation, ...]:
        """Every accepted order whose fate is open, the oldest first."""
        rows = self._sql.execute(f"SELECT {_RESERVATION} FROM orders WHERE open = 1 ORDER BY number")  # noqa: S608
        return tuple(
            Reservation(own_id, ts_ms, venue, symbol, strategy, Side(side), Decimal(worth), Decimal(filled), state)
            for own_id, ts_ms, venue, symbol, strategy, side, worth, filled, state in rows
        )

    def note_pnl(self, venue: str, day: int, realised_usd: Decimal, unrealised_usd: Decimal, ts_ms: int) -> None:
        """Keep the day's result, and the worst that it ever was."""
        total = UP.add(realised_usd, unrealised_usd)
        row = self._sql.execute("SELECT worst_usd FROM losses WHERE venue = ? AND day = ?", (venue, day)).fetchone()
        worst = total if row is None else min(total, Decimal(row[0]))
        values = (venue, day, str(worst), str(realised_usd), str(unrealised_usd), ts_ms)
        self._sql.execute("INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?, ?, ?)", values)

    def loss(self, venue: str, day: int) -> tuple[Decimal | None, int | None]:
        """
        The worst losses of all venues on this day added up, and when the venue's own was noted.

        What another venue has won is no cover for a loss here. Both None where this venue noted nothing today.
        """
        own = self._sql.execute("SELECT ts_ms FROM losses WHERE venue = ? AND day = ?", (venue, day)).fetchone()
        rows = self._sql.execute("SELECT worst_usd FROM losses WHERE day >= ?", (day,)).fetchall()
        lost = _ZERO
        for (worst,) in rows:
            lost = UP.add(lost, max(Decimal(worst).copy_negate(), _ZERO))
        if own is None:
            return (lost, None) if lost else (None, None)
        return lost, own[0]


def _trade(intent: OrderIntent) -> tuple[str, str, str, str]:
    """What makes one execution the repeat of another."""
    return intent.strategy or "", str(intent.venue), intent.symbol, intent.side.value
