"""
Whether an order may be sent on what is known of the position. Pure.

Cancels are never asked about: they always pass.

| evidence | orders that pass |
|---|---|
| of the instrument reliable, and nothing contradicted in the whole account | all (the risk engine has its own say) |
| contradicted or without a second source, with a number that remains | those that reduce it, and by no more than it |
| contradicted, and no number remains | none |
| gone: unavailable, stale, not asked | none |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dualwitness.alignment.guarding.answers import GuardedBalance, conflicts
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.models import (
    Direction,
    Instrument,
    NullReason,
    OrderIntent,
    PositionSide,
    PositionsQuality,
    Side,
    base_from_contracts,
)

__all__ = ["Permission", "PermissionReason", "permission", "permission_in_cash"]

_RELIABLE = PositionsQuality.RELIABLE
_REBUILT = PositionsQuality.RECONSTRUCTED_FROM_FILLS
_GONE = frozenset({NullReason.STALE, NullReason.ERROR, NullReason.NOT_ASKED, NullReason.INVALID_ENVELOPE})


class PermissionReason(StrEnum):
    """Why an order passes or not; stable codes."""

    PROVEN = "positions_are_proven"
    REDUCES = "reduces_what_is_proven"
    OPENS = "opens_while_evidence_conflicts"
    BEYOND = "reduces_more_than_is_proven"
    NOTHING_PROVEN = "nothing_is_proven_to_be_reduced"
    UNSIZED = "size_cannot_be_compared"
    GONE = "evidence_is_gone"


@dataclass(frozen=True, slots=True)
class Permission:
    """Whether an order may be sent, the code, and a sentence; true in a condition only where it is allowed."""

    allowed: bool
    reason: PermissionReason
    text: str

    def __bool__(self) -> bool:
        return self.allowed


def permission(
    intent: OrderIntent,
    account: Sequence[AdjudicatedPosition],
    instrument: Instrument | None,
    reference: Decimal | None,
) -> Permission:
    """
    Whether an order for a contract, or for a pair on margin, may be sent.

    ``account`` is every leg of the account after judgement; ``reference`` (quote per base) values inverse contracts.
    """
    legs = [one for one in account if one.symbol == intent.symbol]
    if not legs and ":" not in intent.symbol:
        return Permission(
            False, PermissionReason.NOTHING_PROVEN, "of a pair on margin nothing but a report could speak"
        )
    gone = _gone(legs)
    if gone is not None:
        return Permission(False, PermissionReason.GONE, gone)
    elsewhere = [f"{one.symbol} {one.position_side}" for one in account if conflicts(one) and one not in legs]
    doubted = [one for one in legs if one.positions_quality is not _RELIABLE]
    if not doubted and not elsewhere:
        return Permission(True, PermissionReason.PROVEN, "two libraries and a second kind of evidence agree")
    why = doubted[0].explanation if doubted else f"evidence of {elsewhere[0]} contradicts itself"
    leg = _reduced(intent, legs)
    if leg is None or leg.contracts is None:
        unknown = [one for one in legs if one.contracts is None]
        if unknown and (intent.reduce_only or not legs[0].contracts):
            return Permission(False, PermissionReason.NOTHING_PROVEN, f"no number remains to be reduced: {why}")
        return Permission(False, PermissionReason.OPENS, f"only reducing orders pass: {why}")
    if leg.positions_quality not in (_RELIABLE, _REBUILT) and not intent.reduce_only:
        return Permission(False, PermissionReason.OPENS, f"without reduce_only it might open: {why}")
    return _bounded(intent, leg.contracts, instrument, reference, why)


def permission_in_cash(
    intent: OrderIntent, held: GuardedBalance, elsewhere: Iterable[AdjudicatedPosition]
) -> Permission:
    """
    Whether an order for a pair in cash may be sent: what is held of it is the balance of its base currency.

    While that is not proven, or evidence of ``elsewhere`` contradicts itself, only what is proven to be held is sold.
    """
    if held.quality is PositionsQuality.UNAVAILABLE:
        return Permission(False, PermissionReason.GONE, f"the balance of {held.currency} is gone: {held.explanation}")
    contradicted = next((one for one in elsewhere if conflicts(one)), None)
    if held.quality is _RELIABLE and contradicted is None:
        return Permission(True, PermissionReason.PROVEN, f"the balance of {held.currency} is proven")
    why = held.explanation if contradicted is None else f"evidence of {contradicted.symbol} contradicts itself"
    if intent.side is Side.LONG:
        return Permission(False, PermissionReason.OPENS, f"only what is held may be sold: {why}")
    total = None if held.balance is None else held.balance.total
    if total is None:
        return Permission(False, PermissionReason.NOTHING_PROVEN, f"no holding is proven: {why}")
    if intent.size > total:
        return Permission(False, PermissionReason.BEYOND, f"{intent.size} is more than {total}, which is proven: {why}")
    return Permission(True, PermissionReason.REDUCES, f"sells {intent.size} of {total}, which is proven")


def _gone(legs: Sequence[AdjudicatedPosition]) -> str | None:
    """Why there is no evidence of the instrument; None where there is some."""
    if not legs:
        return "nobody was asked about this instrument"
    for one in legs:
        if one.positions_quality is PositionsQuality.UNAVAILABLE or (one.contracts is None and one.reason in _GONE):
            return f"the position is {one.positions_quality} ({one.reason}): {one.explanation}"
    return None


def _reduced(intent: OrderIntent, legs: Sequence[AdjudicatedPosition]) -> AdjudicatedPosition | None:
    """The leg that the order would reduce; in long/short mode only an order that says so reduces anything."""
    opposite = Direction.SHORT if intent.side is Side.LONG else Direction.LONG
    for one in legs:
        sided = one.position_side != PositionSide.NET
        if one.direction is opposite and (intent.reduce_only or not sided):
            return one
    return None


def _bounded(
    intent: OrderIntent, contracts: Decimal, instrument: Instrument | None, reference: Decimal | None, why: str
) -> Permission:
    held = None if instrument is None else base_from_contracts(contracts, instrument, reference)
    if not isinstance(held, Decimal):
        text = f"what {contracts} contracts are in base currency is not known: {why}"
        return Permission(False, PermissionReason.UNSIZED, text)
    if intent.size > held:
        return Permission(False, PermissionReason.BEYOND, f"{intent.size} is more than {held}, which is proven: {why}")
    return Permission(True, PermissionReason.REDUCES, f"reduces {held} by {intent.size}: {why}")
