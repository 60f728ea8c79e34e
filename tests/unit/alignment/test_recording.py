"""A run and the difference log: acceptance, entries, occurrences, refusals, and runs that write at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment.recording import LogFailed, RunLog, Seen, libraries_of
from dualwitness.difflog.records import EntryStatus, Scope, StatusChange
from dualwitness.difflog.store import DiffLog
from dualwitness.models import (
    Axis,
    FindingKind,
    Layer,
    Mitigation,
    NullReason,
    OddOneOut,
    Outcome,
    RunMode,
    Severity,
)
from dualwitness.models.finding import Claim, Finding, fingerprint_of

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SOFTWARE: Mapping[str, Any] = {
    "git_commit": "0123456789abcdef0123456789abcdef01234567",
    "git_commit_reason": None,
    "docker_image_digest": None,
    "docker_image_digest_reason": "not running in a container",
    "python_version": "3.11.9",
    "libraries": {"ccxt": {"version": "4.5.90"}, "okx_sdk": {"version": "0.4.4"}},
}
BODIES = {sha256(body).hexdigest(): body for body in (b'{"data":[1]}', b'{"data":[2]}')}
CCXT_REF, OKX_REF = BODIES


def finding(field: str = "bill_id", symbol: str | None = "BTC/USDT", **changes: Any) -> Finding:
    """A gap of CCXT's, with both raw samples."""
    words: dict[str, Any] = {
        "kind": FindingKind.LIBRARY_DISAGREEMENT,
        "layer": Layer.PARSE,
        "odd_one_out": OddOneOut.CCXT,
        "axis": Axis.M,
        "operation": "get_fills",
        "symbol": symbol,
        "market_type": None,
        "field": field,
        "outcome": Outcome.ONE_MISSING,
        "rule": f"ccxt-has-no-word-for-{field.replace('_', '-')}",
    }
    given: dict[str, Any] = {
        "finding_id": "F001",
        "fingerprint": fingerprint_of(**words),
        "row_key": None,
        "ccxt": Claim(value=None, reason=NullReason.UNSUPPORTED),
        "okx_sdk": Claim(value="1"),
        "expected": None,
        "severity": Severity.S1,
        "reason": "ccxt says null (unsupported), python-okx says 1",
        "mitigation": Mitigation.NULL_AND_REASON,
        "ccxt_raw_sample_ref": CCXT_REF,
        "okx_raw_sample_ref": OKX_REF,
    }
    return Finding.model_validate({**words, **given, **changes})


def seen(number: int = 0, **changes: Any) -> Seen:
    """The circumstances of one run of the embedded venue."""
    given: dict[str, Any] = {
        "run_id": f"run_20261121_12000{number}_0123456",
        "mode": RunMode.OKX_DEMO_SIM,
        "software": SOFTWARE,
        "body": BODIES.get,
        "hints": lambda _: {"td_mode": "cash", "pos_mode": "net", "margin_mode": "not_seen"},
    }
    return Seen(**given | changes)


def run_log(folder: Path | None, **changes: Any) -> RunLog:
    """The log as a run of today uses it."""
    return RunLog(folder, now=lambda: NOW, **changes)


def accept(folder: Path, one: Finding) -> str:
    """Accept a finding in the log; gives the id of its entry."""
    with DiffLog(folder) as log:
        (entry,) = (each.entry for each in log.read().records if each.kind == "entry")
        why = {"who": "a test", "why": "the adapter asks the other library"}
        scope = Scope(libraries=libraries_of(SOFTWARE), symbol=one.symbol, field=one.field, severity=one.severity)
        log.append_many(
            (
                StatusChange(entry_id=entry.entry_id, status=EntryStatus.UNDERSTOOD, **why),
                StatusChange(entry_id=entry.entry_id, status=EntryStatus.ACCEPTED_RISK, scope=scope, **why),
            )
        )
    return entry.entry_id


def test_a_run_without_a_log_accepts_nothing_and_keeps_nothing() -> None:
    """A library user may judge without any log."""
    log = run_log(None)
    assert log.accept((finding(),), SOFTWARE, RunMode.OKX_DEMO_SIM) == (finding(),)
    assert log.record((finding(),), seen()).path is None


def test_a_log_that_is_not_there_yet_accepts_nothing_and_is_made_by_the_first_entry(tmp_path: Path) -> None:
    """The first run on a machine."""
    log = run_log(tmp_path / "log")
    assert log.accept((finding(),), SOFTWARE, RunMode.OKX_DEMO_SIM)[0].accepted_by is None
    assert len(log.record((finding(),), seen()).new) == 1
    assert log.record((finding(),), seen(1)).seen_again == 1


def test_accepted_finding_keeps_its_fingerprint_and_names_the_entry(tmp_path: Path) -> None:
    """The outcome becomes accepted; another symbol with the same fingerprint of words is not meant."""
    log = run_log(tmp_path / "log")
    log.record((finding(),), seen())
    entry_id = accept(tmp_path / "log", finding())
    (one,) = log.accept((finding(),), SOFTWARE, RunMode.OKX_DEMO_SIM)
    assert (one.accepted_by, one.outcome, one.fingerprint) == (entry_id, Outcome.ACCEPTED, finding().fingerprint)
    (other,) = log.accept((finding(symbol="ETH/USDT"),), SOFTWARE, RunMode.OKX_DEMO_SIM)
    assert (other.accepted_by, other.outcome) == (None, Outcome.ONE_MISSING)


@pytest.mark.parametrize("mode", [RunMode.OKX_DEMO_API, RunMode.OKX_LIVE])
def test_what_was_accepted_of_the_embedded_venue_is_not_accepted_of_a_real_one(tmp_path: Path, mode: RunMode) -> None:
    """Evidence of sim says nothing about demo or live; a recording is no more real than sim."""
    log = run_log(tmp_path / "log")
    log.record((finding(),), seen())
    entry_id = accept(tmp_path / "log", finding())
    assert log.accept((finding(),), SOFTWARE, mode)[0].accepted_by is None
    assert log.accept((finding(),), SOFTWARE, RunMode.OFFLINE)[0].accepted_by == entry_id


def test_the_same_difference_twice_in_one_run_is_one_entry(tmp_path: Path) -> None:
    """One entry a fingerprint, whatever a run hands over."""
    recorded = run_log(tmp_path / "log").record((finding(), finding()), seen())
    assert (len(recorded.new), recorded.seen_again) == (1, 1)


@pytest.mark.parametrize(
    "changes",
    [{"ccxt_raw_sample_ref": None}, {"okx_raw_sample_ref": "0" * 64}],
    ids=["no sample", "a sample whose bytes were not kept"],
)
def test_finding_without_its_evidence_is_refused_while_the_others_are_logged(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    """Nothing is lost in silence: the refusal names the finding and what to collect."""
    recorded = run_log(tmp_path / "log").record((finding(**changes), finding("td_mode")), seen())
    assert len(recorded.new) == 1
    (refused,) = recorded.refused
    assert refused["finding_id"] == "F001"
    assert any("sample" in line for line in refused["collect"])


def test_finding_from_outside_a_clone_is_logged_with_the_reason_for_the_missing_commit(tmp_path: Path) -> None:
    """An installed package has no commit; null without a reason is refused."""
    away = {**SOFTWARE, "git_commit": None, "git_commit_reason": "not running from a git clone"}
    assert len(run_log(tmp_path / "a").record((finding(),), seen(software=away)).new) == 1
    silent = {**away, "git_commit_reason": None}
    (refused,) = run_log(tmp_path / "b").record((finding(),), seen(software=silent)).refused
    assert any(line.startswith("run.git_commit") for line in refused["collect"])


def test_recorded_payloads_stay_where_they_lie(tmp_path: Path) -> None:
    """Evidence of a corpus is bound by its address, not copied."""
    recorded = run_log(tmp_path / "log").record((finding(),), seen(mode=RunMode.OFFLINE, samples_at="okx-payloads"))
    (entry,) = (one.entry for one in DiffLog(tmp_path / "log").read().records)
    assert entry.entry_id == recorded.new[0]
    assert (entry.environment.env, entry.evidence.raw_samples_at) == ("offline", "okx-payloads")
    assert not list((tmp_path / "log").glob("samples/*"))


def test_entries_under_lies_go_where_they_are_sent_and_decisions_come_from_the_kept_log(tmp_path: Path) -> None:
    """Two logs: the one whose decisions count stays as it is."""
    kept = run_log(tmp_path / "log")
    kept.record((finding(),), seen())
    entry_id = accept(tmp_path / "log", finding())
    before = (tmp_path / "log" / "entries.jsonl").read_bytes()
    lying = run_log(tmp_path / "log", record_to=tmp_path / "lies")
    (one,) = lying.accept((finding(),), SOFTWARE, RunMode.OKX_DEMO_SIM)
    assert one.accepted_by == entry_id
    lying.record((finding(),), seen(1, lies=("fill_dropped",)))
    assert (tmp_path / "log" / "entries.jsonl").read_bytes() == before
    (entry,) = (each.entry for each in DiffLog(tmp_path / "lies").read().records)
    assert entry.environment.lies == ("fill_dropped",)


def test_another_run_that_was_first_makes_this_one_an_occurrence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between reading and writing another run may log the same difference."""
    read = RunLog._state
    tries = []

    def read_and_let_another_write(self: RunLog, folder: Path | None) -> Any:
        state = read(self, folder)
        tries.append(folder)
        if len(tries) == 1:
            run_log(tmp_path / "log").record((finding(),), seen())
        return state

    monkeypatch.setattr(RunLog, "_state", read_and_let_another_write)
    log = run_log(tmp_path / "log")
    recorded = log.record((finding(),), seen(1))
    assert (recorded.new, recorded.seen_again) == ((), 1)


def test_a_broken_log_ends_the_run_before_anything_is_accepted(tmp_path: Path) -> None:
    """One changed byte, and no decision in it counts."""
    log = run_log(tmp_path / "log")
    log.record((finding(),), seen())
    path = tmp_path / "log" / "entries.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"S1"', b'"S0"'))
    for act in (
        lambda: log.accept((finding(),), SOFTWARE, RunMode.OKX_DEMO_SIM),
        lambda: log.record((finding(),), seen(1)),
    ):
        with pytest.raises(LogFailed) as failure:
            act()
        assert failure.value.exit_code == 5
        assert "verify" in failure.value.diagnostics()
