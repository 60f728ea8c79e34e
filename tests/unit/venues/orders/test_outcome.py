"""What each error of a placed order proves, row by row."""

from __future__ import annotations

import pytest

from dualwitness.venues import errors
from dualwitness.venues.errors import DualwitnessError
from dualwitness.venues.orders.outcome import Proof, proof_of

REFUSED, NOTHING, NOT_SENT = Proof.REFUSED, Proof.NOTHING, Proof.NOT_SENT
# Class, code, HTTP status, and what it proves.
TABLE = [
    ("OrderRefused", "51008", 200, REFUSED),
    ("OrderRefused", "50036", 200, REFUSED),
    ("OrderRefused", None, None, REFUSED),
    ("AuthenticationRefused", "50113", 401, REFUSED),
    ("RateLimited", "50011", 429, REFUSED),
    ("RateLimited", "50061", 200, REFUSED),
    ("AuthenticationRefused", None, 401, NOTHING),
    ("RateLimited", None, 429, NOTHING),
    ("VenueRefusal", None, 200, NOTHING),
    ("OrderRefused", "51008", 500, NOTHING),
    ("OrderRefused", "50001", 503, NOTHING),
    ("OrderRefused", "50004", 400, NOTHING),
    ("OrderRefused", "50026", 200, NOTHING),
    ("OrderRefused", "51054", 200, NOTHING),
    ("OrderRefused", "51149", 200, NOTHING),
    ("OrderRefused", "51016", 200, NOTHING),
    ("OrderRefused", "50071", 200, NOTHING),
    ("OrderRefused", "50042", 200, NOTHING),
    ("OutcomeUnknown", "51008", 200, NOTHING),
    ("TransportError", None, None, NOTHING),
    ("AnswerTimeout", None, None, NOTHING),
    ("EnvelopeInvalid", None, 200, NOTHING),
    ("RowInvalid", None, 200, NOTHING),
    ("Unsupported", None, None, NOT_SENT),
]


@pytest.mark.parametrize(("name", "code", "status", "proof"), TABLE)
def test_error_of_the_venue_proves_what_the_table_says(
    name: str, code: str | None, status: int | None, proof: Proof
) -> None:
    """A structured refusal proves that nothing was placed; everything doubtful proves nothing."""
    error = getattr(errors, name)("words", code=code, http_status=status)
    assert proof_of(error) is proof


@pytest.mark.parametrize("name", ["UsageError", "UnknownSymbol", "SafetyError"])
def test_error_of_our_own_proves_that_nothing_was_sent(name: str) -> None:
    """These are raised before the socket."""
    assert proof_of(getattr(errors, name)("words")) is NOT_SENT


def test_every_error_of_the_tree_is_in_doubt_unless_it_is_named() -> None:
    """A new kind of error proves nothing until somebody says what it proves."""

    class Unheard(DualwitnessError):
        """An error of tomorrow."""

    assert proof_of(Unheard("words")) is NOTHING
