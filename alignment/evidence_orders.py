"""Evidence of orders: an order is filled by its fills, at their average price, on its own side. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import Fill, Order
from dualwitness.models.finding import Expected

__all__ = ["ORDER_CHECKS", "RESTING"]

# The name under which a world keeps what was listed as open while the probe's order rested.
RESTING = "get_open_orders while resting"

# OKX rounds avgPx; a hundred-thousandth is far below any real difference.
_AVERAGE_TOLERANCE = Decimal("0.00001")


def _orders_by_their_fills(world: World) -> Iterator[Draft]:
    observation = world.observations.get(("get_fills", None))
    if observation is None or observation.rows is None:
        return
    fills = _fills_by_order(world)
    orders: list[Order] = [*world.rows("get_open_orders"), *(row for _, row in world.all_rows("get_order"))]
    told: set[str] = set()
    for order in orders:
        if order.venue_order_id is None or order.venue_order_id in told:
            continue
        found = list(_of_one_order(world, order, fills.get(order.venue_order_id, [])))
        if found:
            told.add(order.venue_order_id)
        yield from found


def _fills_by_order(world: World) -> dict[str, list[Fill]]:
    """Each order's fills, copies of one execution once; fills without any id are all counted."""
    by_order: dict[str, list[Fill]] = {}
    seen: set[tuple[str, str]] = set()
    for fill in world.rows("get_fills"):
        identity = fill.trade_id or fill.bill_id
        if fill.venue_order_id is None or (identity is not None and (fill.symbol, identity) in seen):
            continue
        if identity is not None:
            seen.add((fill.symbol, identity))
        by_order.setdefault(fill.venue_order_id, []).append(fill)
    return by_order


def _of_one_order(world: World, order: Order, fills: list[Fill]) -> Iterator[Draft]:
    sizes = [fill.contracts for fill in fills if fill.contracts is not None]
    if order.filled_contracts is None or len(sizes) < len(fills):
        return  # a fill that does not say how much leaves the sum unknown
    total = sum(sizes, Decimal(0))
    if total != order.filled_contracts:
        # Too little is a fill that is not listed; too much is a size that is wrong.
        yield _contradiction(
            world,
            order,
            "trade_id" if total < order.filled_contracts else "contracts",
            f"{total:f}",
            f"{order.filled_contracts:f}",
            "filled size of the order (OKX accFillSz)",
            "an-order-is-filled-by-its-fills",
        )
        return
    sides = [fill.side for fill in fills if fill.side is not None and order.side is not None]
    wrong_side = next((side for side in sides if side != order.side), None)
    if wrong_side is not None:
        rule = "a-fill-is-on-the-side-of-its-order"
        yield _contradiction(world, order, "side", str(wrong_side), str(order.side), "side of the order", rule)
    averages = _averages(fills)
    stated = order.average_price
    if not averages or stated is None:
        return
    if all(abs(average - stated) > stated * _AVERAGE_TOLERANCE for average in averages):
        rule = "an-order-s-price-is-the-average-of-its-fills"
        source = "average price of the order (OKX avgPx)"
        yield _contradiction(world, order, "price", f"{averages[0]:f}", f"{stated:f}", source, rule)


def _averages(fills: list[Fill]) -> tuple[Decimal, ...]:
    """
    The averages by size and by value, either of which may be meant; nothing where a price is unknown.

    Linear and spot orders average by size, inverse ones by value; they differ only where prices do.
    """
    size = value = coins = Decimal(0)
    for fill in fills:
        if not fill.price or fill.contracts is None:
            return ()
        size += fill.contracts
        value += fill.price * fill.contracts
        coins += fill.contracts / fill.price
    return (value / size, size / coins) if size and coins else ()


def _contradiction(world: World, order: Order, field: str, seen: str, expected: str, source: str, rule: str) -> Draft:
    return contradiction(
        world,
        operation="get_fills",
        field=field,
        symbol=order.symbol,
        row=order,
        row_key=f"{order.symbol}|{order.venue_order_id}",
        seen=claim_of(seen, None),
        expected=Expected(value=expected, source=source),
        rule=rule,
        reason=f"the fills of order {order.venue_order_id} say {seen}, the order says {expected}",
    )


def _placed_orders_are_listed(world: World) -> Iterator[Draft]:
    """An order of ours that rests must be among the open orders."""
    for (operation, place), observation in world.observations.items():
        if operation != RESTING or observation.rows is None or place is None:
            continue
        symbol, _, order_id = place.rpartition("|")
        if any(isinstance(row, Order) and row.venue_order_id == order_id for row in observation.rows):
            continue
        yield contradiction(
            world,
            operation="get_open_orders",
            field="venue_order_id",
            symbol=symbol,
            row=None,
            row_key=f"{symbol}|{order_id}",
            seen=claim_of(f"{len(observation.rows)} open orders without it", None),
            expected=Expected(value=order_id, source="the order that was placed and not yet cancelled"),
            rule="a-resting-order-is-listed",
            reason=f"order {order_id} was resting, and the open orders do not list it",
        )


ORDER_CHECKS = (_orders_by_their_fills, _placed_orders_are_listed)
