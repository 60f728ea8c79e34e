"""
What a venue's refusal of a signed read says is wrong, by its code, and what to do about it. Pure.

Codes: okx-v5-facts section 3; Bybit docs v5/error; Binance docs, error codes.
"""

from __future__ import annotations

from collections.abc import Mapping

from dualwitness.models import Venue
from dualwitness.venues.check_line import CheckName
from dualwitness.venues.errors import AuthenticationRefused, VenueRefusal

__all__ = ["blame_refusal"]

_Blame = tuple[CheckName, str]

_UNKNOWN_KEY = (
    CheckName.CREDENTIALS,
    "check the API key, and that it was made where base_url points: another region has other keys, demo trading too",
)
_WRONG_SECRET = (CheckName.CREDENTIALS, "copy the API secret again: the signature made with it is wrong")
_WRONG_PASSPHRASE = (CheckName.CREDENTIALS, "the passphrase is the one chosen when the key was made, not the login's")
_WRONG_CLOCK = (CheckName.CLOCK, "set this machine's clock by NTP: the venue refuses requests of another time")
_WRONG_ADDRESS = (
    CheckName.IP_BINDING,
    "add this machine's address to the key at the venue",
)
_NO_PERMISSION = (CheckName.PERMISSIONS, "give the key permission to read at the venue, or make a new one")
_WRONG_ENVIRONMENT = (
    CheckName.ENVIRONMENT,
    "demo and live have their own keys: use a demo key with a demo mode, and a live key with okx_live",
)

_BLAME: Mapping[Venue, Mapping[str, _Blame]] = {
    Venue.OKX: {
        "50100": (CheckName.CREDENTIALS, "the key is frozen: look at it on the venue's page of API keys"),
        "50101": _WRONG_ENVIRONMENT,
        "50102": _WRONG_CLOCK,
        "50105": _WRONG_PASSPHRASE,
        "50110": _WRONG_ADDRESS,
        "50035": (CheckName.IP_BINDING, "bind the key to this machine's address at the venue"),
        "50111": _UNKNOWN_KEY,
        "50112": _WRONG_CLOCK,
        "50113": _WRONG_SECRET,
        "50119": _UNKNOWN_KEY,
        "50120": _NO_PERMISSION,
        "50030": _NO_PERMISSION,
        "50121": (CheckName.IP_BINDING, "the venue serves no one at this machine's place"),
    },
    Venue.BYBIT: {
        "10002": _WRONG_CLOCK,
        "10003": _UNKNOWN_KEY,
        "10004": _WRONG_SECRET,
        "10005": _NO_PERMISSION,
        "10010": _WRONG_ADDRESS,
        "33004": (CheckName.CREDENTIALS, "the key has expired: make a new one"),
    },
    Venue.BINANCE: {
        "-1021": _WRONG_CLOCK,
        "-1022": _WRONG_SECRET,
        "-2014": _UNKNOWN_KEY,
        "-2015": (
            CheckName.CREDENTIALS,
            "check the key, its permissions and its bound addresses: Binance says one thing for all",
        ),
    },
    Venue.PAPER: {},
}


def blame_refusal(venue: Venue, refusal: VenueRefusal) -> _Blame | None:
    """Which check a refusal fails, and what to do; None where it says nothing of the key (too many requests)."""
    known = _BLAME[venue].get(refusal.code or "")
    if known is None and isinstance(refusal, AuthenticationRefused):
        return CheckName.CREDENTIALS, refusal.advice
    return known
