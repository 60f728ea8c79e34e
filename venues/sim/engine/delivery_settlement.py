"""
The end of dated contracts: futures are delivered, options exercised or left to expire.

At the expiry time the settlement price is the index of that moment (OKX averages the index over the last stretch; this
venue's index is smooth enough without). A future is closed at that price for the delivery fee of account/trade-fee; an
option at its intrinsic value in coin, for the exercise fee where it is in the money, at most 12.5 % of that value (OKX
fee rules). Open orders of the instrument are canceled (cancelSource 7) and it leaves the list (`listing.is_listed`).
The daily settlement of cross futures is not modelled.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.forced import DELIVERY, EXERCISE, cancel_by_force, close_by_force
from dualwitness.venues.sim.engine.leg import Leg
from dualwitness.venues.sim.engine.valuation import settle_value
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.listing import is_listed

__all__ = ["expiries", "intrinsic_value", "settle_expired"]

_DELIVERY_RATE = Decimal("0.0001")
_EXERCISE_RATE = Decimal("0.0002")
_EXERCISE_CAP = Decimal("0.125")
_EXERCISED, _COUNTERPARTY_EXERCISED, _EXPIRED_WORTHLESS = "170", "171", "172"


def expiries(account: Account) -> set[int]:
    """When the dated instruments expire that the account holds or has orders of, in milliseconds."""
    return {one.exp_time_ms for one in _concerned(account) if one.exp_time_ms is not None}


def _concerned(account: Account) -> list[SimInstrument]:
    """The instruments of open legs, orders and algo orders, without a walk over the orders: there may be thousands."""
    instruments = [leg.instrument for leg in account.open_legs()]
    instruments += [account.instruments[inst_id] for inst_id in account.orders.open_instruments()]
    return [*instruments, *(algo.instrument for algo in account.algos.open_algos())]


@exact
def settle_expired(account: Account, ts_ms: int) -> None:
    """Settle every instrument that has expired by now; raises nothing where none has."""
    expired = {one.inst_id: one for one in _concerned(account) if not is_listed(one, ts_ms)}
    for inst_id in sorted(expired):
        _settle(account, expired[inst_id], ts_ms)


def _settle(account: Account, instrument: SimInstrument, ts_ms: int) -> None:
    cancel_by_force(account, account.orders.open_of(instrument.inst_id), "7", ts_ms)
    for algo in tuple(account.algos.open_algos()):
        if algo.instrument.inst_id == instrument.inst_id:
            account.keep_algo(replace(algo, state="canceled", updated_ms=ts_ms))
    for leg in [one for one in account.legs.values() if one.instrument.inst_id == instrument.inst_id]:
        if leg.contracts:
            _close(account, leg, ts_ms)
        # The posId cannot come back: nobody can open a position of an instrument that is gone.
        del account.legs[leg.key]
    account.version += 1


def _close(account: Account, leg: Leg, ts_ms: int) -> None:
    instrument, size = leg.instrument, abs(leg.contracts)
    index = account.market.index(instrument.inst_id)
    if instrument.inst_type == "FUTURES":
        fee = -money(_DELIVERY_RATE * settle_value(instrument, size, index))
        close_by_force(account, leg, size, index, DELIVERY, "112" if leg.contracts > 0 else "113", ts_ms, fee=fee)
        return
    px = intrinsic_value(instrument, index)
    amount = size * instrument.contract_size
    fee = -money(min(_EXERCISE_RATE * amount, _EXERCISE_CAP * amount * px))
    sub_type = _EXPIRED_WORTHLESS
    if px:
        sub_type = _EXERCISED if leg.contracts > 0 else _COUNTERPARTY_EXERCISED
    close_by_force(account, leg, size, px, EXERCISE, sub_type, ts_ms, fee=fee)


@exact
def intrinsic_value(instrument: SimInstrument, index: Decimal) -> Decimal:
    """What an expiring option pays per unit of its coin, in that coin; zero out of the money."""
    strike = instrument.strike or ZERO
    gain = index - strike if instrument.opt_type == "C" else strike - index
    return money(max(gain, ZERO) / index)
