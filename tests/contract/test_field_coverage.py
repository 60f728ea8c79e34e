"""
The fields of the venue's answers are those that OKX was recorded to send, name by name and type by type.

What differs is named with its reason in two tables of the venue's README: fields that are not modelled, and fields
that OKX documents but that no recording holds yet.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dualwitness.venues.sim.engine import PRIVATE_ROUTES
from dualwitness.venues.sim.routes_public import PUBLIC_ROUTES
from dualwitness.venues.sim.unsupported import UNSUPPORTED
from tests.support.judges_answers import CASES, Venues
from tests.support.judges_fields import Case, Fields, Recording, Table, fields_of, read_recordings, read_table
from tests.support.shared import require_shared, shared_folder

README = Path(__file__).resolve().parents[2] / "venues" / "sim" / "README.md"
_PLACE = re.compile(r"^\.\[\d+\]")
SERVED = {(method, path) for method, path in {*PRIVATE_ROUTES, *PUBLIC_ROUTES} if path not in UNSUPPORTED}


@cache
def recordings() -> dict[Case, list[Recording]]:
    """Every recorded answer, by case."""
    return read_recordings(require_shared() / "okx-payloads")


@cache
def table(name: str) -> Table:
    """A table of the venue's README; empty where there is none."""
    return read_table(README.read_text(encoding="utf-8") if README.is_file() else "", name)


def served_cases() -> list[Case]:
    """The recorded cases of endpoints that the venue serves, in order; none where the recordings are not at hand."""
    if not (shared_folder() / "okx-payloads" / "INDEX.json").is_file():
        return []
    return sorted(case for case in recordings() if (case.method, f"/api/v5/{case.path}") in SERVED)


@pytest.fixture(scope="module")
def venues() -> Venues:
    """Venues of every scenario that the cases need."""
    return Venues()


def gaps(answers: list[dict[str, Any]], known: list[Recording]) -> list[str]:
    """What the venue's answers lack, add, or spell as another type; each line names its field first."""
    ours: Fields = fields_of([row for answer in answers for row in _rows(answer)])
    if any(".[]" in recording.fields for recording in known):
        # A plain list and no row by position: how many members it has is no matter of fields.
        ours = {_PLACE.sub(".[]", name): types for name, types in ours.items()}
    found = [*_missing(ours, known), *_added(ours, known), *_of_another_type(ours, known), *_envelope(answers, known)]
    return sorted(found)


def _rows(answer: dict[str, Any]) -> list[Any]:
    return answer["data"] if isinstance(answer["data"], list) else [answer["data"]]


def _missing(ours: Fields, known: list[Recording]) -> list[str]:
    names: dict[str, str] = {}
    for recording in known:
        for name in recording.fields:
            names.setdefault(name, recording.file)
    # A list that is empty here shows nothing of its members.
    hollow = {name for name, types in ours.items() if types & {"list"} and f"{name}.[]" not in ours}
    return [
        f"{name} missing, sent in {file}"
        for name, file in names.items()
        if name not in ours and not any(name.startswith(f"{parent}.") for parent in hollow)
    ]


def _added(ours: Fields, known: list[Recording]) -> list[str]:
    if not any(recording.whole and recording.fields for recording in known):
        return []
    hollow = {name for one in known for name, types in one.fields.items() if types == {"list"}}
    seen = {name for one in known for name in one.fields}
    full = {name for name in hollow if f"{name}.[]" in seen}
    return [
        f"{name} added, in no recording"
        for name in ours
        if name not in seen and not any(name.startswith(f"{parent}.") for parent in hollow - full)
    ]


def _of_another_type(ours: Fields, known: list[Recording]) -> list[str]:
    found = []
    for name, types in ours.items():
        newest = next((one.fields[name] for one in known if name in one.fields), types)
        if not types <= newest:
            found.append(f"{name} is {'/'.join(sorted(types))}, recorded as {'/'.join(sorted(newest))}")
    return found


def _envelope(answers: list[dict[str, Any]], known: list[Recording]) -> list[str]:
    recorded = [set(one.keys) for one in known if one.keys]
    return [
        f"envelope has {sorted(answer)}, recorded with {sorted(recorded[0])}"
        for answer in answers
        if recorded and set(answer) not in recorded
    ]


def unexcused(case: Case, lines: list[str]) -> list[str]:
    """The gaps that no table of the README names."""
    tables = table("not-modelled"), table("not-recorded")
    return [line for line in lines if not any(one.excuses(case, line.split(" ", 1)[0]) for one in tables)]


def compared(case: Case, venues: Venues) -> list[str]:
    """Every gap of one case, excused or not."""
    if case not in CASES:
        return ["* is not asked of the venue by any case of these tests"]
    answers = CASES[case](venues)
    wanted = case.variant if case.variant.isdigit() else "0"
    refused = [f"* is answered with {answer}" for answer in answers if str(answer["code"]) != wanted]
    return refused or gaps(answers, recordings()[case])


@pytest.mark.parametrize("case", served_cases(), ids=str)
def test_answer_of_the_venue_has_the_fields_and_types_that_okx_was_recorded_to_send(case: Case, venues: Venues) -> None:
    """Nothing is missing, added or of another type, but for what the README names with a reason."""
    assert unexcused(case, compared(case, venues)) == []


def test_every_excuse_of_the_readme_is_still_needed(venues: Venues) -> None:
    """A field that was modelled since must leave the tables, and a case that nobody recorded cannot be excused."""
    require_shared()
    used = {
        excuse
        for case in served_cases()
        for line in compared(case, venues)
        for one in (table("not-modelled"), table("not-recorded"))
        if (excuse := one.excuses(case, line.split(" ", 1)[0]))
    }
    listed = {*table("not-modelled").reasons, *table("not-recorded").reasons}
    assert listed - used == set()


def test_field_that_is_missing_added_or_of_another_type_is_a_gap() -> None:
    """The comparison can fail, in each direction and below the first level."""
    theirs = fields_of([{"a": "1", "b": True, "c": [{"d": "1", "e": "2"}]}])
    known = [Recording("file", 0, whole=True, keys=("code", "data", "msg"), fields=theirs)]
    ours = {"code": "0", "data": [{"b": "true", "c": [{"d": "1"}], "f": "1"}], "msg": ""}
    assert gaps([ours], known) == [
        "a missing, sent in file",
        "b is string, recorded as bool",
        "c.[].e missing, sent in file",
        "f added, in no recording",
    ]
    assert gaps([{"code": "0", "data": [], "msg": "", "more": 1}], []) == []
