"""
The template of an entry as questions: every fact that must be there, in its order, and what passes for one.

Words where facts belong are refused like gaps (contract 9), and so are facts that contradict each other: a run id of
another commit, a report of another run, planted lies outside of the embedded venue.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dualwitness.difflog.records import World
from dualwitness.models.enums import Axis, FindingKind, Layer, OddOneOut, Outcome

__all__ = ["ADDRESS", "FACTS", "OF_AN_OCCURRENCE", "SAMPLES", "Fact", "fact_at", "is_placeholder", "wrong_with"]

ADDRESS = re.compile(r"[0-9a-f]{64}")
_PLACEHOLDERS = frozenset(
    {"", "-", "--", ".", "?", "??", "...", "…", "n/a", "na", "nil", "none", "null", "tba", "tbc", "tbd", "todo"}
    | {"unknown", "missing", "unclear", "not known", "see above"}
)
# A guess, or a verdict without what was seen.
_OPINION = re.compile(
    r"\b(?:probably|maybe|perhaps|apparently|seem(?:s|ed)?|likely|presumably|possibly|might|could be"
    r"|not sure|suspect(?:ed)?|i (?:think|guess|believe))\b"
    r"|\A\W*(?:(?:it|they|the values?|this|that) )?(?:(?:is|are|was|were|looks?) )?"
    r"(?:different|differs?|wrong|broken|weird|strange|odd|incorrect|bad|off|buggy|unreliable|inconsistent)\W*\Z",
    re.IGNORECASE,
)
SAMPLES = ("evidence.ccxt_raw_sample_ref", "evidence.okx_raw_sample_ref")
_RUN = r"run_\d{8}_\d{6}_([0-9a-f]{7})(?:_\d+)?"
_COMMIT = "[0-9a-f]{7,40}"
_ANYTHING = r"(?s).*\S.*"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to collect: where it stands, what it is, its form, and where the reason stands that it may be null."""

    place: str
    what: str
    form: str | None = None
    reason: str | None = None
    keys: tuple[str, ...] = field(init=False)
    matches: Callable[[str], object] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(self.place.split(".")))
        is_form = _is_filled if self.form is None else re.compile(self.form, re.ASCII).fullmatch
        object.__setattr__(self, "matches", is_form)


def is_placeholder(text: str) -> bool:
    """Whether a text only holds the place of one."""
    return text.strip().lower() in _PLACEHOLDERS


def _is_filled(text: str) -> bool:
    return text.strip().lower() not in _PLACEHOLDERS


def _one_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, words))


# The template: what must be there, in its order. Without a form anything but a placeholder is taken.
FACTS = (
    Fact("entry_id", "the entry's id, DIFF-YYYYMMDD-<short>", r"DIFF-\d{8}-[\w.-]+"),
    Fact("run.run_id", "the run's id as its run_manifest.json has it", _RUN),
    Fact(
        "run.git_commit",
        "the commit that ran, as execution_fingerprint.json has it",
        _COMMIT,
        "run.git_commit_reason",
    ),
    Fact(
        "run.docker_image_digest",
        "the image that ran, sha256:<64 hex digits>",
        "sha256:[0-9a-f]{64}",
        "run.docker_image_digest_reason",
    ),
    Fact("run.python_version", "the version of Python, as execution_fingerprint.json has it", r"\d+\.\d+\.\d+\S*"),
    Fact("environment.env", "the world that was looked at: demo, live, sim or offline", _one_of(World)),
    Fact("environment.exchange_id", "the venue's id, such as okx"),
    Fact("environment.symbol_in_use", "the symbol in use", reason="environment.symbol_reason"),
    Fact("environment.market_type", "the kind of market", "swap|spot|future|futures|margin|option|unknown"),
    Fact("environment.td_mode", "the account's tdMode, or not_applicable"),
    Fact("environment.pos_mode", "the account's posMode, or not_applicable"),
    Fact("environment.margin_mode", "the account's marginMode, or not_applicable"),
    Fact("libraries.a.name", "the name of library A"),
    Fact("libraries.a.version", "the version of library A as it was imported", r"\d\S*"),
    Fact("libraries.b.name", "the name of library B"),
    Fact("libraries.b.version", "the version of library B as it was imported", r"\d\S*"),
    Fact("axis", "the axis: E, I, M or C", _one_of(Axis)),
    Fact("operation", "the operation that was asked"),
    Fact("field", "the field that differs"),
    Fact("observed.ccxt_output", "what CCXT said, word for word", _ANYTHING),
    Fact("observed.okx_output", "what the OKX SDK said, word for word", _ANYTHING),
    Fact("observed.mismatch", "how the two differ, as a fact"),
    Fact(SAMPLES[0], "CCXT's raw sample: keep its bytes in samples/ and give their SHA-256", ADDRESS.pattern),
    Fact(SAMPLES[1], "the OKX SDK's raw sample: keep its bytes in samples/ and give their SHA-256", ADDRESS.pattern),
    Fact("evidence.alignment_report_ref", "the report that judged it"),
    *(Fact(f"impact.{axis}", f"the impact on {axis}; write none where there is none", _ANYTHING) for axis in Axis),
    Fact("severity", "the severity, S0 to S3", "S[0-3]"),
    Fact("mitigation.degrade_strategy", "what an adapter does about it"),
    Fact(
        "decision.status", "open or understood; mitigated and accepted-risk are decided afterwards", "open|understood"
    ),
    Fact("decision.next_verification", "when or how it is verified next"),
    Fact("kind", f"the kind of finding: {', '.join(FindingKind)}", _one_of(FindingKind)),
    Fact("layer", f"where it arises: {', '.join(Layer)}", _one_of(Layer)),
    Fact("odd_one_out", f"who stands alone: {', '.join(OddOneOut)}", _one_of(OddOneOut)),
    Fact("rule", "the line of the rule table that judged it"),
    Fact("reason", "in a sentence, what was seen"),
    Fact("outcome", f"the outcome: {', '.join(Outcome)}", _one_of(Outcome)),
    Fact("fingerprint", "the difference's fingerprint, 16 hex digits", "[0-9a-f]{16}"),
)
_OCCURRENCE = ("entry_id", "run.", "environment.", "libraries.", "evidence.", "severity", "fingerprint")
OF_AN_OCCURRENCE = tuple(fact for fact in FACTS if fact.place.startswith(_OCCURRENCE))


def wrong_with(fields: Mapping[str, Any], facts: Iterable[Fact]) -> Iterator[tuple[Fact, str]]:
    """Each fact that is not there, has not its form, or contradicts another, with what to collect."""
    for fact in facts:
        value = fields.get(fact.keys[0])
        for key in fact.keys[1:]:
            value = value.get(key) if isinstance(value, dict) else None
        if isinstance(value, str) and fact.matches(value):
            contradiction = _CONTRADICTIONS.get(fact.place)
            if contradiction is not None:
                yield from ((fact, problem) for problem in contradiction(fields))
        elif value is not None or fact.reason is None or not _has_reason(fields, fact.reason):
            what = fact.what if fact.reason is None else f"{fact.what}, or null and the reason in {fact.reason}"
            yield fact, what + (f" (it was {str(value)[:80]!r})" if value not in (None, "") else "")


def _has_reason(fields: Mapping[str, Any], place: str) -> bool:
    reason = fact_at(fields, place)
    return isinstance(reason, str) and _is_filled(reason)


def _run_of_its_commit(fields: Mapping[str, Any]) -> Iterator[str]:
    run, commit = fact_at(fields, "run.run_id"), fact_at(fields, "run.git_commit")
    named = re.fullmatch(_RUN, run)
    if named and isinstance(commit, str) and re.fullmatch(_COMMIT, commit) and commit[:7] != named[1]:
        yield f"the run of the commit {commit[:7]} (it was {run!r})"


def _world_without_lies(fields: Mapping[str, Any]) -> Iterator[str]:
    world, lies = fact_at(fields, "environment.env"), fact_at(fields, "environment.lies")
    if lies and world != World.SIM:
        yield f"sim, for lies are planted in the embedded venue alone (it was {world!r})"


def _what_was_seen(fields: Mapping[str, Any]) -> Iterator[str]:
    """What the libraries said may hold any word, so it is taken out before ours are looked at."""
    words: str = fact_at(fields, "observed.mismatch").partition("; expected ")[0]
    for said in ("observed.ccxt_output", "observed.okx_output"):
        text = fact_at(fields, said)
        words = words.replace(text, " ") if isinstance(text, str) and text.strip() else words
    if found := _OPINION.search(words):
        yield f"how the two differ, as a fact; it was {found[0].strip()!r}: record what was seen"


def _report_of_its_run(fields: Mapping[str, Any]) -> Iterator[str]:
    run, report = fact_at(fields, "run.run_id"), fact_at(fields, "evidence.alignment_report_ref")
    named = re.search(_RUN, report)
    if named and isinstance(run, str) and re.fullmatch(_RUN, run) and named[0] != run:
        yield f"a report of {run} (it was {report[:80]!r})"


def _place_of_its_samples(fields: Mapping[str, Any]) -> Iterator[str]:
    outside, world = fact_at(fields, "evidence.raw_samples_at"), fact_at(fields, "environment.env")
    if outside is None:
        return
    if not isinstance(outside, str) or not re.fullmatch(r"[\w.-]+", outside) or is_placeholder(outside):
        yield f"a collection's name in evidence.raw_samples_at, or null (it was {str(outside)[:80]!r})"
    elif world != World.OFFLINE:
        yield f"its bytes in samples/ and null in evidence.raw_samples_at, only offline ones lie outside, not {world}"


_CONTRADICTIONS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "run.run_id": _run_of_its_commit,
    "environment.env": _world_without_lies,
    "observed.mismatch": _what_was_seen,
    SAMPLES[0]: _place_of_its_samples,
    "evidence.alignment_report_ref": _report_of_its_run,
}


def fact_at(fields: Mapping[str, Any], name: str) -> Any:
    """What stands at a dotted place, None where nothing does."""
    value: Any = fields
    for key in name.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
