"""Two runs side by side: never across fidelities by accident, never without labels, never from a broken seal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.costs import compare as impedance_compare
from dualwitness.alignment.costs.compare import Figure, Row, are_across, compared, figures_of
from dualwitness.alignment.costs.runs import SealedRun, sealed_run
from dualwitness.alignment.replay import SealBroken
from dualwitness.models import ImpedanceFidelity
from dualwitness.venues import SafetyError, UsageError
from tests.support.impedance_runs import DEMO, EMBEDDED, LIVE, figures, run_of

PLACES: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "simulated": (EMBEDDED,),
    "real": (LIVE,),
    "unknown": (EMBEDDED, LIVE),
}
REPORT = "dual_alignment_report.json"


def sealed(out: Path, fidelity: str, name: str = "run_1", **parts: Any) -> SealedRun:
    """A run of that fidelity, read back."""
    return sealed_run(run_of(out, fidelity, {**figures(*PLACES[fidelity]), **parts}, name=name))


def row_of(rows: tuple[Row, ...], section: str, measure: str) -> Row:
    """The one row of that measure."""
    (found,) = (row for row in rows if (row.figure.section, row.figure.measure) == (section, measure))
    return found


@pytest.mark.parametrize("first", sorted(PLACES))
@pytest.mark.parametrize("second", sorted(PLACES))
def test_runs_are_compared_only_where_both_fidelities_are_known_and_the_same(
    tmp_path: Path, first: str, second: str
) -> None:
    """Nine pairs, of which two may stand side by side; an unknown is different from an unknown."""
    pair = sealed(tmp_path, first), sealed(tmp_path, second, "run_2")
    allowed = first == second != "unknown"
    assert are_across(*pair) is not allowed
    if allowed:
        assert {row.across_fidelities for row in compared(*pair, across_fidelities=False)} == {False}
        return
    with pytest.raises(SafetyError, match="different fidelities are not compared") as refusal:
        compared(*pair, across_fidelities=False)
    assert refusal.value.exit_code == 4
    assert "--across-fidelities" in refusal.value.advice


def test_refusal_is_made_by_the_question_whether_the_runs_are_across(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the question switched off the same two runs go through: it is this guard that holds them back."""
    pair = sealed(tmp_path, "simulated"), sealed(tmp_path, "real", "run_2")
    monkeypatch.setattr(impedance_compare, "are_across", lambda *_: False)
    assert compared(*pair, across_fidelities=False)


@pytest.mark.parametrize(("first", "second"), [("simulated", "real"), ("unknown", "unknown"), ("simulated", "unknown")])
def test_comparison_across_fidelities_says_so_in_every_row(tmp_path: Path, first: str, second: str) -> None:
    """Both labels and the warning, in every one of them."""
    pair = sealed(tmp_path, first), sealed(tmp_path, second, "run_2")
    rows = compared(*pair, across_fidelities=True)
    assert len(rows) > 15
    for row in rows:
        document = row.document()
        assert document["across_fidelities"] is True
        assert (document["first_label"], document["second_label"]) == (pair[0].label, pair[1].label)
        assert document["first_label"].startswith(first)
        assert document["second_label"].startswith(second)


def test_comparison_within_a_fidelity_labels_every_row_too(tmp_path: Path) -> None:
    """Embedded venue and OKX demo are both simulated, and still two places."""
    ours = sealed(tmp_path, "simulated")
    theirs = sealed_run(run_of(tmp_path, "simulated", figures(DEMO), name="run_2"))
    rows = compared(ours, theirs, across_fidelities=False)
    assert {(row.first_label, row.second_label) for row in rows} == {
        ("simulated: embedded venue", "simulated: OKX demo trading")
    }


def test_comparison_tells_medians_as_a_ratio_and_costs_as_a_difference(tmp_path: Path) -> None:
    """Twice the latency is x2; half a basis point more is +0.5; what one run lacks has no change."""
    ours = sealed(tmp_path, "simulated")
    section = figures(EMBEDDED, p50=4.0)
    section["slippage_bps"]["ccxt"][0]["bps"] = "1.0"
    section["fee_truth"]["ccxt"]["by_currency"]["USDT"]["paid"]["charged_bps"] = "4.5"
    del section["orders"]["ccxt"]["refused"]["51008"]
    rows = compared(ours, sealed_run(run_of(tmp_path, "simulated", section, name="run_2")), across_fidelities=False)
    assert row_of(rows, "latency", "call_ms").change == "x2.000"
    assert row_of(rows, "slippage", "bps").change == "+0.5"
    assert row_of(rows, "fees", "charged_bps").change == "-0.5"
    gone = row_of(rows, "orders", "refused 51008")
    assert (gone.first, gone.second, gone.second_reason, gone.change) == (1, None, "absent", None)


def test_figure_that_a_run_does_not_have_is_null_with_its_own_reason(tmp_path: Path) -> None:
    """The reason of the report where it gives one, else that it is absent."""
    told = figures_of(sealed(tmp_path, "simulated"))
    assert told[Figure("latency", "get_fills ccxt", "network_ms")] == (None, "not_asked")
    assert told[Figure("latency", "get_fills ccxt", "sign_ms")] == (None, "absent")
    assert told[Figure("slippage", "open buy ccxt", "book_bps")] == (None, "absent")
    assert told[Figure("skew", "both libraries, sent", "skew_ms")] == (None, "absent")
    assert told[Figure("fees", "unchecked ccxt", "absent")] == (1, None)


def test_every_percentile_stands_beside_its_count(tmp_path: Path) -> None:
    """Of calls, of requests, and of the calls that could be split."""
    section = figures(EMBEDDED)
    entry = section["latency"]["get_fills"]["ccxt"]
    percentiles = {name: value for name, value in entry["call_ms"].items() if name != "count"}
    entry |= {"calls": 5, "requests": 7, "call_ms": percentiles, "wire_ms": percentiles}
    told = figures_of(sealed_run(run_of(tmp_path, "simulated", section)))
    counts = {figure.measure: value["count"] for figure, (value, _) in told.items() if isinstance(value, dict)}
    assert counts == {"call_ms": 5, "wire_ms": 7, "build_ms": 4, "skew_ms": 4}


def test_zero_is_a_figure_and_no_missing_one(tmp_path: Path) -> None:
    """Slippage of nothing is the best there is; a median of zero gives no ratio."""
    section = figures(EMBEDDED, p50=0.0)
    section["slippage_bps"]["ccxt"][0]["book_bps"] = "0"
    run = sealed_run(run_of(tmp_path, "simulated", section))
    assert figures_of(run)[Figure("slippage", "open buy ccxt", "book_bps")] == ("0", None)
    rows = compared(run, run, across_fidelities=False)
    assert row_of(rows, "latency", "call_ms").change is None
    assert row_of(rows, "slippage", "book_bps").change == "+0"


@pytest.mark.parametrize(
    "broken", [{"orders": {"ccxt": {}}}, {"fee_truth": {"ccxt": []}}, {"slippage_bps": {"ccxt": [1]}}]
)
def test_report_of_another_build_is_a_usage_error(tmp_path: Path, broken: dict[str, Any]) -> None:
    """Sealed and readable, but not as this version builds it: told by name, not half compared."""
    with pytest.raises(UsageError, match="cannot be read"):
        figures_of(sealed(tmp_path, "simulated", **broken))


def test_label_of_a_run_names_fidelity_and_places(tmp_path: Path) -> None:
    """It stands beside each figure; a record contacted nobody."""
    assert sealed(tmp_path, "unknown").label == "unknown: OKX live and embedded venue"
    record = sealed_run(run_of(tmp_path, "unknown", figures(), name="run_2"))
    assert (record.label, record.fidelity) == ("unknown: nobody was contacted", ImpedanceFidelity.UNKNOWN)


@pytest.mark.parametrize("status", ["running", "failed", "interrupted"])
def test_run_that_never_ended_is_refused(tmp_path: Path, status: str) -> None:
    """What is not sealed proves nothing."""
    with pytest.raises(SealBroken, match=f"not sealed: its status was '{status}'") as refusal:
        sealed_run(run_of(tmp_path, "simulated", figures(EMBEDDED), status=status))
    assert refusal.value.exit_code == 5


def test_run_whose_report_is_not_under_the_seal_is_refused(tmp_path: Path) -> None:
    """A report beside a manifest that does not know it."""
    folder = run_of(tmp_path, "simulated", figures(EMBEDDED))
    manifest = json.loads((folder / "run_manifest.json").read_text())
    (folder / "run_manifest.json").write_text(json.dumps({**manifest, "files": {}}))
    with pytest.raises(SealBroken, match="not sealed"):
        sealed_run(folder)


def test_run_whose_report_was_changed_is_refused_by_name(tmp_path: Path) -> None:
    """One digit of one latency."""
    folder = run_of(tmp_path, "simulated", figures(EMBEDDED))
    text = (folder / REPORT).read_text()
    (folder / REPORT).write_text(text.replace("9.0", "8.0", 1))
    with pytest.raises(SealBroken, match=f"{REPORT} in .* differs from what the manifest sealed"):
        sealed_run(folder)


@pytest.mark.parametrize("contacted", [(LIVE,), (EMBEDDED, LIVE), ()])
def test_fidelity_that_the_contacts_do_not_bear_out_is_refused(
    tmp_path: Path, contacted: tuple[Mapping[str, Any], ...]
) -> None:
    """It is derived again from whom the run says it contacted: calling a live run simulated is found."""
    with pytest.raises(SealBroken, match="contradicts itself"):
        sealed_run(run_of(tmp_path, "simulated", figures(*contacted)))


def test_report_that_does_not_name_its_contacts_is_of_unknown_fidelity(tmp_path: Path) -> None:
    """An earlier version wrote it: its word cannot be derived again, so it is not compared by accident."""
    section = figures()
    del section["contacted"]
    run = sealed_run(run_of(tmp_path, "simulated", section))
    assert run.fidelity is ImpedanceFidelity.UNKNOWN
    assert are_across(run, run)


@pytest.mark.parametrize("content", [None, "", "{}", "[]", "not json", '{"status": "completed", "files": 1}'])
def test_folder_that_holds_no_run_is_a_usage_error(tmp_path: Path, content: str | None) -> None:
    """Missing, empty or foreign: exit code 2, no traceback."""
    if content is not None:
        (tmp_path / "run_manifest.json").write_text(content)
    with pytest.raises(UsageError, match="holds no readable run"):
        sealed_run(tmp_path)


@pytest.mark.parametrize("section", [{}, {"latency": 1}, {"latency": {}}])
def test_sealed_report_without_figures_is_a_usage_error(tmp_path: Path, section: dict[str, Any]) -> None:
    """The last has latencies, but contacts that are none."""
    with pytest.raises(UsageError, match="holds no readable run"):
        sealed_run(run_of(tmp_path, "simulated", {"contacted": [{}], **section}))
