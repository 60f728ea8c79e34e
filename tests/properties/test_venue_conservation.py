"""Nothing is won or lost in the books of the embedded venue: random order streams in every mode and contract type."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dualwitness.venues.sim.engine import Account
from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.engine.amounts import CONTEXT, ZERO, money
from dualwitness.venues.sim.engine.balances import currencies, currency_state
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.hold_sums import HoldGroup, group_of
from dualwitness.venues.sim.engine.holds import held_by_orders
from dualwitness.venues.sim.engine.order import order_average
from dualwitness.venues.sim.engine.paging import page
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import Refusal
from tests.support.engine_desk import START_MS, Desk, HandClock, HandMarket, instrument

_OPTION = next(one.inst_id for one in INSTRUMENTS if one.inst_type == "OPTION" and one.base_ccy == "BTC")
_FUTURE = next(one.inst_id for one in INSTRUMENTS if one.inst_type == "FUTURES" and one.inst_id.startswith("BTC-USDT"))
_TRADED = ("BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "ETH-USD-SWAP", "BTC-USD-SWAP", _FUTURE, _OPTION)
_ORDER_TYPES = ("limit", "limit", "limit", "market", "post_only", "fok", "ioc", "optimal_limit_ioc")
_MODES = (
    *(("2", "net_mode"), ("2", "long_short_mode"), ("3", "net_mode")) * 2,
    ("1", "net_mode"),
)
_SELF_TRADE = ("", "cancel_maker", "cancel_taker", "cancel_both")
# What rounding to sixteen decimals may leave, in dollars.
_DUST = Decimal("1E-9")


class OneMarket(HandMarket):
    """A hand market where everything of one coin has one price, so that no trade is won by valuing it differently."""

    def coin(self, base: str) -> Decimal:
        return self.marks.get(base, HandMarket.mark(HandMarket(), f"{base}-USDT"))

    def at(self, ms: int) -> OneMarket:
        return self

    def mark(self, inst_id: str) -> Decimal:
        one = instrument(inst_id)
        return HandMarket.mark(HandMarket(), inst_id) if one.inst_type == "OPTION" else self.coin(inst_id[:3])

    def index(self, inst_id: str) -> Decimal:
        return self.coin(inst_id[:3])

    def usd(self, ccy: str) -> Decimal:
        return self.coin(ccy) if ccy in ("BTC", "ETH") else Decimal(1)


def worth(account: Account) -> Decimal:
    """The whole account in dollars at the marks of the moment."""
    states = [currency_state(account, ccy) for ccy in currencies(account)]
    return sum((state.equity * account.market.usd(state.ccy) for state in states), ZERO)


def fee_of(fill: Fill, rates: dict[tuple[str, bool], Decimal]) -> Decimal:
    """Rate × notional by the words of OKX's fee page, written apart from the engine."""
    one, rate = fill.instrument, rates[fill.inst_type, fill.maker]
    if one.is_spot:
        return rate * (fill.sz if fill.side == "buy" else fill.sz * fill.px)
    amount = fill.sz * one.contract_size
    if one.inst_type == "OPTION":
        # On the size of the underlying, at most an eighth of the premium.
        return max(rate * amount, -amount * fill.px / 8)
    return rate * (amount / fill.px if one.inverse else amount * fill.px)


class Books(RuleBasedStateMachine):
    """One account; after every step its books are added up again from nothing."""

    desk: Desk
    rates: dict[tuple[str, bool], Decimal]

    @initialize(mode=st.sampled_from(_MODES))
    def open(self, mode: tuple[str, str]) -> None:
        """A funded account."""
        clock, market = HandClock(), OneMarket()
        account = Account(INSTRUMENTS, market, clock, 0, account_level=mode[0], position_mode=mode[1])
        for ccy, quantity in (("USDT", 200_000), ("BTC", 4), ("ETH", 80)):
            account.deposit(ccy, Decimal(quantity), START_MS - 1000)
        self.desk = Desk(account, market, clock)
        kinds = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
        rows = {kind: self.desk.get("account/trade-fee", instType=kind)[0] for kind in kinds}
        self.rates = {
            (kind, maker): Decimal(row["maker" if maker else "taker"])
            for kind, row in rows.items()
            for maker in (True, False)
        }

    def act(self, path: str, **params: str) -> dict[str, Any]:
        """One request; at constant prices it never makes the account richer."""
        before = worth(self.desk.account)
        row = self.desk.post(path, **params)
        assert worth(self.desk.account) <= before + _DUST, (path, params)
        return row

    @rule(
        inst_id=st.sampled_from(_TRADED),
        side=st.sampled_from(("buy", "sell")),
        lots=st.integers(1, 400),
        ticks=st.integers(-12, 12),
        ord_type=st.sampled_from(_ORDER_TYPES),
        mode=st.sampled_from(("cross", "cross", "isolated")),
        lends=st.booleans(),
        pos_side=st.sampled_from(("long", "short")),
        reduce_only=st.sampled_from((False, False, False, False, True)),
        stp_mode=st.sampled_from(_SELF_TRADE),
        counted_in=st.sampled_from(("", "base_ccy", "quote_ccy")),
    )
    def place(
        self,
        inst_id: str,
        side: str,
        lots: int,
        ticks: int,
        ord_type: str,
        mode: str,
        lends: bool,
        pos_side: str,
        reduce_only: bool,
        stp_mode: str,
        counted_in: str,
    ) -> None:
        """Any order, legal or not."""
        one, account = instrument(inst_id), self.desk.account
        market_order = ord_type == "market"
        size = lots * max(one.lot_sz, one.min_sz) * (200 if one.is_spot else 1)
        if one.is_spot:
            if account.account_level == "1" or (account.account_level == "2" and not lends):
                mode = "cash"
            elif account.account_level == "3":
                mode = "cross"
            if market_order and counted_in != "base_ccy" and (counted_in or side == "buy"):
                size = Decimal(lots * 100)
        px = "" if market_order else str(account.market.mark(inst_id) + ticks * one.tick_sz)
        two_sided = account.hedged and one.inst_type in ("SWAP", "FUTURES")
        self.act(
            "trade/order",
            instId=inst_id,
            side=side,
            sz=format(size, "f"),
            px=px,
            ordType=ord_type,
            tdMode=mode,
            posSide=pos_side if two_sided else "",
            reduceOnly="true" if reduce_only and not one.is_spot and not two_sided else "",
            stpMode=stp_mode,
            tgtCcy=counted_in if market_order and one.is_spot else "",
            ccy="USDT" if one.is_spot and mode != "cash" else "",
        )

    def pick(self, number: int) -> dict[str, Any]:
        """One of the open orders."""
        rows = self.desk.get("trade/orders-pending")
        return rows[number % len(rows)]

    @precondition(lambda self: self.desk.account.orders.open_count)
    @rule(number=st.integers(0, 99))
    def cancel(self, number: int) -> None:
        """An order that rests."""
        row = self.pick(number)
        assert self.act("trade/cancel-order", instId=row["instId"], ordId=row["ordId"])["sCode"] == "0"

    @precondition(lambda self: self.desk.account.orders.open_count)
    @rule(number=st.integers(0, 99), lots=st.integers(-200, 200), ticks=st.integers(-12, 12), fails=st.booleans())
    def amend(self, number: int, lots: int, ticks: int, fails: bool) -> None:
        """Its size, its price, or both."""
        row = self.pick(number)
        one = instrument(row["instId"])
        size, px = Decimal(row["sz"]) + lots * one.lot_sz, Decimal(row["px"]) + ticks * one.tick_sz
        self.act(
            "trade/amend-order",
            instId=one.inst_id,
            ordId=row["ordId"],
            newSz=format(size, "f") if lots else "",
            newPx=format(px, "f") if ticks or not lots else "",
            cxlOnFail="true" if fails else "",
        )

    @precondition(lambda self: self.desk.account.account_level != "1")
    @rule(inst_id=st.sampled_from(_TRADED[2:5]), mode=st.sampled_from(("cross", "isolated")), lever=st.integers(1, 5))
    def set_leverage(self, inst_id: str, mode: str, lever: int) -> None:
        """Of either margin mode; where it is refused nothing may have changed."""
        before = worth(self.desk.account)
        sided = {"posSide": "long"} if self.desk.account.hedged and mode == "isolated" else {}
        with suppress(Refusal):
            self.desk.post("account/set-leverage", instId=inst_id, mgnMode=mode, lever=str(lever), **sided)
        assert abs(worth(self.desk.account) - before) <= _DUST

    @rule(base=st.sampled_from(("BTC", "ETH")), bps=st.integers(-150, 150), seconds=st.integers(1, 5))
    def move(self, base: str, bps: int, seconds: int) -> None:
        """The market moves within a tenth of where it began, and what it reaches fills: never to our advantage."""
        market, start = self.desk.market, HandMarket().mark(f"{base}-USDT")
        assert isinstance(market, OneMarket)
        moved = (market.coin(base) * (10_000 + bps) / 10_000).to_integral_value()
        market.marks[base] = min(max(moved, start * 9 / 10), start * 11 / 10)
        self.desk.clock.ms += seconds * 1000
        before = worth(self.desk.account)
        advance(self.desk.account)
        assert worth(self.desk.account) <= before + _DUST

    @rule(
        limit=st.integers(1, 5),
        inst_id=st.sampled_from(("", *_TRADED)),
        cursor=st.sampled_from(("", "after", "before")),
        number=st.integers(0, 500),
    )
    def ask(self, limit: int, inst_id: str, cursor: str, number: int) -> None:
        """A page of fills, and one of open orders, is that of a walk over all of them."""
        account = self.desk.account
        params = {"limit": str(limit), "instId": inst_id}
        fills = [fill for fill in account.fills if inst_id in ("", fill.instrument.inst_id)]
        if cursor and fills:
            params[cursor] = fills[number % len(fills)].bill_id
        expected = page(fills, params, cursor=lambda one: int(one.bill_id), time_ms=lambda one: one.ts_ms)
        rows = self.desk.get("trade/fills", **params)
        assert [row["billId"] for row in rows] == [one.bill_id for one in expected]
        orders = [order for order in account.orders if order.open and inst_id in ("", order.instrument.inst_id)]
        rows = self.desk.get("trade/orders-pending", limit=str(limit), instId=inst_id)
        assert [row["ordId"] for row in rows] == [order.ord_id for order in orders[::-1][:limit]]

    @invariant()
    def fills_sum_to_positions_and_orders(self) -> None:
        """Signed sizes by instrument, mode and side; filled size, average price and fee by order."""
        account = self.desk.account
        positions: dict[tuple[str, str, str], Decimal] = {}
        by_order: dict[str, list[Fill]] = {}
        for fill in account.fills:
            by_order.setdefault(fill.ord_id, []).append(fill)
            order = account.orders.get(fill.ord_id)
            assert order is not None
            if not fill.instrument.is_spot:
                key = (fill.instrument.inst_id, order.request.td_mode, fill.pos_side)
                positions[key] = positions.get(key, ZERO) + (fill.sz if fill.side == "buy" else -fill.sz)
        held = {leg.key[:3]: leg.contracts for leg in account.open_legs() if not leg.instrument.is_spot}
        assert {key: size for key, size in positions.items() if size} == held
        for order in account.orders:
            fills = by_order.get(order.ord_id, [])
            filled = sum((fill.sz for fill in fills), ZERO)
            assert (order.filled, order.fee) == (filled, sum((fill.fee for fill in fills), ZERO))
            assert order.request.sized_in_quote or filled <= order.request.sz
            average = order_average(order)
            if average is None:
                assert not fills
                continue
            inverse = order.instrument.inverse
            values = [fill.sz / fill.px if inverse else fill.sz * fill.px for fill in fills]
            value = CONTEXT.divide(filled, sum(values, ZERO)) if inverse else sum(values, ZERO) / filled
            assert abs(average - value) < _DUST

    @invariant()
    def bills_sum_to_cash_and_fees_are_rate_times_notional(self) -> None:
        """Every bill's balance is the running sum of its currency."""
        account = self.desk.account
        running: dict[str, Decimal] = {}
        for bill in account.bills:
            running[bill.ccy] = running.get(bill.ccy, ZERO) + bill.change
            assert bill.balance == running[bill.ccy]
        assert running == account.cash
        for fill in account.fills:
            if not fill.forced:
                assert abs(fill.fee - money(fee_of(fill, self.rates))) < Decimal("1E-15"), fill

    @invariant()
    def own_orders_never_stand_across_each_other(self) -> None:
        """Self-trade prevention leaves no own bid at or above an own offer."""
        book = self.desk.account.orders.book
        for inst_id in book.inst_ids():
            bid, offer = book.best(inst_id, "buy"), book.best(inst_id, "sell")
            assert bid is None or offer is None or bid < offer

    @invariant()
    def holds_are_those_of_every_open_order_added_up(self) -> None:
        """And no currency holds back less than nothing."""
        account = self.desk.account
        counted: dict[tuple[HoldGroup, str], Decimal] = {}
        for order in account.open_orders():
            key = (group_of(order.request), order.request.side)
            counted[key] = counted.get(key, ZERO) + order.remaining
        kept = {
            (group, side): sums.of(side).size
            for group, sums in account.orders.holds
            for side in ("buy", "sell")
            if sums.of(side).count
        }
        assert kept == counted
        for ccy in ("USDT", "BTC", "ETH"):
            state = currency_state(account, ccy)
            assert held_by_orders(account, ccy) >= 0
            assert (state.frozen >= 0, state.order_frozen >= 0) == (True, True)
        spot = [order for order in account.open_orders() if order.inst_type == "SPOT"]
        assert held_by_orders(account, "USDT") >= sum(
            (order.remaining * (order.request.px or ZERO) for order in spot if order.request.side == "buy"), ZERO
        )


def test_books_balance_after_any_stream_of_orders() -> None:
    """Positions, cash, fees, holds and worth, in spot, futures (both position modes) and multi-currency mode."""
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=120,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
