"""Prices as they stand: tickers, mark and index prices, limits, what an index is made of, turnover of the platform."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim import parameters, rows_market
from dualwitness.venues.sim.draws import signed
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.numbers import text
from dualwitness.venues.sim.public.catalogue import (
    DERIVATIVES,
    Rows,
    catalogue_of,
    instrument_of,
    selected,
    unknown,
)

__all__ = [
    "block_ticker",
    "block_tickers",
    "exchange_rate",
    "index_components",
    "index_tickers",
    "mark_price",
    "platform_24_volume",
    "price_limit",
    "ticker",
    "tickers",
]

# OKX publishes the average of the last two weeks, which moves by little; here it stands still.
_YUAN_A_DOLLAR = Decimal("7.162")

# Exchanges in an index and how far each price lies from it, in millionths: the weighted average is the index.
_COMPONENTS = (("OKX", 30), ("Kraken", -30), ("Coinbase", 55), ("Bitstamp", -55))
_COMPONENT_WEIGHT = "0.250"


def ticker(market: Market, params: Params) -> Rows:
    """``market/ticker``."""
    instrument = instrument_of(market, params)
    return [rows_market.ticker_row(instrument, catalogue_of(market).ticker(market, instrument.inst_id))]


def tickers(market: Market, params: Params) -> Rows:
    """``market/tickers``: every instrument of a type, MARGIN excepted."""
    inst_type = parameters.choice(params, "instType", ("SPOT", *DERIVATIVES))
    catalogue = catalogue_of(market)
    found = selected(market, inst_type, params)
    return [rows_market.ticker_row(instrument, catalogue.ticker(market, instrument.inst_id)) for instrument in found]


def block_ticker(market: Market, params: Params) -> Rows:
    """``market/block-ticker``: nobody trades blocks here, so both volumes are zero."""
    instrument = instrument_of(market, params)
    return [rows_market.block_ticker_row(instrument, market.now_s)]


def block_tickers(market: Market, params: Params) -> Rows:
    """``market/block-tickers``, by type."""
    inst_type = parameters.choice(params, "instType", ("SPOT", *DERIVATIVES))
    return [
        rows_market.block_ticker_row(instrument, market.now_s) for instrument in selected(market, inst_type, params)
    ]


def mark_price(market: Market, params: Params) -> Rows:
    """``public/mark-price``."""
    inst_type = parameters.choice(params, "instType", ("MARGIN", *DERIVATIVES))
    return [
        {
            "instId": instrument.inst_id,
            "instType": inst_type,
            "markPx": text(market.mark(instrument.inst_id)),
            "ts": str(market.now_s * 1000),
        }
        for instrument in selected(market, inst_type, params)
    ]


def price_limit(market: Market, params: Params) -> Rows:
    """``public/price-limit``; ``enabled`` is a real boolean."""
    instrument = instrument_of(market, params)
    highest_buy, lowest_sell = market.price_band(instrument.inst_id)
    return [
        {
            "buyLmt": text(highest_buy),
            "enabled": True,
            "instId": instrument.inst_id,
            "instType": instrument.inst_type,
            "sellLmt": text(lowest_sell),
            "ts": str(market.now_s * 1000),
        }
    ]


def index_tickers(market: Market, params: Params) -> Rows:
    """``market/index-tickers``: one index, or all of a quote currency."""
    quote, name = parameters.either(params, "quoteCcy", "instId")
    catalogue = catalogue_of(market)
    found = {
        index: instrument
        for index, instrument in catalogue.indices.items()
        if name in ("", index) and quote in ("", instrument.quote_ccy)
    }
    if not found:
        raise unknown()
    return [rows_market.index_row(index, market, instrument.inst_id) for index, instrument in found.items()]


def index_components(market: Market, params: Params) -> dict[str, object]:
    """``market/index-components``: the one public answer whose ``data`` is an object, not a list (recorded)."""
    name = parameters.required(params, "index")
    instrument = catalogue_of(market).indices.get(name)
    if instrument is None:
        raise unknown()
    index = market.index(instrument.inst_id)
    scale = 1 + abs(signed(market.seed, f"components/{name}", market.now_s))
    step = Decimal(1).scaleb(int(index.as_tuple().exponent))
    components: list[object] = []
    for exchange, millionths in _COMPONENTS:
        price = text(index + (index * millionths * scale / 1_000_000).quantize(step))
        symbol = name.replace("-", "/")
        components.append(
            {"cnvPx": price, "exch": exchange, "symPx": price, "symbol": symbol, "wgt": _COMPONENT_WEIGHT}
        )
    return {"components": components, "index": name, "last": text(index), "ts": str(market.now_s * 1000)}


def exchange_rate(_market: Market, _params: Params) -> Rows:
    """``market/exchange-rate``: yuan a dollar."""
    return [{"usdCny": text(_YUAN_A_DOLLAR)}]


def platform_24_volume(market: Market, _params: Params) -> Rows:
    """``market/platform-24-volume``: the turnover of all tickers, in dollars and in yuan."""
    catalogue = catalogue_of(market)
    turnover = Decimal(0)
    for inst_type in ("SPOT", *DERIVATIVES):
        for instrument in catalogue.by_type.get(inst_type, ()):
            volume = catalogue.ticker(market, instrument.inst_id).volume
            turnover += volume.quote * market.usd(instrument.quote_ccy)
    whole = turnover.to_integral_value()
    return [{"volCny": text((whole * _YUAN_A_DOLLAR).to_integral_value()), "volUsd": text(whole)}]
