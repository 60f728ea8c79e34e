"""One library's world: everything it was told in one run, and a contradiction in it as a draft. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dualwitness.alignment.judge import Draft, market_type_of
from dualwitness.alignment.rules import RULES, FieldRule
from dualwitness.models import (
    Bill,
    Fact,
    FindingKind,
    Instrument,
    Layer,
    Library,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    Order,
    Outcome,
    Severity,
)
from dualwitness.models.finding import Claim, Expected
from dualwitness.models.observation import Observation

__all__ = ["OPENING", "World", "contradiction"]

# Where, among a world's observations, the answers stand that were given before the first order of the audit.
OPENING = "opening"

_NOT_ASKED = Claim(value=None, reason=NullReason.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class World:
    """
    Everything one library was told in one run.

    ``now_ms`` is venue time when the environment was read (None: unknown, then nothing is called stale);
    ``clock_offset_ms`` is venue time less the local wall clock (None: unknown, then everything is as of ``now_ms``).
    An answer given at another place of the audit than usual stands under that place instead of a symbol
    (``OPENING``). ``lent_bills`` are the other library's, used where this one's own do not say what they
    were for (`booked`).
    """

    library: Library
    observations: Mapping[tuple[str, str | None], Observation]
    now_ms: int | None
    clock_offset_ms: int | None = None
    lent_bills: tuple[Bill, ...] = ()

    def rows(self, operation: str, symbol: str | None = None) -> tuple[Any, ...]:
        """The facts of one operation; nothing where it was not asked or failed."""
        observation = self.observations.get((operation, symbol))
        return () if observation is None or observation.rows is None else observation.rows

    def all_rows(self, operation: str) -> Iterator[tuple[str | None, Any]]:
        """Every fact of an operation with the symbol that was asked."""
        for (name, symbol), observation in self.observations.items():
            if name == operation:
                for row in observation.rows or ():
                    yield symbol, row

    def reason_of(self, operation: str, symbol: str | None = None) -> NullReason | None:
        """Why an operation has no rows; None where it has."""
        observation = self.observations.get((operation, symbol))
        if observation is None:
            return NullReason.NOT_ASKED
        return None if observation.error is None else observation.error.reason

    def reason_of_any(self, operation: str) -> NullReason | None:
        """Why an operation has no rows for any symbol; None where it has for one."""
        symbols = [symbol for name, symbol in self.observations if name == operation]
        reasons = [self.reason_of(operation, symbol) for symbol in symbols]
        return NullReason.NOT_ASKED if not reasons else None if None in reasons else reasons[0]

    def sample_of(self, operation: str, symbol: str | None, row_key: str | None) -> str | None:
        """The raw sample in which a row stands, or the last one of the answer."""
        # One order looked up stands under its symbol and id, which is its row's key as well.
        places = (symbol, None, row_key)
        found = (self.observations.get((operation, place)) for place in places)
        observation = next((one for one in found if one is not None), None)
        return None if observation is None else observation.sample_of(row_key)

    def bodies(self, operation: str) -> Iterator[bytes]:
        """The bytes of every answer to an operation."""
        for (name, _), observation in self.observations.items():
            if name == operation:
                for exchange in observation.exchanges:
                    if exchange.answer is not None:
                        yield exchange.answer.body

    def as_of_ms(self, operation: str, symbol: str | None = None) -> int | None:
        """The moment of venue time for which an answer speaks; None where it is unknown."""
        observation = self.observations.get((operation, symbol))
        if observation is None:
            return None
        return self.now_ms if self.clock_offset_ms is None else observation.started_ms + self.clock_offset_ms

    def booked(self) -> tuple[Bill, ...]:
        """Bills that say what they were for, one of each id: this library's own, else the lent ones."""
        own = [row for row in self.rows("get_bills") if isinstance(row, Bill) and row.trade_id is not None]
        bills = own or self.lent_bills
        return tuple({(bill.bill_id, bill.currency): bill for bill in bills}.values())

    def instruments(self) -> dict[str, Instrument]:
        """Instruments by symbol; the margin twin of a spot pair gives way to it."""
        table: dict[str, Instrument] = {}
        for row in self.rows("get_instruments"):
            if row.market_type is not MarketType.MARGIN or row.symbol not in table:
                table[row.symbol] = row
        return table


def contradiction(
    world: World,
    *,
    operation: str,
    field: str,
    symbol: str | None,
    row: Fact | None,
    row_key: str | None,
    seen: Claim,
    expected: Expected | None,
    rule: str,
    reason: str,
    severity: Severity | None = None,
    kind: FindingKind = FindingKind.EVIDENCE_CONFLICT,
    outcome: Outcome = Outcome.MISMATCH,
) -> Draft:
    """A contradiction in one library's world, blamed on what that library was told."""
    line = _rule(operation, field)
    # An answer about one order has no key of its own (`rules.py`); it stands under the order's.
    place = f"{row.symbol}|{row.venue_order_id}" if isinstance(row, Order) and row_key is None else row_key
    ref = world.sample_of(operation, symbol, place)
    ours = world.library is Library.CCXT
    return Draft(
        kind=kind,
        layer=Layer.VENUE,
        odd_one_out=OddOneOut(str(world.library)),
        axis=line.axis,
        operation=operation,
        symbol=symbol or getattr(row, "symbol", None),
        market_type=getattr(row, "market_type", None) or market_type_of(symbol),
        row_key=row_key,
        field=field,
        ccxt=seen if ours else _NOT_ASKED,
        okx_sdk=_NOT_ASKED if ours else seen,
        expected=expected,
        outcome=outcome,
        severity=severity or line.severity,
        rule=rule,
        reason=reason,
        mitigation=line.mitigation if line.mitigation is not Mitigation.NULL_AND_REASON else Mitigation.MARK_UNRELIABLE,
        ccxt_ref=ref if ours else None,
        okx_ref=None if ours else ref,
    )


def _rule(operation: str, field: str) -> FieldRule:
    rules = RULES[operation]
    return next((rule for rule in rules.fields if rule.field == field), rules.lead)
