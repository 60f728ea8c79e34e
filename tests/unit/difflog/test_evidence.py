"""The minimum of evidence: each piece that lacks is named with what to collect, and no world passes for another."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog.errors import EntryRefused
from dualwitness.difflog.evidence import (
    PayloadFolder,
    SampleFolder,
    carries_rows,
    entry_from,
    entry_from_finding,
    missing_evidence,
)
from dualwitness.difflog.facts import FACTS
from dualwitness.difflog.records import Comparison, Entry, Environment, Run, World
from dualwitness.models.finding import Finding
from tests.support.difflog_records import TODAY, bodies_of, entry_fields, references_of, run_fields

REASONED = {
    "run.git_commit": "run.git_commit_reason",
    "run.docker_image_digest": "run.docker_image_digest_reason",
    "environment.symbol_in_use": "environment.symbol_reason",
}


def samples(reference: str) -> bytes | None:
    """Both bodies of entry 0 of every world."""
    bodies = {sha256(body).hexdigest(): body for world in World for body in bodies_of(0, world)}
    return bodies.get(reference)


def collected(**changes: Any) -> tuple[str, ...]:
    """What the log asks for when entry 0 is changed like this."""
    return missing_evidence(entry_fields(0, **changes), samples)


def without(place: str) -> dict[str, Any]:
    """The fields of entry 0 without the one at a dotted place."""
    fields = entry_fields(0)
    *path, last = place.split(".")
    inner = fields
    for key in path:
        inner = inner[key]
    del inner[last]
    return fields


def test_complete_entry_lacks_nothing_in_any_world() -> None:
    """The control of every refusal below."""
    for world in World:
        assert missing_evidence(entry_fields(0, world), samples) == ()


@pytest.mark.parametrize("place", [fact.place for fact in FACTS if fact.place != "run.docker_image_digest"])
def test_entry_without_one_fact_is_refused_for_exactly_that_fact(place: str) -> None:
    """One line, which begins with the field and says what to collect; by hand and in the log alike."""
    (line,) = missing_evidence(without(place), samples)
    assert line.startswith(f"{place}: ")
    assert len(line) > len(place) + 10
    with pytest.raises(EntryRefused) as refusal:
        entry_from(without(place), samples)
    assert refusal.value.collect == (line,)
    assert refusal.value.exit_code == 2


def test_empty_entry_is_refused_with_every_piece_in_template_order() -> None:
    """Nobody has to add an entry thirty times to learn what it needs."""
    with pytest.raises(EntryRefused) as refusal:
        entry_from({}, samples)
    assert [line.split(":")[0] for line in refusal.value.collect] == [fact.place for fact in FACTS]


@pytest.mark.parametrize("text", ["", "  ", "-", "n/a", "TBD", "todo", "unknown", "None", "?", "…"])
@pytest.mark.parametrize(
    "place", ["environment__exchange_id", "environment__td_mode", "operation", "observed__mismatch", "reason"]
)
def test_word_that_only_holds_a_place_is_refused_like_a_gap(place: str, text: str) -> None:
    """A placeholder is no fact."""
    (line,) = collected(**{place: text})
    assert line.startswith(place.replace("__", ".") + ": ")


@pytest.mark.parametrize("place", list(REASONED))
def test_null_is_taken_with_a_reason_and_refused_without_one(place: str) -> None:
    """Null and reason, as everywhere: a reason that is a placeholder is none."""
    run = run_fields()["run_id"][: -len("0123456")] + "0000000"
    null: dict[str, str | None] = {place.replace(".", "__"): None}
    if place == "run.git_commit":
        null |= {"run__run_id": run, "evidence__alignment_report_ref": f"{run}/dual_alignment_report.json"}
    reason = REASONED[place].replace(".", "__")
    assert collected(**null, **{reason: "there is none outside of a clone"}) == ()
    for poor in (None, "", "unknown"):
        (line,) = collected(**null, **{reason: poor})
        assert line.startswith(f"{place}: ")
        assert REASONED[place] in line


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("entry_id", "DIFF-2026-1"),
        ("run__run_id", "my run"),
        ("run__git_commit", "HEAD"),
        ("run__git_commit", 1234567),
        ("run__docker_image_digest", "latest"),
        ("run__python_version", "3"),
        ("environment__env", "production"),
        ("environment__market_type", "perp"),
        ("libraries__a__version", "newest"),
        ("evidence__ccxt_raw_sample_ref", "0" * 63),
        ("evidence__okx_raw_sample_ref", "A" * 64),
        ("severity", "high"),
        ("decision__status", "mitigated"),
        ("decision__status", "accepted-risk"),
        ("kind", "bug"),
        ("fingerprint", "١" * 16),
    ],
)
def test_fact_without_its_form_is_refused_and_quoted(place: str, value: object) -> None:
    """What was written instead stands in the refusal."""
    (line,) = collected(**{place: value})
    assert line.startswith(place.replace("__", ".") + ": ")
    assert f"(it was {str(value)!r})" in line


@pytest.mark.parametrize(
    "words",
    [
        "probably a wrong sign",
        "It seems that ccxt rounds",
        "ccxt might be right",
        "I think okx is wrong",
        "they differ",
        "It is wrong.",
        "broken",
    ],
)
def test_opinion_in_place_of_the_observed_difference_is_refused(words: str) -> None:
    """Record what was seen, not what is thought of it."""
    (line,) = collected(observed__mismatch=words)
    assert "record what was seen" in line


@pytest.mark.parametrize(
    "words", ["ccxt: 1; okx_sdk: 2", "ccxt has the sign of a charge, okx_sdk that of a rebate", "differs by 0.1 USDT"]
)
def test_fact_about_the_difference_is_taken(words: str) -> None:
    """The control: a statement of what was seen passes."""
    assert collected(observed__mismatch=words) == ()


def test_venue_words_inside_the_observed_difference_are_no_opinion_of_ours() -> None:
    """What a library said is evidence, whatever words it used."""
    said = "51149: the order probably timed out, it might be placed"
    assert collected(observed__ccxt_output=said, observed__mismatch=f"ccxt: {said}; okx_sdk: 60000.2") == ()
    (line,) = collected(observed__mismatch=f"ccxt: {said}; okx_sdk: 60000.2")
    assert "'probably'" in line


def test_raw_sample_that_nobody_has_is_refused_by_its_address() -> None:
    """A reference alone is a claim: the bytes must be there, and give it."""
    ccxt, okx = references_of(0)
    (line,) = missing_evidence(entry_fields(0), lambda reference: samples(reference) if reference == okx else None)
    assert line.startswith("evidence.ccxt_raw_sample_ref: ")
    assert ccxt in line
    lines = missing_evidence(entry_fields(0), lambda _: b"other bytes")
    assert [line.split(":")[0] for line in lines] == [f"evidence.{side}_raw_sample_ref" for side in ("ccxt", "okx")]


def test_bodies_outside_of_the_log_are_taken_for_offline_evidence_from_a_source_alone() -> None:
    """The log's own samples do not stand for a collection elsewhere, nor the other way round."""
    outside = entry_fields(0, World.OFFLINE, evidence__raw_samples_at="okx-payloads")
    inside = entry_fields(0, World.OFFLINE)
    assert missing_evidence(outside, lambda _: None, (samples,)) == ()
    assert len(missing_evidence(outside, samples)) == 2
    assert len(missing_evidence(inside, lambda _: None, (samples,))) == 2


@pytest.mark.parametrize("world", [World.SIM, World.DEMO, World.LIVE])
def test_only_offline_evidence_may_lie_outside_of_the_log(world: World) -> None:
    """What a venue said is kept in the log itself."""
    fields = entry_fields(0, world, evidence__raw_samples_at="okx-payloads")
    assert any("only offline ones" in line for line in missing_evidence(fields, samples, (samples,)))


@pytest.mark.parametrize("name", ["", "a folder/below", "unknown"])
def test_collection_needs_a_name_that_is_one_word(name: str) -> None:
    """A path of this machine means nothing elsewhere."""
    fields = entry_fields(0, World.OFFLINE, evidence__raw_samples_at=name)
    assert any("collection" in line for line in missing_evidence(fields, samples, (samples,)))


@pytest.mark.parametrize("world", [World.OFFLINE, World.DEMO, World.LIVE])
def test_planted_lies_belong_to_the_embedded_venue_alone(world: World) -> None:
    """Nobody can plant a lie in OKX; in the embedded venue it is evidence of our own detection."""
    assert missing_evidence(entry_fields(0, World.SIM, environment__lies=["stale_ticker"]), samples) == ()
    (line,) = missing_evidence(entry_fields(0, world, environment__lies=["stale_ticker"]), samples)
    assert line.startswith("environment.env: sim")


def test_run_of_another_commit_and_report_of_another_run_are_refused() -> None:
    """Facts that contradict each other are no facts."""
    (line,) = collected(run__git_commit="f" * 40)
    assert line.startswith("run.run_id: ")
    (line,) = collected(evidence__alignment_report_ref="run_20200101_000000_0123456/dual_alignment_report.json")
    assert line.startswith("evidence.alignment_report_ref: ")
    assert collected(evidence__alignment_report_ref="a file of the desk's own") == ()


def finding(**changes: Any) -> Finding:
    """A judged difference with both samples of entry 0."""
    ccxt, okx = references_of(0)
    fields = entry_fields(0)
    taken = ("fingerprint", "kind", "layer", "odd_one_out", "axis", "operation", "row_key", "field", "outcome")
    return Finding.model_validate(
        {
            **{name: fields[name] for name in (*taken, "severity", "rule", "reason")},
            "finding_id": "F001",
            "symbol": "BTC/USDT:USDT",
            "market_type": "swap",
            "ccxt": {"value": "60000.1"},
            "okx_sdk": {"value": None, "reason": "absent"},
            "expected": {"value": "60000.2", "source": "the body"},
            "mitigation": "null_and_reason",
            "ccxt_raw_sample_ref": ccxt,
            "okx_raw_sample_ref": okx,
            **changes,
        }
    )


def made(found: Finding, **environment: Any) -> Entry:
    """The entry of a finding."""
    fields = entry_fields(0)
    return entry_from_finding(
        found,
        run=Run.model_validate(fields["run"]),
        environment=Environment.model_validate({**fields["environment"], **environment}),
        libraries=Comparison.model_validate(fields["libraries"]),
        report_ref=fields["evidence"]["alignment_report_ref"],
        day=TODAY,
    )


def test_entry_of_a_finding_holds_what_both_said_and_lacks_nothing() -> None:
    """An audit's finding becomes a complete entry, open, with null and reason in words."""
    entry = made(finding())
    assert missing_evidence(entry.model_dump(mode="json"), samples) == ()
    assert entry.entry_id == f"DIFF-20261121-{entry.fingerprint[:10]}"
    assert entry.observed.okx_output == "null (absent)"
    assert entry.observed.mismatch == "ccxt: 60000.1; okx_sdk: null (absent); expected 60000.2 (the body)"
    assert entry.impact.I == "get_positions.entry_price: mismatch, S2"
    assert (entry.impact.E, entry.decision.status) == ("none", "open")


@pytest.mark.parametrize(("rows", "words"), [(1, "1 row"), (345, "345 rows")])
def test_entry_of_a_whole_market_finding_says_why_it_has_no_symbol(rows: int, words: str) -> None:
    """Whatever the environment says, symbol and reason are the finding's."""
    entry = made(finding(symbol=None, row_count=rows))
    assert entry.environment.symbol_in_use is None
    assert entry.environment.symbol_reason == f"the answer is about no single symbol: seen in {words} of it"
    other = made(finding(), symbol_in_use=None, symbol_reason="none was asked for")
    assert (other.environment.symbol_in_use, other.environment.symbol_reason) == ("BTC/USDT:USDT", None)


@pytest.mark.parametrize(
    ("changes", "places"),
    [
        ({"ccxt_raw_sample_ref": None}, ["evidence.ccxt_raw_sample_ref"]),
        (
            {"ccxt_raw_sample_ref": None, "okx_raw_sample_ref": None},
            ["evidence.ccxt_raw_sample_ref", "evidence.okx_raw_sample_ref"],
        ),
        ({"rule": "unknown"}, ["rule"]),
    ],
)
def test_finding_without_its_evidence_makes_no_entry(changes: dict[str, Any], places: list[str]) -> None:
    """The refusal names each side."""
    with pytest.raises(EntryRefused) as refusal:
        made(finding(**changes))
    assert [line.split(":")[0] for line in refusal.value.collect] == places


@pytest.mark.parametrize("value", ["", "   "])
def test_blank_answer_of_a_library_is_quoted_and_taken(value: str) -> None:
    """An empty text is an answer, and a fact."""
    assert made(finding(ccxt={"value": value})).observed.ccxt_output == f'"{value}"'


def test_broken_text_of_a_venue_never_breaks_the_entry() -> None:
    """Half of a surrogate pair is replaced; what was typed by hand may hold one too."""
    entry = entry_from(entry_fields(0, observed__ccxt_output="a\ud800b", reason="x\udfff"), samples)
    assert (entry.observed.ccxt_output, entry.reason) == ("a\ufffdb", "x\ufffd")


def test_unknown_key_of_an_entry_is_refused_by_its_name() -> None:
    """A misspelt field is not silently dropped."""
    with pytest.raises(EntryRefused) as refusal:
        entry_from({**entry_fields(0), "severty": "S1"}, samples)
    assert [line.split(":")[0] for line in refusal.value.collect] == ["severty"]


@pytest.mark.parametrize(
    ("body", "carries"),
    [
        (b'{"code":"0","data":[],"msg":""}', False),
        (b'{"code":"0","data":[{"posId":"1"}]}', True),
        (b'{"code":"0"}', True),
        (b"no json", True),
        (b"[]", True),
    ],
)
def test_answer_without_rows_is_told_from_one_that_holds_something(body: bytes, carries: bool) -> None:
    """An empty list reads the same in every world."""
    assert carries_rows(body) is carries


def test_kept_sample_is_given_back_byte_for_byte_under_its_address(tmp_path: Path) -> None:
    """Kept twice it is one file; nothing of a temporary file stays."""
    folder = SampleFolder(tmp_path / "samples")
    body = b"\x00\xff\r\n" * 1000
    reference = folder.keep(body)
    assert folder.keep(body) == reference == sha256(body).hexdigest()
    assert (folder(reference), folder.holds(reference)) == (body, True)
    assert [path.name for path in folder.folder.iterdir()] == [reference]


def change_body(path: Path) -> None:
    """Another content of the same length, with the time of the old one."""
    before = path.stat()
    path.write_bytes(b"y" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


@pytest.mark.parametrize("harm", [Path.unlink, change_body])
def test_sample_that_was_harmed_after_it_was_kept_is_not_there(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    """A file that was hashed once is hashed again when it was touched; keeping it again repairs it."""
    folder = SampleFolder(tmp_path / "samples")
    reference = folder.keep(b"x" * 100)
    assert folder.holds(reference)
    harm(folder.folder / reference)
    assert not folder.holds(reference)
    assert folder(reference) is None
    assert folder.keep(b"x" * 100) == reference
    assert folder.holds(reference)


@pytest.mark.parametrize("reference", ["", "../secret", "a" * 63, "A" * 64, "/etc/passwd", "samples"])
def test_reference_that_is_no_address_leads_to_no_file(tmp_path: Path, reference: str) -> None:
    """No text of an entry can name a path."""
    (tmp_path / "secret").write_bytes(b"secret")
    folder = SampleFolder(tmp_path / "samples")
    folder.keep(b"x")
    assert folder(reference) is None
    assert not folder.holds(reference)


def test_payloads_of_any_name_are_found_by_what_they_hold(tmp_path: Path) -> None:
    """A payload that changed after it was first read is not there any more."""
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (below / "answer.json").write_bytes(b"one")
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    payloads = PayloadFolder(tmp_path)
    reference = sha256(b"one").hexdigest()
    assert payloads(reference) == b"one"
    assert payloads("0" * 64) is None
    (below / "answer.json").write_bytes(b"two")
    assert payloads(reference) is None
