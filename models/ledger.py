"""Which leg or holding a fill belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from dualwitness.models.contract_terms import contract_terms
from dualwitness.models.enums import MarketType, NullReason, PositionMode, PositionSide
from dualwitness.models.fold_leg import fold_leg
from dualwitness.models.fold_line import FillLine
from dualwitness.models.fold_window import Window
from dualwitness.models.holding import Holding, RunningHolding
from dualwitness.models.instrument import Instrument
from dualwitness.models.leg import Leg, OpeningLeg
from dualwitness.models.running_leg import RunningLeg
from dualwitness.models.symbols import Symbol, SymbolError

__all__ = ["Ledger"]

_TWO_SIDED = frozenset({MarketType.SWAP, MarketType.FUTURE})
_NO_LEG = "a fill does not say which leg it belongs to"


class Ledger:
    """All legs and holdings, of one instrument after the other: first ``open``, then ``add``, ``spoil`` at last."""

    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        position_mode: PositionMode,
        window: Window,
        positions_after: Mapping[str, Decimal],
    ) -> None:
        self.part_of_opening = 0
        self.flat_at_ms = window.flat_at_ms
        self._instruments = instruments
        self._position_mode = position_mode
        self._window = window
        self._positions_after = positions_after
        self._legs: dict[tuple[str, PositionSide], RunningLeg] = {}
        self._two_sided: dict[tuple[str, PositionSide], bool] = {}
        self._holdings: dict[str, RunningHolding] = {}

    def open(self, opening: OpeningLeg) -> None:
        """Start a leg from its opening state."""
        market_type = self._market_type(opening.symbol, None) or MarketType.MARGIN
        self._leg(opening.symbol, opening.position_side, market_type, opening)

    def target(self, line: FillLine) -> RunningLeg | RunningHolding | None:
        """Where a fill belongs, made where there was none; None where that is in doubt."""
        market_type = self._market_type(line.symbol, line.market_type)
        if market_type is None or market_type is MarketType.SPOT:
            return None if market_type is None else self._holding(line.symbol)
        side = self._position_side(line, market_type)
        return self._leg(line.symbol, side, market_type) if isinstance(side, PositionSide) else None

    def forget(self, symbol: str) -> None:
        """Drop everything of an instrument, which is then added anew."""
        self._holdings.pop(symbol, None)
        for side in PositionSide:
            self._legs.pop((symbol, side), None)

    def add(self, lines: Sequence[FillLine]) -> None:
        """Add all fills of one instrument, each once and in time, to where they belong."""
        by_leg: dict[PositionSide, list[FillLine]] = {}
        for line in lines:
            target = self.target(line)
            if isinstance(target, RunningLeg):
                by_leg.setdefault(target.position_side, []).append(line)
            elif target is not None:
                self._hold(target, line)
            else:
                self.spoil(line, self._why_nowhere(line), _NO_LEG)
        for side, part in by_leg.items():
            leg = self._legs[lines[0].symbol, side]
            self.part_of_opening += fold_leg(leg, part, self._window, self._positions_after)

    def _hold(self, holding: RunningHolding, line: FillLine) -> None:
        counts = self._window.counts(line)
        if counts is True:
            holding.add(line)
        elif counts is None:
            holding.spoil(NullReason.ABSENT)
        else:
            self.part_of_opening += 1

    def _why_nowhere(self, line: FillLine) -> NullReason:
        """Why a fill has no place; a pair of spot's and margin's name counts for what it may be."""
        market_type = self._market_type(line.symbol, line.market_type)
        if market_type is None:
            self._hold(self._holding(line.symbol), line)
            return line.why("market_type")
        side = self._position_side(line, market_type)
        return side if isinstance(side, NullReason) else NullReason.CONFLICT

    def spoil(self, line: FillLine, reason: NullReason, because: str) -> None:
        """Make everything unknown that a fill could have changed; nothing, where it is part of the opening."""
        if self._window.counts(line) is False:
            return
        market_type = self._market_type(line.symbol, line.market_type)
        if market_type in (None, MarketType.SPOT):
            self._holding(line.symbol).spoil(reason)
        for leg in self._legs_of(line, market_type):
            leg.spoil(reason, because)

    def spoil_fees(self, line: FillLine, reason: NullReason) -> None:
        """Make the fees unknown that a fill was charged."""
        if self._window.counts(line) is False:
            return
        market_type = self._market_type(line.symbol, line.market_type)
        if market_type in (None, MarketType.SPOT):
            self._holding(line.symbol).spoil(reason)
        for leg in self._legs_of(line, market_type):
            leg.spoil_fees(reason)

    def legs(self) -> tuple[Leg, ...]:
        """All legs as facts; one that the position mode does not have must be flat (it can be changed only then)."""
        one_sided = self._position_mode is PositionMode.NET
        return tuple(
            self._legs[key].told(
                complete=self._window.complete,
                possible=not self._two_sided[key] or (key[1] is PositionSide.NET) == one_sided,
                because=self._window.explanation,
            )
            for key in sorted(self._legs)
        )

    def holdings(self) -> tuple[Holding, ...]:
        """All spot holdings as facts."""
        return tuple(self._holdings[symbol].told() for symbol in sorted(self._holdings))

    def _legs_of(self, line: FillLine, market_type: MarketType | None) -> Iterator[RunningLeg]:
        """The leg that a fill belongs to, or all that it may belong to; made where there was none."""
        if market_type is MarketType.SPOT:
            return
        kind = market_type or MarketType.MARGIN
        side = self._position_side(line, kind)
        sides: tuple[PositionSide, ...] = (side,) if isinstance(side, PositionSide) else (PositionSide.NET,)
        if not isinstance(side, PositionSide) and kind in _TWO_SIDED:
            sides = (PositionSide.LONG, PositionSide.SHORT)
        for each in sides:
            yield self._leg(line.symbol, each, kind)

    def _market_type(self, symbol: str, told: MarketType | None) -> MarketType | None:
        """What the fill says, else the instrument or the spelling; never spot by default, which might be margin."""
        if told is not None:
            return told
        instrument = self._instruments.get(symbol)
        if instrument is not None:
            guess = instrument.market_type
        else:
            try:
                guess = Symbol.parse(symbol).market_type
            except SymbolError:
                return None
        return None if guess is MarketType.SPOT else guess

    def _position_side(self, line: FillLine, market_type: MarketType) -> PositionSide | NullReason:
        told = line.position_side
        if market_type not in _TWO_SIDED:
            # Options and margin pairs have one position each in both modes (okx-v5-facts section 5).
            return PositionSide.NET if told in (None, PositionSide.NET) else NullReason.CONFLICT
        if told is not None:
            return told
        return PositionSide.NET if self._position_mode is PositionMode.NET else line.why("position_side")

    def _leg(
        self, symbol: str, side: PositionSide, market_type: MarketType, opening: OpeningLeg | None = None
    ) -> RunningLeg:
        key = symbol, side
        if key not in self._legs:
            terms = contract_terms(self._instruments.get(symbol), market_type)
            self._legs[key] = RunningLeg(symbol, side, terms, opening)
            self._two_sided[key] = market_type in _TWO_SIDED
        return self._legs[key]

    def _holding(self, symbol: str) -> RunningHolding:
        if symbol not in self._holdings:
            self._holdings[symbol] = RunningHolding(symbol, self._currencies(symbol))
        return self._holdings[symbol]

    def _currencies(self, symbol: str) -> tuple[str, str] | None:
        instrument = self._instruments.get(symbol)
        if instrument is not None and instrument.base is not None and instrument.quote is not None:
            return instrument.base, instrument.quote
        try:
            pair = Symbol.parse(symbol)
        except SymbolError:
            return None
        return pair.base, pair.quote
