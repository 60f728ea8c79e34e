"""What the bills say: the contracts of every execution that was booked. Pure."""

from __future__ import annotations

from dualwitness.alignment.testimony_legs import LegSums
from dualwitness.alignment.witness import Testimony, WitnessKind
from dualwitness.alignment.world import World
from dualwitness.models import Bill, BillKind, NullReason, PositionMode
from dualwitness.models.fold_bills import fold_bills
from dualwitness.models.history import History, OpeningSnapshot

__all__ = ["EXECUTIONS", "bills_testimony", "distinct_bills"]

# The kinds of bills that an execution of ours makes.
EXECUTIONS = frozenset((BillKind.TRADE, BillKind.LIQUIDATION, BillKind.AUTO_DELEVERAGING, BillKind.DELIVERY))


def bills_testimony(world: World, mode: PositionMode, history: History) -> Testimony:
    """
    Signed contracts by leg, from the sub-type of each bill.

    A library that drops what a bill was for says nothing (``unsupported``), and so do bills that do not follow from
    each other (``conflict``): one of them is missing or wrong, and nobody knows which.
    """
    name, kind = f"bills through {world.library}", WitnessKind.BILLS
    error = world.reason_of("get_bills") or _unusable(world, history)
    if error is not None:
        return Testimony(name, kind, world.library, error=error)
    sums = LegSums(mode, history)
    for bill in distinct_bills(world):
        if bill.kind not in EXECUTIONS or bill.symbol is None or ":" not in bill.symbol:
            continue
        counts = _counts(bill, history.opening)
        if counts is None:
            sums.spoil(bill.symbol, NullReason.ABSENT, bill.position_side)
        elif counts:
            sums.add(bill.symbol, bill.side, bill.position_side, bill.contracts)
    sums.settle()
    return Testimony(
        name,
        kind,
        world.library,
        sums.contracts,
        complete=True,
        as_of_ms=world.as_of_ms("get_bills"),
        reasons=sums.reasons,
    )


def _counts(bill: Bill, opening: OpeningSnapshot | None) -> bool | None:
    """Whether a bill is later than the opening snapshot; None where nobody knows (`models/history.py`)."""
    if bill.ts_venue_ms is None:
        return None
    if opening is None or bill.ts_venue_ms != opening.ts_venue_ms:
        return opening is None or bill.ts_venue_ms > opening.ts_venue_ms
    if opening.last_bill_id is None:
        return False if opening.whole_millisecond else None
    numbers = bill.bill_id or "", opening.last_bill_id
    return int(numbers[0]) > int(numbers[1]) if all(one.isdigit() for one in numbers) else None


def _unusable(world: World, history: History) -> NullReason | None:
    bills = distinct_bills(world)
    if any(bill.kind in EXECUTIONS and _wordless(bill) for bill in bills):
        return NullReason.UNSUPPORTED
    if any(fold.breaks for fold in fold_bills(bills)):
        return NullReason.CONFLICT
    return None if history.complete else NullReason.ABSENT


def _wordless(bill: Bill) -> bool:
    return bill.symbol is None or bill.reasons.get("side") is NullReason.UNSUPPORTED


def distinct_bills(world: World) -> list[Bill]:
    """The bills of a world, one of each that was told twice alike."""
    seen: dict[tuple[object, ...], Bill] = {}
    for row in world.rows("get_bills"):
        if isinstance(row, Bill):
            key = (row.bill_id, row.currency, row.change, row.balance, row.contracts, row.side)
            seen.setdefault(key, row)
    return list(seen.values())
