"""What other tools are told of a log: SARIF 2.1.0 and JUnit XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from dualwitness import __version__
from dualwitness.difflog.export import junit, sarif
from dualwitness.difflog.state import fold
from dualwitness.difflog.store import DiffLog
from tests.support.difflog_records import TODAY, clock
from tests.support.difflog_states import MadeLog, plain_log

# Severity and what became of it -> level (SARIF 2.1.0 section 3.27.10), baseline state and whether it is suppressed.
EXPECTED_OF_THE_PLAIN_LOG = [
    ("S3", "open", "error", "new", False),
    ("S1", "understood", "warning", "unchanged", False),
    ("S0", "mitigated", "note", "unchanged", True),
    ("S2", "accepted-risk", "error", "unchanged", True),
    ("S2", "open", "error", "updated", False),
    ("S2", "open", "error", "new", False),
]


def run_of(made: MadeLog) -> dict[str, Any]:
    """The only run of a log's SARIF."""
    document = json.loads(sarif(made.state()))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    return dict(run)


def place_of(result: dict[str, Any]) -> dict[str, Any]:
    """Where a result's line is."""
    (location,) = result["locations"]
    return dict(location["physicalLocation"])


def suites_of(made: MadeLog) -> ET.Element:
    """The root of a log's JUnit XML."""
    return ET.fromstring(junit(made.state()))  # noqa: S314 -- our own output


def test_sarif_gives_each_entry_the_level_and_state_of_its_severity_and_status() -> None:
    """S3 and S2 are errors, S1 warns, S0 notes; settled is suppressed, expired is not."""
    seen = [
        (
            result["properties"]["severity"],
            result["properties"]["status"],
            result["level"],
            result["baselineState"],
            result["suppressions"] != [],
        )
        for result in run_of(plain_log())["results"]
    ]
    assert seen == EXPECTED_OF_THE_PLAIN_LOG


def test_sarif_has_suppressions_on_every_result_or_on_none() -> None:
    """The property is never absent beside others that have it (SARIF 2.1.0 section 3.27.23)."""
    assert all(isinstance(result["suppressions"], list) for result in run_of(plain_log())["results"])


def test_sarif_suppression_says_who_accepted_and_why_and_until_when() -> None:
    """An accepted risk carries its decision as the justification."""
    made = MadeLog()
    made.decide(made.add(1), "accepted-risk", who="ops", why="the venue documents it", expires="2027-01-01")
    (result,) = run_of(made)["results"]
    (suppression,) = result["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert suppression["justification"].startswith("accepted-risk by ops: the venue documents it, until 2027-01-01")


def test_sarif_names_our_rules_once_and_each_result_points_to_its_own() -> None:
    """Rules are unique, and index and id of a result agree."""
    made = MadeLog()
    for number, rule in enumerate(("b.rule", "a.rule", "b.rule")):
        made.add(number, rule=rule)
    run = run_of(made)
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("dualwitness", __version__)
    assert [rule["id"] for rule in driver["rules"]] == ["a.rule", "b.rule"]
    assert [(one["ruleId"], one["ruleIndex"]) for one in run["results"]] == [
        ("b.rule", 1),
        ("a.rule", 0),
        ("b.rule", 1),
    ]


def test_sarif_rule_has_the_level_of_its_worst_entry() -> None:
    """A later, milder entry does not lower it."""
    made = MadeLog()
    for number, severity in enumerate(("S0", "S2", "S1")):
        made.add(number, severity=severity)
    (rule,) = run_of(made)["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"] == {"level": "error"}


def test_sarif_leads_to_the_line_of_the_log_and_to_the_field(tmp_path: Path) -> None:
    """The physical place is the entry's own line of entries.jsonl, the logical one operation and field."""
    made = MadeLog()
    made.decide(made.add(1), "mitigated")
    made.inherit()
    made.see_again(made.add(2, field="fee"))
    made.add(3, operation="get_ticker")
    with DiffLog(tmp_path, clock) as log:
        for body in made.bodies.values():
            log.keep_sample(body)
        log.append_many(made.records)
        state = fold(log.read().records, TODAY)
    lines = (tmp_path / "entries.jsonl").read_text(encoding="utf-8").splitlines()
    results = json.loads(sarif(state, uri="logs/entries.jsonl"))["runs"][0]["results"]
    assert [place_of(result)["region"]["startLine"] for result in results] == [1, 5, 6]
    for result in results:
        place = place_of(result)
        fields = json.loads(lines[place["region"]["startLine"] - 1])
        assert place["artifactLocation"] == {"uri": "logs/entries.jsonl", "uriBaseId": "%SRCROOT%"}
        assert fields["entry_id"] == result["properties"]["entryId"]
        assert fields["record"] == "entry"
        assert result["partialFingerprints"] == {"dualwitness/v1": fields["fingerprint"]}
        (logical,) = result["locations"][0]["logicalLocations"]
        assert logical["fullyQualifiedName"] == f"{fields['operation']}.{fields['field']}"


def test_sarif_says_of_each_result_in_which_world_it_was_seen() -> None:
    """What sim or offline shows is called no evidence of demo or live, in the message itself."""
    results = run_of(plain_log())["results"]
    worlds = [result["properties"]["world"] for result in results]
    assert worlds == ["sim", "sim", "sim", "demo", "offline", "live"]
    warned = ["never evidence of demo or live" in result["message"]["text"] for result in results]
    assert warned == [world in ("sim", "offline") for world in worlds]


def test_exports_say_which_lies_were_planted_while_a_difference_was_seen() -> None:
    """What a lie of the embedded venue made is never told without the lie."""
    made = MadeLog()
    made.add(1, environment__lies=["duplicate_fill"])
    (result,) = run_of(made)["results"]
    (failure,) = suites_of(made).iter("failure")
    assert "lies planted: duplicate_fill" in result["message"]["text"]
    assert "lies planted: duplicate_fill" in (failure.text or "")


def test_sarif_counts_imported_entries_and_makes_no_result_of_them() -> None:
    """A predecessor's entry is no evidence of ours."""
    made = MadeLog()
    made.inherit()
    run = run_of(made)
    assert (run["results"], run["properties"]) == ([], {"importedEntries": 1})


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{0} and {name}", "{{0}} and {{name}}"),
        ("[here](3)", r"\[here\](3)"),
        (r"\[here](3)", r"\\\[here\](3)"),
        ("[1, 2]", "[1, 2]"),
        ("a\x1b[0m\nb", r"a\x1b[0m\nb"),
    ],
)
def test_sarif_message_has_no_placeholder_and_no_link_of_a_venue(said: str, message: str) -> None:
    """Braces are doubled and the brackets of a link escaped (SARIF 2.1.0 sections 3.11.5 and 3.11.6)."""
    made = MadeLog()
    made.add(1, reason=said)
    (result,) = run_of(made)["results"]
    assert result["message"]["text"].startswith(f"{message}; ")


def test_junit_has_a_suite_an_axis_and_a_case_an_entry() -> None:
    """The counts of a suite, and of all of them, are those of its cases."""
    root = suites_of(plain_log())
    seen = [(suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root]
    assert seen == [("difflog.E", "1", "0", "1"), ("difflog.I", "4", "3", "1"), ("difflog.M", "1", "1", "0")]
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("6", "4", "2")
    for suite in root:
        assert len(suite.findall("testcase")) == int(suite.get("tests", "-1"))
        assert len(suite.findall("testcase/failure")) == int(suite.get("failures", "-1"))
        assert len(suite.findall("testcase/skipped")) == int(suite.get("skipped", "-1"))


def test_junit_fails_what_is_open_understood_or_expired() -> None:
    """Only a decision that holds today ends the failure: to understand a difference does not end it."""
    root = suites_of(plain_log())
    kinds = sorted(failure.get("type", "") for failure in root.iter("failure"))
    assert kinds == ["expired", "open", "open", "understood"]


def test_junit_skips_what_is_settled_with_its_reason() -> None:
    """Mitigated and accepted entries say who decided and why."""
    messages = [skipped.get("message", "") for skipped in suites_of(plain_log()).iter("skipped")]
    assert len(messages) == 2
    assert messages[0].startswith("mitigated by ops: the venue documents it")
    assert messages[1].startswith("accepted-risk by ops: the venue documents it, until 2027-01-01")


def test_junit_failure_tells_what_was_seen_where_and_how_to_see_more() -> None:
    """The text under a failure is enough to start with."""
    made = MadeLog()
    entry = made.add(1)
    (failure,) = suites_of(made).iter("failure")
    assert failure.get("message") == f"S2: {entry.reason}"
    assert failure.text is not None
    assert entry.observed.mismatch in failure.text
    assert "sim: the embedded venue, never evidence of demo or live" in failure.text
    assert failure.text.endswith(f"python -m difflog show {entry.entry_id}")


def test_junit_of_an_empty_log_has_no_case() -> None:
    """Nothing was found, and nothing is made up."""
    root = suites_of(MadeLog())
    assert (len(root), root.get("tests")) == (0, "0")
