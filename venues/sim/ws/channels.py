"""Which channels there are, where they live and what a subscription to each must name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dualwitness.venues.sim.candles import BARS

__all__ = ["CANDLE_PREFIXES", "CHANNELS", "Channel", "channel_of"]

_PUBLIC, _PRIVATE, _BUSINESS = "public", "private", "business"


@dataclass(frozen=True, slots=True)
class Channel:
    """
    One channel: the endpoint it is served on, the parameters a subscription must name.

    ``login`` channels are refused with 60011 before the login; ``counted`` ones tell how many connections listen;
    ``refusal`` is the code of channels that this account's fee tier does not reach.
    """

    name: str
    endpoint: str
    needs: tuple[str, ...] = ()
    login: bool = False
    counted: bool = False
    refusal: str = ""


_BY_INSTRUMENT = (
    *("bbo-tbt", "books", "books5", "funding-rate", "index-tickers", "mark-price", "open-interest", "price-limit"),
    *("tickers", "trades"),
)
_ALL: Final = (
    *(Channel(name, _PUBLIC, ("instId",)) for name in _BY_INSTRUMENT),
    # Deeper, faster books are for fee tiers this account does not have (okx-v5-facts section 13).
    Channel("books-l2-tbt", _PUBLIC, ("instId",), login=True, refusal="60029"),
    Channel("books50-l2-tbt", _PUBLIC, ("instId",), login=True, refusal="60030"),
    Channel("estimated-price", _PUBLIC, ("instType",)),
    Channel("instruments", _PUBLIC, ("instType",)),
    Channel("liquidation-orders", _PUBLIC, ("instType",)),
    Channel("opt-summary", _PUBLIC, ("instFamily",)),
    Channel("status", _PUBLIC),
    Channel("account", _PRIVATE, login=True, counted=True),
    Channel("balance_and_position", _PRIVATE, login=True, counted=True),
    Channel("fills", _PRIVATE, login=True),
    Channel("liquidation-warning", _PRIVATE, ("instType",), login=True, counted=True),
    Channel("orders", _PRIVATE, ("instType",), login=True, counted=True),
    Channel("positions", _PRIVATE, ("instType",), login=True, counted=True),
    Channel("algo-advance", _BUSINESS, ("instType",), login=True),
    Channel("orders-algo", _BUSINESS, ("instType",), login=True),
    Channel("trades-all", _BUSINESS, ("instId",)),
)
# By name; the candles, of which there is one for each bar, are made on demand.
CHANNELS: Final = {channel.name: channel for channel in _ALL}
# The prefix of the channel's name, and the endpoint of REST whose rows it pushes.
CANDLE_PREFIXES: Final = {
    "index-candle": "market/index-candles",
    "mark-price-candle": "market/mark-price-candles",
    "candle": "market/candles",
}


def channel_of(name: str) -> Channel | None:
    """The channel of that name; None where OKX has none, or the venue does not serve it."""
    known = CHANNELS.get(name)
    if known is not None:
        return known
    for prefix in CANDLE_PREFIXES:
        if name.startswith(prefix) and name.removeprefix(prefix) in BARS:
            return Channel(name, _BUSINESS, ("instId",))
    return None
