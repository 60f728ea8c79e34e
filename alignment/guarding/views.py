"""What a guard tells beside positions: balances and fills, each held against the bills."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from dualwitness.alignment.guarding.answers import GuardedBalance, GuardedBalances, GuardedFills
from dualwitness.alignment.guarding.core import GuardCore
from dualwitness.alignment.guarding.money import (
    balances_of,
    booked_by,
    closings_of,
    fills_wanted,
    under_policy,
)
from dualwitness.alignment.guarding.policy import Policy, PolicyAction, PositionsBlocked
from dualwitness.models import Bill, Fill, NullReason, PositionsQuality
from dualwitness.models.observation import Observation

__all__ = ["balances", "fills_since"]

_Row = TypeVar("_Row", Fill, Bill)

_MOST_ROUNDS = 3


def balances(core: GuardCore, currency: str | None, budget_ms: int | None, policy: Policy) -> GuardedBalances:
    """Ask both libraries for the balance; where the bills contradict it, both are read again before that is told."""
    asked_ms, begun_s = core.clock_ms(), core.session.now_s()
    wanted = None if currency is None else (currency,)
    over_budget = True
    found: tuple[GuardedBalance, ...] = ()
    with core.turn(budget_ms) as times:
        if times is None:
            text = "others looked until the time was over"
            unknown = PositionsQuality.UNAVAILABLE
            found = tuple(GuardedBalance(name, None, NullReason.STALE, unknown, text) for name in wanted or ())
        else:
            found, over_budget = _balances(core, wanted, times[1])
    told = tuple(under_policy(one, policy) for one in found)
    order = list(PositionsQuality)
    worst = max((one.quality for one in found), key=order.index, default=PositionsQuality.UNAVAILABLE)
    return GuardedBalances(told, worst, core.described(asked_ms, begun_s, None, over_budget=over_budget))


def _balances(
    core: GuardCore, wanted: tuple[str, ...] | None, deadline_s: float
) -> tuple[tuple[GuardedBalance, ...], bool]:
    session = core.session
    if core.evidence.due(core.limits.evidence_ms):
        core.evidence.read(deadline_s)
    question = ("get_account_balance", None, lambda client: client.get_account_balance())
    for _ in range(_MOST_ROUNDS):
        at_ms = session.venue_now_ms()
        seen = session.ask(dict.fromkeys(session.libraries, (question,)), deadline_s)
        pair = {library: observation for (library, _), observation in seen.items()}
        core.evidence.testimonies()
        closings = [closings_of(bills) for bills in _rows(core, "get_bills", Bill)]
        flat_start = core.evidence.history.flat_start is not None
        found = balances_of(pair, closings, wanted, flat_start=flat_start)
        for library, observation in pair.items():
            if observation.error is None:
                session.note_whole("get_account_balance", library, at_ms)
        contradicted = any(one.reason is NullReason.CONFLICT for one in found)
        before = core.evidence.version
        if not contradicted or not session.time_left(deadline_s):
            break
        if core.evidence.read(deadline_s) and core.evidence.version == before:
            break  # nothing was booked meanwhile: they do contradict each other
    over_budget = any(_is_over(observation) for observation in pair.values())
    return found, over_budget


def fills_since(core: GuardCore, ts_ms: int, symbol: str | None, budget_ms: int | None, policy: Policy) -> GuardedFills:
    """Read what is new of fills and bills, and give the executions at or after that moment of venue time."""
    asked_ms, begun_s = core.clock_ms(), core.session.now_s()
    fills: tuple[Fill, ...] | None = None
    reason: NullReason | None = NullReason.STALE
    quality, text = PositionsQuality.UNAVAILABLE, "nobody could read them in time"
    over_budget = True
    with core.turn(budget_ms) as times:
        if times is not None:
            for _ in range(_MOST_ROUNDS):
                before = core.evidence.version
                whole = core.evidence.read(times[1])
                fills, reason, quality, text = _fills(core, ts_ms, symbol, whole=whole)
                over_budget = not whole
                if reason is not NullReason.CONFLICT or core.evidence.version == before:
                    break
    action = policy.action(quality)
    if action is PolicyAction.BLOCK:
        message = f"the fills are {quality}: {text}"
        raise PositionsBlocked(message, quality)
    if action is PolicyAction.NULL_AND_REASON and fills is not None:
        fills, reason = None, NullReason.ABSENT
    return GuardedFills(fills, reason, quality, text, core.described(asked_ms, begun_s, None, over_budget=over_budget))


_Told = tuple[tuple[Fill, ...] | None, NullReason | None, PositionsQuality, str]


def _fills(core: GuardCore, ts_ms: int, symbol: str | None, *, whole: bool) -> _Told:
    unreliable = PositionsQuality.UNRELIABLE
    told = fills_wanted(_rows(core, "get_fills", Fill), ts_ms, symbol)
    if not whole or not told:
        return None, _why(core), PositionsQuality.UNAVAILABLE, "no library could tell all fills and bills in time"
    if len({frozenset((fill.symbol, fill.trade_id) for fill in each) for each in told}) > 1:
        return None, NullReason.CONFLICT, unreliable, "the libraries tell different fills"
    fills = tuple(told[0])
    said = [booked_by(fills, each, ts_ms, symbol) for each in _rows(core, "get_bills", Bill)]
    if False in said:
        return None, NullReason.CONFLICT, unreliable, "the bills book other executions"
    if True not in said:
        return fills, None, unreliable, "no bills say which executions they are of: there is no second source"
    if len(told) < len(core.session.libraries):
        return fills, None, unreliable, "the bills agree, but not every library told its fills"
    return fills, None, PositionsQuality.RELIABLE, "the libraries and the bills agree"


def _rows(core: GuardCore, operation: str, kind: type[_Row]) -> list[list[_Row]]:
    """What each library tells of a growing surface; a library that cannot be believed just now tells nothing."""
    with core.session.lock:
        seen: Iterable[Observation | None] = [
            ledger.surfaces[operation].observation() for ledger in core.session.ledgers.values()
        ]
    return [
        [row for row in observation.rows if isinstance(row, kind)]
        for observation in seen
        if observation is not None and observation.rows is not None
    ]


def _why(core: GuardCore) -> NullReason:
    """Why there are no fills: the first library's reason."""
    for ledger in core.session.ledgers.values():
        for surface in ledger.surfaces.values():
            if surface.error is not None:
                return surface.error.reason
    return NullReason.STALE


def _is_over(observation: Observation) -> bool:
    return observation.error is not None and observation.error.reason is NullReason.STALE
