"""The Markdown of a log: the predecessor's template with nothing left out, and nothing that a text can add to it."""

from __future__ import annotations

import re

import pytest

from dualwitness.difflog.form import HEADINGS
from dualwitness.difflog.markdown import MOST_LINES, markdown
from dualwitness.difflog.plain import markdown_code
from dualwitness.difflog.records import World
from tests.support.difflog_states import MadeLog, plain_log

# What the predecessor's template asks for, in its order; written down, not taken from the code.
TEMPLATE = (
    "Date (UTC)",
    "Run",
    "Execution environment",
    "Libraries compared",
    "Operation",
    "Observed difference (facts only)",
    "Evidence",
    "Impact on the internal schema",
    "Severity",
    "Mitigation at adapter level",
    "Decision",
)


def document(made: MadeLog) -> str:
    """The whole document of a log."""
    return "".join(markdown(made.state(), made.samples))


def section_of(text: str, entry_id: str) -> str:
    """What stands under the heading of one entry."""
    return text.split(f"\n## `{entry_id}`", 1)[1].split("\n## ", 1)[0]


def test_entry_in_markdown_has_every_heading_of_the_template_in_order() -> None:
    """The predecessor's headings come first and in its order, then what this log knows beside."""
    made = MadeLog()
    entry = made.add(1)
    headings = re.findall(r"^### (.+)$", section_of(document(made), entry.entry_id), re.MULTILINE)
    assert tuple(headings[: len(TEMPLATE)]) == TEMPLATE
    assert headings == [*HEADINGS, "History", "Raw pair"]


def test_entry_in_markdown_leaves_no_recorded_value_out() -> None:
    """Every text of the record stands in its section."""
    made = MadeLog()
    entry = made.add(
        1,
        World.OFFLINE,
        run__docker_image_digest="sha256:" + "a" * 64,
        environment__td_mode="isolated-by-hand",
        environment__lies=["duplicate_fill", "balance_inflated@ccxt"],
        evidence__raw_samples_at="okx-payloads",
    )
    section = section_of(document(made), entry.entry_id)

    def values(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for each in value.values() for text in values(each)]
        if isinstance(value, list):
            return [text for each in value for text in values(each)]
        return [] if value is None else [str(value)]

    recorded = entry.model_dump(mode="json", exclude={"record"})
    recorded["run"].pop("docker_image_digest_reason")
    missing = [text for text in values(recorded) if text not in section]
    assert missing == []


def test_imported_entry_in_markdown_is_labelled_as_no_evidence() -> None:
    """Its heading says so, it is counted apart, and no entry of ours carries the label."""
    text = document(plain_log())
    assert "\n## `DIFF-20251221-predecessor-0` (imported, no evidence of ours)\n" in text
    assert "6 differences, each with its evidence." in text
    assert "besides: 1 entry imported from a predecessor, no evidence of ours" in text
    assert len(re.findall(r"^## .*\(imported", text, re.MULTILINE)) == 1


def test_empty_log_in_markdown_says_that_it_is_empty() -> None:
    """No entry is said in words."""
    assert document(MadeLog()) == "# Difference log\n\nThe log holds no entry.\n"


def test_history_in_markdown_tells_decisions_and_an_expired_acceptance() -> None:
    """Who decided and why stands there, and that the acceptance no longer holds."""
    made = MadeLog()
    entry = made.add(1)
    made.see_again(entry)
    made.decide(entry, "accepted-risk", why="until the venue answers", expires="2026-11-20")
    section = section_of(document(made), entry.entry_id)
    assert "accepted-risk by ops: until the venue answers, until 2026-11-20" in section
    assert "seen again in " in section
    assert "- status now: `open (the acceptance has expired)`" in section


def test_raw_pair_in_markdown_shows_what_the_bytes_differ_in() -> None:
    """Both bodies are compared line by line, in an indented block."""
    made = MadeLog()
    made.add(1, raw=(b'{"data":[{"pos":"1.5"}]}', b'{"data":[{"pos":"1.25"}]}'))
    text = document(made)
    assert '    -      "pos": "1.5"\n    +      "pos": "1.25"\n' in text


def test_raw_pair_in_markdown_with_equal_bytes_says_so() -> None:
    """Where both libraries were told the same, there is no difference to show."""
    made = MadeLog()
    made.add(1, raw=(b'{"data":[]}', b'{"data":[]}'))
    assert "No difference here: both were told the same, and read it differently." in document(made)


def test_raw_pair_in_markdown_names_a_sample_that_is_lost() -> None:
    """A body that is nowhere is no empty body."""
    made = MadeLog()
    entry = made.add(1)
    made.bodies.clear()
    assert f"no raw sample {entry.evidence.ccxt_raw_sample_ref}" in document(made)


def test_raw_pair_in_markdown_is_cut_to_its_bound_and_says_so() -> None:
    """A long difference ends with the number of lines that are left out."""
    made = MadeLog()
    long = b"[" + b",".join(b"%d" % number for number in range(500)) + b"]"
    made.add(1, raw=(long, b"[]"))
    block = re.findall(r"^    .*$", document(made), re.MULTILINE)
    assert len(block) == MOST_LINES + 1
    assert re.fullmatch(r"    … and \d+ more lines", block[-1])


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("plain", "`plain`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a|b", "`a|b`"),
        ("a\nb", r"`a\nb`"),
        ("", "(empty)"),
        ("`" * 9 + "<b>", "`" + r"\x60" * 9 + "<b>`"),
    ],
)
def test_code_span_of_a_hostile_text_cannot_be_ended_by_it(text: str, span: str) -> None:
    """The delimiter is longer than any run in the text, and never so long that a reader gives up on it."""
    assert markdown_code(text) == span
