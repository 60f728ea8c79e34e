"""The sweep looks only where the market can have come, and at no order that it did not reach."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.engine import Account
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.sweeping import sweep
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.market import Market
from tests.support.engine_desk import START_MS, HandClock, HandMarket, open_desk

SWAP = "BTC-USDT-SWAP"


def test_best_prices_of_every_book_lie_within_the_reach_of_the_sweep() -> None:
    """What the sweep takes for granted: never farther from the last price than 2 % or ten ticks."""
    clock = HandClock()
    market = Market(0, clock)
    for step in range(3):
        clock.ms = START_MS + step * 3_601_000
        for one in INSTRUMENTS:
            last, reach = market.last(one.inst_id), max(market.last(one.inst_id) / 50, 10 * one.tick_sz)
            assert market.asks(one.inst_id)[0].px >= last - reach, one.inst_id
            assert market.bids(one.inst_id)[0].px <= last + reach, one.inst_id


def test_sweep_builds_no_book_where_every_order_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bids and offers five per cent off the market cost no book."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "47500")
    desk.order(SWAP, "sell", "1", "52500")

    def asked(_market: HandMarket, inst_id: str) -> None:
        message = f"the book of {inst_id} was built"
        raise AssertionError(message)

    monkeypatch.setattr(HandMarket, "asks", asked)
    monkeypatch.setattr(HandMarket, "bids", asked)
    desk.clock.ms += 1000
    sweep(desk.account)


def test_sweep_reads_only_the_orders_that_the_market_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a hundred bids a tick apart the market comes to three."""
    desk = open_desk()
    for n in range(100):
        desk.order(SWAP, "buy", "0.01", str(Decimal(49990) - n))
    read: list[str] = []
    known = desk.account.orders.get

    def noted(ord_id: str) -> Order | None:
        read.append(ord_id)
        return known(ord_id)

    monkeypatch.setattr(desk.account.orders, "get", noted)
    desk.market.marks[SWAP] = Decimal("49987.9")
    desk.clock.ms += 1000
    sweep(desk.account)
    assert len(desk.account.fills) == 3
    assert len(set(read)) == 3


def test_sweep_happens_once_a_second_of_venue_time() -> None:
    """The market steps no faster."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1", "49900")
    sweep(desk.account)
    desk.market.marks[SWAP] = Decimal(49800)
    sweep(desk.account)
    assert len(desk.account.fills) == 0
    desk.clock.ms += 1000
    sweep(desk.account)
    assert len(desk.account.fills) == 1


def test_ten_thousand_live_orders_are_held_where_the_limit_allows_it() -> None:
    """Placed, listed, canceled and swept without any of it walking over them."""
    clock, market = HandClock(), HandMarket()
    account = Account(INSTRUMENTS, market, clock, 0, pending_limit=(10_000, 10_000))
    account.deposit("USDT", Decimal(10_000_000), START_MS)
    desk = open_desk()
    desk.account, desk.market, desk.clock = account, market, clock
    for n in range(1000):
        rows = desk.post_many(
            "trade/batch-orders",
            *(
                {"instId": SWAP, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "0.01", "px": px}
                for px in (str(49000 - n - step) for step in range(10))
            ),
        )
        assert {row["sCode"] for row in rows} == {"0"}
    assert account.orders.open_count == 10_000
    oldest = next(iter(account.open_orders()))
    page = desk.get("trade/orders-pending", before=oldest.ord_id, limit="2")
    assert [int(row["ordId"]) - int(oldest.ord_id) for row in page] == [2, 1]
