"""
Differences of the installed libraries that are understood: which rule explains them, and who departs from OKX's word.

Only differences that show on the same bytes (layer ``parse``) are explained here, so a lie of the venue can never hide
behind one. Each line was seen with the libraries that the lock file pins; one that is not listed is reported all the
same, unexplained.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from dualwitness.alignment.compare import FieldComparison
from dualwitness.models import Layer, MarketType, NullReason, OddOneOut, Outcome, Severity

__all__ = ["KNOWN", "Known", "known_difference"]


@dataclass(frozen=True, slots=True)
class Known:
    """
    One understood difference: where it shows, who departs from OKX's word, and what it is.

    ``market_types`` empty means all; ``severity`` None keeps the rule's own; ``when`` narrows it further, for a gap
    to the side that has no value.
    """

    name: str
    operation: str
    field: str
    outcome: Outcome
    odd_one_out: OddOneOut
    text: str
    market_types: frozenset[MarketType] = frozenset()
    severity: Severity | None = None
    when: Callable[[FieldComparison], bool] = lambda _: True


def _ccxt_silent(field: FieldComparison) -> bool:
    return field.ccxt.value is None


def _okx_sdk_silent(field: FieldComparison) -> bool:
    return field.okx_sdk.value is None


def _called_by_its_id(field: FieldComparison) -> bool:
    return (field.row_key or "").endswith(f"|{field.ccxt.value}")


def _named_after_another_underlying(field: FieldComparison) -> bool:
    """Whether python-okx's word is the one in the instrument's id, and CCXT's is not."""
    base, _, rest = (field.row_key or "").rpartition("|")[2].partition("-")
    quote = re.split("[-_]", rest)[0]
    own = {"base": base, "quote": quote, "symbol": f"{base}/{quote}"}[field.field]

    def says(value: str | None) -> bool:
        return value is not None and value.partition(":")[0] == own

    return says(field.okx_sdk.value) and not says(field.ccxt.value)


_ANY: frozenset[MarketType] = frozenset()
_OPTION = frozenset({MarketType.OPTION})
_MARGIN = frozenset({MarketType.MARGIN})
_DIFFER, _ONE = Outcome.MISMATCH, Outcome.ONE_MISSING


def _ccxt(
    name: str,
    operation: str,
    field: str,
    outcome: Outcome,
    text: str,
    market_types: frozenset[MarketType] = _ANY,
    severity: Severity | None = None,
    when: Callable[[FieldComparison], bool] = lambda _: True,
) -> Known:
    return Known(name, operation, field, outcome, OddOneOut.CCXT, text, market_types, severity, when)


_UM = "cttype-ignored-um-swap-classification-follows-settleccy"
_UM_TEXT = "ccxt classifies by currency names; OKX says it in ctType"
_TYPE = "contract-type-invented-where-blank"
_TYPE_TEXT = "ctType is blank for this instrument; ccxt computes linear and inverse from currency names"
_TIF_TEXT = "ccxt keeps a time in force for some order types alone; OKX folds it into ordType"
_PRICE_TEXT = "the venue gave a market order no price; ccxt fills in the average price"

KNOWN: tuple[Known, ...] = (
    _ccxt(
        "option-contract-size-ignores-ctmult",
        "get_instruments",
        "contract_size",
        _DIFFER,
        "one option contract is ctVal × ctMult; ccxt takes ctVal alone, so sizes and costs are too large",
        _OPTION,
    ),
    _ccxt(_UM, "get_instruments", "linear", _DIFFER, _UM_TEXT),
    _ccxt(_UM, "get_instruments", "inverse", _DIFFER, _UM_TEXT),
    _ccxt(
        "contract-type-invented-where-blank",
        "get_instruments",
        "linear",
        _ONE,
        _TYPE_TEXT,
        severity=Severity.S0,
        when=_okx_sdk_silent,
    ),
    _ccxt(
        "contract-type-invented-where-blank",
        "get_instruments",
        "inverse",
        _ONE,
        _TYPE_TEXT,
        severity=Severity.S0,
        when=_okx_sdk_silent,
    ),
    _ccxt(
        "leverage-one-invented-where-blank",
        "get_instruments",
        "max_leverage",
        _ONE,
        "OKX gives no leverage for this instrument; ccxt says 1",
        when=_okx_sdk_silent,
    ),
    _ccxt(
        "instrument-state-collapsed-to-active",
        "get_instruments",
        "state",
        _ONE,
        "OKX has more states than live; ccxt says only that it is not active",
        when=_ccxt_silent,
    ),
    _ccxt(
        "margin-instruments-not-a-market",
        "get_instruments",
        "venue_instrument_id",
        _ONE,
        "ccxt never asks for MARGIN instruments: spot and margin share one market",
        _MARGIN,
        when=_ccxt_silent,
    ),
    _ccxt(
        "sandbox-mode-drops-test-instruments",
        "get_instruments",
        "venue_instrument_id",
        _ONE,
        "ccxt leaves test instruments out in sandbox mode",
        severity=Severity.S0,
        when=_ccxt_silent,
    ),
    _ccxt(
        "instrument-without-currencies-keeps-its-id",
        "get_instruments",
        "symbol",
        _DIFFER,
        "OKX gives this test instrument no settle currency; ccxt calls it by its id",
        severity=Severity.S0,
        when=_called_by_its_id,
    ),
    *(
        _ccxt(
            "market-named-after-underlying-not-instrument",
            "get_instruments",
            name,
            _DIFFER,
            "ccxt names a contract after its underlying (uly), and here that is another pair than the one in the "
            "instrument's id: the symbol of one pair sends orders to the other",
            when=_named_after_another_underlying,
        )
        for name in ("symbol", "base", "quote")
    ),
    _ccxt(
        "ticker-volume-contracts-in-base-slot",
        "get_ticker",
        "volume_base",
        _DIFFER,
        "vol24h counts contracts on derivatives; ccxt puts it where base currency belongs",
    ),
    _ccxt(
        "orderbook-sequence-dropped",
        "get_order_book",
        "sequence",
        _ONE,
        "ccxt drops seqId, so a gap between two books cannot be seen",
        when=_ccxt_silent,
    ),
    _ccxt(
        "balance-total-is-equity-not-cash",
        "get_account_balance",
        "total",
        _DIFFER,
        "ccxt's total is equity (cash and unrealised profit); OKX's cash is cashBal",
    ),
    _ccxt(
        "balance-free-source-switches-with-account-level",
        "get_account_balance",
        "free",
        _DIFFER,
        "ccxt's free is availEq or availBal, depending on which is blank; OKX says availBal",
    ),
    _ccxt(
        "balance-used-derived-not-frozenbal",
        "get_account_balance",
        "used",
        _DIFFER,
        "ccxt computes used as total less free; OKX says frozenBal",
    ),
    _ccxt("market-order-price-invented", "get_order", "price", _ONE, _PRICE_TEXT, when=_okx_sdk_silent),
    _ccxt("market-order-price-invented", "get_open_orders", "price", _ONE, _PRICE_TEXT, when=_okx_sdk_silent),
    _ccxt("market-order-price-invented", "get_order_history", "price", _ONE, _PRICE_TEXT, when=_okx_sdk_silent),
    _ccxt("order-type-mapping-loses-venue-type", "get_order", "time_in_force", _ONE, _TIF_TEXT),
    _ccxt("order-type-mapping-loses-venue-type", "get_open_orders", "time_in_force", _ONE, _TIF_TEXT),
    _ccxt("order-type-mapping-loses-venue-type", "get_order_history", "time_in_force", _ONE, _TIF_TEXT),
    _ccxt("order-type-mapping-loses-venue-type", "get_order", "time_in_force", _DIFFER, _TIF_TEXT),
    _ccxt("order-type-mapping-loses-venue-type", "get_order_history", "time_in_force", _DIFFER, _TIF_TEXT),
    *(
        _ccxt(
            "reduceonly-false-invented-when-absent",
            operation,
            "reduce_only",
            _ONE,
            "the venue did not say; ccxt says false",
            when=_okx_sdk_silent,
        )
        for operation in ("get_order", "get_order_history")
    ),
    _ccxt(
        "ledger-type-collapses-venue-types",
        "get_bills",
        "kind",
        _DIFFER,
        "ccxt has few words for a bill: liquidation, delivery, auto-deleveraging and interest are all a trade to it, "
        "and a margin transfer a transfer",
    ),
    _ccxt(
        "ledger-type-collapses-venue-types",
        "get_bills",
        "kind",
        _ONE,
        "ccxt has no word of ours for this bill: it calls funding a fee, and passes the numbers of newer types on",
        when=_ccxt_silent,
    ),
    _ccxt(
        "ledger-symbol-made-and-dropped",
        "get_bills",
        "symbol",
        _ONE,
        "ccxt works the symbol of a bill out and then leaves it out of the entry",
        when=_ccxt_silent,
    ),
    _ccxt(
        "fill-timestamp-is-ts-not-filltime",
        "get_fills",
        "ts_venue_ms",
        _DIFFER,
        "ccxt gives the time of the record (ts), OKX the time of the execution (fillTime)",
    ),
    _ccxt(
        "liquidation-price-invented-where-zero",
        "get_positions",
        "liquidation_price",
        _DIFFER,
        "the venue says liqPx 0 (out of reach); ccxt computes a price of its own",
    ),
    _ccxt(
        "margin-short-contracts-in-quote-currency",
        "get_positions",
        "contracts",
        _ONE,
        "pos of a margin short is quote currency; ccxt calls it contracts",
        _MARGIN,
        Severity.S3,
        _okx_sdk_silent,
    ),
)


_BY_PLACE: dict[tuple[str, str, Outcome], list[Known]] = {}
for _line in KNOWN:
    _BY_PLACE.setdefault((_line.operation, _line.field, _line.outcome), []).append(_line)


def known_difference(field: FieldComparison, layer: Layer) -> Known | None:
    """The line that explains a compared field, or None; never for a difference of the world."""
    if layer is not Layer.PARSE:
        return None
    for known in _BY_PLACE.get((field.operation, field.field, field.outcome), ()):
        if (not known.market_types or field.market_type in known.market_types) and known.when(field):
            return known
    return _in_general(field)


def _in_general(field: FieldComparison) -> Known | None:
    """What needs no line of its own: a library without a word for a field, one that drops it, one that invents it."""
    if field.outcome is not Outcome.ONE_MISSING or field.row_key is None:
        return None
    ccxt, okx_sdk = field.ccxt, field.okx_sdk
    words = field.field.replace("_", "-")
    if ccxt.value is None and ccxt.reason is NullReason.UNSUPPORTED:
        name, odd = f"ccxt-has-no-word-for-{words}", OddOneOut.CCXT
        text = f"ccxt has no unified field for OKX {field.rule.reference}"
    elif okx_sdk.value is None and okx_sdk.reason is NullReason.UNSUPPORTED:
        name, odd = f"python-okx-has-no-word-for-{words}", OddOneOut.OKX_SDK
        text = f"python-okx has no way to say {field.rule.reference}"
    elif okx_sdk.reason in (NullReason.BLANK, NullReason.ABSENT) and ccxt.value is not None:
        name, odd = f"ccxt-invents-{words}", OddOneOut.CCXT
        text = f"the venue left {field.rule.reference} {okx_sdk.reason}; ccxt says {ccxt.value}"
    elif ccxt.reason in (NullReason.UNMAPPED, NullReason.ABSENT) and okx_sdk.value is not None:
        name, odd = f"ccxt-drops-{words}", OddOneOut.CCXT
        text = f"the venue sent {field.rule.reference}; ccxt gives nothing"
    else:
        return None
    return Known(name, field.operation, field.field, Outcome.ONE_MISSING, odd, text)
