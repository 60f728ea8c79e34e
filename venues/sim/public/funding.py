"""Funding: the running rate, settled ones, and the premium it is made of."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim import parameters, rows_market
from dualwitness.venues.sim.kinds import Params, SimInstrument
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.public.catalogue import Rows, between, catalogue_of, instrument_of

__all__ = ["funding_rate", "funding_rate_history", "premium_history"]

# Three months of three periods a day.
_PERIODS = 270
_MINUTE_S = 60
_PREMIUM_MOST = 100
_PREMIUM_DIGITS = Decimal("1e-16")
# The premium is published for half a year.
_PREMIUM_SPAN_S = 182 * 86_400


def funding_rate(market: Market, params: Params) -> Rows:
    """``public/funding-rate``: of one swap, or of all with ``ANY``."""
    if params.get("instId") == "ANY":
        swaps = catalogue_of(market).by_type.get("SWAP", ())
        return [rows_market.funding_row(market, swap.inst_id) for swap in swaps]
    return [rows_market.funding_row(market, _swap(market, params).inst_id)]


def _swap(market: Market, params: Params) -> SimInstrument:
    instrument = instrument_of(market, params)
    if instrument.inst_type != "SWAP":
        raise parameters.wrong("instId")
    return instrument


def funding_rate_history(market: Market, params: Params) -> Rows:
    """``public/funding-rate-history``: three months, newest first; a dated future never had any."""
    instrument = instrument_of(market, params)
    most = parameters.limit(params, default=400, most=400)
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    if instrument.inst_type == "FUTURES":
        return []
    if instrument.inst_type != "SWAP":
        raise parameters.wrong("instId")
    periods = (market.funding(instrument.inst_id, ago) for ago in range(1, _PERIODS + 1))
    found = [period for period in periods if between(period.time_ms, after, before)]
    return [rows_market.funding_history_row(instrument.inst_id, period) for period in found[:most]]


def premium_history(market: Market, params: Params) -> Rows:
    """``public/premium-history``: how far the contract stood from its index at the end of each minute."""
    instrument = _swap(market, params)
    most = parameters.limit(params, default=_PREMIUM_MOST, most=_PREMIUM_MOST)
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    newest_s = market.now_s // _MINUTE_S * _MINUTE_S
    if after is not None:
        newest_s = min(newest_s, (after - 1) // 1000 // _MINUTE_S * _MINUTE_S)
    oldest_s = max(instrument.list_time_ms // 1000 + _MINUTE_S, market.now_s - _PREMIUM_SPAN_S)
    rows: Rows = []
    for at_s in range(newest_s, oldest_s, -_MINUTE_S):
        if len(rows) == most or not between(at_s * 1000, after, before):
            break
        rows.append(_premium_row(market, instrument, at_s))
    return rows


def _premium_row(market: Market, instrument: SimInstrument, at_s: int) -> dict[str, object]:
    price = market.candle(instrument.inst_id, at_s - _MINUTE_S, at_s).close
    index = market.index_candle(instrument.inst_id, at_s - _MINUTE_S, at_s).close
    premium = ((price - index) / index).quantize(_PREMIUM_DIGITS)
    return {"instId": instrument.inst_id, "premium": format(premium, "f"), "ts": str(at_s * 1000)}
