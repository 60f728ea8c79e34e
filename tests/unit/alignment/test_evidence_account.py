"""Evidence of the account: fills once, fees worked out by hand, contract sizes that they imply, one position mode."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.evidence import conflicts, expected_fee
from dualwitness.alignment.judge import Draft
from dualwitness.models import AccountLevel, Fact, Instrument, Severity
from dualwitness.models.observation import Observation
from tests.support.observations import (
    INVERSE,
    LINEAR,
    SPOT,
    account_config,
    bill,
    fee_rates,
    fill,
    inverse_swap,
    linear_swap,
    observed,
    order,
    position,
    spot_pair,
    world,
)

ONCE = "an-execution-is-listed-once"
FEE = "a-fee-is-price-times-size-times-rate"
CURRENCY = "a-fee-is-taken-in-a-currency-of-the-instrument"
SIZE = "profit-and-fees-imply-the-contract-size"
MODE = "positions-show-the-position-mode"


def found_by(rule: str, *answers: Observation) -> list[Draft]:
    """What one rule finds in a world."""
    return [one for one in conflicts(world(*answers)) if one.rule == rule]


def fills(*rows: Fact) -> Observation:
    """The account's executions."""
    return observed("get_fills", *rows)


@pytest.mark.parametrize("count", [2, 3])
def test_an_execution_that_is_listed_again_is_a_conflict(count: int) -> None:
    """The fees and sizes of a doubled row would count twice."""
    (found,) = found_by(ONCE, fills(*[fill()] * count))
    assert found.ccxt.value == f"{count} rows with trade id 21"
    assert found.row_key == f"{LINEAR}|21"
    assert "not every time the same" not in found.reason


def test_an_execution_that_is_listed_again_with_other_contents_says_so() -> None:
    """Two tellings of one execution are worse than one told twice."""
    (found,) = found_by(ONCE, fills(fill(), fill(price="101")))
    assert "not every time the same" in found.reason


def test_executions_with_ids_of_their_own_are_no_conflict() -> None:
    """A trade id is unique for its instrument alone, and rows without any cannot be told apart."""
    rows = fill(), fill(trade_id="22"), fill(symbol=INVERSE), fill(trade_id=None), fill(trade_id=None)
    assert found_by(ONCE, fills(*rows)) == []


def test_both_sides_of_a_match_with_oneself_share_a_trade_id_and_are_no_conflict() -> None:
    """Two orders, opposite sides; two rows of one order, or of one bill, are a copy all the same."""
    bought = fill(side="buy", venue_order_id="1", bill_id="11")
    assert found_by(ONCE, fills(bought, fill(side="sell", venue_order_id="2", bill_id="12"))) == []
    for copy in (
        fill(side="sell", venue_order_id="1", bill_id="12"),
        fill(side="buy", venue_order_id="2", bill_id="12"),
        fill(side="sell", venue_order_id="2", bill_id="11"),
        fill(side="sell", venue_order_id=None, bill_id="12"),
    ):
        assert len(found_by(ONCE, fills(bought, copy))) == 1


# Rates: maker -0.0002 (a rebate), taker 0.0005; every fee is worked out by hand.
FEES = [
    ("spot buy in base", spot_pair(), {"symbol": SPOT, "contracts": "2", "fee_currency": "BTC"}, "0.0010"),
    (
        "spot sell in quote",
        spot_pair(),
        {"symbol": SPOT, "side": "sell", "contracts": "2", "price": "30000", "fee_currency": "USDT"},
        "30",
    ),
    ("linear", linear_swap(), {"contracts": "7", "price": "50000"}, "1.75"),
    ("linear maker rebate", linear_swap(), {"contracts": "7", "price": "50000", "liquidity": "maker"}, "-0.7"),
    (
        "inverse",
        inverse_swap(),
        {"symbol": INVERSE, "contracts": "4", "price": "40000", "fee_currency": "BTC"},
        "0.000005",
    ),
    ("spot in a third currency", spot_pair(), {"symbol": SPOT, "fee_currency": "OKB"}, None),
    ("no price", linear_swap(), {"price": None}, None),
    ("price of zero", inverse_swap(), {"symbol": INVERSE, "price": "0"}, None),
    ("no size", linear_swap(), {"contracts": None}, None),
    ("neither maker nor taker", linear_swap(), {"liquidity": None}, None),
    ("no contract size", linear_swap(contract_size=None), {}, None),
    ("neither linear nor inverse", linear_swap(linear=None, inverse=None), {}, None),
    ("option", linear_swap(market_type="option", option_type="call"), {}, None),
]


@pytest.mark.parametrize(("instrument", "parts", "fee"), [case[1:] for case in FEES], ids=[case[0] for case in FEES])
def test_expected_fee_is_what_a_person_works_out(
    instrument: Instrument, parts: dict[str, Any], fee: str | None
) -> None:
    """Positive was paid, negative was received; null where it cannot be known."""
    rates = fee_rates("-0.0002", "0.0005", symbol=instrument.symbol)
    assert expected_fee(fill(**parts), rates, instrument) == (None if fee is None else Decimal(fee))


@pytest.mark.parametrize("liquidity", ["maker", "taker"])
def test_expected_fee_is_unknown_without_the_rate_of_that_side(liquidity: str) -> None:
    """The other side's rate is no substitute."""
    rates = fee_rates(None, "0.0005") if liquidity == "maker" else fee_rates("-0.0002", None)
    assert expected_fee(fill(liquidity=liquidity), rates, linear_swap()) is None


def fee_conflicts(maker: str | None, taker: str | None, **parts: Any) -> list[Draft]:
    """What is found of one fill of two contracts at 50000: the notional is 1000 USDT."""
    answers = (
        observed("get_instruments", linear_swap()),
        observed("get_fee_rates", fee_rates(maker, taker), symbol=LINEAR),
        fills(fill(contracts="2", price="50000", **parts)),
    )
    return found_by(FEE, *answers)


@pytest.mark.parametrize(
    ("fee", "count"), [("0.5", 0), ("0.5005", 0), ("0.50051", 1), ("0.4995", 0), ("0.49949", 1), ("5", 1), ("0", 1)]
)
def test_a_fee_may_be_off_by_a_thousandth_and_no_more(fee: str, count: int) -> None:
    """Half a USDT is expected; the edges belong to what is allowed."""
    assert len(fee_conflicts("-0.0002", "0.0005", fee=fee)) == count


def test_a_fee_of_the_wrong_sign_is_a_conflict_that_says_so() -> None:
    """A cost is no rebate, however small the number."""
    (found,) = fee_conflicts("-0.0002", "0.0005", fee="-0.5")
    assert "costs 0.5" in found.reason
    assert found.expected is not None
    assert Decimal(found.expected.value or "") == Decimal("0.5")
    (rebate,) = fee_conflicts("-0.0002", "0.0005", fee="0.2", liquidity="maker")
    assert rebate.field == "fee"
    assert fee_conflicts("-0.0002", "0.0005", fee="-0.2", liquidity="maker") == []


def test_a_fee_where_the_rate_is_zero_must_be_zero() -> None:
    """A tolerance of a thousandth of nothing is nothing."""
    assert fee_conflicts("0", "0", fee="0") == []
    assert len(fee_conflicts("0", "0", fee="0.0000001")) == 1


@pytest.mark.parametrize(
    "case", [{"fee": None}, {"fee": "9", "liquidity": None}, {"fee": "9", "symbol": "ETH/USDT:USDT"}]
)
def test_a_fee_that_cannot_be_worked_out_is_no_conflict(case: dict[str, Any]) -> None:
    """Without fee, side of the match, rates or instrument nothing is held against anything."""
    assert fee_conflicts("-0.0002", "0.0005", **case) == []
    assert fee_conflicts(None, None, fee="9") == []


@pytest.mark.parametrize(
    ("instrument", "parts", "count"),
    [
        (linear_swap(), {"fee_currency": "USDT"}, 0),
        (linear_swap(), {"fee_currency": "BTC"}, 1),
        (linear_swap(), {"fee_currency": None}, 0),
        (linear_swap(settle=None), {"fee_currency": "BTC"}, 0),
        (spot_pair(), {"symbol": SPOT, "fee_currency": "BTC"}, 0),
        (spot_pair(), {"symbol": SPOT, "fee_currency": "USDT"}, 0),
        (spot_pair(), {"symbol": SPOT, "fee_currency": "ETH"}, 1),
        (inverse_swap(), {"fee_currency": "BTC"}, 0),
    ],
)
def test_a_fee_in_a_currency_that_the_instrument_does_not_know_is_a_conflict(
    instrument: Instrument, parts: dict[str, Any], count: int
) -> None:
    """Contracts are settled in one currency, a pair knows two; what is unknown contradicts nothing."""
    assert len(found_by(CURRENCY, observed("get_instruments", instrument), fills(fill(**parts)))) == count


def size_conflicts(size: str, *, pnl: str | None = "2", fee: str = "0.5", **parts: Any) -> list[Draft]:
    """
    What is found of a long of two contracts from 50000 to 50100, bought by one fill.

    With contracts of 0.01 BTC the profit is 2 USDT, and the fee of the purchase at a rate of 0.0005 is 0.5 USDT.
    """
    held: dict[str, Any] = {"entry_price": "50000", "mark_price": "50100", "unrealized_pnl": pnl}
    return found_by(
        SIZE,
        observed("get_instruments", linear_swap(contract_size=size)),
        observed("get_fee_rates", fee_rates("0", "0.0005"), symbol=LINEAR),
        observed("get_positions", position(**held | parts)),
        fills(fill(price="50000", fee=fee)),
    )


@pytest.mark.parametrize(("size", "count"), [("0.01", 0), ("0.0101", 0), ("0.1", 1), ("1", 1), ("0.001", 1)])
def test_contract_size_that_profit_and_fees_deny_together_is_a_conflict(size: str, count: int) -> None:
    """Both imply 0.01; whatever else the list says is wrong, beyond a hundredth for rounding."""
    found = size_conflicts(size)
    assert len(found) == count
    for one in found:
        assert one.expected is not None
        assert (one.operation, one.field, one.expected.value) == ("get_instruments", "contract_size", "0.01")


@pytest.mark.parametrize(
    "parts",
    [{"pnl": "20"}, {"fee": "5"}, {"pnl": None}, {"mark_price": "50000"}, {"mark_price": None}, {"contracts": "0"}],
    ids=["profit alone differs", "fee alone differs", "no profit", "no move", "no mark", "no contracts"],
)
def test_contract_size_that_only_one_source_denies_is_no_conflict(parts: dict[str, Any]) -> None:
    """One alone may itself be wrong; where the price has not moved, profit implies nothing."""
    assert size_conflicts("0.1", **parts) == []


def test_contract_size_of_an_inverse_swap_is_implied_by_reciprocal_prices() -> None:
    """Four contracts of 100 USD from 40000 to 50000 earn 0.002 BTC; the fee at 40000 is 0.000005 BTC."""
    for size, count in (("100", 0), ("10", 1)):
        listed = inverse_swap().model_copy(update={"contract_size": Decimal(size)})
        held = position(symbol=INVERSE, contracts="4", entry_price="40000", mark_price="50000", unrealized_pnl="0.002")
        paid = fill(symbol=INVERSE, contracts="4", price="40000", fee="0.000005", fee_currency="BTC")
        answers = (
            observed("get_instruments", listed),
            observed("get_fee_rates", fee_rates("0", "0.0005", symbol=INVERSE), symbol=INVERSE),
            observed("get_positions", held),
            fills(paid),
        )
        assert len(found_by(SIZE, *answers)) == count


@pytest.mark.parametrize(
    ("config", "rows", "count"),
    [
        ("net", (position(),), 0),
        ("net", (position(position_mode="long_short"),), 1),
        ("long_short", (position(position_mode="long_short"),), 0),
        ("long_short", (position(),), 1),
        ("long_short", (position(market_type="option"),), 0),
        ("long_short", (position(), position(position_mode="long_short", venue_position_id="8")), 0),
        ("long_short", (position(position_mode=None),), 0),
        ("long_short", (), 0),
        (None, (position(),), 0),
    ],
)
def test_position_mode_of_the_account_is_held_against_its_positions(
    config: str | None, rows: tuple[Fact, ...], count: int
) -> None:
    """In net mode nothing has sides; in long/short mode contracts have them, options need not."""
    answers = observed("get_account_config", account_config(config)), observed("get_positions", *rows)
    assert len(found_by(MODE, *answers)) == count


def booked(fee: str) -> Observation:
    """The bill of the fill, with its fee in its currency."""
    return observed("get_bills", bill(fee=fee, change=f"-{fee}", balance="999"))


def test_fee_that_was_booked_is_right_and_the_account_s_rate_is_wrong() -> None:
    """Twice what the rate gives, in the fill and in its bill: named at the rate, not at the fill."""
    rates = observed("get_fee_rates", fee_rates("0.0002", "0.0005", symbol=LINEAR), symbol=LINEAR)
    answers = observed("get_instruments", linear_swap()), rates, fills(fill(fee="0.002"))
    (alone,) = found_by(FEE, *answers)
    (settled,) = found_by(FEE, *answers, booked("0.002"))
    assert (alone.operation, alone.field) == ("get_fills", "fee")
    assert (settled.operation, settled.field) == ("get_fee_rates", "taker")
    (unsettled,) = found_by(FEE, *answers, booked("0.001"))
    assert (unsettled.operation, unsettled.field) == ("get_fills", "fee")


def test_fee_that_was_booked_and_fits_the_other_liquidity_names_the_liquidity() -> None:
    """A taker's fee of a fill that calls itself a maker's; as severe as a wrong fee."""
    rates = observed("get_fee_rates", fee_rates("0.0002", "0.0005", symbol=LINEAR), symbol=LINEAR)
    rows = fills(fill(fee="0.001", liquidity="maker"))
    (found,) = found_by(FEE, observed("get_instruments", linear_swap()), rates, rows, booked("0.001"))
    assert (found.operation, found.field, found.severity) == ("get_fills", "liquidity", Severity.S2)
    assert found.expected is not None
    assert found.expected.value == "taker"


@pytest.mark.parametrize("held", ["position", "order", "nothing", "pair"])
def test_account_level_allows_what_is_held_and_ordered(held: str) -> None:
    """An account that trades spot alone neither holds nor orders contracts."""
    rows = {
        "position": observed("get_positions", position()),
        "order": observed("get_open_orders", order(state="live", filled_contracts="0")),
        "nothing": observed("get_positions"),
        "pair": observed("get_open_orders", order(symbol=SPOT, state="live", filled_contracts="0")),
    }
    rule = "the-account-level-allows-what-is-held"
    spot = account_config().model_copy(update={"account_level": AccountLevel.SPOT})
    assert len(found_by(rule, observed("get_account_config", spot), rows[held])) == (held in ("position", "order"))
    assert found_by(rule, observed("get_account_config", account_config()), rows[held]) == []
