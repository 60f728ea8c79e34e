"""Lies about our dealings with the market: executions and their fees. Orders are in `our_orders.py`."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from dualwitness.models import Axis, FindingKind, Severity
from dualwitness.venues.sim.lies import account_edits as account
from dualwitness.venues.sim.lies import edits as edit
from dualwitness.venues.sim.lies.kinds import Asked, Cause, Lie, Needs, Row, Theme

__all__ = ["MARKET_INTERACTION"]

_FEES = ("/api/v5/account/trade-fee",)
_FILLS = ("/api/v5/trade/fills", "/api/v5/trade/fills-history")
_S0, _S1, _S2, _S3 = Severity
_CONFLICT, _GONE = FindingKind.EVIDENCE_CONFLICT, FindingKind.UNOBTAINABLE
_RATES = ("maker", "makerU", "makerUSDC", "taker", "takerU", "takerUSDC")
_A_DAY_MS = 86_400_000


def _forced(row: Row) -> bool:
    """An execution by which the venue closed something by itself: OKX's sub-types from 100 on."""
    kind = str(row.get("subType"))
    return kind.isdigit() and int(kind) >= 100


def _rate(name: str, text: str, change: edit.Edit, *, kind: FindingKind = _CONFLICT) -> Lie:
    """A lie about the account's rates, which the fees of its executions contradict."""
    cause = Cause(kind, "get_fee_rates", "taker", _S2)
    return Lie(
        name, Theme.MARKET_INTERACTION, Axis.M, "get_fee_rates", "taker", text, _FEES, cause, transform=change
    )  # fmt: skip


def _fill(
    name: str,
    field: str,
    severity: Severity,
    text: str,
    change: edit.Edit | None = None,
    *,
    kind: FindingKind = _CONFLICT,
    recalled: Callable[[Asked], Hashable] | None = None,
    needs: Needs = Needs.NOTHING,
) -> Lie:
    """A lie about executions."""
    cause = Cause(kind, "get_fills", field, severity)
    return Lie(
        name, Theme.MARKET_INTERACTION, Axis.M, "get_fills", field, text, _FILLS, cause,
        transform=change, recalled=recalled, needs=needs,
    )  # fmt: skip


MARKET_INTERACTION = (
    _fill("duplicate_fill", "trade_id", _S3, "the newest fill comes twice", edit.newest_twice),
    _fill("fee_currency_wrong", "fee_currency", _S2, "feeCcy is another currency",
          edit.written("feeCcy", value="OKB")),
    _fill("fee_doubled", "fee", _S2, "fees are twice what the rate gives", edit.scaled("fee", by="2")),
    _fill("fee_missing", "fee", _S2, "fee and feeCcy are blank", edit.written("fee", "feeCcy", value=""), kind=_GONE),
    _rate("fee_rate_blank", "the account's rates are blank", edit.written(*_RATES, value=""), kind=_GONE),
    _rate("fee_rate_sign_flipped", "what a rate costs is called a rebate", edit.negated(*_RATES)),
    _rate("fee_rate_wrong", "the account's rates are ten times as high", edit.scaled(*_RATES, by="10")),
    _fill("fee_rebate_invented", "fee", _S2, "what a maker paid is called a rebate", account.maker_fee_as_rebate),
    _fill("fee_sign_flipped", "fee", _S2, "costs are called rebates", edit.negated("fee")),
    _fill("fee_zero", "fee", _S2, "trading is said to cost nothing", edit.written("fee", value="0")),
    _fill("fill_bill_id_wrong", "bill_id", _S1, "every execution names a bill that does not exist",
          edit.each(("billId",), lambda value: f"{value}7")),
    # M, not I: positions and balances stay right, the account's own history of executions is short of one.
    _fill("fill_dropped", "trade_id", _S3, "the newest fill is missing", edit.newest_dropped),
    _fill("fill_from_the_future", "ts_venue_ms", _S1, "every execution is of tomorrow",
          edit.moved_in_time("fillTime", "ts", by_ms=_A_DAY_MS)),
    _fill("fill_invented", "contracts", _S3, "an execution stands there that never was", account.invented_fill),
    _fill("fill_liquidity_swapped", "liquidity", _S1, "maker is called taker and back",
          edit.swapped("execType", "M", "T")),
    _fill("fill_missing_in_between", "trade_id", _S3, "a fill in the middle is left out", edit.middle_dropped),
    _fill("fill_of_another_order", "venue_order_id", _S2, "executions belong to orders that do not exist",
          account.fill_of_another_order),
    _fill("fill_price_shifted", "price", _S3, "fillPx is one percent too high", edit.scaled("fillPx", by="1.01")),
    _fill("fill_side_flipped", "side", _S3, "buys are called sells", edit.swapped("side", "buy", "sell")),
    _fill("fill_size_doubled", "contracts", _S3, "fillSz is twice as large", edit.scaled("fillSz", by="2")),
    _fill("fill_symbol_swapped", "symbol", _S3, "ETH-USDT-SWAP's fills are shown as LTC-USDT-SWAP's",
          edit.swapped("instId", "ETH-USDT-SWAP", "LTC-USDT-SWAP")),
    _fill("fill_times_reversed", "ts_venue_ms", _S1, "the moments of the fills run the other way",
          account.times_reversed),
    _fill("fills_empty", "trade_id", _S3, "no fill at all", edit.empty),
    _fill("fills_frozen", "trade_id", _S3, "no new execution is told any more", recalled=edit.asked_alike,
          needs=Needs.TRADING),
    _fill("fills_only_newest", "trade_id", _S3, "the page breaks off after its first row", edit.newest_only),
    _fill("fills_page_repeated", "trade_id", _S2, "every page of the executions is the first",
          recalled=edit.asked_alike_but_for_the_page, kind=_GONE, needs=Needs.PAGES),
    _fill("fills_rows_reversed", "trade_id", _S3, "the oldest rows of a page stand first, so that pages overlap",
          edit.rows_reversed, needs=Needs.PAGES),
    _fill("fills_second_page_empty", "trade_id", _S3, "the executions end with their first page",
          edit.empty_beyond_first_page, needs=Needs.PAGES),
    _fill("liquidation_missing", "trade_id", _S3, "what the venue closed by itself is not among the executions",
          edit.left_out(_forced), needs=Needs.FORCED),
)  # fmt: skip
