"""One library's world: everything it was told in one run, and a contradiction in it as a draft. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dualwitness.alignment.judge import Draft, market_type_of
from dualwitness.alignment.rules import RULES, FieldRule
from dualwitness.models import (
    Fact,
    FindingKind,
    Instrument,
    Layer,
    Library,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    Outcome,
    Severity,
)
from dualwitness.models.finding import Claim, Expected
from dualwitness.models.observation import Observation

__all__ = ["World", "contradiction"]

_NOT_ASKED = Claim(value=None, reason=NullReason.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class World:
    """
    Everything one library was told in one run.

    ``now_ms`` is venue time when the environment was read (None: unknown, then nothing is called stale).
    """

    library: Library
    observations: Mapping[tuple[str, str | None], Observation]
    now_ms: int | None

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
    observation = world.observations.get((operation, symbol)) or world.observations.get((operation, None))
    ref = None if observation is None else observation.sample_of(row_key)
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
