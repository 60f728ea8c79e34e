"""
The log for other tools: SARIF 2.1.0 for code scanning, JUnit XML for the test report of a CI.

Both tell the log's entries alone: what was imported from a predecessor is no evidence and no result. An entry counts as
settled where the difference is mitigated or its risk accepted today. One that is only understood still fails, as it
does in an audit, and so does an acceptance that has expired.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from dualwitness import __version__
from dualwitness.difflog.form import WORLDS, decision_of
from dualwitness.difflog.plain import short
from dualwitness.difflog.records import EntryStatus
from dualwitness.difflog.state import EntryState, LogState
from dualwitness.models.enums import Axis, Severity

__all__ = ["junit", "sarif"]

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_TOOL = "dualwitness"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LEVELS = {Severity.S3: "error", Severity.S2: "error", Severity.S1: "warning", Severity.S0: "note"}
_SETTLED = (EntryStatus.MITIGATED, EntryStatus.ACCEPTED_RISK)
# SARIF 2.1.0 section 3.11.5: a brace that begins no placeholder is doubled; 3.11.6: ``[text](target)`` is a link.
_NO_PLACEHOLDER = str.maketrans({"{": "{{", "}": "}}"})
_NO_LINK = str.maketrans({"[": "\\[", "]": "\\]", "\\": "\\\\"})
_MOST_TEXT = 2_000
_MOST_WORD = 200

Counts = tuple[int, int, int]


def sarif(state: LogState, *, uri: str = "difflog/log/entries.jsonl") -> str:
    """
    The entries as one SARIF 2.1.0 log; ``uri`` is where the log's file lies in the repository.

    S3 and S2 are errors, S1 is a warning, S0 a note. A settled entry carries an accepted suppression with who decided
    and why. ``baselineState`` is ``new`` until somebody has decided, ``updated`` where an acceptance has expired, else
    ``unchanged``. Raises `IntegrityFailure` where a line of the log does not have the form of this version.
    """
    entries = list(state.entries.values())
    rules = _rules(entries)
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    run = {
        "tool": {"driver": {"name": _TOOL, "version": __version__, "semanticVersion": __version__, "rules": rules}},
        "automationDetails": {"id": f"{_TOOL}/difflog/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, numbers, uri) for one in entries],
        "properties": {"importedEntries": len(state.imported)},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def junit(state: LogState) -> str:
    """
    The entries as JUnit XML, a suite an axis and a case an entry.

    Settled is skipped, with who decided and why; everything else is a failure, of the type ``open``, ``understood`` or
    ``expired``. Raises `IntegrityFailure` where a line of the log does not have the form of this version.
    """
    root = ET.Element("testsuites", name="difference log")
    total: Counts = (0, 0, 0)
    for axis in Axis:
        of_axis = [one for one in state.entries.values() if one.entry.axis is axis]
        if not of_axis:
            continue
        skipped = sum(one.status in _SETTLED for one in of_axis)
        counts = (len(of_axis), len(of_axis) - skipped, skipped)
        total = (total[0] + counts[0], total[1] + counts[1], total[2] + counts[2])
        suite = ET.SubElement(root, "testsuite", _counted(counts), name=f"difflog.{axis}")
        for one in of_axis:
            _case(suite, one)
    for name, value in _counted(total).items():
        root.set(name, value)
    ET.indent(root, " ")
    return f"{_XML}{ET.tostring(root, encoding='unicode')}\n"


def _rules(entries: Iterable[EntryState]) -> list[dict[str, Any]]:
    """Our rules in alphabetical order, each with the worst severity that the log holds of it."""
    worst: dict[str, Severity] = {}
    for one in entries:
        entry = one.entry
        known = worst.get(entry.rule)
        if known is None or entry.severity.rank > known.rank:
            worst[entry.rule] = entry.severity
    return [
        {
            "id": _word(rule),
            "name": _word(rule),
            "shortDescription": {"text": _message(f"the two libraries differ by the rule {rule}")},
            "defaultConfiguration": {"level": _LEVELS[severity]},
        }
        for rule, severity in sorted(worst.items())
    ]


def _result(one: EntryState, numbers: Mapping[str, int], uri: str) -> dict[str, Any]:
    entry, rule = one.entry, _word(one.entry.rule)
    name = f"{_word(entry.operation)}.{_word(entry.field)}"
    return {
        "ruleId": rule,
        "ruleIndex": numbers[rule],
        "level": _LEVELS[entry.severity],
        "kind": "fail",
        "message": {"text": _message("; ".join(_told(one)))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": one.stored.sequence + 1},
                },
                "logicalLocations": [{"name": _word(entry.field), "fullyQualifiedName": name, "kind": "member"}],
            }
        ],
        "partialFingerprints": {f"{_TOOL}/v1": _word(entry.fingerprint)},
        "baselineState": _baseline(one),
        "suppressions": _suppressions(one),
        "properties": {
            "entryId": _word(one.entry_id),
            "severity": str(entry.severity),
            "axis": str(entry.axis),
            "status": str(one.status),
            "expired": one.expired,
            "world": str(entry.environment.env),
            "symbol": None if entry.environment.symbol_in_use is None else _word(entry.environment.symbol_in_use),
            "libraries": {_word(each): _word(version) for each, version in entry.libraries.versions().items()},
            "seen": 1 + len(one.occurrences),
        },
    }


def _baseline(one: EntryState) -> str:
    if one.expired:
        return "updated"
    return "unchanged" if one.changes else "new"


def _suppressions(one: EntryState) -> list[dict[str, Any]]:
    if one.status not in _SETTLED:
        return []
    return [{"kind": "external", "status": "accepted", "justification": _short(_decision(one))}]


def _case(suite: ET.Element, one: EntryState) -> None:
    entry = one.entry
    name = f"{entry.field} of {entry.environment.symbol_in_use or 'the whole answer'}, {one.entry_id}"
    class_name = f"difflog.{entry.axis}.{_word(entry.operation)}"
    case = ET.SubElement(suite, "testcase", classname=class_name, name=_word(name), time="0")
    if one.status in _SETTLED:
        ET.SubElement(case, "skipped", message=_short(_decision(one)))
        return
    kind = "expired" if one.expired else str(one.status)
    failure = ET.SubElement(case, "failure", type=kind, message=_word(f"{entry.severity}: {entry.reason}"))
    failure.text = "\n".join(_short(line) for line in (*_told(one), f"python -m difflog show {one.entry_id}"))


def _told(one: EntryState) -> list[str]:
    """What was seen, where and by whom; first of all what it is no evidence of."""
    entry = one.entry
    environment = entry.environment
    versions = ", ".join(f"{name} {version}" for name, version in entry.libraries.versions().items())
    lies = [f"lies planted: {', '.join(environment.lies)}"] if environment.lies else []
    decided = [_decision(one)] if one.changes else []
    return [entry.reason, entry.observed.mismatch, WORLDS[environment.env], *lies, versions, *decided]


def _decision(one: EntryState) -> str:
    """The last decision in words."""
    if not one.changes:
        return f"{one.status}: recorded so"
    words = decision_of(one.changes[-1].change)
    return f"{words}; it has expired" if one.expired else words


def _counted(counts: Counts) -> dict[str, str]:
    tests, failures, skipped = counts
    return {"tests": str(tests), "failures": str(failures), "errors": "0", "skipped": str(skipped), "time": "0"}


def _message(text: str) -> str:
    seen = _short(text).translate(_NO_PLACEHOLDER)
    return seen.translate(_NO_LINK) if "](" in seen else seen


def _short(text: str) -> str:
    return short(text, _MOST_TEXT)


def _word(text: str) -> str:
    return short(text, _MOST_WORD) if text else "(empty)"
