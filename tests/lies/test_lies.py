"""Each planted lie, told to both libraries or to one, is found where it was told, and blamed on nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dualwitness.models import Layer, Library, OddOneOut
from dualwitness.models.finding import Finding
from dualwitness.venues.sim.lies import BLIND_SPOTS, LIES, Lie
from tests.support.audit_run import AuditRun, audit_in_process

TOLD_TO = (None, *Library)
CASES = [(name, library) for name in LIES for library in TOLD_TO]

# Told to one library: the two contradict each other, and nothing else that is asked can say which of them is right.
WORD_AGAINST_WORD = ("balance_inflated", "instrument_suspended", "leverage_wrong", "margin_mode_swapped")


@dataclass(frozen=True)
class Told:
    """A lie, whom it was told to, the audit of it, and what an honest audit does not find."""

    lie: Lie
    library: Library | None
    run: AuditRun
    new: tuple[Finding, ...]

    @property
    def label(self) -> str:
        return self.lie.name if self.library is None else f"{self.lie.name}@{self.library}"

    @property
    def believed(self) -> bool:
        """Whether the product itself names it as one that nobody can see: told to both, contradicted by nothing."""
        return self.library is None and self.lie.name in BLIND_SPOTS

    @property
    def on_target(self) -> tuple[Finding, ...]:
        """The new findings on the lie's own axis, operation and field."""
        place = (self.lie.axis, self.lie.operation, self.lie.field)
        return tuple(one for one in self.new if (one.axis, one.operation, one.field) == place)

    @property
    def places(self) -> list[str]:
        """Where the new findings are, for the message of a test that fails."""
        return sorted({f"{one.axis} {one.operation}.{one.field} {one.odd_one_out}" for one in self.new})


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> AuditRun:
    """The audit of the same market without any lie."""
    return audit_in_process(tmp_path_factory.mktemp("honest"))


@pytest.fixture(scope="module", params=CASES, ids=[f"{name}-{library or 'both'}" for name, library in CASES])
def told(request: pytest.FixtureRequest, honest: AuditRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The audit of one lie; its files are gone again when its tests have run."""
    name, library = request.param
    label = name if library is None else f"{name}@{library}"
    run = audit_in_process(tmp_path_factory.mktemp("lie"), lies=(label,))
    new = tuple(one for one in run.findings if one.fingerprint not in honest.fingerprints)
    yield Told(LIES[name], library, run, new)
    _forget(run.folder)


def test_blind_spots_are_few_and_each_has_its_reason() -> None:
    """Lies that nothing contradicts are named by the product; the list cannot grow unseen."""
    assert set(BLIND_SPOTS) <= {"balance_inflated", "leverage_wrong", "margin_mode_swapped"}
    assert all(reason.strip() for reason in BLIND_SPOTS.values())


def _forget(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def test_lie_that_was_planted_is_really_told(told: Told) -> None:
    """A lie that never changed an answer would prove nothing about the audit."""
    assert told.run.lie_hits[told.label] > 0


def test_lie_makes_a_new_finding_on_its_own_axis_operation_and_field(told: Told) -> None:
    """
    Found is found where it was told, not merely somewhere.

    A blind spot is exact as well: once a lie on that list is found, it has to come off the list.
    """
    assert bool(told.on_target) is not told.believed, told.places


def test_lie_never_lets_a_run_end_as_aligned(told: Told) -> None:
    """Findings (1) or missing evidence (3), and never a clean bill."""
    assert told.run.exit_code in (1, 3)
    assert told.run.read("dual_alignment_report.json")["verdict"] in ("differences", "incomplete")


def test_lie_about_positions_never_leaves_them_reliable(told: Told) -> None:
    """Positions that were lied about are called reliable nowhere."""
    quality = told.run.manifest["positions_quality"]
    if told.lie.operation == "get_positions" and not told.believed:
        assert quality != "reliable"
    assert quality == told.run.read("positions_snapshot.json")["positions_quality"]


def test_lie_is_blamed_on_nobody_but_whom_it_was_told_to(told: Told) -> None:
    """
    Told to one, only that library may stand alone; told to both, only the venue.

    Whom the evidence cannot name stays unknown. Two parsers that read the same false bytes differently are blamed for
    their reading all the same (layer ``parse``), where both read the same bytes.
    """
    if told.library is None:
        blamed = {one.odd_one_out for one in told.on_target if one.layer is not Layer.PARSE}
        assert blamed <= {OddOneOut.VENUE, OddOneOut.UNKNOWN}, told.places
    else:
        blamed = {one.odd_one_out for one in told.on_target}
        assert blamed <= {OddOneOut(str(told.library)), OddOneOut.UNKNOWN}, told.places


def test_lie_that_evidence_contradicts_names_who_told_it(told: Told) -> None:
    """Independent evidence (fills, clock, book, rates) names the library that was lied to, or the venue."""
    expected = OddOneOut.VENUE if told.library is None else OddOneOut(str(told.library))
    named = expected in {one.odd_one_out for one in told.on_target}
    assert named or told.believed or told.lie.name in WORD_AGAINST_WORD, told.places


def test_lie_leaves_findings_that_rest_on_samples_of_the_run(told: Told) -> None:
    """Every reference of a new finding leads to bytes that were kept."""
    kept = {library: _samples(told.run, library) for library in Library}
    for one in told.new:
        refs = {Library.CCXT: one.ccxt_raw_sample_ref, Library.OKX_SDK: one.okx_raw_sample_ref}
        assert any(refs.values()), one
        assert all(ref in kept[library] for library, ref in refs.items() if ref is not None), one


def _samples(run: AuditRun, library: Library) -> set[str]:
    path = run.folder / f"{library}_raw_samples.json"
    return set(run.read(path.name)["samples"]) if path.is_file() else set()
