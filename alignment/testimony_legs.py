"""Which leg something belongs to, and sums of signed contracts by leg. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.alignment.judge import market_type_of
from dualwitness.alignment.witness import Leg
from dualwitness.alignment.world import World
from dualwitness.models import AccountConfig, MarketType, NullReason, OrderSide, Position, PositionMode, PositionSide
from dualwitness.models.history import History

__all__ = ["LegSums", "position_mode_of", "sides_of"]

_TWO_SIDED = (MarketType.SWAP, MarketType.FUTURE)


def position_mode_of(worlds: Iterable[World]) -> PositionMode:
    """The account's own word; without one, long/short where a position shows it."""
    known = list(worlds)
    for world in known:
        for row in world.rows("get_account_config"):
            if isinstance(row, AccountConfig) and row.position_mode is not None:
                return row.position_mode
    for world in known:
        for row in world.rows("get_positions"):
            if isinstance(row, Position) and row.position_mode is PositionMode.LONG_SHORT:
                return PositionMode.LONG_SHORT
    return PositionMode.NET


def sides_of(symbol: str, mode: PositionMode) -> tuple[str, ...]:
    """The legs that a contract has: options have one in both modes (okx-v5-facts section 5)."""
    if mode is PositionMode.LONG_SHORT and market_type_of(symbol) in _TWO_SIDED:
        return (str(PositionSide.LONG), str(PositionSide.SHORT))
    return (str(PositionSide.NET),)


class LegSums:
    """Signed contracts by leg while executions are added; what is in doubt makes its leg unknown, with the reason."""

    def __init__(self, mode: PositionMode, history: History) -> None:
        self._mode = mode
        self.contracts: dict[Leg, Decimal | None] = {}
        self.reasons: dict[Leg, NullReason] = {}
        for leg in history.opening.legs if history.opening is not None else ():
            self.contracts[Leg(leg.symbol, str(leg.position_side))] = leg.contracts

    def name(self, symbol: str) -> None:
        """Say of every leg of a symbol that it is flat, unless something is added to it."""
        for side in sides_of(symbol, self._mode):
            self.contracts.setdefault(Leg(symbol, side), Decimal(0))

    def spoil(self, symbol: str, reason: NullReason, position_side: PositionSide | None = None) -> None:
        """Make the legs of a symbol unknown; the first reason stays."""
        sides = sides_of(symbol, self._mode)
        for side in (str(position_side),) if str(position_side) in sides else sides:
            self.contracts[Leg(symbol, side)] = None
            self.reasons.setdefault(Leg(symbol, side), reason)

    def add(
        self, symbol: str, side: OrderSide | None, position_side: PositionSide | None, contracts: Decimal | None
    ) -> None:
        """Add one execution, or all of one order; contracts are not negative."""
        self.name(symbol)
        if contracts == 0:
            return
        sides = sides_of(symbol, self._mode)
        place = sides[0] if len(sides) == 1 and position_side is None else str(position_side)
        if side is None or contracts is None or contracts < 0 or place not in sides:
            told = NullReason.CONFLICT if position_side is not None and place not in sides else NullReason.ABSENT
            self.spoil(symbol, told, position_side)
            return
        leg = Leg(symbol, place)
        before = self.contracts[leg]
        if before is not None:
            self.contracts[leg] = before + (contracts if side is OrderSide.BUY else -contracts)
