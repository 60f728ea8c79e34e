"""How OKX spells positions and closed positions."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money, plain, plain_or_blank, ratio
from dualwitness.venues.sim.engine.balances import currency_state, leg_profit
from dualwitness.venues.sim.engine.fees import taker_rate
from dualwitness.venues.sim.engine.holds import pending_close_size
from dualwitness.venues.sim.engine.leg import Leg, average_price, entry_price
from dualwitness.venues.sim.engine.rows_margin import margin_fields
from dualwitness.venues.sim.engine.valuation import (
    break_even_price,
    liquidation_price,
    maintenance_margin,
    opening_margin,
    profit,
    settle_value,
)

__all__ = ["closed_position_row", "position_row"]

Row = dict[str, object]

# Keys that do not apply to a position without borrowing, greeks or bots.
_BLANKS = (
    *("baseBal", "baseBorrowed", "baseInterest", "bizRefId", "bizRefType", "clSpotInUseAmt", "deltaBS", "deltaPA"),
    *("gammaBS", "gammaPA", "hedgedPos", "interest", "liab", "liabCcy", "maxSpotInUseAmt", "nonSettleAvgPx"),
    *("pendingCloseOrdLiabVal", "posCcy", "quoteBal", "quoteBorrowed", "quoteInterest", "settledPnl"),
    *("spotInUseAmt", "spotInUseCcy", "thetaBS", "thetaPA", "vegaBS", "vegaPA"),
)


@exact
def position_row(account: Account, leg: Leg) -> Row:
    """One row of account/positions; a flat leg leaves everything that needs contracts blank."""
    instrument, market = leg.instrument, account.market
    inst_id = instrument.inst_id
    option = instrument.inst_type == "OPTION"
    row: Row = dict.fromkeys(_BLANKS, "")
    row |= {
        "adl": "1" if leg.contracts else "",
        "cTime": str(leg.created_ms),
        "ccy": leg.ccy,
        "closeOrderAlgo": [],
        "fee": plain(leg.fee),
        "fundingFee": plain(leg.funding_fee),
        "idxPx": plain(market.index(inst_id)),
        "instId": inst_id,
        "instType": instrument.inst_type,
        "last": plain(market.last(inst_id)),
        "lever": "" if option else plain(leg.lever),
        "liqPenalty": plain(leg.liq_penalty),
        "markPx": plain(market.mark(inst_id)),
        "mgnMode": _mode(leg),
        "pnl": plain(leg.pnl),
        "pos": plain(abs(leg.contracts) if leg.pos_side != "net" else leg.contracts),
        "posId": leg.pos_id,
        "posSide": leg.pos_side,
        "realizedPnl": plain(leg.realized),
        "tradeId": leg.trade_id,
        "uTime": str(leg.updated_ms),
        "usdPx": plain(market.usd(leg.ccy)),
    }
    if instrument.inst_type == "MARGIN":
        row |= margin_fields(account, leg)
    else:
        row |= {"availPos": _available(account, leg), **_valued(account, leg, market.mark(inst_id))}
    return dict(sorted(row.items()))


def _mode(leg: Leg) -> str:
    """An option that spot mode holds for cash is listed as isolated (OKX docs v5, account mode switch)."""
    return "isolated" if leg.mgn_mode == "cash" else leg.mgn_mode


def _available(account: Account, leg: Leg) -> str:
    """Blank for swaps and futures in net mode (recorded); otherwise what no pending close holds."""
    if leg.pos_side == "net" and leg.instrument.inst_type != "OPTION":
        return ""
    closing = "sell" if leg.contracts > 0 else "buy"
    pending = pending_close_size(account, leg.instrument.inst_id, leg.mgn_mode, leg.pos_side, closing)
    return plain(max(abs(leg.contracts) - pending, ZERO))


def _valued(account: Account, leg: Leg, mark: Decimal) -> Row:
    instrument, entry = leg.instrument, entry_price(leg)
    names = ("avgPx", "bePx", "imr", "liqPx", "margin", "mgnRatio", "mmr", "notionalUsd", "optVal")
    if entry is None:
        gains = dict.fromkeys(("upl", "uplLastPx", "uplRatio", "uplRatioLastPx"), "0")
        return {**dict.fromkeys(names, ""), **gains}
    taker = taker_rate(instrument.inst_type, instrument.group_id, account.settings.fee_level)
    last = account.market.last(instrument.inst_id)
    upl, upl_last = leg_profit(leg, mark), leg_profit(leg, last)
    worth = settle_value(instrument, leg.contracts, mark)
    mmr = maintenance_margin(instrument, leg.contracts, mark)
    option = instrument.inst_type == "OPTION"
    buffer, margin_ratio = _safety(account, leg, upl, mmr + worth * taker)
    stake = settle_value(instrument, leg.contracts, entry) / (1 if option else leg.lever)
    break_even = break_even_price(instrument, leg.contracts, entry, leg.realized, taker)
    liquidation = liquidation_price(instrument, leg.contracts, entry, buffer, taker)
    cross_margin = opening_margin(instrument, leg.contracts, mark, leg.lever)
    return {
        "avgPx": plain(ratio(entry)),
        "bePx": "" if break_even is None else plain(ratio(break_even)),
        "imr": "" if leg.isolated else plain(money(cross_margin)),
        "liqPx": "" if liquidation is None else plain(ratio(liquidation)),
        "margin": plain(leg.margin) if leg.isolated else "",
        "mgnRatio": plain_or_blank(margin_ratio),
        "mmr": plain(money(mmr)),
        "notionalUsd": plain(money(_notional_usd(account, leg, worth))),
        "optVal": plain(money(worth.copy_sign(leg.contracts))) if option else "",
        "upl": plain(upl),
        "uplLastPx": plain(upl_last),
        "uplRatio": plain(ratio(profit(instrument, leg.contracts, entry, mark) / stake)),
        "uplRatioLastPx": plain(ratio(profit(instrument, leg.contracts, entry, last) / stake)),
    }


def _notional_usd(account: Account, leg: Leg, worth: Decimal) -> Decimal:
    """Inverse contracts are worth their face value (recorded: "100"); options count their underlying."""
    instrument = leg.instrument
    size = abs(leg.contracts) * instrument.contract_size
    if instrument.inverse:
        return size
    if instrument.inst_type == "OPTION":
        return size * account.market.usd(instrument.settle_ccy)
    return worth * account.market.usd(instrument.settle_ccy)


def _safety(account: Account, leg: Leg, upl: Decimal, needed: Decimal) -> tuple[Decimal, Decimal | None]:
    """
    What stands behind the position before liquidation, and the margin ratio (<= 1 liquidates).

    Isolated: its own margin. Cross: what the currency has left after all other cross positions.
    """
    if leg.isolated:
        return leg.margin, ratio((leg.margin + upl) / needed) if needed else None
    state = currency_state(account, leg.instrument.settle_ccy)
    total = state.maintenance + state.closing_fees
    cross_equity = state.cash + state.upl
    return cross_equity - upl - (total - needed), ratio(cross_equity / total) if total else None


@exact
def closed_position_row(leg: Leg) -> Row:
    """One row of account/positions-history: type 2 for a finished leg, 1 for one that was closed in part."""
    instrument = leg.instrument
    opened = average_price(instrument, leg.opened_contracts, leg.opened_value)
    closed = average_price(instrument, leg.closed_contracts, leg.closed_value)
    stake = None
    if opened is not None:
        stake = settle_value(instrument, leg.closed_contracts, opened) / leg.lever
        if leg.margin_ccy == instrument.base_ccy and instrument.inst_type == "MARGIN":
            stake /= opened
    row: Row = {
        "cTime": str(leg.created_ms),
        "ccy": leg.ccy,
        "closeAvgPx": "" if closed is None else plain(ratio(closed)),
        "closeTotalPos": plain(leg.closed_contracts),
        "direction": "long" if leg.long else "short",
        "fee": plain(leg.fee),
        "fundingFee": plain(leg.funding_fee),
        "instId": instrument.inst_id,
        "instType": instrument.inst_type,
        "lever": f"{plain(leg.lever)}.0" if leg.lever == leg.lever.to_integral_value() else plain(leg.lever),
        "liqPenalty": plain(leg.liq_penalty),
        "mgnMode": _mode(leg),
        "nonSettleAvgPx": "",
        "openAvgPx": "" if opened is None else plain(ratio(opened)),
        "openMaxPos": plain(leg.max_contracts),
        "pnl": plain(leg.pnl),
        "pnlRatio": plain(ratio(leg.realized / stake)) if stake else "",
        "posId": leg.pos_id,
        "posSide": leg.pos_side,
        "realizedPnl": plain(leg.realized),
        "settledPnl": "",
        "triggerPx": plain_or_blank(leg.trigger_px),
        "type": leg.closed_by or ("1" if leg.contracts else "2"),
        "uTime": str(leg.updated_ms),
        "uly": instrument.uly,
    }
    return dict(sorted(row.items()))
