"""A MARGIN position to the last digit: the documented long one, the captured short one, and that nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.venues.sim.engine.amounts import CONTEXT, money, plain
from dualwitness.venues.sim.engine.leg import Leg, LegFill, entry_price
from dualwitness.venues.sim.engine.margin_leg import margin_applied, owed
from dualwitness.venues.sim.engine.margin_value import (
    closing_cost,
    debt_value,
    held_amount,
    margin_liquidation_price,
    margin_maintenance,
    margin_profit,
    stake,
)
from dualwitness.venues.sim.instruments import INSTRUMENTS

TAKER = Decimal("0.001")


def flat(inst_id: str, mode: str, ccy: str, lever: str = "5") -> Leg:
    """A MARGIN position that holds nothing yet."""
    pair = next(one for one in INSTRUMENTS if one.inst_type == "MARGIN" and one.inst_id == inst_id)
    return Leg(pair, mode, "net", "1", Decimal(lever), 0, 0, margin_ccy=ccy)


def trade(side: str, sz: str | Decimal, px: str | Decimal) -> LegFill:
    """A taker's fill: a buy pays its fee in base, a sell in quote."""
    size, price = Decimal(sz), Decimal(px)
    fee = -money((size if side == "buy" else size * price) * TAKER)
    return LegFill(size if side == "buy" else -size, price, fee, "1", 1)


def test_captured_short_holds_its_proceeds_and_its_margin() -> None:
    """The capture in CCXT's pull request 16498: LTC-USDT isolated short, pos 12.00358728382 USDT, liab -0.113791."""
    leg = margin_applied(flat("LTC-USDT", "isolated", "USDT"), trade("sell", "0.113791", "87.98")).leg
    assert plain(leg.margin) == "2.002266436"
    assert plain(held_amount(leg)) == "12.00358728382"
    assert (plain(-owed(leg)), leg.contracts) == ("-0.113791", Decimal("-0.113791"))


def test_documented_long_is_opened_from_its_parts() -> None:
    """OKX docs v5: 100 USDT at 62961.4, fee in BTC, a fifth of it as BTC margin, rounded there to nine digits."""
    size = CONTEXT.divide(Decimal(100), Decimal("62961.4")).quantize(Decimal("1E-16"))
    leg = margin_applied(flat("BTC-USDT", "isolated", "BTC"), trade("buy", size, "62961.4")).leg
    assert leg.margin.quantize(Decimal("1E-9")) == Decimal("0.000317655")
    assert abs(held_amount(leg) - Decimal("0.00190434")) < Decimal("1E-8")


def test_documented_long_is_valued_to_the_last_digit() -> None:
    """Its upl, uplRatio, mmr, mgnRatio and liqPx at the documented mark price and the 2 % rate of its tier."""
    rate, mark = Decimal("0.02"), Decimal("62891.9")
    leg = replace(
        flat("BTC-USDT", "isolated", "BTC"),
        contracts=Decimal("0.00158827"),
        assets=Decimal("0.00190433573") - Decimal("0.000317654"),
        margin=Decimal("0.000317654"),
        debt=Decimal("99.9998177776581948"),
    )
    assert plain(held_amount(leg)) == "0.00190433573"
    upl = margin_profit(leg, mark)
    assert plain(money(upl)) == "-0.0000033452492717"
    # Exactly it is -0.01053111017555520…; OKX's last digit is one lower.
    assert abs(CONTEXT.divide(upl, stake(leg)) - Decimal("-0.0105311101755551")) < Decimal("1.1E-16")
    assert plain(money(margin_maintenance(leg, mark, rate))) == "0.0000318005395854"
    needed = margin_maintenance(leg, mark, rate) + closing_cost(leg, mark, TAKER, rate)
    assert abs((leg.margin + upl) / needed - Decimal("9.404143929947395")) < Decimal("1E-14")
    price = margin_liquidation_price(leg, leg.margin, TAKER, rate)
    assert price is not None
    assert abs(price - Decimal("53615.448336593756")) < Decimal("1E-11")


@pytest.mark.parametrize("ccy", ["BTC", "USDT"])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_liquidation_price_leaves_exactly_the_requirement(side: str, ccy: str) -> None:
    """At that price margin and profit are the maintenance margin and the closing fee."""
    leg = margin_applied(flat("BTC-USDT", "isolated", ccy), trade(side, "0.5", "50000")).leg
    price = margin_liquidation_price(leg, leg.margin, TAKER)
    assert price is not None
    assert (price < 50000) == (side == "buy")
    needed = margin_maintenance(leg, price) + closing_cost(leg, price, TAKER)
    assert abs(leg.margin + margin_profit(leg, price) - needed) < Decimal("1E-9")


def test_interest_is_repaid_before_the_debt() -> None:
    """The first 10 USDT of the proceeds are interest."""
    leg = margin_applied(flat("BTC-USDT", "cross", "USDT"), trade("buy", "1", "50000")).leg
    change = margin_applied(replace(leg, interest=Decimal(10)), trade("sell", "0.5", "50000"))
    assert change.paid_interest == 10
    assert change.repaid == Decimal(24965)
    assert (change.leg.interest, change.leg.debt) == (0, Decimal(50000) - Decimal(24965))


def test_reduce_only_order_beyond_the_debt_trades_the_rest_as_spot() -> None:
    """What is bought beyond the debt, and what is left of the proceeds, go to cash; nothing is opened."""
    leg = margin_applied(flat("BTC-USDT", "cross", "USDT"), trade("sell", "1", "50000")).leg
    change = margin_applied(leg, trade("buy", "1.2", "40000"), reduce_only=True)
    assert change.finished is not None
    assert (change.leg.contracts, change.leg.debt, change.leg.assets) == (0, 0, 0)
    assert change.released == {"BTC": Decimal("0.1988"), "USDT": Decimal(49950) - Decimal(48000)}


def test_order_beyond_the_debt_opens_the_other_direction() -> None:
    """Without the flag the rest borrows the other currency, under the same posId."""
    leg = margin_applied(flat("BTC-USDT", "cross", "USDT"), trade("buy", "1", "50000")).leg
    change = margin_applied(leg, trade("sell", "1.499", "50000"))
    assert change.finished is not None
    assert (change.leg.long, change.leg.contracts, change.leg.debt) == (False, Decimal("-0.5"), Decimal("0.5"))
    assert (change.leg.pos_id, change.repaid_ccy) == (leg.pos_id, "USDT")


def test_average_price_stays_when_a_part_is_closed() -> None:
    """Only what is opened moves it."""
    leg = margin_applied(flat("BTC-USDT", "isolated", "USDT"), trade("buy", "1", "50000")).leg
    leg = margin_applied(leg, trade("buy", "1", "51000")).leg
    before = entry_price(leg)
    leg = margin_applied(leg, trade("sell", "0.7", "52000")).leg
    after = entry_price(leg)
    assert before == Decimal(50500)
    assert after is not None
    assert abs(after - before) < Decimal("1E-30")


FILLS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "sell"]),
        st.integers(1, 3000).map(lambda n: Decimal(n) / 1000),
        st.integers(30000, 70000).map(Decimal),
        st.booleans(),
    ),
    max_size=12,
)


@given(fills=FILLS, mode=st.sampled_from(["cross", "isolated"]), ccy=st.sampled_from(["BTC", "USDT"]))
def test_every_fill_conserves_both_currencies_but_for_its_fee(
    fills: list[tuple[str, Decimal, Decimal, bool]], mode: str, ccy: str
) -> None:
    """Cash, assets and margin less debt change by what the fill pays, receives and charges, at the fill's price."""
    leg, cash = flat("BTC-USDT", mode, ccy), {"BTC": Decimal(0), "USDT": Decimal(0)}
    for side, sz, px, reduces in fills:
        if reduces and leg.contracts * (1 if side == "buy" else -1) >= 0:
            continue
        fill, before = trade(side, sz, px), worth(leg, cash, px)
        change = margin_applied(leg, fill, reduce_only=reduces)
        leg = change.leg
        for moved, amount in change.released.items():
            cash[moved] += amount
        cash[ccy] -= change.margin_change
        fee = fill.fee * (px if side == "buy" else 1)
        assert abs(worth(leg, cash, px) - before - fee) < Decimal("1E-8")
        assert min(leg.assets, leg.debt, leg.margin) >= 0
        assert bool(leg.contracts) == bool(leg.debt)
        assert leg.margin == 0 or mode == "isolated"


def worth(leg: Leg, cash: dict[str, Decimal], px: Decimal) -> Decimal:
    """Everything, in USDT at ``px``."""
    own = leg.margin * (px if leg.margin_ccy == "BTC" else 1)
    inside = margin_profit(leg, px) * (px if leg.margin_ccy == "BTC" else 1) if leg.contracts else Decimal(0)
    return cash["BTC"] * px + cash["USDT"] + own + inside


def test_debt_is_valued_in_the_margin_currency() -> None:
    """A debt in quote shrinks in base as the price rises."""
    leg = margin_applied(flat("BTC-USDT", "isolated", "BTC"), trade("buy", "1", "50000")).leg
    assert (debt_value(leg, Decimal(50000)), debt_value(leg, Decimal(100000))) == (1, Decimal("0.5"))
