"""Whatever a venue says, the log stays the log: no element, no structure, no line, no escape sequence more."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dualwitness.difflog.chain import Link, check_chain, seal
from dualwitness.difflog.export import junit, sarif
from dualwitness.difflog.html import html
from dualwitness.difflog.listing import rows_of, table
from dualwitness.difflog.markdown import markdown
from dualwitness.difflog.showing import shown
from tests.support.difflog_page import read_page
from tests.support.difflog_states import HOSTILE, MadeLog, harmless, hostile_log

Texts = Sequence[str]

MEGABYTE = max(HOSTILE, key=len)
SMALL = tuple(text for text in HOSTILE if text != MEGABYTE)

# Any text at all, half surrogates included, or a known attack with something around it.
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=40)
ATTACKS = st.builds(lambda before, attack, after: before + attack + after, ANYTHING, st.sampled_from(SMALL), ANYTHING)
TEXTS = st.lists(ANYTHING | ATTACKS, min_size=1, max_size=3)


def page_text(made: MadeLog) -> str:
    """The page of a log."""
    return "".join(html(made.state(), made.samples, summary="", title="a log"))


def structure_of(text: str) -> Counter[str]:
    """The kinds of the tokens of a Markdown document, blocks and what is inside them, but for plain and code text."""

    def kinds(tokens: Iterable[Token]) -> Iterable[str]:
        for token in tokens:
            yield token.type + token.tag
            yield from kinds(token.children or ())

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return Counter(kind for kind in kinds(parser.parse(text)) if kind not in ("text", "code_inlinecode"))


def check_html(texts: Texts) -> None:
    """The page has the elements and attributes of the harmless log's page, and its data can be read."""
    page = read_page(page_text(hostile_log(texts)))
    benign = read_page(page_text(hostile_log(harmless(len(texts)))))
    assert page.counted == benign.counted
    assert {name for _, found in page.elements for name in found} == {
        name for _, found in benign.elements for name in found
    }
    assert page.comments == []
    assert page.scripts == benign.scripts
    assert [len(piece["rows"]) for piece in page.pieces] == [2 * len(texts)]


def check_markdown(texts: Texts) -> None:
    """The document has the structure of the harmless log's document."""
    made, benign = hostile_log(texts), hostile_log(harmless(len(texts)))
    text = "".join(markdown(made.state(), made.samples))
    expected = structure_of("".join(markdown(benign.state(), benign.samples)))
    assert structure_of(text) == expected


def check_exports(texts: Texts) -> None:
    """SARIF is JSON and JUnit is XML, with as many results and cases as there are entries."""
    state = hostile_log(texts).state()
    (run,) = json.loads(sarif(state))["runs"]
    assert len(run["results"]) == len(texts)
    root = ET.fromstring(junit(state))  # noqa: S314 -- our own output
    assert Counter(element.tag for element in root.iter()) == {
        "testsuites": 1,
        "testsuite": 1,
        "testcase": len(texts),
        "skipped": len(texts),
    }


def check_lines(texts: Texts) -> None:
    """Each record is one line of printable ASCII, and the chain over them holds."""
    made, link, lines = hostile_log(texts), Link(), []
    for content in made.records:
        line, fields = seal(content.model_dump(mode="json"), link, "2026-11-21T12:00:00.000Z")
        link = Link(link.count + 1, str(fields["entry_hash"]).encode(), link.size + len(line))
        assert line.endswith(b"}\n")
        assert line[:-1].isascii()
        assert line[:-1].decode().isprintable()
        lines.append(line[:-1])
    assert check_chain(lines, "entries.jsonl", Link())[1] == []


def check_terminal(texts: Texts) -> None:
    """Every line that `list` and `show` print is printable, so that a terminal acts on none of it."""
    made = hostile_log(texts)
    state = made.state()
    lines = list(table(list(rows_of(state))))
    for one in state.entries.values():
        lines += shown(one, made.samples, width=100)
    assert [line for line in lines if not line.isprintable()] == []


CHECKS = (check_html, check_markdown, check_exports, check_lines, check_terminal)


@pytest.mark.parametrize("check", CHECKS)
def test_known_attacks_in_every_field_change_nothing_but_text(check: Callable[[Texts], None]) -> None:
    """Each attack that we know of stands in each field that a venue or a person can reach."""
    check(SMALL)


@pytest.mark.parametrize("check", CHECKS)
def test_megabyte_of_markup_in_every_field_changes_nothing_but_text(check: Callable[[Texts], None]) -> None:
    """A text of a megabyte is one text."""
    check([MEGABYTE])


@pytest.mark.parametrize("check", CHECKS)
@settings(max_examples=20)
@given(texts=TEXTS)
def test_any_texts_in_every_field_change_nothing_but_text(check: Callable[[Texts], None], texts: list[str]) -> None:
    """Whatever else a venue could send, with known attacks inside it or without."""
    check(texts)


def test_hostile_page_is_not_longer_than_its_bounds_allow() -> None:
    """A megabyte in thirty fields does not make a page of thirty megabytes."""
    assert len(page_text(hostile_log([MEGABYTE]))) < 1_000_000


def test_count_of_elements_sees_a_text_that_was_not_escaped() -> None:
    """The measure can fail: the same page with one text put in as it came has an element more."""
    text = page_text(hostile_log(["word0"]))
    broken = text.replace('<td class="field" data-is="word0">word0', '<td class="field" data-is="word0"><b>word0', 1)
    assert broken != text
    assert read_page(broken).counted != read_page(text).counted


def test_structure_of_markdown_sees_a_text_that_was_not_escaped() -> None:
    """The measure can fail: a link, an element and a heading each change the structure."""
    made = hostile_log(["word0"])
    text = "".join(markdown(made.state(), made.samples))
    for injected in ("word0` [a](b) `", "word0` <b> `", "word0`\n\n# heading\n\n`", "word0`\n- item `"):
        assert structure_of(text.replace("word0", injected, 1)) != structure_of(text)
