"""
Asking for a guard: both libraries at once, within a deadline and the shared quota, and what was told is kept.

Times of the venue are our clock plus the offset that each preparation measures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from threading import Lock
from typing import Any, Final

from dualwitness.alignment.freshness import FreshnessLedger, Surface
from dualwitness.alignment.guarding.ledger import EVIDENCE, Asked, EvidenceLedger, Growing
from dualwitness.alignment.guarding.rate_budget import RateBudget
from dualwitness.alignment.guarding.workers import Askers, Ticket, unanswered
from dualwitness.alignment.observe import Ask, Pair
from dualwitness.models import Library, NullReason
from dualwitness.models.market import VenueTime
from dualwitness.models.observation import Observation
from dualwitness.venues import VenueClient

__all__ = ["GuardSession", "Wanted"]

# A read of all fills is one call for each of OKX's five instrument types.
_CALLS: Final[Mapping[str, int]] = {"get_fills": 5, "get_instruments": 5}
_PREPARED_EVERY_S: Final = 60.0
_INSTRUMENTS_EVERY_S: Final = 3_600.0
_MOST_PROBLEMS: Final = 50
_SURFACES: Final[Mapping[str, Surface]] = {
    "get_positions": Surface.POSITIONS,
    "get_fills": Surface.FILLS,
    "get_bills": Surface.BILLS,
    "get_account_balance": Surface.BALANCE,
}

Wanted = tuple[str, str | None, Ask]


class GuardSession:
    """
    The open clients of one guard and everything that they told; `close` closes them.

    ``clock_ms`` is our clock, ``monotonic`` gives seconds. What should not happen in a client's thread is kept in
    ``problems``, newest last.
    """

    def __init__(
        self,
        clients: Mapping[Library, VenueClient],
        *,
        rate_budget: RateBudget | None,
        clock_ms: Callable[[], int],
        monotonic: Callable[[], float],
    ) -> None:
        self.libraries = tuple(clients)
        self.ledgers = {library: EvidenceLedger(library) for library in clients}
        self.problems: list[str] = []
        self._rate_budget = rate_budget
        self._clock_ms = clock_ms
        self._monotonic = monotonic
        self.lock = Lock()
        self._reports: dict[Library, tuple[Observation, int]] = {}
        self.freshness = FreshnessLedger(limits={})
        self._offset_ms = 0
        self._prepared_s: float | None = None
        self._instruments_s: float | None = None
        self._askers = Askers(clients, self._late, self._problem)

    def close(self) -> None:
        """Let go of threads and sockets."""
        self._askers.close()

    def now_s(self) -> float:
        """Monotonic seconds."""
        return self._monotonic()

    def time_left(self, deadline_s: float) -> bool:
        """Whether the deadline lies ahead."""
        return self._monotonic() < deadline_s

    def venue_now_ms(self) -> int:
        """The venue's time, as far as it was told."""
        return self._clock_ms() + self._offset_ms

    def ages_ms(self, now_ms: int) -> dict[str, int | None]:
        """The age of every surface for the library that told it longest ago; None where one never did."""
        freshness = self.freshness
        ages: dict[str, int | None] = {}
        for surface in _SURFACES.values():
            told = [freshness.age_ms(surface, None, now_ms, library) for library in self.libraries]
            known = [age for age in told if age is not None]
            ages[str(surface)] = max(known) if len(known) == len(told) else None
        return ages

    def prepare(self, deadline_s: float) -> None:
        """Read what changes rarely, where that was long ago: venue time, the account's mode, instruments."""
        now_s = self._monotonic()
        if self._prepared_s is not None and now_s - self._prepared_s < _PREPARED_EVERY_S:
            return
        wanted: list[Wanted] = [
            ("get_server_time", None, lambda client: (VenueTime(ts_venue_ms=client.get_server_time()),)),
            ("get_account_config", None, lambda client: (client.get_account_config(),)),
        ]
        if self._instruments_s is None or now_s - self._instruments_s >= _INSTRUMENTS_EVERY_S:
            wanted.append(("get_instruments", None, lambda client: client.get_instruments()))
        seen = self.ask(dict.fromkeys(self.libraries, wanted), deadline_s)
        whole = all(observation.error is None for observation in seen.values())
        with self.lock:
            for observation in seen.values():
                self._note(observation)
            self._prepared_s = now_s if whole else None
            self._instruments_s = now_s if whole and len(wanted) > len(EVIDENCE) else self._instruments_s

    def report(self, libraries: Iterable[Library], deadline_s: float, limit_ms: int) -> Pair:
        """
        What these libraries report of all positions, asked for side by side.

        Where the quota does not allow the question, the last report counts while it is no older than ``limit_ms``.
        """
        at_ms = self.venue_now_ms()
        seen: Pair = {}
        tickets = []
        for library in libraries:
            if self._may_ask("get_positions"):
                ticket = Ticket(library, "get_positions", None, lambda client: client.get_positions(), at_ms)
                tickets.append(self._askers.start(ticket))
                continue
            last = self.last_report(library, limit_ms)
            text = "the shared rate budget has no call left"
            seen[library] = last or unanswered(library, "get_positions", text, "RateBudget", NullReason.NOT_ASKED)
        for ticket in tickets:
            seen[ticket.library] = answer = ticket.wait(deadline_s - self._monotonic())
            self._keep_report(answer, at_ms)
        return seen

    def last_report(self, library: Library, limit_ms: int) -> Observation | None:
        """The library's last report, where it is no older than that."""
        with self.lock:
            kept = self._reports.get(library)
        if kept is None or limit_ms <= 0 or self.venue_now_ms() - kept[1] > limit_ms:
            return None
        return kept[0]

    def reported_at_ms(self, observation: Observation) -> int:
        """The venue time at which a report was asked for; now, for one that is no report of ours."""
        with self.lock:
            kept = self._reports.get(observation.library)
        return kept[1] if kept is not None and kept[0] is observation else self.venue_now_ms()

    def read_evidence(self, deadline_s: float) -> bool:
        """Read what is new of fills and bills; whether at least one library told all of it."""
        at_ms = self.venue_now_ms()
        with self.lock:
            asked = {
                (library, operation): ledger.surfaces[operation].question(at_ms)
                for library, ledger in self.ledgers.items()
                for operation in EVIDENCE
            }
        tickets = [
            self._askers.start(Ticket(library, operation, None, _growing(operation, question), question))
            for (library, operation), question in asked.items()
            if self._may_ask(operation)
        ]
        answers = [(ticket, ticket.wait(deadline_s - self._monotonic())) for ticket in tickets]
        whole = dict.fromkeys(self.libraries, 0)
        with self.lock:
            for ticket, answer in answers:
                surface = self._merge(ticket, answer, asked[ticket.library, ticket.operation])
                whole[ticket.library] += surface.error is None
        return any(count == len(EVIDENCE) for count in whole.values())

    def newest(self) -> tuple[int | None, str | None]:
        """The venue time of the newest fill or bill that is known, and the highest bill id among its millisecond."""
        with self.lock:
            rows: list[Any] = [
                row for ledger in self.ledgers.values() for name in EVIDENCE for row in ledger.surfaces[name].rows
            ]
        newest_ms = max((row.ts_venue_ms for row in rows if row.ts_venue_ms is not None), default=None)
        ids = [row.bill_id for row in rows if row.ts_venue_ms == newest_ms and row.bill_id is not None]
        return newest_ms, max(ids, key=lambda each: (len(each), each), default=None)

    def ask(
        self, wanted: Mapping[Library, Iterable[Wanted]], deadline_s: float
    ) -> dict[tuple[Library, str], Observation]:
        """Put several questions, each library its own in turn; those that the quota does not allow are not there."""
        at_ms = self.venue_now_ms()
        tickets = [
            self._askers.start(Ticket(library, operation, symbol, ask, at_ms))
            for library, questions in wanted.items()
            for operation, symbol, ask in questions
            if self._may_ask(operation)
        ]
        return {(ticket.library, ticket.operation): ticket.wait(deadline_s - self._monotonic()) for ticket in tickets}

    def note_whole(self, operation: str, library: Library, at_ms: int) -> None:
        """Remember that a library told all of a surface as of that venue time."""
        self.freshness = self.freshness.note(_SURFACES[operation], None, at_ms, library)

    def _may_ask(self, operation: str) -> bool:
        return self._rate_budget is None or self._rate_budget.take(operation, _CALLS.get(operation, 1))

    def _keep_report(self, observation: Observation, at_ms: int) -> None:
        """Keep a report that did not fail; a client answers in turn, so it is never older than the one before."""
        if observation.rows is None:
            return
        with self.lock:
            self._reports[observation.library] = (observation, at_ms)
            self.note_whole("get_positions", observation.library, at_ms)

    def _merge(self, ticket: Ticket, observation: Observation, asked: Asked) -> Growing:
        surface = self.ledgers[ticket.library].surfaces[ticket.operation]
        surface.merge(observation, asked)
        if surface.as_of_ms is not None:
            self.note_whole(ticket.operation, ticket.library, surface.as_of_ms)
        return surface

    def _note(self, observation: Observation) -> None:
        self.ledgers[observation.library].note(replace(observation, exchanges=()))
        for row in observation.rows or ():
            if isinstance(row, VenueTime):
                # Half of the call had passed when the venue looked at its clock.
                middle_ms = observation.started_ms + int(observation.duration_ms / 2)
                self._offset_ms = row.ts_venue_ms - middle_ms

    def _late(self, ticket: Ticket, observation: Observation) -> None:
        """An answer that nobody waited for: it says what was so when it was asked for, and is kept as that."""
        if observation.rows is None:
            return
        if isinstance(ticket.context, Asked):
            with self.lock:
                self._merge(ticket, observation, ticket.context)
        elif ticket.operation == "get_positions" and isinstance(ticket.context, int):
            self._keep_report(observation, ticket.context)
        elif ticket.operation != "get_account_balance":
            with self.lock:
                self._note(observation)

    def _problem(self, failure: BaseException) -> None:
        self.note_problem(f"{type(failure).__name__}: {failure}")

    def note_problem(self, text: str) -> None:
        """Keep what a person may want to know, newest last."""
        with self.lock:
            self.problems.append(text)
            del self.problems[:-_MOST_PROBLEMS]


def _growing(operation: str, asked: Asked) -> Ask:
    """The question for what is new of a growing surface."""
    if operation == "get_fills":
        return lambda client: client.get_fills(since_ms=asked.since_ms)
    return lambda client: client.get_bills(since_ms=asked.since_ms)
