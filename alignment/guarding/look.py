"""
One look at the account: two reports side by side, held against evidence that is kept and read again where it matters.

In the steady state a look costs the two reports and nothing else. Where they contradict the evidence, or one is
missing, the account may simply have moved, so nobody is blamed before that is ruled out:

    evidence ─▶ reports ─▶ agree? ── yes ─────────────────────────────▶ judge
                   ▲          └ no ─▶ evidence again ─▶ unchanged? yes ─▶ judge: it stood still, they contradict it
                   └──────────────────────────────────────┘ no: reports again

So a number that no report confirms rests on fills that were read in this very look. What is still open when the time is
over has no value, and the reason is ``stale``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from dualwitness.alignment.guarding.answers import AccountJudgement
from dualwitness.alignment.guarding.evidence import Evidence
from dualwitness.alignment.guarding.judge import judged, unsettled
from dualwitness.alignment.guarding.session import GuardSession
from dualwitness.alignment.guarding.workers import OVER_BUDGET
from dualwitness.alignment.observe import Pair, skew_ms
from dualwitness.alignment.witness import Leg, Testimony, WitnessKind

__all__ = ["Limits", "Looked", "Looker"]

_MOST_ROUNDS: Final = 6


@dataclass(frozen=True, slots=True)
class Limits:
    """How old a surface may be, in ms of venue time, before it no longer counts."""

    positions_ms: int = 1_000
    evidence_ms: int = 1_000
    balance_ms: int = 1_000

    def by_kind(self) -> Mapping[WitnessKind, int]:
        """
        The limits as adjudication asks for them.

        Evidence is read again when it is that old, and may grow twice as old while that takes its time.
        """
        evidence_ms = 2 * self.evidence_ms
        kinds = dict.fromkeys((WitnessKind.FILLS, WitnessKind.ORDERS, WitnessKind.BILLS), evidence_ms)
        return {**kinds, WitnessKind.REPORT: self.positions_ms}


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look came to."""

    judgement: AccountJudgement
    reports: Pair
    over_budget: bool
    sampled: bool
    skew_ms: float | None
    ages_ms: Mapping[str, int | None]


class Looker:
    """
    Looks at the positions of one account; one look at a time.

    ``share`` of the looks ask both libraries anew; in the others the second one's last report counts as long as it is
    fresh. ``random`` gives numbers from 0 to 1.
    """

    def __init__(
        self,
        session: GuardSession,
        evidence: Evidence,
        limits: Limits,
        *,
        share: Decimal,
        random: Callable[[], float],
    ) -> None:
        self._session = session
        self._evidence = evidence
        self._limits = limits
        self._share = share
        self._random = random

    def look(self, symbols: Collection[str], deadline_s: float) -> Looked:
        """Look now, and come back by the deadline (monotonic seconds) with whatever is known."""
        if self._evidence.due(self._limits.evidence_ms):
            self._evidence.read(deadline_s)
        everybody = self._share >= 1 or self._random() < self._share
        reports, sampled = self._report(deadline_s, everybody=everybody)
        witnesses = self._witnesses(reports)
        behind = True  # whether the reports were asked for after the evidence was read last
        for _ in range(_MOST_ROUNDS):
            if not unsettled(witnesses) or not self._session.time_left(deadline_s):
                break
            if not sampled:
                # A report that was only kept may be older than the evidence: it must not be held against it.
                reports, sampled = self._report(deadline_s, everybody=True, anew=True)
                witnesses = self._witnesses(reports)
            elif behind:
                before = self._evidence.version
                whole = self._evidence.read(deadline_s)
                witnesses = self._witnesses(reports)
                behind = self._evidence.version == before
                if behind and whole:
                    # The account stood still around the reports: they do contradict the evidence, or are missing.
                    return self._told(symbols, witnesses, reports, (), sampled=sampled)
                if behind:
                    break  # nobody can tell whether it stood still
            else:
                reports, sampled = self._report(deadline_s, everybody=True, anew=True)
                witnesses = self._witnesses(reports)
                behind = True
        return self._told(symbols, witnesses, reports, unsettled(witnesses), sampled=sampled)

    def _told(
        self,
        symbols: Collection[str],
        witnesses: tuple[Testimony, ...],
        reports: Pair,
        moving: Collection[Leg],
        *,
        sampled: bool,
    ) -> Looked:
        now_ms = self._session.venue_now_ms()
        limits = self._limits.by_kind()
        judgement = judged(witnesses, symbols=symbols, now_ms=now_ms, limits=limits, moving=moving)
        errors = [seen.error for seen in reports.values() if seen.error is not None]
        return Looked(
            judgement=judgement,
            reports=reports,
            over_budget=bool(moving) or any(error.kind == OVER_BUDGET for error in errors),
            sampled=sampled,
            skew_ms=skew_ms({library: seen for library, seen in reports.items() if seen.error is None}),
            ages_ms=self._session.ages_ms(now_ms),
        )

    def _report(self, deadline_s: float, *, everybody: bool, anew: bool = False) -> tuple[Pair, bool]:
        """
        The reports, and whether all of them are new.

        Unless they have to be ``anew``, a last report that is fresh counts: the second library's, where not
        ``everybody`` is to be asked, and those of whom the quota does not allow to be asked.
        """
        session, fresh_ms = self._session, 0 if anew else self._limits.positions_ms
        last = {one: None if anew else session.last_report(one, fresh_ms) for one in session.libraries}
        kept = {} if everybody else {one: seen for one, seen in list(last.items())[1:] if seen is not None}
        seen = session.report([one for one in session.libraries if one not in kept], deadline_s, fresh_ms)
        pair = {one: kept[one] if one in kept else seen[one] for one in session.libraries}
        return pair, all(observation is not last[one] for one, observation in pair.items())

    def _witnesses(self, reports: Pair) -> tuple[Testimony, ...]:
        return (*self._evidence.reports(reports), *self._evidence.testimonies())
