"""What bills add up to, where their chain breaks, and what the first of them proves."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from dualwitness.models import Bill, BillKind, NullReason
from dualwitness.models.fold_bills import CurrencyFold, fold_bills

NOTHING = dict.fromkeys(set(Bill.model_fields) - {"reasons"})


def bill(
    bill_id: str | None,
    change: str | None,
    balance: str | None,
    *,
    kind: BillKind | None = BillKind.TRADE,
    currency: str | None = "USDT",
    ts_ms: int | None = 5,
) -> Bill:
    """One bill; what is None is blank."""
    parts = NOTHING | {
        "bill_id": bill_id,
        "change": None if change is None else Decimal(change),
        "balance": None if balance is None else Decimal(balance),
        "kind": kind,
        "currency": currency,
        "ts_venue_ms": ts_ms,
    }
    return Bill.model_validate({**parts, "reasons": {key: "blank" for key, value in parts.items() if value is None}})


def folded(*bills: Bill) -> tuple[CurrencyFold, ...]:
    """The fold, after all orders of arrival were seen to give the same."""
    results = [fold_bills(each) for each in permutations(bills)]
    assert all(result == results[0] for result in results)
    return results[0]


def test_unbroken_chain_tells_sum_opening_and_closing() -> None:
    """A transfer into nothing, a trade and a funding: from zero to 95, kind by kind."""
    (usdt,) = folded(
        bill("9", "100", "100", kind=BillKind.TRANSFER),
        bill("10", "-3", "97"),
        bill("11", "-2.5", "94.5", kind=BillKind.FUNDING),
        bill("12", "0.5", "95", kind=BillKind.FUNDING),
    )
    assert (usdt.change, usdt.opening, usdt.closing, usdt.count) == (95, 0, 95, 4)
    assert dict(usdt.by_kind) == {BillKind.FUNDING: -2, BillKind.TRADE: -3, BillKind.TRANSFER: 100}
    assert (usdt.breaks, usdt.duplicates, dict(usdt.reasons)) == ((), (), {})
    assert usdt.starts_from_nothing


def test_first_bill_that_finds_something_proves_no_start_from_nothing() -> None:
    """50 were there before."""
    (usdt,) = folded(bill("1", "100", "150"))
    assert (usdt.opening, usdt.starts_from_nothing) == (50, False)


def test_missing_bill_is_a_break_at_the_one_after_it() -> None:
    """From 100 to 90 by a change of -3: 7 went somewhere else, and the start proves nothing any more."""
    (usdt,) = folded(bill("1", "100", "100"), bill("3", "-3", "90"), bill("4", "-1", "89"))
    assert usdt.breaks == ("3",)
    assert not usdt.starts_from_nothing


def test_currencies_are_folded_apart() -> None:
    """An execution on a pair has a bill in each of its currencies."""
    btc, usdt = folded(bill("1", "1", "1", currency="BTC"), bill("2", "-9", "-9"))
    assert (btc.currency, btc.change, usdt.currency, usdt.change) == ("BTC", 1, "USDT", -9)


def test_bill_that_comes_twice_is_counted_once() -> None:
    """Pages overlap."""
    (usdt,) = folded(bill("1", "100", "100"), bill("1", "100", "100"), bill("2", "1", "101"))
    assert (usdt.change, usdt.count, usdt.duplicates, usdt.breaks) == (101, 2, ("1",), ())


def test_bill_id_told_in_two_ways_is_a_break_and_no_sum() -> None:
    """Nobody picks one of two changes under one id."""
    (usdt,) = folded(bill("1", "100", "100"), bill("1", "90", "90"), bill("2", "1", "101"))
    assert (usdt.change, usdt.opening, usdt.closing) == (None, None, None)
    assert set(usdt.reasons.values()) == {NullReason.CONFLICT}
    assert dict(usdt.by_kind) == {BillKind.TRADE: None}
    assert "1" in usdt.breaks


@pytest.mark.parametrize("lacking", ["change", "balance"])
def test_bill_without_change_or_balance_breaks_the_chain(lacking: str) -> None:
    """Where a number is missing nothing is proven."""
    values: dict[str, str | None] = {"change": "1", "balance": "101"} | {lacking: None}
    (usdt,) = folded(bill("1", "100", "100"), bill("2", **values))
    assert "2" in usdt.breaks
    assert (usdt.change is None) == (lacking == "change")
    assert (usdt.closing is None) == (lacking == "balance")


@pytest.mark.parametrize("lacking", ["bill_id", "ts_ms"])
def test_bill_without_id_or_time_has_no_place_and_leaves_nothing_known(lacking: str) -> None:
    """It may be the first, and it may be a copy."""
    parts: dict[str, object] = {"bill_id": "2", "ts_ms": 6} | {lacking: None}
    (usdt,) = folded(bill("1", "100", "100"), bill(change="1", balance="101", **parts))  # type: ignore[arg-type]
    assert (usdt.change, usdt.opening, usdt.reasons["opening"]) == (None, None, NullReason.BLANK)
    assert not usdt.starts_from_nothing


def test_bill_of_no_currency_makes_every_sum_unknown() -> None:
    """It may be of any of them."""
    usdt, homeless = folded(bill("1", "100", "100"), bill("2", "-1", "5", currency=None))
    assert (usdt.change, usdt.reasons["change"]) == (None, NullReason.BLANK)
    assert (homeless.currency, homeless.count) == (None, 1)
    assert not usdt.starts_from_nothing


def test_bills_of_one_millisecond_are_chained_by_their_numbers() -> None:
    """Bill 9 comes before bill 10, though not as a text."""
    (usdt,) = folded(bill("10", "1", "101"), bill("9", "100", "100"))
    assert (usdt.opening, usdt.breaks) == (0, ())


def test_damaged_number_is_a_conflict() -> None:
    """1E+400 is no balance."""
    (usdt,) = folded(bill("1", "1", "1E+400"))
    assert (usdt.closing, usdt.reasons["closing"]) == (None, NullReason.CONFLICT)


def test_no_bills_are_no_currencies() -> None:
    """Nothing in, nothing claimed."""
    assert fold_bills([]) == ()
