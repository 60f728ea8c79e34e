"""The HTML page of a log in a real browser: it searches, filters, sorts and opens, alone and without a complaint."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dualwitness.difflog.html import PER_PAGE, html
from tests.support.chromium import Chromium, chromium, chromium_path
from tests.support.difflog_states import HOSTILE, MadeLog, harmless, hostile_log, plain_log

READY = "document.documentElement.dataset.ready === 'true'"
COUNT = "document.getElementById('count').textContent"
ROWS = "[...document.querySelectorAll('#rows tr.row')].map(row => row.querySelector('td.entry').dataset.is)"
ELEMENTS = """
(() => { const counted = {};
  for (const one of document.querySelectorAll('*')) counted[one.tagName] = (counted[one.tagName] || 0) + 1;
  return counted; })()
"""
OPEN_ALL = "document.querySelectorAll('td.entry button').forEach(button => button.click())"
# A row of the page is opened, a word searched and a column sorted within this, also on a slow machine.
PATIENCE_MS = 10_000
LARGE = 100_000 if os.environ.get("DUALWITNESS_FULL") == "1" else 10_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A Chromium for all tests of this file; each opens a page of its own in it."""
    with chromium(tmp_path_factory.mktemp("chromium")) as one:
        yield one


@pytest.fixture
def page(browser: Chromium, tmp_path: Path) -> Iterator[Chromium]:
    """The browser with `plain_log` opened from disk; at the end nothing was asked for and nothing complained about."""
    address = opened(browser, plain_log(), tmp_path)
    yield browser
    assert browser.complaints == []
    assert set(browser.requests) == {address}


def opened(browser: Chromium, made: MadeLog, folder: Path, name: str = "page.html", fragment: str = "") -> str:
    """Write the page of a log and open it from disk; gives its address."""
    path = folder / name
    path.write_text("".join(html(made.state(), made.samples, summary="the log of a test")), encoding="utf-8")
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(path.as_uri() + fragment, ready=READY)
    return path.as_uri()


def choose(browser: Chromium, name: str, value: str) -> None:
    """Choose a value of one filter."""
    browser.value(
        f"(() => {{ const one = document.getElementById('{name}'); one.value = '{value}';"
        " one.dispatchEvent(new Event('change')); })()"
    )


def test_word_typed_into_the_search_leaves_the_rows_that_hold_it(page: Chromium) -> None:
    """Any text of an entry counts: its field, its history and its raw pair; two words must both be there."""
    page.click("#search")
    page.type("FEE")
    page.wait_for(f"{COUNT} === '1 of 7'")
    assert page.value("document.querySelector('#rows td.field').textContent") == "fee"
    page.click("#reset")
    page.wait_for(f"{COUNT} === '7 of 7'")
    page.click("#search")
    page.type('"pos": "1.25" s3')
    page.wait_for(f"{COUNT} === '1 of 7'")
    page.type(" nowhere")
    page.wait_for(f"{COUNT} === '0 of 7'")
    assert page.value("document.getElementById('nothing').checkVisibility()")


def test_slash_leads_to_the_search_and_is_not_typed(page: Chromium) -> None:
    """The keyboard reaches the search from anywhere."""
    page.press("/", 191)
    assert page.value("document.activeElement.id + document.activeElement.value") == "search"


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [("axis", "M", 2), ("severity", "S2", 4), ("severity", "S3", 1), ("status", "open", 3), ("status", "expired", 1),
     ("status", "imported", 1), ("env", "sim", 3), ("env", "live", 1)],
)  # fmt: skip
def test_filter_leaves_the_rows_with_the_chosen_value(page: Chromium, name: str, value: str, count: int) -> None:
    """Axis, severity, status and world narrow the table, and ``all`` widens it again."""
    choose(page, name, value)
    assert page.value(COUNT) == f"{count} of 7"
    cells = page.value(f"[...document.querySelectorAll('#rows td.{name}')].map(cell => cell.dataset.is)")
    assert len(cells) == count
    assert all(value in cell.split() for cell in cells)
    choose(page, name, "")
    assert page.value(COUNT) == "7 of 7"


def test_filters_and_search_narrow_the_table_together(page: Chromium) -> None:
    """What is shown passes all of them."""
    choose(page, "severity", "S2")
    choose(page, "env", "demo")
    assert page.value(COUNT) == "1 of 7"
    choose(page, "axis", "M")
    assert page.value(COUNT) == "0 of 7"


def test_entry_opened_by_mouse_shows_form_history_and_raw_pair_side_by_side(page: Chromium) -> None:
    """Everything about the entry is there, and the lines that differ are marked on both sides."""
    page.click("#rows td.entry button")
    assert page.value("document.querySelector('#rows td.entry button').getAttribute('aria-expanded')") == "true"
    text = page.value("document.querySelector('#rows tr.detail').innerText")
    for word in ("run_id", "docker_image_digest", "Evidence".upper(), "recorded as open", "seen again in", "okx_sdk"):
        assert word in text
    marked = page.value("[...document.querySelectorAll('.pair .differs')].map(line => line.textContent.trim())")
    assert marked == ['"pos": "1.5"', '"pos": "1.25"']
    left, right = page.value("[...document.querySelectorAll('.pair pre')].map(one => one.getBoundingClientRect().x)")
    assert left < right
    page.click("#rows td.entry button")
    assert page.value("document.querySelectorAll('#rows tr.detail').length") == 0


def test_entry_opens_by_keyboard_and_says_so(page: Chromium) -> None:
    """Enter on the entry's button opens it."""
    page.value("document.querySelector('#rows td.entry button').focus()")
    page.press("Enter", 13)
    page.wait_for("document.querySelectorAll('#rows tr.detail').length === 1")
    assert page.value("document.activeElement.getAttribute('aria-expanded')") == "true"


def test_imported_entry_opened_says_that_it_is_no_evidence(page: Chromium) -> None:
    """Its form begins with the label, and there is no raw pair."""
    choose(page, "status", "imported")
    page.click("#rows td.entry button")
    assert page.value("document.querySelector('.sections h3').textContent") == "Imported, no evidence of ours"
    assert page.value("document.querySelectorAll('.pair').length") == 0


def test_heading_sorts_both_ways_and_then_as_it_was(page: Chromium) -> None:
    """Each click is told to screen readers too."""
    first = page.value(ROWS)
    sorting = "document.querySelector('th.field').getAttribute('aria-sort')"
    fields = "[...document.querySelectorAll('#rows td.field')].map(cell => cell.textContent)"
    page.click("th.field button")
    ascending = page.value(fields)
    assert (page.value(sorting), ascending) == ("ascending", sorted(ascending))
    page.click("th.field button")
    assert (page.value(sorting), page.value(fields)) == ("descending", sorted(ascending, reverse=True))
    page.click("th.field button")
    assert (page.value(sorting), page.value(ROWS)) == (None, first)


def test_large_log_stays_usable_page_by_page(browser: Chromium, tmp_path: Path) -> None:
    """First rows at once, then search, filter, sort, paging and opening, each while a person waits."""
    made = MadeLog()
    for number in range(LARGE):
        made.add(number, severity=f"S{number % 4}", field=f"field_{number % 150}", observed__ccxt_output=f"<{number}>")
    path = tmp_path / "page.html"
    path.write_text("".join(html(made.state(), made.samples, summary="")), encoding="utf-8")
    assert path.stat().st_size < LARGE * 1_500
    browser.open(path.as_uri(), ready=READY)

    def timed(action: str) -> str:
        spent, count = browser.value(
            f"(() => {{ const start = performance.now(); {action}; return [performance.now() - start, {COUNT}]; }})()"
        )
        assert spent < PATIENCE_MS, action
        return str(count)

    search = "document.getElementById('search').value = '{}'; document.getElementById('filters').requestSubmit()"
    assert timed(search.format(f"<{LARGE - 1}>")) == f"1 of {LARGE}"
    assert timed(search.format("")) == f"{LARGE} of {LARGE}"
    assert timed("document.querySelector('th.entry button').click()") == f"{LARGE} of {LARGE}"
    ids = browser.value(ROWS)
    assert (len(ids), ids) == (PER_PAGE, sorted(ids))
    timed("document.getElementById('next').click()")
    assert browser.value("document.getElementById('page').textContent") == f"page 2 of {LARGE // PER_PAGE}"
    assert browser.value(ROWS)[0] > ids[-1]
    timed("document.querySelector('#rows td.entry button').click()")
    assert browser.value("document.querySelectorAll('.detail .sections section').length") > 10


def test_address_with_an_entry_opens_it_wherever_it_stands(browser: Chromium, tmp_path: Path) -> None:
    """A link to an entry of the second page turns there, and an unknown or malformed one does nothing."""
    made = MadeLog()
    for number in range(PER_PAGE + 20):
        made.add(number)
    last = list(made.state().entries)[-1]
    opened(browser, made, tmp_path, fragment=f"#{last}")
    assert browser.value("document.querySelector('.detail h2').textContent") == last
    assert browser.value("document.activeElement.textContent") == last
    assert browser.value("document.getElementById('page').textContent") == "page 2 of 2"
    for number, unknown in enumerate(("#DIFF-nowhere", "#%E0%A4%A", "#")):
        opened(browser, made, tmp_path, f"page{number}.html", unknown)
        assert browser.value("document.querySelectorAll('.detail').length") == 0
    assert browser.complaints == []


def test_hostile_texts_add_no_element_no_request_and_no_complaint(browser: Chromium, tmp_path: Path) -> None:
    """With every entry opened the document has the elements of a harmless log's, and no script of a venue ran."""
    expected: Any = None
    for name, texts in (("benign.html", harmless(len(HOSTILE))), ("hostile.html", HOSTILE)):
        address = opened(browser, hostile_log(texts), tmp_path, name)
        browser.value(OPEN_ALL)
        counted = browser.value(ELEMENTS)
        # A raw answer of several lines is several lines on the page.
        lines = counted.pop("SPAN")
        expected = expected or counted
        assert counted == expected
        assert lines >= 2 * len(HOSTILE)
        assert (browser.requests, browser.complaints) == ([address], [])
    assert counted["TR"] == 1 + 3 * len(HOSTILE) + len(HOSTILE)
    assert browser.value("document.body.innerText.includes('<script>alert(1)</script>')")
    assert not browser.value(r"/[\x00-\x08\x0b-\x1f\x7f\u2028\u202e\u2066]/.test(document.body.textContent)")


def test_page_without_its_script_still_shows_the_first_rows(browser: Chromium, tmp_path: Path) -> None:
    """Who forbids scripts reads the table and what to do about the rest."""
    browser.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        path = tmp_path / "page.html"
        path.write_text("".join(html(plain_log().state(), plain_log().samples, summary="")), encoding="utf-8")
        browser.open(path.as_uri(), ready="document.readyState === 'complete'")
        assert browser.value("document.querySelectorAll('#rows tr').length") == 7
        assert "python -m difflog render --markdown OUT" in browser.value("document.body.innerText")
    finally:
        browser.send("Emulation.setScriptExecutionDisabled", value=False)


def test_page_of_an_empty_log_opens_and_says_so(browser: Chromium, tmp_path: Path) -> None:
    """Nothing to show is shown as that."""
    address = opened(browser, MadeLog(), tmp_path)
    assert browser.value(COUNT) == "0 of 0"
    assert "The log holds no entry." in browser.value("document.body.innerText")
    assert (browser.requests, browser.complaints) == ([address], [])


def test_policy_of_the_page_stops_a_script_and_a_request_that_got_in(browser: Chromium, tmp_path: Path) -> None:
    """Were a text ever put in unescaped, it would neither run nor reach anybody; and this file would notice."""
    text = "".join(html(plain_log().state(), plain_log().samples, summary=""))
    bad = (
        "<script>document.title = 'taken'</script><img src='http://127.0.0.1:9/x' onerror=\"document.title = 'taken'\">"
    )
    path = tmp_path / "page.html"
    path.write_text(text.replace("<header>", f"<header>{bad}", 1), encoding="utf-8")
    browser.complaints.clear()
    browser.open(path.as_uri(), ready=READY)
    assert browser.value("document.title") == "Difference log"
    assert sum("Content Security Policy" in one for one in browser.complaints) >= 2


def test_browser_hears_errors_and_requests_of_a_page_that_makes_them(browser: Chromium, tmp_path: Path) -> None:
    """The measure can fail: a page that complains, throws and asks for something is heard."""
    path = tmp_path / "loud.html"
    path.write_text(
        "<script>console.error('a'); setTimeout(() => { throw new Error('b'); });</script><img src='beside.png'>",
        encoding="utf-8",
    )
    browser.requests.clear()
    browser.complaints.clear()
    browser.open(path.as_uri(), ready="document.readyState === 'complete'")
    browser.wait_for("true")
    assert any("beside.png" in one for one in browser.requests)
    assert any("console.error" in one for one in browser.complaints)
    assert any(one.startswith("thrown") for one in browser.complaints)


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_missing_chromium_fails_in_ci_and_skips_elsewhere(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
) -> None:
    """What must not be left out is not left out silently, and the message says how to install it."""
    monkeypatch.setenv("CI", ci)
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(outcome, match="apt-get install chromium"):
        chromium_path()
