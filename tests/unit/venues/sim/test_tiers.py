"""Position tiers: no gap, never cheaper for the larger position, the first one as recorded."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from dualwitness.venues.sim.instruments import INSTRUMENTS, by_key
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.tiers import tier_of, tiers_of

_LEVERED = tuple(instrument for instrument in INSTRUMENTS if instrument.inst_type != "SPOT")


def instrument(inst_type: str, inst_id: str) -> SimInstrument:
    """One instrument of the venue's table."""
    return by_key()[inst_type, inst_id]


def test_tiers_of_every_instrument_join_and_never_get_cheaper() -> None:
    """The next tier starts one lot later, with no more leverage and no less margin."""
    for listed in _LEVERED:
        tiers = tiers_of(listed)
        assert (tiers[0].number, tiers[0].min_sz) == (1, 0)
        for smaller, larger in pairwise(tiers):
            assert larger.number == smaller.number + 1
            assert larger.min_sz == smaller.max_sz + listed.lot_sz
            assert larger.max_sz > larger.min_sz
            assert larger.max_lever <= smaller.max_lever
            assert larger.mmr >= smaller.mmr
            assert larger.imr >= smaller.imr


def test_tiers_of_every_instrument_need_less_to_stay_open_than_to_open() -> None:
    """A position is not liquidated in the moment it is opened at full leverage."""
    for listed in _LEVERED:
        assert all(0 < tier.mmr < tier.imr for tier in tiers_of(listed)), listed.inst_id


@pytest.mark.parametrize(
    ("inst_type", "inst_id", "rate"),
    [
        ("SWAP", "BTC-USDT-SWAP", "0.004"),
        ("FUTURES", "ETH-USD-270326", "0.004"),
        ("SWAP", "LTC-USDT-SWAP", "0.0065"),
        ("MARGIN", "BTC-USDT", "0.03"),
    ],
)
def test_first_tier_has_the_recorded_rate_and_the_full_leverage(inst_type: str, inst_id: str, rate: str) -> None:
    """0.4 % on the large coins, 0.65 % on others, 3 % on a pair; initial margin is one over the leverage."""
    listed = instrument(inst_type, inst_id)
    first = tiers_of(listed)[0]
    assert (first.mmr, first.max_lever) == (Decimal(rate), Decimal(listed.lever))
    assert first.imr == 1 / first.max_lever


def test_tier_of_a_size_is_the_one_whose_ends_enclose_it() -> None:
    """The upper end belongs to the tier; a size beyond the last tier stays in it."""
    swap = instrument("SWAP", "BTC-USDT-SWAP")
    tiers = tiers_of(swap)
    assert tier_of(swap, Decimal(0)) == tiers[0]
    assert tier_of(swap, tiers[2].max_sz) == tiers[2]
    assert tier_of(swap, tiers[3].min_sz) == tiers[3]
    assert tier_of(swap, tiers[-1].max_sz * 2) == tiers[-1]


def test_spot_has_no_tiers() -> None:
    """Nothing is borrowed, so nothing is limited."""
    spot = instrument("SPOT", "BTC-USDT")
    assert tiers_of(spot) == ()
    with pytest.raises(ValueError, match="SPOT BTC-USDT has no position tiers"):
        tier_of(spot, Decimal(1))
