"""
Everything that can go wrong between us and a venue.

    DualwitnessError
    ├── UsageError                      the caller asked for something that does not exist   (exit 2)
    │   ├── UnknownSymbol
    │   ├── LibraryNotInstalled
    │   └── ClientOrderIdReused         an id that belongs to another order
    ├── SafetyError                     refused before anything was sent                      (exit 4)
    ├── OrderStoreFailed                the file of our orders could not be read or written   (exit 3)
    └── VenueError                      a call was made and did not give a proven answer      (exit 3)
        ├── TransportError              no complete answer arrived
        │   └── AnswerTimeout
        ├── EnvelopeInvalid             an answer arrived that is not the venue's envelope
        ├── RowInvalid                  the envelope is sound, a row in it cannot be read
        ├── VenueRefusal                the venue said no, in its own words
        │   ├── AuthenticationRefused
        │   ├── RateLimited
        │   └── OrderRefused
        ├── OutcomeUnknown              an order may or may not have been taken
        └── Unsupported                 this library has no way to ask

Each says what a person should do (`advice`); none carries a secret. `VenueError.reason` is the `NullReason` that every
field of the failed read gets.
"""

from __future__ import annotations

from typing import ClassVar

from dualwitness.models import NullReason

__all__ = [
    "AnswerTimeout",
    "AuthenticationRefused",
    "ClientOrderIdReused",
    "DualwitnessError",
    "EnvelopeInvalid",
    "LibraryNotInstalled",
    "OrderRefused",
    "OrderStoreFailed",
    "OutcomeUnknown",
    "RateLimited",
    "RowInvalid",
    "SafetyError",
    "TransportError",
    "UnknownSymbol",
    "Unsupported",
    "UsageError",
    "VenueError",
    "VenueRefusal",
]


class DualwitnessError(Exception):
    """Base of all; ``exit_code`` is what the command line returns for it."""

    exit_code: ClassVar[int] = 3
    default_advice: ClassVar[str] = "see the run's raw samples"

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.advice = advice or self.default_advice

    def diagnostics(self) -> str:
        """What happened and what a person should do, in two sentences."""
        advice = f"{self.advice[0].upper()}{self.advice[1:]}"
        problem, ending = (text if text.endswith((".", "?", "!")) else f"{text}." for text in (str(self), advice))
        return f"{problem} {ending}"


class UsageError(DualwitnessError):
    """The caller asked for something that does not exist."""

    exit_code = 2
    default_advice = "correct the call"


class UnknownSymbol(UsageError):
    """A symbol that neither the grammar nor the instrument list knows."""

    default_advice = "use a unified symbol such as BTC/USDT:USDT or a venue id such as BTC-USDT-SWAP"


class LibraryNotInstalled(UsageError):
    """The library that was named cannot be imported."""

    default_advice = "install it, or name the other library"


class ClientOrderIdReused(UsageError):
    """A client order id that was given to an order with other parameters; nothing was sent."""

    default_advice = "nothing was sent; give every order its own client_order_id"


class SafetyError(DualwitnessError):
    """Refused before anything was sent."""

    exit_code = 4
    default_advice = "nothing was sent; check host, mode and both live switches"


class OrderStoreFailed(DualwitnessError):
    """The file that keeps our orders could not be read or written; ``advice`` says whether anything was sent."""

    default_advice = "treat every order as unknown until the file is repaired"


class VenueError(DualwitnessError):
    """A call was made and gave no proven answer; ``reason`` explains the nulls that follow."""

    reason: ClassVar[NullReason] = NullReason.ERROR

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        http_status: int | None = None,
        code: str | None = None,
        sub_code: str | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.http_status = http_status
        self.code = code
        self.sub_code = sub_code


class TransportError(VenueError):
    """No complete answer arrived."""

    default_advice = "check the connection to the venue and ask again"


class AnswerTimeout(TransportError):
    """The answer did not arrive in time; for an order this proves nothing."""


class EnvelopeInvalid(VenueError):
    """An answer arrived that is not the venue's envelope: an empty list in it would prove nothing."""

    reason = NullReason.INVALID_ENVELOPE
    default_advice = "treat the account as unknown, not as empty; the raw sample shows what arrived"


class RowInvalid(VenueError):
    """The envelope is sound, but a row in it cannot be read (NaN, an unknown state, a missing id)."""

    reason = NullReason.INVALID_ENVELOPE
    default_advice = "treat the answer as unknown; the raw sample shows the row"


class VenueRefusal(VenueError):
    """The venue said no; ``code`` and ``sub_code`` are its own."""

    default_advice = "look the code up in the venue's documentation"


class AuthenticationRefused(VenueRefusal):
    """Key, signature, passphrase, clock or environment was refused (OKX 501xx)."""

    default_advice = "check key, passphrase, clock, and that demo keys meet the demo venue"


class RateLimited(VenueRefusal):
    """Too many requests (OKX 50011, 50061)."""

    default_advice = "ask less often"


class OrderRefused(VenueRefusal):
    """The venue refused an order: nothing was placed."""

    default_advice = "nothing was placed; the venue's code says why"


class OutcomeUnknown(VenueError):
    """An order may or may not have been taken: query it by its client order id before anything else."""

    default_advice = "query the order by its client order id; do not send it again"


class Unsupported(VenueError):
    """The library has no way to ask, or no way to say."""

    reason = NullReason.UNSUPPORTED
    default_advice = "use the other library for this"
