"""What an account endpoint was asked for: required words, words out of a list, instruments; refused as OKX does."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine import refusals
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import parsed
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument

__all__ = ["amount", "chosen", "flag", "known_instrument", "names", "required", "top_level"]


def required(params: Params, *wanted: str) -> None:
    """Raises 50014 for the first parameter that is missing."""
    for name in wanted:
        if not text(params, name):
            raise refusals.empty_parameter(name)


def chosen(params: Params, name: str, allowed: tuple[str, ...], default: str = "") -> str:
    """One word of a list; required without a default. Raises 50014 and 51000."""
    word = text(params, name) or default
    if not word:
        raise refusals.empty_parameter(name)
    if word not in allowed:
        raise refusals.bad_parameter(name)
    return word


def flag(params: Params, name: str, default: str = "") -> bool:
    """A JSON boolean or its spelling as text."""
    word = (text(params, name) or default).lower()
    if not word:
        raise refusals.empty_parameter(name)
    if word not in ("true", "false"):
        raise refusals.bad_parameter(name)
    return word == "true"


def names(params: Params, name: str, most: int) -> tuple[str, ...]:
    """A list with commas; more than ``most`` are refused with 50025."""
    found = tuple(word for word in text(params, name).split(",") if word)
    if len(found) > most:
        raise refusals.too_many(name, most)
    return found


def amount(params: Params, name: str) -> Decimal:
    """A positive number; raises 50014 and 51000."""
    required(params, name)
    value = parsed(text(params, name))
    if not value:
        raise refusals.bad_parameter(name)
    return value


def known_instrument(account: Account, inst_id: str) -> SimInstrument:
    """The instrument of that id, never the MARGIN twin of a pair; raises 51001 at the top level."""
    instrument = account.instruments.get(inst_id)
    if instrument is None:
        raise refusals.unknown_instrument(per_row=False)
    return instrument


def top_level(refusal: Refusal) -> Refusal:
    """The same refusal where there are no rows: without the trailing space, 51000 with HTTP 400 (OKX docs v5)."""
    status = 400 if refusal.code in ("51000", "50014") else refusal.http_status
    return Refusal(refusal.code, refusal.msg.rstrip(), http_status=status)
