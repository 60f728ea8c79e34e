"""
Positions from fills: an independent witness against what a venue's position report claims.

Pure and exact: copies out, order by time, then one pass. A leg is one instrument and position side. A fill does not
tell cross from isolated (okx-v5-facts section 8), so a leg is the sum over margin modes. Funding, settlement and
transfers are no fills and do not appear (`dualwitness.models.fold_bills` adds those up); liquidations, ADL and
deliveries do. Margin pairs fold in base currency, whatever the currency of the position, and gross of fees; OKX's own
``pos`` of a margin row also holds margin (okx-v5-facts section 9), so there only the direction compares.

========================  ==============================================
what                      where
========================  ==============================================
which rows are the same   ``fold_identity.py``
in which order            ``fold_order.py``
which of them count       ``history.py``, ``fold_window.py``
which leg                 ``ledger.py``
what is proven of a leg   ``fold_leg.py``
the arithmetic            ``fold_cost.py``
very many fills           ``fold_fast.py``
========================  ==============================================
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dualwitness.models.enums import NullReason, PositionMode, PositionSide
from dualwitness.models.fill import Fill
from dualwitness.models.fold_fast import Stream, stream
from dualwitness.models.fold_identity import Duplicate, identified
from dualwitness.models.fold_line import FillLine, lines_of
from dualwitness.models.fold_window import DECLARED, Window
from dualwitness.models.history import History, OpeningSnapshot
from dualwitness.models.holding import Holding
from dualwitness.models.instrument import Instrument
from dualwitness.models.ledger import Ledger
from dualwitness.models.leg import Leg, OpeningLeg

__all__ = ["Duplicate", "FoldResult", "fold_fills", "fold_lines"]

_NO_INSTRUMENTS: Mapping[str, Instrument] = {}
_NO_POSITIONS: Mapping[str, Decimal] = {}
_IN_DOUBT = "a fill has no id of its own, or is told in different ways"


@dataclass(frozen=True, slots=True)
class FoldResult:
    """
    What a set of fills adds up to, sorted by symbol.

    ``complete`` says whether what was held before the first fill is proven and no gap came after; without that no leg
    has contracts, only a change and bounds. ``history`` is what the caller knew of the past, ``opening_legs`` what was
    held at its beginning. ``fill_count`` leaves duplicates out; ``part_of_opening`` of them were not counted again.
    """

    position_mode: PositionMode
    complete: bool
    legs: tuple[Leg, ...]
    holdings: tuple[Holding, ...]
    duplicates: tuple[Duplicate, ...]
    fill_count: int
    history: History
    opening_legs: tuple[OpeningLeg, ...] = ()
    part_of_opening: int = 0

    @property
    def opening(self) -> OpeningSnapshot | None:
        """The opening snapshot that the fills were added to; null where there was none."""
        return self.history.opening

    def leg(self, symbol: str, position_side: PositionSide = PositionSide.NET) -> Leg | None:
        """The leg of a symbol; null when no fill and no opening state speaks of it."""
        return next((each for each in self.legs if (each.symbol, each.position_side) == (symbol, position_side)), None)

    def holding(self, symbol: str) -> Holding | None:
        """The spot holding of a symbol; null when no fill speaks of it."""
        return next((each for each in self.holdings if each.symbol == symbol), None)


def fold_fills(
    fills: Iterable[Fill],
    instruments: Mapping[str, Instrument] = _NO_INSTRUMENTS,
    position_mode: PositionMode = PositionMode.NET,
    opening: Iterable[OpeningLeg] = (),
    *,
    history_complete: bool | None = None,
    history: History | None = None,
    positions_after: Mapping[str, Decimal] = _NO_POSITIONS,
) -> FoldResult:
    """
    Fold fills, in whatever order and however often they arrive, into legs and spot holdings.

    ``instruments`` by symbol give contract size and settle currency; without one a leg still counts contracts. Exactly
    one of ``history`` and ``history_complete`` is given: what is known of the past, with its opening snapshot, or the
    caller's word that nothing but ``opening`` was held before the first fill. ``positions_after`` are signed contracts
    of a leg after a bill id, where somebody counted them; they are held against the fills.

    A fill that lacks side, price, contracts or time, that names no leg, or that two copies tell differently makes its
    leg unknown with that reason, never a number. Order is venue time, then bill id or trade id, as numbers; where
    neither proves the order within a millisecond, entry price and profit that depend on it are null.

    Raises TypeError for what is no fill, and where both or none of ``history`` and ``history_complete`` are given.
    """
    return fold_lines(
        lines_of(fills),
        instruments,
        position_mode,
        opening,
        history_complete=history_complete,
        history=history,
        positions_after=positions_after,
    )


def fold_lines(
    lines: Iterable[FillLine],
    instruments: Mapping[str, Instrument] = _NO_INSTRUMENTS,
    position_mode: PositionMode = PositionMode.NET,
    opening: Iterable[OpeningLeg] = (),
    *,
    history_complete: bool | None = None,
    history: History | None = None,
    positions_after: Mapping[str, Decimal] = _NO_POSITIONS,
) -> FoldResult:
    """
    The same as `fold_fills` over lean lines: for very many fills. Quickest where they come in time.

    Lines that can be read again and again without lying in memory (`dualwitness.alignment.fills_file`) are read a
    second time where they must be, and never kept all at once.
    """
    known, opening_legs = _past(history, history_complete, tuple(opening))
    window = Window(known)
    ledger = Ledger(instruments, position_mode, window, positions_after)
    for leg in opening_legs:
        ledger.open(leg)
    plainly = window.plain and not opening_legs and not positions_after
    found = _quickly(lines, ledger) if plainly else _carefully(lines, ledger)
    return FoldResult(
        position_mode=position_mode,
        complete=window.complete,
        legs=ledger.legs(),
        holdings=ledger.holdings(),
        duplicates=tuple(sorted(found.duplicates, key=lambda one: (one.symbol, one.bill_id or "", one.trade_id or ""))),
        fill_count=found.fill_count,
        history=known,
        opening_legs=opening_legs,
        part_of_opening=ledger.part_of_opening,
    )


@dataclass(slots=True)
class _Found:
    duplicates: list[Duplicate] = field(default_factory=list)
    fill_count: int = 0


def _quickly(lines: Iterable[FillLine], ledger: Ledger) -> _Found:
    """In one pass, and once more for each instrument in which something did not fit."""
    if isinstance(lines, (Iterator, Sequence)):
        return _kept(lines, ledger)
    found = _Found()
    streams = stream(lines, ledger, in_passing=True)
    again = {symbol for symbol, one in streams.items() if not _taken(found, one, ledger, symbol)}
    if again:
        rest = _kept((line for line in lines if line.symbol in again), ledger)
        found.fill_count += rest.fill_count
        found.duplicates += rest.duplicates
    return found


def _kept(lines: Iterable[FillLine], ledger: Ledger) -> _Found:
    """Where the lines can be had once only, or are in memory anyway."""
    found = _Found()
    for symbol, one in stream(lines, ledger).items():
        if not _taken(found, one, ledger, symbol):
            _add(found, ledger, [*one.taken, *one.set_aside])
    return found


def _taken(found: _Found, one: Stream, ledger: Ledger, symbol: str) -> bool:
    if not one.settle(ledger.flat_at_ms):
        ledger.forget(symbol)
        return False
    found.fill_count += one.count
    found.duplicates += [Duplicate(line.symbol, line.trade_id, line.bill_id, agrees=True) for line in one.set_aside]
    return True


def _carefully(lines: Iterable[FillLine], ledger: Ledger) -> _Found:
    """One instrument after the other."""
    found = _Found()
    by_symbol: dict[str, list[FillLine]] = defaultdict(list)
    for line in lines:
        by_symbol[line.symbol].append(line)
    for each in by_symbol.values():
        _add(found, ledger, each)
    return found


def _add(found: _Found, ledger: Ledger, lines: list[FillLine]) -> None:
    """What is in doubt is no number; a contradiction is the reason before all others, for every order of arrival."""
    sorted_out = identified(lines)
    ledger.add(sorted_out.unique)
    for line, reason in sorted(sorted_out.doubtful, key=lambda one: (one[1] is not NullReason.CONFLICT, one[1])):
        ledger.spoil(line, reason, _IN_DOUBT)
    for line in sorted_out.doubtful_fees:
        ledger.spoil_fees(line, NullReason.CONFLICT)
    found.duplicates += sorted_out.duplicates
    found.fill_count += len(sorted_out.unique)


def _past(
    history: History | None, history_complete: bool | None, opening: tuple[OpeningLeg, ...]
) -> tuple[History, tuple[OpeningLeg, ...]]:
    if (history is None) == (history_complete is None):
        message = "a fold is told either the history of its fills or whether it is complete: exactly one of them"
        raise TypeError(message)
    if history is None:
        return History(flat_start=DECLARED if history_complete else None), opening
    if opening:
        message = "the opening state belongs into the history, as a snapshot with its moment"
        raise TypeError(message)
    return history, () if history.opening is None else history.opening.legs
