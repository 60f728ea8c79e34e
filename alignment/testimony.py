"""
Testimony: what each witness says of the account's positions, and where it contradicts the fills. Pure.

Reports and folds are brought to the same terms: signed contracts by symbol and leg. Margin pairs are left out of the
folds: OKX's ``pos`` of a margin row also holds margin (okx-v5-facts section 9), so fills cannot confirm its size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from dualwitness.alignment.adjudicate import Leg, Testimony
from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import (
    AccountConfig,
    Direction,
    Library,
    MarketType,
    NullReason,
    Position,
    PositionMode,
    PositionSide,
)
from dualwitness.models.finding import Claim, Expected
from dualwitness.models.fold import fold_fills

__all__ = ["position_conflicts", "testimonies"]

# OKX rounds avgPx in places that differ by instrument; a ten-thousandth is far below any real difference.
_ENTRY_TOLERANCE = Decimal("0.0001")


def testimonies(
    worlds: Iterable[World], *, history_complete: bool
) -> tuple[dict[Library, Testimony], dict[Library, Testimony]]:
    """The report and the fold of each library, as testimony; a library that was not asked says nothing."""
    known = list(worlds)
    mode = _position_mode(known)
    reports = {world.library: _report(world) for world in known}
    folds = {world.library: _fold(world, mode, history_complete=history_complete) for world in known}
    return reports, folds


def position_conflicts(
    worlds: Iterable[World], reports: Mapping[Library, Testimony], folds: Mapping[Library, Testimony]
) -> list[Draft]:
    """Where a library's positions report contradicts the fold of that library's own fills."""
    return [one for world in worlds for one in _conflicts_of(world, reports[world.library], folds[world.library])]


def _position_mode(worlds: list[World]) -> PositionMode:
    for world in worlds:
        for row in world.rows("get_account_config"):
            if isinstance(row, AccountConfig) and row.position_mode is not None:
                return row.position_mode
    for world in worlds:
        for row in world.rows("get_positions"):
            if isinstance(row, Position) and row.position_mode is PositionMode.LONG_SHORT:
                return PositionMode.LONG_SHORT
    return PositionMode.NET


def _report(world: World) -> Testimony:
    name = f"report through {world.library}"
    observation = world.observations.get(("get_positions", None))
    if observation is None or observation.rows is None:
        reason = NullReason.NOT_ASKED if observation is None or observation.error is None else observation.error.reason
        return Testimony(name, {}, {}, complete=False, error=reason)
    contracts: dict[Leg, Decimal | None] = {}
    prices: dict[Leg, Decimal | None] = {}
    for row in observation.rows:
        if not isinstance(row, Position):
            continue
        leg = _leg_of(row)
        signed = _signed(row)
        before = contracts.get(leg, Decimal(0))
        contracts[leg] = None if signed is None or before is None else before + signed
        prices[leg] = row.entry_price if leg not in prices else None
    return Testimony(name, contracts, prices, complete=True)


def _leg_of(row: Position) -> Leg:
    if row.position_mode is PositionMode.LONG_SHORT and row.direction in (Direction.LONG, Direction.SHORT):
        return Leg(row.symbol, str(row.direction))
    return Leg(row.symbol, str(PositionSide.NET))


def _signed(row: Position) -> Decimal | None:
    if row.contracts is None or row.direction is None:
        return Decimal(0) if row.has_position is False else None
    if row.direction is Direction.FLAT:
        return None if row.contracts else Decimal(0)  # contracts without a direction are no number
    return -row.contracts if row.direction is Direction.SHORT else row.contracts


def _fold(world: World, mode: PositionMode, *, history_complete: bool) -> Testimony:
    name = f"fills through {world.library}"
    observation = world.observations.get(("get_fills", None))
    if observation is None or observation.rows is None:
        reason = NullReason.NOT_ASKED if observation is None or observation.error is None else observation.error.reason
        return Testimony(name, {}, {}, complete=False, error=reason)
    fills = [fill for fill in world.rows("get_fills") if ":" in fill.symbol]
    folded = fold_fills(fills, world.instruments(), mode, history_complete=history_complete)
    contracts = {Leg(leg.symbol, str(leg.position_side)): leg.contracts for leg in folded.legs}
    prices = {Leg(leg.symbol, str(leg.position_side)): leg.entry_price for leg in folded.legs}
    return Testimony(name, contracts, prices, complete=history_complete)


def _conflicts_of(world: World, report: Testimony, fold: Testimony) -> Iterator[Draft]:
    if report.error is not None or fold.error is not None:
        return
    rows: dict[Leg, list[Position]] = defaultdict(list)
    for row in world.rows("get_positions"):
        rows[_leg_of(row)].append(row)
    for leg in sorted(report.contracts.keys() | fold.contracts.keys()):
        claimed, proven = report.says(leg), fold.says(leg)
        if claimed is None or proven is None or ":" not in leg.symbol:
            continue
        row = next(iter(rows.get(leg, ())), None)
        if claimed == proven:
            yield from _entry_conflict(world, leg, row, report, fold)
            continue
        field = _contradicted(claimed, proven)
        yield contradiction(
            world,
            operation="get_positions",
            field=field,
            symbol=leg.symbol,
            row=row,
            row_key=leg.symbol if row is None else f"{leg.symbol}|{row.venue_position_id}",
            seen=_seen(row, field),
            expected=Expected(value=_spell(proven, field), source="fold of the fills of the same account"),
            rule="fills-add-up-to-the-position",
            reason=f"the report says {claimed:f} contracts of {leg.symbol}, the fills add up to {proven:f}",
        )


def _entry_conflict(
    world: World, leg: Leg, row: Position | None, report: Testimony, fold: Testimony
) -> Iterator[Draft]:
    """A perpetual's entry price is the average of its fills; OKX resets that of dated futures every day."""
    claimed, proven = report.entry_prices.get(leg), fold.entry_prices.get(leg)
    if row is None or claimed is None or proven is None or row.market_type is not MarketType.SWAP:
        return
    if abs(claimed - proven) > abs(proven) * _ENTRY_TOLERANCE:
        yield contradiction(
            world,
            operation="get_positions",
            field="entry_price",
            symbol=leg.symbol,
            row=row,
            row_key=f"{leg.symbol}|{row.venue_position_id}",
            seen=claim_of(claimed, None),
            expected=Expected(value=f"{proven:f}", source="average of the fills of the same account"),
            rule="the-entry-price-is-the-average-of-the-fills",
            reason=f"the report says {claimed:f}, the fills average {proven:f}",
        )


def _contradicted(claimed: Decimal, proven: Decimal) -> str:
    if (claimed == 0) != (proven == 0):
        return "has_position"
    return "direction" if (claimed > 0) != (proven > 0) else "contracts"


def _seen(row: Position | None, field: str) -> Claim:
    if row is None:
        return Claim(value="not reported")
    return claim_of(*row.value_or_reason(field))


def _spell(proven: Decimal, field: str) -> str:
    if field == "has_position":
        return "true" if proven else "false"
    if field == "direction":
        return str(Direction.LONG if proven > 0 else Direction.SHORT)
    return f"{abs(proven):f}"
