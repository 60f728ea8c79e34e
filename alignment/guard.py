"""
The guard of a trading loop: proven positions, or an honest "unknown", within a time budget.

    with Guard.open("okx", base_url=..., credentials=...) as guard:
        position = guard.position("BTC/USDT:USDT")
        if position.has_position is None: ...     # unknown is not flat; `position.reason` says why
        if guard.allows(intent): ...              # the risk engine asks the same: `open_trader(..., facts=guard.facts)`

`guarding/look.py` says how it looks, `adjudicate.py` how it judges, `guarding/policy.py` what it gives of what is not
proven, `guarding/permission.py` which orders pass.
"""

from __future__ import annotations

import random as chance
import time
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Self

from dualwitness.alignment.guarding.answers import GuardedBalances, GuardedFills, GuardedPosition, GuardedPositions
from dualwitness.alignment.guarding.core import GuardCore
from dualwitness.alignment.guarding.facts import GuardedFacts
from dualwitness.alignment.guarding.judge import answered
from dualwitness.alignment.guarding.look import Limits
from dualwitness.alignment.guarding.monitor import Callback, Monitor
from dualwitness.alignment.guarding.opening import defaults_for, open_clients
from dualwitness.alignment.guarding.permission import Permission
from dualwitness.alignment.guarding.policy import Policy, PolicyAction
from dualwitness.alignment.guarding.rate_budget import RateBudget
from dualwitness.alignment.guarding.ruling import Ruling, rule
from dualwitness.alignment.guarding.views import balances, fills_since
from dualwitness.alignment.guarding.vouching import check_named, vouched
from dualwitness.models import Library, OrderIntent, PositionSide, PositionsQuality, RunMode, Venue
from dualwitness.models.history import OpeningSnapshot
from dualwitness.venues import Credentials, UsageError, VenueClient
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.routing_facts import ClientFacts

__all__ = ["Guard"]

_Policies = Policy | Mapping[PositionsQuality, PolicyAction]
_BUDGET_MS = 1_000
# So long after an order was allowed every look reads the fills anew, whatever the reports say.
_FILLED_WITHIN_MS = 2_000
_HALF = Decimal("0.5")
_NO_LIMITS = Limits()


def _wall_clock_ms() -> int:
    """Milliseconds since the epoch on the local clock."""
    return time.time_ns() // 1_000_000


class Guard:
    """
    Watches one account through two clients of its own, which it closes; safe to share between threads.

    ``opening`` vouches for what was held at a moment, where fills do not reach back to an account with nothing.
    ``policy`` says what is given of positions that are not `reliable`. ``budget_ms`` is how long a question may take;
    each may have its own. ``sampling`` is the share of questions for which both libraries are asked anew, the second
    one's last report counting otherwise while it is fresh. ``rate_budget`` is shared with whoever trades (None: no
    limit of ours). ``limits`` say how old evidence may be. Clocks and chance are passed in: ``clock_ms`` gives ms since
    the epoch, ``monotonic`` seconds, ``random`` numbers from 0 to 1.

    Every question may raise `PositionsBlocked` (where the policy says so), `SafetyError`, and `OSError` where a call
    could not be journalled. Raises `UsageError` for settings that make no sense, and for a guard that was closed.
    """

    def __init__(
        self,
        clients: Mapping[Library, VenueClient] | Mapping[str, VenueClient],
        *,
        opening: OpeningSnapshot | None = None,
        policy: _Policies = Policy(),  # noqa: B008 - frozen
        budget_ms: int = _BUDGET_MS,
        limits: Limits = _NO_LIMITS,
        sampling: Decimal = Decimal(1),
        rate_budget: RateBudget | None = None,
        clock_ms: Callable[[], int] = _wall_clock_ms,
        monotonic: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = chance.random,
    ) -> None:
        by_library = {Library(client.label): client for client in clients.values()}
        if len(by_library) < len(Library) or len(by_library) < len(clients):
            message = f"a guard was given clients over {', '.join(by_library) or 'no library'}"
            raise UsageError(message, advice="give one client over ccxt and one over okx_sdk, of the same account")
        if budget_ms < 1 or not 0 <= sampling <= 1:
            message = f"a budget of {budget_ms} ms and a sampling share of {sampling} were given"
            raise UsageError(message, advice="give at least 1 ms, and a share from 0 to 1")
        self._core = GuardCore(
            by_library,
            opening=opening,
            policy=Policy.of(policy),
            budget_ms=budget_ms,
            limits=limits,
            sampling=sampling,
            rate_budget=rate_budget,
            clock_ms=clock_ms,
            monotonic=monotonic,
            random=random,
        )
        self._monitors: list[Monitor] = []

    @classmethod
    def open(
        cls,
        venue: str | Venue = Venue.OKX,
        *,
        base_url: str | None = None,
        credentials: Credentials | None = None,
        mode: str | RunMode = RunMode.OKX_DEMO_API,
        opening: OpeningSnapshot | None = None,
        policy: _Policies = Policy(),  # noqa: B008 - frozen
        budget_ms: int = _BUDGET_MS,
        sampling: Decimal = Decimal(1),
        share: Decimal = _HALF,
        journal: CallJournal | None = None,
    ) -> Self:
        """
        Open both clients as `open_venue` does, demo unless ``mode`` says otherwise, and guard the account.

        At OKX the guard takes at most ``share`` of the quota; on loopback nothing limits it. Raises what `open_venue`
        raises.
        """
        limits, rate_budget = defaults_for(base_url, share)
        clients = open_clients(
            venue, base_url=base_url, credentials=credentials, mode=mode, budget_ms=budget_ms, journal=journal
        )
        return cls(
            clients,
            opening=opening,
            policy=policy,
            budget_ms=budget_ms,
            limits=limits,
            sampling=sampling,
            rate_budget=rate_budget,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop every monitor, and let go of threads and sockets; harmless when it was done before."""
        for monitor in self._monitors:
            monitor.stop()
        self._core.close()

    def positions(self, symbols: Collection[str] | None = None, *, budget_ms: int | None = None) -> GuardedPositions:
        """Look at the account now; ``symbols`` are told whether or not anybody speaks of them (None: all)."""
        return self._answer(symbols, budget_ms, self._core.policy)

    def position(self, symbol: str, side: str = PositionSide.NET, *, budget_ms: int | None = None) -> GuardedPosition:
        """
        Look at one leg now; ``side`` is ``net``, or ``long`` and ``short`` in long/short mode.

        Raises `UsageError` for a side that the account's position mode does not have.
        """
        answer = self._answer((symbol,), budget_ms, self._core.policy)
        found = answer.of(symbol, side)
        if found is None:
            sides = ", ".join(one.position_side for one in answer.positions or ()) or "no side, because it is a pair"
            message = f"{symbol} has no position on side {side!r}"
            raise UsageError(message, advice=f"the account has {sides}; what is held of a pair in cash is a balance")
        return found

    def fills_since(self, ts_ms: int, symbol: str | None = None, *, budget_ms: int | None = None) -> GuardedFills:
        """Give our executions at or after a moment of venue time, held against the bills."""
        return fills_since(self._core, ts_ms, symbol, budget_ms, self._core.policy)

    def balance(self, currency: str | None = None, *, budget_ms: int | None = None) -> GuardedBalances:
        """Give the cash of one currency, or of all, held against the bills."""
        return balances(self._core, currency, budget_ms, self._core.policy)

    def allows(
        self, intent: OrderIntent, given: GuardedPositions | None = None, *, budget_ms: int | None = None
    ) -> Permission:
        """
        Whether an order may be sent on what is known; looks now, unless ``given`` is an answer that is still fresh.

        The policy plays no part, and nothing is blocked: an order that may not be sent has a `Permission` that says so.
        """
        return self.ruling(intent, given, budget_ms=budget_ms).permission

    def allows_cancel(self) -> bool:
        """Whether an order may be cancelled: always."""
        return True

    def ruling(
        self, intent: OrderIntent, given: GuardedPositions | None = None, *, budget_ms: int | None = None
    ) -> Ruling:
        """Give the permission together with the position that it rests on."""
        fresh = None
        if given is not None:
            age_ms = self._core.clock_ms() - given.look.asked_ms
            known = any(one.symbol == intent.symbol for one in given.judgement.positions)
            fresh = given.judgement if known and 0 <= age_ms <= self._core.limits.positions_ms else None
        ruled = rule(self._core, intent, fresh, budget_ms)
        if ruled.permission:
            self._core.evidence.expect(_FILLED_WITHIN_MS)
        return ruled

    def facts(self, base: ClientFacts) -> GuardedFacts:
        """Give the risk engine the guard's word on positions: ``open_trader(..., facts=guard.facts)``."""
        return GuardedFacts(base, self.ruling)

    def vouch(self, who: str, why: str, *, budget_ms: int | None = None) -> OpeningSnapshot:
        """
        Take what both libraries report now as what is held, on a named person's word, and build on it from here on.

        For an account that is older than the venue's memory. Keep the snapshot, and hand it in as ``opening`` next
        time. Raises `UsageError` without a name and a reason, and `PositionsBlocked` where the libraries do not agree,
        or the account moved meanwhile.
        """
        return vouched(self._core, who, why, budget_ms)

    def forget(self, who: str, why: str) -> None:
        """
        Read all evidence anew, on a named person's word.

        For a venue that took back fills or bills which it had told: until then they count as doubtful, whatever it says
        later. Raises `UsageError` without a name and a reason.
        """
        check_named(who, why)
        with self._core.turn(None):
            self._core.evidence.forget()
            self._core.session.note_problem(f"evidence forgotten by {who.strip()}: {why.strip()}")

    def monitor(self, callback: Callback, every_ms: int = 250) -> Monitor:
        """Start a thread that looks every so often and tells of every change of quality; close the guard to end it."""
        if every_ms < 1:
            message = f"a monitor was to look every {every_ms} ms"
            raise UsageError(message, advice="give at least 1 ms")
        watching = Monitor(lambda: self._answer(None, None, Policy()), callback, every_ms)
        self._monitors.append(watching)
        return watching

    @property
    def problems(self) -> tuple[str, ...]:
        """What went wrong where nobody waited for it: answers that came too late to be refused, newest last."""
        with self._core.session.lock:
            return tuple(self._core.session.problems)

    def _answer(self, symbols: Collection[str] | None, budget_ms: int | None, policy: Policy) -> GuardedPositions:
        wanted = None if symbols is None else frozenset([symbols] if isinstance(symbols, str) else symbols)
        seen = self._core.look(wanted or (), budget_ms)
        return answered(seen.judgement, wanted, policy, seen.look)
