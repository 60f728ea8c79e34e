"""
Order requests, read as OKX would read them, and held against each other. Pure.

Two requests for the same words can differ before any venue answers: a spot buy of 1 is 1 BTC through CCXT and 1 USDT
through python-okx (difference spot-market-buy-size-unit). A blank or null field is one that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from dualwitness.alignment.judge import Draft
from dualwitness.models import (
    AccountLevel,
    Axis,
    FindingKind,
    Layer,
    MarketType,
    Mitigation,
    NullReason,
    OddOneOut,
    Outcome,
    Severity,
)
from dualwitness.models.finding import Claim, Expected
from dualwitness.models.wire import WireRequest

__all__ = ["REQUEST_FIELDS", "Reading", "RequestCase", "compare_requests", "read_order_request"]

# What OKX reads in an order: one value a `REQUEST_FIELDS` name, None where nothing was sent.
Reading = Mapping[str, str | None]

_LARGEST_EXPONENT = 60


@dataclass(frozen=True, slots=True)
class RequestCase:
    """One pair of requests for the same words; ``label`` names them, such as ``market buy 1``."""

    operation: str
    symbol: str
    market_type: MarketType
    label: str


# field → (severity when they differ, rule, what it means)
REQUEST_FIELDS: dict[str, tuple[Severity, str, str]] = {
    "instrument": (Severity.S3, "the-same-instrument", "the orders are for different instruments"),
    "side": (Severity.S3, "the-same-side", "one buys, the other sells"),
    "size": (Severity.S3, "the-same-size", "the sizes differ"),
    "size_unit": (Severity.S3, "spot-market-buy-size-unit", "the same number is read in different units"),
    "order_type": (Severity.S2, "the-same-order-type", "the order types differ"),
    "price": (Severity.S2, "the-same-price", "the prices differ"),
    "td_mode": (Severity.S2, "tdmode-inferred-cross-for-contracts", "the trade modes differ"),
    "position_side": (Severity.S2, "hedge-mode-order-sent-without-posside", "the position sides differ"),
    "reduce_only": (Severity.S2, "the-same-reduce-only", "one may open, the other may not"),
    "margin_currency": (Severity.S2, "the-same-margin-currency", "the margin currencies differ"),
    "client_order_id": (
        Severity.S1,
        "broker-id-injected-into-clordid-and-tag",
        "one library makes up a client order id that the caller does not know",
    ),
    "tag": (
        Severity.S1,
        "broker-id-injected-into-clordid-and-tag",
        "one library attributes the order to a broker",
    ),
    "path": (Severity.S0, "single-order-uses-batch-endpoint", "they use different endpoints and so other rate limits"),
}


# The caller's own id: without it an order whose answer is lost cannot be looked up (reliability B3).
_OWN_ID = (Severity.S2, "the-callers-own-client-order-id", "the order could not be found again by its id")
_WITH_INTENT = "both-libraries-differ-from-the-intent"


def read_order_request(
    request: WireRequest, account_level: AccountLevel | None = None, *, own_ids: bool = False
) -> dict[str, str | None]:
    """
    An order request as OKX reads it: one value a `REQUEST_FIELDS` name, None where nothing was sent.

    ``own_ids``: the caller gave the client order id, so it is read; otherwise a library made it up at random. With
    ``account_level`` what OKX ignores under that level is read as not sent; without, a pair outside cash is read as a
    margin order. Raises `ValueError` where the body is not one order. Units of ``sz``: okx-v5-facts section 6.
    """
    sent = _sent(request)
    made_up = "made up by the library"
    return {
        "path": request.path,
        "instrument": sent.get("instId"),
        "td_mode": sent.get("tdMode"),
        "side": sent.get("side"),
        "position_side": sent.get("posSide", "net"),
        "order_type": sent.get("ordType"),
        "size": _number(sent.get("sz")),
        "size_unit": _size_unit(sent, account_level),
        "price": _number(sent.get("px")),
        "reduce_only": sent.get("reduceOnly", "false").lower(),
        "margin_currency": _margin_currency(sent, account_level),
        "client_order_id": sent.get("clOrdId") if own_ids else made_up if "clOrdId" in sent else None,
        "tag": made_up if "tag" in sent else None,
    }


def _sent(request: WireRequest) -> dict[str, str]:
    """The parameters of the one order in a request, as text; a blank or null one is not there."""
    body = json.loads(request.body)
    row: Mapping[str, Any] = body[0] if isinstance(body, list) and len(body) == 1 else body
    if not isinstance(row, Mapping):
        message = "the request body is not one order"
        raise ValueError(message)  # noqa: TRY004 - the text is malformed, whatever its type
    return {name: str(value) for name, value in row.items() if value not in (None, "", [])}


def _number(text: str | None) -> str | None:
    """A number as OKX compares it: "0.50" is "0.5"; anything else as it stands."""
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        return text
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _is_pair(sent: Mapping[str, str]) -> bool:
    return len(sent.get("instId", "").split("-")) <= 2


def _is_margin(sent: Mapping[str, str], account_level: AccountLevel | None) -> bool:
    """Whether OKX takes a pair for a margin order: outside cash, under the futures level alone (okx-v5-facts 5)."""
    return sent.get("tdMode") != "cash" and account_level in (None, AccountLevel.FUTURES)


def _size_unit(sent: Mapping[str, str], account_level: AccountLevel | None) -> str:
    if not _is_pair(sent):
        return "contracts"
    if sent.get("ordType") != "market":
        return "base_currency"
    default = "quote_ccy" if sent.get("side") == "buy" else "base_ccy"
    unit = default if _is_margin(sent, account_level) else sent.get("tgtCcy", default)
    return {"base_ccy": "base_currency", "quote_ccy": "quote_currency"}.get(unit, unit)


def _margin_currency(sent: Mapping[str, str], account_level: AccountLevel | None) -> str | None:
    ignored = account_level is not None and not (_is_pair(sent) and _is_margin(sent, account_level))
    return None if ignored else sent.get("ccy")


def compare_requests(
    case: RequestCase,
    ccxt: WireRequest,
    okx_sdk: WireRequest,
    *,
    own_ids: bool,
    refs: tuple[str | None, str | None] = (None, None),
    account_level: AccountLevel | None = None,
    expected: Reading | None = None,
) -> list[tuple[str, Outcome, Draft | None]]:
    """
    Hold two requests against each other, field by field: name, outcome, and a draft where they differ.

    ``own_ids``: the caller gave the client order id, so both must send that one. ``refs`` address the two requests as
    samples. ``account_level``: as for `read_order_request`. ``expected`` is what the order should say, so that an error
    which both libraries share is a difference too; fields that it lacks are not held against it.
    """
    left, right = (read_order_request(one, account_level, own_ids=own_ids) for one in (ccxt, okx_sdk))
    found: list[tuple[str, Outcome, Draft | None]] = []
    for name, (severity, rule, meaning) in REQUEST_FIELDS.items():
        if own_ids and name == "client_order_id":
            severity, rule, meaning = _OWN_ID  # noqa: PLW2901 - the one field whose meaning the caller decides
        pair = left[name], right[name]
        source = (
            None if expected is None or name not in expected else Expected(value=expected[name], source="the intent")
        )
        if left[name] == right[name] and (source is None or source.value == left[name]):
            found.append((name, Outcome.NOT_COMPARABLE if left[name] is None else Outcome.MATCH, None))
            continue
        if left[name] == right[name]:
            rule, meaning = _WITH_INTENT, "both differ from what was asked for"  # noqa: PLW2901 - the same
        outcome = Outcome.ONE_MISSING if None in pair and left[name] != right[name] else Outcome.MISMATCH
        draft = _draft(case, name, left[name], right[name], outcome, severity, rule, meaning)
        found.append((name, outcome, draft._replace(ccxt_ref=refs[0], okx_ref=refs[1], expected=source)))
    return found


def _draft(
    case: RequestCase,
    name: str,
    left: str | None,
    right: str | None,
    outcome: Outcome,
    severity: Severity,
    rule: str,
    meaning: str,
) -> Draft:
    return Draft(
        kind=FindingKind.REQUEST_DISAGREEMENT,
        layer=Layer.REQUEST,
        odd_one_out=OddOneOut.UNKNOWN,
        axis=Axis.M,
        operation=case.operation,
        symbol=case.symbol,
        market_type=case.market_type,
        row_key=case.label,
        field=name,
        ccxt=_claim(left),
        okx_sdk=_claim(right),
        expected=None,
        outcome=outcome,
        severity=severity,
        rule=rule,
        reason=f"{case.label}: ccxt sends {left or 'nothing'}, python-okx sends {right or 'nothing'}: {meaning}",
        mitigation=Mitigation.BLOCK_RUN if severity is Severity.S3 else Mitigation.MARK_UNRELIABLE,
        ccxt_ref=None,
        okx_ref=None,
    )


def _claim(value: str | None) -> Claim:
    return Claim(value=value, reason=NullReason.ABSENT if value is None else None)
