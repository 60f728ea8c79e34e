"""What a person sees: one pair's raw difference, and a venue's text that cannot play tricks on a terminal."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from dualwitness.alignment.judge import findings_from, from_comparison
from dualwitness.alignment.render import findings_table, raw_difference, safe
from dualwitness.models import Layer, OddOneOut, Outcome
from dualwitness.models.finding import Claim, Finding
from tests.support.observations import compared_field


def findings(count: int, *, symbol: str = "S{}", value: str = "1") -> list[Finding]:
    """Differences of as many symbols."""
    drafts = []
    for number in range(count):
        field = compared_field(
            "get_positions",
            "contracts",
            Claim(value=value),
            Claim(value="2"),
            Outcome.MISMATCH,
            symbol=symbol.format(number),
        )
        drafts.append(from_comparison(field, layer=Layer.VENUE, odd_one_out=OddOneOut.CCXT, observations={}))
    return list(findings_from(one for one in drafts if one is not None))


def printed(found: list[Finding]) -> str:
    """The table as a wide terminal shows it."""
    console = Console(file=StringIO(), width=200, color_system=None)
    console.print(findings_table(found))
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue()


@pytest.mark.parametrize(
    ("ccxt", "okx_sdk", "words"),
    [
        ({"last": "1"}, {"last": "2"}, ("last", "1", "2")),
        ({"last": "1"}, {}, ("last",)),
        ({}, {"seqId": 5}, ("seqId",)),
        ({"data": [{"sz": "1"}]}, {"data": [{"sz": 1}]}, ("data", "sz", "str", "int")),
        ([1, 2], [1, 3], ("2", "3")),
    ],
)
def test_raw_difference_names_place_and_both_values(ccxt: Any, okx_sdk: Any, words: tuple[str, ...]) -> None:
    """A changed, lost, added or retyped value is shown where it stands."""
    text = raw_difference(ccxt, okx_sdk)
    assert all(word in text for word in words)
    assert not text.startswith("none")


def test_raw_difference_of_equal_rows_says_so() -> None:
    """Nothing to see is said in words, not left blank."""
    assert raw_difference({"a": [1]}, {"a": [1]}) == "none: the same bytes, read differently"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", "�[2J�]0;title�"),
        ("line\nbreak", "line�break"),
        ("[bold red]BUY NOW[/bold red]", "\\[bold red]"),
        ("right\u202eleft", "right�left"),
    ],
)
def test_text_of_a_venue_is_harmless_on_a_terminal(text: str, shown: str) -> None:
    """Control characters are replaced, markup is escaped, one line stays one line."""
    clean = safe(text)
    assert shown in clean
    assert all(character.isprintable() for character in clean)


def test_findings_of_many_symbols_are_one_line_that_counts_them() -> None:
    """The same difference of five symbols does not fill the screen."""
    text = printed(findings(5))
    assert "S0 and 4 more" in text
    assert "S1" not in text.replace("S1 ", "")


def test_findings_show_a_venue_text_without_obeying_it() -> None:
    """A symbol or value that holds markup or escapes is shown, not executed."""
    text = printed(findings(1, symbol="[blink]{}\x1b[31m", value="[red]9[/red]"))
    assert "[blink]0" in text
    assert "[red]9[/red]" in text
    assert "\x1b" not in text


def test_findings_show_a_long_value_cut() -> None:
    """A value of a thousand digits does not push the rest off the screen."""
    text = printed(findings(1, value="9" * 1000))
    assert "9" * 23 + "…" in text
    assert "9" * 24 not in text
