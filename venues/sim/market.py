"""
The market at venue time: what the engine trades against and what the public endpoints show.

Everything is a pure function of the seed and ``clock.now_ms()``: with a standing clock every answer repeats byte for
byte, with a running one prices step once a second.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim import book, prices, tape
from dualwitness.venues.sim.draws import signed, unit
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import Clock, Level, SimInstrument
from dualwitness.venues.sim.numbers import ceil_to, floor_to
from dualwitness.venues.sim.price_band import price_band

__all__ = ["BOOK_DEPTH", "FUNDING_INTERVAL_MS", "FundingPeriod", "Market", "TickerView"]

# Levels the engine may sweep; `market/books` shows up to 400.
BOOK_DEPTH = 50
FUNDING_INTERVAL_MS = 8 * 3_600_000
_FUNDING_CAP = Decimal("0.0003")


class TickerView(NamedTuple):
    """The numbers of one ticker; volumes over 24 hours in all three units."""

    last: Decimal
    last_size: Decimal
    bid: Level
    ask: Level
    open_24h: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume: tape.Volume
    start_of_day_utc0: Decimal
    start_of_day_utc8: Decimal
    ts_ms: int


class FundingPeriod(NamedTuple):
    """One funding period: when it settles and at which rate."""

    time_ms: int
    rate: Decimal


class Market:
    """Prices, books and volumes of the whole table; implements `kinds.MarketView`."""

    def __init__(self, seed: int, clock: Clock, instruments: tuple[SimInstrument, ...] = INSTRUMENTS) -> None:
        self.seed = seed
        self.clock = clock
        self.instruments = instruments
        # SPOT stands before MARGIN in the table and keeps the id they share.
        self._by_id = {instrument.inst_id: instrument for instrument in reversed(instruments)}

    @property
    def now_s(self) -> int:
        """The second of venue time that all prices belong to."""
        return self.clock.now_ms() // 1000

    def instrument(self, inst_id: str) -> SimInstrument:
        """The instrument of that id; the SPOT one where MARGIN shares it. Raises KeyError."""
        return self._by_id[inst_id]

    def bids(self, inst_id: str, depth: int = BOOK_DEPTH) -> tuple[Level, ...]:
        """Best first."""
        return book.bids(self.seed, self.instrument(inst_id), self.now_s, depth)

    def asks(self, inst_id: str, depth: int = BOOK_DEPTH) -> tuple[Level, ...]:
        """Best first."""
        return book.asks(self.seed, self.instrument(inst_id), self.now_s, depth)

    def last(self, inst_id: str) -> Decimal:
        """The last traded price, on tick."""
        return prices.last(self.seed, self.instrument(inst_id), self.now_s)

    def mark(self, inst_id: str) -> Decimal:
        """The mark price, on tick."""
        return prices.mark(self.seed, self.instrument(inst_id), self.now_s)

    def index(self, inst_id: str) -> Decimal:
        """The index of the instrument's underlying pair."""
        return prices.index(self.seed, self.instrument(inst_id), self.now_s)

    def usd(self, ccy: str) -> Decimal:
        """Value of one unit of a currency in US dollars. Raises KeyError for a currency the table does not have."""
        return prices.usd(self.seed, ccy, self.now_s)

    def price_band(self, inst_id: str) -> tuple[Decimal, Decimal]:
        """The highest price to buy at and the lowest to sell at."""
        return price_band(self.instrument(inst_id), self.mark(inst_id))

    def ticker(self, inst_id: str, seconds_ago: int = 0) -> TickerView:
        """The ticker as it stands, or as it stood ``seconds_ago``."""
        instrument = self.instrument(inst_id)
        now_s = self.now_s - seconds_ago
        day_ago_s = now_s - prices.DAY_S
        # Hours are where the larger waves turn; the margin covers what the smaller ones do between them.
        hours = range(day_ago_s - day_ago_s % 3_600, now_s + 1, 3_600)
        path = [self._last_at(instrument, at_s) for at_s in (*hours, day_ago_s, now_s)]
        tick = instrument.tick_sz
        high = ceil_to(max(path) * Decimal("1.003"), tick) + 4 * tick
        low = max(floor_to(min(path) * Decimal("0.997"), tick) - 4 * tick, tick)
        contracts = tape.volume(self.seed, instrument, day_ago_s, now_s)
        average = sum(path, Decimal(0)) / len(path)
        return TickerView(
            last=self._last_at(instrument, now_s),
            last_size=tape.prints(self.seed, instrument, now_s, 1)[0].sz,
            bid=book.bids(self.seed, instrument, now_s, 1)[0],
            ask=book.asks(self.seed, instrument, now_s, 1)[0],
            open_24h=self._last_at(instrument, day_ago_s),
            high_24h=high,
            low_24h=low,
            volume=tape.volume_of(instrument, contracts, average),
            start_of_day_utc0=self._last_at(instrument, now_s - now_s % prices.DAY_S),
            start_of_day_utc8=self._last_at(instrument, now_s - (now_s + 8 * 3_600) % prices.DAY_S),
            ts_ms=now_s * 1000,
        )

    def _last_at(self, instrument: SimInstrument, at_s: int) -> Decimal:
        return prices.last(self.seed, instrument, at_s)

    def prints(self, inst_id: str, limit: int) -> tuple[tape.Print, ...]:
        """The newest public trades, newest first."""
        return tape.prints(self.seed, self.instrument(inst_id), self.now_s, limit)

    def funding(self, inst_id: str, periods_ago: int = 0) -> FundingPeriod:
        """The funding period that runs now, or one that has been settled."""
        running_ms = (self.clock.now_ms() // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS
        time_ms = running_ms - periods_ago * FUNDING_INTERVAL_MS
        rate = signed(self.seed, f"funding/{inst_id}", time_ms // FUNDING_INTERVAL_MS) * _FUNDING_CAP
        return FundingPeriod(time_ms, rate)

    def open_interest(self, inst_id: str) -> tape.Volume:
        """Open interest in contracts, base currency and quote currency."""
        instrument = self.instrument(inst_id)
        share = 1 + unit(self.seed, f"interest/{inst_id}") + signed(self.seed, f"interest/{inst_id}", self.now_s) / 1000
        usd = prices.turnover_usd(self.seed, instrument) / 2 * share
        lots = usd // book.lot_usd(self.seed, instrument)
        return tape.volume_of(instrument, lots * instrument.lot_sz, self._spot_or_last(instrument))

    def _spot_or_last(self, instrument: SimInstrument) -> Decimal:
        option = instrument.inst_type == "OPTION"
        return prices.index(self.seed, instrument, self.now_s) if option else self._last_at(instrument, self.now_s)
