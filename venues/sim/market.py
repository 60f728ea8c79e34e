"""
The market at venue time: what the engine trades against and what the public endpoints show.

Everything is a pure function of the seed, ``clock.now_ms()`` and the shocks so far: with a standing clock every answer
repeats byte for byte, with a running one prices step once a second.
"""

from __future__ import annotations

from copy import copy
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim import book, prices, tape
from dualwitness.venues.sim.candles import Candle, candle
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.draws import signed, unit
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import Clock, Level, SimInstrument
from dualwitness.venues.sim.pace import lot_usd, turnover_usd
from dualwitness.venues.sim.price_band import price_band
from dualwitness.venues.sim.world import world_of

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
        self.world = world_of(seed, instruments)
        # SPOT stands before MARGIN in the table and keeps the id they share.
        rows = sorted(instruments, key=lambda one: one.inst_type == "MARGIN", reverse=True)
        self._by_id = {instrument.inst_id: instrument for instrument in rows}

    @property
    def now_s(self) -> int:
        """The second of venue time that all prices belong to."""
        return self.clock.now_ms() // 1000

    def instrument(self, inst_id: str) -> SimInstrument:
        """The instrument of that id; the SPOT one where MARGIN shares it. Raises KeyError."""
        return self._by_id[inst_id]

    def shock(self, ccy: str, factor: Decimal, from_s: int) -> None:
        """
        From a second on, multiply a currency's dollar price; prices, candles and trades before it stay as they are.

        Raises KeyError for a currency the table does not have, ValueError for USD or a factor not above 0.
        """
        self.world = self.world.shocked(ccy, factor, from_s)

    def bids(self, inst_id: str, depth: int = BOOK_DEPTH) -> tuple[Level, ...]:
        """Best first."""
        return book.bids(self.world, self.instrument(inst_id), self.now_s, depth)

    def asks(self, inst_id: str, depth: int = BOOK_DEPTH) -> tuple[Level, ...]:
        """Best first."""
        return book.asks(self.world, self.instrument(inst_id), self.now_s, depth)

    def last(self, inst_id: str) -> Decimal:
        """The last traded price, on tick."""
        return prices.last(self.world, self.instrument(inst_id), self.now_s)

    def mark(self, inst_id: str) -> Decimal:
        """The mark price, on tick."""
        return prices.mark(self.world, self.instrument(inst_id), self.now_s)

    def index(self, inst_id: str) -> Decimal:
        """The index of the instrument's underlying pair."""
        return prices.index(self.world, self.instrument(inst_id), self.now_s)

    def usd(self, ccy: str) -> Decimal:
        """Value of one unit of a currency in US dollars. Raises KeyError for a currency the table does not have."""
        return prices.usd(self.world, ccy, self.now_s)

    def price_band(self, inst_id: str) -> tuple[Decimal, Decimal]:
        """The highest price to buy at and the lowest to sell at."""
        return price_band(self.instrument(inst_id), self.mark(inst_id))

    def candle(self, inst_id: str, start_s: int, end_s: int, kind: prices.Kind = "last") -> Candle:
        """The bar between two full minutes as known now: of trades, or of the mark price or the index."""
        return candle(self.world, self.instrument(inst_id), start_s, end_s, self.now_s, kind)

    def mark_candle(self, inst_id: str, start_s: int, end_s: int) -> Candle:
        """The bar of the mark price, without volume."""
        return self.candle(inst_id, start_s, end_s, "mark")

    def index_candle(self, inst_id: str, start_s: int, end_s: int) -> Candle:
        """The bar of the index of the instrument's underlying pair, without volume."""
        return self.candle(inst_id, start_s, end_s, "index")

    def day(self, inst_id: str, kind: prices.Kind = "last", seconds_ago: int = 0) -> Candle:
        """The running minute and the 1,440 before it as one candle: what every 24-hour number is about."""
        now_s = self.now_s - seconds_ago
        minute_s = now_s - now_s % 60
        return candle(self.world, self.instrument(inst_id), minute_s - prices.DAY_S, minute_s + 60, now_s, kind)

    def ticker(self, inst_id: str, seconds_ago: int = 0) -> TickerView:
        """The ticker as it stands, or as it stood ``seconds_ago``."""
        world, instrument = self.world, self.instrument(inst_id)
        now_s = self.now_s - seconds_ago
        day = self.day(inst_id, seconds_ago=seconds_ago)
        return TickerView(
            last=prices.last(world, instrument, now_s),
            last_size=tape.last_size(world, instrument, now_s),
            bid=book.bids(world, instrument, now_s, 1)[0],
            ask=book.asks(world, instrument, now_s, 1)[0],
            open_24h=day.open,
            high_24h=day.high,
            low_24h=day.low,
            volume=day.volume,
            start_of_day_utc0=prices.last(world, instrument, now_s - now_s % prices.DAY_S),
            start_of_day_utc8=prices.last(world, instrument, now_s - (now_s + 8 * 3_600) % prices.DAY_S),
            ts_ms=now_s * 1000,
        )

    def prints(
        self,
        inst_id: str,
        limit: int,
        *,
        older_than_id: int | None = None,
        newer_than_id: int | None = None,
        older_than_ms: int | None = None,
    ) -> tuple[tape.Print, ...]:
        """The newest public trades, newest first; narrowed by trade ids or a moment, all exclusive."""
        return tape.prints(
            self.world,
            self.instrument(inst_id),
            self.now_s,
            limit,
            older_than_id=older_than_id,
            newer_than_id=newer_than_id,
            older_than_ms=older_than_ms,
        )

    def funding(self, inst_id: str, periods_ago: int = 0) -> FundingPeriod:
        """The funding period that runs now, or one that has been settled."""
        running_ms = (self.clock.now_ms() // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS
        time_ms = running_ms - periods_ago * FUNDING_INTERVAL_MS
        rate = signed(self.seed, f"funding/{inst_id}", time_ms // FUNDING_INTERVAL_MS) * _FUNDING_CAP
        return FundingPeriod(time_ms, rate)

    def settled_funding_rate(self, inst_id: str) -> Decimal:
        """The rate of the latest funding that has been settled."""
        return self.funding(inst_id, 1).rate

    def at(self, ms: int) -> Market:
        """The same market at another moment of venue time, in milliseconds."""
        view = copy(self)
        view.clock = FrozenClock(ms)
        return view

    def open_interest(self, inst_id: str) -> tape.Volume:
        """Open interest in contracts, base currency and quote currency."""
        instrument = self.instrument(inst_id)
        share = 1 + unit(self.seed, f"interest/{inst_id}") + signed(self.seed, f"interest/{inst_id}", self.now_s) / 1000
        usd = turnover_usd(self.seed, instrument) / 2 * share
        lots = usd // lot_usd(self.world, instrument)
        return tape.volume_of(instrument, lots * instrument.lot_sz, self._spot_or_last(instrument))

    def _spot_or_last(self, instrument: SimInstrument) -> Decimal:
        option = instrument.inst_type == "OPTION"
        return self.index(instrument.inst_id) if option else self.last(instrument.inst_id)
