"""What a simulated fill costs, and in which currency (okx-v5-facts section 8)."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dualwitness.models import FeeType, Instrument, Liquidity, MarketType, OrderSide
from dualwitness.venues.paper.amounts import product, quotient
from dualwitness.venues.paper.order import PaperRequest
from dualwitness.venues.paper.settings import FeeSchedule

__all__ = ["ChargedFee", "charged_fee", "fee_currency", "value_of"]

_PAIRS = (MarketType.SPOT, MarketType.MARGIN)


class ChargedFee(NamedTuple):
    """A signed cost: positive is paid."""

    fee: Decimal
    currency: str


def fee_currency(request: PaperRequest, fee_type: FeeType) -> str:
    """
    A pair's buy pays in base and its sale in quote; derivatives pay in their settle currency.

    Fees always in quote are a setting of spot alone (OKX ``account/set-fee-type``).
    """
    instrument = request.instrument
    if request.market_type not in _PAIRS:
        return instrument.settle or ""
    in_quote = request.market_type is MarketType.SPOT and fee_type is FeeType.QUOTE_CURRENCY
    return (instrument.base if request.side is OrderSide.BUY and not in_quote else instrument.quote) or ""


def charged_fee(
    request: PaperRequest,
    price: Decimal,
    contracts: Decimal,
    *,
    liquidity: Liquidity,
    schedule: FeeSchedule,
    fee_type: FeeType,
) -> ChargedFee:
    """The fee of one fill: the rate of its liquidity on its value in the currency that is charged."""
    currency = fee_currency(request, fee_type)
    rate = schedule.maker if liquidity is Liquidity.MAKER else schedule.taker
    if request.market_type in _PAIRS and currency == request.instrument.base:
        return ChargedFee(product(rate, contracts), currency)
    return ChargedFee(product(rate, value_of(request.instrument, price, contracts)), currency)


def value_of(instrument: Instrument, price: Decimal, contracts: Decimal) -> Decimal:
    """What contracts are worth at a price, in quote currency on pairs and in settle currency otherwise; unsigned."""
    if instrument.market_type in _PAIRS:
        return product(contracts.copy_abs(), price)
    size = product(contracts.copy_abs(), instrument.contract_size or Decimal(0))
    return quotient(size, price) if instrument.inverse else product(size, price)
