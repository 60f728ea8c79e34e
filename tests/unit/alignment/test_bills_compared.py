"""Bills, finished orders and leverage in a whole audit: compared row by row, and every honest difference explained."""

from __future__ import annotations

import pytest

from dualwitness.models import Layer, OddOneOut, Severity
from tests.support.audit_run import AuditRun, audit_in_process

PAST = ("get_bills", "get_order_history", "get_leverage")
# What an account must have lived through for each line of the table to be met.
EXPLAINED = {
    "positions": {
        "ledger-symbol-made-and-dropped",
        "market-order-price-invented",
        "order-type-mapping-loses-venue-type",
    },
    "liquidated": {"ledger-symbol-made-and-dropped", "ledger-type-collapses-venue-types"},
}


@pytest.fixture(scope="module", params=EXPLAINED)
def scenario(request: pytest.FixtureRequest) -> str:
    """Each past in turn."""
    chosen: str = request.param
    return chosen


@pytest.fixture(scope="module")
def honest(scenario: str, tmp_path_factory: pytest.TempPathFactory) -> AuditRun:
    """An audit of a venue that tells the truth."""
    return audit_in_process(tmp_path_factory.mktemp("bills"), scenario=scenario)


def test_differences_of_an_honest_past_are_ccxt_s_and_each_is_explained(honest: AuditRun, scenario: str) -> None:
    """No finding of these operations goes by the bare name of its field, and none is fatal."""
    found = [one for one in honest.findings if one.operation in PAST and one.kind.value == "library_disagreement"]
    assert {one.layer for one in found} == {Layer.PARSE}
    assert {one.odd_one_out for one in found} == {OddOneOut.CCXT}
    assert not [one.rule for one in found if one.rule == f"{one.operation}.{one.field}"]
    assert max(one.severity.rank for one in found) <= Severity.S2.rank
    assert {one.rule for one in found} >= EXPLAINED[scenario]


def test_cash_of_bills_is_compared_although_ccxt_names_no_instrument(honest: AuditRun) -> None:
    """A row whose symbol one library leaves out is still the same row: its money is held against the other's."""
    axes = honest.read("dual_alignment_report.json")["axes"]
    told = {(axis, name): counts for axis, content in axes.items() for name, counts in content["fields"].items()}
    for name in ("bill_id", "currency", "change", "balance"):
        counts = told["I", f"get_bills.{name}"]
        assert counts["match"] > 10
        assert set(counts) == {"match"}
    assert told["M", "get_bills.fee"]["match"] > 5
    assert told["M", "get_order_history.filled_contracts"]["match"] > 2
    assert told["I", "get_bills.side"]["one_missing"] > 5


def test_balance_is_read_before_and_after_and_bills_once(honest: AuditRun) -> None:
    """The raw samples show in which order: opening balance, orders, balance, bills."""
    for library in ("ccxt", "okx_sdk"):
        calls = [one["request"]["path"] for one in honest.read(f"{library}_raw_samples.json")["calls"]]
        balances = [place for place, path in enumerate(calls) if path == "/api/v5/account/balance"]
        assert balances[0] < calls.index("/api/v5/trade/order") < balances[1]
        assert calls.count("/api/v5/account/bills-archive") == 1
        assert calls.index("/api/v5/account/bills-archive") > balances[1]
