"""The stores of fills and bills: packed, indexed, paged, and equal to what was put in."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.venues.sim.engine.ledger import Ledger, Stamp
from dualwitness.venues.sim.engine.packing import Packer
from dualwitness.venues.sim.engine.paging import page, page_ask
from dualwitness.venues.sim.engine.sorted_numbers import common_numbers
from tests.support.engine_desk import open_desk

SWAP, PAIR = "BTC-USDT-SWAP", "BTC-USDT"


@dataclass(frozen=True)
class Entry:
    """A small record."""

    number: int
    ts_ms: int
    colour: str
    shape: str
    amount: Decimal | None = None


def opened() -> Ledger[Entry]:
    """An empty ledger of entries."""
    labels = ("colour", "shape")
    return Ledger(
        Packer(Entry, {}),
        lambda one: Stamp(one.number, one.ts_ms, tuple((name, getattr(one, name)) for name in labels)),
    )


ENTRIES = st.lists(
    st.builds(
        Entry,
        number=st.integers(1, 10**6),
        ts_ms=st.integers(0, 50),
        colour=st.sampled_from(("red", "blue")),
        shape=st.sampled_from(("round", "square", "")),
        amount=st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=6),
    ),
    max_size=30,
    unique_by=lambda one: one.number,
)
QUESTIONS = st.fixed_dictionaries(
    {},
    optional={
        "after": st.integers(0, 10**6).map(str),
        "before": st.integers(0, 10**6).map(str),
        "begin": st.integers(0, 50).map(str),
        "end": st.integers(0, 50).map(str),
        "limit": st.integers(1, 8).map(str),
    },
)
FILTERS = st.fixed_dictionaries(
    {}, optional={"colour": st.sampled_from(("red", "blue", "green")), "shape": st.sampled_from(("round", ""))}
)


@given(ENTRIES, QUESTIONS, FILTERS, st.booleans(), st.booleans(), st.integers(0, 50))
def test_page_of_a_ledger_is_the_page_of_a_walk_over_all_records(
    entries: list[Entry],
    params: dict[str, str],
    filters: dict[str, str],
    nearest: bool,
    times_grow: bool,
    since_ms: int,
) -> None:
    """Whatever order records come in, and also where the clock was turned back."""
    if times_grow:
        times = sorted(one.ts_ms for one in entries)
        by_number = sorted(entries, key=lambda one: one.number)
        entries = [
            Entry(one.number, ts_ms, one.colour, one.shape, one.amount)
            for one, ts_ms in zip(by_number, times, strict=True)
        ]
    ledger = opened()
    ledger.extend(entries)
    wanted = [
        one
        for one in entries
        if one.ts_ms >= since_ms and all(getattr(one, name) == word for name, word in filters.items())
    ]
    walked = page(wanted, params, cursor=lambda one: one.number, time_ms=lambda one: one.ts_ms, nearest=nearest)
    assert ledger.page(page_ask(params, nearest=nearest), filters, since_ms) == walked
    assert list(ledger) == sorted(entries, key=lambda one: one.number)


@given(
    st.lists(st.lists(st.lists(st.integers(0, 40), unique=True).map(sorted), min_size=1, max_size=3), max_size=3),
    st.integers(0, 20),
    st.integers(20, 45),
    st.integers(1, 6),
    st.booleans(),
)
def test_common_numbers_are_those_of_set_arithmetic(
    choices: list[list[list[int]]], low: int, high: int, size: int, oldest_first: bool
) -> None:
    """Intersection of unions, cut at the asked end."""
    common = set(range(low, high))
    for choice in choices:
        common &= set().union(*choice)
    every = sorted(common, reverse=True)
    expected = every[-size:] if oldest_first else every[:size]
    assert common_numbers(choices, low, high, size, oldest_first=oldest_first) == expected


def test_fills_and_bills_come_back_equal_to_what_was_stored() -> None:
    """A packed record has every field of the original, its instrument and a bill's fill included."""
    desk = open_desk()
    order = desk.order(PAIR, "buy", "0.3", tgtCcy="base_ccy", clOrdId="a1")
    desk.order(SWAP, "sell", "2", tdMode="isolated")
    fills, bills = list(desk.account.fills), list(desk.account.bills)
    assert fills[0].instrument is desk.account.instruments[PAIR]
    assert (fills[0].ord_id, fills[0].cl_ord_id, fills[0].sz) == (order["ordId"], "a1", Decimal("0.3"))
    traded = [bill for bill in bills if bill.fill is not None]
    assert [bill.fill for bill in traded] == [fills[0], fills[0], *fills[1:]]
    assert traded[-1].margin_change > 0


def test_bill_of_a_fill_that_is_not_stored_cannot_be_read() -> None:
    """A bill must not refer to nothing."""
    desk = open_desk()
    desk.order(SWAP, "buy", "1")
    with pytest.raises(KeyError):
        desk.account.fills.with_id("1")


def test_packer_refuses_a_field_that_it_cannot_spell() -> None:
    """A new type in a record is noticed when the store is built, not when a row is read."""

    @dataclass(frozen=True)
    class Odd:
        """Holds a float."""

        weight: float

    with pytest.raises(TypeError, match="weight"):
        Packer(Odd, {"float": (str, float)})
