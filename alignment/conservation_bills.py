"""
The bills: each once, each starting where the last one ended, one for every execution, with its contracts and its fee.

Pure. A bill has no symbol here, because one library drops it: findings about bills are told by currency or order.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from dualwitness.alignment.evidence_account import is_expected_fee
from dualwitness.alignment.history import BILLS_WINDOW_MS
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_bills import EXECUTIONS, distinct_bills
from dualwitness.alignment.testimony_orders import orders_of
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import Bill, FeeRates, Fill, MarginMode, MarketType
from dualwitness.models.finding import Claim, Expected

__all__ = ["bill_conflicts", "in_order"]

_FEE_TOLERANCE = Decimal("0.001")
# From so many links on that all are broken, it is the balances and not what changed them.
_MANY_LINKS = 3
_DERIVATIVES = (MarketType.SWAP, MarketType.FUTURE)


def bill_conflicts(world: World) -> list[Draft]:
    """Every contradiction in the bills of one library; nothing where they were not asked for or did not come."""
    if world.reason_of("get_bills") is not None:
        return []
    return [*_once(world), *_chain(world), *_by_order(world)]


def _draft(world: World, field: str, key: str | None, seen: str, expected: Expected, rule: str, reason: str) -> Draft:
    return contradiction(
        world,
        operation="get_bills",
        field=field,
        symbol=None,
        row=None,
        row_key=key,
        seen=Claim(value=seen),
        expected=expected,
        rule=rule,
        reason=reason,
    )


def _once(world: World) -> Iterator[Draft]:
    counts = Counter((row.currency, row.bill_id) for row in world.rows("get_bills") if row.bill_id is not None)
    for (currency, bill_id), count in sorted(counts.items(), key=str):
        if count > 1:
            yield _draft(
                world,
                "bill_id",
                f"{currency}|{bill_id}",
                f"{count} rows with bill id {bill_id}",
                Expected(value="1 row", source="a bill id is unique (OKX account/bills)"),
                "a-bill-is-listed-once",
                f"the same bill is listed {count} times",
            )


def in_order(bills: Iterable[Bill]) -> dict[str, list[Bill]]:
    """The bills of each currency as they were booked, one of each id; not of a currency with an unreadable one."""
    table: dict[str, dict[str, Bill]] = defaultdict(dict)
    unreadable: set[str | None] = set()
    for bill in bills:
        if None in (bill.bill_id, bill.currency, bill.change, bill.balance, bill.ts_venue_ms):
            unreadable.add(bill.currency)
        elif bill.currency is not None and bill.bill_id is not None:
            table[bill.currency].setdefault(bill.bill_id, bill)
    if None in unreadable:
        return {}
    return {
        currency: sorted(rows.values(), key=_place)
        for currency, rows in sorted(table.items())
        if currency not in unreadable
    }


def _place(bill: Bill) -> tuple[int, int, str]:
    text = bill.bill_id or ""
    return bill.ts_venue_ms or 0, int(text) if text.isdigit() else 0, text


def _chain(world: World) -> Iterator[Draft]:
    words = {(bill.currency, bill.bill_id): bill for bill in world.booked()}
    lacking = _currencies_lacking_bills(world)
    for currency, bills in in_order(distinct_bills(world)).items():
        gaps = [_cash(after) - _cash(before) - _moved(after) for before, after in pairwise(bills)]
        everywhere = len(gaps) >= _MANY_LINKS and all(gaps)
        for place, gap in enumerate(gaps):
            if gap == 0 or (place and gap == -gaps[place - 1]):
                continue  # whole, or the other end of one wrong balance
            bill, before = bills[place + 1], _cash(bills[place])
            if gap == -2 * _moved(bill):
                field = "change"  # the sign
            elif everywhere or (place + 1 < len(gaps) and gaps[place + 1] == -gap):
                field = "balance"
            else:
                field = _broken(words.get((currency, bill.bill_id)), lacking=currency in lacking)
            yield _draft(
                world,
                field,
                f"{currency}|{bill.bill_id}",
                f"{bill.balance:f} after {bill.change:f}",
                Expected(value=f"{before:f} before", source="balance of the bill before it (OKX account/bills)"),
                "a-bill-starts-where-the-last-one-ended",
                f"{currency} was {before:f} and changed by {bill.change:f}, the bill says {bill.balance:f}",
            )


def _cash(bill: Bill) -> Decimal:
    return bill.balance or Decimal(0)


def _moved(bill: Bill) -> Decimal:
    return bill.change or Decimal(0)


def _broken(bill: Bill | None, *, lacking: bool) -> str:
    """
    Where the chain breaks before a bill: its own change is wrong, or a bill before it is not listed.

    Its own parts decide where they are known; else whether an execution of that currency has no bill.
    """
    own = None if bill is None else _own_change(bill)
    if bill is not None and own is not None:
        return "bill_id" if own == bill.change else "change"
    return "bill_id" if lacking else "change"


def _currencies_lacking_bills(world: World) -> frozenset[str]:
    """Currencies in which an execution should have a bill, and has none: the settle currency, or both of a pair."""
    if world.reason_of("get_fills") is not None:
        return frozenset()
    booked = Counter((bill.venue_order_id, bill.currency) for bill in distinct_bills(world))
    instruments = world.instruments()
    found: set[str] = set()
    for order_id, fills in _fills_of(world).items():
        instrument = instruments.get(fills[0].symbol)
        if instrument is None:
            continue
        pair = (instrument.base, instrument.quote) if instrument.settle is None else (instrument.settle,)
        found |= {one for one in pair if one is not None and booked[order_id, one] < len(fills)}
    return frozenset(found)


def _own_change(bill: Bill) -> Decimal | None:
    """The cash that a cross execution of a contract moves: profit less fee; None for everything else."""
    cross = bill.margin_mode is MarginMode.CROSS and bill.market_type in _DERIVATIVES
    if bill.kind not in EXECUTIONS or not cross or bill.realized_pnl is None or bill.fee is None:
        return None
    return bill.realized_pnl - bill.fee


def _by_order(world: World) -> Iterator[Draft]:
    """Every order that was filled has bills of the same contracts and the same fee."""
    if world.reason_of("get_fills") is not None:
        return
    bills: dict[str, list[Bill]] = defaultdict(list)
    for bill in distinct_bills(world):
        if bill.venue_order_id is not None:
            bills[bill.venue_order_id].append(bill)
    filled = {order.venue_order_id: order.filled_contracts for _, order in orders_of(world)}
    for order_id, fills in _fills_of(world).items():
        found, first = bills.get(order_id, []), fills[0]
        key = f"{first.symbol}|{order_id}"
        total = _sum(fill.contracts for fill in fills)
        if order_id in filled and filled[order_id] != total:
            continue  # the order contradicts its fills already
        if not found:
            yield _draft(
                world,
                "bill_id",
                key,
                "not listed",
                Expected(value=f"a bill of order {order_id}", source="executions of the order (OKX trade/fills)"),
                "an-execution-is-booked",
                f"order {order_id} was filled, and no bill was written for it",
            )
            continue
        yield from _contracts(world, key, found, total)
        yield from _fee(world, key, found, fills)


def _fills_of(world: World) -> Mapping[str, list[Fill]]:
    """The fills of each order, one of each execution, as far back as bills are certain to reach."""
    by_order: dict[str, dict[object, Fill]] = defaultdict(dict)
    for fill in world.rows("get_fills"):
        old = fill.ts_venue_ms is None or (
            world.now_ms is not None and world.now_ms - fill.ts_venue_ms > BILLS_WINDOW_MS
        )
        if fill.venue_order_id is not None and not old:
            by_order[fill.venue_order_id].setdefault(fill.bill_id or fill.trade_id, fill)
    return {order_id: list(fills.values()) for order_id, fills in by_order.items()}


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    total = Decimal(0)
    for value in values:
        if value is None:
            return None
        total += value
    return total


def _contracts(world: World, key: str, bills: list[Bill], total: Decimal | None) -> Iterator[Draft]:
    """Contracts of the bills: those of a pair stand in the bill of its base."""
    sizes = [bill.contracts for bill in bills if bill.contracts is not None and bill.side is not None]
    if not sizes or total is None:
        return
    booked = sum(sizes, Decimal(0))
    if booked != total:
        yield _draft(
            world,
            "bill_id" if booked < total else "contracts",
            key,
            f"{booked:f}",
            Expected(value=f"{total:f}", source="fills of the same order (OKX trade/fills)"),
            "an-execution-is-booked",
            f"the bills of {key} say {booked:f} contracts, its fills {total:f}",
        )


def _fee(world: World, key: str, bills: list[Bill], fills: list[Fill]) -> Iterator[Draft]:
    """The bills take the fee that the fills say, unless the fills' fee is contradicted by the rates already."""
    currency = fills[0].fee_currency
    paid = _sum(fill.fee for fill in fills)
    if paid is None or currency is None or any(fill.fee_currency != currency for fill in fills):
        return
    booked = _sum(bill.fee for bill in bills if bill.currency == currency)
    if booked is None or abs(booked - paid) <= abs(paid) * _FEE_TOLERANCE or not _fits_rates(world, fills):
        return
    yield _draft(
        world,
        "fee",
        key,
        f"{booked:f}",
        Expected(value=f"{paid:f}", source="fees of the fills of the same order (OKX trade/fills)"),
        "a-bill-takes-the-fee-of-its-fill",
        f"the bills of {key} take {booked:f} {currency}, its fills {paid:f}",
    )


def _fits_rates(world: World, fills: list[Fill]) -> bool:
    instruments = world.instruments()
    for fill in fills:
        rates = next(iter(world.rows("get_fee_rates", fill.symbol)), None)
        instrument = instruments.get(fill.symbol)
        if isinstance(rates, FeeRates) and instrument is not None and not is_expected_fee(fill, rates, instrument):
            return False
    return True
