"""What the orders say: the filled sizes of all of them, and what a resting order to reduce proves. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dualwitness.alignment.history import ORDERS_WINDOW_MS
from dualwitness.alignment.testimony_legs import LegSums
from dualwitness.alignment.witness import Leg, Testimony, WitnessKind
from dualwitness.alignment.world import World
from dualwitness.models import (
    Bill,
    Fill,
    NullReason,
    Order,
    OrderSide,
    OrderState,
    PositionMode,
    PositionSide,
)
from dualwitness.models.history import History

__all__ = ["order_states_testimony", "orders_of", "orders_testimony"]

_HISTORY = "get_order_history"
_RESTING = (OrderState.LIVE, OrderState.PARTIALLY_FILLED)


def orders_of(world: World) -> Iterator[tuple[str, Order]]:
    """Every order that was told, with the operation that told it."""
    for operation in ("get_open_orders", _HISTORY, "get_order"):
        for _, row in world.all_rows(operation):
            if isinstance(row, Order):
                yield operation, row


def orders_testimony(world: World, mode: PositionMode, history: History) -> Testimony:
    """
    The sum of what was filled of every order (OKX ``accFillSz``), by the symbols whose finished orders were asked for.

    It reaches back seven days and says nothing where the account is older than that. It is never complete: of a symbol
    that was not asked for nothing is known.
    """
    name, kind = f"orders through {world.library}", WitnessKind.ORDERS
    asked = sorted(symbol for operation, symbol in world.observations if operation == _HISTORY and symbol is not None)
    error = NullReason.NOT_ASKED if not asked else world.reason_of("get_open_orders")
    if error is not None:
        return Testimony(name, kind, world.library, error=error)
    sums = LegSums(mode, history)
    reaching = history.complete and _reaches(world, history)
    for symbol in asked:
        if ":" not in symbol:
            continue
        silent = world.reason_of(_HISTORY, symbol)
        if silent is not None or not reaching:
            sums.spoil(symbol, silent or NullReason.ABSENT)
        else:
            sums.name(symbol)
    if reaching:
        _add_orders(world, history, sums, frozenset(asked))
    sums.settle()
    moments = [world.as_of_ms("get_open_orders"), *(world.as_of_ms(_HISTORY, symbol) for symbol in asked)]
    known = [moment for moment in moments if moment is not None]
    listed = {leg: held for leg, held in sums.contracts.items() if leg.symbol in asked}
    return Testimony(
        name,
        kind,
        world.library,
        listed,
        as_of_ms=min(known) if len(known) == len(moments) else None,
        reasons=sums.reasons,
    )


def _reaches(world: World, history: History) -> bool:
    return (
        history.since_ms is not None
        and world.now_ms is not None
        and (world.now_ms - history.since_ms <= ORDERS_WINDOW_MS)
    )


def _add_orders(world: World, history: History, sums: LegSums, asked: frozenset[str]) -> None:
    furthest: dict[str, Order] = {}
    for _, order in orders_of(world):
        if ":" not in order.symbol or order.symbol not in asked:
            continue
        if order.venue_order_id is None:
            sums.spoil(order.symbol, NullReason.ABSENT, order.position_side)
            continue
        before = furthest.get(order.venue_order_id)
        # An order may have gone on between two reads: the later word is the one with more filled.
        if before is None or (order.filled_contracts or 0) > (before.filled_contracts or 0):
            furthest[order.venue_order_id] = order
    straddling = _straddling(world, history)
    for order_id, order in furthest.items():
        if _is_before(order.ts_venue_ms, history):
            if order_id in straddling or order.ts_venue_ms is None:
                sums.spoil(order.symbol, NullReason.ABSENT, order.position_side)
            continue
        sums.add(order.symbol, order.side, order.position_side, order.filled_contracts)


def _is_before(moment: int | None, history: History) -> bool:
    """Whether something belongs to the opening snapshot, or may."""
    return history.opening is not None and (moment is None or moment <= history.opening.ts_venue_ms)


def _straddling(world: World, history: History) -> frozenset[str]:
    """Orders of which anything was filled after the opening snapshot; only older ones among them matter."""
    if history.opening is None:
        return frozenset()
    rows = [*world.rows("get_fills"), *world.rows("get_bills")]
    after = (
        row.venue_order_id for row in rows if isinstance(row, (Fill, Bill)) and not _is_before(row.ts_venue_ms, history)
    )
    resting = (
        order.venue_order_id for _, order in orders_of(world) if order.state in _RESTING and order.filled_contracts
    )
    return frozenset(one for one in (*after, *resting) if one is not None)


def order_states_testimony(world: World, mode: PositionMode) -> Testimony:
    """A resting order that can only reduce proves that there is something to reduce, and which way it points."""
    name, kind = f"order states through {world.library}", WitnessKind.ORDER_STATES
    error = world.reason_of("get_open_orders")
    if error is not None:
        return Testimony(name, kind, world.library, error=error)
    signs: dict[Leg, int] = {}
    for row in world.rows("get_open_orders"):
        if not isinstance(row, Order) or ":" not in row.symbol or row.state not in _RESTING or row.side is None:
            continue
        reduced = 1 if row.side is OrderSide.SELL else -1
        leg = _reduced_leg(row, mode, reduced)
        if leg is not None:
            # Two orders that reduce opposite sides of one leg prove nothing but that somebody is wrong.
            signs[leg] = reduced if signs.get(leg, reduced) == reduced else 0
    return Testimony(name, kind, world.library, as_of_ms=world.as_of_ms("get_open_orders"), signs=signs)


def _reduced_leg(row: Order, mode: PositionMode, reduced: int) -> Leg | None:
    """The leg that an order can only reduce: by its flag in net mode, by its side in long/short mode."""
    if mode is PositionMode.NET:
        return Leg(row.symbol, str(PositionSide.NET)) if row.reduce_only else None
    closing = {PositionSide.LONG: 1, PositionSide.SHORT: -1}
    if row.position_side is None or closing.get(row.position_side) != reduced:
        return None
    return Leg(row.symbol, str(row.position_side))
