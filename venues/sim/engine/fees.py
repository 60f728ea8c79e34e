"""Fee rates and fees. Signs as OKX's: negative is charged, positive is a rebate (okx-v5-facts sections 8 and 11)."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import exact, money
from dualwitness.venues.sim.engine.valuation import settle_value
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["FEE_RATES", "charged_fee", "fee_currency", "fee_rate", "taker_rate"]

# (maker, taker) of the regular tier "Lv1".
FEE_RATES: dict[str, tuple[Decimal, Decimal]] = {
    "FUTURES": (Decimal("-0.0002"), Decimal("-0.0005")),
    "MARGIN": (Decimal("-0.0008"), Decimal("-0.001")),
    "OPTION": (Decimal("-0.0002"), Decimal("-0.0003")),
    "SPOT": (Decimal("-0.0008"), Decimal("-0.001")),
    "SWAP": (Decimal("-0.0002"), Decimal("-0.0005")),
}


def fee_rate(inst_type: str, *, maker: bool) -> Decimal:
    """Signed rate."""
    return FEE_RATES[inst_type][0 if maker else 1]


def taker_rate(inst_type: str) -> Decimal:
    """Taker rate as a positive cost: what closing at market would take of the value."""
    return -FEE_RATES[inst_type][1]


def fee_currency(instrument: SimInstrument, side: str) -> str:
    """Spot buys pay in base, spot sells in quote (feeType 0); derivatives in the settlement currency."""
    if instrument.is_spot:
        return instrument.base_ccy if side == "buy" else instrument.quote_ccy
    return instrument.settle_ccy


@exact
def charged_fee(instrument: SimInstrument, side: str, px: Decimal, sz: Decimal, *, maker: bool) -> Decimal:
    """Signed fee of one fill in `fee_currency`; options pay on the underlying's size, not on the premium."""
    rate = fee_rate(instrument.inst_type, maker=maker)
    if instrument.is_spot:
        return money(rate * (sz if side == "buy" else sz * px))
    if instrument.inst_type == "OPTION":
        return money(rate * sz * instrument.contract_size)
    return money(rate * settle_value(instrument, sz, px))
