"""
nautilus_trader's position as a contender: one event is built and applied for each fill.

It is no dependency of ours and stands beside the others only where it is installed. Its quantities and prices are those
of one perpetual, so every instrument's fills go to a position of their own on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from dualwitness.models import FillLine, OrderSide

__all__ = ["NautilusPositions", "nautilus_is_installed"]

_NS_PER_MS = 1_000_000


def nautilus_is_installed() -> bool:
    """Whether it can be imported; nothing of it is."""
    return find_spec("nautilus_trader") is not None


class NautilusPositions:
    """Its classes and a perpetual of its own test kit, looked up once."""

    def __init__(self) -> None:
        enums = import_module("nautilus_trader.model.enums")
        identifiers = import_module("nautilus_trader.model.identifiers")
        self._names: Any = identifiers
        self._enums: Any = enums
        self._event: Any = import_module("nautilus_trader.model.events").OrderFilled
        self._position: Any = import_module("nautilus_trader.model.position").Position
        self._money: Any = import_module("nautilus_trader.model.objects").Money
        self._uuid: Any = import_module("nautilus_trader.core.uuid").UUID4
        provider: Any = import_module("nautilus_trader.test_kit.providers").TestInstrumentProvider
        self._instrument: Any = provider.btcusdt_perp_binance()
        self._who = {
            "trader_id": identifiers.TraderId("BENCH-001"),
            "strategy_id": identifiers.StrategyId("S-001"),
            "account_id": identifiers.AccountId("BINANCE-001"),
            "position_id": identifiers.PositionId("P-001"),
            "instrument_id": self._instrument.id,
            "currency": self._instrument.quote_currency,
            "order_type": enums.OrderType.MARKET,
            "liquidity_side": enums.LiquiditySide.TAKER,
        }

    def build_and_apply(self, lines: Sequence[FillLine]) -> dict[str, Any]:
        """A position for each symbol, from all of its fills."""
        positions: dict[str, Any] = {}
        for line in lines:
            fill = self._fill(line)
            position = positions.get(line.symbol)
            if position is None:
                positions[line.symbol] = self._position(instrument=self._instrument, fill=fill)
            else:
                position.apply(fill)
        return positions

    def _fill(self, line: FillLine) -> Any:
        instrument, names, side = self._instrument, self._names, self._enums.OrderSide
        moment_ns = (line.ts_venue_ms or 0) * _NS_PER_MS
        return self._event(
            **self._who,
            client_order_id=names.ClientOrderId(line.venue_order_id),
            venue_order_id=names.VenueOrderId(line.venue_order_id),
            trade_id=names.TradeId(line.trade_id),
            order_side=side.BUY if line.side is OrderSide.BUY else side.SELL,
            last_qty=instrument.make_qty(line.contracts),
            last_px=instrument.make_price(line.price),
            commission=self._money(line.fee, instrument.quote_currency),
            event_id=self._uuid(),
            ts_event=moment_ns,
            ts_init=moment_ns,
        )
