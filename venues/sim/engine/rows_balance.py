"""How OKX spells the trading balance, bills and the funding balance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money, plain, ratio
from dualwitness.venues.sim.engine.balances import CurrencyState, account_state, currency_state, leg_needs
from dualwitness.venues.sim.engine.bill import FUNDING_TYPE, TRADE_TYPE, Bill
from dualwitness.venues.sim.engine.borrowing import borrow_quota

__all__ = ["balance_row", "bill_row", "lends_spot"]

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
    wanted = set(currencies)
    row: Row = dict.fromkeys(_ACCOUNT_BLANKS, "")
    row |= {
        "details": [_detail(account, state) for state in states if state.ccy in wanted],
        "totalEq": _in_dollars(account, states, "equity"),
        "uTime": str(now_ms),
    }
    if account.account_level != "1":
        row["isoEq"] = _in_dollars(account, states, "isolated_equity")
    if account.account_level in ("3", "4") or lends_spot(account):
        row |= _pooled(account, states)
    if account.account_level in ("3", "4"):
        row |= _by_type(account)
    return dict(sorted(row.items()))


def lends_spot(account: Account) -> bool:
    """Whether it is in spot mode with borrowing, which fills the fields of what is borrowed."""
    return account.account_level == "1" and account.settings.spot_borrow


def _in_dollars(account: Account, states: Sequence[CurrencyState], pick: str) -> str:
    parts = (getattr(state, pick) * account.market.usd(state.ccy) for state in states)
    return plain(money(sum(parts, ZERO)))


def _pooled(account: Account, states: Sequence[CurrencyState]) -> Row:
    """What all currencies stand for together, in dollars."""
    whole = account_state(account)
    notional = sum(((state.cross_value + state.liability) * account.market.usd(state.ccy) for state in states), ZERO)
    return {
        "adjEq": plain(money(whole.adjusted)),
        "availEq": plain(money(whole.available)) if account.account_level != "1" else "",
        "borrowFroz": _in_dollars(account, states, "loan_margin"),
        "imr": plain(money(whole.initial)),
        "mgnRatio": plain(ratio(whole.adjusted / whole.maintenance)) if whole.maintenance else "",
        "mmr": plain(money(whole.maintenance)),
        "notionalUsd": plain(money(notional)),
        "notionalUsdForBorrow": plain(money(whole.liability)),
        "ordFroz": plain(money(whole.order_frozen)),
        "upl": _in_dollars(account, states, "upl") if account.account_level != "1" else "",
    }


def _by_type(account: Account) -> Row:
    """The dollar value of cross positions by type of contract."""
    values = {"FUTURES": ZERO, "OPTION": ZERO, "SWAP": ZERO}
    for leg in account.open_legs():
        if not leg.isolated:
            worth = leg_needs(account, leg, account.market.mark(leg.instrument.inst_id)).worth
            values[leg.instrument.inst_type] += worth * account.market.usd(leg.ccy)
    return {
        "notionalUsdForFutures": plain(money(values["FUTURES"])),
        "notionalUsdForOption": plain(money(values["OPTION"])),
        "notionalUsdForSwap": plain(money(values["SWAP"])),
    }


def _detail(account: Account, state: CurrencyState) -> Row:
    level, dollar = account.account_level, account.market.usd(state.ccy)
    pooled = level in ("3", "4")
    row: Row = {**dict.fromkeys(_DETAIL_BLANKS, ""), **dict.fromkeys(_DETAIL_ZEROS, "0")}
    row |= {
        "availBal": plain(state.available),
        "cashBal": plain(state.cash),
        "ccy": state.ccy,
        "collateralEnabled": pooled and state.ccy not in account.settings.no_collateral,
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
    if pooled or lends_spot(account):
        row |= _loans(account, state, dollar)
    if level == "2" and state.has_cross:
        needed = state.maintenance + state.closing_fees
        row |= {
            "imr": plain(state.initial_margin),
            "mgnRatio": plain(ratio((state.cash + state.upl) / needed)) if needed else "",
            "mmr": plain(money(state.maintenance)),
            "notionalLever": plain(ratio(state.cross_value / state.equity)) if state.equity > 0 else "",
        }
    return dict(sorted(row.items()))


def _loans(account: Account, state: CurrencyState, dollar: Decimal) -> Row:
    """What is owed of one currency, positive here (okx-v5-facts section 10); interest is taken as it accrues."""
    counted = state.equity < 0 or state.ccy not in account.settings.no_collateral
    room = borrow_quota(account, state.ccy) - state.liability
    usable = account_state(account).available * account.loans.leverage(state.ccy) / dollar
    return {
        "borrowFroz": plain(state.loan_margin),
        "crossLiab": plain(state.liability),
        "disEq": plain(money(state.equity * dollar if counted else ZERO)),
        "interest": "0",
        "isoLiab": "0",
        "liab": plain(state.liability),
        "maxLoan": plain(money(max(min(room, usable), ZERO))),
        "twap": "0",
        "uplLiab": "0",
    }


def bill_row(bill: Bill) -> Row:
    """One bill (recorded rows of account/bills: balances carry 16 decimals)."""
    fill, trade = bill.fill, bill.bill_type in (TRADE_TYPE, FUNDING_TYPE) or bill.fill is not None
    blank_or_zero = "0" if trade else ""
    return {
        "bal": f"{bill.balance:.16f}",
        "balChg": f"{bill.change:.16f}",
        "billId": bill.bill_id,
        "ccy": bill.ccy,
        "clOrdId": "" if fill is None else fill.cl_ord_id,
        "execType": "" if fill is None or fill.forced else ("M" if fill.maker else "T"),
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
        "interest": plain(bill.interest),
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
