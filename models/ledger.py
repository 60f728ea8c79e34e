"""Which leg or holding a fill belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from dualwitness.models.contract_terms import contract_terms
from dualwitness.models.enums import MarketType, NullReason, PositionMode, PositionSide
from dualwitness.models.fill import Fill
from dualwitness.models.holding import Holding, RunningHolding
from dualwitness.models.instrument import Instrument
from dualwitness.models.leg import Leg, OpeningLeg
from dualwitness.models.running_leg import RunningLeg
from dualwitness.models.symbols import Symbol, SymbolError

__all__ = ["Ledger"]

_TWO_SIDED = frozenset({MarketType.SWAP, MarketType.FUTURE})


class Ledger:
    """All legs and holdings while fills are being added in time."""

    def __init__(self, instruments: Mapping[str, Instrument], position_mode: PositionMode) -> None:
        self._instruments = instruments
        self._position_mode = position_mode
        self._legs: dict[tuple[str, PositionSide], RunningLeg] = {}
        self._two_sided: dict[tuple[str, PositionSide], bool] = {}
        self._holdings: dict[str, RunningHolding] = {}

    def open(self, opening: OpeningLeg) -> None:
        """Start a leg from its opening state."""
        market_type = self._market_type(opening.symbol, None) or MarketType.MARGIN
        self._leg(opening.symbol, opening.position_side, market_type, opening)

    def add(self, fill: Fill) -> None:
        """Add the next fill in time to where it belongs."""
        market_type = self._market_type(fill.symbol, fill.market_type)
        if market_type is MarketType.SPOT:
            self._holding(fill.symbol).add(fill)
            return
        if market_type is None:
            # The pair's name is spot's and margin's alike; both are in doubt.
            self._holding(fill.symbol).add(fill)
            self.spoil(fill, fill.reasons.get("market_type", NullReason.ABSENT))
            return
        side = self._position_side(fill, market_type)
        if isinstance(side, NullReason):
            self.spoil(fill, side)
        else:
            self._leg(fill.symbol, side, market_type).add(fill)

    def spoil(self, fill: Fill, reason: NullReason) -> None:
        """Make everything unknown that the fill could have changed."""
        market_type = self._market_type(fill.symbol, fill.market_type)
        if market_type in (None, MarketType.SPOT):
            self._holding(fill.symbol).spoil(reason)
        if market_type is MarketType.SPOT:
            return
        kind = market_type or MarketType.MARGIN
        side = self._position_side(fill, kind)
        sides: tuple[PositionSide, ...] = (PositionSide.NET,) if isinstance(side, NullReason) else (side,)
        if isinstance(side, NullReason) and kind in _TWO_SIDED:
            sides = (PositionSide.LONG, PositionSide.SHORT)
        for each in sides:
            self._leg(fill.symbol, each, kind).spoil(reason)

    def legs(self, *, complete: bool) -> tuple[Leg, ...]:
        """All legs as facts; one that the position mode does not have must be flat (it can be changed only then)."""
        one_sided = self._position_mode is PositionMode.NET
        return tuple(
            self._legs[key].told(
                complete=complete,
                possible=not self._two_sided[key] or (key[1] is PositionSide.NET) == one_sided,
            )
            for key in sorted(self._legs)
        )

    def holdings(self) -> tuple[Holding, ...]:
        """All spot holdings as facts."""
        return tuple(self._holdings[symbol].told() for symbol in sorted(self._holdings))

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

    def _position_side(self, fill: Fill, market_type: MarketType) -> PositionSide | NullReason:
        if market_type not in _TWO_SIDED:
            # Options and margin pairs have one position each in both modes (okx-v5-facts section 5).
            return PositionSide.NET if fill.position_side in (None, PositionSide.NET) else NullReason.CONFLICT
        if fill.position_side is not None:
            return fill.position_side
        if self._position_mode is PositionMode.NET:
            return PositionSide.NET
        return fill.reasons.get("position_side", NullReason.ABSENT)

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
