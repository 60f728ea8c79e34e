"""
The sizes: a position is the sum of its fills, of its orders and of its bills. Pure.

Which of them is named follows from who sides with whom: a report that nothing independent backs, or that stands with
one kind of evidence against two, is contradicted itself; fills, orders or bills that the report and another of them
contradict are named in its place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_report import leg_of
from dualwitness.alignment.witness import Leg, Testimony, WitnessKind
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import Direction, MarketType, Position
from dualwitness.models.finding import Claim, Expected

__all__ = ["ADD_UP_RULES", "position_conflicts"]

# OKX rounds avgPx in places that differ by instrument; a ten-thousandth is far below any real difference.
_ENTRY_TOLERANCE = Decimal("0.0001")

_Rows = Mapping[Leg, list[Position]]
_Said = Mapping[WitnessKind, Decimal]

_ADDED_UP = {
    WitnessKind.FILLS: ("get_fills", "contracts", "fills", "fold of the fills of the same account"),
    WitnessKind.ORDERS: (
        "get_order_history",
        "filled_contracts",
        "orders",
        "filled sizes of the orders (OKX accFillSz)",
    ),
    WitnessKind.BILLS: ("get_bills", "contracts", "bills", "bills of the executions of the same account"),
}


# The laws of this module by the kind of witness that they hold the report against.
ADD_UP_RULES = {f"{words[2]}-add-up-to-the-position": kind for kind, words in _ADDED_UP.items()}


def position_conflicts(world: World, witnesses: Iterable[Testimony]) -> list[Draft]:
    """Where a library's positions report and its own fills, orders and bills contradict each other."""
    own = {one.kind: one for one in witnesses if one.library is world.library}
    report, fills = own.get(WitnessKind.REPORT), own.get(WitnessKind.FILLS)
    if report is None or report.error is not None:
        return []
    rows: dict[Leg, list[Position]] = defaultdict(list)
    for row in world.rows("get_positions"):
        rows[leg_of(row)].append(row)
    drafts: list[Draft] = []
    for leg in sorted({leg for one in own.values() for leg in one.contracts}):
        claimed = report.says(leg)
        if claimed is None or ":" not in leg.symbol:
            continue
        said = {kind: claim for kind in _ADDED_UP if kind in own and (claim := own[kind].says(leg)) is not None}
        believed = _believed(claimed, said)
        drafts += _size_conflicts(world, leg, claimed, believed, said, rows)
        # The average of the fills stands, whatever size is reported, where they are what is believed.
        if fills is not None and fills.says(leg) == believed:
            drafts += _entry_conflict(world, leg, rows, report, fills)
    return drafts


def _believed(claimed: Decimal, said: _Said) -> Decimal:
    """
    The size that is held against everybody: what most independent kinds of witness say.

    Where no two of them are of one mind, that is the report's word if any of them sides with it, else the first one's:
    a report that one sort of lie has made false can have taken the fills with it, but not two other kinds as well.
    """
    votes = Counter(said.values())
    if not votes:
        return claimed
    value, most = votes.most_common(1)[0]
    if votes[claimed] == most:
        return claimed
    return value if most > 1 or claimed not in votes else claimed


def _size_conflicts(
    world: World, leg: Leg, claimed: Decimal, believed: Decimal, said: _Said, rows: _Rows
) -> Iterator[Draft]:
    if claimed == believed:
        # Those that stand against the report and whoever sides with it are named.
        for kind, claim in said.items():
            if claim != believed:
                yield _named(world, leg, kind, claim, believed)
        return
    kind, proven = next((kind, claim) for kind, claim in said.items() if claim == believed)
    field = _contradicted(claimed, proven)
    row = next(iter(rows.get(leg, ())), None)
    word, source = _ADDED_UP[kind][2:]
    yield contradiction(
        world,
        operation="get_positions",
        field=field,
        symbol=leg.symbol,
        row=row,
        row_key=leg.symbol if row is None else f"{leg.symbol}|{row.venue_position_id}",
        seen=Claim(value="not reported") if row is None else claim_of(*row.value_or_reason(field)),
        expected=Expected(value=_spell(proven, field), source=source),
        rule=f"{word}-add-up-to-the-position",
        reason=f"the report says {claimed:f} contracts of {leg.symbol}, the {word} add up to {proven:f}",
    )


def _named(world: World, leg: Leg, kind: WitnessKind, claim: Decimal, claimed: Decimal) -> Draft:
    operation, field, word, _ = _ADDED_UP[kind]
    return contradiction(
        world,
        operation=operation,
        field=field,
        symbol=leg.symbol,
        row=None,
        row_key=leg.symbol,
        seen=Claim(value=f"{claim:f}"),
        expected=Expected(value=f"{claimed:f}", source="positions report and another independent witness"),
        rule=f"{word}-add-up-to-the-position",
        reason=f"the {word} of {leg.symbol} add up to {claim:f}, the report and another witness say {claimed:f}",
    )


def _entry_conflict(world: World, leg: Leg, rows: _Rows, report: Testimony, fold: Testimony) -> Iterator[Draft]:
    """A perpetual's entry price is the average of its fills; OKX resets that of dated futures every day."""
    row = next(iter(rows.get(leg, ())), None)
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


def _spell(proven: Decimal, field: str) -> str:
    if field == "has_position":
        return "true" if proven else "false"
    if field == "direction":
        return str(Direction.LONG if proven > 0 else Direction.SHORT)
    return f"{abs(proven):f}"
