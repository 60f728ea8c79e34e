"""One tree of errors, drawn in its module, each with advice for a person and an exit code for a command."""

from __future__ import annotations

import re

import pytest

from dualwitness.difflog import errors
from dualwitness.difflog.errors import DuplicateEntry, EntryRefused, IntegrityFailure, LogError, StatusRefused


def subclasses(kind: type[LogError]) -> set[type[LogError]]:
    """All below."""
    return {one for below in kind.__subclasses__() for one in (below, *subclasses(below))}


def test_tree_in_the_docstring_is_the_tree_of_the_classes_with_their_exit_codes() -> None:
    """The drawing cannot lie."""
    drawn = dict(re.findall(r"[├└]── (\w+) .*\((\d)\)", errors.__doc__ or ""))
    known = {one for one in subclasses(LogError) if one.__module__ == errors.__name__}
    assert {one.__name__: str(one.exit_code) for one in known} == drawn
    assert set(drawn) | {"LogError"} == set(errors.__all__)


def test_diagnostics_are_what_is_wrong_and_what_to_do_in_two_sentences() -> None:
    """Each ends with a full stop, the second begins with a capital letter."""
    assert IntegrityFailure("it broke", advice="restore it").diagnostics() == "it broke. Restore it."


def test_errors_carry_what_a_caller_needs_to_go_on() -> None:
    """The entry that is there already, the pieces to collect, the entry that was decided about."""
    assert DuplicateEntry("the difference x", "DIFF-1").entry_id == "DIFF-1"
    assert EntryRefused(["a: one", "b: two"]).collect == ("a: one", "b: two")
    assert StatusRefused("DIFF-1", "it was open already", advice="wait").entry_id == "DIFF-1"


@pytest.mark.parametrize("code", [2, 5])
def test_only_a_broken_log_and_a_failed_write_end_with_five(code: int) -> None:
    """Everything else is bad input."""
    of_code = {one.__name__ for one in subclasses(LogError) if one.exit_code == code}
    assert ({"IntegrityFailure", "WriteFailed"} == of_code) == (code == 5)
