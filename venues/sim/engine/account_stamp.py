"""The moment of an account: equal stamps mean equal rows."""

from __future__ import annotations

from collections.abc import Hashable

from dualwitness.venues.sim.engine.account import Account

__all__ = ["account_stamp"]


def account_stamp(account: Account) -> Hashable:
    """
    What rows of the account depend on: its version, the second, its fee terms and the prices of what it holds.

    The prices are part of it because a test or a control request may move them within a second.
    """
    market = account.market
    prices = tuple(
        (market.mark(inst_id), market.last(inst_id), market.index(inst_id))
        for inst_id in {leg.instrument.inst_id: None for leg in account.open_legs()}
    )
    return (account.version, account.clock.now_ms() // 1000, account.settings.fee_terms, prices)
