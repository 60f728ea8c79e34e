"""Environment from raw OKX rows: instruments, ticker, candles, order book."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import (
    BookLevel,
    Candle,
    Instrument,
    InstrumentState,
    MarketType,
    NullReason,
    OptionType,
    OrderBook,
    Ticker,
)
from dualwitness.venues.errors import RowInvalid
from dualwitness.venues.okx_sdk.parse import Row, exact_product
from dualwitness.venues.okx_sdk.symbols import InstrumentBook, Listing, market_type_of, pair_of, symbol_from_id

__all__ = ["parse_book", "parse_candle", "parse_instrument", "parse_server_time", "parse_ticker"]

_INSTRUMENT = {
    "venue_instrument_id": "instId",
    "base": "baseCcy",
    "quote": "quoteCcy",
    "settle": "settleCcy",
    "tick_size": "tickSz",
    "lot_size": "lotSz",
    "min_size": "minSz",
    "max_leverage": "lever",
    "state": "state",
    "expiry_ms": "expTime",
    "strike": "stk",
    "option_type": "optType",
    "linear": "ctType",
    "contract_value": "ctVal",
    "contract_multiplier": "ctMult",
}
_TICKER = {
    "last": "last",
    "bid": "bidPx",
    "ask": "askPx",
    "bid_size": "bidSz",
    "ask_size": "askSz",
    "open_24h": "open24h",
    "high_24h": "high24h",
    "low_24h": "low24h",
    "ts_venue_ms": "ts",
}
# vol24h counts base currency on spot and contracts on derivatives; volCcy24h is quote on spot and base on derivatives.
_SPOT_VOLUMES = {"volume_base": "vol24h", "volume_quote": "volCcy24h"}
_CONTRACT_VOLUMES = {"volume_base": "volCcy24h"}
_BOOK = {"ts_venue_ms": "ts"}
_TIME = {"ts_venue_ms": "ts"}
# Columns of a candle: ts, open, high, low, close, vol, volCcy, volCcyQuote, confirm.
_CANDLE_COLUMNS = ("ts", "o", "h", "l", "c", "vol", "volCcy", "volCcyQuote", "confirm")
_LEVEL_COLUMNS = 4  # price, size, a zero, number of orders
_CANDLE = {
    "ts_venue_ms": "ts",
    "open": "o",
    "high": "h",
    "low": "l",
    "close": "c",
    "volume_quote": "volCcyQuote",
    "closed": "confirm",
}
_STATES = {
    "live": InstrumentState.LIVE,
    "suspend": InstrumentState.SUSPENDED,
    "preopen": InstrumentState.PREOPEN,
    "test": InstrumentState.TEST,
    "rebase": InstrumentState.REBASE,
    "post_only": InstrumentState.POST_ONLY,
    "settling": InstrumentState.SETTLING,
    "expired": InstrumentState.EXPIRED,
}
_LINEAR = {"linear": True, "inverse": False}
_RIGHTS = {"C": OptionType.CALL, "P": OptionType.PUT}
_CONFIRMED = {"0": False, "1": True}
_CONTRACTS = (MarketType.SWAP, MarketType.FUTURE, MarketType.OPTION)


def parse_instrument(raw: object) -> Listing:
    """
    One row of ``public/instruments``.

    Base and quote of contracts come from the family, because ``baseCcy`` and ``quoteCcy`` are blank there.
    """
    row = Row(raw, _INSTRUMENT, "instruments")
    market_type = row.market_type()
    instrument_id = row.required("venue_instrument_id")
    if market_type is None:
        row.refuse("instType", row.raw("instType"))
    is_contract, is_option = market_type in _CONTRACTS, market_type is MarketType.OPTION
    if is_contract:
        base, quote = _pair_of_contract(row)
        settle, linear, size = row.text("settle"), row.choice("linear", _LINEAR), _contract_size(row)
    else:
        base, quote, settle, linear, size = row.text("base"), row.text("quote"), None, None, None
    if linear is None and is_contract:
        row.null("inverse", row.reasons["linear"])
    is_dated = market_type in (MarketType.FUTURE, MarketType.OPTION)
    instrument = Instrument(
        symbol=_symbol(row, instrument_id, base, quote, settle),
        venue_instrument_id=instrument_id,
        market_type=market_type,
        base=base,
        quote=quote,
        settle=settle,
        linear=linear,
        inverse=None if linear is None else not linear,
        contract_size=size,
        tick_size=row.number("tick_size"),
        lot_size=row.number("lot_size"),
        min_size=row.number("min_size"),
        max_leverage=None if is_option else row.number("max_leverage"),
        state=row.choice("state", _STATES),
        expiry_ms=row.time_ms("expiry_ms") if is_dated else None,
        strike=row.number("strike") if is_option else None,
        option_type=row.choice("option_type", _RIGHTS) if is_option else None,
        reasons=row.reasons,
    )
    return Listing(instrument, group_id=row.raw("groupId"), family=row.raw("instFamily"))


def parse_ticker(raw: object, book: InstrumentBook) -> Ticker:
    """One row of ``market/ticker``, under the symbol that the venue answered for."""
    probe = Row(raw, {}, "tickers")
    contract = (probe.market_type() or market_type_of(probe.raw("instId") or "")) in _CONTRACTS
    row = Row(raw, _TICKER | (_CONTRACT_VOLUMES if contract else _SPOT_VOLUMES), "tickers")
    if contract:
        row.null("volume_quote", NullReason.ABSENT)  # OKX has no quote volume on contracts
    return Ticker(
        symbol=row.symbol(book),
        last=row.number("last"),
        bid=row.number("bid"),
        ask=row.number("ask"),
        bid_size=row.number("bid_size"),
        ask_size=row.number("ask_size"),
        open_24h=row.number("open_24h"),
        high_24h=row.number("high_24h"),
        low_24h=row.number("low_24h"),
        volume_base=row.number("volume_base"),
        volume_quote=None if contract else row.number("volume_quote"),
        ts_venue_ms=row.time_ms("ts_venue_ms"),
        reasons=row.reasons,
    )


def parse_candle(raw: object, *, is_contract: bool) -> Candle:
    """One row of ``market/candles``: an array, whose ``vol`` counts contracts on derivatives."""
    if not isinstance(raw, list) or not raw:
        message = f"a row of candles is not an array but {type(raw).__name__}"
        raise RowInvalid(message)
    if len(raw) != len(_CANDLE_COLUMNS):
        # One column too few shifts all that follow into wrong places.
        message = f"a row of candles has {len(raw)} columns instead of {len(_CANDLE_COLUMNS)}"
        raise RowInvalid(message)
    keys = _CANDLE | {"volume_base": "volCcy" if is_contract else "vol"}
    row = Row(dict(zip(_CANDLE_COLUMNS, raw, strict=False)), keys, "candles")
    opened_ms = row.time_ms("ts_venue_ms")
    if opened_ms is None:
        row.refuse("ts", raw[0])
    return Candle(
        ts_venue_ms=opened_ms,
        open=row.number("open"),
        high=row.number("high"),
        low=row.number("low"),
        close=row.number("close"),
        volume_base=row.number("volume_base"),
        volume_quote=row.number("volume_quote"),
        closed=row.choice("closed", _CONFIRMED),
        reasons=row.reasons,
    )


def parse_book(raw: object, symbol: str) -> OrderBook:
    """The row of ``market/books``, which does not say which instrument it is of."""
    row = Row(raw, _BOOK, "books")
    sequence = row.integer_or_text("seqId")
    if isinstance(sequence, str) and sequence.isascii() and sequence.isdigit():
        sequence = int(sequence)
    if not isinstance(sequence, int) or isinstance(sequence, bool):
        row.null("sequence", NullReason.ABSENT if sequence is None else NullReason.UNMAPPED)
        sequence = None
    return OrderBook(
        symbol=symbol,
        bids=_levels(row, "bids"),
        asks=_levels(row, "asks"),
        ts_venue_ms=row.time_ms("ts_venue_ms"),
        sequence=sequence,
        reasons=row.reasons,
    )


def parse_server_time(raw: object) -> int:
    """The row of ``public/time`` in ms."""
    row = Row(raw, _TIME, "times")
    now_ms = row.time_ms("ts_venue_ms")
    if now_ms is None:
        row.refuse("ts", None)
    return now_ms


def _levels(row: Row, side: str) -> tuple[BookLevel, ...] | None:
    levels = row.integer_or_text(side)
    if levels is None:
        row.null(side, NullReason.ABSENT)
        return None
    if not isinstance(levels, list):
        row.refuse(side, levels)
    parsed = []
    for level in levels:
        if not isinstance(level, list) or len(level) != _LEVEL_COLUMNS:
            row.refuse(side, level)
        parsed.append(BookLevel(row.decimal(side, level[0]), row.decimal(side, level[1])))
    return tuple(parsed)


def _pair_of_contract(row: Row) -> tuple[str | None, str | None]:
    # The family before the underlying: on the demo venue uly names other coins than the id (STRK-USDT-SWAP has TSLA).
    pair = pair_of(row.raw("instFamily") or row.raw("uly") or "")
    if pair is not None:
        return pair
    row.null("base", NullReason.BLANK)
    row.null("quote", NullReason.BLANK)
    return None, None


def _contract_size(row: Row) -> Decimal | None:
    value, multiplier = row.number("contract_value"), row.number("contract_multiplier")
    reasons = [row.reasons.pop(name, None) for name in ("contract_value", "contract_multiplier")]
    if value is None or multiplier is None:
        row.null("contract_size", next(reason for reason in reasons if reason is not None))
        return None
    return exact_product(value, multiplier)


def _symbol(row: Row, instrument_id: str, base: str | None, quote: str | None, settle: str | None) -> str:
    by_grammar = symbol_from_id(instrument_id)
    if by_grammar is None:
        row.refuse("instId", instrument_id)
    head, colon, tail = by_grammar.partition(":")
    if base and quote:
        head = f"{base}/{quote}"
    if colon and settle:
        _, dash, suffix = tail.partition("-")
        tail = f"{settle}{dash}{suffix}"
    return f"{head}{colon}{tail}"
