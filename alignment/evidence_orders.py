"""
Evidence of orders: an order is filled by its fills, at their average price, for their fees, on its own side. Pure.

Where an order and its fills contradict each other, the bills of the same order say which of the two is wrong; without
bills that speak it is taken to be the fills.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.evidence_account import is_expected_fee
from dualwitness.alignment.history import BILLS_WINDOW_MS
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_orders import orders_of
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import Bill, FeeRates, Fill, Instrument, Order, OrderState
from dualwitness.models.finding import Expected

__all__ = ["ORDER_CHECKS", "RESTING"]

# The name under which a world keeps what was listed as open while the probe's order rested.
RESTING = "get_open_orders while resting"

# OKX rounds avgPx; a hundred-thousandth is far below any real difference.
_AVERAGE_TOLERANCE = Decimal("0.00001")
# Fees are rounded fill by fill; a thousandth is far below any other fee.
_FEE_TOLERANCE = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class _Case:
    """One order, who told it, and everything else that is known of its executions."""

    world: World
    operation: str
    order: Order
    fills: list[Fill]
    bills: list[Bill]
    instruments: Mapping[str, Instrument]

    @property
    def symbol_key(self) -> str:
        return f"{self.order.symbol}|{self.order.venue_order_id}"

    def booked(self) -> Decimal | None:
        """Contracts that the bills of the order add up to; None where no bill tells."""
        sizes = [bill.contracts for bill in self.bills if bill.contracts is not None and bill.side is not None]
        return sum(sizes, Decimal(0)) if sizes else None

    def blames_order(self, fills_say: Decimal) -> bool:
        """Whether the bills side with the fills against the order."""
        return self.booked() == fills_say


def _orders_by_their_fills(world: World) -> Iterator[Draft]:
    observation = world.observations.get(("get_fills", None))
    if observation is None or observation.rows is None:
        return
    fills = _fills_by_order(world)
    bills: dict[str, list[Bill]] = {}
    for bill in world.booked():
        if bill.venue_order_id is not None:
            bills.setdefault(bill.venue_order_id, []).append(bill)
    instruments = world.instruments()
    told: set[str] = set()
    for operation, order in orders_of(world):
        order_id = order.venue_order_id
        if order_id is None or order_id in told or _is_older_than_fills(world, order):
            continue
        case = _Case(world, operation, order, fills.get(order_id, []), bills.get(order_id, []), instruments)
        found = list(_of_one_order(case))
        if found:
            told.add(order_id)
        yield from found


def _is_older_than_fills(world: World, order: Order) -> bool:
    """Whether fills of the order may lie before the venue's window."""
    if world.now_ms is None or order.ts_venue_ms is None:
        return False
    return world.now_ms - order.ts_venue_ms > BILLS_WINDOW_MS


def _fills_by_order(world: World) -> dict[str, list[Fill]]:
    """
    Each order's fills, copies of one execution once; fills without any id are all counted.

    Both sides of a match with oneself share a trade id, but no order.
    """
    by_order: dict[str, list[Fill]] = {}
    seen: set[tuple[str, str, str]] = set()
    for fill in world.rows("get_fills"):
        identity = fill.bill_id or fill.trade_id
        if fill.venue_order_id is None:
            continue
        if identity is not None:
            key = (fill.symbol, identity, fill.venue_order_id)
            if key in seen:
                continue
            seen.add(key)
        by_order.setdefault(fill.venue_order_id, []).append(fill)
    return by_order


def _of_one_order(case: _Case) -> Iterator[Draft]:
    order, fills = case.order, case.fills
    yield from _state(case)
    sizes = [fill.contracts for fill in fills if fill.contracts is not None]
    if order.filled_contracts is None or len(sizes) < len(fills):
        return  # a fill that does not say how much leaves the sum unknown
    total = sum(sizes, Decimal(0))
    if total != order.filled_contracts:
        yield _wrong_size(case, total, order.filled_contracts)
        return
    yield from _wrong_symbol_or_side(case)
    yield from _wrong_average(case)
    yield from _wrong_fee(case)


def _wrong_size(case: _Case, total: Decimal, filled: Decimal) -> Draft:
    rule = "an-order-is-filled-by-its-fills"
    if case.blames_order(total):
        return _against_order(case, "filled_contracts", f"{filled:f}", f"{total:f}", rule)
    # Too little is a fill that is not listed; too much is a size that is wrong.
    field = "contracts" if total > filled else "trade_id"
    return _against_fills(case, field, f"{total:f}", f"{filled:f}", "filled size of the order (OKX accFillSz)", rule)


def _wrong_symbol_or_side(case: _Case) -> Iterator[Draft]:
    order = case.order
    symbol = next((fill.symbol for fill in case.fills if fill.symbol != order.symbol), None)
    if symbol is not None:
        rule = "a-fill-is-of-the-instrument-of-its-order"
        yield _against_fills(case, "symbol", symbol, order.symbol, "instrument of the order", rule)
    sides = [fill.side for fill in case.fills if fill.side is not None and order.side is not None]
    wrong = next((side for side in sides if side != order.side), None)
    if wrong is None or order.side is None:
        return
    rule = "a-fill-is-on-the-side-of-its-order"
    booked = {bill.side for bill in case.bills if bill.side is not None and bill.contracts is not None}
    if booked == {wrong}:
        yield _against_order(case, "side", str(order.side), str(wrong), rule)
    else:
        yield _against_fills(case, "side", str(wrong), str(order.side), "side of the order", rule)


def _wrong_average(case: _Case) -> Iterator[Draft]:
    stated = case.order.average_price
    averages = _averages([(fill.price, fill.contracts) for fill in case.fills])
    if not averages or stated is None or _is_near(stated, averages):
        return
    rule = "an-order-s-price-is-the-average-of-its-fills"
    sized = [bill for bill in case.bills if bill.contracts is not None]
    booked = _averages([(bill.price, bill.contracts) for bill in sized])
    if booked and _is_near(booked[0], averages):
        yield _against_order(case, "average_price", f"{stated:f}", f"{averages[0]:f}", rule)
        return
    source = "average price of the order (OKX avgPx)"
    yield _against_fills(case, "price", f"{averages[0]:f}", f"{stated:f}", source, rule)


def _is_near(stated: Decimal, averages: tuple[Decimal, ...]) -> bool:
    return any(abs(average - stated) <= stated * _AVERAGE_TOLERANCE for average in averages)


def _averages(executions: list[tuple[Decimal | None, Decimal | None]]) -> tuple[Decimal, ...]:
    """
    The averages by size and by value, either of which may be meant; nothing where a price is unknown.

    Linear and spot orders average by size, inverse ones by value; they differ only where prices do.
    """
    size = value = coins = Decimal(0)
    for price, contracts in executions:
        if not price or contracts is None:
            return ()
        size += contracts
        value += price * contracts
        coins += contracts / price
    return (value / size, size / coins) if size and coins else ()


def _wrong_fee(case: _Case) -> Iterator[Draft]:
    """
    An order's fee is the sum of its fills' fees; fills that the account's rates contradict are told elsewhere.

    Contracts alone: a pair's rebate stands apart from the order's fee (okx-v5-facts section 7).
    """
    order, fills = case.order, case.fills
    if order.fee is None or not fills or ":" not in order.symbol:
        return
    fees = [fill.fee for fill in fills if fill.fee is not None and fill.fee_currency == order.fee_currency]
    if len(fees) < len(fills) or any(not _fits_rate(case, fill) for fill in fills):
        return
    total = sum(fees, Decimal(0))
    if abs(order.fee - total) > abs(total) * _FEE_TOLERANCE:
        yield _against_order(case, "fee", f"{order.fee:f}", f"{total:f}", "an-order-s-fee-is-the-sum-of-its-fills")


def _fits_rate(case: _Case, fill: Fill) -> bool:
    rates = next(iter(case.world.rows("get_fee_rates", fill.symbol)), None)
    instrument = case.instruments.get(fill.symbol)
    if not isinstance(rates, FeeRates) or instrument is None:
        return True
    return is_expected_fee(fill, rates, instrument) is not False


def _state(case: _Case) -> Iterator[Draft]:
    """Filled is an order of which nothing is left; contracts alone, because a pair's size may be in quote."""
    order = case.order
    if order.contracts is None or order.filled_contracts is None or order.state is None or ":" not in order.symbol:
        return
    whole = order.filled_contracts == order.contracts
    if whole is (order.state is OrderState.FILLED):
        return
    if whole and case.booked() not in (None, order.filled_contracts):
        return  # then the filled size is wrong, and not the state
    expected = "filled" if whole else "not filled"
    yield _against_order(case, "state", str(order.state), expected, "an-order-is-filled-when-nothing-is-left")


def _against_order(case: _Case, field: str, seen: str, expected: str, rule: str) -> Draft:
    order = case.order
    own = case.operation != "get_order"
    return contradiction(
        case.world,
        operation=case.operation,
        field=field,
        symbol=order.symbol,
        row=order,
        row_key=case.symbol_key if own else None,
        seen=claim_of(seen, None),
        expected=Expected(value=expected, source="fills and bills of the order (OKX trade/fills, account/bills)"),
        rule=rule,
        reason=f"order {order.venue_order_id} says {seen}, its executions say {expected}",
    )


def _against_fills(case: _Case, field: str, seen: str, expected: str, source: str, rule: str) -> Draft:
    return contradiction(
        case.world,
        operation="get_fills",
        field=field,
        symbol=case.order.symbol,
        row=case.order,
        row_key=case.symbol_key,
        seen=claim_of(seen, None),
        expected=Expected(value=expected, source=source),
        rule=rule,
        reason=f"the fills of order {case.order.venue_order_id} say {seen}, the order says {expected}",
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
