"""
The rules of adjudication: one listed table, in order; the first line that applies decides. Pure.

A witness votes by its kind. Two libraries over one endpoint are one kind, and a kind whose libraries contradict each
other supports nothing. ``report`` is what the positions reports say; the independent kinds are fills, orders and bills.

Three principles lie behind the lines: nothing is reliable against or without an independent witness; flat is said only
where everybody says it, and never in doubt; and where witnesses contradict each other a number needs two of them that
are independent of each other, or the fills without any independent witness against them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dualwitness.alignment.witness import WitnessKind
from dualwitness.models import NullReason, PositionsQuality, PositionsSource

__all__ = ["RULES", "Evidence", "Rule", "Taken", "Then"]

_FILLS = WitnessKind.FILLS


@dataclass(slots=True)
class Evidence:
    """
    What is said of one leg by witnesses that are fresh, counted by kind.

    ``asked`` and ``heard`` count the reports; ``report`` is what all that were heard say (None: nothing, or they
    differ). ``spoken`` are the independent kinds that say anything. ``value`` is what most of them say undivided
    (None: nothing, or a tie), ``backing`` those that do, ``rest`` the others; ``dissent`` is what the only other kind
    says undivided. ``values`` is everything that was said by anybody, ``signs`` which ways something is held for sure.
    """

    asked: int
    heard: int
    report: Decimal | None
    spoken: frozenset[WitnessKind]
    value: Decimal | None
    backing: frozenset[WitnessKind]
    dissent: Decimal | None
    values: frozenset[Decimal]
    signs: frozenset[int]

    @property
    def rest(self) -> int:
        """How many independent kinds do not say the value."""
        return len(self.spoken) - len(self.backing)

    @property
    def all_flat(self) -> bool:
        """Whether flat is all that anybody says."""
        return bool(self.values) and not any(self.values)

    @property
    def one_value(self) -> bool:
        """Whether everybody who speaks says the same."""
        return len(self.values) == 1

    @property
    def complete(self) -> bool:
        """Whether every library reported, and there is more than one."""
        return self.asked > 1 and self.heard == self.asked

    @property
    def held(self) -> bool:
        """Whether the value is a number of contracts, and not nothing."""
        return self.value is not None and self.value != 0

    @property
    def united(self) -> bool:
        """Whether all independent kinds that speak say one number of contracts."""
        return self.held and self.rest == 0

    @property
    def contrary(self) -> bool:
        """Whether something is held for sure that what everybody says leaves no room for."""
        return any(
            not any(sign == 0 or (value > 0) == (sign > 0) for value in self.values if value) for sign in self.signs
        )


class Taken(StrEnum):
    """Whose number a rule takes."""

    REPORT = "report"
    EVIDENCE = "evidence"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Then:
    """What follows: the quality, where the value comes from, and the reason where there is none."""

    quality: PositionsQuality
    source: PositionsSource
    taken: Taken
    null_reason: NullReason | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: ``when`` it applies, ``then`` it decides, for the ``reason`` that is told."""

    name: str
    reason: str
    when: Callable[[Evidence], bool]
    then: Then


_RELIABLE = Then(PositionsQuality.RELIABLE, PositionsSource.EXCHANGE, Taken.REPORT)
_REBUILT = Then(PositionsQuality.RECONSTRUCTED_FROM_FILLS, PositionsSource.RECONSTRUCTED_FROM_FILLS, Taken.EVIDENCE)
_REPORTED = Then(PositionsQuality.UNRELIABLE, PositionsSource.EXCHANGE, Taken.REPORT)
_FROM_FILLS = Then(PositionsQuality.UNRELIABLE, PositionsSource.RECONSTRUCTED_FROM_FILLS, Taken.EVIDENCE)
_INFERRED = Then(PositionsQuality.UNRELIABLE, PositionsSource.INFERRED, Taken.EVIDENCE)
_EMPTY = Then(PositionsQuality.UNRELIABLE, PositionsSource.NONE, Taken.NOTHING, NullReason.ABSENT)
_CONFLICT = Then(PositionsQuality.UNRELIABLE, PositionsSource.NONE, Taken.NOTHING, NullReason.CONFLICT)
_GONE = Then(PositionsQuality.UNAVAILABLE, PositionsSource.NONE, Taken.NOTHING, NullReason.ERROR)


def _two_against_one(evidence: Evidence) -> bool:
    """Two independent kinds say one number; the third does not, and the report does not side with the third."""
    if not evidence.held or len(evidence.backing) != 2:
        return False
    return evidence.report is None or evidence.report != evidence.dissent


RULES: tuple[Rule, ...] = (
    Rule(
        "nobody-speaks",
        "no witness could speak",
        lambda e: not e.values,
        _GONE,
    ),
    Rule(
        "something-is-held",
        "nothing but flat was said, but an order to reduce rests or profit is open: something is held",
        lambda e: e.all_flat and bool(e.signs),
        _CONFLICT,
    ),
    Rule(
        "held-the-other-way",
        "everybody says the same, but an order rests that can only reduce the opposite",
        lambda e: e.one_value and e.heard > 0 and e.contrary,
        _REPORTED,
    ),
    Rule(
        "all-agree",
        "every library's report and every independent witness that speaks agree",
        lambda e: e.one_value and e.complete and bool(e.spoken),
        _RELIABLE,
    ),
    Rule(
        "flat-without-proof",
        "nothing but flat was said, but not by everybody who is needed for it",
        lambda e: e.all_flat,
        _EMPTY,
    ),
    Rule(
        "report-alone",
        "the reports have no second source: neither fills nor orders nor bills can speak of this leg",
        lambda e: not e.spoken and e.report is not None,
        _REPORTED,
    ),
    Rule(
        "fills-without-every-report",
        "a library's report is missing, or all are; the fills say so, and no independent witness says otherwise",
        lambda e: e.united and _FILLS in e.backing and (e.heard == 0 or e.report == e.value),
        _REBUILT,
    ),
    Rule(
        "fills-against-the-report",
        "the reports contradict the fills, or each other; no independent witness contradicts the fills",
        lambda e: e.united and _FILLS in e.backing,
        _REBUILT,
    ),
    Rule(
        "report-with-orders-or-bills",
        "a library's report is missing and the fills cannot speak; orders or bills say what the other report says",
        lambda e: e.united and e.report == e.value,
        _REPORTED,
    ),
    Rule(
        "orders-and-bills-alone",
        "neither a report nor the fills say so, but orders and bills do, with nothing between them",
        lambda e: e.united and (e.heard == 0 or len(e.backing) > 1),
        _INFERRED,
    ),
    Rule(
        "report-and-two-against-one",
        "the report and two independent witnesses agree; the third contradicts them and is not believed",
        lambda e: _two_against_one(e) and e.report == e.value,
        _REPORTED,
    ),
    Rule(
        "fills-and-one-against-one",
        "the fills and one more independent witness agree; the other one and the report say something else",
        lambda e: _two_against_one(e) and _FILLS in e.backing,
        _FROM_FILLS,
    ),
    Rule(
        "orders-and-bills-against-the-fills",
        "orders and bills agree; the fills and the report each say something else",
        _two_against_one,
        _INFERRED,
    ),
    Rule(
        "conflict",
        "the witnesses contradict each other, and no two independent ones outweigh the rest",
        lambda _: True,
        _CONFLICT,
    ),
)
