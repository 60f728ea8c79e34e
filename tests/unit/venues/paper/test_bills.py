"""The paper venue's bills: its cash is their sum, and they say what each fill did to each currency."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from dualwitness.models import Bill, BillKind, FeeType, MarginMode, NullReason, OrderState, Side, TdMode
from dualwitness.venues.paper import PaperVenue
from tests.support.clients import checked_order
from tests.support.paper import book, paper_desk
from tests.support.venue import FROZEN_MS

SWAP, PAIR, INVERSE = "BTC/USDT:USDT", "BTC/USDT", "BTC/USD:BTC"


def cash_of(desk: PaperVenue) -> dict[str, Decimal | None]:
    """Cash by currency, as the balance tells it."""
    return {one.currency: one.total for one in desk.get_account_balance()}


def chain_of(bills: tuple[Bill, ...]) -> dict[str, Decimal]:
    """The last balance of each currency, where every bill follows from the one before it."""
    after: dict[str, Decimal] = defaultdict(Decimal)
    for one in bills:
        assert one.balance == after[str(one.currency)] + (one.change or 0)
        after[str(one.currency)] = one.balance
    return after


def test_account_begins_with_a_transfer_into_nothing_for_each_currency() -> None:
    """So that a flat start can be proven, and need not be believed."""
    desk, _ = paper_desk()
    told = {one.currency: one for one in desk.get_bills()}
    assert {code: one.change for code, one in told.items()} == {"USDT": Decimal(10_000), "BTC": Decimal(10)}
    for one in told.values():
        assert (one.kind, one.balance, one.ts_venue_ms) == (BillKind.TRANSFER, one.change, FROZEN_MS)
        assert one.value_or_reason("side") == one.value_or_reason("symbol") == (None, NullReason.ABSENT)


def test_every_change_of_cash_has_its_bill_and_the_chain_is_unbroken() -> None:
    """Linear, inverse, a pair in cash, profit and fees: the last balances are the cash."""
    desk, shelf = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))
    desk.place_order(checked_order(INVERSE, "0.1", price="101", client_order_id="inverse1"))
    desk.place_order(checked_order(PAIR, "1", td_mode=TdMode.CASH, client_order_id="spot1"))
    shelf.clock.at_ms += 1000
    shelf.show(book(SWAP, (("109.9", "1000"),), (("110.1", "1000"),), ts_ms=shelf.clock.at_ms))
    desk.place_order(checked_order(SWAP, "0.1", side=Side.SHORT, client_order_id="close1", reduce_only=True))
    bills = desk.get_bills()
    assert chain_of(bills) == cash_of(desk)
    # A derivative has one bill a fill, a pair one for each of its currencies.
    expected = sum(2 if fill.symbol == PAIR else 1 for fill in desk.get_fills())
    assert len(bills) == 2 + expected
    profits = [one.realized_pnl for one in bills if one.symbol == SWAP and one.side == "sell"]
    assert sum(one or 0 for one in profits) == Decimal("0.98")


def test_bills_of_a_fill_carry_its_ids_size_and_fee() -> None:
    """The size stands on the bill in base, the fee on that of its currency; the first bill has the id of the fill."""
    desk, _ = paper_desk()
    before = len(desk.get_bills())
    desk.place_order(checked_order(PAIR, "1", td_mode=TdMode.CASH, client_order_id="spot1"))
    (fill,) = desk.get_fills()
    base, quote = desk.get_bills()[before:]
    assert (base.currency, base.bill_id, base.contracts, base.fee) == ("BTC", fill.bill_id, Decimal(1), fill.fee)
    assert (quote.currency, quote.fee, quote.change) == ("USDT", Decimal(0), Decimal("-100.1"))
    assert base.change == 1 - (fill.fee or 0)
    assert quote.value_or_reason("contracts") == (None, NullReason.UNMAPPED)
    for one in (base, quote):
        assert (one.side, one.price, one.trade_id, one.venue_order_id) == (
            "buy",
            fill.price,
            fill.trade_id,
            fill.venue_order_id,
        )
        assert one.value_or_reason("margin_mode") == (None, NullReason.ABSENT)
    assert quote.bill_id != base.bill_id


def test_fee_in_quote_stands_on_the_bill_in_quote() -> None:
    """Where fees are taken in quote, the purchase arrives whole."""
    desk, _ = paper_desk(fee_type=FeeType.QUOTE_CURRENCY)
    before = len(desk.get_bills())
    desk.place_order(checked_order(PAIR, "1", td_mode=TdMode.CASH, client_order_id="spot1"))
    (fill,) = desk.get_fills()
    base, quote = desk.get_bills()[before:]
    assert (base.change, base.fee) == (Decimal(1), Decimal(0))
    assert (quote.fee, quote.change) == (fill.fee, Decimal("-100.1") - (fill.fee or 0))


def test_margin_trade_has_a_bill_for_each_currency_of_the_pair() -> None:
    """What moved is in the position: but for profit and fee, the cash stays."""
    desk, _ = paper_desk()
    before = len(desk.get_bills())
    desk.place_order(checked_order(PAIR, "1", price="100.2", td_mode=TdMode.CROSS, client_order_id="margin1"))
    base, quote = desk.get_bills()[before:]
    assert [one.currency for one in (base, quote)] == ["BTC", "USDT"]
    assert (base.contracts, base.margin_mode) == (Decimal(1), MarginMode.CROSS)
    assert (quote.change, quote.realized_pnl) == (Decimal(0), Decimal(0))
    assert chain_of(desk.get_bills()) == cash_of(desk)


def test_filters_of_bills_leave_out_what_was_not_asked_for() -> None:
    """By symbol, and since a moment; a transfer belongs to no symbol."""
    desk, shelf = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))
    shelf.clock.at_ms += 1000
    shelf.show(book(PAIR, ts_ms=shelf.clock.at_ms))
    desk.place_order(checked_order(PAIR, "1", td_mode=TdMode.CASH, client_order_id="spot1"))
    assert {one.symbol for one in desk.get_bills(SWAP)} == {SWAP}
    assert {one.symbol for one in desk.get_bills(since_ms=FROZEN_MS + 1)} == {PAIR}
    assert desk.get_bills(INVERSE) == ()


def test_finished_orders_are_told_newest_first_and_open_ones_are_not() -> None:
    """Filled and canceled; what was made before the moment that was asked for is left out."""
    desk, shelf = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="filled1"))
    resting = desk.place_order(checked_order(SWAP, "0.1", price="90", client_order_id="canceled1"))
    desk.place_order(checked_order(SWAP, "0.1", price="91", client_order_id="open1"))
    desk.cancel_order(str(resting.venue_order_id), SWAP)
    shelf.clock.at_ms += 1000
    told = desk.get_order_history(SWAP, since_ms=0)
    assert [(one.client_order_id, one.state) for one in told] == [
        ("canceled1", OrderState.CANCELED),
        ("filled1", OrderState.FILLED),
    ]
    assert desk.get_order_history(SWAP, since_ms=FROZEN_MS + 1) == desk.get_order_history(PAIR, since_ms=0) == ()
