"""What a loop is given of positions that are not proven."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dualwitness.alignment.guarding.policy import Policy, PolicyAction, PositionsBlocked
from dualwitness.models import PositionsQuality
from dualwitness.venues import SafetyError, UsageError

RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality


def test_policy_by_default_falls_back_to_fills_and_withholds_the_rest() -> None:
    """A reliable value is always given."""
    actions = [Policy().action(quality) for quality in (RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE)]
    assert actions == ["fallback", "fallback", "null_and_reason", "null_and_reason"]


def test_policy_of_a_mapping_changes_what_it_names_alone() -> None:
    """A quality that is not named keeps its default."""
    policy = Policy.of({REBUILT: PolicyAction.BLOCK})
    assert [policy.action(quality) for quality in (REBUILT, UNRELIABLE)] == ["block", "null_and_reason"]


@pytest.mark.parametrize(
    "given",
    [{"dubious": "block"}, {"unreliable": "panic"}, {RELIABLE: PolicyAction.NULL_AND_REASON}],
)
def test_policy_that_makes_no_sense_is_refused(given: Mapping[PositionsQuality, PolicyAction]) -> None:
    """Neither an unknown word nor a proven value that is withheld."""
    with pytest.raises(UsageError) as caught:
        Policy.of(given)
    assert caught.value.advice


def test_blocked_positions_say_what_a_person_should_do() -> None:
    """A safety error: nothing was sent, and the exit code says so."""
    error = PositionsBlocked("BTC/USDT:USDT net is unreliable", UNRELIABLE)
    assert isinstance(error, SafetyError)
    assert (error.exit_code, error.quality) == (4, UNRELIABLE)
    assert "by hand" in error.diagnostics()
