"""
Order requests, read as OKX would read them, and held against each other. Pure.

Two requests for the same words can differ before any venue answers: a spot buy of 1 is 1 BTC through CCXT and 1 USDT
through python-okx (difference spot-market-buy-size-unit). A blank or null field is one that is not there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dualwitness.alignment.judge import Draft
from dualwitness.models import (
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
from dualwitness.models.finding import Claim
from dualwitness.models.wire import WireRequest

__all__ = ["REQUEST_FIELDS", "RequestCase", "compare_requests", "read_order_request"]


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
    "margin_currency": (Severity.S1, "the-same-margin-currency", "the margin currencies differ"),
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


def read_order_request(request: WireRequest) -> dict[str, str | None]:
    """
    An order request as OKX reads it: one value a `REQUEST_FIELDS` name, None where nothing was sent.

    Raises `ValueError` where the body is not one order. Units of ``sz``: okx-v5-facts section 6.
    """
    body = json.loads(request.body)
    row: Mapping[str, Any] = body[0] if isinstance(body, list) and len(body) == 1 else body
    if not isinstance(row, Mapping):
        message = "the request body is not one order"
        raise ValueError(message)  # noqa: TRY004 - the text is malformed, whatever its type
    sent = {name: str(value) for name, value in row.items() if value not in (None, "", [])}
    made_up = "made up by the library"
    return {
        "path": request.path,
        "instrument": sent.get("instId"),
        "td_mode": sent.get("tdMode"),
        "side": sent.get("side"),
        "position_side": sent.get("posSide", "net"),
        "order_type": sent.get("ordType"),
        "size": sent.get("sz"),
        "size_unit": _size_unit(sent),
        "price": sent.get("px"),
        "reduce_only": sent.get("reduceOnly", "false").lower(),
        "margin_currency": sent.get("ccy"),
        "client_order_id": made_up if "clOrdId" in sent else None,
        "tag": made_up if "tag" in sent else None,
    }


def _size_unit(sent: Mapping[str, str]) -> str:
    if len(sent.get("instId", "").split("-")) > 2:
        return "contracts"
    if sent.get("ordType") != "market":
        return "base_currency"
    default = "quote_ccy" if sent.get("side") == "buy" else "base_ccy"
    unit = default if sent.get("tdMode") != "cash" else sent.get("tgtCcy", default)
    return {"base_ccy": "base_currency", "quote_ccy": "quote_currency"}.get(unit, unit)


def compare_requests(
    case: RequestCase,
    ccxt: WireRequest,
    okx_sdk: WireRequest,
    *,
    own_ids: bool,
    refs: tuple[str | None, str | None] = (None, None),
) -> list[tuple[str, Outcome, Draft | None]]:
    """
    Hold two requests against each other, field by field: name, outcome, and a draft where they differ.

    ``own_ids``: the caller gave the client order id, so both must send that one. ``refs`` address the two requests as
    samples.
    """
    left, right = read_order_request(ccxt), read_order_request(okx_sdk)
    if own_ids:
        left["client_order_id"], right["client_order_id"] = _client_order_id(ccxt), _client_order_id(okx_sdk)
    found: list[tuple[str, Outcome, Draft | None]] = []
    for name, (severity, rule, meaning) in REQUEST_FIELDS.items():
        if left[name] == right[name]:
            outcome = Outcome.NOT_COMPARABLE if left[name] is None else Outcome.MATCH
            found.append((name, outcome, None))
            continue
        outcome = Outcome.MISMATCH if left[name] is not None and right[name] is not None else Outcome.ONE_MISSING
        draft = _draft(case, name, left[name], right[name], outcome, severity, rule, meaning)
        found.append((name, outcome, draft._replace(ccxt_ref=refs[0], okx_ref=refs[1])))
    return found


def _client_order_id(request: WireRequest) -> str | None:
    body = json.loads(request.body)
    row = body[0] if isinstance(body, list) else body
    return row.get("clOrdId") or None


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
