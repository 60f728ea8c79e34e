"""Books of a desk: added up from nothing, and the positions that tests let things happen to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from dualwitness.venues.sim.engine import Account, truth
from dualwitness.venues.sim.engine.advance import advance
from dualwitness.venues.sim.engine.balances import currencies, currency_state
from tests.support.engine_desk import Desk, instrument

__all__ = ["SWAP", "bills", "conserved", "insured", "isolated_long", "set_leverage", "worth"]

SWAP = "BTC-USDT-SWAP"


def conserved(desk: Desk) -> dict[str, Any]:
    """Check that bills are cash and fills are positions; gives the truth."""
    advance(desk.account)
    known: dict[str, Any] = truth(desk.account)
    cash = {ccy: Decimal(amount) for ccy, amount in known["balances"].items()}
    assert {ccy: Decimal(amount) for ccy, amount in known["bill_sums"].items()} == cash
    held: dict[str, Decimal] = {}
    for position in known["positions"]:
        if position["inst_type"] != "MARGIN":
            held[position["inst_id"]] = held.get(position["inst_id"], Decimal(0)) + Decimal(position["contracts"])
    filled = {inst_id: Decimal(sum_) for inst_id, sum_ in known["fill_sums"].items() if not instrument(inst_id).is_spot}
    assert {inst_id: sum_ for inst_id, sum_ in filled.items() if sum_} == held
    return known


def bills(desk: Desk, kind: str) -> list[dict[str, Any]]:
    return desk.get("account/bills-archive", type=kind)


def set_leverage(desk: Desk, lever: str, mgn_mode: str) -> None:
    desk.account.keep_leverage(instrument(SWAP), mgn_mode, "net", Decimal(lever))


def isolated_long(desk: Desk, sz: str = "10", lever: str = "20") -> dict[str, Any]:
    set_leverage(desk, lever, "isolated")
    desk.order(SWAP, "buy", sz, tdMode="isolated")
    return desk.position(SWAP)


def worth(account: Account) -> Decimal:
    """The whole account in dollars at the marks of the moment."""
    states = (currency_state(account, ccy) for ccy in currencies(account))
    return sum((state.equity * account.market.usd(state.ccy) for state in states), Decimal(0))


def insured(account: Account) -> Decimal:
    """What the insurance fund has paid so far, less what it won, in dollars."""
    fund = account.timeline.insurance.items()
    return -sum((amount * account.market.usd(ccy) for ccy, amount in fund), Decimal(0))
