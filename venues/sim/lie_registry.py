"""All planted lies by name."""

from __future__ import annotations

from typing import Final

from dualwitness.models import Axis
from dualwitness.venues.sim import lie_edits as edit
from dualwitness.venues.sim.lie_kinds import Lie

__all__ = ["BLIND_SPOTS", "LIES"]

_BALANCE = ("/api/v5/account/balance",)
_BOOK = ("/api/v5/market/books", "/api/v5/market/books-full")
_CANDLES = ("/api/v5/market/candles", "/api/v5/market/history-candles")
_CONFIG = ("/api/v5/account/config",)
_FILLS = ("/api/v5/trade/fills", "/api/v5/trade/fills-history")
_INSTRUMENTS = ("/api/v5/account/instruments", "/api/v5/public/instruments")
_ORDERS = ("/api/v5/trade/orders-pending",)
_POSITIONS = ("/api/v5/account/positions",)
_TICKER = ("/api/v5/market/ticker",)

_LINEAR = edit.only("BTC-USDT-SWAP")
_E, _I, _M = Axis.E, Axis.I, Axis.M


def _env(name: str, operation: str, field: str, paths: tuple[str, ...], *, text: str, change: edit.Edit) -> Lie:
    return Lie(name, _E, operation, field, text, paths, transform=change)


def _position(name: str, field: str, text: str, change: edit.Edit) -> Lie:
    return Lie(name, _I, "get_positions", field, text, _POSITIONS, transform=change)


def _fill(name: str, field: str, text: str, change: edit.Edit) -> Lie:
    return Lie(name, _M, "get_fills", field, text, _FILLS, transform=change)


_TRANSPORT = (
    Lie("empty_body", _I, "get_positions", "has_position", "positions: HTTP 200 and no body",
        _POSITIONS, transport=edit.empty_body),
    Lie("html_instead_of_json", _I, "get_positions", "has_position", "positions: HTTP 200 with a web page",
        _POSITIONS, transport=edit.html_page),
    Lie("http_503", _E, "get_ticker", "last", "ticker: service unavailable",
        _TICKER, transport=edit.unavailable),
    Lie("rate_limited", _I, "get_account_balance", "total", "balance: too many requests",
        _BALANCE, transport=edit.rate_limited),
    Lie("truncated_json", _I, "get_positions", "has_position", "positions: the answer breaks off in the middle",
        _POSITIONS, transport=edit.truncated),
)  # fmt: skip

_ENVIRONMENT = (
    _env("book_sides_swapped", "get_order_book", "bids", _BOOK,
         text="bids are sent as asks", change=edit.sides_swapped),
    _env("candle_high_below_close", "get_candles", "high", _CANDLES,
         text="the high is under the close", change=edit.candle_high_below_close),
    _env("instrument_suspended", "get_instruments", "state", _INSTRUMENTS,
         text="BTC-USDT-SWAP is called suspended",
         change=edit.written("state", value="suspend", chosen=_LINEAR)),
    _env("stale_ticker", "get_ticker", "ts_venue_ms", _TICKER,
         text="the ticker is ten minutes old and half a percent off", change=edit.ticker_of_ten_minutes_ago),
    _env("symbol_swapped", "get_ticker", "symbol", _TICKER,
         text="another instrument's ticker answers", change=edit.another_instrument),
    _env("tick_size_wrong", "get_instruments", "tick_size", _INSTRUMENTS,
         text="tickSz of BTC-USDT-SWAP is ten times too big",
         change=edit.scaled("tickSz", by="10", chosen=_LINEAR)),
    _env("wrong_contract_size", "get_instruments", "contract_size", _INSTRUMENTS,
         text="ctVal of BTC-USDT-SWAP is ten times too big",
         change=edit.scaled("ctVal", by="10", chosen=_LINEAR)),
)  # fmt: skip

_IDENTITY = (
    Lie("balance_inflated", _I, "get_account_balance", "total", "every currency is ten times as much",
        _BALANCE, transform=edit.scaled("availBal", "availEq", "cashBal", "eq", by="10")),
    Lie("position_mode_wrong", _I, "get_account_config", "position_mode", "net mode is called long/short and back",
        _CONFIG, transform=edit.swapped("posMode", "net_mode", "long_short_mode")),
    _position("blank_positions_field", "contracts", "pos is blank", edit.written("pos", value="")),
    _position("entry_price_shifted", "entry_price", "avgPx is five percent too high", edit.scaled("avgPx", by="1.05")),
    _position("leverage_wrong", "leverage", "lever is ten times too high", edit.scaled("lever", by="10")),
    _position("margin_mode_swapped", "margin_mode", "cross is called isolated and back",
              edit.swapped("mgnMode", "cross", "isolated")),
    _position("position_contracts_doubled", "contracts", "pos is twice as large", edit.scaled("pos", by="2")),
    _position("position_side_flipped", "direction", "long for short on every derivative", edit.flip_position),
    _position("positions_empty", "has_position", "no position at all", edit.empty),
)  # fmt: skip

_MARKET_INTERACTION = (
    _fill("duplicate_fill", "trade_id", "the newest fill comes twice", edit.newest_twice),
    _fill("fee_currency_wrong", "fee_currency", "feeCcy is another currency", edit.written("feeCcy", value="OKB")),
    _fill("fee_missing", "fee", "fee and feeCcy are blank", edit.written("fee", "feeCcy", value="")),
    _fill("fee_sign_flipped", "fee", "costs are called rebates", edit.negated("fee")),
    # M, not I: positions and balances stay right, the account's own history of executions is short of one.
    _fill("fill_dropped", "trade_id", "the newest fill is missing", edit.newest_dropped),
    _fill("fill_price_shifted", "price", "fillPx is one percent too high", edit.scaled("fillPx", by="1.01")),
    _fill("fill_side_flipped", "side", "buys are called sells", edit.swapped("side", "buy", "sell")),
    Lie("open_orders_empty", _M, "get_open_orders", "venue_order_id", "no open order at all",
        _ORDERS, transform=edit.empty),
)  # fmt: skip

LIES: Final[dict[str, Lie]] = {
    lie.name: lie
    for lie in sorted((*_TRANSPORT, *_ENVIRONMENT, *_IDENTITY, *_MARKET_INTERACTION), key=lambda lie: lie.name)
}

# Told to both libraries, these contradict nothing else that one audit reads: named here, and not hidden.
BLIND_SPOTS: Final[dict[str, str]] = {
    "balance_inflated": "no bill and no opening balance is read, so nothing adds up to the balance",
    "leverage_wrong": "the leverage setting is not read from a second endpoint",
    "margin_mode_swapped": "a fill does not tell cross from isolated",
}
