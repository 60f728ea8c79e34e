"""What the positions report says, and what the balances prove without being able to count. Pure."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from dualwitness.alignment.witness import Leg, Testimony, WitnessKind
from dualwitness.alignment.world import World
from dualwitness.models import Balance, Direction, NullReason, Position, PositionMode, PositionSide
from dualwitness.models.symbols import Symbol, SymbolError

__all__ = ["balances_testimony", "leg_of", "report_testimony", "settle_currency_of", "signed_contracts_of"]


def report_testimony(world: World) -> Testimony:
    """Signed contracts of every leg that the report lists; what it does not list it calls flat."""
    name, kind = f"report through {world.library}", WitnessKind.REPORT
    error = world.reason_of("get_positions")
    if error is not None:
        return Testimony(name, kind, world.library, error=error)
    contracts: dict[Leg, Decimal | None] = {}
    prices: dict[Leg, Decimal | None] = {}
    reasons: dict[Leg, NullReason] = {}
    for row in world.rows("get_positions"):
        if not isinstance(row, Position):
            continue
        leg = leg_of(row)
        signed = signed_contracts_of(row)
        before = contracts.get(leg, Decimal(0))
        contracts[leg] = None if signed is None or before is None else before + signed
        prices[leg] = row.entry_price if leg not in prices else None
        if contracts[leg] is None:
            reasons.setdefault(leg, row.reasons.get("contracts", NullReason.CONFLICT))
    return Testimony(
        name,
        kind,
        world.library,
        contracts,
        prices,
        complete=True,
        as_of_ms=world.as_of_ms("get_positions"),
        reasons=reasons,
    )


def leg_of(row: Position) -> Leg:
    """The leg of a reported position; cross and isolated are one."""
    if row.position_mode is PositionMode.LONG_SHORT and row.direction in (Direction.LONG, Direction.SHORT):
        return Leg(row.symbol, str(row.direction))
    return Leg(row.symbol, str(PositionSide.NET))


def signed_contracts_of(row: Position) -> Decimal | None:
    """Contracts with the direction's sign; None where either is unknown or they contradict each other."""
    if row.contracts is None or row.direction is None:
        return Decimal(0) if row.has_position is False else None
    if row.direction is Direction.FLAT:
        return None if row.contracts else Decimal(0)  # contracts without a direction are no number
    return -row.contracts if row.direction is Direction.SHORT else row.contracts


def balances_testimony(world: World, report: Testimony, others: Collection[Testimony]) -> Testimony:
    """
    Equity that differs from cash proves that something is open in a currency, and nothing of how much.

    It speaks only where neither the report nor any of the ``others`` knows of anything open that settles in that
    currency, of all legs that they name: it may be each of them.
    """
    name, kind = f"balances through {world.library}", WitnessKind.BALANCES
    error = world.reason_of("get_account_balance")
    if error is not None:
        return Testimony(name, kind, world.library, error=error)
    rows = [row for row in world.rows("get_account_balance") if isinstance(row, Balance)]
    if all(row.equity is None for row in rows):
        return Testimony(name, kind, world.library, error=NullReason.UNSUPPORTED)
    known = [report, *(one for one in others if one.kind is not WitnessKind.REPORT)]
    listed = {settle_currency_of(leg.symbol) for one in known for leg, held in one.contracts.items() if held != 0}
    listed |= {row.margin_currency for row in world.rows("get_positions") if isinstance(row, Position)}
    pairs = any(":" not in leg.symbol for leg in report.contracts)
    open_currencies = (
        () if pairs else tuple(sorted(row.currency for row in rows if _open(row) and row.currency not in listed))
    )
    return Testimony(
        name,
        kind,
        world.library,
        as_of_ms=world.as_of_ms("get_account_balance"),
        signs={leg: 0 for one in others for leg in one.contracts if settle_currency_of(leg.symbol) in open_currencies},
        open_currencies=open_currencies,
    )


def _open(row: Balance) -> bool:
    """Whether more or less than cash is there, and nothing is owed that would explain it."""
    return row.equity is not None and row.total is not None and not row.debt and row.equity != row.total


def settle_currency_of(symbol: str) -> str | None:
    """The currency in which a contract settles; None for a pair and for what is no symbol."""
    try:
        return Symbol.parse(symbol).settle if ":" in symbol else None
    except SymbolError:
        return None
