"""Every client in every kind of market and both position modes: place, fill, cancel, hold, pay, reduce."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest

from dualwitness.models import (
    Direction,
    Fill,
    MarginMode,
    MarketType,
    Order,
    OrderState,
    Position,
    PositionMode,
    Side,
    TdMode,
    ValidatedOrder,
)
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import OrderRefused, UsageError
from tests.support.clients import HeardVenue, checked_order
from tests.support.market_kinds import KINDS, MODES, MarketKind, entry_of, fee_of, profit_of, taken_from
from tests.support.paper import ROUTES
from tests.support.stall import Stall, opened_stall

# The libraries' quotients carry 16 decimals, CCXT's numbers went through its own strings.
CLOSE_ENOUGH = Fraction(1, 10**9)
CONTRACTS = [kind for kind in KINDS if not kind.is_pair]
HOLDERS = [kind for kind in KINDS if kind.market_type is not MarketType.SPOT]


class Desk(NamedTuple):
    """A client with its kind of market, and the venue whose books are the truth."""

    client: VenueClient
    kind: MarketKind
    mode: PositionMode
    venue: HeardVenue

    def order(
        self,
        name: str,
        contracts: Decimal,
        side: Side = Side.LONG,
        *,
        rests: bool = False,
        reduce_only: bool = False,
    ) -> ValidatedOrder:
        """An order of so many contracts: at market where the kind has such orders, else through the book."""
        buys = side is Side.LONG
        far = self.venue.market.last(self.kind.okx_id) * (Decimal("0.99") if buys else Decimal("1.01"))
        through = self.venue.market.last(self.kind.okx_id) * (Decimal("1.005") if buys else Decimal("0.995"))
        limit = (far if rests else through).quantize(Decimal("0.1"))
        priced = rests or self.kind.market_type is MarketType.MARGIN or self.kind.inverse
        return checked_order(
            self.kind.symbol,
            f"{self.kind.base_size(contracts, limit):f}",
            price=f"{limit:f}" if priced else None,
            side=side,
            td_mode=self.kind.td_mode,
            client_order_id=name,
            reduce_only=reduce_only,
        )

    def place(self, *asked: object, **words: object) -> Order:
        """Place an order and look it up."""
        placed = self.client.place_order(self.order(*asked, **words))  # type: ignore[arg-type]
        return self.client.get_order(self.kind.symbol, placed.venue_order_id)

    def taken(self, contracts: Decimal, *, buys: bool) -> list[tuple[Decimal, Decimal]]:
        """What so many contracts take of the standing book."""
        market = self.venue.market
        levels = market.asks(self.kind.okx_id, 50) if buys else market.bids(self.kind.okx_id, 50)
        return taken_from(levels, contracts)

    def fills(self, order: Order) -> list[Fill]:
        """The fills of one order."""
        return [one for one in self.client.get_fills() if one.venue_order_id == order.venue_order_id]

    def cash(self) -> dict[str, Fraction]:
        """What is held of each currency."""
        return {one.currency: Fraction(one.total or 0) for one in self.client.get_account_balance()}

    def position(self) -> Position:
        """The one position that there is."""
        (held,) = self.client.get_positions()
        return held


def desk_of(kind: MarketKind, stall: Stall) -> Desk:
    """The stall's client at a venue that is as new."""
    return Desk(stall.fresh(), kind, stall.mode, stall.venue)


@pytest.fixture(scope="module", params=[(route, mode) for route in ROUTES for mode in MODES], ids="-".join)
def stall(request: pytest.FixtureRequest) -> Iterator[Stall]:
    """Every client in both position modes."""
    with opened_stall(*request.param) as opened:
        yield opened


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def desk(request: pytest.FixtureRequest, stall: Stall) -> Desk:
    """Every client in every kind of market."""
    return desk_of(request.param, stall)


@pytest.fixture(params=HOLDERS, ids=lambda kind: kind.name)
def holder(request: pytest.FixtureRequest, stall: Stall) -> Desk:
    """Every client in every kind of market that knows positions."""
    return desk_of(request.param, stall)


@pytest.fixture(params=CONTRACTS, ids=lambda kind: kind.name)
def contracts(request: pytest.FixtureRequest, stall: Stall) -> Desk:
    """Every client in every kind of contract."""
    return desk_of(request.param, stall)


@pytest.fixture
def spot(stall: Stall) -> Desk:
    """Every client at the pair in cash."""
    return desk_of(next(kind for kind in KINDS if kind.name == "spot"), stall)


@pytest.fixture
def margin(stall: Stall) -> Desk:
    """Every client at the pair on borrowed money."""
    return desk_of(next(kind for kind in KINDS if kind.name == "margin"), stall)


def near(told: Decimal | None, true: Fraction) -> bool:
    """Whether a number is the true one, but for the last digits of a quotient."""
    return told is not None and abs(Fraction(told) - true) <= max(abs(true), Fraction(1)) * CLOSE_ENOUGH


def after_first(fills: list[tuple[Decimal, Decimal]], closing: Decimal) -> list[tuple[Decimal, Decimal]]:
    """What of these fills is left when the first ``closing`` contracts have closed something."""
    rest = []
    for price, size in fills:
        used = min(size, closing)
        closing -= used
        if size > used:
            rest.append((price, size - used))
    return rest


def size_fits(position: Position, kind: MarketKind, contracts: Decimal) -> bool:
    """Whether a position counts what was bought; a margin position counts other things (okx-v5-facts section 9)."""
    return kind.market_type is MarketType.MARGIN or position.contracts == contracts


@pytest.mark.parametrize("side", Side, ids=str)
def test_order_that_takes_fills_level_by_level_at_the_shown_prices(desk: Desk, side: Side) -> None:
    """Never a better price than the book's, never more than a level shows; the order says what its fills add up to."""
    kind, buys = desk.kind, side is Side.LONG
    order = desk.place("take1", kind.contracts, side)
    expected = desk.taken(kind.contracts, buys=buys)
    assert len(expected) > 1
    fills = desk.fills(order)
    assert [(one.price, one.contracts) for one in fills] == expected
    assert {(one.side, one.market_type, one.liquidity) for one in fills} == {
        ("buy" if buys else "sell", kind.market_type, "taker")
    }
    assert (order.state, order.filled_contracts, order.contracts) == (OrderState.FILLED, *[kind.contracts] * 2)
    assert near(order.average_price, entry_of(kind, expected))
    assert desk.client.get_open_orders() == ()


@pytest.mark.parametrize("side", Side, ids=str)
def test_fee_of_each_fill_is_the_takers_rate_in_its_own_currency(desk: Desk, side: Side) -> None:
    """Received currency on pairs, settle currency on contracts; positive is paid, and the order has the sum."""
    order = desk.place("fee1", desk.kind.contracts, side)
    fills = desk.fills(order)
    total = Fraction(0)
    for one in fills:
        fee, currency = fee_of(desk.kind, one.price or Decimal(0), one.contracts or Decimal(0), buys=side is Side.LONG)
        assert near(one.fee, fee)
        assert one.fee_currency == currency
        total += fee
    assert near(order.fee, total)
    assert total > 0


@pytest.mark.parametrize("side", Side, ids=str)
def test_position_after_fills_has_their_direction_size_and_entry(holder: Desk, side: Side) -> None:
    """As the account's position mode and the order's margin mode have it."""
    kind = holder.kind
    holder.place("hold1", kind.contracts, side)
    held = holder.position()
    mode = PositionMode.NET if kind.is_pair else holder.mode
    assert (held.symbol, held.market_type, held.has_position) == (kind.symbol, kind.market_type, True)
    assert held.direction is (Direction.LONG if side is Side.LONG else Direction.SHORT)
    assert (held.position_mode, held.margin_mode) == (mode, MarginMode(kind.td_mode.value))
    assert size_fits(held, kind, kind.contracts)
    assert near(held.entry_price, entry_of(kind, holder.taken(kind.contracts, buys=side is Side.LONG)))
    assert held.leverage == Decimal(3)


@pytest.mark.parametrize("side", Side, ids=str)
def test_spot_order_moves_both_currencies_and_opens_no_position(spot: Desk, side: Side) -> None:
    """What was paid and what was received, less the fee; nothing is held but cash."""
    kind, buys = spot.kind, side is Side.LONG
    before = spot.cash()
    spot.place("cash1", kind.contracts, side)
    after = spot.cash()
    taken = spot.taken(kind.contracts, buys=buys)
    value = sum((Fraction(price) * Fraction(size) for price, size in taken), Fraction(0))
    fee = kind.rate * (Fraction(kind.contracts) if buys else value)
    base = Fraction(kind.contracts)
    change = {"BTC": base - fee, "USDT": -value} if buys else {"BTC": -base, "USDT": value - fee}
    assert {name: after[name] - before[name] for name in change} == change
    assert spot.client.get_positions() == ()


@pytest.mark.parametrize("side", Side, ids=str)
def test_order_that_rests_is_open_until_it_is_cancelled(desk: Desk, side: Side) -> None:
    """Found with its terms, holding nothing and filling nothing; a second cancel is refused."""
    order = desk.place("rest1", desk.kind.contracts, side, rests=True)
    assert (order.state, order.filled_contracts, order.client_order_id) == (OrderState.LIVE, Decimal(0), "rest1")
    (open_order,) = desk.client.get_open_orders(desk.kind.symbol)
    assert (open_order.venue_order_id, open_order.price) == (order.venue_order_id, order.price)
    assert desk.client.get_positions() == ()
    answer = desk.client.cancel_order(str(order.venue_order_id), desk.kind.symbol)
    assert (answer.venue_order_id, answer.state) == (order.venue_order_id, None)
    assert desk.client.get_open_orders() == ()
    assert desk.client.get_order(desk.kind.symbol, order.venue_order_id).state is OrderState.CANCELED
    assert desk.client.get_fills() == ()
    with pytest.raises(OrderRefused):
        desk.client.cancel_order(str(order.venue_order_id), desk.kind.symbol)


@pytest.mark.parametrize("side", Side, ids=str)
def test_reducing_order_takes_the_position_down_and_never_beyond(contracts: Desk, side: Side) -> None:
    """A part, then too much, then the rest: what is too much is refused and leaves everything as it was."""
    kind, other = contracts.kind, Side.SHORT if side is Side.LONG else Side.LONG
    part = kind.contracts / 4
    contracts.place("open1", kind.contracts, side)
    contracts.place("part1", part, other, reduce_only=True)
    held = contracts.position()
    assert (held.contracts, held.direction) == (kind.contracts - part, "long" if side is Side.LONG else "short")
    with pytest.raises(OrderRefused) as refused:
        contracts.client.place_order(contracts.order("more1", kind.contracts, other, reduce_only=True))
    assert "51112" in (refused.value.code, refused.value.sub_code)
    assert contracts.position().contracts == kind.contracts - part
    contracts.place("rest1", kind.contracts - part, other, reduce_only=True)
    assert contracts.client.get_positions() == ()


@pytest.mark.parametrize("side", Side, ids=str)
def test_margin_position_is_closed_by_a_reducing_order(margin: Desk, side: Side) -> None:
    """Addressed with the currency that it was opened with, or it would not be found."""
    other = Side.SHORT if side is Side.LONG else Side.LONG
    margin.place("open1", margin.kind.contracts, side)
    assert margin.position().direction == side
    # A short owes base currency, and the fee of buying it back is taken from what was bought.
    closing = margin.kind.contracts if side is Side.LONG else margin.kind.contracts + Decimal("0.001")
    if margin.client.label == "paper":
        closing = margin.kind.contracts
    margin.place("close1", closing, other, reduce_only=True)
    assert margin.client.get_positions() == ()


def test_reducing_order_without_a_position_is_refused_and_leaves_nothing(holder: Desk) -> None:
    """It would open what it was meant to close."""
    with pytest.raises(OrderRefused) as refused:
        holder.client.place_order(holder.order("none1", holder.kind.contracts, Side.SHORT, reduce_only=True))
    code = "51134" if holder.kind.is_pair else "51169"
    assert code in (refused.value.code, refused.value.sub_code)
    assert (holder.client.get_open_orders(), holder.client.get_positions()) == ((), ())


def test_reducing_order_on_spot_is_a_usage_error_before_it_is_sent(spot: Desk) -> None:
    """A pair in cash has nothing to reduce."""
    with pytest.raises(UsageError, match="reduce only") as refused:
        spot.client.place_order(spot.order("spot1", spot.kind.contracts, Side.SHORT, reduce_only=True))
    assert "51205" in refused.value.advice


def test_order_against_a_position_offsets_it_or_stands_beside_it(contracts: Desk) -> None:
    """Net mode has one leg that turns; long/short mode has two that do not know each other."""
    kind = contracts.kind
    small = kind.contracts / 2
    contracts.place("long1", small)
    contracts.place("short1", kind.contracts, Side.SHORT)
    told = {(str(one.direction), one.contracts) for one in contracts.client.get_positions()}
    if contracts.mode is PositionMode.NET:
        assert told == {("short", small)}
        rest = after_first(contracts.taken(kind.contracts, buys=False), small)
        assert near(contracts.position().entry_price, entry_of(kind, rest))
    else:
        assert told == {("long", small), ("short", kind.contracts)}


@pytest.mark.parametrize("side", Side, ids=str)
def test_cash_after_closing_is_profit_less_fees(contracts: Desk, side: Side) -> None:
    """To the last digit that a quotient leaves: no position is left that could hide a difference."""
    kind, buys = contracts.kind, side is Side.LONG
    opened, closed = (contracts.taken(kind.contracts, buys=way) for way in (buys, not buys))
    before = contracts.cash()
    contracts.place("open1", kind.contracts, side)
    contracts.place("close1", kind.contracts, Side.SHORT if buys else Side.LONG, reduce_only=True)
    after = {one.currency: Fraction(one.total or 0) for one in contracts.client.get_account_balance()}
    fees = sum(
        (
            fee_of(kind, price, size, buys=way)[0]
            for way, fills in ((buys, opened), (not buys, closed))
            for price, size in fills
        ),
        Fraction(0),
    )
    gain = profit_of(kind, entry_of(kind, opened), closed, long=buys) - fees
    assert abs(after[kind.settle] - before[kind.settle] - gain) <= CLOSE_ENOUGH
    assert gain < 0


def test_order_that_cannot_be_paid_is_refused_and_leaves_nothing(desk: Desk) -> None:
    """A thousand times as much: 51008, and neither an order nor a fill."""
    with pytest.raises(OrderRefused) as refused:
        desk.client.place_order(desk.order("much1", desk.kind.contracts * 1000, rests=True))
    assert {"51008", "51004"} & {refused.value.code, refused.value.sub_code}
    assert (desk.client.get_open_orders(), desk.client.get_fills()) == ((), ())


def test_order_below_the_smallest_is_a_usage_error_before_it_is_sent(desk: Desk) -> None:
    """Never grown to what the venue would take."""
    with pytest.raises(UsageError, match="below"):
        desk.client.place_order(desk.order("tiny1", Decimal("0.000001")))
    assert desk.client.get_open_orders() == ()


def test_order_in_a_mode_that_the_market_does_not_have_is_a_usage_error(desk: Desk) -> None:
    """Contracts in cash, and the word margin anywhere."""
    wrong = [TdMode.MARGIN] if desk.kind.is_pair else [TdMode.CASH, TdMode.MARGIN]
    for number, td_mode in enumerate(wrong):
        order = desk.order(f"mode{number}", desk.kind.contracts, rests=True)
        changed = order.intent.model_copy(update={"td_mode": td_mode})
        with pytest.raises(UsageError):
            desk.client.place_order(order.model_copy(update={"intent": changed}))
    assert desk.client.get_open_orders() == ()


def test_client_order_id_of_an_open_order_is_not_taken_twice(desk: Desk) -> None:
    """51016 while the first one rests."""
    desk.place("same1", desk.kind.contracts, rests=True)
    with pytest.raises(OrderRefused) as refused:
        desk.client.place_order(desk.order("same1", desk.kind.contracts, rests=True))
    assert "51016" in (refused.value.code, refused.value.sub_code)
    assert len(desk.client.get_open_orders()) == 1


def test_every_route_is_met_by_this_suite() -> None:
    """Both libraries and paper, in five kinds of market and an isolated one: nobody is left out by mistake."""
    assert ROUTES == ("ccxt", "okx_sdk", "paper")
    assert {kind.name for kind in KINDS} == {"spot", "margin", "linear", "isolated", "inverse", "future"}
