"""
The market's table of instruments, sorted once for the questions that every client asks at its start.

Rows of instruments never change while the venue runs and are spelled once; tickers change once a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from dualwitness.venues.sim.instruments import row
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument
from dualwitness.venues.sim.listing import is_listed
from dualwitness.venues.sim.market import Market, TickerView
from dualwitness.venues.sim.parameters import required
from dualwitness.venues.sim.world import World

__all__ = [
    "DERIVATIVES",
    "Catalogue",
    "Rows",
    "between",
    "catalogue_of",
    "instrument_of",
    "selected",
    "unknown",
]

Rows = list[object]

DERIVATIVES = ("SWAP", "FUTURES", "OPTION")


class Catalogue:
    """The table by type and by index, and the rows that were spelled already."""

    def __init__(self, instruments: tuple[SimInstrument, ...], now_ms: int) -> None:
        self.instruments = instruments
        listed = [instrument for instrument in instruments if is_listed(instrument, now_ms)]
        # Venue time can be set, so that the list is right from the last expiry up to the next one only.
        expiries = {instrument.exp_time_ms or 0 for instrument in instruments}
        self._since_ms = max((expiry for expiry in expiries if expiry <= now_ms), default=0)
        self._until_ms = min((expiry for expiry in expiries if expiry > now_ms), default=None)
        self.by_type: dict[str, list[SimInstrument]] = {}
        # Name of each index and the instrument it is read from: the pair, else a contract on it.
        self.indices: dict[str, SimInstrument] = {}
        for instrument in listed:
            self.by_type.setdefault(instrument.inst_type, []).append(instrument)
        for inst_type in ("SPOT", *DERIVATIVES):
            for instrument in self.by_type.get(inst_type, ()):
                self.indices.setdefault(f"{instrument.base_ccy}-{instrument.quote_ccy}", instrument)
        self._rows: dict[tuple[str, str], dict[str, object]] = {}
        self._tickers_of: tuple[int, World] | None = None
        self._tickers: dict[str, TickerView] = {}

    def is_current(self, instruments: tuple[SimInstrument, ...], now_ms: int) -> bool:
        """Whether it still is the list of this table at that moment."""
        in_time = self._since_ms <= now_ms and (self._until_ms is None or now_ms < self._until_ms)
        return in_time and self.instruments is instruments

    def row(self, instrument: SimInstrument) -> dict[str, object]:
        """The row of ``public/instruments``; the caller may keep or change it."""
        key = instrument.inst_type, instrument.inst_id
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = row(instrument)
        return dict(found)

    def ticker(self, market: Market, inst_id: str) -> TickerView:
        """The ticker of this second, drawn once; a shock makes a new world and a new ticker."""
        moment = market.now_s, market.world
        if moment != self._tickers_of:
            self._tickers_of = moment
            self._tickers.clear()
        found = self._tickers.get(inst_id)
        if found is None:
            found = self._tickers[inst_id] = market.ticker(inst_id)
        return found

    def families(self, inst_type: str) -> list[str]:
        """The instrument families of a type, in the table's order."""
        return list(dict.fromkeys(instrument.inst_family for instrument in self.by_type.get(inst_type, ())))

    def currencies(self) -> list[str]:
        """Every currency that something is priced in or made of, but the dollar, in the table's order."""
        sides = (ccy for instrument in self.instruments for ccy in (instrument.base_ccy, instrument.quote_ccy))
        return [ccy for ccy in dict.fromkeys(sides) if ccy not in ("", "USD")]


_CATALOGUES: WeakKeyDictionary[Market, Catalogue] = WeakKeyDictionary()


def catalogue_of(market: Market) -> Catalogue:
    """The catalogue of what a market lists at present."""
    found = _CATALOGUES.get(market)
    now_ms = market.clock.now_ms()
    if found is None or not found.is_current(market.instruments, now_ms):
        found = _CATALOGUES[market] = Catalogue(market.instruments, now_ms)
    return found


def unknown(*, with_data: bool = True) -> Refusal:
    """HTTP 200, 51001; measured on books without ``data``."""
    message = "Instrument ID, Instrument ID code, or Spread ID doesn't exist."
    return Refusal("51001", message, with_data=with_data)


def instrument_of(market: Market, params: Params, *, with_data: bool = True) -> SimInstrument:
    """The instrument that ``instId`` names; 50014 without one, 51001 where there is none."""
    inst_id = required(params, "instId")
    try:
        instrument = market.instrument(inst_id)
    except KeyError as error:
        raise unknown(with_data=with_data) from error
    if not is_listed(instrument, market.clock.now_ms()):
        raise unknown(with_data=with_data)
    return instrument


def selected(market: Market, inst_type: str, params: Params) -> list[SimInstrument]:
    """The instruments of a type, narrowed by instId, uly and instFamily; an unknown instId is refused."""
    found: Iterable[SimInstrument] = catalogue_of(market).by_type.get(inst_type, ())
    filters: tuple[tuple[str, Callable[[SimInstrument], str]], ...] = (
        ("instId", lambda instrument: instrument.inst_id),
        ("uly", lambda instrument: instrument.uly),
        ("instFamily", lambda instrument: instrument.inst_family),
    )
    for name, field in filters:
        wanted = params.get(name, "")
        if wanted:
            found = [instrument for instrument in found if field(instrument) == wanted]
    chosen = list(found)
    if params.get("instId") and not chosen:
        raise unknown()
    return chosen


def between(ts_ms: int, after: int | None, before: int | None) -> bool:
    """OKX's cursors: ``after`` asks for older, ``before`` for newer, both exclusive."""
    return (after is None or ts_ms < after) and (before is None or ts_ms > before)
