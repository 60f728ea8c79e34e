"""Evidence of executions: each has its order and its bill, and a time that fits both. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.history import BILLS_WINDOW_MS, ORDERS_WINDOW_MS
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_orders import orders_of
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import Bill, Fill, Severity
from dualwitness.models.finding import Claim, Expected

__all__ = ["EXECUTION_CHECKS"]

_FUTURE_SLACK_MS = 60_000
# The venue records an execution a moment after it, and two services do not stamp it alike.
_STAMP_SLACK_MS = 5_000


def _orders_are_listed(world: World) -> Iterator[Draft]:
    """An order of the last days that was filled is among the open ones or the finished ones."""
    if world.reason_of("get_open_orders") is not None or world.now_ms is None:
        return
    known = {order.venue_order_id for _, order in orders_of(world) if order.venue_order_id is not None}
    booked = {bill.venue_order_id for bill in world.booked()}
    told: set[str] = set()
    for fill in world.rows("get_fills"):
        order_id, moment = fill.venue_order_id, fill.ts_venue_ms
        if order_id is None or order_id in known or order_id in told or moment is None:
            continue
        recent = -_FUTURE_SLACK_MS <= world.now_ms - moment <= ORDERS_WINDOW_MS
        if not recent or world.reason_of("get_order_history", fill.symbol) is not None:
            continue
        if booked and order_id not in booked:
            continue  # then the fill names an order that never was
        told.add(order_id)
        yield contradiction(
            world,
            operation="get_order_history",
            field="venue_order_id",
            symbol=fill.symbol,
            row=None,
            row_key=f"{fill.symbol}|{order_id}",
            seen=claim_of("not listed", None),
            expected=Expected(value=order_id, source="order of an execution (OKX trade/fills-history ordId)"),
            rule="an-order-that-was-filled-is-listed",
            reason=f"order {order_id} was filled, and neither the open nor the finished orders list it",
        )


def _times(world: World) -> Iterator[Draft]:
    """A fill is not of the future, not before its order, and of the time at which it was booked."""
    created = {order.venue_order_id: order.ts_venue_ms for _, order in orders_of(world)}
    bills = {(bill.symbol, bill.trade_id): bill.ts_venue_ms for bill in world.booked()}
    for fill in world.rows("get_fills"):
        moment = fill.ts_venue_ms
        if moment is None:
            continue
        if world.now_ms is not None and moment > world.now_ms + _FUTURE_SLACK_MS:
            source, text = "venue time (OKX public/time)", "the execution is in the future by the venue's own clock"
            yield _wrong_time(world, fill, str(world.now_ms), source, "an-execution-is-not-of-the-future", text)
            continue
        booked = bills.get((fill.symbol, fill.trade_id))
        ordered = created.get(fill.venue_order_id)
        if booked is not None and abs(moment - booked) > _STAMP_SLACK_MS:
            source, text = "time of its bill (OKX account/bills)", f"the execution was booked at {booked} ms"
            yield _wrong_time(world, fill, str(booked), source, "an-execution-is-of-the-time-of-its-bill", text)
        elif ordered is not None and moment < ordered - _STAMP_SLACK_MS:
            source, text = "time of its order (OKX cTime)", f"its order was placed later, at {ordered} ms"
            yield _wrong_time(world, fill, str(ordered), source, "an-execution-is-not-before-its-order", text)


def _wrong_time(world: World, fill: Fill, expected: str, source: str, rule: str, text: str) -> Draft:
    return _draft(world, fill, "ts_venue_ms", expected, source, rule, f"{text}, the fill says {fill.ts_venue_ms}")


def _bill_ids(world: World) -> Iterator[Draft]:
    """A fill names the bill in which it was booked."""
    bills: dict[tuple[str | None, str | None], set[str | None]] = {}
    for bill in world.rows("get_bills"):
        if isinstance(bill, Bill) and bill.trade_id is not None:
            bills.setdefault((bill.symbol, bill.trade_id), set()).add(bill.bill_id)
    for fill in world.rows("get_fills"):
        found = bills.get((fill.symbol, fill.trade_id), set()) - {None}
        if fill.bill_id is None or not found or fill.bill_id in found:
            continue
        expected = " ".join(sorted(one for one in found if one is not None))
        source = "bills of the same execution (OKX account/bills)"
        text = f"the fill names bill {fill.bill_id}, the execution was booked in {expected}"
        yield _draft(world, fill, "bill_id", expected, source, "a-fill-names-its-bill", text)


def _order_ids(world: World) -> Iterator[Draft]:
    """A fill names the order for which it was booked."""
    orders: dict[tuple[str | None, str | None], set[str]] = {}
    for bill in world.booked():
        if bill.venue_order_id is not None:
            # Two of them for both sides of a match with oneself.
            orders.setdefault((bill.symbol, bill.trade_id), set()).add(bill.venue_order_id)
    for fill in world.rows("get_fills"):
        known = orders.get((fill.symbol, fill.trade_id), set())
        if not known or fill.venue_order_id is None or fill.venue_order_id in known:
            continue
        booked = " ".join(sorted(known))
        source = "bill of the same execution (OKX account/bills)"
        text = f"the fill names order {fill.venue_order_id}, the execution was booked for {booked}"
        yield _draft(world, fill, "venue_order_id", booked, source, "a-fill-names-its-order", text)


def _booked_are_listed(world: World) -> Iterator[Draft]:
    """An execution that was booked is among the fills; told once for each symbol."""
    asked_ms = world.as_of_ms("get_fills")
    if world.reason_of("get_fills") is not None or asked_ms is None:
        return
    # A library may name an instrument that is gone otherwise than the bills do: its order tells as well which it was.
    listed = {(name, fill.trade_id) for fill in world.rows("get_fills") for name in (fill.symbol, fill.venue_order_id)}
    missing: dict[str, list[Bill]] = {}
    for bill in world.booked():
        if bill.symbol is None or bill.side is None or bill.ts_venue_ms is None or bill.trade_id in (None, "", "0"):
            continue
        # What was booked after the fills were asked for, or before their window, need not be there.
        is_due = asked_ms - BILLS_WINDOW_MS < bill.ts_venue_ms < asked_ms - _STAMP_SLACK_MS
        names = {(bill.symbol, bill.trade_id), (bill.venue_order_id or bill.symbol, bill.trade_id)}
        if is_due and not names & listed:
            missing.setdefault(bill.symbol, []).append(bill)
    for symbol, bills in sorted(missing.items()):
        trade_id = bills[0].trade_id
        yield contradiction(
            world,
            operation="get_fills",
            field="trade_id",
            symbol=symbol,
            row=bills[0],
            row_key=f"{symbol}|{trade_id}",
            seen=Claim(value="not listed"),
            expected=Expected(value=trade_id, source="bill of the execution (OKX account/bills)"),
            rule="an-execution-that-was-booked-is-listed",
            reason=f"{len(bills)} executions of {symbol} were booked and are not among the fills, {trade_id} first",
            severity=Severity.S3,
        )


def _draft(world: World, fill: Fill, field: str, expected: str, source: str, rule: str, reason: str) -> Draft:
    return contradiction(
        world,
        operation="get_fills",
        field=field,
        symbol=fill.symbol,
        row=fill,
        row_key=f"{fill.symbol}|{fill.trade_id}",
        seen=claim_of(*fill.value_or_reason(field)),
        expected=Expected(value=expected, source=source),
        rule=rule,
        reason=reason,
    )


EXECUTION_CHECKS = (_orders_are_listed, _times, _bill_ids, _order_ids, _booked_are_listed)
