"""
What the answer to a placed order proves. Pure.

| raised by the client | proves | with |
|---|---|---|
| nothing, ids came back | the venue took it | sCode 0 |
| `UsageError`, `SafetyError`, `Unsupported` | nothing was sent | |
| `OrderRefused`, or another refusal with a code | nothing was placed | any code but those below |
| the same, "there is one already" | an order of this id exists: perhaps ours | 51016, 50071, 50042 |
| the same, "neither success nor failure", or HTTP 5xx | nothing | 50004, 50026, 51054, 51149 |
| anything else: no answer, no envelope | nothing | |

Source: OKX error codes; reliability B3, "only structured rejects are rejections".
"""

from __future__ import annotations

from enum import StrEnum

from dualwitness.venues.errors import (
    DualwitnessError,
    OrderRefused,
    SafetyError,
    Unsupported,
    UsageError,
    VenueRefusal,
)

__all__ = ["NOT_KNOWN_CODES", "Proof", "proof_of"]

_SERVER_ERROR = 500
# "clOrdId exists", "{param} already exists", "repeated request": said of an order that was taken before.
_EXISTS_CODES = frozenset({"51016", "50071", "50042"})
# The clients call these OutcomeUnknown; listed again, because an order hangs on it.
_UNKNOWN_CODES = frozenset({"50004", "50026", "51054", "51149"})

# "Order does not exist": the one structured answer that says that an id is not known.
NOT_KNOWN_CODES = frozenset({"51603"})


class Proof(StrEnum):
    """What is proven about an order by the error that came instead of its ids."""

    NOT_SENT = "not_sent"
    REFUSED = "refused"
    NOTHING = "nothing"


def proof_of(error: DualwitnessError) -> Proof:
    """What this error of `VenueClient.place_order` proves; in doubt nothing."""
    if isinstance(error, (UsageError, SafetyError, Unsupported)):
        return Proof.NOT_SENT
    if not isinstance(error, VenueRefusal):
        return Proof.NOTHING
    if error.code in _EXISTS_CODES | _UNKNOWN_CODES or (error.http_status or 0) >= _SERVER_ERROR:
        return Proof.NOTHING
    # A rate limit or a refused key without a code came from a gateway: no structured answer about this order.
    return Proof.REFUSED if error.code is not None or isinstance(error, OrderRefused) else Proof.NOTHING
