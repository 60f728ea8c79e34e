"""
What the log holds: four kinds of record, frozen, and without any float.

``entry`` is one difference with its evidence (contract 9), ``occurrence`` says that it was seen again, ``status`` what
was decided about it, and ``imported`` is a predecessor's entry, which has no evidence of ours. What the log itself adds
to each of them (sequence, date, hashes) stands in `Stored`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator

from dualwitness.difflog.errors import IntegrityFailure
from dualwitness.models.enums import Axis, FindingKind, Layer, OddOneOut, Outcome, Severity
from dualwitness.models.fact import FrozenModel

__all__ = [
    "ADDED",
    "WORLD_RANK",
    "Comparison",
    "Content",
    "Decision",
    "Degradation",
    "Entry",
    "EntryStatus",
    "Environment",
    "Evidence",
    "Impact",
    "Imported",
    "LibraryVersion",
    "Observed",
    "Occurrence",
    "Run",
    "Scope",
    "StatusChange",
    "Stored",
    "World",
    "entry_id_of",
]

# What the log adds to a record. They are found in the raw bytes by name, so that no record may use the names itself.
ADDED = frozenset({"sequence", "date_utc", "previous_hash", "entry_hash"})


def _is_no_key_of_ours(name: str) -> str:
    if name in ADDED:
        message = f"{name} is a word of the log, no library"
        raise ValueError(message)
    return name


class World(StrEnum):
    """Where the evidence comes from; ``sim`` and ``offline`` can never pass for ``demo`` or ``live``."""

    DEMO = "demo"
    LIVE = "live"
    SIM = "sim"
    OFFLINE = "offline"


# How real a world is: what was seen in one says nothing of a world of a higher rank.
WORLD_RANK = {World.SIM: 0, World.OFFLINE: 0, World.DEMO: 1, World.LIVE: 2}


class EntryStatus(StrEnum):
    """Where a difference stands: open, understood, then mitigated or accepted at a known risk."""

    OPEN = "open"
    UNDERSTOOD = "understood"
    MITIGATED = "mitigated"
    ACCEPTED_RISK = "accepted-risk"


class Run(FrozenModel):
    """The run that saw it; outside a clone the commit, and outside a container the image digest, is null + reason."""

    run_id: str
    git_commit: str | None
    git_commit_reason: str | None = None
    docker_image_digest: str | None
    docker_image_digest_reason: str | None = None
    python_version: str


class Environment(FrozenModel):
    """
    Where it was seen, with the hints of the account's mode; a null symbol has its reason.

    ``lies`` are those that were planted in the embedded venue: what was seen then says nothing about the libraries.
    """

    env: World
    exchange_id: str
    symbol_in_use: str | None
    symbol_reason: str | None = None
    market_type: str
    td_mode: str
    pos_mode: str
    margin_mode: str
    lies: tuple[str, ...] = ()


class LibraryVersion(FrozenModel):
    """One of the two libraries that were compared."""

    name: str
    version: str


class Comparison(FrozenModel):
    """The two libraries: ``a`` is CCXT, ``b`` the OKX SDK."""

    a: LibraryVersion
    b: LibraryVersion

    def versions(self) -> dict[str, str]:
        """Version by name of the library."""
        return {one.name: one.version for one in (self.a, self.b)}


class Observed(FrozenModel):
    """Facts only: what each library said, and how that differs."""

    ccxt_output: str
    okx_output: str
    mismatch: str


class Evidence(FrozenModel):
    """
    Addresses (SHA-256, hex) of both raw samples, and the report that judged them.

    ``raw_samples_at`` names the collection outside the log where the bodies lie; None: they are in the log itself.
    """

    ccxt_raw_sample_ref: str
    okx_raw_sample_ref: str
    alignment_report_ref: str
    raw_samples_at: str | None = None


class Impact(FrozenModel):
    """What the difference does to each axis of the internal schema."""

    E: str
    I: str
    M: str
    C: str


class Degradation(FrozenModel):
    """What an adapter does about it, and the flags that a run's manifest must then carry."""

    degrade_strategy: str
    required_manifest_flags: tuple[str, ...] = ()


class Decision(FrozenModel):
    """Where the difference stood when the entry was made; later changes are records of their own."""

    status: EntryStatus
    next_verification: str


class Entry(FrozenModel):
    """One difference, once, with its evidence (contract 9). ``row_key`` is the row of the samples that shows it."""

    record: Literal["entry"] = "entry"
    entry_id: str
    run: Run
    environment: Environment
    libraries: Comparison
    axis: Axis
    operation: str
    field: str
    row_key: str | None = None
    observed: Observed
    evidence: Evidence
    impact: Impact
    severity: Severity
    mitigation: Degradation
    decision: Decision
    fingerprint: str
    kind: FindingKind
    layer: Layer
    odd_one_out: OddOneOut
    rule: str
    reason: str
    outcome: Outcome


class Occurrence(FrozenModel):
    """A difference that has its entry was seen again."""

    record: Literal["occurrence"] = "occurrence"
    entry_id: str
    fingerprint: str
    run: Run
    environment: Environment
    libraries: Comparison
    severity: Severity
    evidence: Evidence


# A library's name is a key of the line's JSON, so it may be none that the chain looks for.
_LibraryName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]*$"), AfterValidator(_is_no_key_of_ours)]


class Scope(FrozenModel):
    """
    How far an acceptance reaches: these versions, this symbol and field, up to this severity.

    ``env`` is the most real world that it reaches; None: that of the entry. So what was accepted on the word of the
    embedded venue is not accepted in OKX demo or live.
    """

    libraries: dict[_LibraryName, str] = Field(min_length=1)
    symbol: str | None
    field: str
    severity: Severity
    env: World | None = None


class StatusChange(FrozenModel):
    """
    A decision about an entry: who made it, why, and until when.

    Only an accepted risk has a scope, and needs one; only an accepted risk expires.
    """

    record: Literal["status"] = "status"
    entry_id: str
    status: EntryStatus
    who: str = Field(min_length=1)
    why: str = Field(min_length=1)
    expires: date | None = None
    scope: Scope | None = None
    next_verification: str | None = None

    @model_validator(mode="after")
    def _an_acceptance_says_what_it_accepts(self) -> StatusChange:
        accepted = self.status is EntryStatus.ACCEPTED_RISK
        if accepted and self.scope is None:
            message = "an accepted risk names the versions, symbol, field and severity that it accepts"
            raise ValueError(message)
        if not accepted and self.scope is not None:
            message = f"a scope belongs to accepted-risk alone, but the status was {self.status}"
            raise ValueError(message)
        if not accepted and self.expires is not None:
            message = f"only accepted-risk expires, but the status was {self.status}"
            raise ValueError(message)
        return self


class Imported(FrozenModel):
    """A predecessor's entry: its facts as they were handed down, never counted as evidence."""

    record: Literal["imported"] = "imported"
    entry_id: str
    label: Literal["imported"] = "imported"
    source: str
    original_date: date
    run_id: str | None = None
    mode: str | None = None
    severity: Severity | None = None
    severity_by_axis: dict[Axis, Severity] = Field(default_factory=dict)
    status: str
    facts: tuple[str, ...] = Field(min_length=1)
    mitigation: str | None = None
    next_verification: str | None = None
    evidence: None = None


Content = Entry | Occurrence | StatusChange | Imported
_CONTENT: TypeAdapter[Content] = TypeAdapter(Annotated[Content, Field(discriminator="record")])
_Kind = TypeVar("_Kind", bound=FrozenModel)


class Stored:
    """
    One record as the log holds it, read-only: ``fields`` is its line as JSON, ``size`` that line's length in bytes.

    ``content`` is the typed record, made when it is first asked for, so that a hundred thousand can be listed at once.
    """

    __slots__ = ("_content", "fields", "size")

    def __init__(self, fields: Mapping[str, Any], size: int, content: Content | None = None) -> None:
        self.fields = fields
        self.size = size
        self._content = content

    @property
    def kind(self) -> str:
        """Which record it is: entry, occurrence, status or imported."""
        return str(self.fields["record"])

    @property
    def entry_id(self) -> str:
        """The entry that it is, or speaks of."""
        return str(self.fields["entry_id"])

    @property
    def sequence(self) -> int:
        """Its place in its file, from 0."""
        return int(self.fields["sequence"])

    @property
    def date_utc(self) -> str:
        """When it was appended; the sequence orders records, time does not."""
        return str(self.fields["date_utc"])

    @property
    def previous_hash(self) -> str:
        """The hash of the record before it."""
        return str(self.fields["previous_hash"])

    @property
    def entry_hash(self) -> str:
        """SHA-256 of its line without this hash."""
        return str(self.fields["entry_hash"])

    @property
    def content(self) -> Content:
        """The typed record; raises `IntegrityFailure` where the line does not have the form of this version."""
        if self._content is None:
            bare = {name: value for name, value in self.fields.items() if name not in ADDED}
            try:
                self._content = _CONTENT.validate_python(bare)
            except ValidationError as error:
                problem = f"record {self.sequence} ({self.entry_id}) does not have the form of this version: {error}"
                raise IntegrityFailure(
                    problem, advice="verify the log, or read it with the version that wrote it"
                ) from None
        return self._content

    @property
    def entry(self) -> Entry:
        """The content of an entry; raises `IntegrityFailure` for another kind of record."""
        return self._as(Entry)

    @property
    def change(self) -> StatusChange:
        """The content of a change of status; raises `IntegrityFailure` for another kind of record."""
        return self._as(StatusChange)

    def _as(self, kind: type[_Kind]) -> _Kind:
        content = self.content
        if not isinstance(content, kind):
            message = f"record {self.sequence} was no {kind.__name__}, it is of the kind {self.kind}"
            raise IntegrityFailure(message, advice="verify the log")
        return content


def entry_id_of(day: date, fingerprint: str) -> str:
    """``DIFF-YYYYMMDD-<short>``: the day of the entry and the first ten digits of the difference's fingerprint."""
    return f"DIFF-{day:%Y%m%d}-{fingerprint[:10]}"
