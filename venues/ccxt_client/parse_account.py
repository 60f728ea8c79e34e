"""
CCXT's unified account structures as our facts.

| AccountConfig | CCXT | | Balance | CCXT, per code |
|---|---|---|---|---|
| account_level | fetch_accounts()[0].type | | total, free, used | the same |
| position_mode | fetch_position_mode().hedged | | equity | ``unsupported`` |
| permissions, fee_type | ``unsupported`` | | debt | debt |

| Position | CCXT | | FeeRates | CCXT |
|---|---|---|---|---|
| symbol | symbol | | symbol | symbol |
| market_type | type of its market; spot means margin | | maker, taker | the same |
| has_position | contracts > 0 | | | |
| direction | side | | | |
| contracts | contracts | | | |
| base_quantity | contracts × contractSize of its market | | | |
| entry_price, mark_price | entryPrice, markPrice | | | |
| unrealized_pnl, realized_pnl | unrealizedPnl, realizedPnl | | | |
| leverage, margin_mode | leverage, marginMode | | | |
| position_mode | hedged | | | |
| margin_currency | ``unsupported`` | | | |
| liquidation_price | liquidationPrice | | | |
| venue_position_id | id | | | |
| ts_venue_ms | lastUpdateTimestamp, never timestamp (that is when it was opened) | | | |

CCXT's word stays as it is where it is wrong: its balance ``total`` is the equity, the contracts of a margin short are
quote currency (difference margin-short-contracts-in-quote-currency), and blanks of the venue may be filled in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    Balance,
    Direction,
    FeeRates,
    MarginMode,
    MarketType,
    NullReason,
    Position,
    PositionMode,
)
from dualwitness.venues.ccxt_client.parse import Reading, check_instrument_ids, check_row_numbers
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.errors import RowInvalid

__all__ = ["account_config_from", "balances_from", "check_position_rows", "fee_rates_from", "position_from"]

_LEVELS = {
    "1": AccountLevel.SPOT,
    "2": AccountLevel.FUTURES,
    "3": AccountLevel.MULTI_CURRENCY,
    "4": AccountLevel.PORTFOLIO,
}
_POSITION_MODES = {True: PositionMode.LONG_SHORT, False: PositionMode.NET}
_DIRECTIONS = {"long": Direction.LONG, "short": Direction.SHORT}
_MARGIN_MODES = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_INSTRUMENT_TYPES = {
    "MARGIN": MarketType.MARGIN,
    "SWAP": MarketType.SWAP,
    "FUTURES": MarketType.FUTURE,
    "OPTION": MarketType.OPTION,
}
_SUMMARY_KEYS = frozenset({"info", "timestamp", "datetime", "free", "used", "total", "debt"})


def account_config_from(accounts: Sequence[Mapping[str, Any]], position_mode: Mapping[str, Any]) -> AccountConfig:
    """The account's set-up; raises `RowInvalid`."""
    if len(accounts) != 1:
        message = f"the venue named {len(accounts)} accounts instead of one"
        raise RowInvalid(message)
    reading = Reading("account", accounts[0].get("info"))
    reading.nulls(NullReason.UNSUPPORTED, "permissions", "fee_type")
    return AccountConfig(
        account_level=reading.member("account_level", accounts[0].get("type"), _LEVELS, "acctLv"),
        position_mode=reading.member("position_mode", position_mode.get("hedged"), _POSITION_MODES, "posMode"),
        permissions=None,
        fee_type=None,
        reasons=reading.reasons,
    )


def balances_from(structure: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> tuple[Balance, ...]:
    """One row a currency, sorted; ``details`` are the wire rows, for counting and for reasons; raises `RowInvalid`."""
    raw = {str(row.get("ccy", row.get("coin", ""))): row for row in details}
    codes = sorted(code for code in structure if code not in _SUMMARY_KEYS)
    if len(codes) < len(details):
        # A row without a currency is dropped by CCXT, two rows of one currency become one.
        message = f"the venue sent {len(details)} currencies, ccxt gave {len(codes)}"
        raise RowInvalid(message)
    return tuple(_balance_from(code, structure[code], raw.get(code)) for code in codes)


def _balance_from(code: str, row: Mapping[str, Any], raw: Mapping[str, Any] | None) -> Balance:
    reading = Reading(f"balance {code}", raw)
    reading.null("equity", NullReason.UNSUPPORTED)
    return Balance(
        currency=code,
        total=reading.number("total", row.get("total"), "eq", "walletBalance"),
        free=reading.number("free", row.get("free"), "availEq", "availBal", "free"),
        used=reading.number("used", row.get("used"), "frozenBal", "locked"),
        equity=None,
        debt=reading.number("debt", row.get("debt"), "liab", "borrowAmount"),
        reasons=reading.reasons,
    )


def check_position_rows(rows: Sequence[Any]) -> None:
    """
    Raise `RowInvalid` for wire rows of positions that nobody can read.

    CCXT passes an unknown ``posSide`` on as a side, takes a missing one for a hedged position, and reads foreign digits
    (reliability B2.1).
    """
    check_row_numbers(rows)
    for row in rows:
        side = row.get("posSide")
        if side not in ("long", "short", "net"):
            message = f"a position has posSide {side!r:.40}"
            raise RowInvalid(message)
    check_instrument_ids(rows)


def position_from(row: Mapping[str, Any], market: Market | None) -> Position:
    """
    A position; ``market`` is ``None`` where CCXT's list lacks the instrument.

    What CCXT works out where the venue said nothing (differences entry-price-invented-when-venue-blank and its kin) is
    its own word and stays: the comparison names it, adjudication does not rely on it.

    Raises `RowInvalid`, also for contracts without a direction.
    """
    info = row.get("info")
    reading = Reading("position", info)
    contracts = reading.number("contracts", row.get("contracts"), "pos", "size", "positionAmt")
    if contracts is not None and contracts < 0:
        message = "ccxt gave negative contracts"
        raise RowInvalid(message)
    if contracts is None:
        reading.null("has_position", reading.reasons["contracts"])
    mark = reading.number("mark_price", row.get("markPrice"), "markPx", "markPrice")
    reading.null("margin_currency", NullReason.UNSUPPORTED)
    return Position(
        symbol=str(row["symbol"]),
        market_type=_market_type(market, info),
        has_position=None if contracts is None else contracts > 0,
        direction=_direction(row.get("side"), contracts, reading),
        contracts=contracts,
        base_quantity=_base_quantity(market, contracts, mark, reading),
        entry_price=reading.number("entry_price", row.get("entryPrice"), "avgPx", "avgPrice", "entryPrice"),
        mark_price=mark,
        unrealized_pnl=reading.number("unrealized_pnl", row.get("unrealizedPnl"), "upl", "unrealisedPnl"),
        realized_pnl=reading.number("realized_pnl", row.get("realizedPnl"), "realizedPnl", "cumRealisedPnl"),
        leverage=reading.number("leverage", row.get("leverage"), "lever", "leverage"),
        margin_mode=reading.member("margin_mode", row.get("marginMode"), _MARGIN_MODES, "mgnMode", "tradeMode"),
        position_mode=reading.member("position_mode", row.get("hedged"), _POSITION_MODES, "posSide", "positionIdx"),
        margin_currency=None,
        liquidation_price=reading.number("liquidation_price", row.get("liquidationPrice"), "liqPx", "liqPrice"),
        venue_position_id=reading.text("venue_position_id", row.get("id"), "posId"),
        ts_venue_ms=reading.time_ms("ts_venue_ms", row.get("lastUpdateTimestamp"), "uTime", "updatedTime"),
        reasons=reading.reasons,
    )


def _market_type(market: Market | None, info: object) -> MarketType:
    if market is not None:
        # A position in a spot pair is a margin position: a spot holding is a balance.
        return MarketType.MARGIN if market.market_type is MarketType.SPOT else market.market_type
    # An instrument that is no longer listed: CCXT has a symbol for it but no kind, so the venue's own word names it.
    kind = _INSTRUMENT_TYPES.get(str(info.get("instType"))) if isinstance(info, Mapping) else None
    if kind is None:
        message = "a position is in an instrument of no known type"
        raise RowInvalid(message)
    return kind


def _direction(side: object, contracts: Decimal | None, reading: Reading) -> Direction | None:
    if contracts is not None and not contracts:
        return Direction.FLAT
    if side == "net":
        # What CCXT leaves behind where the venue's `pos` is empty.
        reading.null("direction", NullReason.UNMAPPED)
        return None
    if side is None and contracts is not None:
        message = "ccxt gave contracts without a direction"
        raise RowInvalid(message)
    return reading.member("direction", side, _DIRECTIONS, "posSide")


def _base_quantity(
    market: Market | None, contracts: Decimal | None, mark: Decimal | None, reading: Reading
) -> Decimal | None:
    quantity = None if market is None or contracts is None else market.base_quantity(contracts, mark)
    if quantity is None:
        option = market is not None and market.market_type is MarketType.OPTION
        reading.null("base_quantity", NullReason.UNSUPPORTED if option else NullReason.UNMAPPED)
    return quantity


def fee_rates_from(row: Mapping[str, Any]) -> FeeRates:
    """Fee rates; difference trading-fee-feegroup-ignored makes them null, ``unmapped``; raises `RowInvalid`."""
    reading = Reading("fee rates", row.get("info"))
    return FeeRates(
        symbol=str(row["symbol"]),
        maker=reading.number("maker", row.get("maker"), "maker", "makerU", "feeGroup"),
        taker=reading.number("taker", row.get("taker"), "taker", "takerU", "feeGroup"),
        reasons=reading.reasons,
    )
