"""What was read of clock, balance, orders and positions, as lines of a connection test. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from dualwitness.models import Balance, Fact, Order, Position
from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome

__all__ = ["balance_line", "clock_line", "orders_line", "positions_line"]

_SHOWN = 5
_SLIGHT_MS = 1_000
_BY_NTP = "set this machine's clock by NTP (timedatectl set-ntp true, or your system's own way)"


def clock_line(venue_ms: int, before_ms: int, after_ms: int, most_ms: int, library: str) -> CheckLine:
    """
    Venue time against our own in the middle of the call; half of what the call took is what nobody can know.

    All in ms. Beyond ``most_ms`` our own checks refuse orders; OKX refuses every signed request beyond 30 s (50102).
    """
    unsure_ms = (after_ms - before_ms + 1) // 2
    apart_ms = venue_ms - (before_ms + after_ms) // 2
    way = "ahead of" if apart_ms > 0 else "behind"
    told = f"the venue is {abs(apart_ms)} ms {way} this machine, give or take {unsure_ms} ms"
    surely_ms = abs(apart_ms) - unsure_ms
    check = CheckName.CLOCK
    if surely_ms > most_ms:
        return CheckLine(check, CheckOutcome.FAILED, told, f"{_BY_NTP}: orders would be refused", library, apart_ms)
    if surely_ms > _SLIGHT_MS:
        advice = f"{_BY_NTP}: deadlines of orders and the age of prices are reckoned with it"
        return CheckLine(check, CheckOutcome.WARNING, told, advice, library, apart_ms)
    return CheckLine(check, CheckOutcome.OK, told, library=library, value=apart_ms)


def balance_line(rows: Sequence[Balance], library: str) -> CheckLine:
    """Every currency with what is held and what of it is free."""
    check = CheckName.BALANCE
    if not rows:
        told = "the venue says that nothing is held"
        advice = "move funds into the trading account: those of the funding account cannot be traded"
        return CheckLine(check, CheckOutcome.WARNING, told, advice, library, 0)
    shown = [f"{row.currency} {_told(row, 'total')} ({_told(row, 'free')} free)" for row in rows]
    return CheckLine(check, CheckOutcome.OK, _listed(shown), library=library, value=len(rows))


def orders_line(rows: Sequence[Order], library: str, scope: str) -> CheckLine:
    """Every resting order; ``scope`` says where was looked, if not everywhere."""
    shown = [
        f"{row.symbol} {_told(row, 'side')} {_told(row, 'contracts')} at {_told(row, 'price')}, "
        f"filled {_told(row, 'filled_contracts')}"
        for row in rows
    ]
    return _counted(CheckName.OPEN_ORDERS, shown, library, scope)


def positions_line(rows: Sequence[Position], library: str, scope: str) -> CheckLine:
    """Every position but those that the venue itself calls flat; one whose state is not known is shown as such."""
    held = [row for row in rows if row.has_position is not False]
    shown = [
        f"{row.symbol} {row.market_type} {_told(row, 'direction')} {_told(row, 'contracts')} "
        f"{_told(row, 'margin_mode')} at {_told(row, 'entry_price')}"
        for row in held
    ]
    return _counted(CheckName.POSITIONS, shown, library, scope)


def _counted(check: CheckName, shown: Sequence[str], library: str, scope: str) -> CheckLine:
    told = f"none{scope or ', by the word of the venue'}" if not shown else f"{len(shown)}{scope}: {_listed(shown)}"
    return CheckLine(check, CheckOutcome.OK, told, library=library, value=len(shown))


def _listed(shown: Sequence[str]) -> str:
    more = [f"and {len(shown) - _SHOWN} more"] if len(shown) > _SHOWN else []
    return "; ".join([*shown[:_SHOWN], *more])


def _told(row: Fact, field: str) -> str:
    """A value as a person writes it, or why it is not known."""
    value, reason = row.value_or_reason(field)
    if value is None:
        return f"unknown ({reason})"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
