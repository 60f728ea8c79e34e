"""
Unified symbols and OKX instrument ids, without CCXT.

The instrument list that python-okx returned decides; the grammar answers for ids that are not listed (expired
contracts) or not loaded. ``*_UM`` families are linear and settle in USD (okx-v5-facts section 6).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dualwitness.models import Instrument, MarketType
from dualwitness.venues.errors import UnknownSymbol, UsageError

__all__ = [
    "INSTRUMENT_TYPES",
    "MARKET_TYPES",
    "InstrumentBook",
    "Listing",
    "check_value",
    "family_of",
    "market_type_of",
    "pair_of",
    "symbol_from_id",
]

INSTRUMENT_TYPES = {
    MarketType.SPOT: "SPOT",
    MarketType.MARGIN: "MARGIN",
    MarketType.SWAP: "SWAP",
    MarketType.FUTURE: "FUTURES",
    MarketType.OPTION: "OPTION",
}
MARKET_TYPES = {name: market_type for market_type, name in INSTRUMENT_TYPES.items()}

_CODE = r"[A-Za-z0-9]{1,20}"
_STRIKE = r"[0-9]{1,12}(?:\.[0-9]{1,8})?"
_ID = re.compile(
    rf"(?P<base>{_CODE})-(?P<quote>{_CODE})(?P<family>(?:_[A-Z0-9]{{1,10}})*)"
    rf"(?:-(?:(?P<swap>SWAP)|(?P<expiry>[0-9]{{6}})(?:-(?P<strike>{_STRIKE})-(?P<right>[CP]))?))?"
)
_SYMBOL = re.compile(
    rf"(?P<base>{_CODE})/(?P<quote>{_CODE})"
    rf"(?::(?P<settle>{_CODE})(?:-(?P<expiry>[0-9]{{6}})(?:-(?P<strike>{_STRIKE})-(?P<right>[CP]))?)?)?"
)
# python-okx puts query values on the wire as they are: "&", "#" or "+" would change the question
# (difference sdk-ampersand-and-plus-injected-raw).
_VALUE = re.compile(r"[A-Za-z0-9_.:-]{0,64}")


@dataclass(frozen=True, slots=True)
class Listing:
    """An instrument with what only OKX's fee schedule needs of it."""

    instrument: Instrument
    group_id: str | None
    family: str | None


class InstrumentBook:
    """The instruments loaded so far, by market type and id; spot and margin share their ids."""

    def __init__(self) -> None:
        self._listings: dict[tuple[MarketType, str], Listing] = {}
        self._ids: dict[str, str] = {}
        self._loaded: set[tuple[MarketType, str | None]] = set()

    def put(self, market_type: MarketType, underlying: str | None, listings: Iterable[Listing]) -> None:
        """Replace what is known of a type (of one underlying, for options)."""
        for listing in listings:
            instrument = listing.instrument
            self._listings[(market_type, instrument.venue_instrument_id)] = listing
            self._ids[instrument.symbol] = instrument.venue_instrument_id
        self._loaded.add((market_type, underlying))

    def has(self, market_type: MarketType, underlying: str | None) -> bool:
        """Whether that list was loaded."""
        return (market_type, underlying) in self._loaded

    def find(self, market_type: MarketType, instrument_id: str) -> Listing | None:
        """The listing, where it is loaded and listed."""
        return self._listings.get((market_type, instrument_id))

    def listed_id(self, symbol: str) -> str | None:
        """The id under which the list has a symbol."""
        return self._ids.get(symbol)

    def id_of(self, symbol: str) -> str:
        """The OKX id of a unified symbol, or of an id itself; raises `UnknownSymbol`."""
        listed = self._ids.get(symbol)
        return listed if listed is not None else _id_by_grammar(symbol)

    def symbol_of(self, market_type: MarketType | None, instrument_id: str) -> str | None:
        """The unified symbol of an OKX id; ``None`` for an id of no known form."""
        listing = None if market_type is None else self.find(market_type, instrument_id)
        return listing.instrument.symbol if listing is not None else symbol_from_id(instrument_id)


def check_value(value: str) -> str:
    """A value that goes into a query exactly as it is; raises `UsageError` for any reserved character."""
    if _VALUE.fullmatch(value) is None:
        message = f"{value[:80]!r} has characters that no OKX id or number has"
        raise UsageError(message)
    return value


def symbol_from_id(instrument_id: str) -> str | None:
    """
    The unified symbol by grammar alone, or ``None``.

    >>> symbol_from_id("BTC-USD_UM-SWAP")
    'BTC/USD:USD'
    """
    found = _ID.fullmatch(instrument_id)
    if found is None:
        return None
    base, quote = found["base"], found["quote"]
    if found["swap"] is None and found["expiry"] is None:
        return None if found["family"] else f"{base}/{quote}"
    is_coin_settled = quote == "USD" and not found["family"].startswith("_UM")
    settle = base if is_coin_settled else quote
    expiry = "" if found["expiry"] is None else f"-{found['expiry']}"
    right = "" if found["right"] is None else f"-{found['strike']}-{found['right']}"
    return f"{base}/{quote}:{settle}{expiry}{right}"


def market_type_of(instrument_id: str) -> MarketType | None:
    """What an id names by its form: a pair is spot (the trade mode makes it margin)."""
    found = _ID.fullmatch(instrument_id)
    if found is None:
        return None
    if found["swap"] is not None:
        return MarketType.SWAP
    if found["expiry"] is None:
        return MarketType.SPOT
    return MarketType.FUTURE if found["right"] is None else MarketType.OPTION


def pair_of(name: str) -> tuple[str, str] | None:
    """Base and quote of an id, an underlying or a family (``BTC-USD_UM`` gives BTC and USD), or ``None``."""
    found = _ID.fullmatch(name)
    return None if found is None else (found["base"], found["quote"])


def family_of(instrument_id: str) -> str:
    """The family of an id: ``BTC-USD_UM-SWAP`` is of ``BTC-USD_UM``; raises `UnknownSymbol`."""
    found = _ID.fullmatch(instrument_id)
    if found is None:
        message = f"{instrument_id[:80]!r} is not an OKX instrument id"
        raise UnknownSymbol(message)
    return f"{found['base']}-{found['quote']}{found['family']}"


def _id_by_grammar(symbol: str) -> str:
    if market_type_of(symbol) is not None:
        return symbol
    found = _SYMBOL.fullmatch(symbol)
    if found is not None:
        base, quote, settle = found["base"], found["quote"], found["settle"]
        if settle is None:
            return f"{base}-{quote}"
        pair = None
        if settle == quote:
            pair = f"{base}-USD_UM" if quote == "USD" else f"{base}-{quote}"
        elif settle == base and quote == "USD":
            pair = f"{base}-USD"
        if pair is not None:
            expiry = "SWAP" if found["expiry"] is None else found["expiry"]
            right = "" if found["right"] is None else f"-{found['strike']}-{found['right']}"
            return f"{pair}-{expiry}{right}"
    message = f"{symbol[:80]!r} is not a symbol of OKX"
    raise UnknownSymbol(message)
