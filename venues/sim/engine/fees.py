"""
Fee rates and fees. Signs as OKX's: negative is charged, positive is a rebate (okx-v5-facts sections 8 and 11).

Rates belong to (instType, groupId) and to the account's fee level. "Lv1" is the regular tier; "VIP9" pays its makers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.amounts import exact, money
from dualwitness.venues.sim.engine.valuation import settle_value
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["FEE_LEVELS", "FEE_RATES", "FeeTerms", "charged_fee", "fee_currency", "fee_rate", "taker_rate"]

Rates = tuple[Decimal, Decimal]

# (maker, taker) of the regular tier "Lv1".
FEE_RATES: dict[str, Rates] = {
    "FUTURES": (Decimal("-0.0002"), Decimal("-0.0005")),
    "MARGIN": (Decimal("-0.0008"), Decimal("-0.001")),
    "OPTION": (Decimal("-0.0002"), Decimal("-0.0003")),
    "SPOT": (Decimal("-0.0008"), Decimal("-0.001")),
    "SWAP": (Decimal("-0.0002"), Decimal("-0.0005")),
}
_REBATED: dict[str, Rates] = {
    "FUTURES": (Decimal("0.00005"), Decimal("-0.00015")),
    "MARGIN": (Decimal("0.00005"), Decimal("-0.00015")),
    "OPTION": (Decimal("0.00005"), Decimal("-0.00013")),
    "SPOT": (Decimal("0.00005"), Decimal("-0.00015")),
    "SWAP": (Decimal("0.00005"), Decimal("-0.00015")),
}
FEE_LEVELS: dict[str, dict[str, Rates]] = {"Lv1": FEE_RATES, "VIP9": _REBATED}
# Groups that cost more than the others of their type, so that a client which ignores groupId is found out.
_DEARER = {
    ("SPOT", "14"): Decimal("-0.0005"),
    ("MARGIN", "14"): Decimal("-0.0005"),
    ("SWAP", "5"): Decimal("-0.0001"),
}


class FeeTerms(NamedTuple):
    """
    What an account's fees depend on: its level, and whether spot fees are always in quote (OKX's feeType 1).

    feeType is only effective for SPOT (OKX docs v5, set-fee-type).
    """

    level: str = "Lv1"
    always_quote: bool = False


_REGULAR = FeeTerms()


def fee_rate(inst_type: str, *, maker: bool, group_id: str = "", level: str = "Lv1") -> Decimal:
    """Signed rate of an instrument type, fee group and fee level."""
    rate = FEE_LEVELS[level][inst_type][0 if maker else 1]
    return rate + _DEARER.get((inst_type, group_id), Decimal(0))


def taker_rate(inst_type: str, group_id: str = "", level: str = "Lv1") -> Decimal:
    """Taker rate as a positive cost: what closing at market would take of the value."""
    return -fee_rate(inst_type, maker=False, group_id=group_id, level=level)


def fee_currency(instrument: SimInstrument, side: str, terms: FeeTerms = _REGULAR, *, rebate: bool = False) -> str:
    """
    Spot buys pay in base, sells in quote (always quote under feeType 1); derivatives in the settlement currency.

    A maker's rebate on a SPOT pair is paid in quote (recorded: a buy's rebateCcy is the quote currency).
    """
    if not instrument.is_spot:
        return instrument.settle_ccy
    in_quote = instrument.inst_type == "SPOT" and (rebate or terms.always_quote)
    return instrument.base_ccy if side == "buy" and not in_quote else instrument.quote_ccy


@exact
def charged_fee(
    instrument: SimInstrument, side: str, px: Decimal, sz: Decimal, *, maker: bool, terms: FeeTerms = _REGULAR
) -> Decimal:
    """Signed fee of one fill in its `fee_currency`; options pay on the underlying's size, not on the premium."""
    rate = fee_rate(instrument.inst_type, maker=maker, group_id=instrument.group_id, level=terms.level)
    if instrument.is_spot:
        paid_in = fee_currency(instrument, side, terms, rebate=rate > 0)
        return money(rate * (sz if paid_in == instrument.base_ccy else sz * px))
    if instrument.inst_type == "OPTION":
        return money(rate * sz * instrument.contract_size)
    return money(rate * settle_value(instrument, sz, px))
