"""Short ways to write fills and instruments for the fold of fills."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import Fill, Instrument, Liquidity, MarketType, NullReason, OrderSide, PositionSide

__all__ = ["INSTRUMENTS", "INVERSE", "LINEAR", "OPTION", "PAIR", "make_fill"]

LINEAR = "BTC/USDT:USDT"
INVERSE = "BTC/USD:BTC"
OPTION = "BTC/USD:BTC-260925-60000-C"
PAIR = "BTC/USDT"


def _contract(symbol: str, market_type: MarketType, size: str, *, inverse: bool) -> Instrument:
    return Instrument(
        symbol=symbol,
        venue_instrument_id=symbol,
        market_type=market_type,
        base="BTC",
        quote="USD" if inverse else "USDT",
        settle="BTC" if inverse else "USDT",
        linear=not inverse,
        inverse=inverse,
        contract_size=Decimal(size),
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.01"),
        min_size=Decimal("0.01"),
        state=None,
        reasons={"state": NullReason.NOT_ASKED},
    )


INSTRUMENTS = {
    LINEAR: _contract(LINEAR, MarketType.SWAP, "0.01", inverse=False),
    INVERSE: _contract(INVERSE, MarketType.SWAP, "100", inverse=True),
    OPTION: _contract(OPTION, MarketType.OPTION, "0.01", inverse=True),
    PAIR: Instrument(
        symbol=PAIR,
        venue_instrument_id=PAIR,
        market_type=MarketType.SPOT,
        base="BTC",
        quote="USDT",
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.00000001"),
        min_size=Decimal("0.00001"),
        state=None,
        reasons={"state": NullReason.NOT_ASKED},
    ),
}


def make_fill(
    trade_id: str | None,
    side: str | None,
    contracts: str | None,
    price: str | None,
    *,
    symbol: str = LINEAR,
    position_side: str | None = "net",
    market_type: MarketType | None = MarketType.SWAP,
    fee: str | None = "0",
    fee_currency: str | None = "USDT",
    ts_ms: int | None = 1_700_000_000_000,
    bill_id: str | None = None,
) -> Fill:
    """One fill; whatever is None is missing with reason ``blank``."""
    parts = {
        "trade_id": trade_id,
        "bill_id": bill_id,
        "venue_order_id": "1",
        "client_order_id": "a",
        "market_type": market_type,
        "side": None if side is None else OrderSide(side),
        "position_side": None if position_side is None else PositionSide(position_side),
        "price": None if price is None else Decimal(price),
        "contracts": None if contracts is None else Decimal(contracts),
        "base_quantity": None,
        "fee": None if fee is None else Decimal(fee),
        "fee_currency": fee_currency,
        "liquidity": Liquidity.TAKER,
        "ts_venue_ms": ts_ms,
    }
    reasons = {name: NullReason.BLANK for name, value in parts.items() if value is None}
    return Fill.model_validate({"symbol": symbol, "reasons": reasons, **parts})
