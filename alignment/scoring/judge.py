"""
What a case of the scorecard shows, held against what was written down beforehand. Pure.

A lie is caught where it must be found: with its kind, on its axis, at its operation and field, as severe as said, and
blamed on nobody but whom it was told to. Whatever is found, the positions are held against what the venue really held.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from dualwitness.alignment.rules import RULES
from dualwitness.alignment.scoring.audited import Audited, Played
from dualwitness.alignment.scoring.cases import Case, Sort, is_blind
from dualwitness.alignment.scoring.masks import is_masked
from dualwitness.alignment.scoring.outcome import Fate, Judged, LieJudged
from dualwitness.alignment.scoring.truth import untrue
from dualwitness.models import FindingKind, Layer, Library, NullReason, OddOneOut, PositionsQuality
from dualwitness.models.finding import Finding
from dualwitness.venues.sim.lies import BLIND_SPOTS, Needs, Plant, Theme, parse_plant

__all__ = ["false_alarms", "judge_case"]

_WORST_LAST = list(PositionsQuality)
_SIGNED_SIZE = frozenset({"contracts", "direction", "has_position"})
# So many audits may end after the one in which the first answer was false.
_AUDITS_OF_GRACE = 1
# Nothing of these answers arrives whole, so there are no bytes to keep.
_NO_BYTES = ("gzip_garbage",)


def judge_case(case: Case, played: Played, honest: Sequence[Collection[str]]) -> Judged:
    """Judge a case; ``honest`` are the fingerprints of its honest twin's audits, the last one for all further ones."""
    new = [_new(audited, honest[min(place, len(honest) - 1)]) for place, audited in enumerate(played.audits)]
    if case.sort is Sort.HONEST:
        alarms = [
            alarm
            for audited, found in zip(played.audits, new, strict=True)
            for alarm in false_alarms(audited.findings, found)
        ]
        return Judged(case, problems=(*alarms, *_wrongs(case, played, ())))
    plants = [parse_plant(label) for label in case.plants]
    found_in: int | None = len(new) - 1
    if case.sort is Sort.MID_RUN:
        found_in = _found_in(plants[0], played, new)
    shown = new[_deadline(played) if found_in is None else found_in]
    # Where a lie began in the middle, only one library may have been lied to so far.
    begun = case.sort is Sort.MID_RUN and found_in == _first_false_audit(played)
    lies = tuple(_judge_lie(plant, plants, played, shown, begun=begun) for plant in plants)
    problems = (*_wrongs(case, played, lies), *_unfounded(played, new, plants))
    if all(one.fate is Fate.CAUGHT for one in lies) and played.first_false is not None and found_in is not None:
        return Judged(case, lies, problems, *_time_to_detect(played, found_in))
    return Judged(case, lies, problems)


def _new(audited: Audited, honest: Collection[str]) -> tuple[Finding, ...]:
    return tuple(one for one in audited.findings if one.fingerprint not in honest)


def _first_false_audit(played: Played) -> int:
    number = played.first_false[0] if played.first_false is not None else 0
    return next((place for place, one in enumerate(played.audits) if one.requests >= number), 0)


def _deadline(played: Played) -> int:
    return min(_first_false_audit(played) + _AUDITS_OF_GRACE, len(played.audits) - 1)


def _found_in(plant: Plant, played: Played, new: Sequence[Sequence[Finding]]) -> int | None:
    """The first audit since the lie was told, and up to the deadline, that shows it where it must be found."""
    due = range(_first_false_audit(played), _deadline(played) + 1)
    return next((place for place in due if not _shortcomings(plant, new[place])), None)


def _time_to_detect(played: Played, found_in: int) -> tuple[int, int, int]:
    first = played.first_false or (0, 0)
    audited = played.audits[found_in]
    return found_in - _first_false_audit(played) + 1, audited.requests - first[0], audited.ended_ms - first[1]


def _judge_lie(
    plant: Plant, plants: Sequence[Plant], played: Played, new: Sequence[Finding], *, begun: bool
) -> LieJudged:
    label = plant.label
    if not played.audits[-1].told.get(label):
        return LieJudged(label, Fate.UNTOLD)
    alone = len(plants) == 1
    if plant.lie.cause.kind is None:
        alarms = [_place(one) for one in new] if alone else []
        return LieJudged(label, Fate.CAUGHT, tuple(f"costs time alone, and yet: {alarm}" for alarm in alarms))
    problems = _shortcomings(plant, new, alone=alone)
    if is_blind(label):
        if _on_target(plant, new) and alone:
            return LieJudged(label, Fate.BLIND, ("is found after all: take it off the list of blind spots",))
        return LieJudged(label, Fate.BLIND)
    others = [one for one in plants if one is not plant]
    if problems and others and (_answer_gone(plant, new) or is_masked(plant, played.tellings, others)):
        return LieJudged(label, Fate.MASKED)
    if problems and any(_spoils(other, plant) for other in others):
        return LieJudged(label, Fate.UNPROVEN)
    if alone and not begun:
        problems = (*problems, *_blamed_wrongly(plant, new), *_not_named(plant, new))
    return LieJudged(label, Fate.MISSED if problems else Fate.CAUGHT, problems)


def _answer_gone(plant: Plant, new: Iterable[Finding]) -> bool:
    """Whether the audit says itself that nobody who was lied to got any answer to that question."""
    lead = RULES[plant.lie.operation].lead.field
    heard_by = set(Library) if plant.library is None else {plant.library}
    lost = {
        library
        for one in new
        if one.kind is FindingKind.UNOBTAINABLE and (one.operation, one.field) == (plant.lie.operation, lead)
        for library, claim in ((Library.CCXT, one.ccxt), (Library.OKX_SDK, one.okx_sdk))
        if claim.reason in (NullReason.ERROR, NullReason.INVALID_ENVELOPE)
    }
    return heard_by <= lost


def _spoils(other: Plant, plant: Plant) -> bool:
    """Whether another lie is about what would prove this one false, and told to whoever hears this one."""
    heard = other.library in (None, plant.library)
    return heard and other.lie.cause.kind is not None and other.lie.operation in plant.lie.rests_on


def _on_target(plant: Plant, new: Iterable[Finding], *, alone: bool = True) -> tuple[Finding, ...]:
    """
    The findings where the lie must be found.

    Whether there is a position, which way and how large is one signed number: of a pair of lies both may be about it,
    and which of its three words is named follows from what the two make of it together.
    """
    cause = plant.lie.cause
    fields = {cause.field} if alone or cause.field not in _SIGNED_SIZE else _SIGNED_SIZE
    return tuple(one for one in new if one.operation == cause.operation and one.field in fields)


def _shortcomings(plant: Plant, new: Sequence[Finding], *, alone: bool = True) -> tuple[str, ...]:
    """What the findings lack of what the lie must cause; nothing where all is there."""
    cause, found = plant.lie.cause, _on_target(plant, new, alone=alone)
    if cause.kind is None:
        return ()
    if not found:
        places = ", ".join(sorted({_place(one) for one in new})) or "nothing new"
        return (f"not found at {cause.operation}.{cause.field}, but: {places}",)
    problems = []
    axis = RULES[cause.operation].axis
    if axis not in {one.axis for one in found}:
        problems.append(f"found on axis {found[0].axis}, must be {axis}")
    if plant.library is None and cause.kind not in {one.kind for one in found}:
        problems.append(f"found as {found[0].kind}, must be {cause.kind}")
    worst = max(one.severity.rank for one in found)
    if cause.severity is not None and worst < cause.severity.rank:
        problems.append(f"found as S{worst}, must be {cause.severity} at least")
    return tuple(problems)


def _not_named(plant: Plant, new: Sequence[Finding]) -> tuple[str, ...]:
    """Evidence names the venue, or the library that was lied to; word against word nobody is to be named."""
    found = _on_target(plant, new)
    if not found or plant.lie.cause.kind is FindingKind.LIBRARY_DISAGREEMENT or plant.lie.name in BLIND_SPOTS:
        return ()
    due = _answerable(plant) if plant.library is None else {OddOneOut(str(plant.library))}
    missing = due - {one.odd_one_out for one in found}
    return tuple(f"nobody says that it was {one}" for one in sorted(missing))


def _blamed_wrongly(plant: Plant, new: Sequence[Finding]) -> tuple[str, ...]:
    """Told to one, only that library may stand alone; told to both, only the venue, but for what a parser misreads."""
    found = _on_target(plant, new)
    if plant.library is not None:
        allowed = {OddOneOut(str(plant.library)), OddOneOut.UNKNOWN}
        blamed = {one.odd_one_out for one in found}
    else:
        allowed = {*_answerable(plant), OddOneOut.UNKNOWN}
        misread = {one.symbol for one in found if one.layer is Layer.PARSE}
        blamed = {one.odd_one_out for one in found if one.symbol not in misread}
    return tuple(f"blamed on {one}" for one in sorted(blamed - allowed))


def _answerable(plant: Plant) -> set[OddOneOut]:
    """Whom a lie told to both is to be blamed on: the venue; each library for the loss of an order of its own."""
    own = plant.lie.cause.kind is FindingKind.UNOBTAINABLE and plant.lie.operation == "place_order"
    return {OddOneOut(str(library)) for library in Library} if own else {OddOneOut.VENUE}


def _wrongs(case: Case, played: Played, lies: Iterable[LieJudged]) -> tuple[str, ...]:
    """What is said of the positions in any audit of the case and may not be."""
    wrongs: list[str] = []
    heard = [one.label for one in lies if one.fate not in (Fate.MASKED, Fate.UNTOLD)]
    best = max((parse_plant(one).lie.cause.quality for one in heard), key=_WORST_LAST.index, default=None)
    for number, audited in enumerate(played.audits):
        wrongs += untrue(audited.positions, audited.true, audited.quality)
        if audited.verdict == "aligned" or audited.exit_code not in (1, 3):
            wrongs.append(f"the audit ends with {audited.exit_code}, {audited.verdict}")
        if _must_be_reliable(case) and audited.quality is not PositionsQuality.RELIABLE:
            wrongs.append(f"the positions of an honest run are called {audited.quality}")
        if best is None or not _all_told(case, played, number):
            continue
        if _WORST_LAST.index(audited.quality) < _WORST_LAST.index(best):
            wrongs.append(f"the positions are called {audited.quality}, at best they are {best}")
    return tuple(wrongs)


def _must_be_reliable(case: Case) -> bool:
    """An honest run; but what a margin pair holds no second witness confirms (OKX's ``pos`` of it holds margin too)."""
    return case.sort is Sort.HONEST and case.scenario != "margin"


def _all_told(case: Case, played: Played, number: int) -> bool:
    """Whether every lie that the quality depends on was told in this audit from its beginning on."""
    if Needs.TRADING in case.needs and number == 0:
        return False
    hits, before = played.audits[number].told, played.audits[number - 1].told if number else {}
    if case.sort is Sort.MID_RUN and (number == 0 or number <= _first_false_audit(played)):
        return False
    degrading = [one for one in case.plants if parse_plant(one).lie.cause.quality is not PositionsQuality.RELIABLE]
    return all(hits.get(label, 0) > before.get(label, 0) for label in degrading)


def _unfounded(played: Played, new: Sequence[Sequence[Finding]], plants: Sequence[Plant]) -> tuple[str, ...]:
    """New findings whose bytes the run did not keep; where a connection breaks there may be none."""
    arrives = not any(one.lie.theme in (Theme.TOXIC, Theme.LOST) or one.lie.name in _NO_BYTES for one in plants)
    return tuple(
        f"rests on bytes that were not kept: {_place(one)}"
        for audited, found in zip(played.audits, new, strict=True)
        for one in found
        if one.fingerprint in audited.unkept or (arrives and one.fingerprint in audited.without_bytes)
    )


def false_alarms(findings: Iterable[Finding], new: Collection[Finding]) -> list[str]:
    """What a run without a lie may not find: a contradiction, a venue to blame, or what its twin did not find."""
    wrong = [
        one
        for one in findings
        if one in new
        or one.kind is FindingKind.EVIDENCE_CONFLICT
        or one.layer in (Layer.VENUE, Layer.TRANSPORT)
        or one.odd_one_out is OddOneOut.VENUE
    ]
    return [f"{_place(one)}: {one.reason}" for one in wrong]


def _place(one: Finding) -> str:
    return f"{one.kind} {one.operation}.{one.field} {one.odd_one_out}"
