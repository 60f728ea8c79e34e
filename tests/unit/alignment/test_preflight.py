"""What blocks an order before it is sent, and what is only listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dualwitness.alignment.judge import findings_from
from dualwitness.alignment.order_requests import RequestCase, compare_requests
from dualwitness.alignment.preflight import OPERATION, Preflight, PreflightResult, expected_reading
from dualwitness.models import Library, MarketType, NullReason, Outcome, Severity, Side, TdMode, ValidatedOrder
from dualwitness.models.finding import Finding
from dualwitness.models.wire import WireRequest, sample_id_of
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.errors import SafetyError, TransportError, UsageError
from dualwitness.venues.routing_types import PreflightVerdict
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent
from tests.support.clients import checked_order
from tests.support.preflight_world import PreflightWorld, posted, preflight_world
from tests.support.venue import ask, parsed

SWAP = "BTC/USDT:USDT"
Change = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def shared() -> Iterator[PreflightWorld]:
    """Both clients of one futures account in net mode; tests change what they build, never the world."""
    with preflight_world() as running:
        yield running


@pytest.fixture
def world(shared: PreflightWorld) -> PreflightWorld:
    """The world, with nothing heard yet."""
    shared.heard.clear()
    return shared


RESTING = checked_order(SWAP, "0.01", price="60000", client_order_id="rests1")


def nobody(_: Finding) -> None:
    """A difference log that accepts nothing."""


def order(symbol: str = SWAP, size: str = "0.01", **fields: Any) -> ValidatedOrder:
    """A checked market order."""
    return checked_order(symbol, size, **({"client_order_id": "a1"} | fields))


def altered(world: PreflightWorld, monkeypatch: pytest.MonkeyPatch, change: Change, *libraries: Library) -> None:
    """Let some libraries build another order than they were told to."""
    for library in libraries:
        client = world.client(library)

        def build(order: ValidatedOrder, build: Any = client.build_order_request) -> WireRequest:
            request: WireRequest = build(order)
            return replace(request, body=json.dumps(change(json.loads(request.body))).encode())

        monkeypatch.setattr(client, "build_order_request", build)


def checked(world: PreflightWorld, order: ValidatedOrder, **options: Any) -> PreflightResult:
    """One preflight; the intent is resolved too, unless told otherwise."""
    resolver = AccountResolver(world.clients["okx_sdk"]) if options.pop("resolves", True) else None
    accepts = options.pop("accepts", nobody)
    return Preflight(world.clients, accepts, resolver=resolver, **options).check(order)


def test_order_that_both_libraries_build_alike_may_be_sent(world: PreflightWorld) -> None:
    """Every field matches or is sent by neither; the verdict fits what the router asks for."""
    result = checked(world, order())
    assert isinstance(result, PreflightVerdict)
    assert (result.ok, result.compared, result.disagreements, result.reasons) == (True, True, (), ())
    assert {outcome for _, outcome in result.outcomes} == {Outcome.MATCH, Outcome.NOT_COMPARABLE}
    assert isinstance(result.resolution, ResolvedIntent)
    assert [one.library for one in result.built] == list(Library)
    assert all(one.request and one.sample_id == sample_id_of(one.request.body) for one in result.built)


def test_nothing_but_reads_leaves_for_a_preflight(world: PreflightWorld) -> None:
    """Requests are caught before the socket: the venue hears no order."""
    checked(world, order(size="0.02", price="1000", client_order_id="quiet1"))
    assert {request.method for request in world.heard} <= {"GET"}
    assert parsed(ask(world.venue, "/api/v5/trade/orders-pending"))["data"] == []
    posted(world.venue, json.loads(world.client(Library.CCXT).build_order_request(RESTING).body))
    assert len(parsed(ask(world.venue, "/api/v5/trade/orders-pending"))["data"]) == 1


FIELDS: list[tuple[str, Change, Severity]] = [
    ("instrument", lambda body: body | {"instId": "ETH-USDT-SWAP"}, Severity.S3),
    ("side", lambda body: body | {"side": "sell"}, Severity.S3),
    ("size", lambda body: body | {"sz": "2"}, Severity.S3),
    ("order_type", lambda body: body | {"ordType": "optimal_limit_ioc"}, Severity.S2),
    ("price", lambda body: body | {"px": "5"}, Severity.S2),
    ("td_mode", lambda body: body | {"tdMode": "isolated"}, Severity.S2),
    ("position_side", lambda body: body | {"posSide": "long"}, Severity.S2),
    ("reduce_only", lambda body: body | {"reduceOnly": True}, Severity.S2),
    ("client_order_id", lambda body: body | {"clOrdId": "somebodyelse"}, Severity.S2),
]


@pytest.mark.parametrize("library", list(Library))
@pytest.mark.parametrize(("field", "change", "severity"), FIELDS, ids=[case[0] for case in FIELDS])
def test_disagreement_about_what_an_order_means_blocks_it(
    world: PreflightWorld,
    monkeypatch: pytest.MonkeyPatch,
    *,
    library: Library,
    field: str,
    change: Change,
    severity: Severity,
) -> None:
    """One library alone says something else, whichever it is: the order is blocked and the finding points at both."""
    altered(world, monkeypatch, change, library)
    result = checked(world, order())
    finding = {one.field: one for one in result.findings}[field]
    assert not result.ok
    assert (finding.severity, finding.operation, finding.symbol) == (severity, OPERATION, SWAP)
    assert finding.ccxt_raw_sample_ref != finding.okx_raw_sample_ref
    assert finding.expected is not None
    assert finding.expected.value in {finding.ccxt.value, finding.okx_sdk.value}
    assert any(finding.reason in reason for reason in result.reasons)


@pytest.mark.parametrize(("field", "change", "_"), FIELDS, ids=[case[0] for case in FIELDS])
def test_error_that_both_libraries_share_blocks_the_order(
    world: PreflightWorld, monkeypatch: pytest.MonkeyPatch, field: str, change: Change, _: Severity
) -> None:
    """They agree, and not with what the intent resolves to; without the resolution it would have passed."""
    altered(world, monkeypatch, change, *Library)
    result = checked(world, order())
    finding = {one.field: one for one in result.findings}[field]
    assert not result.ok
    assert finding.rule == "both-libraries-differ-from-the-intent"
    assert finding.ccxt == finding.okx_sdk
    unresolved = checked(world, order(), resolves=False)
    assert field not in {one.field for one in unresolved.findings}


@pytest.mark.parametrize("change", [{"tag": "broker1"}, None])
def test_difference_that_cannot_change_the_order_is_listed_and_passes(
    world: PreflightWorld, monkeypatch: pytest.MonkeyPatch, change: dict[str, str] | None
) -> None:
    """A broker's tag is S1 and another endpoint S0; with a stricter limit they block."""
    if change is None:
        client = world.client(Library.CCXT)
        build = client.build_order_request
        batch = "/api/v5/trade/batch-orders"
        monkeypatch.setattr(client, "build_order_request", lambda order: replace(build(order), path=batch))
    else:
        altered(world, monkeypatch, lambda body: body | change, Library.CCXT)
    severity = Severity.S0 if change is None else Severity.S1
    result = checked(world, order())
    assert (result.ok, [one.severity for one in result.findings]) == (True, [severity])
    assert [one.blocks for one in result.disagreements] == [False]
    assert not checked(world, order(), block_from=severity).ok


def test_numbers_are_compared_as_numbers(world: PreflightWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """OKX reads 1.00 as 1: another spelling is no disagreement, another number is."""
    altered(world, monkeypatch, lambda body: body | {"sz": "1.00"}, Library.CCXT)
    assert checked(world, order()).ok
    altered(world, monkeypatch, lambda body: body | {"sz": "NaN"}, Library.CCXT)
    assert not checked(world, order()).ok


def test_difference_that_the_log_accepts_passes_under_its_entry(
    world: PreflightWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the accepted fingerprint passes; a second disagreement of the same order still blocks."""
    altered(world, monkeypatch, lambda body: body | {"tdMode": "isolated"}, Library.CCXT)
    (finding,) = checked(world, order()).findings

    def accepts(one: Finding) -> str | None:
        return "DIFF-20260701-abc" if one.fingerprint == finding.fingerprint else None

    result = checked(world, order(), accepts=accepts)
    assert (result.ok, result.accepted_by, result.reasons) == (True, ("DIFF-20260701-abc",), ())
    assert [one.outcome for one in result.findings] == [Outcome.ACCEPTED]
    assert str(result.disagreements[0]).startswith("S2 td_mode: ")
    altered(world, monkeypatch, lambda body: body | {"sz": "2"}, Library.CCXT)
    both = checked(world, order(), accepts=accepts)
    assert (both.ok, both.accepted_by) == (False, ("DIFF-20260701-abc",))


def test_findings_are_those_of_the_audits_own_judge(world: PreflightWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same requests through compare_requests and findings_from have the same fingerprints."""
    altered(world, monkeypatch, lambda body: body | {"sz": "2", "side": "sell"}, Library.OKX_SDK)
    result = checked(world, order())
    ccxt, okx_sdk = (one.request for one in result.built)
    assert ccxt is not None
    assert okx_sdk is not None
    case = RequestCase(OPERATION, SWAP, MarketType.SWAP, "another label")
    drafts = [draft for _, _, draft in compare_requests(case, ccxt, okx_sdk, own_ids=True) if draft is not None]
    assert {one.fingerprint for one in findings_from(drafts)} == {one.fingerprint for one in result.findings}


def test_accepted_default_of_the_libraries_says_nothing_about_an_order_of_ours(
    world: PreflightWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit's finding over bare words has another operation, and so another fingerprint."""
    altered(world, monkeypatch, lambda body: body | {"sz": "2"}, Library.OKX_SDK)
    result = checked(world, order())
    ccxt, okx_sdk = (one.request for one in result.built)
    assert ccxt is not None
    assert okx_sdk is not None
    case = RequestCase("native_order_request", SWAP, MarketType.SWAP, "swap market buy 1")
    drafts = [draft for _, _, draft in compare_requests(case, ccxt, okx_sdk, own_ids=True) if draft is not None]
    assert not {one.fingerprint for one in findings_from(drafts)} & {one.fingerprint for one in result.findings}


def test_library_that_cannot_build_blocks_with_its_reason(world: PreflightWorld) -> None:
    """CCXT sizes no options, so there is no second witness; nothing in the log can accept that."""
    option = order("BTC/USD:BTC-270326-60000-C", "0.02", price="0.05")
    result = checked(world, option, accepts=lambda _: "DIFF-20260701-abc")
    assert (result.ok, result.compared) == (False, False)
    assert result.reasons == (f"ccxt cannot build the order: {result.built[0].refusal}",)
    assert result.built[0].kind == "Unsupported"
    assert result.built[1].request is not None


def test_one_request_alone_is_still_held_against_the_intent(
    world: PreflightWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where only python-okx can build, what it builds must be what was asked; the other side was not asked."""
    altered(world, monkeypatch, lambda body: body | {"sz": "9"}, Library.OKX_SDK)
    result = checked(world, order("BTC/USD:BTC-270326-60000-C", "0.02", price="0.05"))
    (finding,) = result.findings
    assert (finding.field, finding.okx_sdk.value, finding.ccxt.reason) == ("size", "9", NullReason.NOT_ASKED)


def test_library_that_is_not_there_blocks_unless_it_is_not_expected(world: PreflightWorld) -> None:
    """With one library nothing is compared, and that has to be said by whoever opens the preflight."""
    alone = {"okx_sdk": world.clients["okx_sdk"]}
    missing = Preflight(alone, nobody).check(order())
    assert (missing.ok, missing.reasons) == (False, ("ccxt cannot build the order: there is no client of it",))
    expected = Preflight(alone, nobody, expected=(Library.OKX_SDK,)).check(order())
    assert (expected.ok, expected.compared, expected.outcomes) == (True, False, ())


def test_client_that_can_only_send_blocks_the_order(world: PreflightWorld) -> None:
    """Without a way to build before the socket there is nothing to compare."""
    clients: dict[str, Any] = {**world.clients, "ccxt": object()}
    result = Preflight(clients, nobody).check(order())
    assert "no way to build without sending" in result.reasons[0]


@pytest.mark.parametrize("body", ["[]", "not json", '[{"sz": "1"}, {"sz": "2"}]'])
def test_request_that_is_not_one_order_blocks(
    world: PreflightWorld, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    """What cannot be read cannot be compared, and a batch of two is two orders."""
    client = world.client(Library.OKX_SDK)
    build = client.build_order_request
    monkeypatch.setattr(client, "build_order_request", lambda order: replace(build(order), body=body.encode()))
    result = checked(world, order())
    assert (result.ok, result.compared) == (False, False)
    assert "not one order" in result.reasons[0]


def test_intent_that_resolves_to_no_order_blocks_with_the_reasons_of_all_three(world: PreflightWorld) -> None:
    """A perpetual in cash: the resolution and both clients refuse, each in its own words."""
    result = checked(world, order(td_mode=TdMode.CASH))
    assert isinstance(result.resolution, IntentRefused)
    assert result.resolution.okx_code == "51000"
    assert [reason.partition(":")[0] for reason in result.reasons] == [
        "the intent is refused",
        "ccxt cannot build the order",
        "okx_sdk cannot build the order",
    ]


def test_account_that_cannot_be_read_blocks_the_order(world: PreflightWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown is not fine: no account, no order, and no exception either."""
    resolver = AccountResolver(world.clients["okx_sdk"])

    def gone() -> None:
        message = "no complete answer arrived"
        raise TransportError(message)

    monkeypatch.setattr(world.clients["okx_sdk"], "get_account_config", gone)
    result = Preflight(world.clients, nobody, resolver=resolver).check(order())
    assert (result.ok, result.resolution) == (False, None)
    assert "cannot be read: no complete answer arrived" in result.reasons[0]


def test_forbidden_host_ends_the_preflight(world: PreflightWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A safety refusal is never one reason among others."""

    def forbidden(_: ValidatedOrder) -> None:
        message = "a request was about to leave"
        raise SafetyError(message)

    monkeypatch.setattr(world.client(Library.CCXT), "build_order_request", forbidden)
    with pytest.raises(SafetyError):
        checked(world, order())


@pytest.mark.parametrize("options", [{"block_from": Severity.S3}, {"expected": ()}])
def test_preflight_that_would_let_everything_pass_cannot_be_made(
    world: PreflightWorld, options: dict[str, Any]
) -> None:
    """There is no setting under which a disputed price or trade mode goes out."""
    with pytest.raises(UsageError):
        Preflight(world.clients, nobody, **options)


def test_expected_reading_is_what_an_order_must_say(world: PreflightWorld) -> None:
    """Written down by hand for a reducing limit sell in net mode."""
    resolver = AccountResolver(world.clients["okx_sdk"])
    wanted = order(side=Side.SHORT, size="0.0234", price="60000.07", reduce_only=True)
    resolved = resolver.resolve(wanted.intent)
    assert isinstance(resolved, ResolvedIntent)
    assert expected_reading(resolved) == {
        "instrument": "BTC-USDT-SWAP", "td_mode": "cross", "side": "sell", "position_side": "net",
        "order_type": "limit", "size": "2.34", "size_unit": "contracts", "price": "60000.1", "reduce_only": "true",
        "margin_currency": None, "client_order_id": "a1",
    }  # fmt: skip
