"""Fee truth by hand: what was charged, what the rate gives, and what could not be checked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.costs.fees import fee_truth
from dualwitness.models import Fill
from tests.support.observations import INVERSE, LINEAR, SPOT, fee_rates, fill, inverse_swap, linear_swap, spot_pair

RATES = {symbol: fee_rates("-0.0001", "0.0005", symbol=symbol) for symbol in (LINEAR, INVERSE, SPOT)}
TABLE = {LINEAR: linear_swap(), INVERSE: inverse_swap(), SPOT: spot_pair()}


def truth(*fills: Fill) -> dict[str, Any]:
    """Of these fills, at these rates."""
    return fee_truth(fills, RATES, TABLE)


def test_fee_of_a_taker_as_the_rate_says_differs_by_nothing() -> None:
    """Two contracts of 0.01 at 100 are worth 2; five basis points of that are 0.001."""
    assert truth(fill(fee="0.001"))["by_currency"] == {
        "USDT": {
            "paid": {
                "fills": 1, "charged": "0.001", "expected": "0.001", "charged_bps": "5", "expected_bps": "5",
                "difference_bps": "0", "worst_difference_bps": "0",
            }
        }
    }  # fmt: skip


def test_fees_of_one_currency_are_kept_apart_by_their_sign() -> None:
    """Paid, rebated and free: a rebate that is called a cost is wrong by twice its size."""
    fills = (
        fill(fee="-0.0002", liquidity="maker"),
        fill(fee="0.0002", liquidity="maker"),
        fill(fee="0", liquidity="taker"),
    )
    told = truth(*fills)["by_currency"]["USDT"]
    assert told["rebate"]["difference_bps"] == "0"
    assert (told["paid"]["charged"], told["paid"]["difference_bps"]) == ("0.0002", "2")
    assert (told["free"]["fills"], told["free"]["difference_bps"]) == (1, "-5")


def test_fees_that_are_wrong_in_both_directions_do_not_hide_each_other() -> None:
    """The sum is right, the worst fill is not."""
    told = truth(fill(fee="0.0015"), fill(fee="0.0005"))["by_currency"]["USDT"]["paid"]
    assert (told["difference_bps"], told["worst_difference_bps"]) == ("0", "2.5")


@pytest.mark.parametrize(
    ("parts", "currency"),
    [
        ({"symbol": INVERSE, "fee": "0.001", "fee_currency": "BTC"}, "BTC"),
        ({"symbol": SPOT, "fee": "0.001", "fee_currency": "BTC"}, "BTC"),
        ({"symbol": SPOT, "fee": "0.1", "fee_currency": "USDT", "side": "sell"}, "USDT"),
    ],
)
def test_fee_in_each_contract_type_is_measured_in_its_own_currency(parts: dict[str, str], currency: str) -> None:
    """Inverse: 2 x 100 USD at 100 are 2 BTC; spot: 2 BTC bought, or 200 USDT sold; all at five basis points."""
    assert truth(fill(**parts))["by_currency"][currency]["paid"]["charged_bps"] == "5"


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"fee": None}, "blank"),
        ({"fee": "1", "fee_currency": None}, "blank"),
        ({"fee": "1", "symbol": "nowhere"}, "not_asked"),
        ({"fee": "1", "liquidity": None}, "absent"),
        ({"fee": "1", "price": None}, "absent"),
        ({"fee": "1", "price": "1e300"}, "conflict"),
        ({"fee": "1", "contracts": "0"}, "conflict"),
        ({"fee": "1", "symbol": SPOT, "fee_currency": "OKB"}, "unsupported"),
    ],
)
def test_fee_that_cannot_be_checked_is_counted_under_its_reason(parts: dict[str, str | None], reason: str) -> None:
    """Left out, it would look as if every fee had been right."""
    assert truth(fill(**parts)) == {"by_currency": {}, "unchecked": {reason: 1}}


def test_fee_without_a_rate_is_not_a_fee_at_a_rate_of_zero() -> None:
    """A null rate is unknown; a zero rate is a rate."""
    unknown = fee_truth([fill(fee="1")], {LINEAR: fee_rates(None, None)}, TABLE)
    assert unknown == {"by_currency": {}, "unchecked": {"absent": 1}}
    free = fee_truth([fill(fee="1")], {LINEAR: fee_rates("0", "0")}, TABLE)["by_currency"]["USDT"]["paid"]
    assert (free["expected_bps"], free["charged_bps"]) == ("0", "5000")
    assert Decimal(free["difference_bps"]) == 5000
