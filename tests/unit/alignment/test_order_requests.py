"""Order requests read as OKX reads them, and what differs between two for the same words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualwitness.alignment.judge import findings_from
from dualwitness.alignment.order_requests import REQUEST_FIELDS, RequestCase, compare_requests, read_order_request
from dualwitness.models import AccountLevel, FindingKind, Layer, MarketType, Mitigation, Outcome, Severity
from dualwitness.models.wire import WireRequest
from tests.support.observations import SPOT

CASE = RequestCase("native_order_request", SPOT, MarketType.SPOT, "spot market buy 1")
SPOT_BUY = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "1"}


def request(body: Any, path: str = "/api/v5/trade/order") -> WireRequest:
    """A request with that body; text stays as it is."""
    text = body if isinstance(body, str) else json.dumps(body)
    return WireRequest("POST", "https", "www.okx.com", path, "", text.encode())


def outcomes(ccxt: Any, okx_sdk: Any, *, own_ids: bool = False) -> dict[str, Outcome]:
    """How each field of two orders comes out."""
    return {
        name: outcome for name, outcome, _ in compare_requests(CASE, request(ccxt), request(okx_sdk), own_ids=own_ids)
    }


UNITS = [
    ("spot market buy", {}, "quote_currency"),
    ("spot market sell", {"side": "sell"}, "base_currency"),
    ("spot market buy in base", {"tgtCcy": "base_ccy"}, "base_currency"),
    ("spot market sell in quote", {"side": "sell", "tgtCcy": "quote_ccy"}, "quote_currency"),
    ("spot limit buy", {"ordType": "limit"}, "base_currency"),
    ("spot limit buy that says quote", {"ordType": "limit", "tgtCcy": "quote_ccy"}, "base_currency"),
    ("spot post only buy", {"ordType": "post_only"}, "base_currency"),
    ("margin market buy", {"tdMode": "cross"}, "quote_currency"),
    ("margin market buy that says base", {"tdMode": "cross", "tgtCcy": "base_ccy"}, "quote_currency"),
    ("margin market sell", {"tdMode": "isolated", "side": "sell"}, "base_currency"),
    ("blank unit", {"tgtCcy": ""}, "quote_currency"),
    ("swap market buy", {"instId": "BTC-USDT-SWAP", "tdMode": "cross"}, "contracts"),
    ("swap that says quote", {"instId": "BTC-USDT-SWAP", "tgtCcy": "quote_ccy"}, "contracts"),
    ("option limit", {"instId": "BTC-USD-260925-60000-C", "ordType": "limit"}, "contracts"),
]


@pytest.mark.parametrize(("change", "unit"), [case[1:] for case in UNITS], ids=[case[0] for case in UNITS])
def test_unit_of_a_size_is_what_okx_takes_it_for(change: dict[str, str], unit: str) -> None:
    """okx-v5-facts section 6: a spot market buy of 1 is one quote unit unless the order says otherwise."""
    assert read_order_request(request(SPOT_BUY | change))["size_unit"] == unit


@pytest.mark.parametrize("nothing", ["", None, []])
def test_blank_fields_of_an_order_are_fields_that_are_not_there(nothing: Any) -> None:
    """python-okx sends empty strings for what it was not given; OKX reads none of them."""
    blanks = dict.fromkeys(("px", "ccy", "clOrdId", "tag", "posSide", "reduceOnly", "tgtCcy"), nothing)
    assert read_order_request(request(SPOT_BUY | blanks)) == read_order_request(request(SPOT_BUY))


@pytest.mark.parametrize(("sent", "read"), [(False, "false"), ("false", "false"), (True, "true"), ("true", "true")])
def test_reduce_only_reads_alike_as_a_word_and_as_a_boolean(sent: Any, read: str) -> None:
    """Both spellings go out; false is what an order without the field means."""
    assert read_order_request(request(SPOT_BUY | {"reduceOnly": sent}))["reduce_only"] == read
    assert read_order_request(request(SPOT_BUY))["reduce_only"] == "false"


def test_an_order_in_a_batch_of_one_reads_like_a_single_one() -> None:
    """The batch endpoint takes a list; only the path differs, and that is cosmetic."""
    found = compare_requests(CASE, request([SPOT_BUY], "/api/v5/trade/batch-orders"), request(SPOT_BUY), own_ids=False)
    different = {name: draft for name, _, draft in found if draft is not None}
    assert list(different) == ["path"]
    draft = different["path"]
    assert draft is not None
    assert draft.severity is Severity.S0


@pytest.mark.parametrize("body", ["[]", "[{}, {}]", '"x"', "1", "not json", ""])
def test_a_body_that_is_not_one_order_is_refused(body: str) -> None:
    """Nothing is read into what is no order."""
    with pytest.raises(ValueError):
        read_order_request(request(body))


def test_equal_orders_differ_nowhere_and_absent_fields_prove_nothing() -> None:
    """What both send matches; what neither sends is not comparable, never a match."""
    found = outcomes(SPOT_BUY, SPOT_BUY)
    assert found.keys() == REQUEST_FIELDS.keys()
    assert set(found.values()) == {Outcome.MATCH, Outcome.NOT_COMPARABLE}
    assert {name for name, outcome in found.items() if outcome is Outcome.NOT_COMPARABLE} == {
        "price",
        "margin_currency",
        "client_order_id",
        "tag",
    }


@pytest.mark.parametrize(
    ("field", "change", "severity"),
    [
        ("instrument", {"instId": "ETH-USDT"}, Severity.S3),
        ("side", {"side": "sell", "tgtCcy": "quote_ccy"}, Severity.S3),
        ("size", {"sz": "2"}, Severity.S3),
        ("size_unit", {"tgtCcy": "base_ccy"}, Severity.S3),
        ("order_type", {"ordType": "ioc", "tgtCcy": "x"}, Severity.S2),
        ("td_mode", {"tdMode": "cross"}, Severity.S2),
        ("position_side", {"posSide": "long"}, Severity.S2),
        ("reduce_only", {"reduceOnly": True}, Severity.S2),
    ],
)
def test_orders_that_differ_in_a_field_are_a_disagreement_of_requests(
    field: str, change: dict[str, Any], severity: Severity
) -> None:
    """Two values for the same words: before any venue answered, and fatal ones block the run."""
    found = compare_requests(CASE, request(SPOT_BUY), request(SPOT_BUY | change), own_ids=False)
    drafts = {name: draft for name, _, draft in found if draft is not None}
    draft = drafts[field]
    assert (draft.kind, draft.layer) == (FindingKind.REQUEST_DISAGREEMENT, Layer.REQUEST)
    assert (draft.severity, draft.outcome) == (severity, Outcome.MISMATCH)
    assert draft.mitigation is (Mitigation.BLOCK_RUN if severity is Severity.S3 else Mitigation.MARK_UNRELIABLE)
    assert CASE.label in draft.reason


@pytest.mark.parametrize("field", ["px", "ccy", "clOrdId", "tag"])
def test_a_field_that_one_library_sends_and_the_other_does_not_is_one_missing(field: str) -> None:
    """What only one side says is a gap, whichever side it is."""
    name = {"px": "price", "ccy": "margin_currency", "clOrdId": "client_order_id", "tag": "tag"}[field]
    there, back = outcomes(SPOT_BUY | {field: "5"}, SPOT_BUY), outcomes(SPOT_BUY, SPOT_BUY | {field: "5"})
    assert there[name] is back[name] is Outcome.ONE_MISSING


def test_ids_that_both_libraries_make_up_are_alike_and_own_ids_must_be_the_same() -> None:
    """Random ids differ and mean nothing; an id that the caller gave must arrive."""
    left, right = SPOT_BUY | {"clOrdId": "a1"}, SPOT_BUY | {"clOrdId": "b2"}
    assert outcomes(left, right)["client_order_id"] is Outcome.MATCH
    assert outcomes(left, right, own_ids=True)["client_order_id"] is Outcome.MISMATCH
    assert outcomes(left, [left], own_ids=True)["client_order_id"] is Outcome.MATCH
    assert outcomes(left, SPOT_BUY, own_ids=True)["client_order_id"] is Outcome.ONE_MISSING


def test_differences_carry_the_addresses_of_both_requests_and_become_findings() -> None:
    """Each finding points at what was sent; one field is one finding."""
    found = compare_requests(
        CASE, request(SPOT_BUY), request(SPOT_BUY | {"sz": "2", "side": "sell"}), own_ids=False, refs=("a", "b")
    )
    findings = findings_from(draft for _, _, draft in found if draft is not None)
    assert {one.field for one in findings} == {"size", "side", "size_unit"}
    assert {(one.ccxt_raw_sample_ref, one.okx_raw_sample_ref) for one in findings} == {("a", "b")}


@pytest.mark.parametrize(
    ("level", "unit", "currency"),
    [
        (None, "quote_currency", "USDT"),
        (AccountLevel.FUTURES, "quote_currency", "USDT"),
        (AccountLevel.MULTI_CURRENCY, "base_currency", None),
        (AccountLevel.PORTFOLIO, "base_currency", None),
    ],
)
def test_pair_under_cross_is_a_margin_order_under_the_futures_level_alone(
    level: AccountLevel | None, unit: str, currency: str | None
) -> None:
    """Above that level the pair is spot: tgtCcy counts, and a margin currency that is sent says nothing."""
    body = SPOT_BUY | {"tdMode": "cross", "tgtCcy": "base_ccy", "ccy": "USDT"}
    reading = read_order_request(request(body), level)
    assert (reading["size_unit"], reading["margin_currency"]) == (unit, currency)


def test_margin_currency_of_a_contract_says_nothing_to_okx() -> None:
    """Where the level is known, what OKX ignores is read as not sent."""
    body = {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "1", "ccy": "USDT"}
    assert read_order_request(request(body), AccountLevel.FUTURES)["margin_currency"] is None
    assert read_order_request(request(body))["margin_currency"] == "USDT"


@pytest.mark.parametrize(
    ("sent", "read"),
    [("1.00", "1"), ("0.50", "0.5"), ("1E+2", "100"), ("NaN", "NaN"), ("one", "one"), ("1e99", "1e99")],
)
def test_numbers_read_as_numbers_and_anything_else_as_it_stands(sent: str, read: str) -> None:
    """Two spellings of one number are the same order; what is no number is never tidied up."""
    reading = read_order_request(request(SPOT_BUY | {"sz": sent, "px": sent}))
    assert (reading["size"], reading["price"]) == (read, read)


def test_own_id_that_one_library_changes_is_severe_and_a_made_up_one_is_not() -> None:
    """An order with another id could not be found again; ids that both make up mean nothing."""
    left, right = SPOT_BUY | {"clOrdId": "a1"}, SPOT_BUY | {"clOrdId": "b2"}
    found = compare_requests(CASE, request(left), request(right), own_ids=True)
    draft = {name: draft for name, _, draft in found}["client_order_id"]
    assert draft is not None
    assert (draft.severity, draft.rule) == (Severity.S2, "the-callers-own-client-order-id")
    found = compare_requests(CASE, request(left), request(SPOT_BUY), own_ids=False)
    draft = {name: draft for name, _, draft in found}["client_order_id"]
    assert draft is not None
    assert draft.severity is Severity.S1


def test_expected_words_are_held_against_both_and_travel_with_each_difference() -> None:
    """What both send wrongly is a difference too, and a field that is not expected is not held against anybody."""
    expected = {"size": "2", "side": "buy", "price": "5"}
    found = compare_requests(CASE, request(SPOT_BUY), request(SPOT_BUY), own_ids=False, expected=expected)
    drafts = {name: draft for name, _, draft in found if draft is not None}
    assert {name: draft.rule for name, draft in drafts.items()} == {
        "size": "both-libraries-differ-from-the-intent",
        "price": "both-libraries-differ-from-the-intent",
    }
    assert {draft.outcome for draft in drafts.values()} == {Outcome.MISMATCH}
    found = compare_requests(CASE, request(SPOT_BUY), request(SPOT_BUY | {"sz": "2"}), own_ids=False, expected=expected)
    draft = {name: draft for name, _, draft in found}["size"]
    assert draft is not None
    assert draft.expected is not None
    assert (draft.rule, draft.expected.value, draft.expected.source) == ("the-same-size", "2", "the intent")
