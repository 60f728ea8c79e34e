"""
What an account has won or lost since its venue day began, from its equity, currency by currency.

Counted in what was added or lost of each currency, so that the price of what is merely held wins and loses nothing.
Deposits and transfers look like profits and losses: where money moves during the day, tell the result yourself
(`Trader.note_result`). What the day has lost before it was first looked at is not in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from dualwitness.models.exact import EXACT
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, SafetyError

__all__ = ["DayResult"]

_DAY_MS = 86_400_000
_KEPT_DAYS = 7
_ZERO = Decimal(0)
_DOLLARS = frozenset({"USD", "USDT", "USDC"})
_QUOTES = ("USDT", "USDC", "USD")

# A file that cannot be read or is not what was written.
_DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, InvalidOperation)

Equity = Mapping[str, Decimal]


class DayResult:
    """
    The day's result of one account; ``file`` keeps with which equity the day began, so that a restart forgets nothing.

    ``name`` tells accounts apart in the file. It is read anew at most every ``every_ms``; in between it tells nothing,
    and the risk engine goes by what it was told last.
    """

    def __init__(
        self,
        clients: Sequence[VenueClient],
        file: Path,
        name: str,
        *,
        day_starts_at_ms: int = 0,
        every_ms: int = 5_000,
    ) -> None:
        self._clients = clients
        self._file = file
        self._name = name
        self._day_starts_at_ms = day_starts_at_ms
        self._every_ms = every_ms
        self._read_ms: int | None = None

    def told(self, venue_ms: int, now_ms: int, note: Callable[[str], None]) -> Decimal | None:
        """
        US dollars won (above zero) or lost since the day began, or null: not read again yet, or not known.

        ``venue_ms`` tells the day, ``now_ms`` (our clock) when it was read; ``note`` hears why it is not known.
        """
        if self._read_ms is not None and 0 <= now_ms - self._read_ms < self._every_ms:
            return None
        equity = self._equity(note)
        if equity is None:
            return None
        try:
            result = self._since(self._opening(equity, venue_ms), equity)
        except SafetyError:
            raise
        except (*_DAMAGED, DualwitnessError) as error:
            note(f"day's result: {type(error).__name__}: {error}")
            return None
        self._read_ms = now_ms
        return result

    def _equity(self, note: Callable[[str], None]) -> Equity | None:
        """Of the first client that tells all of it; CCXT has no word for equity."""
        for client in self._clients:
            try:
                rows = client.get_account_balance()
            except SafetyError:
                raise
            except DualwitnessError as error:
                note(f"equity over {client.label}: {type(error).__name__}: {error}")
                continue
            told = {row.currency: row.equity for row in rows}
            known = {currency: amount for currency, amount in told.items() if amount is not None}
            if len(known) == len(told):
                return known
            note(f"equity over {client.label}: not told")
        return None

    def _opening(self, equity: Equity, venue_ms: int) -> Equity:
        """The equity with which this day began, which is this one where the day is new."""
        day = (venue_ms - self._day_starts_at_ms) // _DAY_MS
        kept = json.loads(self._file.read_text(encoding="utf-8")) if self._file.exists() else {}
        entry = kept.get(self._name)
        if entry is not None and entry["day"] >= day:
            return {currency: Decimal(amount) for currency, amount in entry["equity"].items()}
        kept = {name: other for name, other in kept.items() if other["day"] > day - _KEPT_DAYS}
        kept[self._name] = {"day": day, "equity": {currency: str(amount) for currency, amount in equity.items()}}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        with draft.open("w", encoding="utf-8") as file:
            file.write(json.dumps(kept, sort_keys=True))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file)
        return equity

    def _since(self, opening: Equity, equity: Equity) -> Decimal:
        total = _ZERO
        for currency in sorted({*opening, *equity}):
            change = EXACT.subtract(equity.get(currency, _ZERO), opening.get(currency, _ZERO))
            if change:
                total = EXACT.add(total, EXACT.multiply(change, self._usd(currency)))
        return total

    def _usd(self, currency: str) -> Decimal:
        """US dollars of one unit; raises `ValueError` where nobody tells a price."""
        if currency in _DOLLARS:
            return Decimal(1)
        for quote in _QUOTES:
            try:
                price = self._clients[0].get_ticker(f"{currency}/{quote}").last
            except SafetyError:
                raise
            except DualwitnessError:
                continue
            if price is not None and price > 0:
                return price
        message = f"{currency} has no price in US dollars"
        raise ValueError(message)
