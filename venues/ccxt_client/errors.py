"""
What CCXT raises, in the project's words.

| CCXT, with every answer proven (or nothing sent) | ours |
|---|---|
| BadSymbol | UnknownSymbol |
| NotSupported | Unsupported |
| RequestTimeout | AnswerTimeout |
| other NetworkError | TransportError |
| any other ccxt error before anything was sent | UsageError |
| any other ccxt error, or a foreign one (KeyError, ValueError …), after a proven answer | RowInvalid |
| OSError (the journal could not be written) | TransportError |

CCXT's own texts are not repeated: they carry whole answers.
"""

from __future__ import annotations

from typing import Final

import ccxt

from dualwitness.venues.errors import (
    AnswerTimeout,
    AuthenticationRefused,
    DualwitnessError,
    RateLimited,
    RowInvalid,
    TransportError,
    UnknownSymbol,
    Unsupported,
    UsageError,
    VenueRefusal,
)

__all__ = ["CALL_ERRORS", "OUTCOME_UNKNOWN_CODES", "refusal", "translated"]

# What may come out of a CCXT call. CCXT reads rows without checking them, so a damaged answer ends in any of the
# foreign families (reliability B2.1: 131 ValueErrors in 3,000 mutated answers). Errors of ours pass through untouched.
CALL_ERRORS: Final[tuple[type[Exception], ...]] = (
    ccxt.BaseError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    OSError,
)

# The venue answered, and still nobody knows whether the order exists (okx-v5-facts section 3: "outcome unknown").
OUTCOME_UNKNOWN_CODES: Final = frozenset({"50004", "50026", "51054", "51149"})


def refusal(code: str, text: str, http_status: int, *, shown: str | None = None) -> VenueRefusal:
    """The right kind of refusal for an OKX result code; ``shown`` replaces the code for other venues."""
    own = shown if shown is not None else code
    if code in ("50011", "50061") or (http_status == 429 and code not in ("51113", "51115")):
        return RateLimited(text, http_status=http_status, code=own)
    if code.startswith("501") and len(code) == 5:
        return AuthenticationRefused(text, http_status=http_status, code=own)
    return VenueRefusal(text, http_status=http_status, code=own)


def translated(failure: Exception, method: str, *, asked: bool) -> DualwitnessError:
    """Our error for one of CCXT's, where the wire gave no reason; ``asked`` says whether anything was sent."""
    name = type(failure).__name__
    text = f"ccxt {method} failed: {name}"
    if isinstance(failure, ccxt.BadSymbol):
        return UnknownSymbol(text)
    if isinstance(failure, ccxt.NotSupported):
        return Unsupported(text)
    if isinstance(failure, ccxt.RequestTimeout):
        return AnswerTimeout(text)
    if isinstance(failure, (ccxt.NetworkError, OSError)):
        return TransportError(text)
    if asked:
        return RowInvalid(f"{text} after a sound envelope")
    if isinstance(failure, ccxt.AuthenticationError):
        return UsageError(text, advice="this call needs credentials")
    return UsageError(text)
