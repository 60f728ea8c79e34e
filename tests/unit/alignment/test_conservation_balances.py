"""Cash is where the bills left it, whatever is listed came from bills, and equity is cash and unrealised profit."""

from __future__ import annotations

import pytest

from dualwitness.alignment.conservation_balances import balance_conflicts, confirmed_currencies
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.world import OPENING, World
from dualwitness.models import Bill, Library
from dualwitness.models.observation import Observation
from tests.support.observations import (
    LINEAR,
    NOW_MS,
    balance,
    bill,
    failed,
    fill,
    observed,
    order,
    position,
    ticker,
    world,
)

SDK = Library.OKX_SDK
EARLIER_MS = NOW_MS - 60_000


def came_in(currency: str = "USDT", change: str = "1000", *, bill_id: str = "1", ts_ms: int = EARLIER_MS) -> Bill:
    """A transfer into nothing."""
    words = dict.fromkeys(("symbol", "side", "contracts", "trade_id", "venue_order_id", "fee", "realized_pnl"))
    return bill(
        bill_id=bill_id, currency=currency, kind="transfer", change=change, balance=change, ts_venue_ms=ts_ms, **words
    )


BOUGHT = bill(bill_id="2", ts_venue_ms=EARLIER_MS + 1)  # 999.9 are left
IN_THE_RUN = bill(bill_id="3", change="-1", balance="998.9", ts_venue_ms=NOW_MS + 500, venue_order_id="77")


def cash(
    total: str | None,
    *bills: Bill,
    opening: str | None = None,
    others: tuple[Observation, ...] = (),
    library: Library = SDK,
    now_ms: int | None = NOW_MS,
) -> list[tuple[str, str, str | None]]:
    """What is found of a balance in USDT: operation, field and row."""
    return [(one.operation, one.field, one.row_key) for one in balance_conflicts(told(
        total, *bills, opening=opening, others=others, library=library, now_ms=now_ms
    ), ())]  # fmt: skip


def told(
    total: str | None,
    *bills: Bill,
    opening: str | None = None,
    others: tuple[Observation, ...] = (),
    library: Library = SDK,
    now_ms: int | None = NOW_MS,
) -> World:
    """A world of bills and a balance in USDT, and perhaps one from before any order."""
    answers = [observed("get_bills", *bills, library=library), *others]
    if total is not None:
        answers.append(observed("get_account_balance", balance("USDT", total=total, equity=total), library=library))
    found = {(one.operation, one.symbol): one for one in answers}
    if opening is not None:
        row = balance("USDT", total=opening, equity=opening)
        found["get_account_balance", OPENING] = observed("get_account_balance", row, library=library)
    return World(library, found, now_ms)


TOTAL = ("get_account_balance", "total", "USDT")


def test_cash_where_the_bills_left_it_is_no_conflict() -> None:
    """Before any order and afterwards."""
    assert cash("999.9", came_in(), BOUGHT, opening="999.9") == []


@pytest.mark.parametrize("total", ["999.8", "9999", "0"])
def test_cash_that_no_bill_left_is_a_conflict(total: str) -> None:
    """Whatever it is, it is not where the newest bill ended."""
    assert cash(total, came_in(), BOUGHT) == [TOTAL]


def test_cash_before_any_order_is_held_against_the_bills_as_well() -> None:
    """The opening balance is a witness of its own."""
    assert cash("999.9", came_in(), BOUGHT, opening="5") == [TOTAL]


def test_cash_of_before_the_last_bill_is_a_conflict_where_that_was_certainly_written() -> None:
    """Its time is before the run: the balance stands still."""
    assert cash("1000", came_in(), BOUGHT) == [TOTAL]


def test_cash_may_be_of_before_or_after_a_bill_of_the_run_itself() -> None:
    """Nobody knows which came first, unless we saw that its order was filled."""
    for total in ("999.9", "998.9"):
        assert cash(total, came_in(), BOUGHT, IN_THE_RUN, opening="999.9") == []
    seen = observed("get_order", order(venue_order_id="77"), symbol=f"{LINEAR}|77", library=SDK)
    earlier = type(seen)(**{name: getattr(seen, name) for name in seen.__slots__} | {"asked_at_ms": -1.0})
    assert cash("999.9", came_in(), BOUGHT, IN_THE_RUN, others=(earlier,)) == [TOTAL]
    assert cash("998.9", came_in(), BOUGHT, IN_THE_RUN, others=(earlier,)) == []


def test_cash_proves_nothing_by_time_where_the_market_says_that_the_clock_is_wrong() -> None:
    """A venue time ten minutes ahead would make every bill an old one."""
    late = observed("get_ticker", ticker(ts_venue_ms=NOW_MS), symbol=LINEAR, library=SDK)
    ahead = NOW_MS + 600_000
    assert cash("999.9", came_in(), BOUGHT, IN_THE_RUN, now_ms=ahead) == [TOTAL]
    assert cash("999.9", came_in(), BOUGHT, IN_THE_RUN, others=(late,), now_ms=ahead) == []


def test_bill_of_no_execution_of_which_the_balance_knows_nothing_is_named_itself() -> None:
    """A transfer out that the cash never felt."""
    words = dict.fromkeys(("symbol", "side", "contracts", "trade_id", "venue_order_id"))
    out = bill(bill_id="3", kind="transfer", change="-500", balance="499.9", ts_venue_ms=EARLIER_MS + 2, **words)
    assert cash("999.9", came_in(), BOUGHT, out) == [("get_bills", "bill_id", "USDT|3")]


def test_cash_is_not_held_against_bills_that_do_not_follow_from_each_other() -> None:
    """That is told of the bills."""
    assert cash("1", came_in(), bill(bill_id="2", balance="5", ts_venue_ms=EARLIER_MS + 1)) == []


def test_cash_is_unknown_where_the_balance_or_the_bills_did_not_come() -> None:
    """Nothing to hold against each other."""
    assert balance_conflicts(world(failed("get_account_balance"), observed("get_bills", came_in())), ()) == []
    assert balance_conflicts(world(observed("get_account_balance", balance("USDT", total="5"))), ()) == []


def test_currency_that_the_bills_fill_and_the_balance_leaves_out_is_a_conflict() -> None:
    """A balance of zero is not listed; one of a bitcoin is."""
    found = cash("999.9", came_in(), BOUGHT, came_in("BTC", "1", bill_id="4"))
    assert found == [("get_account_balance", "total", "BTC")]
    gone = bill(bill_id="5", currency="BTC", change="-1", balance="0", ts_venue_ms=EARLIER_MS + 5)
    assert cash("999.9", came_in(), BOUGHT, came_in("BTC", "1", bill_id="4"), gone) == []


def test_currency_of_which_no_bill_tells_is_a_conflict_where_the_bills_begin_at_nothing() -> None:
    """Where they do not, it may have been there before."""
    started = bill(bill_id="1", currency="BTC", change="1", balance="1", ts_venue_ms=EARLIER_MS)
    later = bill(bill_id="1", currency="BTC", change="1", balance="3", ts_venue_ms=EARLIER_MS)
    bitcoin = observed("get_account_balance", balance("BTC", total="1"), balance("ETH", total="2"), library=SDK)
    more = observed("get_account_balance", balance("BTC", total="3"), balance("ETH", total="2"), library=SDK)
    assert cash(None, started, others=(bitcoin,)) == [("get_account_balance", "total", "ETH")]
    assert cash(None, later, others=(more,)) == []


def test_ccxt_s_total_is_held_against_the_bills_only_where_nothing_is_open_in_the_currency() -> None:
    """Its total is the equity; with an open position nobody can say from it what the cash is."""
    ccxt = Library.CCXT
    total = observed("get_account_balance", balance("USDT", total="5", equity=None), library=ccxt)
    nothing = observed("get_positions", library=ccxt), observed("get_fills", library=ccxt)
    open_now = observed("get_positions", position(), library=ccxt), nothing[1]
    hidden = nothing[0], observed("get_fills", fill(), library=ccxt)
    unknown = (nothing[0],)
    for others, count in ((nothing, 1), (open_now, 0), (hidden, 0), (unknown, 0)):
        assert len(cash(None, came_in(), BOUGHT, others=(total, *others), library=ccxt)) == count


def equity(equity_: str, *positions: Observation, doubted: tuple[Draft, ...] = ()) -> list[Draft]:
    """What is found of 100 USDT of cash with this equity."""
    row = observed("get_account_balance", balance("USDT", total="100", equity=equity_), library=SDK)
    return balance_conflicts(world(row, *positions, library=SDK), doubted)


@pytest.mark.parametrize(("value", "count"), [("105", 0), ("105.0001", 0), ("105.001", 1), ("100", 1)])
def test_equity_is_cash_and_the_profit_of_cross_positions(value: str, count: int) -> None:
    """A millionth is left for rounding."""
    rows = observed("get_positions", position(unrealized_pnl="5"), library=SDK)
    assert [one.field for one in equity(value, rows)] == ["equity"] * count


def test_equity_is_not_held_against_what_cannot_be_added_up() -> None:
    """Isolated margin, a margin pair, an unknown profit, a position that is contradicted, and no report at all."""
    for parts in (
        {"margin_mode": "isolated"},
        {"unrealized_pnl": None},
        {"symbol": "BTC/USDT", "market_type": "margin"},
    ):
        rows = observed("get_positions", position(**{"unrealized_pnl": "5"} | parts), library=SDK)
        assert equity("999", rows) == []
    assert equity("999", failed("get_positions", library=SDK)) == []
    (found,) = equity("999", observed("get_positions", library=SDK))
    about_positions = found._replace(operation="get_positions", symbol=LINEAR)
    assert equity("999", observed("get_positions", library=SDK), doubted=(about_positions,)) == []


def test_currencies_that_the_bills_confirm_are_told() -> None:
    """They settle which of two libraries is wrong."""
    assert confirmed_currencies(told("999.9", came_in(), BOUGHT)) == {"USDT"}
    assert confirmed_currencies(told("5", came_in(), BOUGHT)) == frozenset()
    assert confirmed_currencies(told("999.9")) == frozenset()
