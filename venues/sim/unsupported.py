"""
What the venue does not offer, and the refusal OKX itself would give.

404 for a path that OKX retired or never had, 50038 for what demo trading lacks, 50030 for what needs a permission that
no demo key has.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from dualwitness.venues.sim.kinds import Refusal

__all__ = ["UNSUPPORTED", "Unsupported", "describe_unsupported", "refusal_of"]

_MESSAGES: Final[dict[str, str]] = {
    "50030": "You don't have permission to use this API endpoint.",
    "50038": "This feature is unavailable in demo trading.",
}


class Unsupported(NamedTuple):
    """OKX's own code for a path that is not served, and why it is not."""

    code: str
    reason: str


_NO_CONVERSION = "small balances are not converted: demo money has no such market"
_NO_REPAYMENT = "debts are repaid by trading or by account/spot-manual-borrow-repay"

_NO_FIXED_LOAN = "retired: fixed-term loans are no longer offered"
_NO_VIP_LOAN = "retired with the loans of VIP accounts; interest is in account/interest-accrued"

UNSUPPORTED: Final[dict[str, Unsupported]] = {
    "/api/v5/account/bills-history-archive": Unsupported("50038", "links to archives of production data"),
    "/api/v5/account/borrow-repay": Unsupported("404", _NO_VIP_LOAN),
    "/api/v5/account/borrow-repay-history": Unsupported("404", _NO_VIP_LOAN),
    "/api/v5/account/fixed-loan/amend-borrowing-order": Unsupported("404", _NO_FIXED_LOAN),
    "/api/v5/account/fixed-loan/borrowing-limit": Unsupported("404", _NO_FIXED_LOAN),
    "/api/v5/account/fixed-loan/borrowing-order": Unsupported("404", _NO_FIXED_LOAN),
    "/api/v5/account/fixed-loan/borrowing-orders-list": Unsupported("404", _NO_FIXED_LOAN),
    "/api/v5/account/fixed-loan/borrowing-quote": Unsupported("404", _NO_FIXED_LOAN),
    "/api/v5/account/fixed-loan/manual-reborrow": Unsupported("404", _NO_FIXED_LOAN),
    "/api/v5/account/fixed-loan/repay-borrowing-order": Unsupported("404", _NO_FIXED_LOAN),
    "/api/v5/account/mmp-config": Unsupported("50030", "needs the market maker protection privilege"),
    "/api/v5/account/mmp-reset": Unsupported("50030", "needs the market maker protection privilege"),
    "/api/v5/account/move-positions": Unsupported("50030", "open to VIP 6 and above"),
    "/api/v5/account/move-positions-history": Unsupported("50030", "open to VIP 6 and above"),
    "/api/v5/account/position-builder": Unsupported("50038", "the stress tests of portfolio margin are not modelled"),
    "/api/v5/account/position-builder-graph": Unsupported(
        "50038", "the stress tests of portfolio margin are not modelled"
    ),
    "/api/v5/account/precheck-set-delta-neutral": Unsupported("50038", "no delta-neutral strategy accounts"),
    "/api/v5/account/set-auto-earn": Unsupported("50038", "demo trading has no earning products"),
    "/api/v5/account/set-riskOffset-amt": Unsupported("50038", "spot and derivatives are not offset"),
    "/api/v5/account/set-riskOffset-type": Unsupported("404", "retired: risk is offset by portfolio margin alone"),
    "/api/v5/account/simulated_margin": Unsupported("404", "retired; today's path is account/position-builder"),
    "/api/v5/account/vip-interest-accrued": Unsupported("404", _NO_VIP_LOAN),
    "/api/v5/account/vip-interest-deducted": Unsupported("404", _NO_VIP_LOAN),
    "/api/v5/account/vip-loan-order-detail": Unsupported("404", _NO_VIP_LOAN),
    "/api/v5/account/vip-loan-order-list": Unsupported("404", _NO_VIP_LOAN),
    "/api/v5/market/block-trades": Unsupported("404", "retired; today's path is public/block-trades"),
    "/api/v5/market/open-oracle": Unsupported("404", "retired with the Open Oracle project"),
    "/api/v5/public/economic-calendar": Unsupported("50030", "open to production keys of VIP 1 and above"),
    "/api/v5/public/market-data-history": Unsupported("50038", "links to archives of production data"),
    "/api/v5/trade/easy-convert": Unsupported("50038", _NO_CONVERSION),
    "/api/v5/trade/easy-convert-currency-list": Unsupported("50038", _NO_CONVERSION),
    "/api/v5/trade/easy-convert-history": Unsupported("50038", _NO_CONVERSION),
    "/api/v5/trade/one-click-repay": Unsupported("50038", _NO_REPAYMENT),
    "/api/v5/trade/one-click-repay-currency-list": Unsupported("50038", _NO_REPAYMENT),
    "/api/v5/trade/one-click-repay-currency-list-v2": Unsupported("50038", _NO_REPAYMENT),
    "/api/v5/trade/one-click-repay-history": Unsupported("50038", _NO_REPAYMENT),
    "/api/v5/trade/one-click-repay-history-v2": Unsupported("50038", _NO_REPAYMENT),
    "/api/v5/trade/one-click-repay-v2": Unsupported("50038", _NO_REPAYMENT),
    "/api/v5/users/glp/historicalperformance": Unsupported("50030", "open to members of the liquidity programme"),
    "/api/v5/users/glp/todayperformance": Unsupported("50030", "open to members of the liquidity programme"),
}


def refusal_of(path: str) -> Refusal | None:
    """The refusal of a path that is not offered; None where the path is unknown altogether (404) or served."""
    known = UNSUPPORTED.get(path)
    if known is None or known.code == "404":
        return None
    return Refusal(known.code, _MESSAGES[known.code])


def describe_unsupported() -> str:
    """The table of unsupported paths, in Markdown."""
    head = "| path | OKX's answer | why |\n|---|---|---|\n"
    return head + "".join(f"| `{path}` | {code} | {reason} |\n" for path, (code, reason) in sorted(UNSUPPORTED.items()))
