"""Endpoints that end things, and that look ahead: close-position, cancel-all-after, order-precheck, rate limit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dualwitness.venues.sim.engine import refusals, timers
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money, plain, ratio
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.checks import check_order
from dualwitness.venues.sim.engine.closing import close_position
from dualwitness.venues.sim.engine.request import read_request, text
from dualwitness.venues.sim.engine.valuation import maintenance_margin, opening_margin
from dualwitness.venues.sim.kinds import Params, Refusal

__all__ = [
    "MANY",
    "ONE",
    "get_account_rate_limit",
    "post_cancel_all_after",
    "post_close_position",
    "post_order_precheck",
]

Row = dict[str, object]
Rows = list[Row]

_TIMEOUTS_S = range(10, 121)


def post_close_position(account: Account, params: Params) -> Rows:
    """
    POST trade/close-position: close one position at market.

    Raises 50014, 51000, 51001, 51023 without a position, 51115 (HTTP 429) while closing orders wait and ``autoCxl`` is
    not set.
    """
    for name in ("instId", "mgnMode"):
        if not text(params, name):
            raise refusals.empty_parameter(name)
    instrument = account.instruments.get(text(params, "instId"))
    if instrument is None:
        raise refusals.unknown_instrument(per_row=False)
    mode, side = text(params, "mgnMode"), text(params, "posSide")
    if mode not in ("cross", "isolated"):
        raise refusals.bad_parameter("mgnMode")
    two_sided = account.hedged and instrument.inst_type in ("SWAP", "FUTURES")
    if side not in (("long", "short") if two_sided else ("", "net")):
        raise refusals.bad_parameter("posSide")
    cancels = text(params, "autoCxl")
    if cancels not in ("", "true", "false"):
        raise refusals.bad_parameter("autoCxl")
    client_id, tag = text(params, "clOrdId"), text(params, "tag")
    close_position(
        account,
        instrument,
        mode,
        side or "net",
        ccy=text(params, "ccy"),
        cancels_pending=cancels == "true",
        cl_ord_id=client_id,
        tag=tag,
    )
    return [{"clOrdId": client_id, "instId": instrument.inst_id, "posSide": side or "net", "tag": tag}]


def post_cancel_all_after(account: Account, params: Params) -> Rows:
    """POST trade/cancel-all-after: 0 disarms, 10 to 120 seconds arm; raises 50014 and 51000 for anything else."""
    word, tag = text(params, "timeOut"), text(params, "tag")
    if not word:
        raise refusals.empty_parameter("timeOut")
    if not (word.isascii() and word.isdigit()) or (int(word[:9]) != 0 and int(word[:9]) not in _TIMEOUTS_S):
        raise refusals.bad_parameter("timeOut")
    if tag and not (tag.isascii() and tag.isalnum() and len(tag) <= 16):
        raise refusals.bad_parameter("tag")
    seconds, now_ms = int(word), account.clock.now_ms()
    timers.arm(account, seconds, tag)
    due_ms = now_ms + seconds * 1000 if seconds else 0
    return [{"tag": tag, "triggerTime": str(due_ms), "ts": str(now_ms)}]


@exact
def post_order_precheck(account: Account, params: Params) -> Rows:
    """
    POST trade/order-precheck: what an order would do to the margin; for multi-currency and portfolio margin alone.

    Changes are after minus before. Raises 51010 in other account modes, and what the order itself would be refused for.
    """
    if account.account_level not in ("3", "4"):
        refusal = refusals.account_mode()
        raise Refusal(refusal.code, refusal.msg.strip())
    try:
        request = read_request(params, account.instruments)
        check_order(account, request)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.msg, http_status=refusal.http_status) from refusal
    states = [currency_state(account, ccy) for ccy in sorted(account.cash)]
    dollars = {state.ccy: account.market.usd(state.ccy) for state in states}
    equity = sum((state.equity * dollars[state.ccy] for state in states), ZERO)
    initial = sum((state.initial_margin * dollars[state.ccy] for state in states), ZERO)
    maintenance = sum((state.maintenance * dollars[state.ccy] for state in states), ZERO)
    added_initial = added_maintenance = ZERO
    if not request.instrument.is_spot:
        instrument, usd = request.instrument, account.market.usd(request.instrument.settle_ccy)
        mark = account.market.mark(instrument.inst_id)
        lever = account.leverage(instrument, request.td_mode, request.pos_side or "net")
        added_initial = opening_margin(instrument, request.signed_sz, mark, lever) * usd
        added_maintenance = maintenance_margin(instrument, request.signed_sz, mark) * usd
    before = ratio(equity / maintenance) if maintenance else ZERO
    needed = maintenance + added_maintenance
    after = ratio(equity / needed) if needed else ZERO
    blanks = ("liabChgCcy", "liqPx", "liqPxDiff", "liqPxDiffRatio", "posBal", "posBalChg", "type")
    row: Row = dict.fromkeys(blanks, "")
    row |= {
        "adjEq": plain(money(equity)),
        "adjEqChg": "0",
        "availBal": "0",
        "availBalChg": "0",
        "imr": plain(money(initial)),
        "imrChg": plain(money(added_initial)),
        "liab": "0",
        "liabChg": "0",
        "mgnRatio": plain(before),
        "mgnRatioChg": plain(after - before),
        "mmr": plain(money(maintenance)),
        "mmrChg": plain(money(added_maintenance)),
    }
    return [dict(sorted(row.items()))]


def get_account_rate_limit(account: Account, _params: Params) -> Rows:
    """GET trade/account-rate-limit: the cap of orders per two seconds; demo trading leaves the ratios blank."""
    blanks = dict.fromkeys(("fillRatio", "mainFillRatio", "nextAccRateLimit"), "")
    return [dict(sorted({**blanks, "accRateLimit": "1000", "ts": str(account.clock.now_ms())}.items()))]


ONE: dict[tuple[str, str], Callable[[Account, Params], Rows]] = {
    ("GET", "trade/account-rate-limit"): get_account_rate_limit,
    ("POST", "trade/cancel-all-after"): post_cancel_all_after,
    ("POST", "trade/close-position"): post_close_position,
    ("POST", "trade/order-precheck"): post_order_precheck,
}
MANY: dict[tuple[str, str], Callable[[Account, Sequence[Params]], Rows]] = {}
