"""OKX error codes as venue errors (okx-v5-facts sections 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable

from dualwitness.venues.errors import AuthenticationRefused, OrderRefused, OutcomeUnknown, RateLimited, VenueRefusal

__all__ = ["order_refusal_of", "refusal_of"]

# 501xx is about the key, except for the HTTP method (50115) and the smallest amount (50122).
_AUTHENTICATION = range(50100, 50122)
_NOT_AUTHENTICATION = frozenset({"50115"})
_RATE_LIMITS = frozenset({"50011", "50040", "50061"})
# OKX says of these that they mean neither success nor failure: endpoint timeout, system error, order timeouts.
_OUTCOME_UNKNOWN = frozenset({"50004", "50026", "51054", "51149"})
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429
_LONGEST_TEXT = 200


def refusal_of(code: str, text: str, status: int) -> VenueRefusal:
    """The error for an envelope whose ``code`` is not ``"0"``; ``text`` is the venue's own, already redacted."""
    kind: Callable[..., VenueRefusal] = VenueRefusal
    if code in _RATE_LIMITS or status == _TOO_MANY_REQUESTS:
        kind = RateLimited
    elif code.isdigit() and int(code) in _AUTHENTICATION and code not in _NOT_AUTHENTICATION:
        kind = AuthenticationRefused
    return kind(f"OKX refused with code {code}: {_short(text)}", http_status=status, code=code)


def order_refusal_of(
    code: str, text: str, status: int, *, sub_code: str | None = None
) -> VenueRefusal | OutcomeUnknown:
    """
    The error for an order that was not acknowledged: refused, or `OutcomeUnknown` where OKX itself does not know.

    A server error (HTTP 5xx) proves nothing about an order (reliability B3).
    """
    if code in _OUTCOME_UNKNOWN or status >= _SERVER_ERROR:
        message = f"OKX answered the order with code {code} (HTTP {status}): {_short(text)}"
        return OutcomeUnknown(message, http_status=status, code=code, sub_code=sub_code)
    refusal = refusal_of(code, text, status)
    if isinstance(refusal, AuthenticationRefused | RateLimited):
        return refusal
    message = f"OKX refused the order with code {code}: {_short(text)}"
    return OrderRefused(message, http_status=status, code=code, sub_code=sub_code)


def _short(text: str) -> str:
    printable = "".join(character if character.isprintable() else " " for character in text).strip()
    return printable[:_LONGEST_TEXT] or "(no text)"
