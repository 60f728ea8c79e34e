"""Entries by hand: from YAML, from flags, from a run's finding; what lacks evidence is refused with what to collect."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dualwitness.config import ConfigError
from dualwitness.difflog.add import completed, fields_from_run, fields_from_yaml, laid_over, placed
from dualwitness.difflog.errors import EntryRefused, IntegrityFailure
from dualwitness.difflog.facts import fact_at
from dualwitness.difflog.flags import FLAGS, LISTS, NULLABLE
from dualwitness.difflog.records import Entry, Stored, World
from dualwitness.models.enums import Axis, FindingKind, Layer, MarketType, OddOneOut, Outcome
from dualwitness.models.finding import fingerprint_of
from tests.support.difflog_command import difflog
from tests.support.difflog_records import (
    TODAY,
    bodies_of,
    entry_fields,
    keep_bodies,
    made_entry,
    open_log,
    references_of,
)
from tests.support.difflog_runs import BY_HAND, FINDING, sealed_run


def log_with_samples(folder: Path) -> Path:
    """A log that holds the bodies of entry 0, and no entry."""
    with open_log(folder) as log:
        keep_bodies(log, 0)
    return folder


def records_of(folder: Path) -> tuple[Stored, ...]:
    """Everything in a log."""
    with open_log(folder) as log:
        return log.read().records


def as_yaml(path: Path, **changes: Any) -> Path:
    """A complete entry as a person would write it down."""
    path.write_text(yaml.safe_dump(entry_fields(0, **changes)), encoding="utf-8")
    return path


def places(value: dict[str, Any], above: str = "") -> Iterator[str]:
    """Every place in the fields of an entry."""
    for name, inner in value.items():
        yield from places(inner, f"{above}{name}.") if isinstance(inner, dict) else [f"{above}{name}"]


def test_every_place_in_an_entry_has_its_flag() -> None:
    """What the record has can be given by hand; a flag fills nothing that is not there."""
    filled = {place for place, _ in FLAGS.values()}
    whole = json.loads(made_entry().model_dump_json(exclude={"record"}))
    of_records = {place.replace(".name", "").replace(".version", "") if "libraries" in place else place
                  for place in places(whole)}  # fmt: skip
    assert filled == of_records
    assert {*NULLABLE, *LISTS} <= filled


def test_values_are_placed_where_their_flag_says() -> None:
    """Dotted places become nested fields; lists, libraries and null are understood."""
    assert placed(
        {
            "run.run_id": "r",
            "libraries.a": "ccxt@4.5.90",
            "mitigation.required_manifest_flags": "one, two,",
            "run.docker_image_digest": "null",
            "observed.ccxt_output": "null",
        }
    ) == {
        "run": {"run_id": "r", "docker_image_digest": None},
        "libraries": {"a": {"name": "ccxt", "version": "4.5.90"}},
        "mitigation": {"required_manifest_flags": ["one", "two"]},
        "observed": {"ccxt_output": "null"},
    }


@pytest.mark.parametrize("values", [{"run": "x", "run.run_id": "r"}, {"run.run_id": "r", "run": "x"}])
def test_place_inside_of_a_value_is_refused(values: dict[str, str]) -> None:
    """A thing cannot be a text and have parts."""
    with pytest.raises(EntryRefused, match="one value"):
        placed(values)


def test_later_layer_holds_where_both_name_a_place() -> None:
    """The rest of the earlier one stays."""
    assert laid_over({"a": {"b": 1, "c": 2}, "d": 3}, {"a": {"b": 4}}, {"d": {"e": 5}}) == {
        "a": {"b": 4, "c": 2},
        "d": {"e": 5},
    }


def test_fingerprint_and_id_follow_from_the_words_of_the_entry() -> None:
    """They are those that an audit would give to the same difference."""
    fields = entry_fields(0)
    del fields["fingerprint"], fields["entry_id"]
    whole = completed(fields, TODAY)
    assert whole["fingerprint"] == fingerprint_of(
        kind=FindingKind.LIBRARY_DISAGREEMENT,
        layer=Layer.PARSE,
        odd_one_out=OddOneOut.CCXT,
        axis=Axis.I,
        operation="get_positions",
        symbol="BTC/USDT:USDT",
        market_type=MarketType.SWAP,
        field="entry_price",
        outcome=Outcome.MISMATCH,
        rule="positions.entry_price",
    )
    assert whole["entry_id"] == f"DIFF-20261121-{whole['fingerprint'][:10]}"


@pytest.mark.parametrize("changes", [{"kind": "no kind"}, {"axis": None}, {"environment": "x"}])
def test_fingerprint_is_not_made_of_words_that_are_none_of_ours(changes: dict[str, Any]) -> None:
    """Nothing is guessed: it stays to be named."""
    fields = entry_fields(0) | changes
    del fields["fingerprint"], fields["entry_id"]
    assert "fingerprint" not in completed(fields, TODAY)


def test_yaml_file_with_a_fault_is_refused_at_its_line() -> None:
    """The line of a duplicate key is named, as in every YAML file of this project."""
    with pytest.raises(ConfigError, match=r"entry\.yaml:2"):
        fields_from_yaml(b"axis: E\naxis: I\n", "entry.yaml")


def test_entry_from_a_complete_yaml_file_is_added(tmp_path: Path) -> None:
    """All of it is in the log as it was written down."""
    folder = log_with_samples(tmp_path / "log")
    answered = difflog("add", as_yaml(tmp_path / "entry.yaml"), "--difflog", folder)
    assert (answered.code, answered.err) == (0, "")
    assert answered.out == f"{made_entry().entry_id} added as record 0\n"
    (stored,) = records_of(folder)
    assert stored.entry == made_entry()


def test_flag_holds_over_the_file(tmp_path: Path) -> None:
    """What is typed now is meant now."""
    folder = log_with_samples(tmp_path / "log")
    difflog("add", as_yaml(tmp_path / "entry.yaml"), "--severity", "S3", "--difflog", folder)
    assert records_of(folder)[0].entry.severity == "S3"


def test_entry_from_flags_alone_is_added_with_the_bodies_of_two_files(tmp_path: Path) -> None:
    """No file but the two answers; their bytes are kept under their addresses."""
    words: list[str | Path] = []
    for flag, (place, _) in FLAGS.items():
        value = fact_at(json.loads(made_entry().model_dump_json()), place)
        if flag in ("--ccxt-raw-sample-ref", "--okx-raw-sample-ref") or value in (None, []):
            continue
        if isinstance(value, dict):
            value = f"{value['name']}@{value['version']}"
        words += [flag, ",".join(value) if isinstance(value, list) else value]
    for name, body in zip(("ccxt", "okx"), bodies_of(0), strict=True):
        (tmp_path / name).write_bytes(body)
        words += [f"--{name}-sample", tmp_path / name]
    answered = difflog("add", *words, "--difflog", tmp_path / "log")
    assert (answered.code, answered.err) == (0, "")
    assert records_of(tmp_path / "log")[0].entry == made_entry()
    assert sorted(path.name for path in (tmp_path / "log" / "samples").iterdir()) == sorted(references_of(0))


def test_empty_entry_is_refused_with_everything_to_collect_and_its_flags(tmp_path: Path) -> None:
    """Run, environment, both samples, all four impacts and the mitigation are asked for; nothing is written."""
    answered = difflog("add", "--difflog", tmp_path / "log")
    assert (answered.code, answered.out) == (2, "")
    for place in (
        "run.run_id", "run.git_commit", "run.docker_image_digest", "run.python_version", "environment.env",
        "environment.td_mode", "environment.pos_mode", "environment.margin_mode", "evidence.ccxt_raw_sample_ref",
        "evidence.okx_raw_sample_ref", "impact.E", "impact.I", "impact.M", "impact.C", "mitigation.degrade_strategy",
    ):  # fmt: skip
        assert f"  {place}: " in answered.err
    assert answered.err.count("[--") == answered.err.count("\n") - 1
    assert "[--ccxt-sample FILE]" in answered.err
    assert "entry_id" not in answered.err
    assert not (tmp_path / "log" / "entries.jsonl").exists()


@pytest.mark.parametrize("place", [place for place, _ in FLAGS.values() if place not in (*NULLABLE, *LISTS)])
def test_entry_without_one_of_its_facts_is_refused_for_that_one(tmp_path: Path, place: str) -> None:
    """Each is demanded, but for what has a default or only explains what is null."""
    fields = entry_fields(0)
    *path, last = place.split(".")
    inner: Any = fields
    for name in path:
        inner = inner[name]
    has_default = place in ("decision.status", "fingerprint", "entry_id") or last not in inner
    inner.pop(last, None)
    file = tmp_path / "entry.yaml"
    file.write_text(yaml.safe_dump(fields), encoding="utf-8")
    answered = difflog("add", file, "--difflog", log_with_samples(tmp_path / "log"))
    if has_default:
        assert answered.code == 0
    else:
        assert answered.code == 2
        assert f"\n  {place.removesuffix('_reason')}" in answered.err


def test_sample_that_the_log_does_not_hold_refuses_the_entry(tmp_path: Path) -> None:
    """A reference is no evidence; the bytes are."""
    answered = difflog("add", as_yaml(tmp_path / "entry.yaml"), "--difflog", tmp_path / "log")
    assert answered.code == 2
    assert references_of(0)[0] in answered.err


def test_unknown_key_in_the_file_refuses_the_entry(tmp_path: Path) -> None:
    """A mistyped field is not dropped."""
    folder = log_with_samples(tmp_path / "log")
    answered = difflog("add", as_yaml(tmp_path / "entry.yaml", severty="S1"), "--difflog", folder)
    assert answered.code == 2
    assert "severty" in answered.err


def test_difference_that_is_in_the_log_becomes_an_occurrence_of_another_run(tmp_path: Path) -> None:
    """One entry a difference; what the same run saw is not counted twice."""
    folder = log_with_samples(tmp_path / "log")
    file = as_yaml(tmp_path / "entry.yaml")
    difflog("add", file, "--difflog", folder)
    same = difflog("add", file, "--difflog", folder)
    assert (same.code, "in the log already" in same.err) == (2, True)
    later = "run_20261122_120000_0123456"
    report = f"{later}/dual_alignment_report.json"
    again = difflog("add", file, "--run-id", later, "--alignment-report-ref", report, "--difflog", folder)
    assert (again.code, "seen again" in again.out) == (0, True)
    assert [one.kind for one in records_of(folder)] == ["entry", "occurrence"]


def test_id_of_another_difference_is_refused(tmp_path: Path) -> None:
    """Two differences cannot share an id."""
    folder = log_with_samples(tmp_path / "log")
    file = as_yaml(tmp_path / "entry.yaml")
    difflog("add", file, "--difflog", folder)
    assert difflog("add", file, "--fingerprint", "f" * 16, "--difflog", folder).code == 2
    assert len(records_of(folder)) == 1


def test_finding_of_a_run_brings_what_the_run_knows_and_asks_for_the_rest(tmp_path: Path) -> None:
    """Mode hints, impact and next verification are a person's to name."""
    run = sealed_run(tmp_path / "run")
    refused = difflog("add", "--from-run", run, FINDING, "--difflog", tmp_path / "log")
    asked = [line.strip().split(":")[0] for line in refused.err.splitlines()[1:]]
    assert asked == [
        "environment.td_mode", "environment.pos_mode", "environment.margin_mode", "impact.E", "impact.M", "impact.C",
        "decision.next_verification",
    ]  # fmt: skip
    answered = difflog("add", "--from-run", run, FINDING, *BY_HAND, "--difflog", tmp_path / "log")
    assert (answered.code, answered.err) == (0, "")
    entry = records_of(tmp_path / "log")[0].entry
    assert entry.environment.env is World.SIM
    assert entry.observed.okx_output == "null (blank)"
    assert entry.observed.mismatch == "ccxt: 60000.1; okx_sdk: null (blank); expected 60000.2 (the body)"
    assert difflog("verify", "--difflog", tmp_path / "log").code == 0


def test_planted_lies_of_the_run_stand_in_the_entry(tmp_path: Path) -> None:
    """What was made up by us is not the library's fault, and is not lost on the way."""
    fields, _ = fields_from_run(sealed_run(tmp_path / "run", lies=["stale_ticker"]), FINDING)
    assert fields["environment"]["lies"] == ["stale_ticker"]


def test_finding_that_the_run_has_not_is_refused_with_some_that_it_has(tmp_path: Path) -> None:
    """Id and fingerprint both name a finding; anything else names none."""
    run = sealed_run(tmp_path / "run")
    assert fields_from_run(run, made_entry().fingerprint) == fields_from_run(run, FINDING)
    with pytest.raises(EntryRefused, match="it has F001"):
        fields_from_run(run, "F999")


@pytest.mark.parametrize("name", ["dual_alignment_report", "execution_fingerprint", "ccxt_raw_samples"])
def test_file_that_is_not_as_the_run_sealed_it_is_an_integrity_failure(tmp_path: Path, name: str) -> None:
    """Evidence that was changed after the run is none."""
    run = sealed_run(tmp_path / "run")
    path = run / f"{name}.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(IntegrityFailure, match=name):
        fields_from_run(run, FINDING)
    assert difflog("add", "--from-run", run, FINDING, "--difflog", tmp_path / "log").code == 5


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest": {"mode": "no mode"}},
        {"manifest": {"files": []}},
        {"finding": {"severity": "S9"}},
        {"samples": {"a": 1}},
    ],
)
def test_folder_that_is_no_run_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    """Absent, or damaged in any part: what was asked for is a readable run."""
    run = sealed_run(tmp_path / "run", **changes)
    if "samples" not in changes:
        with pytest.raises(EntryRefused, match="a readable, sealed run"):
            fields_from_run(run, FINDING)
    with pytest.raises(EntryRefused, match="a readable, sealed run"):
        fields_from_run(tmp_path / "absent", FINDING)


def test_redacted_sample_is_no_evidence(tmp_path: Path) -> None:
    """A body that does not give its address is not the sample any more."""
    reference = references_of(0)[0]
    run = sealed_run(tmp_path / "run", samples={reference: {"body": "***"}})
    assert list(fields_from_run(run, FINDING)[1]) == [references_of(0)[1]]
    answered = difflog("add", "--from-run", run, FINDING, *BY_HAND, "--difflog", tmp_path / "log")
    assert answered.code == 2
    assert "evidence.ccxt_raw_sample_ref" in answered.err


def test_whole_answer_has_the_number_of_rows_as_the_reason_for_no_symbol(tmp_path: Path) -> None:
    """A null symbol stands beside its reason."""
    run = sealed_run(tmp_path / "run", finding={"symbol": None, "row_count": 160, "market_type": None})
    environment = fields_from_run(run, FINDING)[0]["environment"]
    assert (environment["symbol_in_use"], environment["symbol_reason"]) == (None, "seen in 160 rows of the answer")
    assert environment["market_type"] == "unknown"


def test_entry_takes_every_field_of_a_record() -> None:
    """The fields of this file's helper are those of the record."""
    assert set(entry_fields()) | {"record"} == set(Entry.model_fields)
