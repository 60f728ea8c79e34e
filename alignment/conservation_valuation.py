"""
What a position is worth and how it is held: profit, mark, amount, leverage, margin mode, time. Pure.

A row whose size, direction or entry price is contradicted already is not held against its profit once more; but where
the profit fits neither what the row says nor what is proven in its place, it is false as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.evidence_account import implied_contract_size
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_orders import orders_of
from dualwitness.alignment.testimony_report import leg_of
from dualwitness.alignment.witness import Leg
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    Direction,
    FindingKind,
    Instrument,
    LeverageSetting,
    MarginMode,
    MarketType,
    NullReason,
    OrderBook,
    OrderSide,
    Outcome,
    Position,
    PositionMode,
    PositionSide,
    TdMode,
)
from dualwitness.models.finding import Expected

__all__ = ["valuation_conflicts"]

_POOLED = (AccountLevel.MULTI_CURRENCY, AccountLevel.PORTFOLIO)
_CONTRACTS = (MarketType.SWAP, MarketType.FUTURE)
# Of the position's value: the venue rounds prices and profit far finer.
_PROFIT_TOLERANCE = Decimal("0.000001")
_AMOUNT_TOLERANCE = Decimal("0.000001")
# A mark price that is further from the book belongs to another instrument or another time.
_MARK_OUTSIDE_BOOK = Decimal("0.05")
# A position is stamped within a moment of its fill; a clock may be read a moment apart.
_STAMP_SLACK_MS = 2_000
_FUTURE_SLACK_MS = 60_000

_Row = tuple[World, Position, Instrument]


def valuation_conflicts(world: World, sizes: Iterable[Draft]) -> list[Draft]:
    """Every contradiction of a position's worth and mode; ``sizes`` are those of its size and entry price."""
    doubts = [draft for draft in sizes if draft.operation == "get_positions"]
    instruments = world.instruments()
    drafts: list[Draft] = []
    for row in world.rows("get_positions"):
        if not isinstance(row, Position) or not row.has_position or row.market_type not in _CONTRACTS:
            continue
        proven = _proven(row, [draft for draft in doubts if draft.symbol == row.symbol])
        drafts += _blank(world, row)
        drafts += _leverage(world, row, proven or row)
        drafts += _margin_mode(world, row, proven or row)
        drafts += _time(world, row)
        drafts += _mark(world, row)
        if proven is not None:
            drafts += _worth(world, row, proven, instruments.get(row.symbol))
    return drafts


def _proven(row: Position, doubts: Iterable[Draft]) -> Position | None:
    """The row with what is proven in place of what is contradicted; None where nothing is proven to be there."""
    better: dict[str, object] = {}
    for draft in doubts:
        value = None if draft.expected is None else draft.expected.value
        if draft.field == "has_position" or value is None:
            return None
        if draft.field == "direction":
            better["direction"] = Direction(value)
        elif draft.field in ("contracts", "entry_price"):
            better[draft.field] = Decimal(value)
    return row.model_copy(update=better) if better else row


def _worth(world: World, row: Position, proven: Position, instrument: Instrument | None) -> Iterator[Draft]:
    """What is false of a position's worth, by its own words and by what is proven alike."""
    checks: list[Callable[[Position], Iterable[Draft]]] = [lambda one: _liquidation(world, one)]
    if instrument is not None:
        checks += [lambda one: _amount(world, one, instrument), lambda one: _profit(world, one, instrument)]
    for check in checks:
        by_proof = list(check(proven))
        if proven is row or (by_proof and list(check(row))):
            yield from by_proof


def _draft(world: World, row: Position, field: str, expected: str | None, source: str, rule: str, reason: str) -> Draft:
    return contradiction(
        world,
        operation="get_positions",
        field=field,
        symbol=row.symbol,
        row=row,
        row_key=f"{row.symbol}|{row.venue_position_id}",
        seen=claim_of(*row.value_or_reason(field)),
        expected=Expected(value=expected, source=source),
        rule=rule,
        reason=reason,
    )


def _blank(world: World, row: Position) -> Iterator[Draft]:
    """What an open position is worth can always be told; without it nothing can be held against it."""
    for field in ("mark_price", "unrealized_pnl"):
        value, reason = row.value_or_reason(field)
        if value is None and reason in (NullReason.BLANK, NullReason.ABSENT):
            source, rule = "an open position has one (OKX account/positions)", "an-open-position-is-worth-something"
            draft = _draft(world, row, field, None, source, rule, f"the report leaves out the {field} of {row.symbol}")
            yield draft._replace(kind=FindingKind.UNOBTAINABLE, outcome=Outcome.ONE_MISSING)


def _profit(world: World, row: Position, instrument: Instrument) -> Iterator[Draft]:
    """Linear: (mark - entry) x contracts x size; inverse: (1/entry - 1/mark) x contracts x size; shorts negated."""
    entry, mark, told = row.entry_price, row.mark_price, row.unrealized_pnl
    if told is None or not entry or not mark or not row.contracts or not instrument.contract_size:
        return
    if implied_contract_size(world, row, instrument) is not None:
        return  # then the instrument is contradicted, and not the profit
    held = row.contracts * instrument.contract_size * (-1 if row.direction is Direction.SHORT else 1)
    worth = held / mark if instrument.inverse else held * mark
    expected = held * (1 / entry - 1 / mark) if instrument.inverse else held * (mark - entry)
    if abs(told - expected) <= abs(worth) * _PROFIT_TOLERANCE:
        return
    implied = _implied_mark(entry, told, held, instrument)
    middle = _middle(world, row)
    if implied is not None and middle is not None and abs(implied - middle) < abs(mark - middle):
        source = "profit and entry price of the same position, and the book (OKX account/positions, market/books)"
        text = f"profit {told:f} at entry {entry:f} is that of a mark price of {implied:f}, the report says {mark:f}"
        rule = "unrealised-profit-follows-from-mark-and-entry"
        yield _draft(world, row, "mark_price", f"{implied:f}", source, rule, text)
        return
    yield _draft(
        world,
        row,
        "unrealized_pnl",
        f"{expected:f}",
        "mark and entry price of the same position (OKX account/positions)",
        "unrealised-profit-follows-from-mark-and-entry",
        f"mark {mark:f} and entry {entry:f} give {expected:f}, the report says {told:f}",
    )


def _implied_mark(entry: Decimal, profit: Decimal, held: Decimal, instrument: Instrument) -> Decimal | None:
    """The mark price at which a position would have this profit; None where there is none."""
    if not instrument.inverse:
        return entry + profit / held
    reciprocal = 1 / entry - profit / held
    return 1 / reciprocal if reciprocal > 0 else None


def _middle(world: World, row: Position) -> Decimal | None:
    """The middle of the book of the same instrument; None where there is no sound one."""
    book = next(iter(world.rows("get_order_book", row.symbol)), None)
    if not isinstance(book, OrderBook) or not book.bids or not book.asks or book.symbol != row.symbol:
        return None
    low, high = book.bids[0].price, book.asks[0].price
    return (low + high) / 2 if 0 < low < high else None


def _mark(world: World, row: Position) -> Iterator[Draft]:
    middle = _middle(world, row)
    if middle is None or row.mark_price is None:
        return
    if abs(row.mark_price - middle) > middle * _MARK_OUTSIDE_BOOK:
        yield _draft(
            world,
            row,
            "mark_price",
            f"{middle:f}",
            "middle of the book (OKX market/books)",
            "the-mark-stands-near-the-book",
            f"the mark price {row.mark_price:f} is more than 5 % from the middle of the book {middle:f}",
        )


def _liquidation(world: World, row: Position) -> Iterator[Draft]:
    """
    A position that is still there has not passed the price at which it would be gone.

    Not for cross positions of an account that pools its currencies: there the price depends on everything else it
    holds, and may lie on either side of the mark.
    """
    mark, gone = row.mark_price, row.liquidation_price
    if row.margin_mode is not MarginMode.ISOLATED and _is_pooled(world):
        return
    if not mark or not gone or row.direction not in (Direction.LONG, Direction.SHORT):
        return
    if (gone > mark) is (row.direction is Direction.LONG) and gone != mark:
        side = "below" if row.direction is Direction.LONG else "above"
        yield _draft(
            world,
            row,
            "liquidation_price",
            None,
            "mark price and direction of the same position (OKX account/positions)",
            "a-position-is-liquidated-when-the-mark-passes-its-price",
            f"a {row.direction} position is liquidated {side} the mark price {mark:f}, the report says {gone:f}",
        )


def _is_pooled(world: World) -> bool:
    config = next(iter(world.rows("get_account_config")), None)
    return isinstance(config, AccountConfig) and config.account_level in _POOLED


def _amount(world: World, row: Position, instrument: Instrument) -> Iterator[Draft]:
    """Base quantity: contracts x size, at the mark price where a contract is worth quote currency."""
    if row.base_quantity is None or row.contracts is None or not instrument.contract_size:
        return
    expected = row.contracts * instrument.contract_size
    if instrument.inverse:
        if not row.mark_price:
            return
        expected /= row.mark_price
    if abs(row.base_quantity - expected) > expected * _AMOUNT_TOLERANCE:
        yield _draft(
            world,
            row,
            "base_quantity",
            f"{expected:f}",
            "contracts and contract size (OKX account/positions, public/instruments)",
            "the-amount-is-contracts-times-their-size",
            f"{row.contracts:f} contracts are {expected:f}, the report says {row.base_quantity:f}",
        )


def _leverage(world: World, row: Position, proven: Position) -> Iterator[Draft]:
    """The leverage in force; of two sides in isolated mode the venue tells the higher one, so less may be in order."""
    settings = {
        one.margin_mode: one.leverage
        for one in world.rows("get_leverage", row.symbol)
        if isinstance(one, LeverageSetting) and one.symbol == row.symbol
    }
    mode = _margin_mode_of(world, proven)
    if row.leverage is None or not settings or mode is None:
        return
    setting = settings.get(mode)
    if setting is None or row.leverage == setting:
        return
    if row.position_mode is PositionMode.LONG_SHORT and mode is MarginMode.ISOLATED and row.leverage < setting:
        return
    yield _draft(
        world,
        row,
        "leverage",
        f"{setting:f}",
        "leverage setting of the same instrument and margin mode (OKX account/leverage-info)",
        "a-position-has-the-leverage-that-is-set",
        f"the position says {row.leverage:f}, the setting is {setting:f}",
    )


def _margin_mode_of(world: World, row: Position) -> MarginMode | None:
    """The margin mode that the orders prove, where they prove one; else the position's own word."""
    modes = _ordered_modes(world, row)
    if modes is not None and len(modes) == 1:
        return next(iter(modes))
    return row.margin_mode


def _margin_mode(world: World, row: Position, proven: Position) -> Iterator[Draft]:
    modes = _ordered_modes(world, proven)
    if not modes or row.margin_mode is None or row.margin_mode in modes:
        return
    spelled = " ".join(sorted(modes))
    yield _draft(
        world,
        row,
        "margin_mode",
        spelled,
        "trade mode of the orders that made the position (OKX tdMode, mgnMode of account/bills)",
        "a-position-is-held-as-it-was-ordered",
        f"the position is called {row.margin_mode}, every order of it was {spelled}",
    )


def _ordered_modes(world: World, row: Position) -> frozenset[MarginMode] | None:
    """The modes of everything that made a position, as far back as is known; None where that is not all of it."""
    wanted = leg_of(row)
    orders = [order for _, order in orders_of(world) if order.symbol == row.symbol and order.filled_contracts != 0]
    booked = [bill for bill in world.booked() if bill.symbol == row.symbol]
    found: set[MarginMode] = set()
    moved = Decimal(0)
    for bill in booked:
        if bill.contracts is None or bill.side is None:
            return None
        if wanted.side not in (PositionSide.NET, bill.position_side):
            continue
        moved += bill.contracts if bill.side is OrderSide.BUY else -bill.contracts
        if bill.margin_mode is not None:
            found.add(bill.margin_mode)
    if not booked or abs(moved) != row.contracts:
        return None  # something before them, or missing between them
    for order in orders:
        if order.td_mode in (TdMode.CROSS, TdMode.ISOLATED):
            found.add(MarginMode(order.td_mode))
    return frozenset(found)


def _time(world: World, row: Position) -> Iterator[Draft]:
    stamp = row.ts_venue_ms
    if stamp is None:
        return
    rule, source = "a-position-is-as-old-as-its-last-fill", "last fill of the same position (OKX trade/fills-history)"
    if world.now_ms is not None and stamp > world.now_ms + _FUTURE_SLACK_MS:
        yield _draft(
            world,
            row,
            "ts_venue_ms",
            str(world.now_ms),
            "venue time (OKX public/time)",
            "a-position-is-not-of-the-future",
            f"the position was changed {(stamp - world.now_ms) // 1000} s in the future by the venue's own clock",
        )
        return
    leg = leg_of(row)
    latest = max((other.ts_venue_ms or 0 for other in world.rows("get_positions") if leg_of(other) == leg), default=0)
    last = _last_fill_ms(world, leg)
    if last is not None and latest < last - _STAMP_SLACK_MS:
        yield _draft(
            world,
            row,
            "ts_venue_ms",
            str(last),
            source,
            rule,
            f"the position says that it last changed {(last - latest) // 1000} s before its last fill",
        )


def _last_fill_ms(world: World, leg: Leg) -> int | None:
    moments = [
        fill.ts_venue_ms
        for fill in world.rows("get_fills")
        if fill.symbol == leg.symbol
        and fill.ts_venue_ms is not None
        and (leg.side in (PositionSide.NET, fill.position_side))
        and (world.now_ms is None or fill.ts_venue_ms <= world.now_ms)
    ]
    return max(moments, default=None)
