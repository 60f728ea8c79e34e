"""
Which rows are the same execution.

A bill id names one entry of the venue's books and comes first; a trade id names one match of an instrument and comes
second, because the two sides of a match with oneself share it (okx-v5-facts section 8).

==============================================  ====================================================================
rows of one instrument                          what they are
==============================================  ====================================================================
same bill id, told alike                        one execution, told twice
same bill id, told differently                  in doubt: `conflict`
no bill ids, same trade id                      one execution; in doubt where told differently
with and without bill id, same trade id, alike  one execution (a library that tells no bill ids)
other bill ids, same trade id, opposite sides   two executions: both sides of a match with oneself; the orders must
of two orders, else alike                       differ too
other bill ids, same trade id, anything else    in doubt: one execution told under another bill id, or an invented one
neither id                                      in doubt: nobody can tell it from its copies
==============================================  ====================================================================

What is in doubt is counted by nobody: its leg is null. Fees alone told differently leave contracts and make the fees
unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations

from dualwitness.models.enums import NullReason
from dualwitness.models.fold_line import FillLine
from dualwitness.models.fold_order import NO_TRADE, in_time

__all__ = ["Duplicate", "Identified", "identified"]

# What stands where there is no bill id.
_NO_BILL = frozenset({"", None})


@dataclass(frozen=True, slots=True)
class Duplicate:
    """
    A fill that was seen before; ``agrees`` when it says the same.

    ``other_bill_id`` is set where the same trade came under another bill id.
    """

    symbol: str
    trade_id: str | None
    bill_id: str | None
    agrees: bool
    other_bill_id: str | None = None


@dataclass(slots=True)
class Identified:
    """The executions of one instrument, each once and in time, and what is in doubt of them."""

    unique: list[FillLine]
    duplicates: list[Duplicate] = field(default_factory=list)
    doubtful: list[tuple[FillLine, NullReason]] = field(default_factory=list)
    doubtful_fees: list[FillLine] = field(default_factory=list)


def identified(lines: Iterable[FillLine]) -> Identified:
    """Sort out the copies among the lines of one instrument, and put the rest in time."""
    found = Identified([])
    by_bill: dict[str, FillLine] = {}
    without_bill: list[FillLine] = []
    for line in in_time(lines):
        bill = line.bill_id
        if not bill:
            without_bill.append(line)
        elif (first := by_bill.setdefault(bill, line)) is not line:
            _same(found, first, line)
    by_trade: dict[str, list[FillLine]] = {}
    for line in by_bill.values():
        if line.trade_id not in NO_TRADE:
            by_trade.setdefault(line.trade_id or "", []).append(line)
    copies = {each.bill_id for shared in by_trade.values() if len(shared) > 1 for each in _copies(found, shared)}
    found.unique = [line for bill, line in by_bill.items() if bill not in copies]
    if without_bill:
        _place_without_bill(found, without_bill, by_trade)
        found.unique = in_time(found.unique)
    return found


def _copies(found: Identified, shared: list[FillLine]) -> list[FillLine]:
    """Of rows that share a trade id under several bill ids: those that may be copies; then all of them are in doubt."""
    if all(_matched_oneself(one, other) for one, other in combinations(shared, 2)):
        return []
    first, *others = sorted(shared, key=lambda line: line.bill_id or "")
    for line in others:
        found.duplicates.append(
            Duplicate(line.symbol, line.trade_id, line.bill_id, agrees=False, other_bill_id=first.bill_id)
        )
    found.doubtful += [(line, NullReason.CONFLICT) for line in shared]
    return others


def _matched_oneself(one: FillLine, other: FillLine) -> bool:
    """Whether two rows can be both sides of one match: everything but the side and the order is the same."""
    sides, orders = {one.side, other.side}, {one.venue_order_id, other.venue_order_id}
    same = (one.price, one.contracts, one.ts_venue_ms) == (other.price, other.contracts, other.ts_venue_ms)
    return same and len(sides) == len(orders) == 2 and None not in sides and orders.isdisjoint(_NO_BILL)


def _place_without_bill(found: Identified, without_bill: list[FillLine], by_trade: dict[str, list[FillLine]]) -> None:
    for line in without_bill:
        trade = line.trade_id
        if trade is None or trade in NO_TRADE:
            found.doubtful.append((line, line.why("trade_id")))
            found.unique.append(line)
            continue
        known = by_trade.setdefault(trade, [])
        same_side = [each for each in known if each.side == line.side] or known
        if same_side:
            _same(found, same_side[0], line)
        else:
            known.append(line)
            found.unique.append(line)


def _same(found: Identified, first: FillLine, copy: FillLine) -> None:
    """Note a copy, and what it puts in doubt."""
    if first.bill_id and not copy.bill_id and copy.position_side is None:
        # A library that tells no bill ids tells no position sides either (difference fill-venue-fields-dropped).
        copy = copy._replace(position_side=first.position_side)
    told_alike = _told(first) == _told(copy) and _orders_agree(first, copy)
    fees_alike = (first.fee, first.fee_currency) == (copy.fee, copy.fee_currency)
    found.duplicates.append(Duplicate(copy.symbol, copy.trade_id, copy.bill_id, agrees=told_alike and fees_alike))
    if not told_alike:
        found.doubtful += [(first, NullReason.CONFLICT), (copy, NullReason.CONFLICT)]
    elif not fees_alike:
        found.doubtful_fees.append(first)


def _told(line: FillLine) -> tuple[object, ...]:
    return line.market_type, line.position_side, line.side, line.price, line.contracts, line.ts_venue_ms


def _orders_agree(one: FillLine, other: FillLine) -> bool:
    """Ids that both rows know must be the same: that of the order, and that of the match under one bill id."""
    orders, trades = {one.venue_order_id, other.venue_order_id}, {one.trade_id, other.trade_id}
    orders_differ = len(orders) > 1 and orders.isdisjoint(_NO_BILL)
    return not orders_differ and (len(trades) == 1 or not trades.isdisjoint(NO_TRADE))
