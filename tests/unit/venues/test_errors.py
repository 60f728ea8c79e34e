"""The errors: their family, their exit codes, and that each tells a person what to do."""

from __future__ import annotations

import inspect

import pytest

from dualwitness.models import NullReason
from dualwitness.venues import errors
from dualwitness.venues.errors import (
    AnswerTimeout,
    AuthenticationRefused,
    ClientOrderIdReused,
    DualwitnessError,
    EnvelopeInvalid,
    LibraryNotInstalled,
    OrderRefused,
    OrderStoreFailed,
    OutcomeUnknown,
    RateLimited,
    RowInvalid,
    SafetyError,
    TransportError,
    UnknownSymbol,
    Unsupported,
    UsageError,
    VenueError,
    VenueRefusal,
)

# Class -> parent, exit code (contract 3), reason of the nulls that follow (None: no read was made).
FAMILY = {
    DualwitnessError: (Exception, 3, None),
    UsageError: (DualwitnessError, 2, None),
    UnknownSymbol: (UsageError, 2, None),
    LibraryNotInstalled: (UsageError, 2, None),
    ClientOrderIdReused: (UsageError, 2, None),
    SafetyError: (DualwitnessError, 4, None),
    OrderStoreFailed: (DualwitnessError, 3, None),
    VenueError: (DualwitnessError, 3, NullReason.ERROR),
    TransportError: (VenueError, 3, NullReason.ERROR),
    AnswerTimeout: (TransportError, 3, NullReason.ERROR),
    EnvelopeInvalid: (VenueError, 3, NullReason.INVALID_ENVELOPE),
    RowInvalid: (VenueError, 3, NullReason.INVALID_ENVELOPE),
    VenueRefusal: (VenueError, 3, NullReason.ERROR),
    AuthenticationRefused: (VenueRefusal, 3, NullReason.ERROR),
    RateLimited: (VenueRefusal, 3, NullReason.ERROR),
    OrderRefused: (VenueRefusal, 3, NullReason.ERROR),
    OutcomeUnknown: (VenueError, 3, NullReason.ERROR),
    Unsupported: (VenueError, 3, NullReason.UNSUPPORTED),
}


@pytest.mark.parametrize("kind", list(FAMILY))
def test_error_of_each_kind_has_its_parent_exit_code_and_reason(kind: type[DualwitnessError]) -> None:
    """What the command line returns and what fields get is decided by the class alone."""
    parent, code, reason = FAMILY[kind]
    assert kind.__bases__ == (parent,)
    assert kind.exit_code == code
    assert getattr(kind, "reason", None) is reason


def test_family_of_errors_is_complete_and_exported() -> None:
    """No error stands outside the table above, none is hidden."""
    found = {name for name, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, Exception)}
    assert found == {kind.__name__ for kind in FAMILY} == set(errors.__all__)


@pytest.mark.parametrize("kind", list(FAMILY))
def test_error_without_advice_has_its_own(kind: type[DualwitnessError]) -> None:
    """Every class knows what a person should do."""
    error = kind("it went wrong")
    assert error.advice == kind.default_advice
    assert error.diagnostics().startswith("it went wrong. ")
    assert str(error) == "it went wrong"


@pytest.mark.parametrize(
    ("advice", "told"),
    [
        ("name another", "no such thing. Name another."),
        ("did you mean okx?", "no such thing. Did you mean okx?"),
        ("Stop!", "no such thing. Stop!"),
        ("Done.", "no such thing. Done."),
        ("", "no such thing. Correct the call."),
    ],
)
def test_diagnostics_with_any_advice_are_two_sentences(advice: str, told: str) -> None:
    """A capital letter and one full stop, whatever the advice ends in."""
    assert UsageError("no such thing", advice=advice).diagnostics() == told


def test_venue_error_keeps_status_and_codes_of_the_venue() -> None:
    """They are the venue's own words; without an answer there are none."""
    told = VenueRefusal("no", http_status=400, code="1", sub_code="51008")
    assert (told.http_status, told.code, told.sub_code) == (400, "1", "51008")
    silent = TransportError("no answer")
    assert (silent.http_status, silent.code, silent.sub_code) == (None, None, None)


def test_outcome_unknown_is_neither_a_refusal_nor_a_plain_transport_error() -> None:
    """Whoever handles refusals or repeats reads must not take an order of unknown fate for either."""
    assert not issubclass(OutcomeUnknown, (VenueRefusal, TransportError))
    assert "do not send it again" in OutcomeUnknown.default_advice
