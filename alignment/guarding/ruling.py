"""From an order to its permission, and to what the risk engine is told of the position behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.alignment.guarding.answers import AccountJudgement, GuardedBalance
from dualwitness.alignment.guarding.core import GuardCore
from dualwitness.alignment.guarding.permission import Permission, PermissionReason, permission, permission_in_cash
from dualwitness.alignment.guarding.policy import Policy, PolicyAction
from dualwitness.alignment.guarding.views import balances
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.models import (
    Direction,
    Instrument,
    OrderIntent,
    PositionsQuality,
    TdMode,
    Ticker,
    base_from_contracts,
)
from dualwitness.models.exact import EXACT
from dualwitness.models.symbols import Symbol, SymbolError
from dualwitness.venues.routing_position import Held

__all__ = ["Ruling", "held_of", "rule"]

_ZERO, _TWO = Decimal(0), Decimal(2)
_ALL_THERE_IS = Policy(PolicyAction.FALLBACK, PolicyAction.FALLBACK, PolicyAction.FALLBACK)


@dataclass(frozen=True, slots=True)
class Ruling:
    """
    The permission, and what it rests on.

    ``legs`` are those of the instrument, or ``holding`` where a pair is traded in cash. ``asked_ms`` is our clock when
    the position was asked for.
    """

    permission: Permission
    quality: PositionsQuality
    legs: tuple[AdjudicatedPosition, ...]
    holding: GuardedBalance | None
    asked_ms: int


def rule(core: GuardCore, intent: OrderIntent, judgement: AccountJudgement | None, budget_ms: int | None) -> Ruling:
    """Decide on an order, on a judgement that is fresh or on a look that is made now."""
    asked_ms = core.clock_ms()
    account = core.look((intent.symbol,), budget_ms).judgement if judgement is None else judgement
    base = _base_of(intent)
    if base is not None:
        told = balances(core, base, budget_ms, _ALL_THERE_IS)
        held = told.balances[0]
        verdict = permission_in_cash(intent, held, account.positions)
        return Ruling(verdict, held.quality, (), held, asked_ms)
    legs = tuple(one for one in account.positions if one.symbol == intent.symbol)
    instrument = core.instrument(intent.symbol)
    verdict = permission(intent, account.positions, instrument, None)
    if verdict.reason is PermissionReason.UNSIZED and instrument is not None and instrument.inverse:
        verdict = permission(intent, account.positions, instrument, _reference(core, intent.symbol, budget_ms))
    order = list(PositionsQuality)
    worst = max((one.positions_quality for one in legs), key=order.index, default=PositionsQuality.UNAVAILABLE)
    return Ruling(verdict, worst, legs, None, asked_ms)


def held_of(ruling: Ruling, instrument: Instrument, reference: Decimal | None) -> Held | None:
    """What is held on each side in base currency; null where anything of it is unknown, or the evidence is gone."""
    if ruling.permission.reason is PermissionReason.GONE:
        return None
    if ruling.holding is not None:
        return _held_in_cash(ruling.holding)
    long, short = _ZERO, _ZERO
    for one in ruling.legs:
        base = None if one.contracts is None else base_from_contracts(one.contracts, instrument, reference)
        if not isinstance(base, Decimal):
            return None
        if one.direction is Direction.LONG:
            long = EXACT.add(long, base)
        elif one.direction is Direction.SHORT:
            short = EXACT.add(short, base)
    return Held(long, short) if ruling.legs else None


def _held_in_cash(holding: GuardedBalance) -> Held | None:
    if holding.reason is not None:
        return None
    if holding.balance is None:
        return Held(_ZERO, _ZERO)  # no library has a row of it, and no bill ever booked it
    total = holding.balance.total
    if total is None:
        return None
    return Held(total, _ZERO) if total >= 0 else Held(_ZERO, -total)


def _base_of(intent: OrderIntent) -> str | None:
    """The base currency of a pair that is traded in cash; null for everything else."""
    if intent.td_mode is not TdMode.CASH or ":" in intent.symbol:
        return None
    try:
        return Symbol.parse(intent.symbol).base
    except SymbolError:
        return None


def _reference(core: GuardCore, symbol: str, budget_ms: int | None) -> Decimal | None:
    """The highest price that a library quotes: an inverse contract is worth the least at it."""
    with core.turn(budget_ms) as times:
        if times is None:
            return None
        question = ("get_ticker", symbol, lambda client: (client.get_ticker(symbol),))
        seen = core.session.ask(dict.fromkeys(core.session.libraries, (question,)), times[1])
    rows: Iterable[object] = (row for observation in seen.values() for row in observation.rows or ())
    prices = [row.ask for row in rows if isinstance(row, Ticker) and row.symbol == symbol and row.ask is not None]
    return max(prices, default=None)
