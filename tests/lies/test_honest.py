"""Where nothing was planted the audit blames nobody: what it finds is how the two libraries differ, seed after seed."""

from __future__ import annotations

from collections import Counter

import pytest

from dualwitness.models import FindingKind, Layer, Library, NullReason, OddOneOut
from tests.support.audit_run import AuditRun, audit_in_process

SEEDS = (0, 1, 2, 7, 19)


@pytest.fixture(scope="session")
def honest_runs(tmp_path_factory: pytest.TempPathFactory) -> dict[int, AuditRun]:
    """One audit a seed, none with a lie."""
    return {seed: audit_in_process(tmp_path_factory.mktemp("honest"), seed=seed) for seed in SEEDS}


def test_honest_runs_of_every_seed_see_no_conflict_of_evidence(honest_runs: dict[int, AuditRun]) -> None:
    """A venue that tells the truth never contradicts itself."""
    conflicts = {
        f"seed {seed}: {one.operation}.{one.field} {one.reason}"
        for seed, run in honest_runs.items()
        for one in run.findings
        if one.kind is FindingKind.EVIDENCE_CONFLICT
    }
    assert conflicts == set()


def test_honest_runs_blame_neither_the_venue_nor_the_transport(honest_runs: dict[int, AuditRun]) -> None:
    """No false alarm about a world that is sound."""
    blamed = {
        f"seed {seed}: {one.layer} {one.odd_one_out} {one.operation}.{one.field}"
        for seed, run in honest_runs.items()
        for one in run.findings
        if one.layer in (Layer.VENUE, Layer.TRANSPORT) or one.odd_one_out is OddOneOut.VENUE
    }
    assert blamed == set()


def test_honest_runs_of_all_seeds_find_the_same_differences(honest_runs: dict[int, AuditRun]) -> None:
    """Prices move with the seed, what the libraries make of them does not; no fingerprint stands twice in one run."""
    assert {seed: run.fingerprints for seed, run in honest_runs.items()} == dict.fromkeys(
        SEEDS, honest_runs[SEEDS[0]].fingerprints
    )
    for run in honest_runs.values():
        assert Counter(one.fingerprint for one in run.findings).most_common(1)[0][1] == 1


def test_honest_runs_find_reliable_positions_and_end_with_one(honest_runs: dict[int, AuditRun]) -> None:
    """The report and the fills agree; the libraries' own differences are what makes the exit code 1."""
    for run in honest_runs.values():
        assert (run.manifest["positions_quality"], run.manifest["positions_source"]) == ("reliable", "exchange")
        assert (run.exit_code, run.manifest["status"]) == (1, "completed")


def test_honest_findings_each_have_rule_reason_and_both_sides_bytes(honest_runs: dict[int, AuditRun]) -> None:
    """Whoever doubts a finding can look at what each library was told."""
    for run in honest_runs.values():
        kept = {library: set(run.read(f"{library}_raw_samples.json")["samples"]) for library in Library}
        for one in run.findings:
            assert one.rule, one
            assert one.reason, one
            sides = ((one.ccxt, one.ccxt_raw_sample_ref), (one.okx_sdk, one.okx_raw_sample_ref))
            for library, (claim, ref) in zip((Library.CCXT, Library.OKX_SDK), sides, strict=True):
                if claim.reason not in (NullReason.NOT_ASKED, NullReason.ERROR):
                    assert ref in kept[library], (library, one)
