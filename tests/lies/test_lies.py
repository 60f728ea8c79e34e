"""Each planted lie or fault, told to both libraries or to one, is found where it must be, and blamed on nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dualwitness.models import FindingKind, Layer, Library, OddOneOut
from dualwitness.models.finding import Finding
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.lies import BLIND_SPOTS, LIES, Lie, Theme
from tests.support.audit_run import AuditRun, audit_in_process

# Lies about what the account holds: told to both and to each. The rest: to both, and to one in turn.
CASES = [
    (name, library)
    for place, (name, lie) in enumerate(LIES.items())
    for library in (None, *(Library if lie.theme is Theme.IDENTITY else (list(Library)[place % 2],)))
]

# A few coins are enough: reading five hundred instruments would be half the cost of an audit.
COINS = ("BTC", "DOGE", "ETH", "LTC", "SOL", "USDC", "USDT")
FEW = tuple(
    one for one in INSTRUMENTS if one.inst_type != "OPTION" and (one.base_ccy or one.uly.partition("-")[0]) in COINS
)

# Nothing of these answers arrives whole, so there are no bytes to keep.
NO_BYTES = ("gzip_garbage",)

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
    def harmless(self) -> bool:
        """Whether no value is lost by it, at most time."""
        return self.lie.cause.kind is None

    @property
    def on_target(self) -> tuple[Finding, ...]:
        """The new findings at the operation and field where the lie must be found."""
        place = (self.lie.cause.operation, self.lie.cause.field)
        return tuple(one for one in self.new if (one.operation, one.field) == place)

    @property
    def blameable(self) -> set[OddOneOut]:
        """Who is to be named: the venue, or whom it lied to; each library for the loss of an order of its own."""
        each = {OddOneOut(str(library)) for library in Library}
        if self.library is not None:
            return {OddOneOut(str(self.library))}
        own_orders = self.lie.cause.kind is FindingKind.UNOBTAINABLE and self.lie.operation == "place_order"
        return each if own_orders else {OddOneOut.VENUE}

    @property
    def places(self) -> list[str]:
        """Where the new findings are, for the message of a test that fails."""
        return sorted({f"{one.kind} {one.operation}.{one.field} {one.odd_one_out}" for one in self.new})


@pytest.fixture(scope="session")
def honest(tmp_path_factory: pytest.TempPathFactory) -> AuditRun:
    """The audit of the same market without any lie."""
    return audit_in_process(tmp_path_factory.mktemp("honest"), instruments=FEW)


@pytest.fixture(scope="module", params=CASES, ids=[f"{name}-{library or 'both'}" for name, library in CASES])
def told(request: pytest.FixtureRequest, honest: AuditRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """The audit of one lie; its files are gone again when its tests have run."""
    name, library = request.param
    label = name if library is None else f"{name}@{library}"
    run = audit_in_process(tmp_path_factory.mktemp("lie"), lies=(label,), instruments=FEW)
    new = tuple(one for one in run.findings if one.fingerprint not in honest.fingerprints)
    yield Told(LIES[name], library, run, new)
    _forget(run.folder)


def test_blind_spots_are_few_and_each_has_its_reason() -> None:
    """Lies that nothing contradicts are named by the product; the list cannot grow unseen."""
    assert set(BLIND_SPOTS) <= {"balance_inflated", "leverage_wrong", "margin_mode_swapped"}
    assert all(reason.strip() for reason in BLIND_SPOTS.values())


def test_catalogue_has_at_least_45_lies_about_rows_over_all_three_axes() -> None:
    """Faults of the transport do not count."""
    themes = Counter(lie.theme for lie in LIES.values())
    assert min(themes[theme] for theme in (Theme.ENVIRONMENT, Theme.IDENTITY, Theme.MARKET_INTERACTION)) >= 15
    assert themes[Theme.ENVIRONMENT] + themes[Theme.IDENTITY] + themes[Theme.MARKET_INTERACTION] >= 45


def _forget(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def test_lie_that_was_planted_is_really_told(told: Told) -> None:
    """A lie that never changed an answer would prove nothing about the audit."""
    assert told.run.lie_hits[told.label] > 0


def test_lie_makes_the_finding_that_it_must_cause(told: Told) -> None:
    """
    Found is found where the registry says, not merely somewhere; told to both, also as the kind that it says.

    A blind spot is exact as well: once a lie on that list is found, it has to come off the list.
    """
    assert bool(told.on_target) is not (told.believed or told.harmless), told.places
    if told.library is None and told.on_target:
        assert told.lie.cause.kind in {one.kind for one in told.on_target}, told.places


def test_fault_that_costs_time_alone_changes_nothing_of_what_is_found(told: Told) -> None:
    """A slow or oddly labelled truth is still the truth."""
    if told.harmless:
        assert told.new == (), told.places
        assert told.run.manifest["positions_quality"] == "reliable"


def test_lie_never_lets_a_run_end_as_aligned(told: Told) -> None:
    """Findings (1) or missing evidence (3), and never a clean bill."""
    assert told.run.exit_code in (1, 3)
    assert told.run.read("dual_alignment_report.json")["verdict"] in ("differences", "incomplete")


def test_lie_about_positions_never_leaves_them_reliable(told: Told) -> None:
    """Positions that were lied about are called reliable nowhere."""
    quality = told.run.manifest["positions_quality"]
    about_positions = "get_positions" in (told.lie.operation, told.lie.cause.operation)
    if about_positions and not told.believed and not told.harmless:
        assert quality != "reliable"
    assert quality == told.run.read("positions_snapshot.json")["positions_quality"]


def test_lie_is_blamed_on_nobody_but_whom_it_was_told_to(told: Told) -> None:
    """
    Told to one, only that library may stand alone; told to both, only the venue.

    Whom the evidence cannot name stays unknown. Two parsers that read the same false bytes differently are blamed for
    their reading all the same (layer ``parse``), and for what evidence says of a value that was read into them.
    """
    if told.library is None:
        read = {one.symbol for one in told.on_target if one.layer is Layer.PARSE}
        blamed = {one.odd_one_out for one in told.on_target if one.symbol not in read}
        assert blamed <= told.blameable | {OddOneOut.UNKNOWN}, told.places
    else:
        blamed = {one.odd_one_out for one in told.on_target}
        assert blamed <= {OddOneOut(str(told.library)), OddOneOut.UNKNOWN}, told.places


def test_lie_that_evidence_contradicts_names_who_told_it(told: Told) -> None:
    """Independent evidence (fills, clock, book, rates) names the library that was lied to, or the venue."""
    named = told.blameable <= {one.odd_one_out for one in told.on_target}
    excused = told.believed or told.harmless or told.lie.name in WORD_AGAINST_WORD
    assert named or excused, told.places


def test_lie_leaves_findings_that_rest_on_samples_of_the_run(told: Told) -> None:
    """Every reference of a new finding leads to bytes that were kept."""
    kept = {library: _samples(told.run, library) for library in Library}
    arrives = told.lie.theme not in (Theme.TOXIC, Theme.LOST) and told.lie.name not in NO_BYTES
    for one in told.new:
        refs = {Library.CCXT: one.ccxt_raw_sample_ref, Library.OKX_SDK: one.okx_raw_sample_ref}
        assert any(refs.values()) or not arrives, one
        assert all(ref in kept[library] for library, ref in refs.items() if ref is not None), one


def _samples(run: AuditRun, library: Library) -> set[str]:
    path = run.folder / f"{library}_raw_samples.json"
    return set(run.read(path.name)["samples"]) if path.is_file() else set()
