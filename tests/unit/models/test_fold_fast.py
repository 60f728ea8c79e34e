"""The quick way through many fills tells the same as the careful one, and says nothing where it cannot."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from decimal import Decimal
from random import Random

import pytest

from dualwitness.models import Fill, FoldResult, History, MarketType, NullReason, PositionMode
from dualwitness.models import fold as fold_module
from dualwitness.models.fold import fold_fills, fold_lines
from dualwitness.models.fold_cost import OpenCost
from dualwitness.models.fold_line import FillLine, lines_of
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR, OPTION, PAIR, make_fill
from tests.support.fold_oracle import fills_of, random_steps

HISTORIES = 5_000 if os.environ.get("DUALWITNESS_FULL") == "1" else 300
SPOT = {"symbol": PAIR, "market_type": MarketType.SPOT}


def carefully(lines: Iterable[FillLine], mode: PositionMode, monkeypatch: pytest.MonkeyPatch) -> FoldResult:
    """The fold with the quick way closed."""
    with monkeypatch.context() as patch:
        patch.setattr(fold_module, "_quickly", fold_module._carefully)
        return fold_lines(lines, INSTRUMENTS, mode, history_complete=True)


class Passing:
    """Lines that can be gone through again and again, and are counted each time."""

    def __init__(self, lines: list[FillLine]) -> None:
        self._lines = lines
        self.times = 0

    def __iter__(self) -> Iterator[FillLine]:
        self.times += 1
        return iter(self._lines)


def damaged(random: Random, fill: Fill) -> Fill:
    """The fill with one thing that does not fit."""
    name = random.choice(["side", "price", "contracts", "fee", "ts_venue_ms", "trade_id", "bill_id", "position_side"])
    if random.random() < 0.5:
        return fill.model_copy(update={name: None, "reasons": {**fill.reasons, name: NullReason.BLANK}})
    twisted = {"price": Decimal("1E+400"), "contracts": Decimal(0), "trade_id": "0", "bill_id": "abc", "ts_venue_ms": 7}
    return fill.model_copy(update={"fee": Decimal("1E-400"), **({name: twisted[name]} if name in twisted else {})})


def test_both_ways_tell_the_same_of_any_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Copies, damage, any order of arrival, all modes: not one digit, reason or duplicate differs."""
    for seed in range(HISTORIES):
        random = Random(seed)
        mode = random.choice(list(PositionMode))
        fills, _ = fills_of(random_steps(random, 30), mode, wide_ids=random.random() < 0.7)
        for at in range(len(fills)):
            if random.random() < 0.03:
                fills[at] = damaged(random, fills[at])
        fills += random.choices(fills, k=random.choice([0, 0, 3])) if fills else []
        if random.random() < 0.5:
            random.shuffle(fills)
        lines = list(lines_of(fills))
        quick = fold_lines(lines, INSTRUMENTS, mode, history_complete=True)
        assert quick == carefully(lines, mode, monkeypatch)
        assert quick == fold_fills(fills, INSTRUMENTS, mode, history_complete=True)
        assert quick == fold_lines(Passing(lines), INSTRUMENTS, mode, history_complete=True)
        assert quick == fold_lines(iter(lines), INSTRUMENTS, mode, history_complete=True)


def test_quick_way_is_the_one_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fills in time with ids that rise, with some copies among them, never go the careful way."""

    def refuse(*_: object) -> None:
        raise AssertionError

    fills, _ = fills_of(random_steps(Random(1), 60), PositionMode.LONG_SHORT)
    fills = [fill.model_copy(update={"trade_id": str(10**6 + at)}) for at, fill in enumerate(fills)]
    spot = [make_fill(str(at), "buy", "1", "9", bill_id=str(at), ts_ms=at, **SPOT) for at in range(1, 9)]  # type: ignore[arg-type]
    option = make_fill(
        "5", "sell", "1", "9", bill_id="5", symbol=OPTION, market_type=MarketType.OPTION, position_side=None
    )
    bare = [make_fill(str(at), "buy", "1", "9", symbol="ETH/USDT:USDT", ts_ms=at) for at in range(1, 9)]
    monkeypatch.setattr(fold_module, "_add", refuse)
    monkeypatch.setattr(fold_module, "identified", refuse)
    result = fold_fills(
        [*fills, *fills[5:9], *spot, *spot[2:4], option], INSTRUMENTS, PositionMode.LONG_SHORT, history_complete=True
    )
    assert (len(result.duplicates), result.fill_count) == (6, len(fills) + 9)
    net = fold_fills(bare, INSTRUMENTS, history_complete=True)
    assert [leg.contracts for leg in net.legs] == [8]


@pytest.mark.parametrize(("apart", "times"), [(5, 1), (150, 2)])
def test_what_can_be_read_again_is_read_again_only_if_it_must(apart: int, times: int) -> None:
    """A copy from the page before is known at once; one from long ago has the instrument read a second time."""
    fills = [make_fill(str(10**6 + at), "buy", "1", "9", bill_id=str(10**6 + at), ts_ms=at) for at in range(200)]
    lines = list(lines_of(fills))
    passing = Passing(
        [*lines, lines[-apart], *lines_of([make_fill("7", "buy", "1", "9", symbol=INVERSE, bill_id="7")])]
    )
    result = fold_lines(passing, INSTRUMENTS, history_complete=True)
    assert passing.times == times
    assert (len(result.duplicates), result.fill_count, [leg.contracts for leg in result.legs]) == (1, 201, [1, 200])


@pytest.mark.parametrize(("start_ms", "expected"), [(50, 10), (51, None)])
def test_flat_start_counts_in_the_quick_way_as_well(start_ms: int, expected: int | None) -> None:
    """A fill before the moment at which nothing was held contradicts it."""
    fills = [make_fill(str(10 + at), "buy", "1", "9", bill_id=str(10 + at), ts_ms=50 + at) for at in range(10)]
    history = History(since_ms=start_ms, flat_start="proven")
    leg = fold_fills(fills, INSTRUMENTS, history=history).leg(LINEAR)
    assert leg is not None
    assert leg.contracts == expected


def test_line_made_by_hand_with_a_number_that_no_venue_means_is_no_number() -> None:
    """Whoever makes lines vouches for them; where the word is broken, the leg is null all the same."""
    (good,) = lines_of([make_fill("1", "buy", "1", "100", bill_id="1")])
    for name in ("price", "contracts"):
        for value in ("NaN", "sNaN", "Infinity", "1E+400", "-1"):
            if (name, value) == ("price", "-1"):
                continue
            line = good._replace(**{name: Decimal(value)})
            other = good._replace(trade_id="2", bill_id="2", ts_venue_ms=(good.ts_venue_ms or 0) + 1)
            leg = fold_lines([line, other], INSTRUMENTS, history_complete=True).leg(LINEAR)
            assert leg is not None
            assert leg.value_or_reason("contracts") == (None, NullReason.CONFLICT)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+400"])
def test_fee_made_by_hand_that_no_venue_means_makes_the_fees_unknown(value: str) -> None:
    """And leaves the contracts."""
    (good,) = lines_of([make_fill("1", "buy", "1", "100", bill_id="1")])
    other = good._replace(trade_id="2", bill_id="2", ts_venue_ms=(good.ts_venue_ms or 0) + 1)
    lines = [good._replace(fee=Decimal(value)), other._replace(fee=Decimal("0.001"))]
    leg = fold_lines(lines, INSTRUMENTS, history_complete=True).leg(LINEAR)
    assert leg is not None
    assert (leg.contracts, leg.value_or_reason("fees")) == (2, (None, NullReason.CONFLICT))


def test_lines_of_fills_carry_damaged_numbers_as_null() -> None:
    """Among a thousand good ones the bad one is found."""
    fills = [make_fill(str(at), "buy", "1", "100", bill_id=str(at)) for at in range(1, 1001)]
    fills[700] = make_fill("701", "buy", "1", "1E+31", fee="1E-61", bill_id="701")
    lines = list(lines_of(fills))
    assert [line.price for line in lines].count(None) == 1
    assert (lines[700].price, lines[700].fee, lines[700].contracts) == (None, None, 1)
    assert [lines[700].why(name) for name in ("price", "fee")] == [NullReason.CONFLICT] * 2
    assert hash(lines[0]) == hash(lines[0]._replace())


def test_inverse_price_that_is_not_above_zero_never_divides() -> None:
    """Zero and less are no prices of a contract that is worth quote currency."""
    for price in ("0", "-5"):
        fills = [
            make_fill("1", "buy", "1", "100", symbol=INVERSE, bill_id="1", ts_ms=1),
            make_fill("2", "buy", "1", price, symbol=INVERSE, bill_id="2", ts_ms=2),
        ]
        leg = fold_fills(fills, INSTRUMENTS, history_complete=True).leg(INVERSE)
        assert leg is not None
        assert leg.value_or_reason("contracts") == (None, NullReason.CONFLICT)


def test_both_ways_share_one_arithmetic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turned off in one place it is gone from both."""
    monkeypatch.setattr(OpenCost, "add", lambda *_: None)
    lines = list(lines_of([make_fill("1", "buy", "1", "100", bill_id="1")]))
    for result in (
        fold_lines(lines, INSTRUMENTS, history_complete=True),
        carefully(lines, PositionMode.NET, monkeypatch),
    ):
        leg = result.leg(LINEAR)
        assert leg is not None
        assert leg.contracts == 0
