"""
Testimony: what each witness says of the account's positions. Pure.

All are brought to the same terms: signed contracts by symbol and side. Margin pairs are left to the report: OKX's
``pos`` of a margin row also holds margin (okx-v5-facts section 9), so neither fills nor orders nor bills confirm its
size. Fills, orders and bills say nothing unless the history behind them is proven (`history.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.alignment.testimony_bills import bills_testimony
from dualwitness.alignment.testimony_legs import position_mode_of, settle_sides
from dualwitness.alignment.testimony_orders import order_states_testimony, orders_testimony
from dualwitness.alignment.testimony_report import balances_testimony, report_testimony
from dualwitness.alignment.witness import Leg, Testimony, WitnessKind
from dualwitness.alignment.world import World
from dualwitness.models import Fill, NullReason, PositionMode
from dualwitness.models.fold import fold_fills
from dualwitness.models.history import History

__all__ = ["testimonies"]


def testimonies(worlds: Iterable[World], history: History) -> tuple[Testimony, ...]:
    """
    Every witness of every library; one that was not asked, or whose answer did not come, says nothing.

    The reports come first, then fills, orders, bills, balances and order states.
    """
    known = list(worlds)
    mode = position_mode_of(known)
    reports = [report_testimony(world) for world in known]
    independent = [
        *(_fills(world, mode, history) for world in known),
        *(orders_testimony(world, mode, history) for world in known),
        *(bills_testimony(world, mode, history) for world in known),
    ]
    return (
        *reports,
        *independent,
        *(
            balances_testimony(world, report, (*reports, *independent))
            for world, report in zip(known, reports, strict=True)
        ),
        *(order_states_testimony(world, mode) for world in known),
    )


def _fills(world: World, mode: PositionMode, history: History) -> Testimony:
    name, kind = f"fills through {world.library}", WitnessKind.FILLS
    error = world.reason_of("get_fills")
    if error is not None:
        return Testimony(name, kind, world.library, error=error)
    fills = [fill for fill in world.rows("get_fills") if isinstance(fill, Fill) and ":" in fill.symbol]
    folded = fold_fills(fills, world.instruments(), mode, history=history)
    contracts: dict[Leg, Decimal | None] = {}
    prices: dict[Leg, Decimal | None] = {}
    reasons: dict[Leg, NullReason] = {}
    for each in folded.legs:
        leg = Leg(each.symbol, str(each.position_side))
        contracts[leg], prices[leg] = each.contracts, each.entry_price
        if each.contracts is None:
            reasons[leg] = each.reasons.get("contracts", NullReason.ABSENT)
    for leg in settle_sides(mode, contracts, reasons):
        prices[leg] = None
    return Testimony(
        name,
        kind,
        world.library,
        contracts,
        prices,
        complete=history.complete,
        as_of_ms=world.as_of_ms("get_fills"),
        reasons=reasons,
    )
