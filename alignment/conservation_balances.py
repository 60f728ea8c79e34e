"""
The balances: cash is where the bills left it, and equity is cash and unrealised profit. Pure.

CCXT calls the equity ``total`` and has no word for cash (difference balance-total-is-equity-not-cash), so through it
only currencies in which nothing is open can be held against the bills.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.conservation_bills import in_order
from dualwitness.alignment.evidence_market import STALE_AFTER_MS
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_bills import distinct_bills
from dualwitness.alignment.testimony_report import settle_currency_of
from dualwitness.alignment.world import OPENING, World, contradiction
from dualwitness.models import Balance, Bill, Library, MarginMode, Order, OrderState, Position
from dualwitness.models.finding import Expected

__all__ = ["balance_conflicts", "cash_of", "confirmed_currencies"]

# Orders may follow the opening balance at once, and two services do not stamp alike.
_SLACK_MS = 2_000
# Of the equity: profit is rounded by the venue.
_EQUITY_TOLERANCE = Decimal("0.000001")


def balance_conflicts(world: World, contradicted: Iterable[Draft]) -> list[Draft]:
    """Every contradiction of the balances; ``contradicted`` are drafts about the positions behind the equity."""
    doubted = {draft.symbol for draft in contradicted if draft.operation == "get_positions"}
    return [*_cash(world), *_currencies(world), *_equity(world, doubted)]


def _currencies(world: World) -> Iterator[Draft]:
    """What the bills left in a currency is listed, and what is listed came from bills, if those begin at nothing."""
    booked = in_order(distinct_bills(world))
    if world.reason_of("get_account_balance") is not None or not booked:
        return
    listed = {row.currency: row for row in world.rows("get_account_balance") if isinstance(row, Balance)}
    for currency, bills in booked.items():
        closing = bills[-1].balance
        if currency not in listed and closing and not _breaks(bills):
            yield _listing(world, currency, None, f"{closing:f}", f"the bills leave {closing:f} {currency}, unlisted")
    from_nothing = all(bills[0].balance == bills[0].change for bills in booked.values())
    everything = {bill.currency for bill in distinct_bills(world)}
    for currency, row in listed.items():
        if row.total and currency not in everything and from_nothing:
            text = f"the balance lists {row.total:f} {currency}, of which no bill tells"
            yield _listing(world, currency, row, "0", text)


def _listing(world: World, currency: str, row: Balance | None, expected: str, reason: str) -> Draft:
    return contradiction(
        world,
        operation="get_account_balance",
        field="total",
        symbol=None,
        row=row,
        row_key=currency,
        seen=claim_of("not listed", None) if row is None else claim_of(row.total, None),
        expected=Expected(value=expected, source="balance of the newest bill (OKX account/bills)"),
        rule="cash-is-where-the-bills-left-it",
        reason=reason,
    )


def _cash(world: World) -> Iterator[Draft]:
    booked = in_order(distinct_bills(world))
    for place in (OPENING, None):
        for row in world.rows("get_account_balance", place):
            bills = booked.get(row.currency)
            cash = cash_of(world, row)
            if not bills or cash is None or _breaks(bills):
                continue
            steps, certain = _steps(bills), _certain(world, place, bills)
            if cash in steps[certain:]:
                continue
            surplus = bills[steps.index(cash) :] if cash in steps else []
            if surplus and all(bill.venue_order_id is None for bill in surplus):
                yield _unknown_bill(world, surplus[0], cash)
            else:
                yield _wrong_cash(world, row, place, cash, steps[-1])


def confirmed_currencies(world: World) -> frozenset[str]:
    """The currencies whose cash is where this library's own bills left it."""
    booked = in_order(distinct_bills(world))
    return frozenset(
        row.currency
        for row in world.rows("get_account_balance")
        if row.currency in booked
        and not _breaks(booked[row.currency])
        and cash_of(world, row) in _steps(booked[row.currency])[_certain(world, None, booked[row.currency]) :]
    )


def _wrong_cash(world: World, row: Balance, place: str | None, cash: Decimal, expected: Decimal) -> Draft:
    when = " before any order" if place == OPENING else ""
    return contradiction(
        world,
        operation="get_account_balance",
        field="total",
        symbol=None,
        row=row,
        row_key=row.currency,
        seen=claim_of(row.total, None),
        expected=Expected(value=f"{expected:f}", source="balance of the newest bill (OKX account/bills)"),
        rule="cash-is-where-the-bills-left-it",
        reason=f"the balance says {cash:f} {row.currency}{when}, the bills end at {expected:f}",
    )


def _unknown_bill(world: World, bill: Bill, cash: Decimal) -> Draft:
    """The balance stands where it was before a bill that no execution of ours explains."""
    return contradiction(
        world,
        operation="get_bills",
        field="bill_id",
        symbol=None,
        row=None,
        row_key=f"{bill.currency}|{bill.bill_id}",
        seen=claim_of(bill.bill_id, None),
        expected=Expected(value=None, source="balance of the same currency (OKX account/balance)"),
        rule="cash-is-where-the-bills-left-it",
        reason=f"the bill changes {bill.currency} by {bill.change:f}, the balance still says {cash:f}",
    )


def cash_of(world: World, row: Balance) -> Decimal | None:
    """The cash of a currency, where the library has a word for it."""
    if world.library is Library.OKX_SDK or row.equity is not None:
        return row.total
    positions = world.rows("get_positions")
    contracts = (*positions, *world.rows("get_fills"), *world.rows("get_open_orders"))
    exposed = {settle_currency_of(each.symbol) for each in contracts}  # even where none is open, should one be hidden
    pairs = any(":" not in position.symbol for position in positions)
    unknown = world.reason_of("get_positions") is not None or world.reason_of("get_fills") is not None
    return None if unknown or pairs or row.currency in exposed or row.debt else row.total


def _breaks(bills: list[Bill]) -> bool:
    return any(
        (after.balance or Decimal(0)) != (before.balance or Decimal(0)) + (after.change or Decimal(0))
        for before, after in pairwise(bills)
    )


def _steps(bills: list[Bill]) -> list[Decimal]:
    """What the cash was: before the first bill, and after each of them."""
    first = bills[0]
    return [
        (first.balance or Decimal(0)) - (first.change or Decimal(0)),
        *(bill.balance or Decimal(0) for bill in bills),
    ]


def _certain(world: World, place: str | None, bills: list[Bill]) -> int:
    """
    How many of the bills were written before the balance was read.

    Those are the ones of before the run, and those of whose order we saw that it was filled. A bill of the run itself
    may have come after the balance.
    """
    began_ms = None if _is_clock_doubted(world) else world.now_ms
    if began_ms is not None and place == OPENING:
        began_ms -= _SLACK_MS
    seen = _seen_before(world, place)
    certain = 0
    for number, bill in enumerate(bills, start=1):
        early = began_ms is not None and bill.ts_venue_ms is not None and bill.ts_venue_ms <= began_ms
        if early or bill.venue_order_id in seen:
            certain = number
    return certain


def _is_clock_doubted(world: World) -> bool:
    """Whether the market's own stamps say that venue time is another; then time proves nothing here."""
    stamps = (row.ts_venue_ms for _, row in world.all_rows("get_ticker"))
    now_ms = world.now_ms
    return any(stamp is not None and now_ms is not None and abs(now_ms - stamp) > STALE_AFTER_MS for stamp in stamps)


def _seen_before(world: World, place: str | None) -> frozenset[str]:
    """Orders of which we were told that they were filled before the balance was asked for."""
    balance = world.observations.get(("get_account_balance", place))
    if balance is None:
        return frozenset()
    found: set[str] = set()
    for (operation, _), observation in world.observations.items():
        if operation != "get_order" or observation.asked_at_ms >= balance.asked_at_ms:
            continue
        for row in observation.rows or ():
            if isinstance(row, Order) and row.state is OrderState.FILLED and row.venue_order_id is not None:
                found.add(row.venue_order_id)
    return frozenset(found)


def _equity(world: World, doubted: set[str | None]) -> Iterator[Draft]:
    """Where every position of a currency is cross: equity is cash and their profit (okx-v5-facts section 10)."""
    if world.reason_of("get_positions") is not None:
        return
    positions = [row for row in world.rows("get_positions") if isinstance(row, Position)]
    if any(":" not in row.symbol for row in positions):
        return  # a margin position's profit has its interest in it
    for row in world.rows("get_account_balance"):
        if row.equity is None or row.total is None or row.debt:
            continue
        own = [each for each in positions if settle_currency_of(each.symbol) == row.currency]
        if any(_is_unclear(each, doubted) for each in own):
            continue
        if doubted & {symbol for symbol in doubted if symbol and settle_currency_of(symbol) == row.currency}:
            continue
        profit = sum((each.unrealized_pnl or Decimal(0) for each in own), Decimal(0))
        if abs(row.equity - row.total - profit) > abs(row.equity) * _EQUITY_TOLERANCE:
            yield contradiction(
                world,
                operation="get_account_balance",
                field="equity",
                symbol=None,
                row=row,
                row_key=row.currency,
                seen=claim_of(row.equity, None),
                expected=Expected(
                    value=f"{row.total + profit:f}", source="cash and unrealised profit (OKX account/positions upl)"
                ),
                rule="equity-is-cash-and-unrealised-profit",
                reason=f"cash {row.total:f} and profit {profit:f} {row.currency}, the equity says {row.equity:f}",
            )


def _is_unclear(row: Position, doubted: set[str | None]) -> bool:
    cross = row.margin_mode is MarginMode.CROSS
    return row.symbol in doubted or not cross or row.unrealized_pnl is None or row.market_type == "option"
