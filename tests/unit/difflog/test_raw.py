"""The raw pair for people."""

from __future__ import annotations

import json

import pytest

from dualwitness.difflog.raw import cut, excerpt, pretty, unified

ANSWER = {
    "code": "0",
    "data": [
        {"instId": "BTC-USDT-SWAP", "pos": "1", "empty": [], "nested": {"deep": [1, 2]}},
        {"instId": "ETH-USDT-SWAP", "pos": "-3.10", "empty": {}},
        {"instId": "SOL-USDT-SWAP", "pos": "0"},
    ],
    "msg": "",
}


def lines_of(value: object) -> list[str]:
    """The lines of a value's JSON."""
    return pretty(json.dumps(value).encode())


def test_json_is_laid_out_and_means_the_same_as_before() -> None:
    """Indentation alone is added."""
    lines = lines_of(ANSWER)
    assert json.loads("\n".join(lines)) == ANSWER
    assert '      "pos": "-3.10",' in lines
    assert '      "empty": {}' in lines


def test_digits_and_a_key_given_twice_stay_as_they_were_received() -> None:
    """Nothing goes through a float or a mapping."""
    lines = pretty(b'{"px":0.10,"px":1.000000000000000000001,"n":1e400}')
    assert lines == ["{", '  "px": 0.10,', '  "px": 1.000000000000000000001,', '  "n": 1e400', "}"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"<html>\x1b[2J\n</html>", [r"<html>\x1b[2J", "</html>"]),
        (b'{"a":"\\u202e"} trailing', ['{"a":"\\u202e"} trailing']),
        (b"\xff\xfe", [r"\xff\xfe"]),
        (b"", []),
        (b"[" * 100_000, ["[" * 2_000 + "… (100000 characters)"]),
    ],
)
def test_body_that_is_no_json_is_shown_as_it_is_line_by_line(body: bytes, expected: list[str]) -> None:
    """Damaged, foreign, empty or absurdly deep: safe lines, no error."""
    assert pretty(body) == expected


def test_control_characters_inside_json_strings_are_spelled() -> None:
    """A direction mark that stands unescaped in the body is not passed through."""
    lines = pretty('{"name":"abc\u202edef"}'.encode())
    assert lines == ["{", '  "name": "abc\\u202edef"', "}"]


def test_excerpt_shows_the_row_that_carries_the_word_and_counts_the_rest() -> None:
    """Of three rows the one that matters is left."""
    shown = excerpt(lines_of(ANSWER), ["ETH-USDT-SWAP"])
    assert shown[0] == "… 1 of 3 rows"
    assert json.loads("\n".join(shown[1:]).rstrip(",")) == ANSWER["data"][1]  # type: ignore[index]


@pytest.mark.parametrize("words", [[], [""], ["XRP-USDT-SWAP"], ["BTC-USDT-SWAP", "ETH-USDT-SWAP", "SOL-USDT-SWAP"]])
def test_excerpt_without_a_single_row_that_matters_is_the_whole_answer(words: list[str]) -> None:
    """No word, an unknown one, or one in every row: nothing is hidden."""
    lines = lines_of(ANSWER)
    assert excerpt(lines, words) == lines


def test_word_counts_only_as_a_whole_value() -> None:
    """The beginning of an id is no mention of it."""
    assert excerpt(lines_of(ANSWER), ["ETH"]) == lines_of(ANSWER)


def test_unified_diff_of_equal_sides_is_empty_and_of_others_is_not() -> None:
    """The difference of the raw pair names both sides."""
    assert unified(["a"], ["a"], ("ccxt", "okx_sdk")) == []
    assert unified(["a"], ["b"], ("ccxt", "okx_sdk"))[:2] == ["--- ccxt", "+++ okx_sdk"]


def test_cut_lines_say_how_many_are_missing() -> None:
    """The bound is told, and what fits is whole."""
    assert cut(["a", "b", "c"], 3) == ["a", "b", "c"]
    assert cut(["a", "b", "c"], 1) == ["a", "… and 2 more lines"]
