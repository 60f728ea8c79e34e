"""What the paper venue refuses: with a real venue's codes, before anything has changed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import InstrumentState, MarketType, OrderSide, OrderType, PositionMode, Side, TdMode, Venue
from dualwitness.venues.errors import OrderRefused, SafetyError, UnknownSymbol, Unsupported, UsageError
from dualwitness.venues.paper import FeeSchedule, PaperMarket, PaperSettings, PaperVenue
from dualwitness.venues.paper.checks import check_form
from dualwitness.venues.paper.order import PaperOrder, PaperRequest
from tests.support.clients import checked_order
from tests.support.paper import BookShelf, book, instruments, paper_desk
from tests.support.venue import FROZEN_MS, ManualClock

SWAP, PAIR, INVERSE, FUTURE = "BTC/USDT:USDT", "BTC/USDT", "BTC/USD:BTC", "BTC/USDT:USDT-270326"
LISTED = {one.symbol: one for one in instruments()}


def request(**words: Any) -> PaperRequest:
    """A limit buy of one contract, or another request."""
    base: dict[str, Any] = {
        "instrument": LISTED[SWAP],
        "market_type": MarketType.SWAP,
        "td_mode": TdMode.CROSS,
        "side": OrderSide.BUY,
        "order_type": OrderType.LIMIT,
        "contracts": Decimal(1),
        "price": Decimal("99.5"),
        "client_order_id": "asked1",
    }
    return PaperRequest(**base | words)


FORMS = {
    "below the smallest": ("51020", {"contracts": Decimal("0.05")}),
    "between two lots": ("51121", {"contracts": Decimal("1.05")}),
    "between two ticks": ("51150", {"price": Decimal("99.55")}),
    "no price at all": ("51150", {"price": Decimal(0)}),
    "suspended": ("51022", {"instrument": LISTED[SWAP].model_copy(update={"state": InstrumentState.SUSPENDED})}),
    "state unknown": ("51022", {"instrument": LISTED[SWAP].model_copy(update={"state": None})}),
    "expired": ("51027", {"instrument": LISTED[FUTURE].model_copy(update={"expiry_ms": FROZEN_MS})}),
    "too much leverage": ("59102", {"instrument": LISTED[SWAP].model_copy(update={"max_leverage": Decimal(2)})}),
    "no lot size": ("51000", {"instrument": LISTED[SWAP].model_copy(update={"lot_size": None})}),
    "id of an open order": ("51016", {"client_order_id": "taken1"}),
}


@pytest.mark.parametrize("what", FORMS)
def test_request_that_a_real_venue_would_refuse_is_refused_with_its_code(what: str) -> None:
    """Each guard alone; the request without the fault passes."""
    code, fault = FORMS[what]
    waiting = [PaperOrder("simulated-1", request(client_order_id="taken1"), FROZEN_MS, FROZEN_MS)]
    with pytest.raises(OrderRefused) as refused:
        check_form(request(**fault), PaperSettings(), FROZEN_MS, waiting)
    assert refused.value.code == code
    assert f"code {code}" in str(refused.value)
    check_form(request(), PaperSettings(), FROZEN_MS, waiting)


def test_order_that_did_not_pass_its_checks_is_never_simulated() -> None:
    """The client is the last door here, too."""
    desk, _ = paper_desk()
    order = checked_order(SWAP, "0.01", client_order_id="no1")
    with pytest.raises(SafetyError):
        desk.place_order(order.model_copy(update={"risk_checks_passed": False, "rejection_reason": "LIMIT"}))
    assert desk.get_fills() == ()


@pytest.mark.parametrize("venue", Venue)
def test_order_for_a_venue_whose_market_it_is_not_is_refused(venue: Venue) -> None:
    """A paper venue on OKX's books takes orders for OKX and for paper, and no others."""
    desk, _ = paper_desk()
    order = checked_order(SWAP, "0.01", client_order_id="venue1")
    order = order.model_copy(update={"intent": order.intent.model_copy(update={"venue": venue})})
    if venue in (Venue.OKX, Venue.PAPER):
        assert desk.place_order(order).client_order_id == "venue1"
        return
    with pytest.raises(UsageError, match=f"for {venue}"):
        desk.place_order(order)
    assert desk.get_fills() == ()


def test_order_without_an_id_of_its_own_is_refused() -> None:
    """A lost answer could not be looked up."""
    desk, _ = paper_desk()
    with pytest.raises(UsageError, match="client_order_id"):
        desk.place_order(checked_order(SWAP, "0.01"))


def test_inverse_order_at_market_is_sized_by_its_dollars() -> None:
    """A hundred dollars are one contract; without them nothing is guessed."""
    desk, _ = paper_desk()
    desk.place_order(checked_order(INVERSE, "1", client_order_id="usd1"))
    assert [one.contracts for one in desk.get_fills()] == [Decimal(1)]
    order = checked_order(INVERSE, "1", client_order_id="usd2").model_copy(update={"notional_usd": None})
    with pytest.raises(UsageError):
        desk.place_order(order)


def test_option_is_unsupported_and_said_so() -> None:
    """The paper venue has no margin of option sellers."""
    option = LISTED[SWAP].model_copy(update={"symbol": "BTC/USD:BTC-270326-60000-C", "market_type": MarketType.OPTION})
    shelf = BookShelf(ManualClock())
    desk = PaperVenue(PaperMarket.of_books([option], shelf), clock_ms=shelf.clock.now_ms)
    with pytest.raises(Unsupported):
        desk.place_order(checked_order(option.symbol, "0.01", price="100", client_order_id="call1"))


def test_instrument_that_is_not_trading_refuses_orders_and_not_questions() -> None:
    """As a venue says it: refused, not unknown."""
    shelf = BookShelf(ManualClock())
    halted = [one.model_copy(update={"state": InstrumentState.SUSPENDED}) for one in instruments()]
    desk = PaperVenue(PaperMarket.of_books(halted, shelf), clock_ms=shelf.clock.now_ms)
    with pytest.raises(OrderRefused) as refused:
        desk.place_order(checked_order(SWAP, "0.01", price="99", client_order_id="halt1"))
    assert refused.value.code == "51022"
    assert desk.get_open_orders(SWAP) == ()


def test_unlisted_symbol_is_unknown_everywhere() -> None:
    """Even where nothing would have been found anyway."""
    desk, _ = paper_desk()
    for ask in (desk.get_open_orders, desk.get_positions, desk.get_fills, desk.get_ticker, desk.get_fee_rates):
        with pytest.raises(UnknownSymbol):
            ask("ETH/USDT")


SPENDING = {
    "spot buy at a limit": (PAIR, "2", "99", Side.LONG, TdMode.CASH, {"USDT": "197.9"}, "198"),
    "spot buy at market": (PAIR, "2", None, Side.LONG, TdMode.CASH, {"USDT": "200.1"}, "200.2"),
    "spot sale": (PAIR, "2", "101", Side.SHORT, TdMode.CASH, {"BTC": "1.999"}, "2"),
    "margin buy": (PAIR, "3", "99", Side.LONG, TdMode.CROSS, {"USDT": "98"}, "99"),
    "margin sale": (PAIR, "3", "101", Side.SHORT, TdMode.CROSS, {"BTC": "0.999"}, "1"),
    "linear": (SWAP, "0.3", "90", Side.LONG, TdMode.CROSS, {"USDT": "9"}, "9.0135"),
    "isolated": (SWAP, "0.3", "90", Side.LONG, TdMode.ISOLATED, {"USDT": "9"}, "9.0135"),
    "inverse": (INVERSE, "3", "100", Side.LONG, TdMode.CROSS, {"BTC": "1"}, "1.0015"),
}


@pytest.mark.parametrize("mode", PositionMode, ids=str)
@pytest.mark.parametrize("what", SPENDING)
def test_order_needs_exactly_what_it_may_cost(what: str, mode: PositionMode) -> None:
    """A little less is 51008 and changes nothing; the amount itself is enough."""
    symbol, size, price, side, td_mode, little, enough = SPENDING[what]
    order = checked_order(symbol, size, price=price, side=side, td_mode=td_mode, client_order_id="cost1")
    desk, _ = paper_desk(balances=little, position_mode=mode)
    before = desk.get_account_balance()
    with pytest.raises(OrderRefused) as refused:
        desk.place_order(order)
    assert (refused.value.code, desk.get_account_balance(), desk.get_open_orders()) == ("51008", before, ())
    desk, _ = paper_desk(balances=dict.fromkeys(little, enough), position_mode=mode)
    assert desk.place_order(order).client_order_id == "cost1"


def test_resting_orders_hold_what_they_would_spend() -> None:
    """Two halves fit, a third does not; a cancel gives its half back."""
    desk, _ = paper_desk(balances={"USDT": "200"})
    first, _ = (
        desk.place_order(checked_order(PAIR, "1", price="99", td_mode=TdMode.CASH, client_order_id=name))
        for name in ("half1", "half2")
    )
    (held,) = desk.get_account_balance()
    assert (held.total, held.used, held.free) == (Decimal(200), Decimal(198), Decimal(2))
    third = checked_order(PAIR, "1", price="99", td_mode=TdMode.CASH, client_order_id="half3")
    with pytest.raises(OrderRefused):
        desk.place_order(third)
    desk.cancel_order(str(first.venue_order_id), PAIR)
    assert desk.place_order(third).client_order_id == "half3"


def test_orders_against_a_position_need_margin_only_for_what_they_would_open() -> None:
    """Ten are held: selling ten is free, selling ten more is not, and the second of two sales opens."""
    desk, _ = paper_desk(balances={"USDT": "3.6"})
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))
    sale = checked_order(SWAP, "0.1", price="101", side=Side.SHORT, client_order_id="sale1")
    used = {one.currency: one.used for one in desk.get_account_balance()}
    desk.place_order(sale)
    assert {one.currency: one.used for one in desk.get_account_balance()} == used
    with pytest.raises(OrderRefused) as refused:
        desk.place_order(checked_order(SWAP, "0.1", price="101", side=Side.SHORT, client_order_id="sale2"))
    assert refused.value.code == "51008"


def test_closing_orders_count_the_ones_that_wait() -> None:
    """Two reducing orders cannot close the same contracts."""
    desk, _ = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))
    closing = [
        checked_order(SWAP, size, price="101", side=Side.SHORT, client_order_id=f"tp{size[2:]}", reduce_only=True)
        for size in ("0.06", "0.05", "0.04")
    ]
    desk.place_order(closing[0])
    with pytest.raises(OrderRefused) as refused:
        desk.place_order(closing[1])
    assert refused.value.code == "51112"
    desk.place_order(closing[2])
    assert len(desk.get_open_orders()) == 2


def test_reducing_order_in_the_direction_of_the_position_is_refused() -> None:
    """51170 in net mode."""
    desk, _ = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))
    with pytest.raises(OrderRefused) as refused:
        desk.place_order(checked_order(SWAP, "0.01", client_order_id="more1", reduce_only=True))
    assert refused.value.code == "51170"


def test_order_whose_fee_is_unknown_is_not_taken() -> None:
    """An unknown fee is not a free order."""
    shelf = BookShelf(ManualClock())
    shelf.show(book(SWAP))
    settings = PaperSettings(fees={MarketType.SPOT: FeeSchedule(maker="0.001", taker="0.001")})
    desk = PaperVenue(PaperMarket.of_books(instruments(), shelf), settings=settings, clock_ms=shelf.clock.now_ms)
    with pytest.raises(UsageError, match="unknown"):
        desk.place_order(checked_order(SWAP, "0.01", client_order_id="free1"))
    assert desk.get_fee_rates(SWAP).maker is None


def test_free_money_that_hangs_on_an_unseen_book_is_not_spent() -> None:
    """A position whose book is away makes what is free unknown, and new orders of that currency are refused."""
    desk, shelf = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))
    shelf.clock.at_ms += 6_000
    shelf.show(book(PAIR, ts_ms=shelf.clock.at_ms))
    buy = checked_order(PAIR, "1", price="99", td_mode=TdMode.CASH, client_order_id="buy1")
    with pytest.raises(OrderRefused, match="free of USDT is unknown") as refused:
        desk.place_order(buy)
    assert refused.value.code == "50001"
    shelf.show(book(SWAP, ts_ms=shelf.clock.at_ms))
    assert desk.place_order(buy).client_order_id == "buy1"


def test_cancel_of_what_is_not_open_is_refused_with_one_code() -> None:
    """Filled, unknown, or another instrument's: 51400, and nothing is canceled."""
    desk, _ = paper_desk()
    filled = desk.place_order(checked_order(SWAP, "0.01", client_order_id="full1")).venue_order_id
    resting = desk.place_order(checked_order(SWAP, "0.01", price="99", client_order_id="rest1")).venue_order_id
    for order_id, symbol in ((filled, SWAP), ("simulated-0", SWAP), (resting, PAIR)):
        with pytest.raises(OrderRefused) as refused:
            desk.cancel_order(str(order_id), symbol)
        assert refused.value.code == "51400"
    assert len(desk.get_open_orders()) == 1


def test_unforeseen_failure_of_the_source_leaves_no_half_taken_order() -> None:
    """A defect passes through, and the order that it interrupted was never taken."""
    shelf = BookShelf(ManualClock())
    shelf.show(book(SWAP))
    broken = False

    def source(symbol: str, depth: int) -> Any:
        if broken:
            message = "defect"
            raise AttributeError(message)
        return shelf(symbol, depth)

    desk = PaperVenue(PaperMarket.of_books(instruments(), source), clock_ms=shelf.clock.now_ms)
    broken = True
    with pytest.raises(AttributeError):
        desk.place_order(checked_order(SWAP, "0.01", client_order_id="half1"))
    broken = False
    assert desk.get_open_orders() == ()
    assert desk.place_order(checked_order(SWAP, "0.01", client_order_id="half1")).client_order_id == "half1"


def test_second_resting_order_against_a_position_holds_the_margin_of_what_it_would_open() -> None:
    """The first one uses the position up: ten contracts of 0.01 at 101 by three are what the second holds."""
    desk, _ = paper_desk()
    desk.place_order(checked_order(SWAP, "0.1", client_order_id="open1"))

    def used() -> Decimal:
        return next(one.used or Decimal(0) for one in desk.get_account_balance() if one.currency == "USDT")

    alone = used()
    for name in ("sale1", "sale2"):
        desk.place_order(checked_order(SWAP, "0.1", price="101", side=Side.SHORT, client_order_id=name))
        assert used() - alone == (0 if name == "sale1" else Decimal("3.3666666666666667"))
