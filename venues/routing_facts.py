"""
The facts that an order is held against, gathered for this one order; what cannot be read is left unknown.

Whoever has better facts hands the router another `FactSource`; unknown facts refuse the order either way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar, runtime_checkable

from dualwitness.config import VenueConfig
from dualwitness.models import Instrument, MarketType, OrderIntent, TdMode, Ticker
from dualwitness.models.exact import EXACT
from dualwitness.risk import RiskInputs, TradingMode
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, SafetyError, UsageError
from dualwitness.venues.routing_position import PositionTeller, held_by_all, not_read
from dualwitness.venues.routing_result import DayResult

__all__ = ["ClientFacts", "FactSource", "Facts", "LeverageTeller"]

_Value = TypeVar("_Value")

_TWO = Decimal(2)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the risk engine is handed, and ``notes`` that say why something in it is unknown."""

    inputs: RiskInputs
    notes: tuple[str, ...] = ()


class FactSource(Protocol):
    """Where the router gets the facts of one venue from."""

    def gather(
        self, intent: OrderIntent, instrument: Instrument | None, *, config: VenueConfig, mode: TradingMode
    ) -> Facts:
        """The facts for one order, looked at now; ``instrument`` is null where the symbol names none."""
        ...


@runtime_checkable
class LeverageTeller(Protocol):
    """A client that can tell the leverage in force."""

    def get_leverage(self, symbol: str, td_mode: TdMode) -> Decimal:
        """The highest leverage for new orders of this mode."""
        ...


class ClientFacts:
    """
    Reads facts through ``clients[main]``, and positions through all of them (`routing_position`).

    ``clock_ms`` is the local clock. The reference price is the middle of the best quotes, or the last trade where one
    is missing. ``result`` tells the day's result; without it the caller tells the risk engine. ``own_ip`` is the
    address that orders come from, where addresses are restricted. Raises `UsageError` where ``main`` is none of the
    clients, and `SafetyError` for a request to a forbidden host.
    """

    def __init__(
        self,
        clients: Mapping[str, VenueClient],
        clock_ms: Callable[[], int],
        *,
        main: str,
        result: DayResult | None = None,
        own_ip: str | None = None,
    ) -> None:
        if main not in clients:
            message = f"no client is called {main!r}"
            raise UsageError(message, advice=f"choose one of {', '.join(clients) or 'no client at all'}")
        self._main = clients[main]
        self._clients = (self._main, *(client for name, client in clients.items() if name != main))
        self._clock_ms = clock_ms
        self._result = result
        self._own_ip = own_ip
        self._position: PositionTeller = held_by_all

    def without_positions(self) -> ClientFacts:
        """Give the same without the position, for whoever knows it better; what is not known refuses the order."""
        other = copy(self)
        other._position = not_read  # noqa: SLF001 - a copy of its own kind
        return other

    def gather(
        self, intent: OrderIntent, instrument: Instrument | None, *, config: VenueConfig, mode: TradingMode
    ) -> Facts:
        """Ask for everything that the checks need; a question that fails leaves its fact unknown."""
        notes: list[str] = []
        ticker = held = quality = leverage = position_ts_ms = None
        if instrument is not None:
            symbol = instrument.symbol
            ticker = _told("ticker", lambda: self._main.get_ticker(symbol), notes)
        reference = None if ticker is None or instrument is None else _reference(ticker, instrument, notes)
        if instrument is not None:
            position_ts_ms = self._clock_ms()
            held, quality = self._position(self._clients, instrument, intent.td_mode, reference, notes.append)
            leverage = self._leverage(instrument, intent.td_mode, notes)
        venue_ms = _told("venue time", self._main.get_server_time, notes)
        now_ms = self._clock_ms()
        won = None
        if self._result is not None and venue_ms is not None:
            won = self._result.told(venue_ms, now_ms, notes.append)
        inputs = RiskInputs(
            now_ms=now_ms,
            venue=intent.venue,
            venue_config=config,
            mode=mode,
            instrument=instrument,
            venue_time_ms=venue_ms,
            reference_price=reference,
            reference_ts_ms=None if ticker is None else ticker.ts_venue_ms,
            long_base=None if held is None else held.long_base,
            short_base=None if held is None else held.short_base,
            position_ts_ms=position_ts_ms,
            positions_quality=quality,
            leverage_in_force=leverage,
            # Equity holds what is realised and what is not; the limit is held against their sum.
            realised_pnl_usd=won,
            unrealised_pnl_usd=None if won is None else _ZERO,
            own_ip=self._own_ip,
        )
        return Facts(inputs, tuple(notes))

    def _leverage(self, instrument: Instrument, td_mode: TdMode, notes: list[str]) -> Decimal | None:
        """The highest that the first client which can tell it tells; a pair in cash and an option have none."""
        if td_mode not in (TdMode.CROSS, TdMode.ISOLATED) or instrument.market_type is MarketType.OPTION:
            return None
        for client in self._clients:
            if isinstance(client, LeverageTeller):
                told = _told("leverage", lambda: client.get_leverage(instrument.symbol, td_mode), notes)  # noqa: B023
                if told is not None:
                    return told
        return None


def _told(what: str, ask: Callable[[], _Value], notes: list[str]) -> _Value | None:
    try:
        return ask()
    except SafetyError:
        raise
    except DualwitnessError as error:
        notes.append(f"{what}: {type(error).__name__}: {error}")
        return None


def _reference(ticker: Ticker, instrument: Instrument, notes: list[str]) -> Decimal | None:
    """A price that the market shows now; null for another instrument's ticker and for quotes that contradict."""
    if ticker.symbol != instrument.symbol:
        notes.append(f"ticker: the venue answered for {ticker.symbol}")
        return None
    bid, ask = ticker.bid, ticker.ask
    if bid is None or ask is None:
        return ticker.last
    if not 0 < bid <= ask:
        notes.append("ticker: the best bid is above the best ask")
        return None
    return EXACT.divide(EXACT.add(bid, ask), _TWO)
