"""Public trades: the newest, older ones by id or time, those of options, and blocks."""

from __future__ import annotations

from collections.abc import Iterable

from dualwitness.venues.sim import parameters, rows_market
from dualwitness.venues.sim.kinds import Params, Refusal, SimInstrument
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.numbers import text
from dualwitness.venues.sim.public.catalogue import Rows, catalogue_of, instrument_of, unknown
from dualwitness.venues.sim.public.option_value import ValuedOption, valued
from dualwitness.venues.sim.tape import Print

__all__ = ["block_trades", "family_trades", "history_trades", "option_trades", "recent_trades"]

_RECENT_MOST = 500
_HISTORY_MOST = 100
_OPTION_MOST = 100
_OPTION_EACH = 5


def recent_trades(market: Market, params: Params) -> Rows:
    """``market/trades``: the newest, 100 by default, 500 at most."""
    instrument = instrument_of(market, params)
    most = parameters.limit(params, default=100, most=_RECENT_MOST)
    return _rows(instrument, market.prints(instrument.inst_id, most))


def history_trades(market: Market, params: Params) -> Rows:
    """
    ``market/history-trades``: pages by trade id (type 1) or by time (type 2), newest first.

    Time pages backwards only: ``before`` with it is refused with 50039 (okx-v5-facts section 3).
    """
    instrument = instrument_of(market, params)
    kind = parameters.optional_choice(params, "type", ("1", "2"), default="1")
    most = parameters.limit(params, default=_HISTORY_MOST, most=_HISTORY_MOST)
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    if kind == "2":
        if before is not None:
            raise Refusal("50039", "The before parameter is not available for timestamp pagination.")
        return _rows(instrument, market.prints(instrument.inst_id, most, older_than_ms=after))
    found = market.prints(instrument.inst_id, most, older_than_id=after, newer_than_id=before)
    return _rows(instrument, found)


def _rows(instrument: SimInstrument, prints: Iterable[Print]) -> Rows:
    return [rows_market.print_row(instrument.inst_id, public_trade) for public_trade in prints]


def option_trades(market: Market, params: Params) -> Rows:
    """``public/option-trades``: the newest trades of an option or of a family, with the prices around them."""
    parameters.either(params, "instId", "instFamily")
    right = parameters.optional_choice(params, "optType", ("C", "P"))
    if params.get("instId"):
        instrument = instrument_of(market, params)
        if instrument.inst_type != "OPTION":
            raise parameters.wrong("instId")
        chosen = [instrument]
    else:
        chosen = _family(market, params)
    trades = _newest_of(market, [option for option in chosen if right in ("", option.opt_type)])
    return [_option_row(valued(market, option), public_trade) for option, public_trade in trades]


def _family(market: Market, params: Params) -> list[SimInstrument]:
    family = parameters.required(params, "instFamily")
    listed = catalogue_of(market).by_type.get("OPTION", ())
    found = [option for option in listed if option.inst_family == family]
    if not found:
        raise unknown()
    return found


def _newest_of(market: Market, options: list[SimInstrument]) -> list[tuple[SimInstrument, Print]]:
    """The newest trades of several options, newest first, ties in the order of the table."""
    each = _OPTION_MOST if len(options) == 1 else _OPTION_EACH
    trades = [(option, trade) for option in options for trade in market.prints(option.inst_id, each)]
    trades.sort(key=lambda pair: -pair[1].ts_ms)
    return trades[:_OPTION_MOST]


def _option_row(option: ValuedOption, public_trade: Print) -> dict[str, object]:
    return {
        "fillVol": text(option.volatility_of(public_trade.px)),
        "fwdPx": text(option.forward),
        "idxPx": text(option.index),
        "instFamily": option.instrument.inst_family,
        "instId": option.instrument.inst_id,
        "markPx": text(option.mark),
        "optType": option.instrument.opt_type,
        "px": text(public_trade.px),
        "side": public_trade.side,
        "sz": text(public_trade.sz),
        "tradeId": str(public_trade.trade_id),
        "ts": str(public_trade.ts_ms),
    }


def family_trades(market: Market, params: Params) -> Rows:
    """``market/option/instrument-family-trades``: calls and puts of a family apart, with their volume of the day."""
    family = _family(market, params)
    catalogue = catalogue_of(market)
    rows: Rows = []
    for right in ("C", "P"):
        options = [option for option in family if option.opt_type == right]
        volumes = [catalogue.ticker(market, option.inst_id).volume.contracts for option in options]
        trades = _newest_of(market, options)
        rows.append(
            {
                "optType": right,
                "tradeInfo": [
                    {
                        "instId": option.inst_id,
                        "px": text(public_trade.px),
                        "side": public_trade.side,
                        "sz": text(public_trade.sz),
                        "tradeId": str(public_trade.trade_id),
                        "ts": str(public_trade.ts_ms),
                    }
                    for option, public_trade in trades
                ],
                "vol24h": text(sum(volumes, start=volumes[0] * 0)) if volumes else "0",
            }
        )
    return rows


def block_trades(market: Market, params: Params) -> Rows:
    """``public/block-trades``: nobody trades blocks here."""
    instrument_of(market, params)
    return []
