"""From what was told to what is answered: contradiction, judgement, policy. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal

from dualwitness.alignment.adjudicate import adjudicate, distrust, overall
from dualwitness.alignment.guarding.answers import AccountJudgement, GuardedPosition, GuardedPositions, Look
from dualwitness.alignment.guarding.policy import Policy, PolicyAction, PositionsBlocked
from dualwitness.alignment.witness import AdjudicatedPosition, Leg, Testimony, WitnessKind
from dualwitness.models import NullReason, PositionsQuality, PositionsSource

__all__ = ["answered", "judged", "unlooked", "unsettled"]

_REPORT = WitnessKind.REPORT
# The audit's own (`conservation_positions.py`).
_ENTRY_TOLERANCE = Decimal("0.0001")
_MOVING = "the reports and the rest of the evidence differ, and the time was over before they could be read again"
_NOT_LOOKED = "others looked until the time was over"


def unsettled(testimonies: Iterable[Testimony]) -> frozenset[Leg]:
    """
    The legs of which no report says what all the evidence says.

    Their evidence has to be read again before anybody is blamed: the account may have moved meanwhile.
    """
    heard = [one for one in testimonies if one.error is None]
    return frozenset(leg for leg in {leg for one in heard for leg in one.contracts} if not _settled(leg, heard))


def _settled(leg: Leg, heard: Iterable[Testimony]) -> bool:
    claims: set[Decimal] = set()
    reported = False
    for one in heard:
        claim = one.says(leg)
        if claim is not None:
            claims.add(claim)
        if one.kind is _REPORT:
            if claim is None:
                return False
            reported = True
    return reported and len(claims) == 1


def judged(
    testimonies: tuple[Testimony, ...],
    *,
    symbols: Collection[str],
    now_ms: int,
    limits: Mapping[WitnessKind, int],
    moving: Collection[Leg] = (),
) -> AccountJudgement:
    """
    Adjudicate; ``moving`` legs, which differ and could not be read again in time, have no value.

    A report that is wrong about an entry price is not relied on for the size either.
    """
    found = adjudicate(testimonies, symbols=symbols, now_ms=now_ms, limits=limits)
    doubted = {leg.symbol for leg in _wrong_entries(testimonies)}
    if doubted:
        found = distrust(found, testimonies, doubted)
    if moving:
        found = tuple(_withheld(one) if Leg(one.symbol, one.position_side) in moving else one for one in found)
    quality, source = overall(found, testimonies)
    errors = (one.error for one in testimonies if one.error is not None)
    reason = None if quality is PositionsQuality.RELIABLE else next(errors, NullReason.ABSENT)
    return AccountJudgement(found, quality, source, reason)


def _wrong_entries(testimonies: Iterable[Testimony]) -> Iterator[Leg]:
    """Perpetuals whose entry price a report tells otherwise than the fills; of dated futures OKX resets it daily."""
    witnesses = tuple(testimonies)
    proven = {
        leg: price
        for one in witnesses
        if one.kind is WitnessKind.FILLS and one.error is None
        for leg, price in one.entry_prices.items()
        if price is not None and "-" not in leg.symbol
    }
    for one in witnesses:
        if one.kind is _REPORT:
            for leg, price in one.entry_prices.items():
                average = proven.get(leg)
                if price is not None and average is not None and abs(price - average) > abs(average) * _ENTRY_TOLERANCE:
                    yield leg


def _withheld(
    one: AdjudicatedPosition, quality: PositionsQuality = PositionsQuality.UNRELIABLE, explanation: str = _MOVING
) -> AdjudicatedPosition:
    return one.model_copy(
        update={
            "has_position": None,
            "direction": None,
            "contracts": None,
            "entry_price": None,
            "reason": NullReason.STALE,
            "positions_quality": quality,
            "positions_source": PositionsSource.NONE,
            "explanation": explanation,
            "rule": "not-read-again-in-time",
            "empty_confirmed": False,
        }
    )


def answered(
    judgement: AccountJudgement, symbols: Collection[str] | None, policy: Policy, look: Look
) -> GuardedPositions:
    """
    What a loop is given of ``symbols`` (None: all), under the policy.

    Raises `PositionsBlocked` where the policy says so of a leg that was asked for, or of an account without any.
    """
    wanted = [one for one in judgement.positions if symbols is None or one.symbol in symbols]
    positions = tuple(_under(one, policy, look) for one in wanted)
    quality, source = judgement.quality, judgement.source
    if wanted:
        order = list(PositionsQuality)
        worst = max(wanted, key=lambda one: order.index(one.positions_quality))
        quality, source = worst.positions_quality, worst.positions_source
    elif policy.action(quality) is PolicyAction.BLOCK:
        message = f"the positions of the account are {quality}"
        raise PositionsBlocked(message, quality)
    unknown = not wanted and quality is not PositionsQuality.RELIABLE
    return GuardedPositions(
        positions=None if unknown else positions,
        reason=judgement.reason if unknown else None,
        quality=quality,
        source=source,
        reasons={f"{one.symbol} {one.position_side}": one.reason for one in positions if one.reason is not None},
        judgement=judgement,
        look=look,
    )


def _under(one: AdjudicatedPosition, policy: Policy, look: Look) -> GuardedPosition:
    action = policy.action(one.positions_quality)
    if action is PolicyAction.BLOCK:
        message = f"{one.symbol} {one.position_side} is {one.positions_quality}: {one.explanation}"
        raise PositionsBlocked(message, one.positions_quality)
    reason = one.reason
    if reason is None and (one.contracts is None or action is PolicyAction.NULL_AND_REASON):
        reason = NullReason.CONFLICT if one.witnesses_against else NullReason.ABSENT
    return GuardedPosition(judged=one, action=action, reason=reason, look=look)


def unlooked(symbols: Collection[str]) -> AccountJudgement:
    """What is known where nobody looked in time: nothing, of every symbol that was ever asked for or seen."""
    found = judged((), symbols=symbols, now_ms=0, limits={})
    stale = tuple(_withheld(one, PositionsQuality.UNAVAILABLE, _NOT_LOOKED) for one in found.positions)
    return AccountJudgement(stale, PositionsQuality.UNAVAILABLE, PositionsSource.NONE, NullReason.STALE)
