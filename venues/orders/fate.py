"""
What became of an order, and who said so.

A fate is never guessed: ``unknown`` is one of its states, and ``absent`` stands only where the proof of `judgement`
was made.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from dualwitness.models import FrozenModel
from dualwitness.models.fact import Number, WholeNumber

__all__ = ["FINAL_STATES", "Answer", "Evidence", "FateState", "OrderFate"]


class FateState(StrEnum):
    """
    What is known of an order.

    ``acknowledged``: the venue took it, and nobody has said yet, or any more, how far it is filled.
    ``absent``: proven to be neither open nor filled, and its deadline at the venue has passed.
    """

    ACKNOWLEDGED = "acknowledged"
    LIVE = "live"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    ABSENT = "absent"
    UNKNOWN = "unknown"


# Nothing changes any more, but that an absent order may be sent again.
FINAL_STATES = frozenset({FateState.FILLED, FateState.CANCELLED, FateState.REFUSED, FateState.ABSENT})


class Answer(StrEnum):
    """What one witness said to one question; ``no_answer`` proves nothing either way."""

    TAKEN = "taken"
    REFUSED = "refused"
    FOUND = "found"
    NOT_KNOWN = "not_known"
    PASSED = "passed"
    NOT_PASSED = "not_passed"
    NO_ANSWER = "no_answer"
    NOT_ASKED = "not_asked"


class Evidence(FrozenModel):
    """
    One statement: who was asked what, and what the answer was.

    ``witness`` is the label of a client, or ``dualwitness`` for what we know ourselves. ``detail`` is for people and
    holds no secret.
    """

    witness: str
    question: str
    answer: Answer
    detail: str = ""


class OrderFate(FrozenModel):
    """
    What is known of one of our orders.

    ``filled_contracts`` counts contracts, or base currency for spot and margin; ``average_price`` is quote currency;
    both are null where nobody said. ``deadline_ms`` is the venue time after which the venue drops the request
    (OKX ``expTime``), null where it cannot carry one. ``attempts`` counts how often it was sent. ``doubled`` is always
    false: there is no path that could place an order twice, and the field says so to whoever reads the file.
    """

    client_order_id: str
    venue_order_id: str | None = None
    state: FateState
    filled_contracts: Number | None = None
    average_price: Number | None = None
    deadline_ms: WholeNumber | None = None
    attempts: int = 1
    may_be_sent_again: bool = False
    doubled: Literal[False] = False
    evidence: tuple[Evidence, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether nothing more can become of it by itself."""
        return self.state in FINAL_STATES

    @property
    def may_have_filled(self) -> bool:
        """Whether any of it is, or may be, filled; what is unknown counts."""
        if self.filled_contracts is not None:
            return self.filled_contracts > Decimal(0) or not self.is_final
        return self.state not in (FateState.REFUSED, FateState.ABSENT)
