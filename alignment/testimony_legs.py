"""Which leg something belongs to, and sums of signed contracts by leg. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.alignment.judge import market_type_of
from dualwitness.alignment.witness import Leg
from dualwitness.alignment.world import World
from dualwitness.models import (
    AccountConfig,
    Bill,
    Fill,
    MarketType,
    NullReason,
    OrderSide,
    Position,
    PositionMode,
    PositionSide,
)
from dualwitness.models.history import History

__all__ = ["LegSums", "is_mode_contradicted", "position_mode_of", "settle_sides", "sides_of"]

_TWO_SIDED = (MarketType.SWAP, MarketType.FUTURE)
_OTHER = {PositionMode.NET: PositionMode.LONG_SHORT, PositionMode.LONG_SHORT: PositionMode.NET}


def position_mode_of(worlds: Iterable[World]) -> PositionMode:
    """
    The account's own word, unless what was executed contradicts it; without one, long/short where a position shows it.

    A mode can be changed only while nothing is held. Executions that leave something on a side which the mode does not
    have, and bills that do not say otherwise, show that the account has the other mode: under the wrong one every
    witness would fall silent about what is held, and a report without any position would be contradicted by nobody.
    """
    known = list(worlds)
    stated = _stated(known)
    if stated is not None:
        return _OTHER[stated] if any(is_mode_contradicted(world, stated) for world in known) else stated
    for world in known:
        for row in world.rows("get_positions"):
            if isinstance(row, Position) and row.position_mode is PositionMode.LONG_SHORT:
                return PositionMode.LONG_SHORT
    return PositionMode.NET


def _stated(worlds: Iterable[World]) -> PositionMode | None:
    for world in worlds:
        for row in world.rows("get_account_config"):
            if isinstance(row, AccountConfig) and row.position_mode is not None:
                return row.position_mode
    return None


def is_mode_contradicted(world: World, mode: PositionMode) -> bool:
    """Whether fills leave something open on a side that a mode does not have, and no bill says otherwise."""
    by_fills = _left_over(((fill.symbol, fill.trade_id, fill) for fill in world.rows("get_fills")), mode)
    if not by_fills:
        return False
    by_bills = _left_over(((bill.symbol, bill.trade_id, bill) for bill in world.booked()), mode)
    return by_bills is not False


def _left_over(rows: Iterable[tuple[str | None, str | None, Fill | Bill]], mode: PositionMode) -> bool | None:
    """Whether something is left on a side that the mode does not have; None where no row names any side."""
    named = False
    sums: dict[Leg, Decimal] = {}
    seen: set[tuple[str, str, str | None]] = set()
    for symbol, trade_id, row in rows:
        if symbol is None or row.position_side is None or row.side is None or row.contracts is None:
            continue
        if market_type_of(symbol) not in _TWO_SIDED:
            continue
        named = True
        key = symbol, trade_id or row.bill_id or "", row.venue_order_id
        if str(row.position_side) in sides_of(symbol, mode) or key in seen:
            continue
        seen.add(key)
        leg = Leg(symbol, str(row.position_side))
        signed = row.contracts if row.side is OrderSide.BUY else -row.contracts
        sums[leg] = sums.get(leg, Decimal(0)) + signed
    return any(sums.values()) if named else None


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
        place = sides[0] if len(sides) == 1 else None
        if position_side is not None:
            place = str(position_side)
        if side is None or contracts is None or contracts < 0 or place is None:
            self.spoil(symbol, NullReason.ABSENT, position_side)
            return
        leg = Leg(symbol, place)
        before = self.contracts.setdefault(leg, Decimal(0))
        if before is not None:
            self.contracts[leg] = before + (contracts if side is OrderSide.BUY else -contracts)

    def settle(self) -> None:
        """End the adding: sides that the position mode does not have must be flat, or the symbol is in doubt."""
        settle_sides(self._mode, self.contracts, self.reasons)


def settle_sides(
    mode: PositionMode, contracts: dict[Leg, Decimal | None], reasons: dict[Leg, NullReason]
) -> frozenset[Leg]:
    """
    Take the legs out that the position mode does not have; gives the legs that are in doubt for their sake.

    A mode is changed only while nothing is held (OKX ``account/set-position-mode``), so what is left of the other mode
    is flat. Where it is not, nobody may call the symbol's other legs flat or anything else.
    """
    doubtful: set[Leg] = set()
    for leg in [one for one in contracts if one.side not in sides_of(one.symbol, mode)]:
        reasons.pop(leg, None)
        if contracts.pop(leg) == 0:
            for side in sides_of(leg.symbol, mode):
                contracts.setdefault(Leg(leg.symbol, side), Decimal(0))
            continue
        for side in sides_of(leg.symbol, mode):
            contracts[Leg(leg.symbol, side)] = None
            reasons[Leg(leg.symbol, side)] = NullReason.CONFLICT
            doubtful.add(Leg(leg.symbol, side))
    return frozenset(doubtful)
