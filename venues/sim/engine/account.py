"""
The account: what it holds and what happened to it. Nothing is decided here, and nothing is spelled.

Every change of cash goes through `Account.book`, so cash is the sum of the bills, always.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from dualwitness.venues.sim.engine.algo import AlgoOrder
from dualwitness.venues.sim.engine.algo_store import AlgoStore
from dualwitness.venues.sim.engine.amounts import ZERO
from dualwitness.venues.sim.engine.bill import TRANSFER_TYPE, Bill
from dualwitness.venues.sim.engine.bill_store import BillStore
from dualwitness.venues.sim.engine.children import children_of
from dualwitness.venues.sim.engine.feed import AlgoChanged, CashChanged, Feed, LegChanged, OrderChanged
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.fill_store import FillStore
from dualwitness.venues.sim.engine.funding_ledger import FundingLedger
from dualwitness.venues.sim.engine.ids import IdSource
from dualwitness.venues.sim.engine.leg import Leg, LegKey
from dualwitness.venues.sim.engine.loans import Loans
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.order_store import OrderStore
from dualwitness.venues.sim.engine.row_memo import RowMemo
from dualwitness.venues.sim.engine.settings import Settings
from dualwitness.venues.sim.engine.timeline import Timeline
from dualwitness.venues.sim.kinds import Clock, MarketView, SimInstrument

__all__ = ["DEFAULT_LEVERAGE", "PENDING_LIMIT", "Account"]

DEFAULT_LEVERAGE = Decimal(3)
# Orders open in all, and of one instrument (okx-v5-facts section 4).
PENDING_LIMIT = (4000, 500)
_UID_DIGITS = 18


class Account:
    """
    One trading account of the embedded venue.

    ``account_level`` is OKX's acctLv ("1" spot, "2" futures, "3" multi-currency, "4" portfolio margin);
    ``position_mode`` is ``net_mode`` or ``long_short_mode``. ``pending_limit`` is how many orders may be open in all
    and of one instrument; ``id_ms`` the moment that ids start from, wall time where venue time may be set back, so
    that no restart hands out an id again. ``version`` grows with every change, for whoever keeps what he has computed.
    Not thread-safe: the venue holds a lock.
    """

    def __init__(
        self,
        instruments: tuple[SimInstrument, ...],
        market: MarketView,
        clock: Clock,
        seed: int,
        *,
        account_level: str = "2",
        position_mode: str = "net_mode",
        pending_limit: tuple[int, int] = PENDING_LIMIT,
        id_ms: int | None = None,
    ) -> None:
        self.table = instruments
        # A pair is listed as SPOT and as MARGIN under one instId; the order's tdMode tells which is meant.
        self.instruments = {one.inst_id: one for one in instruments if one.inst_type != "MARGIN"}
        self.inst_id_of_code = {str(one.inst_id_code): one.inst_id for one in instruments}
        self.margin_pairs = {one.inst_id: one for one in instruments if one.inst_type == "MARGIN"}
        self.market = market
        self.clock = clock
        self.account_level = account_level
        self.position_mode = position_mode
        self.opened_ms = clock.now_ms()
        self.ids = IdSource(seed, self.opened_ms if id_ms is None else id_ms)
        self.pending_limit = pending_limit
        self.version = 0
        self.position_rows = RowMemo()
        self.uid = str(7 * 10 ** (_UID_DIGITS - 1) + seed % 10**9)
        self.cash: dict[str, Decimal] = {}
        self.cash_ms: dict[str, int] = {}
        self.legs: dict[LegKey, Leg] = {}
        self.finished_legs: list[Leg] = []
        self.orders = OrderStore()
        self.algos = AlgoStore()
        self.feed = Feed()
        self.funding = FundingLedger()
        self.fills = FillStore(instruments)
        self.bills = BillStore(instruments, self.fills)
        self.swept_s = -1
        self.timeline = Timeline(self.opened_ms)
        self.settings = Settings()
        self.loans = Loans()
        self._leverage: dict[tuple[str, str, str], Decimal] = {}

    @property
    def hedged(self) -> bool:
        """Whether it is in long/short mode."""
        return self.position_mode == "long_short_mode"

    def open_orders(self) -> Iterator[Order]:
        """Live and partially filled orders, oldest first."""
        return self.orders.open_orders()

    def open_legs(self) -> Iterator[Leg]:
        """Legs that hold contracts."""
        return (leg for leg in self.legs.values() if leg.contracts)

    def leg(self, instrument: SimInstrument, mgn_mode: str, pos_side: str, ts_ms: int) -> Leg:
        """The leg of that key; a flat one with its lasting posId when it never existed."""
        key = (instrument.inst_id, mgn_mode, pos_side, instrument.settle_ccy)
        if key not in self.legs:
            lever = self.leverage(instrument, mgn_mode, pos_side)
            self.legs[key] = Leg(instrument, mgn_mode, pos_side, self.ids.unique(), lever, ts_ms, ts_ms)
        return self.legs[key]

    def held(self, instrument: SimInstrument, mgn_mode: str, pos_side: str) -> Decimal:
        """Signed contracts of a leg, zero where there is none."""
        leg = self.legs.get((instrument.inst_id, mgn_mode, pos_side, instrument.settle_ccy))
        return ZERO if leg is None else leg.contracts

    def leverage(self, instrument: SimInstrument, mgn_mode: str, pos_side: str) -> Decimal:
        """Leverage in force for new contracts."""
        return self._leverage.get(_leverage_key(instrument, mgn_mode, pos_side), DEFAULT_LEVERAGE)

    def keep_leverage(self, instrument: SimInstrument, mgn_mode: str, pos_side: str, lever: Decimal) -> None:
        """Remember the leverage for new contracts."""
        self._leverage[_leverage_key(instrument, mgn_mode, pos_side)] = lever
        self.version += 1

    def book(self, ccy: str, change: Decimal, ts_ms: int) -> Decimal:
        """Change the cash of one currency and give the new amount; the caller writes the bill."""
        self.cash[ccy] = self.cash.get(ccy, ZERO) + change
        self.cash_ms[ccy] = ts_ms
        self.version += 1
        return self.cash[ccy]

    def keep_order(
        self, order: Order, fill: Fill | None = None, *, amend_result: str = "", request_id: str = ""
    ) -> Order:
        """Store an order as it is now and publish it, and what it leaves behind when it ends; gives it back."""
        before = self.orders.get(order.ord_id)
        self.orders.put(order)
        self.version += 1
        self.feed.publish(OrderChanged(order, fill, amend_result, request_id))
        if order.request.attachments and (before is None or before.open):
            for child in children_of(order):
                self.keep_algo(child)
        return order

    def keep_leg(self, leg: Leg, reason: str, fill: Fill | None = None) -> Leg:
        """Store a leg as it is now and publish it; gives it back."""
        self.legs[leg.key] = leg
        self.version += 1
        self.feed.publish(LegChanged(leg, reason, fill))
        return leg

    def keep_algo(self, algo: AlgoOrder) -> AlgoOrder:
        """Store an algo order as it is now and publish it; gives it back."""
        self.algos.put(algo)
        self.version += 1
        self.feed.publish(AlgoChanged(algo))
        return algo

    def write(self, bill: Bill, reason: str) -> None:
        """Store a bill and publish the change of cash that it tells of; ``reason`` as in `feed.LegChanged`."""
        self.bills.append(bill)
        self.version += 1
        self.feed.publish(CashChanged(bill.ccy, reason))

    def deposit(self, ccy: str, quantity: Decimal, ts_ms: int) -> None:
        """Transfer in from outside, with its bill."""
        balance = self.book(ccy, quantity, ts_ms)
        bill_id = self.ids.unique()
        self.write(Bill(bill_id, ccy, TRANSFER_TYPE, "11", quantity, balance, ts_ms, quantity), "transferred")

    def set_position_mode(self, mode: str) -> None:
        """Switch the position mode; positions opened from here on have new posIds (okx-v5-facts section 5)."""
        if mode != self.position_mode:
            self.position_mode = mode
            self.version += 1
            self.legs.clear()

    def switch_level(self, level: str) -> None:
        """Switch the account level; flat positions are forgotten, so those opened anew have new posIds."""
        self.account_level = level
        if level == "4":
            self.position_mode = "net_mode"
        self.version += 1
        for key in [key for key, leg in self.legs.items() if not leg.contracts]:
            del self.legs[key]


def _leverage_key(instrument: SimInstrument, mgn_mode: str, pos_side: str) -> tuple[str, str, str]:
    """What a leverage setting belongs to (okx-v5-facts section 5): cross futures share it by family."""
    if mgn_mode == "cross":
        name = instrument.inst_family if instrument.inst_type == "FUTURES" else instrument.inst_id
        return (name, "cross", "")
    return (instrument.inst_id, mgn_mode, pos_side)
