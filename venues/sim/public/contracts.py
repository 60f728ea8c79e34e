"""Contracts beside their prices: open interest, settlement, delivery, exercise, summaries of options."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from dualwitness.venues.sim import candles, parameters, rows_market
from dualwitness.venues.sim.draws import signed
from dualwitness.venues.sim.kinds import Params, SimInstrument
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.numbers import round_to, text
from dualwitness.venues.sim.public.catalogue import DERIVATIVES, Rows, between, catalogue_of, instrument_of, selected
from dualwitness.venues.sim.public.option_value import valued

__all__ = [
    "delivery_exercise_history",
    "estimated_price",
    "estimated_settlement_info",
    "open_interest",
    "open_interest_history",
    "opt_summary",
    "settlement_history",
]

_HOUR_S = 3_600
_DAY_S = 86_400
_MINUTE_S = 60
_SETTLEMENT_S = 8 * _HOUR_S
_HISTORY_DAYS = 91
_FRIDAY = 4
_HISTORY_BARS = ("5m", "15m", "30m", "1H", "2H", "4H", "6H", "12H", "1D", "1W", "1M")


def open_interest(market: Market, params: Params) -> Rows:
    """``public/open-interest``: options need their underlying, their family or an instId."""
    inst_type = parameters.choice(params, "instType", DERIVATIVES)
    if inst_type == "OPTION" and not params.get("instId"):
        parameters.either(params, "uly", "instFamily")
    return [rows_market.open_interest_row(market, instrument) for instrument in selected(market, inst_type, params)]


def open_interest_history(market: Market, params: Params) -> Rows:
    """``rubik/stat/contracts/open-interest-history``: ts, contracts, coin, dollars; newest first."""
    instrument = instrument_of(market, params)
    if instrument.inst_type not in DERIVATIVES:
        raise parameters.wrong("instId")
    name = parameters.optional_choice(params, "period", tuple(candles.BARS), default="5m")
    if name.removesuffix("utc") not in _HISTORY_BARS:
        raise parameters.wrong("period")
    most = parameters.limit(params, default=100, most=100)
    begin, end = parameters.moment_ms(params, "begin"), parameters.moment_ms(params, "end")
    newest_s = market.now_s if end is None else min(market.now_s, end // 1000)
    oldest_s = max(instrument.list_time_ms // 1000, 0 if begin is None else -(-begin // 1000))
    held = market.open_interest(instrument.inst_id).contracts
    rows: Rows = []
    if newest_s < oldest_s:
        return rows
    for start_s, end_s in candles.starts(candles.BARS[name], newest_s):
        if start_s < oldest_s or len(rows) == most:
            break
        drift = 1 + signed(market.seed, f"interest-history/{instrument.inst_id}", start_s) / 100
        contracts = round_to(held * drift, instrument.lot_sz)
        price = market.candle(instrument.inst_id, start_s, end_s).open
        coin = contracts * instrument.contract_size
        # Inverse contracts count dollars; an option's contract is coin, whatever its premium.
        if instrument.inverse:
            coin = (coin / price).quantize(Decimal("1e-8"))
        index = price if instrument.inst_type != "OPTION" else market.index(instrument.inst_id)
        dollars = (coin * index * market.usd(instrument.quote_ccy)).quantize(Decimal("1e-8"))
        rows.append([str(start_s * 1000), text(contracts), text(coin), text(dollars)])
    return rows


def estimated_price(market: Market, params: Params) -> Rows:
    """``public/estimated-price``: known within the hour before delivery or exercise, empty earlier."""
    instrument = instrument_of(market, params)
    if instrument.inst_type not in ("FUTURES", "OPTION"):
        raise parameters.wrong("instId")
    left_ms = (instrument.exp_time_ms or 0) - market.clock.now_ms()
    if not 0 <= left_ms <= _HOUR_S * 1000:
        return []
    return [
        {
            "instId": instrument.inst_id,
            "instType": instrument.inst_type,
            "settlePx": text(market.index(instrument.inst_id)),
            "ts": str(market.now_s * 1000),
        }
    ]


def estimated_settlement_info(market: Market, params: Params) -> Rows:
    """``public/estimated-settlement-info``: futures settle every day at 08:00 UTC."""
    instrument = instrument_of(market, params)
    if instrument.inst_type != "FUTURES":
        raise parameters.wrong("instId")
    next_s = market.now_s - (market.now_s - _SETTLEMENT_S) % _DAY_S + _DAY_S
    return [
        {
            "estSettlePx": text(market.mark(instrument.inst_id)),
            "instId": instrument.inst_id,
            "nextSettleTime": str(next_s * 1000),
            "ts": str(market.now_s * 1000),
        }
    ]


def _settlements(market: Market, params: Params) -> Iterator[int]:
    """The moments of daily settlement in the last three months that the cursors leave, newest first."""
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    newest_s = market.now_s - (market.now_s - _SETTLEMENT_S) % _DAY_S
    for day in range(_HISTORY_DAYS):
        at_s = newest_s - day * _DAY_S
        if between(at_s * 1000, after, before):
            yield at_s


def settlement_history(market: Market, params: Params) -> Rows:
    """``public/settlement-history``: the mark price at which a family's futures were settled, day by day."""
    family = parameters.required(params, "instFamily")
    most = parameters.limit(params, default=100, most=100)
    listed = [future for future in catalogue_of(market).by_type.get("FUTURES", ()) if future.inst_family == family]
    if not listed:
        raise parameters.wrong("instFamily")
    rows: Rows = []
    for at_s in _settlements(market, params):
        if len(rows) == most:
            break
        details = [
            {
                "instId": future.inst_id,
                "settlePx": text(market.mark_candle(future.inst_id, at_s - _MINUTE_S, at_s).close),
            }
            for future in listed
            if future.list_time_ms <= (at_s - _MINUTE_S) * 1000
        ]
        if details:
            rows.append({"details": details, "ts": str(at_s * 1000)})
    return rows


def delivery_exercise_history(market: Market, params: Params) -> Rows:
    """
    ``public/delivery-exercise-history``: what expired on the Fridays of the last three months.

    The expired contracts are those that a weekly series would have had, with the strikes that are listed today; their
    price is the index at 08:00 UTC.
    """
    inst_type = parameters.choice(params, "instType", ("FUTURES", "OPTION"))
    parameters.either(params, "uly", "instFamily")
    most = parameters.limit(params, default=100, most=100)
    family = params.get("instFamily") or params["uly"]
    listed = [
        item for item in catalogue_of(market).by_type.get(inst_type, ()) if family in (item.inst_family, item.uly)
    ]
    if not listed:
        raise parameters.wrong("instFamily" if params.get("instFamily") else "uly")
    rows: Rows = []
    for at_s in _settlements(market, params):
        day = datetime.fromtimestamp(at_s, UTC)
        if day.weekday() == _FRIDAY and len(rows) < most:
            price = market.index_candle(listed[0].inst_id, at_s - _MINUTE_S, at_s).close
            rows.append({"details": _expired(listed, f"{day:%y%m%d}", price), "ts": str(at_s * 1000)})
    return rows


def _expired(listed: list[SimInstrument], date: str, price: Decimal) -> list[dict[str, str]]:
    """The rows of one delivery: one future, or each strike, exercised where it is worth something."""
    first = listed[0]
    if first.strike is None:
        return [{"insId": f"{first.inst_family}-{date}", "px": text(price), "type": "delivery"}]
    terms = sorted({(option.strike, option.opt_type) for option in listed if option.strike is not None})
    return [
        {
            "insId": f"{first.inst_family}-{date}-{text(strike)}-{right}",
            "px": text(price),
            "type": "exercised" if (price > strike) == (right == "C") and price != strike else "expired_otm",
        }
        for strike, right in terms
    ]


def opt_summary(market: Market, params: Params) -> Rows:
    """``public/opt-summary``: volatilities and greeks of a family's options; ``expTime`` as yymmdd narrows it."""
    parameters.either(params, "uly", "instFamily")
    date = params.get("expTime", "")
    if date and not (date.isascii() and date.isdigit() and len(date) == 6):
        raise parameters.wrong("expTime")
    chosen = [
        option for option in selected(market, "OPTION", params) if not date or option.inst_id.split("-")[2] == date
    ]
    return [_summary_row(market, option) for option in chosen]


def _summary_row(market: Market, instrument: SimInstrument) -> dict[str, object]:
    option = valued(market, instrument)
    greeks = option.greeks
    bid, ask = market.bids(instrument.inst_id, 1), market.asks(instrument.inst_id, 1)
    volatility = text(option.mark_volatility)
    return {
        "askVol": text(option.volatility_of(ask[0].px)) if ask else "",
        "bidVol": text(option.volatility_of(bid[0].px)) if bid else "",
        "delta": text(greeks.delta_pa),
        "deltaBS": text(greeks.delta_bs),
        "fwdPx": text(option.forward),
        "gamma": text(greeks.gamma_pa),
        "gammaBS": text(greeks.gamma_bs),
        "instId": instrument.inst_id,
        "instType": "OPTION",
        "lever": text((1 / option.mark).quantize(Decimal("0.0001"))) if option.mark else "",
        "markVol": volatility,
        "realVol": "0",
        "theta": text(greeks.theta_pa),
        "thetaBS": text(greeks.theta_bs),
        "ts": str(market.now_s * 1000),
        "uly": instrument.uly,
        "vega": text(greeks.vega_pa),
        "vegaBS": text(greeks.vega_bs),
        "volLv": volatility,
    }
