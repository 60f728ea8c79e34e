"""The account endpoints of borrowing: rates, limits, interest, and borrowing by hand in spot mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, money, plain
from dualwitness.venues.sim.engine.asked import amount, chosen, names, required, top_level
from dualwitness.venues.sim.engine.balances import account_state, currency_state
from dualwitness.venues.sim.engine.borrowing import (
    MANUAL_BORROW,
    MANUAL_REPAY,
    borrow_quota,
    borrowed_of,
    hourly_rate,
    loan_bill,
)
from dualwitness.venues.sim.engine.interest import HOUR_MS
from dualwitness.venues.sim.engine.loans import Accrual, Movement
from dualwitness.venues.sim.engine.margin_leg import debt_currency, owed
from dualwitness.venues.sim.engine.paging import page
from dualwitness.venues.sim.engine.refusals import account_mode, bad_parameter
from dualwitness.venues.sim.engine.request import text
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "MANY",
    "ONE",
    "get_interest_accrued",
    "get_interest_limits",
    "get_interest_rate",
    "get_spot_borrow_repay_history",
    "post_spot_manual_borrow_repay",
]

Row = dict[str, object]
Rows = list[Row]

_YEAR_MS = 365 * 24 * HOUR_MS
_HOURS_OF_DAY = 24


def _lent(account: Account) -> tuple[str, ...]:
    """Every currency that is lent: those of the MARGIN pairs."""
    found = {ccy for pair in account.margin_pairs.values() for ccy in (pair.base_ccy, pair.quote_ccy)}
    return tuple(sorted(found))


def _asked(account: Account, params: Params) -> tuple[str, ...]:
    asked, lent = names(params, "ccy", 20), _lent(account)
    if any(ccy not in lent for ccy in asked):
        raise bad_parameter("ccy")
    return asked or lent


def get_interest_rate(account: Account, params: Params) -> Rows:
    """GET account/interest-rate: hourly."""
    return [{"ccy": ccy, "interestRate": plain(hourly_rate(ccy))} for ccy in _asked(account, params)]


def get_interest_limits(account: Account, params: Params) -> Rows:
    """GET account/interest-limits: market loans (type 2); VIP loans (type 1) are no more."""
    chosen(params, "type", ("2",), "2")
    now_ms = account.clock.now_ms()
    next_ms = str((now_ms // HOUR_MS + 1) * HOUR_MS)
    debt = sum((_owed(account, ccy) * account.market.usd(ccy) for ccy in _lent(account)), ZERO)
    row: Row = {
        "debt": plain(money(debt)),
        "interest": "0",
        "loanAlloc": "",
        "nextDiscountTime": next_ms,
        "nextInterestTime": next_ms,
        "records": [_limit_row(account, ccy) for ccy in _asked(account, params)],
    }
    return [row]


def _limit_row(account: Account, ccy: str) -> Row:
    quota, used = borrow_quota(account, ccy), _owed(account, ccy)
    waiting = sum((leg.interest for leg in account.open_legs() if leg.debt and debt_currency(leg) == ccy), ZERO)
    return {
        "availLoan": "",
        "avgRate": "",
        "ccy": ccy,
        "interest": plain(waiting),
        "interestFreeLiab": "",
        "loanQuota": plain(quota),
        "posLoan": "",
        "potentialBorrowingAmt": "",
        "rate": plain(hourly_rate(ccy) * _HOURS_OF_DAY),
        "surplusLmt": plain(max(quota - used, ZERO)),
        "surplusLmtDetails": {},
        "usedLmt": plain(used),
        "usedLoan": "",
    }


def _owed(account: Account, ccy: str) -> Decimal:
    positions = (owed(leg) for leg in account.open_legs() if leg.debt and debt_currency(leg) == ccy)
    return borrowed_of(account, ccy) + sum(positions, ZERO)


def get_interest_accrued(account: Account, params: Params) -> Rows:
    """GET account/interest-accrued: one year, by hour; cursor ts."""
    chosen(params, "type", ("2",), "2")
    since_ms = account.clock.now_ms() - _YEAR_MS

    def wanted(one: Accrual) -> bool:
        return (
            one.ts_ms >= since_ms
            and text(params, "ccy") in ("", one.ccy)
            and text(params, "instId") in ("", one.inst_id)
            and text(params, "mgnMode") in ("", one.mgn_mode)
        )

    kept = [one for one in account.loans.accruals if wanted(one)]
    shown = page(kept, params, cursor=lambda one: one.ts_ms, time_ms=lambda one: one.ts_ms)
    return [_accrual_row(one) for one in shown]


def _accrual_row(one: Accrual) -> Row:
    return {
        "ccy": one.ccy,
        "instId": one.inst_id,
        "interest": plain(one.interest),
        "interestFreeLiab": "",
        "interestRate": plain(one.rate),
        "liab": plain(one.liability),
        "mgnMode": one.mgn_mode,
        "totalLiab": plain(one.liability),
        "ts": str(one.ts_ms),
        "type": "2",
    }


def post_spot_manual_borrow_repay(account: Account, params: Params) -> Rows:
    """
    POST account/spot-manual-borrow-repay: spot mode with borrowing only (51010 elsewhere).

    Raises 59410 for a currency that is not lent, 59411 without free margin, 59412 beyond the quota, 59413 for a
    repayment without a debt, 59200 without the cash for it. A repayment beyond the debt repays the debt.
    """
    required(params, "ccy")
    side, wanted, ccy = chosen(params, "side", ("borrow", "repay")), amount(params, "amt"), text(params, "ccy")
    if account.account_level != "1" or not account.settings.spot_borrow:
        raise top_level(account_mode())
    if ccy not in _lent(account):
        raise Refusal("59410", "You can only borrow this crypto if it supports borrowing and borrowing is enabled.")
    moved = _borrow(account, ccy, wanted) if side == "borrow" else _repay(account, ccy, wanted)
    return [{"amt": plain(moved), "ccy": ccy, "side": side}]


def _borrow(account: Account, ccy: str, wanted: Decimal) -> Decimal:
    if borrowed_of(account, ccy) + wanted > borrow_quota(account, ccy):
        raise Refusal("59412", "Manual borrowing failed. The amount exceeds your borrowing limit.")
    needed = wanted * account.market.usd(ccy) / account.loans.leverage(ccy)
    if needed > account_state(account).available:
        raise Refusal("59411", "Manual borrowing failed. Your account's free margin is insufficient.")
    now_ms = account.clock.now_ms()
    account.loans.move(ccy, "manual_borrow", wanted, now_ms)
    loan_bill(account, ccy, MANUAL_BORROW, wanted, now_ms, change=wanted, reason="transferred")
    return wanted


def _repay(account: Account, ccy: str, wanted: Decimal) -> Decimal:
    debt = account.loans.of(ccy)
    if not debt:
        raise Refusal("59413", "You didn't borrow this crypto. No repayment needed.")
    moved = min(wanted, debt)
    if moved > account.cash.get(ccy, ZERO) - currency_state(account, ccy).order_frozen:
        raise Refusal("59200", "Insufficient account balance.")
    now_ms = account.clock.now_ms()
    account.loans.move(ccy, "manual_repay", moved, now_ms)
    loan_bill(account, ccy, MANUAL_REPAY, moved, now_ms, change=-moved, reason="transferred")
    return moved


def get_spot_borrow_repay_history(account: Account, params: Params) -> Rows:
    """GET account/spot-borrow-repay-history; cursor ts."""
    kinds = ("auto_borrow", "auto_repay", "manual_borrow", "manual_repay")
    kind = chosen(params, "type", kinds) if text(params, "type") else ""

    def wanted(one: Movement) -> bool:
        return kind in ("", one.kind) and text(params, "ccy") in ("", one.ccy)

    kept = [one for one in account.loans.movements if wanted(one)]
    shown = page(kept, params, cursor=lambda one: one.ts_ms, time_ms=lambda one: one.ts_ms)
    return [
        {
            "accBorrowed": plain(one.borrowed_after),
            "amt": plain(one.amount),
            "ccy": one.ccy,
            "ts": str(one.ts_ms),
            "type": one.kind,
        }
        for one in shown
    ]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "account/interest-accrued"): get_interest_accrued,
    ("GET", "account/interest-limits"): get_interest_limits,
    ("GET", "account/interest-rate"): get_interest_rate,
    ("GET", "account/spot-borrow-repay-history"): get_spot_borrow_repay_history,
    ("POST", "account/spot-manual-borrow-repay"): post_spot_manual_borrow_repay,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
