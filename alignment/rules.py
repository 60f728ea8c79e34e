"""
The rule table: operation → field → axis, comparator, severity, mitigation.

A table, not code: to change what is compared, change a line. ``exact`` is equality of Decimals or words; ``tick``
allows one price step, where both sides computed a price; ``bracket`` is for what moves by itself: exact at first, and
on asking again (A-B-A) the other library's value must lie between both readings of the first.

``severity`` is for two different values, ``missing`` for a value that one library has and the other lacks.
``required`` fields may never be missing on both sides: then the evidence itself is gone (kind ``unobtainable``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dualwitness.models import Axis, Mitigation, Severity

__all__ = ["RULES", "Comparator", "FieldRule", "OperationRules"]


class Comparator(StrEnum):
    """How two values of a field are held against each other."""

    EXACT = "exact"
    TICK = "tick"
    BRACKET = "bracket"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """One line of the table; ``reference`` is the OKX field that the value stands for."""

    field: str
    axis: Axis
    comparator: Comparator
    severity: Severity
    missing: Severity
    mitigation: Mitigation
    reference: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class OperationRules:
    """
    The fields of one operation.

    ``key`` joins rows and ends in the venue's own id (None: the row has none and can be joined with nothing); ``lead``
    is the field that stands for the whole answer when it could not be had; ``row`` is the rule for a row that only one
    library shows (default: the lead's). ``by_market_type`` gathers findings by market type instead of by symbol.
    """

    operation: str
    axis: Axis
    key: Callable[[Any], str | None]
    lead: FieldRule
    fields: tuple[FieldRule, ...]
    row: FieldRule | None = None
    by_market_type: bool = False


_E, _I, _M = Axis.E, Axis.I, Axis.M
_AXES = frozenset(map(str, Axis))
_S0, _S1, _S2, _S3 = Severity
_EXACT, _TICK, _BRACKET = Comparator
_NULL, _FALLBACK, _MARK, _BLOCK = Mitigation


def _single(_: Any) -> str:
    return ""


def _keyed(*parts: str | None) -> str | None:
    """A key that ends in the venue's own id; None without one."""
    return None if parts[-1] is None else "|".join(str(part) for part in parts)


def _rules(
    operation: str,
    axis: Axis,
    key: Callable[[Any], str | None],
    lead: str,
    lines: str,
    *,
    by_market_type: bool = False,
    row: tuple[Severity, Mitigation] | None = None,
) -> OperationRules:
    fields = tuple(_line(axis, line.split()) for line in lines.strip().splitlines())
    head = next(rule for rule in fields if rule.field == lead)
    lone = None
    if row is not None:
        lone = FieldRule(lead, axis, _EXACT, row[0], row[0], row[1], head.reference, required=True)
    return OperationRules(operation, axis, key, head, fields, lone, by_market_type)


def _line(axis: Axis, words: list[str]) -> FieldRule:
    name, comparator, severity, missing, mitigation, reference, *flags = words
    return FieldRule(
        field=name,
        axis=next((Axis(flag) for flag in flags if flag in _AXES), axis),
        comparator=Comparator(comparator),
        severity=Severity(severity),
        missing=Severity(missing),
        mitigation=_MITIGATIONS[mitigation],
        reference=reference.replace("_", " "),
        required="required" in flags,
    )


_MITIGATIONS = {"null": _NULL, "fallback": _FALLBACK, "mark": _MARK, "block": _BLOCK}

# field  comparator  severity  missing  mitigation  what the venue calls it  [an axis of its own]  [required]
_SERVER_TIME = """
ts_venue_ms bracket S2 S2 mark ts required
"""
_INSTRUMENTS = """
venue_instrument_id exact S3 S2 mark instId required
symbol exact S3 S2 mark instId
base exact S2 S1 null baseCcy_or_uly
quote exact S2 S1 null quoteCcy_or_uly
settle exact S2 S1 null settleCcy
linear exact S2 S1 mark ctType
inverse exact S2 S1 mark ctType
contract_size exact S3 S2 block ctVal_×_ctMult
tick_size exact S2 S1 mark tickSz required
lot_size exact S2 S1 mark lotSz required
min_size exact S2 S1 mark minSz required
max_leverage exact S1 S1 null lever
state exact S1 S1 null state
expiry_ms exact S2 S1 null expTime
strike exact S2 S1 null stk
option_type exact S2 S1 null optType
"""
_TICKER = """
symbol exact S3 S3 block instId required
last bracket S2 S2 mark last required
bid bracket S2 S1 mark bidPx
ask bracket S2 S1 mark askPx
bid_size bracket S1 S1 null bidSz
ask_size bracket S1 S1 null askSz
open_24h bracket S1 S1 null open24h
high_24h bracket S1 S1 null high24h
low_24h bracket S1 S1 null low24h
volume_base bracket S2 S1 null vol24h_or_volCcy24h
volume_quote bracket S2 S1 null volCcy24h
ts_venue_ms bracket S2 S2 mark ts required
"""
_CANDLES = """
ts_venue_ms exact S2 S2 mark ts required
open bracket S2 S2 mark o required
high bracket S2 S2 mark h required
low bracket S2 S2 mark l required
close bracket S2 S2 mark c required
volume_base bracket S1 S1 null vol_or_volCcy
volume_quote bracket S1 S1 null volCcyQuote
closed bracket S2 S2 null confirm
"""
_ORDER_BOOK = """
bids bracket S2 S2 mark bids required
asks bracket S2 S2 mark asks required
symbol exact S3 S3 block instId
ts_venue_ms bracket S1 S1 null ts
sequence bracket S0 S0 null seqId
"""
_ACCOUNT_CONFIG = """
account_level exact S2 S1 null acctLv
position_mode exact S3 S2 block posMode required
permissions exact S1 S0 null perm
fee_type exact S1 S1 null feeType
"""
_BALANCE = """
currency exact S2 S2 mark ccy required
total bracket S2 S2 mark cashBal required
free bracket S2 S1 mark availBal
used bracket S1 S1 null frozenBal
equity bracket S2 S1 null eq
debt bracket S2 S1 null liab
"""
_POSITIONS = """
has_position exact S3 S3 fallback pos required
direction exact S3 S3 fallback pos_and_posSide required
contracts exact S3 S3 fallback pos required
symbol exact S3 S3 block instId
market_type exact S2 S2 mark instType
base_quantity bracket S2 S2 mark pos_×_ctVal_×_ctMult
entry_price tick S2 S2 mark avgPx required
mark_price bracket S1 S1 null markPx required
unrealized_pnl bracket S2 S1 null upl
realized_pnl bracket S1 S1 null realizedPnl
leverage exact S1 S1 null lever
margin_mode exact S2 S2 mark mgnMode required
position_mode exact S2 S1 mark posSide
margin_currency exact S1 S1 null ccy
liquidation_price bracket S1 S1 null liqPx
venue_position_id exact S1 S1 null posId
ts_venue_ms bracket S1 S1 null uTime
"""
_FEE_RATES = """
maker exact S2 S2 mark maker required
taker exact S2 S2 mark taker required
symbol exact S3 S3 block instId
"""
_ORDER = """
venue_order_id exact S3 S3 mark ordId required
client_order_id exact S2 S1 mark clOrdId
symbol exact S3 S3 block instId
side exact S3 S3 block side required
position_side exact S2 S1 null posSide
order_type exact S2 S1 mark ordType
time_in_force exact S1 S1 null ordType
td_mode exact S2 S1 null tdMode
reduce_only exact S2 S1 mark reduceOnly
price exact S2 S2 mark px
contracts exact S3 S2 mark sz
filled_contracts exact S3 S2 mark accFillSz required
average_price tick S2 S1 mark avgPx
state exact S3 S3 mark state required
fee exact S2 S1 null fee
fee_currency exact S2 S1 null feeCcy
ts_venue_ms exact S1 S1 null cTime
"""
_FILLS = """
trade_id exact S3 S2 mark tradeId required
bill_id exact S1 S1 null billId
venue_order_id exact S2 S2 mark ordId
client_order_id exact S1 S1 null clOrdId
symbol exact S3 S3 block instId
market_type exact S1 S1 mark instType
side exact S3 S3 block side required
position_side exact S3 S2 mark posSide
price exact S3 S3 mark fillPx required
contracts exact S3 S3 mark fillSz required
base_quantity exact S3 S2 mark fillSz_×_ctVal_×_ctMult
fee exact S2 S2 mark fee required
fee_currency exact S2 S2 mark feeCcy required
liquidity exact S1 S1 null execType
ts_venue_ms exact S1 S1 null fillTime
"""
# What was earned and paid is what trading cost, so it counts on the axis of market interaction.
_BILLS = """
bill_id exact S2 S2 mark billId required
currency exact S3 S2 mark ccy required
kind exact S2 S1 mark type
venue_kind exact S1 S1 null type_and_subType
change exact S3 S2 mark balChg required
balance exact S3 S2 mark bal required
fee exact S2 S1 mark fee M
realized_pnl exact S2 S1 mark pnl M
symbol exact S3 S2 mark instId
market_type exact S1 S1 null instType
side exact S3 S1 mark subType
position_side exact S2 S1 mark subType
contracts exact S3 S1 mark sz
price exact S2 S1 null px
margin_mode exact S2 S1 null mgnMode
venue_order_id exact S2 S2 mark ordId
trade_id exact S2 S2 null tradeId
ts_venue_ms exact S1 S1 null ts
"""
_LEVERAGE = """
leverage exact S2 S2 mark lever required
margin_mode exact S2 S2 mark mgnMode required
symbol exact S3 S3 block instId
"""
_ACK = """
venue_order_id exact S3 S3 mark ordId required
client_order_id exact S2 S1 mark clOrdId
symbol exact S3 S3 block instId
"""

RULES: dict[str, OperationRules] = {
    rules.operation: rules
    for rules in (
        _rules("get_server_time", _E, _single, "ts_venue_ms", _SERVER_TIME),
        _rules(
            "get_instruments",
            _E,
            lambda row: f"{row.market_type}|{row.venue_instrument_id}",
            "venue_instrument_id",
            _INSTRUMENTS,
            by_market_type=True,
            row=(_S1, _NULL),
        ),
        _rules("get_ticker", _E, _single, "last", _TICKER),
        _rules("get_candles", _E, lambda row: str(row.ts_venue_ms), "ts_venue_ms", _CANDLES),
        _rules("get_order_book", _E, _single, "bids", _ORDER_BOOK),
        _rules("get_account_config", _I, _single, "position_mode", _ACCOUNT_CONFIG),
        _rules("get_account_balance", _I, lambda row: row.currency, "total", _BALANCE, row=(_S2, _MARK)),
        _rules(
            "get_positions",
            _I,
            lambda row: _keyed(row.symbol, row.venue_position_id),
            "has_position",
            _POSITIONS,
            row=(_S3, _FALLBACK),
        ),
        _rules("get_fee_rates", _M, _single, "taker", _FEE_RATES),
        _rules(
            "get_open_orders",
            _M,
            lambda row: _keyed(row.symbol, row.venue_order_id or row.client_order_id),
            "venue_order_id",
            _ORDER,
            row=(_S3, _MARK),
        ),
        _rules("get_order", _M, _single, "state", _ORDER),
        _rules("get_fills", _M, lambda row: _keyed(row.symbol, row.trade_id), "trade_id", _FILLS, row=(_S3, _MARK)),
        _rules(
            "get_order_history",
            _M,
            lambda row: _keyed(row.symbol, row.venue_order_id),
            "venue_order_id",
            _ORDER,
            row=(_S2, _MARK),
        ),
        _rules(
            "get_bills",
            _I,
            lambda row: _keyed(row.currency, row.bill_id),
            "bill_id",
            _BILLS,
            by_market_type=True,
            row=(_S2, _MARK),
        ),
        _rules("get_leverage", _I, lambda row: str(row.margin_mode), "leverage", _LEVERAGE),
        _rules("place_order", _M, _single, "venue_order_id", _ACK),
        _rules("cancel_order", _M, _single, "venue_order_id", _ACK),
    )
}
