"""
From testimonies to a fate. Pure.

One sound answer that an order exists proves that it exists, whoever else says no. That it does not exist is proven by
everybody together and by time: each library, asked after the order's deadline at the venue, said soundly that it knows
no such id, lists no such open order, no such finished order and no such fill. Everything between is unknown.

An order that the venue took, and that nobody knows two hours after it was last seen, was cancelled without a fill:
the only orders that the venue forgets so soon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.models import Order, OrderState
from dualwitness.venues.orders.fate import Answer, Evidence, FateState, OrderFate

__all__ = ["UNFILLED_LIFE_MS", "Inquest", "Testimony", "judge"]

# An order cancelled without a fill is forgotten by OKX after two hours (okx-v5-facts section 7).
UNFILLED_LIFE_MS = 7_200_000

_STATES = {
    OrderState.LIVE: FateState.LIVE,
    OrderState.PARTIALLY_FILLED: FateState.PARTIALLY_FILLED,
    OrderState.FILLED: FateState.FILLED,
    OrderState.CANCELED: FateState.CANCELLED,
    OrderState.REJECTED: FateState.REFUSED,
}
# An order never goes back: what was asked later may only be further on.
_PROGRESS = {OrderState.LIVE: 0, OrderState.PARTIALLY_FILLED: 1, OrderState.FILLED: 2, OrderState.CANCELED: 2}


@dataclass(frozen=True, slots=True)
class Testimony:
    """One statement, and the order itself where it was found."""

    evidence: Evidence
    order: Order | None = None


@dataclass(frozen=True, slots=True)
class Inquest:
    """
    The order whose fate is asked for, and what would prove that there is none.

    ``deadline_ms`` is null where the venue cannot be told one: then absence is never proven. ``seen_ms`` is when the
    venue last said that there is such an order, null where it never did. ``required`` are the questions, by witness,
    that must all be denied.
    """

    client_order_id: str
    venue_order_id: str | None
    attempts: int
    deadline_ms: int | None
    margin_ms: int
    seen_ms: int | None
    required: frozenset[tuple[str, str]]


def judge(inquest: Inquest, testimonies: Sequence[Testimony], venue_time_ms: int | None) -> OrderFate:
    """
    The fate that these testimonies prove, in the order in which they were given.

    ``venue_time_ms`` was read before the first of them; null where nobody could read it.
    """
    evidence = tuple(testimony.evidence for testimony in testimonies)
    found = [testimony.order for testimony in testimonies if testimony.order is not None]
    if found:
        return _existing(inquest, found, evidence)
    if venue_time_ms is None or not _is_denied(inquest, evidence):
        # Once seen it exists, though nobody says now how it stands.
        return _fate(inquest, FateState.UNKNOWN if inquest.seen_ms is None else FateState.ACKNOWLEDGED, evidence)
    if inquest.seen_ms is not None:
        # It was there: that nobody knows it any more is a contradiction until the venue may have forgotten it.
        if venue_time_ms <= inquest.seen_ms + UNFILLED_LIFE_MS:
            return _fate(inquest, FateState.UNKNOWN, evidence)
        return _fate(inquest, FateState.CANCELLED, evidence, filled_contracts=Decimal(0))
    if inquest.deadline_ms is None or venue_time_ms <= inquest.deadline_ms + inquest.margin_ms:
        return _fate(inquest, FateState.UNKNOWN, evidence)
    # Later than this, it may have been taken, cancelled unfilled and forgotten: no harm, but no second order either.
    is_remembered = venue_time_ms < inquest.deadline_ms + UNFILLED_LIFE_MS
    return _fate(inquest, FateState.ABSENT, evidence, filled_contracts=Decimal(0), may_be_sent_again=is_remembered)


def _existing(inquest: Inquest, found: Sequence[Order], evidence: tuple[Evidence, ...]) -> OrderFate:
    ids = {order.venue_order_id for order in found} | ({inquest.venue_order_id} if inquest.venue_order_id else set())
    latest = found[0]
    for order in found[1:]:
        if not _follows(latest, order):
            return _fate(inquest, FateState.UNKNOWN, evidence)
        # Where both say the same, the first one's word stays: it is the route that the order took.
        latest = latest if latest.state == order.state else order
    if len(ids) != 1 or latest.state is None or latest.filled_contracts is None:
        return _fate(inquest, FateState.UNKNOWN, evidence)
    return OrderFate(
        client_order_id=inquest.client_order_id,
        venue_order_id=latest.venue_order_id,
        state=_STATES[latest.state],
        filled_contracts=latest.filled_contracts,
        average_price=latest.average_price,
        deadline_ms=inquest.deadline_ms,
        attempts=inquest.attempts,
        evidence=evidence,
    )


def _follows(earlier: Order, later: Order) -> bool:
    """Whether one order can have been in both conditions, in this order."""
    if earlier.state is None or later.state is None:
        return False
    if earlier.filled_contracts is None or later.filled_contracts is None:
        return False
    if earlier.state == later.state and earlier.state is not OrderState.PARTIALLY_FILLED:
        return earlier.filled_contracts == later.filled_contracts
    before, after = _PROGRESS.get(earlier.state), _PROGRESS.get(later.state)
    if before is None or after is None or (before == after and earlier.state != later.state):
        return False
    return before <= after and earlier.filled_contracts <= later.filled_contracts


def _is_denied(inquest: Inquest, evidence: Sequence[Evidence]) -> bool:
    """Whether every question that was required was answered soundly, and with no."""
    denied = {(each.witness, each.question) for each in evidence if each.answer is Answer.NOT_KNOWN}
    return bool(inquest.required) and inquest.required <= denied


def _fate(
    inquest: Inquest,
    state: FateState,
    evidence: tuple[Evidence, ...],
    *,
    filled_contracts: Decimal | None = None,
    may_be_sent_again: bool = False,
) -> OrderFate:
    return OrderFate(
        client_order_id=inquest.client_order_id,
        venue_order_id=inquest.venue_order_id,
        state=state,
        filled_contracts=filled_contracts,
        deadline_ms=inquest.deadline_ms,
        attempts=inquest.attempts,
        may_be_sent_again=may_be_sent_again,
        evidence=evidence,
    )
