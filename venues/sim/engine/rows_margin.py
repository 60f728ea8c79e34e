"""How OKX spells a MARGIN position (OKX docs v5, account/positions: the documented isolated long position)."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money, plain, plain_or_blank, ratio
from dualwitness.venues.sim.engine.balances import currency_state
from dualwitness.venues.sim.engine.fees import taker_rate
from dualwitness.venues.sim.engine.holds import pending_close_size
from dualwitness.venues.sim.engine.leg import Leg, entry_price
from dualwitness.venues.sim.engine.margin_leg import debt_currency, held_currency, owed
from dualwitness.venues.sim.engine.margin_value import (
    closing_cost,
    debt_value,
    held_amount,
    margin_liquidation_price,
    margin_maintenance,
    margin_profit,
    stake,
)

__all__ = ["margin_fields"]

Row = dict[str, object]

# What OKX leaves blank on a MARGIN position though it fills it on contracts.
_BLANKS = ("bePx", "fee", "fundingFee", "liqPenalty", "pnl", "realizedPnl")
_VALUED = (
    *("availPos", "avgPx", "imr", "liab", "liqPx", "margin", "mgnRatio", "mmr", "notionalUsd", "optVal"),
    *("upl", "uplLastPx", "uplRatio", "uplRatioLastPx"),
)


@exact
def margin_fields(account: Account, leg: Leg) -> Row:
    """The fields in which a MARGIN position differs from one of contracts; a flat one leaves the numbers blank."""
    row: Row = dict.fromkeys((*_BLANKS, *_VALUED), "")
    row |= {
        "ccy": leg.margin_ccy,
        "interest": plain(leg.interest),
        "liabCcy": debt_currency(leg),
        "pendingCloseOrdLiabVal": "0",
        "pos": plain(held_amount(leg)) if leg.contracts else "0",
        "posCcy": held_currency(leg),
    }
    if leg.contracts:
        row |= _valued(account, leg)
    return row


def _valued(account: Account, leg: Leg) -> Row:
    inst_id = leg.instrument.inst_id
    mark, last, entry = account.market.mark(inst_id), account.market.last(inst_id), entry_price(leg)
    taker = taker_rate("MARGIN", leg.instrument.group_id, account.settings.fee_level)
    needed = margin_maintenance(leg, mark) + closing_cost(leg, mark, taker)
    upl, upl_last = margin_profit(leg, mark), margin_profit(leg, last)
    buffer, margin_ratio = _safety(account, leg, upl, needed)
    staked = stake(leg)
    liquidation = margin_liquidation_price(leg, buffer, taker)
    return {
        "availPos": plain(_available(account, leg, mark)),
        "avgPx": "" if entry is None else plain(ratio(entry)),
        "imr": "" if leg.isolated else plain(money(debt_value(leg, mark) / leg.lever)),
        "liab": plain(-owed(leg)),
        "liqPx": "" if liquidation is None else plain(ratio(liquidation)),
        "margin": plain(leg.margin) if leg.isolated else "",
        "mgnRatio": plain_or_blank(margin_ratio),
        "mmr": plain(money(margin_maintenance(leg, mark))),
        "notionalUsd": plain(money(_notional_usd(account, leg, mark))),
        "upl": plain(ratio(upl)),
        "uplLastPx": plain(ratio(upl_last)),
        "uplRatio": plain(ratio(upl / staked)) if staked else "",
        "uplRatioLastPx": plain(ratio(upl_last / staked)) if staked else "",
    }


def _available(account: Account, leg: Leg, mark: Decimal) -> Decimal:
    """What no resting close is going to use."""
    side = "sell" if leg.long else "buy"
    pending = pending_close_size(account, leg.instrument.inst_id, leg.mgn_mode, "net", side)
    return max(held_amount(leg) - (pending if leg.long else pending * mark), ZERO)


def _notional_usd(account: Account, leg: Leg, mark: Decimal) -> Decimal:
    """What the position holds, in dollars."""
    in_quote = held_amount(leg) * (mark if leg.long else 1)
    return in_quote * account.market.usd(leg.instrument.quote_ccy)


def _safety(account: Account, leg: Leg, upl: Decimal, needed: Decimal) -> tuple[Decimal, Decimal | None]:
    """What stands behind the position before liquidation, and its margin ratio: see `rows_position`."""
    if leg.isolated:
        return leg.margin, ratio((leg.margin + upl) / needed) if needed else None
    state = currency_state(account, leg.margin_ccy)
    total = state.maintenance + state.closing_fees
    cross_equity = state.cash + state.upl
    return cross_equity - upl - (total - needed), ratio(cross_equity / total) if total else None
