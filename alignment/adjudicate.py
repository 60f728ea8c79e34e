"""
Adjudication: what the account holds, decided by independent evidence. Pure.

The witnesses of `testimony.py` are asked about every leg that is known, reported or traded; the table of
`adjudicate_rules.py` decides, and tells which line did. A witness that is too old has no vote: stale is a reason, never
a value. Then `distrust`: a report that is contradicted in anything else it says of a position is not relied on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.alignment.adjudicate_rules import RULES, Evidence, Rule, Taken
from dualwitness.alignment.witness import AdjudicatedPosition, Leg, Testimony, WitnessKind
from dualwitness.models import Direction, NullReason, PositionSide, PositionsQuality, PositionsSource

__all__ = ["AdjudicatedPosition", "Leg", "Testimony", "adjudicate", "distrust", "overall"]

_REPORT = WitnessKind.REPORT
_INDEPENDENT = frozenset((WitnessKind.FILLS, WitnessKind.ORDERS, WitnessKind.BILLS))
_NO_LIMITS: Mapping[WitnessKind, int] = {}
_NOBODY: frozenset[WitnessKind] = frozenset()
_UNTOLD = frozenset((NullReason.ABSENT, NullReason.ERROR))


def adjudicate(
    testimonies: Iterable[Testimony],
    *,
    symbols: Collection[str] = (),
    now_ms: int | None = None,
    limits: Mapping[WitnessKind, int] = _NO_LIMITS,
    rules: Sequence[Rule] = RULES,
) -> tuple[AdjudicatedPosition, ...]:
    """
    Judge every leg that a witness names or that ``symbols`` add, sorted by symbol and side.

    ``now_ms`` is venue time; a witness older than the limit of its kind in ms is stale and has no vote. Pairs among
    ``symbols`` are judged only where a witness names them: what is held of a pair in cash is a balance.
    """
    bench = _Bench(tuple(testimonies), now_ms, limits)
    return tuple(_judge(leg, bench, rules) for leg in sorted(_legs(bench.witnesses, symbols)))


def distrust(
    judged: Iterable[AdjudicatedPosition], testimonies: Iterable[Testimony], symbols: Collection[str]
) -> tuple[AdjudicatedPosition, ...]:
    """
    Take the report's word away from positions of which it said anything that other evidence contradicts.

    A report that is wrong about the entry price or the leverage is not to be relied on for the size either: what the
    fills say stays, as ``reconstructed_from_fills``; what only orders or bills confirm stays as ``unreliable``. Of a
    leg that is flat it said nothing else: that its other side is contradicted takes nothing from what all confirm.
    """
    witnesses = tuple(testimonies)
    settled = []
    for one in judged:
        held = one.has_position is True and one.positions_quality is PositionsQuality.RELIABLE
        doubted = held and one.symbol in symbols
        settled.append(_distrusted(one, witnesses) if doubted else one)
    return tuple(settled)


def overall(
    judged: Iterable[AdjudicatedPosition], testimonies: Iterable[Testimony]
) -> tuple[PositionsQuality, PositionsSource]:
    """
    The quality of all positions together: the worst of them.

    With no leg at all the account is flat only if both reports and a complete independent witness say so, and nothing
    is open by the balances.
    """
    order = list(PositionsQuality)
    found = list(judged)
    if found:
        worst = max(found, key=lambda one: order.index(one.positions_quality))
        return worst.positions_quality, worst.positions_source
    witnesses = tuple(testimonies)
    reports = [one for one in witnesses if one.kind is _REPORT]
    heard = [one for one in reports if one.error is None]
    backed = any(one.kind in _INDEPENDENT and one.error is None and one.complete for one in witnesses)
    if not heard:
        return PositionsQuality.UNAVAILABLE, PositionsSource.NONE
    if any(one.open_currencies for one in witnesses):
        return PositionsQuality.UNRELIABLE, PositionsSource.NONE
    if len(heard) == len(reports) and len(heard) > 1 and backed:
        return PositionsQuality.RELIABLE, PositionsSource.EXCHANGE
    return PositionsQuality.UNRELIABLE, PositionsSource.EXCHANGE


@dataclass(slots=True)
class _Bench:
    """The witnesses of one adjudication, and how old each is."""

    witnesses: tuple[Testimony, ...]
    now_ms: int | None
    limits: Mapping[WitnessKind, int]

    def ages_ms(self) -> dict[str, int | None]:
        """The age of every witness in venue time; None where it is unknown."""
        now_ms = self.now_ms
        return {
            one.witness: None if now_ms is None or one.as_of_ms is None else now_ms - one.as_of_ms
            for one in self.witnesses
        }


def _legs(witnesses: tuple[Testimony, ...], symbols: Collection[str]) -> set[Leg]:
    legs = {leg for one in witnesses for leg in (*one.contracts, *one.signs)}
    if not symbols:
        return legs
    known = {leg.symbol for leg in legs}
    sided = any(leg.side != PositionSide.NET for leg in legs)
    sides = (PositionSide.LONG, PositionSide.SHORT) if sided else (PositionSide.NET,)
    more = {Leg(symbol, str(side)) for symbol in symbols if symbol not in known and ":" in symbol for side in sides}
    return legs | more


def _judge(leg: Leg, bench: _Bench, rules: Sequence[Rule]) -> AdjudicatedPosition:
    ages_ms = bench.ages_ms()
    said: dict[Testimony, Decimal] = {}
    stale: list[str] = []
    signs: set[int] = set()
    for one in bench.witnesses:
        claim, sign = one.says(leg), one.signs.get(leg)
        if claim is None and sign is None:
            continue
        age_ms, limit_ms = ages_ms[one.witness], bench.limits.get(one.kind)
        if age_ms is not None and limit_ms is not None and age_ms > limit_ms:
            stale.append(one.witness)
            continue
        if claim is not None:
            said[one] = claim
        if sign is not None:
            signs.add(sign)
    evidence = _evidence(bench.witnesses, said, frozenset(signs))
    rule = next(rule for rule in rules if rule.when(evidence))
    return _told(leg, bench, rule, evidence, said, tuple(stale), ages_ms)


def _evidence(witnesses: tuple[Testimony, ...], said: Mapping[Testimony, Decimal], signs: frozenset[int]) -> Evidence:
    reported: set[Decimal] = set()
    by_kind: dict[WitnessKind, set[Decimal]] = {}
    heard = 0
    for one, claim in said.items():
        if one.kind is _REPORT:
            heard += 1
            reported.add(claim)
        elif one.kind in _INDEPENDENT:
            by_kind.setdefault(one.kind, set()).add(claim)
    votes: dict[Decimal, set[WitnessKind]] = {}
    for kind, claims in by_kind.items():
        if len(claims) == 1:
            votes.setdefault(next(iter(claims)), set()).add(kind)
    most = max(map(len, votes.values()), default=0)
    leaders = [value for value, kinds in votes.items() if len(kinds) == most]
    value = leaders[0] if len(leaders) == 1 else None
    others = [each for each in votes if each != value]
    return Evidence(
        asked=sum(one.kind is _REPORT for one in witnesses),
        heard=heard,
        report=next(iter(reported)) if len(reported) == 1 else None,
        spoken=frozenset(by_kind),
        value=value,
        backing=_NOBODY if value is None else frozenset(votes[value]),
        dissent=others[0] if len(others) == 1 else None,
        values=frozenset(said.values()),
        signs=signs,
    )


def _told(
    leg: Leg,
    bench: _Bench,
    rule: Rule,
    evidence: Evidence,
    said: Mapping[Testimony, Decimal],
    stale: tuple[str, ...],
    ages_ms: Mapping[str, int | None],
) -> AdjudicatedPosition:
    value = {Taken.REPORT: evidence.report, Taken.EVIDENCE: evidence.value, Taken.NOTHING: None}[rule.then.taken]
    reason = None if value is not None else _why(rule.then.null_reason, bench, leg, stale=bool(stale))
    against = [] if value is None else [one.witness for one, claim in said.items() if claim != value]
    return AdjudicatedPosition(
        symbol=leg.symbol,
        position_side=leg.side,
        has_position=None if value is None else value != 0,
        direction=_direction(value),
        contracts=None if value is None else abs(value),
        entry_price=None if value is None else _entry_price(leg, rule, value, said),
        reason=reason,
        positions_quality=rule.then.quality,
        positions_source=rule.then.source,
        witnesses_for=() if value is None else tuple(one.witness for one, claim in said.items() if claim == value),
        witnesses_against=tuple(f"{one.witness} says {claim:f}" for one, claim in said.items() if claim != value),
        explanation=rule.reason,
        rule=rule.name,
        empty_confirmed=value is not None and value == 0 and bool(evidence.spoken),
        odd_one_out=tuple(against),
        ages_ms=dict(ages_ms),
        stale=stale,
    )


def _direction(value: Decimal | None) -> Direction | None:
    if value is None:
        return None
    return Direction.LONG if value > 0 else Direction.SHORT if value < 0 else Direction.FLAT


def _why(reason: NullReason | None, bench: _Bench, leg: Leg, *, stale: bool) -> NullReason:
    """Why there is no value: staleness, where it took a vote away; else what the first silent witness says."""
    if reason is NullReason.ERROR and not stale:
        told = (one.error or one.reasons.get(leg) for one in bench.witnesses)
        return next((each for each in told if each is not None), reason)
    return NullReason.STALE if stale and reason in _UNTOLD else reason or NullReason.CONFLICT


def _entry_price(leg: Leg, rule: Rule, value: Decimal, said: Mapping[Testimony, Decimal]) -> Decimal | None:
    """The entry price of the first witness that is believed: of the reports where they are, else of the fills."""
    preferred = _REPORT if rule.then.taken is Taken.REPORT else WitnessKind.FILLS
    prices = (one.entry_prices.get(leg) for one, claim in said.items() if claim == value and one.kind is preferred)
    return next((price for price in prices if price is not None), None)


def _distrusted(one: AdjudicatedPosition, witnesses: tuple[Testimony, ...]) -> AdjudicatedPosition:
    leg = Leg(one.symbol, one.position_side)
    folds = [witness for witness in witnesses if witness.kind is WitnessKind.FILLS and witness.says(leg) is not None]
    update: dict[str, object] = {
        "entry_price": next((price for fold in folds if (price := fold.entry_prices.get(leg)) is not None), None),
        "positions_quality": PositionsQuality.RECONSTRUCTED_FROM_FILLS,
        "positions_source": PositionsSource.RECONSTRUCTED_FROM_FILLS,
        "explanation": "the size is confirmed, but something else that the report says is contradicted",
        "rule": "report-contradicted-elsewhere",
    }
    if not folds:
        update |= {
            "entry_price": None,
            "positions_quality": PositionsQuality.UNRELIABLE,
            "positions_source": PositionsSource.EXCHANGE,
        }
    return one.model_copy(update=update)
