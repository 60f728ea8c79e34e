"""Lies about our dealings with the market: orders, executions, fees."""

from __future__ import annotations

from dualwitness.models import Axis, FindingKind
from dualwitness.venues.sim.lies import account_edits as account
from dualwitness.venues.sim.lies import edits as edit
from dualwitness.venues.sim.lies.kinds import Cause, Lie, Theme

__all__ = ["MARKET_INTERACTION"]

_FEES = ("/api/v5/account/trade-fee",)
_FILLS = ("/api/v5/trade/fills", "/api/v5/trade/fills-history")
_ORDERS = ("/api/v5/trade/orders-pending",)
_CONFLICT, _GONE = FindingKind.EVIDENCE_CONFLICT, FindingKind.UNOBTAINABLE


def _lie(
    name: str,
    place: str,
    paths: tuple[str, ...],
    text: str,
    change: edit.Edit,
    *,
    kind: FindingKind = _CONFLICT,
    seen_at: str = "",
) -> Lie:
    """A lie at ``operation.field``; ``seen_at`` is where evidence shows it, if not there."""
    operation, _, field = place.partition(".")
    cause = Cause(kind, *(seen_at or place).split("."))
    return Lie(name, Theme.MARKET_INTERACTION, Axis.M, operation, field, text, paths, cause, transform=change)


def _fill(
    name: str, field: str, text: str, change: edit.Edit, *, kind: FindingKind = _CONFLICT, seen_at: str = ""
) -> Lie:
    return _lie(name, f"get_fills.{field}", _FILLS, text, change, kind=kind, seen_at=seen_at)


def _order(name: str, field: str, text: str, change: edit.Edit, *, seen_at: str = "") -> Lie:
    return _lie(name, f"get_open_orders.{field}", _ORDERS, text, change, seen_at=seen_at)


MARKET_INTERACTION = (
    _fill("duplicate_fill", "trade_id", "the newest fill comes twice", edit.newest_twice),
    _fill("fee_currency_wrong", "fee_currency", "feeCcy is another currency", edit.written("feeCcy", value="OKB")),
    _fill("fee_doubled", "fee", "fees are twice what the rate gives", edit.scaled("fee", by="2")),
    _fill("fee_missing", "fee", "fee and feeCcy are blank", edit.written("fee", "feeCcy", value=""), kind=_GONE),
    _lie("fee_rate_wrong", "get_fee_rates.taker", _FEES, "the account's rates are ten times as high",
         edit.scaled("maker", "makerU", "makerUSDC", "taker", "takerU", "takerUSDC", by="10"),
         seen_at="get_fills.fee"),
    _fill("fee_sign_flipped", "fee", "costs are called rebates", edit.negated("fee")),
    _fill("fee_zero", "fee", "trading is said to cost nothing", edit.written("fee", value="0")),
    # M, not I: positions and balances stay right, the account's own history of executions is short of one.
    _fill("fill_dropped", "trade_id", "the newest fill is missing", edit.newest_dropped),
    _fill("fill_invented", "contracts", "an execution stands there that never was", account.invented_fill),
    _fill("fill_liquidity_swapped", "liquidity", "maker is called taker and back", edit.swapped("execType", "M", "T"),
          seen_at="get_fills.fee"),
    _fill("fill_of_another_order", "venue_order_id", "executions belong to orders that do not exist",
          account.fill_of_another_order, seen_at="get_fills.trade_id"),
    _fill("fill_price_shifted", "price", "fillPx is one percent too high", edit.scaled("fillPx", by="1.01")),
    _fill("fill_side_flipped", "side", "buys are called sells", edit.swapped("side", "buy", "sell")),
    _fill("fill_size_doubled", "contracts", "fillSz is twice as large", edit.scaled("fillSz", by="2")),
    _fill("fill_symbol_swapped", "symbol", "ETH-USDT-SWAP's fills are shown as LTC-USDT-SWAP's",
          edit.swapped("instId", "ETH-USDT-SWAP", "LTC-USDT-SWAP"), seen_at="get_positions.has_position"),
    _fill("fill_times_reversed", "ts_venue_ms", "the moments of the fills run the other way", account.times_reversed,
          seen_at="get_positions.entry_price"),
    _fill("fills_empty", "trade_id", "no fill at all", edit.empty),
    _fill("fills_only_newest", "trade_id", "the page breaks off after its first row", edit.newest_only),
    _order("open_order_missing", "venue_order_id", "the newest open order is left out", edit.newest_dropped),
    _order("open_orders_empty", "venue_order_id", "no open order at all", edit.empty),
    _order("order_average_price_wrong", "average_price", "avgPx of open orders is one percent too high",
           edit.scaled("avgPx", by="1.01"), seen_at="get_fills.price"),
    _order("order_filled_size_wrong", "filled_contracts", "accFillSz of open orders is twice as large",
           edit.scaled("accFillSz", by="2"), seen_at="get_fills.trade_id"),
    _order("order_side_flipped", "side", "open buys are called sells", edit.swapped("side", "buy", "sell"),
           seen_at="get_fills.side"),
)  # fmt: skip
