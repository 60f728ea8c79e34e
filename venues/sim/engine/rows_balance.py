"""How OKX spells the trading balance, bills and the funding balance."""

from __future__ import annotations

from collections.abc import Iterable

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money, plain, ratio
from dualwitness.venues.sim.engine.balances import CurrencyState, currency_state
from dualwitness.venues.sim.engine.bill import TRADE_TYPE, Bill

__all__ = ["balance_row", "bill_row", "max_avail_row"]

Row = dict[str, object]

_ACCOUNT_BLANKS = (
    *("adjEq", "availEq", "borrowFroz", "delta", "deltaLever", "deltaNeutralStatus", "imr", "isoEq", "mgnRatio"),
    *("mmr", "notionalUsd", "notionalUsdForBorrow", "notionalUsdForFutures", "notionalUsdForOption"),
    *("notionalUsdForSwap", "ordFroz", "upl"),
)
_DETAIL_BLANKS = (
    *("accAvgPx", "availEq", "borrowFroz", "clSpotInUseAmt", "crossLiab", "disEq", "imr", "interest", "isoEq"),
    *("isoLiab", "isoUpl", "liab", "maxLoan", "maxSpotInUse", "mgnRatio", "mmr", "notionalLever", "openAvgPx"),
    *("spotInUseAmt", "spotUpl", "spotUplRatio", "totalPnl", "totalPnlRatio", "twap", "upl", "uplLiab"),
)
# What only multi-currency and portfolio margin know; nothing is borrowed here, so all zero.
_LEVEL_3_DETAIL_ZEROS = ("borrowFroz", "crossLiab", "interest", "isoLiab", "liab", "maxLoan", "twap", "uplLiab")
_DETAIL_ZEROS = (
    *("colBorrAutoConversion", "fixedBal", "rewardBal", "smtSyncEq", "spotCopyTradingEq", "spotIsoBal", "stgyEq"),
)


@exact
def balance_row(account: Account, currencies: Iterable[str], now_ms: int) -> Row:
    """
    The one row of account/balance; ``currencies`` are those listed in ``details``, the totals cover all.

    Which fields are filled depends on the account level (okx-v5-facts section 10); the others are blank.
    """
    states = [currency_state(account, ccy) for ccy in sorted(account.cash)]
    dollars = {state.ccy: account.market.usd(state.ccy) for state in states}

    def in_dollars(pick: str) -> str:
        return plain(money(sum((getattr(state, pick) * dollars[state.ccy] for state in states), ZERO)))

    wanted = set(currencies)
    row: Row = dict.fromkeys(_ACCOUNT_BLANKS, "")
    row |= {
        "details": [_detail(account, state) for state in states if state.ccy in wanted],
        "totalEq": in_dollars("equity"),
        "uTime": str(now_ms),
    }
    if account.account_level != "1":
        row["isoEq"] = in_dollars("isolated_equity")
    if account.account_level in ("3", "4"):
        maintenance = sum((state.maintenance * dollars[state.ccy] for state in states), ZERO)
        equity = sum((state.equity * dollars[state.ccy] for state in states), ZERO)
        row |= {
            "adjEq": in_dollars("equity"),
            "availEq": in_dollars("available"),
            "borrowFroz": "0",
            "imr": in_dollars("initial_margin"),
            "mgnRatio": plain(ratio(equity / maintenance)) if maintenance else "",
            "mmr": in_dollars("maintenance"),
            "notionalUsd": in_dollars("cross_value"),
            "notionalUsdForBorrow": "0",
            "ordFroz": in_dollars("order_frozen"),
            "upl": in_dollars("upl"),
        }
    return dict(sorted(row.items()))


def _detail(account: Account, state: CurrencyState) -> Row:
    level, dollar = account.account_level, account.market.usd(state.ccy)
    row: Row = {**dict.fromkeys(_DETAIL_BLANKS, ""), **dict.fromkeys(_DETAIL_ZEROS, "0")}
    row |= {
        "availBal": plain(state.available),
        "cashBal": plain(state.cash),
        "ccy": state.ccy,
        "collateralEnabled": False,
        "collateralRestrict": False,
        "eq": plain(state.equity),
        "eqUsd": plain(money(state.equity * dollar)),
        "frozenBal": plain(state.frozen),
        "ordFrozen": plain(state.order_frozen),
        "spotBal": plain(state.cash),
        "uTime": str(account.cash_ms.get(state.ccy, account.opened_ms)),
    }
    if level != "1":
        row |= {
            "availEq": plain(state.available),
            "isoEq": plain(state.isolated_equity),
            "isoUpl": plain(state.isolated_upl),
            "upl": plain(state.upl),
        }
    if level in ("3", "4"):
        row |= {**dict.fromkeys(_LEVEL_3_DETAIL_ZEROS, "0"), "disEq": plain(money(state.equity * dollar))}
    if level == "2" and state.has_cross:
        needed = state.maintenance + state.closing_fees
        row |= {
            "imr": plain(state.initial_margin),
            "mgnRatio": plain(ratio((state.cash + state.upl) / needed)) if needed else "",
            "mmr": plain(money(state.maintenance)),
            "notionalLever": plain(ratio(state.cross_value / state.equity)) if state.equity > 0 else "",
        }
    return dict(sorted(row.items()))


def max_avail_row(account: Account, inst_id: str, buy_ccy: str, sell_ccy: str) -> Row:
    """One row of account/max-avail-size: what of each currency an order may use."""
    return {
        "availBuy": plain(currency_state(account, buy_ccy).available),
        "availSell": plain(currency_state(account, sell_ccy).available),
        "instId": inst_id,
    }


def bill_row(bill: Bill) -> Row:
    """One bill (recorded rows of account/bills: balances carry 16 decimals)."""
    fill, trade = bill.fill, bill.bill_type == TRADE_TYPE
    blank_or_zero = "0" if trade else ""
    return {
        "bal": f"{bill.balance:.16f}",
        "balChg": f"{bill.change:.16f}",
        "billId": bill.bill_id,
        "ccy": bill.ccy,
        "clOrdId": "" if fill is None else fill.cl_ord_id,
        "execType": "" if fill is None else ("M" if fill.maker else "T"),
        "fee": plain(bill.fee) if trade else "",
        "fillFwdPx": "",
        "fillIdxPx": "" if fill is None else plain(fill.index_px),
        "fillMarkPx": "" if fill is None or fill.instrument.is_spot else plain(fill.mark_px),
        "fillMarkVol": "",
        "fillPxUsd": "",
        "fillPxVol": "",
        "fillTime": str(bill.ts_ms if fill is None else fill.fill_ms),
        "from": "6" if bill.bill_type == "1" else "",
        "instId": bill.inst_id if fill is None else fill.instrument.inst_id,
        "instType": bill.inst_type if fill is None else fill.inst_type,
        "interest": "0",
        "mgnMode": bill.mgn_mode,
        "notes": "",
        "ordId": "" if fill is None else fill.ord_id,
        "pnl": plain(bill.pnl) if trade else "",
        "posBal": plain(bill.margin) if bill.mgn_mode == "isolated" else blank_or_zero,
        "posBalChg": plain(bill.margin_change) if bill.mgn_mode == "isolated" else blank_or_zero,
        "px": "" if fill is None else plain(fill.px),
        "subType": bill.sub_type,
        "sz": plain(bill.sz),
        "tag": "" if fill is None else fill.tag,
        "to": "18" if bill.bill_type == "1" else "",
        "tradeId": "0" if fill is None else fill.trade_id,
        "ts": str(bill.ts_ms),
        "type": bill.bill_type,
    }
