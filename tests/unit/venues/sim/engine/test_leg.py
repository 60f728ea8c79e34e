"""Position arithmetic against numbers worked out by hand, a recorded answer, and an oracle in fractions."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.venues.sim.engine.amounts import CONTEXT, ratio
from dualwitness.venues.sim.engine.leg import Leg, LegFill, applied, entry_price
from dualwitness.venues.sim.engine.valuation import (
    break_even_price,
    liquidation_price,
    maintenance_margin,
    opening_margin,
    profit,
)
from tests.support.engine_desk import instrument
from tests.support.shared import require_shared

LINEAR, INVERSE = "BTC-USDT-SWAP", "ETH-USD-SWAP"


def flat(inst_id: str, mgn_mode: str = "cross", lever: str = "5") -> Leg:
    return Leg(instrument(inst_id), mgn_mode, "net", "1", Decimal(lever), 0, 0)


def filled(leg: Leg, signed: str, px: str, fee: str = "0") -> Leg:
    return applied(leg, LegFill(Decimal(signed), Decimal(px), Decimal(fee), "7", 5)).leg


def test_linear_long_built_by_two_fills_has_their_average_and_its_profit() -> None:
    """2 at 50000 and 1 at 50300 average 50100; selling 1.5 at 50400 earns 1.5 × 0.01 × 300 = 4.5 USDT."""
    leg = filled(filled(flat(LINEAR), "2", "50000"), "1", "50300")
    assert entry_price(leg) == Decimal(50100)
    change = applied(leg, LegFill(Decimal("-1.5"), Decimal(50400), Decimal("-0.25"), "8", 9))
    assert (change.pnl, change.leg.contracts, entry_price(change.leg)) == (
        Decimal("4.5"),
        Decimal("1.5"),
        Decimal(50100),
    )
    assert change.leg.realized == Decimal("4.25")
    assert change.finished is None


def test_inverse_short_earns_coin_by_the_difference_of_reciprocals() -> None:
    """100 contracts of 10 USD sold at 2500, bought at 2000: 1000 × (1/2000 − 1/2500) = 0.1 ETH."""
    leg = filled(flat(INVERSE), "-100", "2500")
    assert applied(leg, LegFill(Decimal(100), Decimal(2000), Decimal(0), "8", 9)).pnl == Decimal("0.1")


def test_inverse_entry_of_two_prices_is_their_harmonic_average() -> None:
    """Equal contracts at 2000 and 3000 average 2400."""
    leg = filled(filled(flat(INVERSE), "10", "2000"), "10", "3000")
    assert entry_price(leg) == Decimal(2400)


def test_fill_larger_than_the_position_closes_it_and_opens_the_rest() -> None:
    """3 long at 50000, sell 7 at 50500: 15 USDT earned, 4 short at 50500, the fee shared 3 to 4."""
    change = applied(filled(flat(LINEAR), "3", "50000"), LegFill(Decimal(-7), Decimal(50500), Decimal("-0.7"), "8", 9))
    assert (change.pnl, change.leg.contracts, entry_price(change.leg)) == (Decimal(15), Decimal(-4), Decimal(50500))
    assert change.finished is not None
    assert (change.finished.fee, change.leg.fee) == (Decimal("-0.3"), Decimal("-0.4"))
    assert (change.leg.pnl, change.leg.created_ms, change.leg.long) == (Decimal(0), 9, False)


def test_isolated_position_takes_its_margin_and_gives_it_back_in_proportion() -> None:
    """4 contracts at 50000 and 5x need 400 USDT; closing one returns 100; closing all returns everything."""
    opened = applied(flat(LINEAR, "isolated"), LegFill(Decimal(4), Decimal(50000), Decimal(0), "1", 1))
    assert opened.margin_change == opened.leg.margin == Decimal(400)
    part = applied(opened.leg, LegFill(Decimal(-1), Decimal(51000), Decimal(0), "2", 2))
    assert (part.margin_change, part.leg.margin) == (Decimal(-100), Decimal(300))
    done = applied(part.leg, LegFill(Decimal(-3), Decimal(51000), Decimal(0), "3", 3))
    assert (done.leg.margin, done.leg.entry_value, done.leg.contracts) == (Decimal(0), Decimal(0), Decimal(0))


def test_recorded_isolated_inverse_position_is_computed_to_the_digit() -> None:
    """From contracts, average, mark, leverage and fee of a real row follow its margin, prices and ratios."""
    folder = require_shared() / "okx-payloads" / "ccxt" / "account_positions"
    path = folder / "fetchPosition_inverse_isolated_hedge_long.json"
    row = json.loads(path.read_text(encoding="utf-8"))["data"][0]
    one, taker = instrument(row["instId"]), Decimal("0.0005")
    contracts, average, mark = Decimal(row["pos"]), Decimal(row["avgPx"]), Decimal(row["markPx"])
    margin = opening_margin(one, contracts, average, Decimal(row["lever"]))
    upl = profit(one, contracts, average, mark)
    mmr = maintenance_margin(one, contracts, mark)
    liquidation = liquidation_price(one, contracts, average, margin, taker)
    break_even = break_even_price(one, contracts, average, Decimal(row["realizedPnl"]), taker)
    assert liquidation is not None
    assert break_even is not None
    step = Decimal("1E-16")
    assert margin.quantize(step, ROUND_HALF_EVEN) == Decimal(row["margin"])
    assert mmr.quantize(step, ROUND_HALF_EVEN) == Decimal(row["mmr"])
    assert upl.quantize(step, ROUND_HALF_EVEN) == Decimal(row["upl"])
    # OKX computes these three in binary: 14 figures are what it has.
    assert abs(ratio(upl / margin) - Decimal(row["uplRatio"])) < Decimal("1E-15")
    assert abs(liquidation - Decimal(row["liqPx"])) < Decimal("0.00001")
    assert abs(break_even - Decimal(row["bePx"])) < Decimal("0.00001")


FILLS = st.lists(
    st.tuples(
        st.integers(min_value=-400, max_value=400).filter(bool),
        st.integers(min_value=200_000, max_value=900_000),
    ),
    min_size=1,
    max_size=25,
)


class Oracle:
    """Net position in fractions: average cost, harmonic for inverse contracts."""

    def __init__(self, inverse: bool, size: Fraction) -> None:
        self.inverse, self.size = inverse, size
        self.held = Fraction(0)
        self.entry: Fraction | None = None
        self.pnl = Decimal(0)

    def trade(self, signed: Fraction, px: Fraction) -> None:
        closing = min(abs(self.held), abs(signed)) if self.held * signed < 0 else Fraction(0)
        if closing and self.entry is not None:
            way = 1 if self.held > 0 else -1
            per = 1 / self.entry - 1 / px if self.inverse else px - self.entry
            self.pnl += booked(way * closing * self.size * per)
            self.held -= way * closing
        opening = abs(signed) - closing
        if opening:
            old = abs(self.held)
            if not old or self.entry is None:
                self.entry = px
            elif self.inverse:
                self.entry = (old + opening) / (old / self.entry + opening / px)
            else:
                self.entry = (old * self.entry + opening * px) / (old + opening)
            self.held += opening if signed > 0 else -opening
        if not self.held:
            self.entry = None


def booked(value: Fraction) -> Decimal:
    """Round to 16 decimals, half to even, without any decimal arithmetic."""
    return Decimal(round(value * 10**16)).scaleb(-16)


@pytest.mark.parametrize("inst_id", [LINEAR, INVERSE])
@given(fills=FILLS)
def test_random_fills_give_exactly_what_fractions_give(inst_id: str, fills: list[tuple[int, int]]) -> None:
    """Quantity, entry and realised profit of any net-mode sequence, flips included, equal the oracle's."""
    leg = flat(inst_id)
    oracle = Oracle(leg.instrument.inverse, Fraction(leg.instrument.contract_size))
    total = Decimal(0)
    for number, (lots, ticks) in enumerate(fills):
        signed, px = Decimal(lots) / 100, Decimal(ticks) / 10
        change = applied(leg, LegFill(signed, px, Decimal(0), str(number), number))
        leg = change.leg
        with localcontext(CONTEXT):
            total += change.pnl
            oracle.trade(Fraction(signed), Fraction(px))
            entry = entry_price(leg)
            assert Fraction(leg.contracts) == oracle.held
            assert (entry is None) == (oracle.entry is None)
            if entry is not None and oracle.entry is not None:
                assert abs(Fraction(entry) - oracle.entry) < Fraction(1, 10**60)
            assert total == oracle.pnl
