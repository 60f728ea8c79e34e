"""The truth: what the account really holds, for tests and for judging what a lie hid."""

from __future__ import annotations

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import exact, plain, ratio
from dualwitness.venues.sim.engine.leg import entry_price

__all__ = ["truth"]


@exact
def truth(account: Account) -> dict[str, object]:
    """
    ``positions`` (signed contracts, average price, one entry an open leg), ``balances`` (cash by currency), counts.

    Numbers are spelled as on the wire, average prices with at most 16 decimals.
    """
    positions = []
    for leg in account.open_legs():
        entry = entry_price(leg)
        positions.append(
            {
                "average_price": "" if entry is None else plain(ratio(entry)),
                "contracts": plain(leg.contracts),
                "inst_id": leg.instrument.inst_id,
                "margin_mode": leg.mgn_mode,
                "position_side": leg.pos_side,
                "realized_pnl": plain(leg.realized),
            }
        )
    return {
        "balances": {ccy: plain(cash) for ccy, cash in sorted(account.cash.items())},
        "fills": len(account.fills),
        "open_orders": sum(1 for _ in account.open_orders()),
        "positions": positions,
    }
