"""A fill: one execution of one order at one price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["Fill", "sub_type"]


@dataclass(frozen=True, slots=True)
class Fill:
    """
    ``fee`` is signed (negative = charged) in ``fee_ccy``; ``ts_ms`` is the record time, ``fill_ms`` the match.

    ``forced`` is the subType of a fill that the venue forced (liquidation, ADL, delivery), "" otherwise. ``rate`` is
    the signed fee rate, where an ordinary fee was taken.
    """

    trade_id: str
    bill_id: str
    ord_id: str
    cl_ord_id: str
    tag: str
    instrument: SimInstrument
    inst_type: str
    side: str
    pos_side: str
    px: Decimal
    sz: Decimal
    maker: bool
    fee: Decimal
    fee_ccy: str
    pnl: Decimal
    index_px: Decimal
    mark_px: Decimal
    fill_ms: int
    ts_ms: int
    forced: str = ""
    rate: Decimal | None = None


def sub_type(side: str, pos_side: str) -> str:
    """OKX's subType: 1 buy, 2 sell, 3 open long, 4 open short, 5 close long, 6 close short."""
    table = {("buy", "long"): "3", ("sell", "short"): "4", ("sell", "long"): "5", ("buy", "short"): "6"}
    return table.get((side, pos_side), "1" if side == "buy" else "2")
