"""
What the private channels push: one batch of the engine's events becomes messages, subscriber by subscriber.

Orders and fills are pushed event by event, as they were; positions and balances as they are after the batch, once
each, which is OKX's aggregation over some 50 ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, cast

from dualwitness.venues.sim.engine import PRIVATE_ROUTES, Account
from dualwitness.venues.sim.engine.amounts import exact, plain
from dualwitness.venues.sim.engine.feed import AlgoChanged, CashChanged, Event, LegChanged, OrderChanged
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.ws.messages import Push
from dualwitness.venues.sim.ws.rows_push import algo_push_row, fill_push_row, liquidation_row, order_push_row
from dualwitness.venues.sim.ws.session import Subscription

__all__ = ["Batch", "opening"]

Row = dict[str, object]

# The channel algo-advance has the algo orders that act over time, orders-algo the others.
_ADVANCED: Final = ("iceberg", "move_order_stop", "twap")
# A position whose margin ratio falls below this is warned of.
_WARNING_RATIO: Final = 3
_MOST_IDS: Final = 20
_FORCED: Final = ("adl", "delivery", "full_liquidation", "partial_liquidation")


def opening(account: Account, subscription: Subscription) -> list[Push]:
    """What a private channel pushes at the subscription, and again at each refresh: the present state."""
    name = subscription.channel.name
    if name == "account":
        return [Push(_balance(account, subscription), event_type="snapshot")]
    if name == "positions":
        return [Push(_positions(account, subscription), event_type="snapshot")]
    if name == "balance_and_position":
        legs = list(account.open_legs())
        return [Push([_balance_and_position(account, "snapshot", account.cash, legs, ())])]
    if name == "liquidation-warning":
        endangered = [row for row in _positions(account, subscription) if _endangered(cast(Row, row))]
        return [Push(endangered)] if endangered else []
    return []


class Batch:
    """One batch of events; ``pushes`` gives what one subscription has to hear of it."""

    def __init__(self, account: Account, events: Sequence[Event]) -> None:
        self._account = account
        self._events = events

    @exact
    def pushes(self, subscription: Subscription) -> list[Push]:
        """The messages for one subscription, in the order of the events."""
        name = subscription.channel.name
        if name in ("account", "positions", "balance_and_position"):
            return self._states(subscription)
        rows = [row for event in self._events for row in self._rows(name, event, subscription)]
        return [Push([row]) for row in rows]

    def _rows(self, name: str, event: Event, subscription: Subscription) -> Iterable[Row]:
        account = self._account
        if isinstance(event, OrderChanged) and name in ("orders", "fills"):
            order = event.order
            if not _wanted(subscription, order.instrument, order.inst_type):
                return
            if name == "orders":
                # Orders that the venue forced are seen as fills and positions only (okx-v5-facts section 8).
                if order.category not in _FORCED:
                    yield order_push_row(account, event)
            elif event.fill is not None:
                yield fill_push_row(event.fill)
        elif isinstance(event, AlgoChanged) and name in ("orders-algo", "algo-advance"):
            advanced = event.algo.ord_type in _ADVANCED
            if advanced is (name == "algo-advance") and _wanted(
                subscription, event.algo.instrument, event.algo.inst_type
            ):
                yield algo_push_row(account, event.algo)
        elif isinstance(event, LegChanged) and event.fill is not None and name == "liquidation-orders":
            forced = event.reason == "liquidation"
            if forced and _wanted(subscription, event.leg.instrument, event.fill.inst_type):
                yield liquidation_row(event.fill)

    def _states(self, subscription: Subscription) -> list[Push]:
        name, account = subscription.channel.name, self._account
        if name == "balance_and_position":
            return [Push([row]) for row in self._balances_and_positions()]
        if name == "account":
            # A resting order changes what is frozen, so every event but that of an algo order counts.
            if all(isinstance(event, AlgoChanged) for event in self._events):
                return []
            return [Push(_balance(account, subscription), event_type="event_update")]
        legs = {event.leg.pos_id: event.leg for event in self._events if isinstance(event, LegChanged)}
        wanted = {pos_id: leg for pos_id, leg in legs.items() if _wanted(subscription, leg.instrument, "")}
        if not wanted:
            return []
        rows = _spelled(account, subscription, _rows_of(account, list(wanted.values())))
        return [Push(rows, event_type="event_update")] if rows else []

    def _balances_and_positions(self) -> list[Row]:
        reasons: dict[str, tuple[dict[str, None], dict[str, Leg], list[Row]]] = {}
        for event in self._events:
            if isinstance(event, CashChanged):
                reasons.setdefault(event.reason, ({}, {}, []))[0][event.ccy] = None
            elif isinstance(event, LegChanged):
                _, legs, trades = reasons.setdefault(event.reason, ({}, {}, []))
                legs[event.leg.pos_id] = event.leg
                if event.fill is not None:
                    trades.append({"instId": event.fill.instrument.inst_id, "tradeId": event.fill.trade_id})
        return [
            _balance_and_position(self._account, reason, currencies, list(legs.values()), trades)
            for reason, (currencies, legs, trades) in reasons.items()
        ]


def _wanted(subscription: Subscription, instrument: SimInstrument, inst_type: str) -> bool:
    kind = inst_type or instrument.inst_type
    return (
        subscription.named("instType") in ("", "ANY", kind)
        and subscription.named("instId") in ("", instrument.inst_id)
        and subscription.named("instFamily") in ("", instrument.inst_family)
        and subscription.named("uly") in ("", instrument.uly)
    )


def _asked(account: Account, path: str, params: Mapping[str, str]) -> list[Row]:
    return PRIVATE_ROUTES["GET", f"/api/v5/account/{path}"](account, params)


def _balance(account: Account, subscription: Subscription) -> list[object]:
    ccy = subscription.named("ccy")
    return list(_asked(account, "balance", {"ccy": ccy} if ccy else {}))


def _positions(account: Account, subscription: Subscription) -> list[object]:
    return _spelled(account, subscription, _asked(account, "positions", {}))


def _spelled(account: Account, subscription: Subscription, rows: Iterable[Row]) -> list[object]:
    """Rows of account/positions with the time of the push, those that the subscription wants."""
    now_ms = str(account.clock.now_ms())
    return [
        dict(sorted({**row, "pTime": now_ms}.items()))
        for row in rows
        if _wanted(subscription, account.instruments[str(row["instId"])], str(row["instType"]))
    ]


def _endangered(row: Row) -> bool:
    ratio = str(row.get("mgnRatio", ""))
    return bool(ratio) and Decimal(ratio) < _WARNING_RATIO


def _balance_and_position(
    account: Account, reason: str, currencies: Iterable[str], legs: Sequence[Leg], trades: Sequence[Row]
) -> Row:
    now_ms = str(account.clock.now_ms())
    rows = {str(row["posId"]): row for row in _rows_of(account, legs)}
    return {
        "balData": [
            {"cashBal": plain(account.cash[ccy]), "ccy": ccy, "uTime": str(account.cash_ms.get(ccy, account.opened_ms))}
            for ccy in currencies
            if ccy in account.cash
        ],
        "eventType": reason,
        "pTime": now_ms,
        "posData": [_position_data(rows[leg.pos_id]) for leg in legs if leg.pos_id in rows],
        "trades": list(trades),
    }


def _rows_of(account: Account, legs: Sequence[Leg]) -> list[Row]:
    """The legs as account/positions spells them, closed ones too; it takes so many ids and no more."""
    ids = [leg.pos_id for leg in legs]
    parts = [ids[place : place + _MOST_IDS] for place in range(0, len(ids), _MOST_IDS)]
    return [row for part in parts for row in _asked(account, "positions", {"posId": ",".join(part)})]


def _position_data(row: Row) -> Row:
    names = (
        *("avgPx", "ccy", "instId", "instType", "mgnMode", "nonSettleAvgPx", "pos", "posCcy", "posId", "posSide"),
        *("settledPnl", "tradeId", "uTime"),
    )
    return {name: row.get(name, "") for name in names}
