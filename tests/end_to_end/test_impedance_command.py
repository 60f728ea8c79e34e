"""``python -m alignment.impedance`` over two real runs: shown, compared, refused, and every figure labelled."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dualwitness.alignment.audit import audit
from dualwitness.alignment.costs.command import main
from dualwitness.alignment.replay import recorded_run
from tests.support.audit_run import ROOT, audit_in_process, clean_environment, settings_for
from tests.support.impedance_runs import LIVE, resealed

LABEL = "simulated: embedded venue"


class Runs(NamedTuple):
    """Two audits of the embedded venue, the first of them as if it had met OKX itself, and its replay."""

    first: Path
    second: Path
    real: Path
    replayed: Path


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Two seeds, two runs."""
    out = tmp_path_factory.mktemp("impedance")
    first, second = (audit_in_process(out, seed=seed).folder for seed in (1, 2))
    offline = settings_for(out, mode="offline", samples=str(first))
    settings, recorded = recorded_run(offline)
    return Runs(first, second, resealed(first, out, "real", LIVE), audit(settings, recorded=recorded).folder)


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as a user types it."""
    line = (sys.executable, "-m", "alignment.impedance", *words)
    return subprocess.run(
        line, capture_output=True, text=True, cwd=ROOT, env=clean_environment(), timeout=60, check=False
    )


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """The same in this process: exit code, output, messages."""
    code = main(words)
    return code, *capsys.readouterr()


def rows_of(text: str) -> list[str]:
    """The rows of a comparison, without its heading."""
    return [line for line in text.splitlines() if " | " in line]


def test_two_runs_of_one_fidelity_are_compared_as_a_user_types_it(runs: Runs) -> None:
    """Exit code 0, both labels in every row, nobody called across."""
    done = command("compare", str(runs.first), str(runs.second))
    assert (done.returncode, done.stderr) == (0, "")
    rows = rows_of(done.stdout)
    assert len(rows) > 100
    assert all(row.count(LABEL) == 2 for row in rows)
    assert "ACROSS" not in done.stdout
    for words in ("latency get_fills ccxt build_ms", "latency get_fills okx_sdk sign_ms", "skew both libraries, sent",
                  "slippage open buy ccxt bps", "fees USDT paid okx_sdk difference_bps"):  # fmt: skip
        assert any(row.startswith(words) for row in rows), words


def test_two_runs_of_different_fidelity_are_refused_with_exit_4_and_no_figure(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names both worlds and the way around."""
    code, out, told = run(capsys, "compare", str(runs.second), str(runs.real))
    assert (code, out) == (4, "")
    assert LABEL in told
    assert "real: OKX live" in told
    assert "--across-fidelities" in told


def test_two_runs_of_different_fidelity_are_compared_when_told_to_and_every_row_says_so(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both labels and the warning in every row, in text and in JSON."""
    words = ("compare", str(runs.second), str(runs.real), "--across-fidelities")
    code, out, told = run(capsys, *words)
    assert (code, told) == (0, "")
    rows = rows_of(out)
    assert len(rows) > 100
    assert all(LABEL in row and "real: OKX live" in row and row.endswith("ACROSS FIDELITIES") for row in rows)
    code, out, _ = run(capsys, *words, "--json")
    document = json.loads(out)
    assert (code, document["across_fidelities"], len(document["rows"])) == (0, True, len(rows))
    for row in document["rows"]:
        assert (row["first_label"], row["second_label"], row["across_fidelities"]) == (LABEL, "real: OKX live", True)


def test_replayed_run_is_of_unknown_fidelity_and_compared_with_nothing(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even with itself; its network is null, never a number."""
    code, _, told = run(capsys, "compare", str(runs.replayed), str(runs.replayed))
    assert code == 4
    assert "unknown: nobody was contacted" in told
    figures: dict[str, Any] = json.loads((runs.replayed / "dual_alignment_report.json").read_text())["impedance"]
    assert (figures["fidelity"], figures["contacted"], figures["skew_ms"]) == ("unknown", [], None)
    calls = [entry for libraries in figures["latency"].values() for entry in libraries.values()]
    assert {str(entry["network_ms"]) for entry in calls} == {"None"}
    assert {entry["reasons"]["network_ms"] for entry in calls} == {"not_asked"}
    assert all(entry["parse_ms"]["count"] > 0 for entry in calls)


def test_figures_of_a_real_run_are_all_there_and_add_up(runs: Runs) -> None:
    """Each phase with its count; where an operation was called once, the phases are the call."""
    report = json.loads((runs.first / "dual_alignment_report.json").read_text())
    figures = report["impedance"]
    assert figures["fidelity"] == report["flags"]["impedance_fidelity"] == "simulated"
    assert [(one["place"], one["simulated_trading_header"]) for one in figures["contacted"]] == [
        ("embedded venue", True)
    ]
    phases = ("build_ms", "sign_ms", "wait_ms", "network_ms", "parse_ms")
    once = 0
    for libraries in figures["latency"].values():
        for entry in libraries.values():
            assert all(entry[name]["count"] <= entry["calls"] for name in phases)
            if entry["calls"] == 1:
                once += 1
                assert sum(entry[name]["p50"] for name in phases) == pytest.approx(entry["call_ms"]["p50"], abs=0.002)
    assert once > 4
    for library in ("ccxt", "okx_sdk"):
        assert figures["orders"][library]["by_state"] == {"canceled": 1, "filled": 2}
        assert [(one["order"], one["book_bps"]) for one in figures["slippage_bps"][library]] == [
            ("open", "0"),
            ("close", "0"),
        ]
        truth = figures["fee_truth"][library]
        assert truth["unchecked"] == {}
        assert {
            entry["worst_difference_bps"] for signs in truth["by_currency"].values() for entry in signs.values()
        } == {"0"}
    assert {one["what"] for one in figures["not_shown"]} >= {"queue position", "market impact"}


def test_show_of_a_run_labels_every_figure_and_ends_with_what_it_cannot_show(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run, one label; the limits by name and reason."""
    code, out, _ = run(capsys, "show", str(runs.first))
    assert code == 0
    assert all(LABEL in row for row in rows_of(out))
    assert "what these figures cannot show:" in out
    assert "- market impact: " in out
    code, out, _ = run(capsys, "show", str(runs.first), "--json")
    document = json.loads(out)
    assert (code, document["run"]["impedance_fidelity"], document["run"]["label"]) == (0, "simulated", LABEL)


def test_run_whose_report_was_changed_is_exit_5(runs: Runs, tmp_path: Path) -> None:
    """As a user types it: one line, no traceback, nothing compared."""
    changed = resealed(runs.first, tmp_path, "real", LIVE)
    report = changed / "dual_alignment_report.json"
    report.write_text(report.read_text().replace("simulated_trading_header", "header", 1))
    done = command("compare", str(runs.first), str(changed))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (5, "", 1)
    assert "differs from what the manifest sealed" in done.stderr


@pytest.mark.parametrize(
    "words", [(), ("compare",), ("compare", "one"), ("compare", "a", "b", "c"), ("show", "nowhere"), ("other", "x")]
)
def test_command_that_names_no_run_is_a_usage_error(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Too few words, too many, an unknown one, or a folder that is not there."""
    code, out, told = run(capsys, *words)
    assert (code, out) == (2, "")
    assert told
