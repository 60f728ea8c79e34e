"""
Adjudication: what the account holds, decided by independent evidence. Pure.

Witnesses are the positions report through each library and the fold of fills through each library. Rules, in order, for
each symbol and leg, over the union of what was reported and what was traded:

1. both reports and at least one complete fold agree                → the report, ``reliable``;
2. the reports agree, no fold can speak                            → the report, ``unreliable`` (no second source),
   but null with reason ``absent`` where the report says that there is nothing;
3. the reports disagree, or a fold contradicts them, folds agree    → the fold, ``reconstructed_from_fills``;
4. no report could be had, folds agree                              → the fold, ``reconstructed_from_fills``;
5. reports and folds contradict each other with no agreement left   → null, ``unreliable``, reason ``conflict``;
6. no witness at all                                                → null, ``unavailable``.

Then `distrust`: a report that is contradicted in anything else it says of a position is not relied on.
Empty is believed only with a second witness: a report without the symbol and a complete fold that nets to zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.models import Direction, FrozenModel, Library, NullReason, PositionsQuality, PositionsSource
from dualwitness.models.fact import Number

__all__ = ["AdjudicatedPosition", "Leg", "Testimony", "adjudicate", "distrust", "overall"]


@dataclass(frozen=True, slots=True, order=True)
class Leg:
    """
    What a position is asked about: a symbol and, in long/short mode, its side; ``net`` otherwise.

    Cross and isolated positions of one symbol are added up, because a fill does not tell them apart (okx-v5-facts 8).
    """

    symbol: str
    side: str


@dataclass(frozen=True, slots=True, eq=False)
class Testimony:
    """
    What one witness says of all legs: signed contracts, or None where it cannot say.

    ``complete`` means that a leg which is not listed is claimed to be flat; otherwise nothing is known of it. A
    witness with ``error`` says nothing at all.
    """

    witness: str
    contracts: Mapping[Leg, Decimal | None]
    entry_prices: Mapping[Leg, Decimal | None]
    complete: bool
    error: NullReason | None = None

    def says(self, leg: Leg) -> Decimal | None:
        """Signed contracts of a leg, zero for flat, None for unknown."""
        if self.error is not None:
            return None
        if leg in self.contracts:
            return self.contracts[leg]
        return Decimal(0) if self.complete else None


class AdjudicatedPosition(FrozenModel):
    """One leg after judgement: value or null + reason, how far to trust it, and who testified what."""

    symbol: str
    position_side: str
    has_position: bool | None
    direction: Direction | None
    contracts: Number | None
    entry_price: Number | None
    reason: NullReason | None
    positions_quality: PositionsQuality
    positions_source: PositionsSource
    witnesses_for: tuple[str, ...]
    witnesses_against: tuple[str, ...]
    explanation: str


def adjudicate(
    reports: Mapping[Library, Testimony], folds: Mapping[Library, Testimony]
) -> tuple[AdjudicatedPosition, ...]:
    """Judge every leg that any witness names, sorted by symbol and side."""
    witnesses = (*reports.values(), *folds.values())
    legs = sorted({leg for witness in witnesses for leg in witness.contracts})
    return tuple(_judge(leg, tuple(reports.values()), tuple(folds.values())) for leg in legs)


def distrust(
    judged: Iterable[AdjudicatedPosition], folds: Mapping[Library, Testimony], symbols: Collection[str]
) -> tuple[AdjudicatedPosition, ...]:
    """
    Take the report's word away from positions of which it said anything that other evidence contradicts.

    A report that is wrong about the entry price or the leverage is not to be relied on for the size either: what the
    fills say stays, as ``reconstructed_from_fills``.
    """
    settled = []
    for one in judged:
        if one.symbol not in symbols or one.positions_quality is not PositionsQuality.RELIABLE:
            settled.append(one)
            continue
        leg = Leg(one.symbol, one.position_side)
        entries = [fold.entry_prices.get(leg) for fold in folds.values()]
        settled.append(
            one.model_copy(
                update={
                    "entry_price": next((entry for entry in entries if entry is not None), None),
                    "positions_quality": PositionsQuality.RECONSTRUCTED_FROM_FILLS,
                    "positions_source": PositionsSource.RECONSTRUCTED_FROM_FILLS,
                    "explanation": "size and fills agree, but something else that the report says is contradicted",
                }
            )
        )
    return tuple(settled)


def overall(
    judged: Iterable[AdjudicatedPosition], reports: Mapping[Library, Testimony], folds: Mapping[Library, Testimony]
) -> tuple[PositionsQuality, PositionsSource]:
    """
    The quality of all positions together: the worst of them.

    With no leg at all the account is flat only if both reports and a complete fold say so.
    """
    order = list(PositionsQuality)
    found = list(judged)
    if found:
        worst = max(found, key=lambda one: order.index(one.positions_quality))
        return worst.positions_quality, worst.positions_source
    heard = [report for report in reports.values() if report.error is None]
    backed = any(fold.error is None and fold.complete for fold in folds.values())
    if not heard:
        return PositionsQuality.UNAVAILABLE, PositionsSource.NONE
    if len(heard) == len(reports) and len(heard) > 1 and backed:
        return PositionsQuality.RELIABLE, PositionsSource.EXCHANGE
    return PositionsQuality.UNRELIABLE, PositionsSource.EXCHANGE


def _judge(leg: Leg, reports: tuple[Testimony, ...], folds: tuple[Testimony, ...]) -> AdjudicatedPosition:
    said = {witness: witness.says(leg) for witness in (*reports, *folds)}
    reported = {said[report] for report in reports if said[report] is not None}
    folded = {said[fold] for fold in folds if said[fold] is not None}
    all_reported = len(reports) > 1 and all(said[report] is not None for report in reports)
    if len(reported) == 1 and reported == folded and all_reported:
        return _hold(leg, reported.pop(), said, PositionsQuality.RELIABLE, "both reports and the fills agree")
    if len(folded) == 1:
        text = "no report could be had" if not reported else "the reports contradict the fills, or each other"
        if reported == folded:
            text = "one report is missing; the other agrees with the fills"
        value = folded.pop()
        return _hold(leg, value, said, PositionsQuality.RECONSTRUCTED_FROM_FILLS, text)
    if reported == {Decimal(0)} and not folded:
        return _null(leg, PositionsQuality.UNRELIABLE, NullReason.ABSENT, said, "empty, and no second witness for it")
    if len(reported) == 1 and not folded:
        text = "no second source: the fills cannot speak of this leg"
        return _hold(leg, reported.pop(), said, PositionsQuality.UNRELIABLE, text)
    if not reported and not folded:
        return _null(leg, PositionsQuality.UNAVAILABLE, NullReason.ERROR, said, "no witness could speak")
    return _null(leg, PositionsQuality.UNRELIABLE, NullReason.CONFLICT, said, "the witnesses contradict each other")


_SOURCES = {
    PositionsQuality.RELIABLE: PositionsSource.EXCHANGE,
    PositionsQuality.RECONSTRUCTED_FROM_FILLS: PositionsSource.RECONSTRUCTED_FROM_FILLS,
    PositionsQuality.UNRELIABLE: PositionsSource.EXCHANGE,
}


def _hold(
    leg: Leg, value: Decimal | None, said: Mapping[Testimony, Decimal | None], quality: PositionsQuality, text: str
) -> AdjudicatedPosition:
    signed = Decimal(0) if value is None else value
    supporting = [witness for witness, claim in said.items() if claim == value]
    preferred = [w for w in supporting if w.witness.startswith("fills")] if "reconstructed" in quality else supporting
    entries = [witness.entry_prices.get(leg) for witness in preferred]
    return AdjudicatedPosition(
        symbol=leg.symbol,
        position_side=leg.side,
        has_position=signed != 0,
        direction=Direction.LONG if signed > 0 else Direction.SHORT if signed < 0 else Direction.FLAT,
        contracts=abs(signed),
        entry_price=next((entry for entry in entries if entry is not None), None),
        reason=None,
        positions_quality=quality,
        positions_source=_SOURCES[quality],
        witnesses_for=tuple(witness.witness for witness in supporting),
        witnesses_against=_against(said, value),
        explanation=text,
    )


def _null(
    leg: Leg,
    quality: PositionsQuality,
    reason: NullReason,
    said: Mapping[Testimony, Decimal | None],
    text: str,
) -> AdjudicatedPosition:
    return AdjudicatedPosition(
        symbol=leg.symbol,
        position_side=leg.side,
        has_position=None,
        direction=None,
        contracts=None,
        entry_price=None,
        reason=reason,
        positions_quality=quality,
        positions_source=PositionsSource.NONE,
        witnesses_for=(),
        witnesses_against=_against(said, None),
        explanation=text,
    )


def _against(said: Mapping[Testimony, Decimal | None], value: Decimal | None) -> tuple[str, ...]:
    return tuple(
        f"{witness.witness} says {claim:f}" for witness, claim in said.items() if claim is not None and claim != value
    )
