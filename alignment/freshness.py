"""
The freshness ledger: how old every surface of an account is, in venue time. Pure.

An age is venue time now less the venue time for which an answer speaks; local clocks only carry venue time from one
answer to the next. What is too old is stale, and stale is a reason, never a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from dualwitness.alignment.witness import WitnessKind
from dualwitness.alignment.world import World
from dualwitness.models import Library

__all__ = ["LIMITS_MS", "SURFACE_LIMITS_MS", "FreshnessLedger", "Surface", "ledger_of"]


class Surface(StrEnum):
    """A side from which an account or its market can be seen."""

    POSITIONS = "positions"
    FILLS = "fills"
    ORDERS = "orders"
    BALANCE = "balance"
    BOOK = "book"
    BILLS = "bills"


# How old a surface may be in one audit, in ms of venue time: the account is asked in one go, the market before it.
SURFACE_LIMITS_MS: Final[Mapping[Surface, int]] = MappingProxyType(
    {
        Surface.POSITIONS: 120_000,
        Surface.FILLS: 120_000,
        Surface.ORDERS: 120_000,
        Surface.BALANCE: 120_000,
        Surface.BILLS: 120_000,
        Surface.BOOK: 600_000,
    }
)
_KINDS = {
    WitnessKind.REPORT: Surface.POSITIONS,
    WitnessKind.FILLS: Surface.FILLS,
    WitnessKind.ORDERS: Surface.ORDERS,
    WitnessKind.ORDER_STATES: Surface.ORDERS,
    WitnessKind.BILLS: Surface.BILLS,
    WitnessKind.BALANCES: Surface.BALANCE,
}
# The same limits by witness, as adjudication asks for them.
LIMITS_MS: Final[Mapping[WitnessKind, int]] = MappingProxyType(
    {kind: SURFACE_LIMITS_MS[surface] for kind, surface in _KINDS.items()}
)

_OPERATIONS = {
    "get_positions": Surface.POSITIONS,
    "get_fills": Surface.FILLS,
    "get_open_orders": Surface.ORDERS,
    "get_order_history": Surface.ORDERS,
    "get_account_balance": Surface.BALANCE,
    "get_order_book": Surface.BOOK,
    "get_bills": Surface.BILLS,
}

_Key = tuple[Surface, Library | None, str | None]
_NOTHING: Mapping[_Key, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FreshnessLedger:
    """
    When each surface was last seen: a value, `note` gives the next one.

    A surface is kept by library and symbol, either of which may be None (all). ``limits`` are in ms of venue time.
    """

    seen_ms: Mapping[_Key, int] = field(default_factory=lambda: _NOTHING)
    limits: Mapping[Surface, int] = field(default_factory=lambda: SURFACE_LIMITS_MS)

    def note(
        self, surface: Surface, symbol: str | None, as_of_ms: int, library: Library | None = None
    ) -> FreshnessLedger:
        """The ledger after one more answer; an answer older than what is known already changes nothing."""
        key = surface, library, symbol
        latest = max(as_of_ms, self.seen_ms.get(key, as_of_ms))
        return FreshnessLedger(MappingProxyType({**self.seen_ms, key: latest}), self.limits)

    @property
    def latest_ms(self) -> int | None:
        """The latest moment of venue time for which anything speaks; None where nothing was seen."""
        return max(self.seen_ms.values(), default=None)

    def as_of_ms(self, surface: Surface, symbol: str | None = None, library: Library | None = None) -> int | None:
        """The moment for which a surface speaks: of the symbol, else of all symbols; None where it was never seen."""
        moments = (self.seen_ms.get((surface, library, place)) for place in (symbol, None))
        return next((moment for moment in moments if moment is not None), None)

    def age_ms(self, surface: Surface, symbol: str | None, now_ms: int, library: Library | None = None) -> int | None:
        """How old a surface is, never below zero; None where it was never seen."""
        as_of_ms = self.as_of_ms(surface, symbol, library)
        return None if as_of_ms is None else max(now_ms - as_of_ms, 0)

    def stale(self, surface: Surface, symbol: str | None, now_ms: int, library: Library | None = None) -> str | None:
        """Why a surface no longer counts, in words; None while it does. What was never seen does not count."""
        age_ms = self.age_ms(surface, symbol, now_ms, library)
        where = f"{surface}" if symbol is None else f"{surface} of {symbol}"
        if age_ms is None:
            return f"{where}: never seen"
        limit_ms = self.limits.get(surface)
        if limit_ms is None or age_ms <= limit_ms:
            return None
        return f"{where}: {age_ms} ms old by venue time, {limit_ms} ms are allowed"

    def told(self, now_ms: int | None) -> dict[str, Any]:
        """The ages for a report: by surface and library, the oldest symbol of each, and what is stale."""
        if now_ms is None:
            return {}
        oldest: dict[tuple[Surface, Library | None], tuple[int, str | None]] = {}
        for (surface, library, symbol), as_of_ms in self.seen_ms.items():
            age_ms = max(now_ms - as_of_ms, 0)
            if age_ms >= oldest.get((surface, library), (-1, None))[0]:
                oldest[surface, library] = age_ms, symbol
        report: dict[str, Any] = {}
        for (surface, library), (age_ms, _) in sorted(oldest.items(), key=lambda item: (item[0][0], str(item[0][1]))):
            limit_ms = self.limits.get(surface)
            report.setdefault(str(surface), {})[str(library or "all")] = {
                "age_ms": age_ms,
                "limit_ms": limit_ms,
                "stale": limit_ms is not None and age_ms > limit_ms,
            }
        return report


def ledger_of(worlds: Iterable[World]) -> FreshnessLedger:
    """The ledger of everything that the worlds were told; an answer that did not come makes nothing fresh."""
    seen: dict[_Key, int] = {}
    for world in worlds:
        for (operation, symbol), observation in world.observations.items():
            surface = _OPERATIONS.get(operation)
            as_of_ms = world.as_of_ms(operation, symbol)
            if surface is None or observation.rows is None or as_of_ms is None:
                continue
            key = surface, world.library, symbol
            seen[key] = max(as_of_ms, seen.get(key, as_of_ms))
    return FreshnessLedger(MappingProxyType(seen))
