"""
What a currency is worth: cash, equity, what positions and orders hold back, what is left to use.

``eq = cash + upl + option value + isolated equity``; ``avail = eq - frozen`` (okx-v5-facts section 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.fees import taker_rate
from dualwitness.venues.sim.engine.holds import held_by_orders
from dualwitness.venues.sim.engine.leg import Leg, entry_price
from dualwitness.venues.sim.engine.valuation import maintenance_margin, opening_margin, profit, settle_value

__all__ = ["CurrencyState", "currencies", "currency_state", "leg_profit"]


@dataclass(frozen=True, slots=True)
class CurrencyState:
    """One currency of the account, everything in that currency."""

    ccy: str
    cash: Decimal
    upl: Decimal
    option_value: Decimal
    isolated_margin: Decimal
    isolated_upl: Decimal
    initial_margin: Decimal
    maintenance: Decimal
    closing_fees: Decimal
    cross_value: Decimal
    order_frozen: Decimal

    @property
    def isolated_equity(self) -> Decimal:
        """Margin and profit of isolated positions."""
        return self.isolated_margin + self.isolated_upl

    @property
    def equity(self) -> Decimal:
        """Everything."""
        return self.cash + self.upl + self.option_value + self.isolated_equity

    @property
    def frozen(self) -> Decimal:
        """Held back by positions and orders; never more than there is."""
        held = self.isolated_equity + self.option_value + self.initial_margin + self.order_frozen
        return min(held, max(self.equity, ZERO))

    @property
    def available(self) -> Decimal:
        """Free to use."""
        return self.equity - self.frozen

    @property
    def has_cross(self) -> bool:
        """Whether a cross position margins this currency."""
        return self.cross_value > 0


def currencies(account: Account) -> tuple[str, ...]:
    """Currencies the account ever had, in alphabetical order."""
    return tuple(sorted({*account.cash, *(leg.instrument.settle_ccy for leg in account.open_legs())}))


@exact
def leg_profit(leg: Leg, px: Decimal) -> Decimal:
    """Unrealised profit at ``px``."""
    entry = entry_price(leg)
    return ZERO if entry is None else money(profit(leg.instrument, leg.contracts, entry, px))


@exact
def currency_state(account: Account, ccy: str) -> CurrencyState:
    """Value one currency at the market's mark prices."""
    upl = option_value = iso_margin = iso_upl = imr = mmr = fees = value = ZERO
    for leg in account.open_legs():
        if leg.instrument.settle_ccy != ccy:
            continue
        instrument, mark = leg.instrument, account.market.mark(leg.instrument.inst_id)
        worth = settle_value(instrument, leg.contracts, mark)
        option = instrument.inst_type == "OPTION"
        gain = worth.copy_sign(leg.contracts) if option else leg_profit(leg, mark)
        if leg.isolated:
            iso_margin, iso_upl = iso_margin + leg.margin, iso_upl + gain
            continue
        upl, option_value = (upl, option_value + gain) if option else (upl + gain, option_value)
        imr += opening_margin(instrument, leg.contracts, mark, leg.lever)
        mmr += maintenance_margin(instrument, leg.contracts, mark)
        fees += ZERO if option else worth * taker_rate(instrument.inst_type)
        value += worth
    frozen = held_by_orders(account, ccy)
    cash = account.cash.get(ccy, ZERO)
    return CurrencyState(ccy, cash, upl, option_value, iso_margin, iso_upl, money(imr), mmr, fees, value, money(frozen))
