"""The inside of a guard: one look at a time, each within its budget."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock

from dualwitness.alignment.guarding.answers import AccountJudgement, Look
from dualwitness.alignment.guarding.evidence import Evidence
from dualwitness.alignment.guarding.judge import unlooked
from dualwitness.alignment.guarding.look import Limits, Looked, Looker
from dualwitness.alignment.guarding.policy import Policy
from dualwitness.alignment.guarding.rate_budget import RateBudget
from dualwitness.alignment.guarding.session import GuardSession
from dualwitness.models import Instrument, Library
from dualwitness.models.history import OpeningSnapshot
from dualwitness.venues import UsageError, VenueClient

__all__ = ["GuardCore", "Seen"]


@dataclass(frozen=True, slots=True)
class Seen:
    """One judgement of the account, and how it came about."""

    judgement: AccountJudgement
    look: Look


class GuardCore:
    """
    Session, evidence and looker of one account behind one lock; the parameters are those of `Guard`.

    Raises `UsageError` after `close`.
    """

    def __init__(
        self,
        clients: Mapping[Library, VenueClient],
        *,
        opening: OpeningSnapshot | None,
        policy: Policy,
        budget_ms: int,
        limits: Limits,
        sampling: Decimal,
        rate_budget: RateBudget | None,
        clock_ms: Callable[[], int],
        monotonic: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self.policy = policy
        self.budget_ms = budget_ms
        self.limits = limits
        self.clock_ms = clock_ms
        self.session = GuardSession(clients, rate_budget=rate_budget, clock_ms=clock_ms, monotonic=monotonic)
        self.evidence = Evidence(self.session, opening)
        self._looker = Looker(self.session, self.evidence, limits, share=sampling, random=random)
        self._turn = Lock()
        self._symbols: frozenset[str] = frozenset()
        self._closed = False

    def close(self) -> None:
        """Let go of threads and sockets; a question that is on its way is waited for."""
        with self._turn:
            if not self._closed:
                self._closed = True
                self.session.close()

    @contextmanager
    def turn(self, budget_ms: int | None) -> Iterator[tuple[float, float] | None]:
        """
        Wait for one's turn; gives when the wait began and the deadline (monotonic seconds).

        None where others took all of the time.
        """
        begun_s = self.session.now_s()
        allowed_s = (self.budget_ms if budget_ms is None else budget_ms) / 1000
        if not self._turn.acquire(timeout=allowed_s):
            yield None
            return
        try:
            if self._closed:
                message = "the guard is closed"
                raise UsageError(message, advice="open another one")
            yield begun_s, begun_s + allowed_s
        finally:
            self._turn.release()

    def look(self, symbols: Collection[str], budget_ms: int | None) -> Seen:
        """Look at the account now."""
        asked_ms, begun_s = self.clock_ms(), self.session.now_s()
        with self.turn(budget_ms) as times:
            if times is None:
                return Seen(unlooked(self._symbols | set(symbols)), self.described(asked_ms, begun_s, None))
            self._symbols |= set(symbols)
            looked = self._looker.look(self._symbols, times[1])
            self._symbols |= {one.symbol for one in looked.judgement.positions}
            return Seen(looked.judgement, self.described(asked_ms, begun_s, looked))

    def described(self, asked_ms: int, begun_s: float, looked: Looked | None, *, over_budget: bool = True) -> Look:
        """How an answer came about; ``looked`` is null where it was no look at the positions."""
        ages_ms: Mapping[str, int | None]
        if looked is None:
            sampled, skew_ms, ages_ms = not over_budget, None, self.session.ages_ms(self.session.venue_now_ms())
        else:
            over_budget, sampled = looked.over_budget, looked.sampled
            skew_ms, ages_ms = looked.skew_ms, looked.ages_ms
        return Look(
            asked_ms=asked_ms,
            elapsed_ms=(self.session.now_s() - begun_s) * 1000,
            over_budget=over_budget,
            sampled=sampled,
            skew_ms=skew_ms,
            ages_ms=ages_ms,
        )

    def instrument(self, symbol: str) -> Instrument | None:
        """What the venue lists of an instrument; null where nobody was told of it, or it was told differently."""
        with self.session.lock:
            tables = [ledger.evidence(0).instruments() for ledger in self.session.ledgers.values()]
        found = {(one.contract_size, one.linear, one.inverse) for table in tables if (one := table.get(symbol))}
        if len(found) != 1:
            return None
        return next(one for table in tables if (one := table.get(symbol)) is not None)
