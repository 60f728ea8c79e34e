"""
Evidence: does what one library was told hold together? Pure.

Two libraries over one endpoint repeat the same lie. So every library's world is also held against itself: a ticker
against the clock and the book, fees against the account's rates, orders against their fills. A contradiction is a
draft of kind ``evidence_conflict``; when both libraries show it, the venue stands alone (`judge.merge_sides`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.judge import Draft, market_type_of
from dualwitness.alignment.rules import RULES, FieldRule
from dualwitness.models import (
    Fact,
    FeeRates,
    Fill,
    FindingKind,
    Instrument,
    Layer,
    Library,
    Liquidity,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    Order,
    OrderBook,
    Outcome,
    Severity,
    Ticker,
)
from dualwitness.models.finding import Claim, Expected
from dualwitness.models.observation import Observation

__all__ = ["World", "conflicts"]

# A ticker older than this against venue time is stale: OKX pushes one at least every few seconds on a live pair.
STALE_AFTER_MS = 60_000
# Fees are rounded by the venue; anything beyond a thousandth of the fee is another fee.
_FEE_TOLERANCE = Decimal("0.001")
# How far the last price may stand outside the book before it belongs to another instrument or another time.
_LAST_OUTSIDE_BOOK = Decimal("0.05")

_NOT_ASKED = Claim(value=None, reason=NullReason.NOT_ASKED)


@dataclass(frozen=True, slots=True)
class World:
    """
    Everything one library was told in one run.

    ``now_ms`` is venue time when the environment was read (None: unknown, then nothing is called stale).
    """

    library: Library
    observations: Mapping[tuple[str, str | None], Observation]
    now_ms: int | None

    def rows(self, operation: str, symbol: str | None = None) -> tuple[Any, ...]:
        """The facts of one operation; nothing where it was not asked or failed."""
        observation = self.observations.get((operation, symbol))
        return () if observation is None or observation.rows is None else observation.rows

    def all_rows(self, operation: str) -> Iterator[tuple[str | None, Any]]:
        """Every fact of an operation with the symbol that was asked."""
        for (name, symbol), observation in self.observations.items():
            if name == operation:
                for row in observation.rows or ():
                    yield symbol, row

    def instruments(self) -> dict[str, Instrument]:
        """Instruments by symbol; the margin twin of a spot pair gives way to it."""
        table: dict[str, Instrument] = {}
        for row in self.rows("get_instruments"):
            if row.market_type is not MarketType.MARGIN or row.symbol not in table:
                table[row.symbol] = row
        return table


def conflicts(world: World) -> list[Draft]:
    """All contradictions inside one library's world."""
    drafts: list[Draft] = []
    for check in _CHECKS:
        drafts.extend(check(world))
    return drafts


def draft(
    world: World,
    *,
    operation: str,
    field: str,
    symbol: str | None,
    row: Fact | None,
    row_key: str | None,
    seen: Claim,
    expected: Expected | None,
    rule: str,
    reason: str,
    severity: Severity | None = None,
    kind: FindingKind = FindingKind.EVIDENCE_CONFLICT,
    outcome: Outcome = Outcome.MISMATCH,
) -> Draft:
    """A contradiction in one library's world, blamed on what that library was told."""
    line = _rule(operation, field)
    observation = world.observations.get((operation, symbol)) or world.observations.get((operation, None))
    ref = None if observation is None else observation.sample_of(row_key)
    ours = world.library is Library.CCXT
    return Draft(
        kind=kind,
        layer=Layer.VENUE,
        odd_one_out=OddOneOut(str(world.library)),
        axis=line.axis,
        operation=operation,
        symbol=symbol or getattr(row, "symbol", None),
        market_type=getattr(row, "market_type", None) or market_type_of(symbol),
        row_key=row_key,
        field=field,
        ccxt=seen if ours else _NOT_ASKED,
        okx_sdk=_NOT_ASKED if ours else seen,
        expected=expected,
        outcome=outcome,
        severity=severity or line.severity,
        rule=rule,
        reason=reason,
        mitigation=line.mitigation if line.mitigation is not Mitigation.NULL_AND_REASON else Mitigation.MARK_UNRELIABLE,
        ccxt_ref=ref if ours else None,
        okx_ref=None if ours else ref,
    )


def _rule(operation: str, field: str) -> FieldRule:
    rules = RULES[operation]
    return next((rule for rule in rules.fields if rule.field == field), rules.lead)


def _answered_symbol(world: World) -> Iterator[Draft]:
    for operation in ("get_ticker", "get_order_book", "get_fee_rates"):
        for asked, row in world.all_rows(operation):
            if row.symbol != asked:
                yield draft(
                    world,
                    operation=operation,
                    field="symbol",
                    symbol=asked,
                    row=row,
                    row_key=None,
                    seen=claim_of(row.symbol, None),
                    expected=Expected(value=asked, source="the symbol that was asked"),
                    rule="the-answer-is-for-what-was-asked",
                    reason=f"asked for {asked}, the answer is for {row.symbol}",
                )


def _fresh_ticker(world: World) -> Iterator[Draft]:
    for asked, ticker in world.all_rows("get_ticker"):
        ts_venue_ms = ticker.ts_venue_ms
        if ts_venue_ms is None or world.now_ms is None:
            continue
        age_ms = world.now_ms - ts_venue_ms
        if age_ms > STALE_AFTER_MS or age_ms < -STALE_AFTER_MS:
            word = "old" if age_ms > 0 else "in the future"
            yield draft(
                world,
                operation="get_ticker",
                field="ts_venue_ms",
                symbol=asked,
                row=ticker,
                row_key=None,
                seen=claim_of(ts_venue_ms, None),
                expected=Expected(value=str(world.now_ms), source="venue time (OKX public/time)"),
                rule="a-ticker-is-as-old-as-the-venue-says",
                reason=f"the ticker is {abs(age_ms) // 1000} s {word} by the venue's own clock",
            )


def _ticker_in_book(world: World) -> Iterator[Draft]:
    for asked, ticker in world.all_rows("get_ticker"):
        book = next(iter(world.rows("get_order_book", asked)), None)
        if book is None or ticker.symbol != asked:
            continue
        outside = _outside(ticker, book)
        if outside is not None:
            yield draft(
                world,
                operation="get_ticker",
                field="last",
                symbol=asked,
                row=ticker,
                row_key=None,
                seen=claim_of(ticker.last, None),
                expected=Expected(value=outside, source="best bid and ask (OKX market/books)"),
                rule="the-last-price-stands-near-the-book",
                reason=f"the last price {ticker.last} is more than 5 % outside the book {outside}",
            )


def _outside(ticker: Ticker, book: OrderBook) -> str | None:
    if ticker.last is None or not book.bids or not book.asks:
        return None
    low, high = book.bids[0].price, book.asks[0].price
    if low * (1 - _LAST_OUTSIDE_BOOK) <= ticker.last <= high * (1 + _LAST_OUTSIDE_BOOK):
        return None
    return f"{low:f} {high:f}"


def _fills_once(world: World) -> Iterator[Draft]:
    fills = world.rows("get_fills")
    counts = Counter((fill.symbol, fill.trade_id) for fill in fills if fill.trade_id is not None)
    for (symbol, trade_id), count in sorted(counts.items()):
        if count > 1:
            row = next(fill for fill in fills if (fill.symbol, fill.trade_id) == (symbol, trade_id))
            yield draft(
                world,
                operation="get_fills",
                field="trade_id",
                symbol=symbol,
                row=row,
                row_key=f"{symbol}|{trade_id}",
                seen=Claim(value=f"{count} rows with trade id {trade_id}"),
                expected=Expected(
                    value="1 row", source="a trade id is unique per instrument (OKX trade/fills-history)"
                ),
                rule="an-execution-is-listed-once",
                reason=f"the same execution is listed {count} times",
            )


def _fees(world: World) -> Iterator[Draft]:
    rates: dict[str, FeeRates] = {row.symbol: row for _, row in world.all_rows("get_fee_rates")}
    instruments = world.instruments()
    for fill in world.rows("get_fills"):
        yield from _fee_of(world, fill, rates.get(fill.symbol), instruments.get(fill.symbol))


def _fee_of(world: World, fill: Fill, rates: FeeRates | None, instrument: Instrument | None) -> Iterator[Draft]:
    key = f"{fill.symbol}|{fill.trade_id}"
    expected = None if rates is None or instrument is None else expected_fee(fill, rates, instrument)
    source = "price × size × contract size × the account's rate (OKX account/trade-fee)"
    if fill.fee is None or expected is None:
        return
    if expected != 0 and fill.fee != 0 and (expected > 0) != (fill.fee > 0):
        reason = f"a {fill.liquidity} fill at this account's rate costs {expected:f}, the fill says {fill.fee:f}"
    elif abs(fill.fee - expected) > abs(expected) * _FEE_TOLERANCE:
        reason = f"the account's rate gives {expected:f}, the fill says {fill.fee:f}"
    else:
        return
    yield draft(
        world,
        operation="get_fills",
        field="fee",
        symbol=fill.symbol,
        row=fill,
        row_key=key,
        seen=claim_of(fill.fee, None),
        expected=Expected(value=f"{expected:f}", source=source),
        rule="a-fee-is-price-times-size-times-rate",
        reason=reason,
    )


def expected_fee(fill: Fill, rates: FeeRates, instrument: Instrument) -> Decimal | None:
    """
    The fee a fill should carry, positive = paid, in the currency in which OKX takes it; None where it can't be known.

    Spot: a buy is charged in base, a sell in quote (okx-v5-facts section 8, fee type 0). Linear: size × contract size
    × price × rate in settle currency; inverse: size × contract size ÷ price × rate.
    """
    rate = rates.maker if fill.liquidity is Liquidity.MAKER else rates.taker
    if rate is None or fill.liquidity is None or fill.price is None or fill.contracts is None or not fill.price:
        return None
    if instrument.market_type in (MarketType.SPOT, MarketType.MARGIN):
        if fill.fee_currency == instrument.base:
            return fill.contracts * rate
        return fill.contracts * fill.price * rate if fill.fee_currency == instrument.quote else None
    if instrument.contract_size is None or instrument.market_type is MarketType.OPTION:
        return None
    value = fill.contracts * instrument.contract_size
    if instrument.inverse:
        return value / fill.price * rate
    return value * fill.price * rate if instrument.linear else None


def _orders_and_fills(world: World) -> Iterator[Draft]:
    filled: dict[str, Decimal] = defaultdict(Decimal)
    seen: set[tuple[str, str | None]] = set()
    observation = world.observations.get(("get_fills", None))
    if observation is None or observation.rows is None:
        return
    for fill in world.rows("get_fills"):
        if (fill.symbol, fill.trade_id) in seen or fill.venue_order_id is None or fill.contracts is None:
            continue
        seen.add((fill.symbol, fill.trade_id))
        filled[fill.venue_order_id] += fill.contracts
    orders: list[Order] = [*world.rows("get_open_orders"), *(row for _, row in world.all_rows("get_order"))]
    for order in orders:
        if order.venue_order_id is None or order.filled_contracts is None:
            continue
        total = filled.get(order.venue_order_id, Decimal(0))
        if total != order.filled_contracts:
            yield draft(
                world,
                operation="get_fills",
                field="contracts",
                symbol=order.symbol,
                row=order,
                row_key=f"{order.symbol}|{order.venue_order_id}",
                seen=claim_of(total, None),
                expected=Expected(
                    value=f"{order.filled_contracts:f}", source="filled size of the order (OKX accFillSz)"
                ),
                rule="an-order-is-filled-by-its-fills",
                reason=f"the order says {order.filled_contracts:f} filled, its fills add up to {total:f}",
            )


_CHECKS = (_answered_symbol, _fresh_ticker, _ticker_in_book, _fills_once, _fees, _orders_and_fills)


def symbols_of(worlds: Iterable[World], operation: str) -> set[str]:
    """Every symbol that an operation's rows name, in any world."""
    return {row.symbol for world in worlds for _, row in world.all_rows(operation)}
