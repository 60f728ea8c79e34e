"""The stage a scenario is played on: orders, fills and cancels at given prices and past times."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ticked
from dualwitness.venues.sim.engine.execution import execute
from dualwitness.venues.sim.engine.margin_pairs import as_traded
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.engine.trading import cancel, new_order
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["Stage"]

# The last event must stay younger than the two hours a canceled order is listed for.
_START_BEFORE_NOW_MS = 90 * 60_000
# Steps between events, used in turn: 80 events take 57 minutes.
_STEPS_MS = (61_007, 7, 83_011, 13, 71_003, 41_009)
# OKX's record time of a fill is a millisecond after the match (recorded: fillTime …027, ts …028).
_RECORD_DELAY_MS = 1


class Stage:
    """Plays events on an account, each later than the one before; prices are basis points off the mark price."""

    def __init__(self, account: Account, start_ms: int | None = None) -> None:
        self.account = account
        self._curtain_ms = account.clock.now_ms() - _START_BEFORE_NOW_MS
        self._now_ms = self._curtain_ms if start_ms is None else start_ms
        self._events = 0
        self._orders = 0

    def tick(self) -> int:
        """The time of the next event, in milliseconds."""
        self._now_ms += _STEPS_MS[self._events % len(_STEPS_MS)]
        self._events += 1
        return self._now_ms

    def wait_until(self, ms: int) -> None:
        """Let time pass until ``ms``; the next event is later."""
        self._now_ms = max(self._now_ms, ms)

    def wait_for_curtain(self) -> None:
        """Let time pass until the last ninety minutes begin, in which scenarios play."""
        self.wait_until(self._curtain_ms)

    def leverage(self, inst_id: str, mgn_mode: str, pos_side: str, lever: str) -> None:
        """Set the leverage of new contracts."""
        self.account.keep_leverage(self.account.instruments[inst_id], mgn_mode, pos_side, Decimal(lever))

    def order(
        self,
        inst_id: str,
        side: str,
        sz: str,
        px_bps: int | None,
        *,
        ord_type: str = "",
        pos_side: str = "",
        td_mode: str = "",
        ccy: str = "",
        reduce_only: bool = False,
    ) -> Order:
        """Register an order; ``px_bps`` None makes it a market order. Every second one carries a client id."""
        instrument = self.account.instruments[inst_id]
        self._orders += 1
        market = px_bps is None
        request = OrderRequest(
            instrument=instrument,
            td_mode=td_mode or self._default_mode(instrument),
            side=side,
            pos_side=pos_side,
            ord_type=ord_type or ("market" if market else "limit"),
            sz=Decimal(sz),
            px=None if px_bps is None else self._price(instrument, px_bps),
            tgt_ccy="base_ccy" if market and instrument.is_spot else "",
            ccy=ccy,
            cl_ord_id=f"scenario{self._orders:04d}" if self._orders % 2 else "",
            tag="",
            reduce_only=reduce_only,
            stp_mode="cancel_maker",
        )
        return new_order(self.account, as_traded(self.account, request), self.tick())

    def fill(self, order: Order, sz: str, px_bps: int, *, maker: bool = False) -> Order:
        """Execute ``sz`` of an order."""
        size, fill_ms = Decimal(sz), self.tick()
        return execute(
            self.account,
            order,
            self._price(order.instrument, px_bps),
            size,
            maker=maker,
            complete=order.filled + size == order.request.sz,
            fill_ms=fill_ms,
            ts_ms=fill_ms + _RECORD_DELAY_MS,
        )

    def cancel(self, order: Order) -> Order:
        """Cancel an order."""
        return cancel(self.account, order, self.tick())

    def _default_mode(self, instrument: SimInstrument) -> str:
        """Pairs are bought for cash but in multi-currency mode, which knows no such tdMode (okx-v5-facts section 5)."""
        return "cash" if instrument.is_spot and self.account.account_level != "3" else "cross"

    def _price(self, instrument: SimInstrument, px_bps: int) -> Decimal:
        mark = self.account.market.mark(instrument.inst_id)
        return ticked(mark * (10_000 + px_bps) / 10_000, instrument.tick_sz)
