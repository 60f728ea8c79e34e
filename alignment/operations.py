"""Operations: what the audit asks, and how to ask it of any client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dualwitness.models import Axis, Fact, LeverageSetting, MarginMode, Order, TdMode
from dualwitness.venues import VenueClient

__all__ = ["ACCOUNT", "ENVIRONMENT", "OPERATIONS", "Operation", "Question"]

BOOK_DEPTH = 20
CANDLE_LIMIT = 20
_EVERY_MODE = (MarginMode.CROSS, MarginMode.ISOLATED)


@dataclass(frozen=True, slots=True)
class Operation:
    """One question type: its axis, whether it is asked for each symbol, and the call that asks it."""

    name: str
    axis: Axis
    per_symbol: bool
    call: Callable[[VenueClient, str], tuple[Fact, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """
    One operation for one symbol (None where it concerns the whole account or venue), or one order by its id.

    ``margin_modes`` are those whose leverage is asked for; none given means both.
    """

    operation: str
    symbol: str | None
    order_id: str | None = None
    margin_modes: tuple[MarginMode, ...] = ()

    def ask(self, client: VenueClient) -> tuple[Fact, ...]:
        """Put the question; raises the client's `VenueError`."""
        if self.order_id is not None:
            return (client.get_order(self.symbol or "", self.order_id),)
        if self.operation == _LEVERAGE:
            return _leverage(client, self.symbol or "", self.margin_modes or _EVERY_MODE)
        return OPERATIONS[self.operation].call(client, self.symbol or "")


_LEVERAGE = "get_leverage"


def _leverage(client: VenueClient, symbol: str, margin_modes: tuple[MarginMode, ...]) -> tuple[Fact, ...]:
    return tuple(
        LeverageSetting(symbol=symbol, margin_mode=mode, leverage=client.get_leverage(symbol, TdMode(mode)))
        for mode in margin_modes
    )


def _finished_orders(client: VenueClient, symbol: str) -> tuple[Order, ...]:
    """All that the venue still has: seven days."""
    return client.get_order_history(symbol, since_ms=0)


_ALL = (
    Operation("get_instruments", Axis.E, False, lambda client, _: client.get_instruments()),
    Operation("get_ticker", Axis.E, True, lambda client, symbol: (client.get_ticker(symbol),)),
    Operation("get_candles", Axis.E, True, lambda client, symbol: client.get_candles(symbol, "1m", CANDLE_LIMIT)),
    Operation("get_order_book", Axis.E, True, lambda client, symbol: (client.get_order_book(symbol, BOOK_DEPTH),)),
    Operation("get_account_config", Axis.I, False, lambda client, _: (client.get_account_config(),)),
    Operation("get_account_balance", Axis.I, False, lambda client, _: client.get_account_balance()),
    Operation("get_positions", Axis.I, False, lambda client, _: client.get_positions()),
    Operation("get_fee_rates", Axis.M, True, lambda client, symbol: (client.get_fee_rates(symbol),)),
    Operation("get_open_orders", Axis.M, False, lambda client, _: client.get_open_orders()),
    Operation("get_fills", Axis.M, False, lambda client, _: client.get_fills()),
    Operation("get_order_history", Axis.M, True, _finished_orders),
    Operation(_LEVERAGE, Axis.I, True, lambda client, symbol: _leverage(client, symbol, _EVERY_MODE)),
    Operation("get_bills", Axis.I, False, lambda client, _: client.get_bills()),
)
OPERATIONS = {operation.name: operation for operation in _ALL}
ENVIRONMENT = tuple(operation.name for operation in _ALL if operation.axis is Axis.E)
ACCOUNT = tuple(operation.name for operation in _ALL if operation.axis is not Axis.E)
