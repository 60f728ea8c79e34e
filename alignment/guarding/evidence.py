"""The evidence of a guard as testimony: made again only where something in it has changed."""

from __future__ import annotations

from dataclasses import replace

from dualwitness.alignment.guarding.session import GuardSession
from dualwitness.alignment.history import history_from
from dualwitness.alignment.observe import Pair
from dualwitness.alignment.testimony import testimonies
from dualwitness.alignment.testimony_report import report_testimony
from dualwitness.alignment.witness import Testimony, WitnessKind
from dualwitness.alignment.world import World
from dualwitness.models import NullReason
from dualwitness.models.history import OpeningSnapshot

__all__ = ["Evidence"]

_SURFACES = {WitnessKind.FILLS: "get_fills", WitnessKind.BILLS: "get_bills"}


class Evidence:
    """
    Everything but the reports: how far back it reaches, and what it says of each leg.

    ``opening`` is what somebody vouches for at a moment; without it the history has to be proven by the bills.
    """

    def __init__(self, session: GuardSession, opening: OpeningSnapshot | None) -> None:
        self._session = session
        self._opening = opening
        self._read_s: float | None = None
        self._expected_s: float | None = None
        self._told: tuple[Testimony, ...] = ()
        self._told_of: object = None
        self.history = history_from((), opening=opening)

    @property
    def version(self) -> tuple[object, ...]:
        """Changes with everything that any library's evidence says."""
        return tuple(ledger.version for ledger in self._session.ledgers.values())

    def due(self, limit_ms: int) -> bool:
        """Whether it was never read, or that long ago, or an order of ours may have been filled since."""
        now_s = self._session.now_s()
        expected = self._expected_s is not None and now_s < self._expected_s
        return self._read_s is None or expected or (now_s - self._read_s) * 1000 >= limit_ms

    def expect(self, within_ms: int) -> None:
        """Read everything anew in each look of that time: an order of ours may be on its way."""
        self._expected_s = self._session.now_s() + within_ms / 1000

    def read(self, deadline_s: float) -> bool:
        """Read what is new; whether at least one library told all of it."""
        self._session.prepare(deadline_s)
        begun_s = self._session.now_s()
        whole = self._session.read_evidence(deadline_s)
        if whole:
            self._read_s = begun_s
        return whole

    def build_on(self, opening: OpeningSnapshot) -> None:
        """Take a snapshot as what was held at its moment, from now on."""
        self._opening, self.history = opening, history_from((), opening=opening)
        self._told_of = None

    def forget(self) -> None:
        """Read everything anew, from the beginning."""
        with self._session.lock:
            for ledger in self._session.ledgers.values():
                ledger.forget()
        self.history = history_from((), opening=self._opening)
        self._told_of = self._read_s = None

    def testimonies(self) -> tuple[Testimony, ...]:
        """What the evidence says; computed anew where it has changed, with its age as it is now."""
        now_ms = self._session.venue_now_ms()
        version = self.version
        if self._told_of != version:
            worlds = [ledger.evidence(now_ms) for ledger in self._session.ledgers.values()]
            if not self.history.complete:
                # What was proven once stays: later bills say nothing about the beginning.
                self.history = history_from(worlds, opening=self._opening)
            told = testimonies(worlds, self.history)
            self._told = tuple(one for one in told if one.kind is not WitnessKind.REPORT)
            self._told_of = version
        return tuple(self._dated(one) for one in self._told if one.error is not NullReason.NOT_ASKED)

    def reports(self, reports: Pair) -> tuple[Testimony, ...]:
        """What these positions reports say."""
        session = self._session
        return tuple(
            report_testimony(
                World(library, {("get_positions", None): observation}, session.reported_at_ms(observation))
            )
            for library, observation in reports.items()
        )

    def _dated(self, one: Testimony) -> Testimony:
        """Evidence speaks for the moment when its surface was last known to be whole."""
        surface = _SURFACES.get(one.kind)
        if surface is None:
            return one
        as_of_ms = self._session.ledgers[one.library].surfaces[surface].as_of_ms
        return one if as_of_ms == one.as_of_ms else replace(one, as_of_ms=as_of_ms)
