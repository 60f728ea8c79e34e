"""What a trading loop is given of positions that are not proven, by how far they can be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from dualwitness.models import PositionsQuality
from dualwitness.venues import SafetyError, UsageError

__all__ = ["Policy", "PolicyAction", "PositionsBlocked"]


class PolicyAction(StrEnum):
    """
    What to do with a position of a lesser quality than `reliable`.

    ``null_and_reason`` gives no value, ``fallback`` what the remaining evidence proves (null where it proves nothing),
    ``block`` raises `PositionsBlocked`.
    """

    NULL_AND_REASON = "null_and_reason"
    FALLBACK = "fallback"
    BLOCK = "block"


class PositionsBlocked(SafetyError):
    """The policy says that a loop must not go on with such positions; ``quality`` is what they were."""

    default_advice = (
        "nothing was sent; cancel what is open, compare the positions with the venue's own page by hand, "
        "and go on when the guard calls them reliable"
    )

    def __init__(self, message: str, quality: PositionsQuality) -> None:
        super().__init__(message)
        self.quality = quality


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do with each quality; `reliable` always gives the value."""

    reconstructed_from_fills: PolicyAction = PolicyAction.FALLBACK
    unreliable: PolicyAction = PolicyAction.NULL_AND_REASON
    unavailable: PolicyAction = PolicyAction.NULL_AND_REASON

    @staticmethod
    def of(given: Policy | Mapping[PositionsQuality, PolicyAction]) -> Policy:
        """
        A policy from a mapping; a quality that is not named keeps its default.

        Raises `UsageError` for a name that is none, and for a reliable position that is to be treated as if it was not.
        """
        if isinstance(given, Policy):
            return given
        try:
            named = {PositionsQuality(quality): PolicyAction(action) for quality, action in given.items()}
        except ValueError as error:
            qualities, actions = ", ".join(PositionsQuality), ", ".join(PolicyAction)
            raise UsageError(str(error), advice=f"qualities are {qualities}; actions are {actions}") from None
        if named.pop(PositionsQuality.RELIABLE, PolicyAction.FALLBACK) is not PolicyAction.FALLBACK:
            message = "a reliable position was to be withheld"
            raise UsageError(message, advice="leave reliable out: its value is always given")
        return Policy(**{str(quality): action for quality, action in named.items()})

    def action(self, quality: PositionsQuality) -> PolicyAction:
        """What to do with a position of this quality."""
        if quality is PositionsQuality.RELIABLE:
            return PolicyAction.FALLBACK
        action: PolicyAction = getattr(self, str(quality))
        return action
