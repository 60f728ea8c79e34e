"""The cells really run: each in its quick form, in a fresh process, with positive ratios."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.rules import RULES
from dualwitness.benchmarks import command
from dualwitness.benchmarks.cell_compare import plain_compare
from dualwitness.benchmarks.material import Material, open_material
from dualwitness.benchmarks.processes import run_cell
from dualwitness.benchmarks.registry import CELLS


@pytest.fixture(scope="module")
def material() -> Material:
    """Rows of the embedded venue, without a socket."""
    return open_material()


@pytest.mark.parametrize("name", CELLS)
def test_quick_run_of_each_cell_gives_positive_ratios(name: str) -> None:
    """One process and one round set the cell up, time every contender and judge every target."""
    cell = CELLS[name]
    result = run_cell(cell, processes=1, rounds=1)
    assert [summary.target for summary in result.summaries] == list(cell.targets)
    assert all(cost > 0 for cost in result.costs_s.values())
    for summary in result.summaries:
        is_ratio = bool(summary.target.under)
        assert summary.median > 0 if is_ratio else summary.median >= 0
        assert (summary.yardstick in summary.target.under) == is_ratio


def test_import_cell_of_our_packages_finds_no_heavy_library_loaded() -> None:
    """The structure needs no clock: neither ccxt nor okx nor deepdiff is loaded by an import."""
    result = run_cell(CELLS["import"], processes=1, rounds=1)
    assert result.figures["heavy_libraries_loaded"] == 0
    assert result.figures["modules_all_packages"] > result.figures["modules_umbrella"]


def test_audit_cell_counts_every_second_of_the_process_once() -> None:
    """Own work, the calls of both libraries and the opening of their clients add up to the whole."""
    result = run_cell(CELLS["audit"], processes=1, rounds=1)
    costs = result.costs_s
    assert costs["libraries"] == pytest.approx(costs["ccxt"] + costs["okx_sdk"])
    assert costs["whole"] == pytest.approx(costs["own"] + costs["libraries"] + costs["opening"])
    assert result.figures["api_calls"] > 50
    assert result.figures["findings"] > 10


def test_material_rows_of_one_kind_have_ids_of_their_own(material: Material) -> None:
    """Rows that shared a key would be joined as one, and the comparison would be of fewer rows than it says."""
    for rows, operation in ((material.positions(300), "get_positions"), (material.fills(300), "get_fills")):
        assert len({RULES[operation].key(row) for row in rows}) == 300


def test_plain_comparison_of_moved_rows_names_exactly_what_moved(material: Material) -> None:
    """The yardstick does the whole work: each changed field, and rows that one side alone has."""
    rules = RULES["get_positions"]
    rows = material.positions(3)
    changed = rows[1].model_copy(update={"mark_price": rows[1].mark_price + 1})  # type: ignore[operator]
    found = plain_compare(rows, (changed, rows[0]), rules)
    assert found == [(rules.key(rows[1]), "mark_price"), (rules.key(rows[2]), "")]
    assert plain_compare(rows[:1], rows[:2], rules) == [(rules.key(rows[1]), "")]


def report_of(path: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of one run of the command."""
    code = command.main(["--quick", "--cell", "normalise", "--json", str(path), *words])
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return code, document


def test_command_without_gate_ends_with_zero_and_a_complete_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A missed gate is printed and not punished; the document holds every value with its limits."""
    code, document = report_of(tmp_path / "result.json")
    assert code == 0
    (cell,) = document["cells"]
    assert {value["name"] for value in cell["values"]} == {target.name for target in CELLS["normalise"].targets}
    assert all({"median", "goal", "goal_met", "gate", "gate_met"} <= value.keys() for value in cell["values"])
    assert set(cell["costs_s"]) == {"ours", "ccxt", "by_hand"}
    assert "normalise" in capsys.readouterr().out


@pytest.mark.parametrize(("gate", "code"), [(1e-9, 1), (1e9, 0)])
def test_command_with_gate_ends_with_one_where_a_gate_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gate: float, code: int
) -> None:
    """A gate that nothing can meet is exit 1, one that everything meets is exit 0."""
    from dataclasses import replace

    cell = CELLS["normalise"]
    targets = tuple(replace(target, gate=gate) for target in cell.targets)
    monkeypatch.setitem(CELLS, "normalise", replace(cell, targets=targets))
    assert report_of(tmp_path / "result.json", "--gate")[0] == code


@pytest.mark.parametrize("words", [["--cell", "nonsense"], ["--processes", "0"], ["--rounds", "many"]])
def test_command_with_senseless_words_ends_with_two(words: list[str]) -> None:
    """A wrong command line measures nothing."""
    assert command.main(words) == 2
