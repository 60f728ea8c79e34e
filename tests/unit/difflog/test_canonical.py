"""Canonical JSON: one value, one line of ASCII, whichever encoder made it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.difflog.canonical import canonical, whole_text

TEXT = st.text() | st.text(alphabet=st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010, categories=None))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXT, VALUES, max_size=5))
def test_canonical_bytes_are_one_line_of_ascii_that_reads_back_equal(value: dict[str, Any]) -> None:
    """No text breaks the line, and nothing is lost; keys are sorted at every depth."""
    line = canonical(value)
    assert line.isascii()
    assert not any(byte < 0x20 or byte == 0x7F for byte in line)
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert line.decode() == plain
    assert json.loads(line) == json.loads(json.dumps(value))


def test_same_value_in_another_order_gives_the_same_bytes() -> None:
    """The order in which keys were written does not matter; another value does."""
    first, second = {"b": {"d": 1, "c": 2}, "a": []}, {"a": [], "b": {"c": 2, "d": 1}}
    assert canonical(first) == canonical(second) == b'{"a":[],"b":{"c":2,"d":1}}'
    assert canonical({"a": [0], "b": {"c": 2, "d": 1}}) != canonical(first)


def test_value_that_json_has_not_is_a_type_error() -> None:
    """Bytes have no place in a record."""
    with pytest.raises(TypeError):
        canonical({"a": b"x"})


@given(VALUES)
def test_whole_text_can_always_be_encoded_and_keeps_what_was_whole(value: object) -> None:
    """Half a pair becomes U+FFFD and two halves one sign, at any depth; a whole text stays what it is."""
    whole = whole_text(value)
    encoded = json.dumps(whole, ensure_ascii=False).encode("utf-8")
    assert json.loads(encoded) == whole
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        assert whole != value
    else:
        assert whole == value


@pytest.mark.parametrize(
    ("text", "whole"), [("a\ud800", "a\ufffd"), ("\udc00b", "\ufffdb"), ("\ud83d\ude00", "\U0001f600")]
)
def test_half_of_a_pair_is_replaced_and_two_halves_are_joined(text: str, whole: str) -> None:
    """In keys as in values."""
    assert whole_text({text: [text]}) == {whole: [whole]}
