"""The fold of fills on cases worked out by hand."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest

from dualwitness.models import Direction, Fill, MarketType, NullReason, PositionMode, PositionSide
from dualwitness.models.fees import FeeTotal
from dualwitness.models.fold import FoldResult, fold_fills
from dualwitness.models.leg import Leg, OpeningLeg
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR, OPTION, PAIR, make_fill


def _fold(*fills: Fill, mode: PositionMode = PositionMode.NET, complete: bool = True) -> FoldResult:
    return fold_fills(fills, INSTRUMENTS, mode, history_complete=complete)


def _leg(result: FoldResult, symbol: str = LINEAR, side: PositionSide = PositionSide.NET) -> Leg:
    leg = result.leg(symbol, side)
    assert leg is not None
    return leg


def test_two_buys_and_a_sell_average_the_entry_and_realize_on_the_part_closed() -> None:
    """3 at 100 and 1 at 200 enter at 125; selling 2 at 150 earns 2 × 25 × 0.01."""
    result = _fold(
        make_fill("1", "buy", "3", "100", ts_ms=1, fee="0.01"),
        make_fill("2", "buy", "1", "200", ts_ms=2, fee="0.02"),
        make_fill("3", "sell", "2", "150", ts_ms=3, fee="-0.005"),
    )
    leg = _leg(result)
    assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (Decimal(2), Decimal(125), Decimal("0.5"))
    assert (leg.settle_currency, leg.fees) == ("USDT", (FeeTotal("USDT", Decimal("0.025")),))
    assert (leg.fill_count, leg.first_ts_venue_ms, leg.last_ts_venue_ms) == (3, 1, 3)
    assert leg.direction is Direction.LONG
    assert not leg.reasons


def test_inverse_entry_is_harmonic_and_profit_is_in_base_currency() -> None:
    """One contract at 10000 and one at 20000 enter at 13333.3…; closing at 20000 earns 200 × (1/13333.3 - 1/20000)."""
    leg = _leg(
        _fold(
            make_fill("1", "buy", "1", "10000", symbol=INVERSE, ts_ms=1),
            make_fill("2", "buy", "1", "20000", symbol=INVERSE, ts_ms=2),
        ),
        INVERSE,
    )
    assert str(leg.entry_price) == "13333." + "3" * 35
    closed = _leg(
        _fold(
            make_fill("1", "buy", "1", "10000", symbol=INVERSE, ts_ms=1),
            make_fill("2", "buy", "1", "20000", symbol=INVERSE, ts_ms=2),
            make_fill("3", "sell", "2", "20000", symbol=INVERSE, ts_ms=3),
        ),
        INVERSE,
    )
    assert (closed.contracts, closed.entry_price, closed.realized_pnl) == (Decimal(0), None, Decimal("0.005"))
    assert (closed.direction, closed.settle_currency) == (Direction.FLAT, "BTC")


def test_fill_through_zero_closes_the_long_and_opens_the_short_at_its_price() -> None:
    """Long 1 from 100, sell 3 at 110: 0.1 earned, short 2 from 110."""
    leg = _leg(_fold(make_fill("1", "buy", "1", "100", ts_ms=1), make_fill("2", "sell", "3", "110", ts_ms=2)))
    assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (Decimal(-2), Decimal(110), Decimal("0.1"))
    assert leg.direction is Direction.SHORT


def test_option_premium_is_multiplied_by_its_base_value_although_labelled_inverse() -> None:
    """Ten contracts of 0.01 BTC bought at 0.05 and sold at 0.07 earn 0.002 BTC."""
    option = {"symbol": OPTION, "market_type": MarketType.OPTION, "position_side": None}
    leg = _leg(
        _fold(
            make_fill("1", "buy", "10", "0.05", ts_ms=1, **option),  # type: ignore[arg-type]
            make_fill("2", "sell", "10", "0.07", ts_ms=2, **option),  # type: ignore[arg-type]
            mode=PositionMode.LONG_SHORT,
        ),
        OPTION,
    )
    assert (leg.realized_pnl, leg.settle_currency) == (Decimal("0.002"), "BTC")


def test_long_and_short_legs_stay_apart() -> None:
    """In long/short mode a sell of the long leg and a sell of the short leg are different things."""
    result = _fold(
        make_fill("1", "buy", "5", "100", position_side="long", ts_ms=1),
        make_fill("2", "sell", "4", "100", position_side="short", ts_ms=2),
        make_fill("3", "sell", "2", "110", position_side="long", ts_ms=3),
        mode=PositionMode.LONG_SHORT,
    )
    assert _leg(result, side=PositionSide.LONG).contracts == 3
    assert _leg(result, side=PositionSide.SHORT).contracts == -4
    assert result.leg(LINEAR) is None


def test_spot_holding_is_net_of_the_fee_taken_from_the_base_currency() -> None:
    """Bought 1 less 0.001 fee, sold 0.5 with a fee in quote."""
    spot = {"symbol": PAIR, "market_type": MarketType.SPOT}
    result = _fold(
        make_fill("1", "buy", "1", "100", fee="0.001", fee_currency="BTC", **spot),  # type: ignore[arg-type]
        make_fill("2", "sell", "0.5", "120", fee="0.06", **spot),  # type: ignore[arg-type]
    )
    holding = result.holding(PAIR)
    assert holding is not None
    assert (holding.base_change, holding.quote_change) == (Decimal("0.499"), Decimal("-40.06"))
    assert holding.fees == (FeeTotal("BTC", Decimal("0.001")), FeeTotal("USDT", Decimal("0.06")))
    assert result.legs == ()


def test_margin_fill_of_a_pair_is_a_leg_and_not_a_holding() -> None:
    """Spot and margin share a name; the fill's market type tells them apart."""
    result = _fold(
        make_fill("1", "sell", "2", "100", symbol=PAIR, market_type=MarketType.MARGIN, ts_ms=1),
        make_fill("2", "buy", "1", "90", symbol=PAIR, market_type=MarketType.MARGIN, ts_ms=2),
    )
    leg = _leg(result, PAIR)
    assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (Decimal(-1), Decimal(100), Decimal(10))
    assert leg.settle_currency == "USDT"
    assert result.holdings == ()


def test_pair_fill_without_a_market_type_makes_leg_and_holding_unknown() -> None:
    """What may be spot or margin is counted as neither."""
    result = _fold(make_fill("1", "buy", "1", "100", symbol=PAIR, market_type=None))
    holding = result.holding(PAIR)
    assert holding is not None
    assert (holding.base_change, holding.reasons["base_change"]) == (None, NullReason.BLANK)
    assert _leg(result, PAIR).contracts is None


@pytest.mark.parametrize("missing", ["side", "contracts", "price", "ts_ms"])
def test_fill_that_lacks_what_is_needed_makes_its_leg_unknown(missing: str) -> None:
    """One unreadable fill and the leg has no number, for that fill's reason; other legs keep theirs."""
    parts: dict[str, object] = {"side": "buy", "contracts": "1", "price": "100", "ts_ms": 5}
    broken = make_fill("2", **(parts | {missing: None}))  # type: ignore[arg-type]
    result = _fold(
        make_fill("1", "buy", "1", "100", ts_ms=1), broken, make_fill("1", "buy", "1", "9", symbol=INVERSE, ts_ms=6)
    )
    leg = _leg(result)
    for name in ("contracts", "change", "entry_price", "realized_pnl"):
        assert leg.value_or_reason(name) == (None, NullReason.BLANK)
    assert leg.direction is None
    assert _leg(result, INVERSE).contracts == 1


def test_fill_without_a_position_side_makes_both_legs_unknown_in_long_short_mode() -> None:
    """A sell may close the long or open the short; nobody can tell, so nobody says."""
    result = _fold(
        make_fill("1", "buy", "5", "100", position_side="long", ts_ms=1),
        make_fill("2", "sell", "5", "100", position_side=None, ts_ms=2),
        mode=PositionMode.LONG_SHORT,
    )
    for side in (PositionSide.LONG, PositionSide.SHORT):
        leg = _leg(result, side=side)
        assert leg.value_or_reason("contracts") == (None, NullReason.BLANK)
        assert leg.value_or_reason("fees") == (None, NullReason.BLANK)


def test_fill_without_a_position_side_is_net_in_net_mode() -> None:
    """In net mode there is one leg only."""
    assert _leg(_fold(make_fill("1", "buy", "5", "100", position_side=None))).contracts == 5


def test_incomplete_history_tells_a_change_and_never_a_position() -> None:
    """Unknown is never flat: bought and sold the same, and still nobody knows what is held."""
    leg = _leg(
        _fold(make_fill("1", "buy", "5", "100"), make_fill("2", "sell", "5", "100", ts_ms=9**14), complete=False)
    )
    assert leg.value_or_reason("contracts") == (None, NullReason.ABSENT)
    assert leg.change == 0
    assert leg.direction is None


def test_opening_state_is_what_the_fills_are_added_to() -> None:
    """Long 2 from 100 before the first fill, 1 closed at 130."""
    result = fold_fills(
        [make_fill("1", "sell", "1", "130")],
        INSTRUMENTS,
        opening=[OpeningLeg(LINEAR, PositionSide.NET, Decimal(2), Decimal(100))],
        history_complete=True,
    )
    leg = _leg(result)
    assert (leg.contracts, leg.change) == (Decimal(1), Decimal(-1))
    assert (leg.entry_price, leg.realized_pnl) == (Decimal(100), Decimal("0.3"))


def test_long_leg_below_zero_is_a_conflict() -> None:
    """More closed than was ever opened: a fill is missing, whatever the caller believes."""
    result = _fold(
        make_fill("1", "buy", "1", "100", position_side="long", ts_ms=1),
        make_fill("2", "sell", "2", "100", position_side="long", ts_ms=2),
        make_fill("3", "buy", "2", "100", position_side="long", ts_ms=3),
        mode=PositionMode.LONG_SHORT,
    )
    assert _leg(result, side=PositionSide.LONG).value_or_reason("contracts") == (None, NullReason.CONFLICT)


@pytest.mark.parametrize(("sold", "expected"), [("5", (Decimal(0), None)), ("4", (None, NullReason.CONFLICT))])
def test_leg_of_the_other_position_mode_must_have_ended_flat(sold: str, expected: tuple[object, object]) -> None:
    """The position mode can be changed only when flat, so an open long leg in net mode contradicts it."""
    result = _fold(
        make_fill("1", "buy", "5", "100", position_side="long", ts_ms=1),
        make_fill("2", "sell", sold, "100", position_side="long", ts_ms=2),
        mode=PositionMode.NET,
    )
    assert _leg(result, side=PositionSide.LONG).value_or_reason("contracts") == expected


def test_same_trade_id_of_two_instruments_is_two_fills() -> None:
    """A trade id is unique per instrument only."""
    result = _fold(make_fill("7", "buy", "1", "100"), make_fill("7", "buy", "1", "100", symbol=INVERSE))
    assert (result.fill_count, result.duplicates) == (2, ())


def test_copies_that_differ_are_a_conflict_and_not_a_choice() -> None:
    """Two copies of one fill with different prices: nobody picks one."""
    result = _fold(make_fill("7", "buy", "1", "100"), make_fill("7", "buy", "1", "101"))
    assert [each.agrees for each in result.duplicates] == [False]
    assert _leg(result).value_or_reason("contracts") == (None, NullReason.CONFLICT)


def test_fill_without_any_id_makes_its_leg_unknown() -> None:
    """What cannot be told from its copies cannot be counted."""
    assert _leg(_fold(make_fill(None, "buy", "1", "100"))).value_or_reason("contracts") == (None, NullReason.BLANK)


def test_bill_id_stands_in_for_a_missing_trade_id() -> None:
    """A bill id identifies a fill as well."""
    result = _fold(make_fill(None, "buy", "1", "100", bill_id="9"), make_fill(None, "buy", "1", "100", bill_id="9"))
    assert _leg(result).contracts == 1
    assert len(result.duplicates) == 1


def test_fills_of_one_millisecond_are_ordered_by_number_not_by_text() -> None:
    """Bill 9 comes before bills 10 and 11: long from 100 closed at 110, then long from 120."""
    leg = _leg(
        _fold(
            make_fill("3", "buy", "1", "120", bill_id="11"),
            make_fill("2", "sell", "1", "110", bill_id="10"),
            make_fill("1", "buy", "1", "100", bill_id="9"),
        )
    )
    assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (Decimal(1), Decimal(120), Decimal("0.1"))


def test_bill_id_orders_a_liquidation_that_has_a_negative_trade_id() -> None:
    """Bought at 100 and 200, then one of two liquidated at 110: by trade id alone the liquidation would come first."""
    leg = _leg(
        _fold(
            make_fill("-5", "sell", "1", "110", bill_id="3"),
            make_fill("7", "buy", "1", "100", bill_id="1"),
            make_fill("8", "buy", "1", "200", bill_id="2"),
        )
    )
    assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (Decimal(1), Decimal(150), Decimal("-0.4"))


def test_unknown_instrument_still_counts_contracts_but_no_money() -> None:
    """Without a contract size there is no profit; the contracts are there all the same."""
    leg = _leg(fold_fills([make_fill("1", "buy", "1", "100")], history_complete=True))
    assert leg.contracts == 1
    assert leg.value_or_reason("realized_pnl") == (None, NullReason.UNMAPPED)
    assert leg.value_or_reason("entry_price") == (None, NullReason.UNMAPPED)


def test_unreadable_fee_makes_the_fees_unknown_and_leaves_the_leg() -> None:
    """Fees and contracts are different knowledge."""
    leg = _leg(_fold(make_fill("1", "buy", "1", "100", fee=None)))
    assert (leg.contracts, leg.fees, leg.reasons["fees"]) == (Decimal(1), None, NullReason.BLANK)


def test_unreadable_fee_of_a_spot_fill_makes_the_holding_unknown() -> None:
    """A spot fee may have come out of the coins themselves."""
    holding = _fold(make_fill("1", "buy", "1", "100", fee=None, symbol=PAIR, market_type=MarketType.SPOT)).holding(PAIR)
    assert holding is not None
    assert holding.value_or_reason("base_change") == (None, NullReason.BLANK)


@pytest.mark.parametrize(("contracts", "price"), [("-1", "100"), ("1E+400", "100"), ("1", "1E-400"), ("1", "1E+31")])
def test_number_that_no_venue_means_is_a_conflict(contracts: str, price: str) -> None:
    """Damaged numbers are refused, not folded and not a crash."""
    assert _leg(_fold(make_fill("1", "buy", contracts, price))).value_or_reason("contracts") == (
        None,
        NullReason.CONFLICT,
    )


def test_inverse_price_of_zero_is_a_conflict() -> None:
    """Nothing is divided by zero."""
    leg = _leg(_fold(make_fill("1", "buy", "1", "0", symbol=INVERSE)), INVERSE)
    assert leg.value_or_reason("contracts") == (None, NullReason.CONFLICT)


def test_arithmetic_context_of_the_caller_changes_no_digit() -> None:
    """A caller's low precision plays no part."""
    fills = [
        make_fill("1", "buy", "1234.5678", "64123.7", ts_ms=1),
        make_fill("2", "sell", "2234.5679", "64999.1", ts_ms=2),
    ]
    expected = _fold(*fills)
    with localcontext(prec=3):
        assert _fold(*fills) == expected


def test_entry_price_that_ends_in_a_half_is_rounded_as_a_half() -> None:
    """
    The exact average is 63.3125 + 8.9375E-35, a tie at the fortieth digit: to the even neighbour.

    On the way there is a third, 1000 ÷ 3, whose noise must not decide it.
    """
    leg = _leg(
        _fold(
            make_fill("1", "buy", "2", "200", ts_ms=1),
            make_fill("2", "buy", "2", "300", ts_ms=2),
            make_fill("3", "buy", "2", "500", ts_ms=3),
            make_fill("4", "sell", "3", "400", ts_ms=4),
            make_fill("5", "buy", "13", f"1.{11:035}", ts_ms=5),
        )
    )
    assert str(leg.entry_price) == f"63.3125{8938:034}"


def test_profit_that_ends_in_a_half_is_rounded_as_a_half() -> None:
    """The exact profit is 2 + 1.5E-30, a tie at the thirtieth decimal, and a third was divided by on the way."""
    leg = _leg(
        _fold(
            make_fill("1", "buy", "2", "200", ts_ms=1),
            make_fill("2", "buy", "2", "300", ts_ms=2),
            make_fill("3", "buy", "2", "500", ts_ms=3),
            make_fill("4", "sell", "3", "400.00000000000000000000000000005", ts_ms=4),
        )
    )
    assert str(leg.realized_pnl) == "2.000000000000000000000000000002"


@pytest.mark.parametrize(
    ("forced", "left"), [("-9", Decimal(1)), ("", Decimal(1))], ids=["liquidation or deleveraging", "delivery"]
)
def test_forced_fills_and_deliveries_close_like_any_other(forced: str, left: Decimal) -> None:
    """They arrive as ordinary rows, with a negative trade id or none, and a bill id."""
    leg = _leg(
        _fold(
            make_fill("8", "buy", "3", "100", bill_id="1", ts_ms=1),
            make_fill(forced, "sell", "2", "90", bill_id="2", ts_ms=2),
        )
    )
    assert (leg.contracts, leg.entry_price, leg.realized_pnl) == (left, Decimal(100), Decimal("-0.2"))


def test_margin_short_whose_position_is_in_quote_currency_folds_in_base_currency() -> None:
    """Whatever the currency of the position is at the venue, fills count base currency."""
    margin = {"symbol": PAIR, "market_type": MarketType.MARGIN}
    leg = _leg(
        _fold(
            make_fill("1", "sell", "0.3", "100", ts_ms=1, fee="0.03", **margin),  # type: ignore[arg-type]
            make_fill("2", "sell", "0.1", "120", ts_ms=2, fee="0.012", **margin),  # type: ignore[arg-type]
        ),
        PAIR,
    )
    assert (leg.contracts, leg.entry_price, leg.direction) == (Decimal("-0.4"), Decimal(105), Direction.SHORT)
    assert leg.fees == (FeeTotal("USDT", Decimal("0.042")),)


def test_no_fills_are_no_legs() -> None:
    """Nothing in, nothing claimed."""
    result = _fold()
    assert (result.legs, result.holdings, result.fill_count) == ((), (), 0)
