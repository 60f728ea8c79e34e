"""Evidence of instruments: what was traded and set within limits that the list does not allow. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_orders import orders_of
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import Instrument, LeverageSetting, MarketType
from dualwitness.models.finding import Expected

__all__ = ["INSTRUMENT_CHECKS"]

_CONTRACTS = (MarketType.SWAP, MarketType.FUTURE)


def _sizes(world: World) -> Iterator[Draft]:
    """Every order of contracts was taken by the venue: no smaller than the least, and a multiple of the lot."""
    instruments = world.instruments()
    told: set[tuple[str, str]] = set()
    for fill in world.rows("get_fills"):
        instrument = instruments.get(fill.symbol)
        if instrument is None or instrument.market_type not in _CONTRACTS or not fill.contracts:
            continue
        if _is_off(fill.contracts, instrument.lot_size) and (fill.symbol, "lot_size") not in told:
            told.add((fill.symbol, "lot_size"))
            yield _size(world, instrument, "lot_size", fill.contracts)
    for _, order in orders_of(world):
        instrument = instruments.get(order.symbol)
        if instrument is None or instrument.market_type not in _CONTRACTS or not order.contracts:
            continue
        for field, limit, wrong in (
            ("lot_size", instrument.lot_size, _is_off(order.contracts, instrument.lot_size)),
            ("min_size", instrument.min_size, _is_below(order.contracts, instrument.min_size)),
        ):
            # What a position is closed to by force may be any size; what was ordered and filled in full may not.
            if wrong and limit is not None and (order.symbol, field) not in told and order.filled_contracts:
                told.add((order.symbol, field))
                yield _size(world, instrument, field, order.contracts)


def _size(world: World, instrument: Instrument, field: str, size: Decimal) -> Draft:
    return _draft(
        world,
        instrument,
        field,
        f"{size:f}",
        "size of an order or execution that the venue took (OKX trade/orders-history, trade/fills-history)",
        "what-was-taken-is-of-a-size-that-can-be",
        f"{size:f} contracts were taken, the list says {getattr(instrument, field):f}",
    )


def _is_off(size: Decimal, lot: Decimal | None) -> bool:
    return bool(lot) and size % (lot or size) != 0


def _is_below(size: Decimal, least: Decimal | None) -> bool:
    return least is not None and size < least


def _leverage(world: World) -> Iterator[Draft]:
    """The leverage that is set, and that a position has, is one that the instrument allows."""
    instruments = world.instruments()
    for symbol, setting in world.all_rows("get_leverage"):
        instrument = instruments.get(symbol or "")
        if not isinstance(setting, LeverageSetting) or instrument is None or not instrument.max_leverage:
            continue
        used = [row.leverage for row in world.rows("get_positions") if row.symbol == symbol and row.leverage]
        lowest = min([setting.leverage or Decimal(0), *used])
        if lowest > instrument.max_leverage:
            yield _draft(
                world,
                instrument,
                "max_leverage",
                f"{lowest:f}",
                "leverage in force and of the position (OKX account/leverage-info, account/positions)",
                "leverage-in-force-is-allowed",
                f"the leverage in force is {lowest:f}, the list allows {instrument.max_leverage:f}",
            )
            return


def _draft(
    world: World, instrument: Instrument, field: str, expected: str, source: str, rule: str, reason: str
) -> Draft:
    return contradiction(
        world,
        operation="get_instruments",
        field=field,
        symbol=instrument.symbol,
        row=instrument,
        row_key=f"{instrument.market_type}|{instrument.venue_instrument_id}",
        seen=claim_of(*instrument.value_or_reason(field)),
        expected=Expected(value=expected, source=source),
        rule=rule,
        reason=reason,
    )


INSTRUMENT_CHECKS = (_sizes, _leverage)
