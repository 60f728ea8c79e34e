"""
What a currency is worth: cash, equity, what positions and orders hold back, what is left to use.

``eq = cash + upl + option value + isolated equity - borrowed by hand``; ``avail = eq - frozen`` (okx-v5-facts section
10). In multi-currency and portfolio margin what an order may use is the account's, in dollars: `account_state`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.fees import taker_rate
from dualwitness.venues.sim.engine.holds import held_by_orders
from dualwitness.venues.sim.engine.leg import Leg, entry_price
from dualwitness.venues.sim.engine.margin_value import (
    closing_cost,
    debt_value,
    margin_maintenance,
    margin_profit,
)
from dualwitness.venues.sim.engine.valuation import maintenance_margin, opening_margin, profit, settle_value

__all__ = [
    "AccountState",
    "CurrencyState",
    "LegNeeds",
    "account_state",
    "currencies",
    "currency_state",
    "leg_needs",
    "leg_profit",
    "leg_value",
]

# Of what is owed outside MARGIN positions: the documented first tier of a pair.
_LOAN_MAINTENANCE = Decimal("0.03")


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
    borrowed: Decimal = ZERO
    loan_margin: Decimal = ZERO
    loan_maintenance: Decimal = ZERO

    @property
    def isolated_equity(self) -> Decimal:
        """Margin and profit of isolated positions."""
        return self.isolated_margin + self.isolated_upl

    @property
    def equity(self) -> Decimal:
        """Everything, less what was borrowed by hand."""
        return self.cash + self.upl + self.option_value + self.isolated_equity - self.borrowed

    @property
    def liability(self) -> Decimal:
        """What is owed outside MARGIN positions, positive: negative cash and what was borrowed by hand."""
        return max(-self.cash, ZERO) + self.borrowed

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
    return tuple(sorted({*account.cash, *(leg.ccy for leg in account.open_legs())}))


@exact
def leg_profit(leg: Leg, px: Decimal) -> Decimal:
    """Unrealised profit at ``px``; that of a MARGIN position has its fees and interest in it."""
    if leg.instrument.inst_type == "MARGIN":
        return money(margin_profit(leg, px)) if leg.contracts else ZERO
    entry = entry_price(leg)
    return ZERO if entry is None else money(profit(leg.instrument, leg.contracts, entry, px))


@exact
def currency_state(account: Account, ccy: str) -> CurrencyState:
    """Value one currency at the market's mark prices."""
    upl = option_value = iso_margin = iso_upl = imr = mmr = fees = value = ZERO
    for leg in account.open_legs():
        if leg.ccy != ccy:
            continue
        mark, option = account.market.mark(leg.instrument.inst_id), leg.instrument.inst_type == "OPTION"
        gain = leg_value(leg, mark)
        if leg.isolated:
            iso_margin, iso_upl = iso_margin + leg.margin, iso_upl + gain
            continue
        upl, option_value = (upl, option_value + gain) if option else (upl + gain, option_value)
        needs = leg_needs(account, leg, mark)
        imr, mmr, fees, value = imr + needs.initial, mmr + needs.maintenance, fees + needs.fee, value + needs.worth
    frozen = held_by_orders(account, ccy)
    cash, borrowed = account.cash.get(ccy, ZERO), account.loans.of(ccy)
    liability = max(-cash, ZERO) + borrowed
    return CurrencyState(
        ccy=ccy,
        cash=cash,
        upl=upl,
        option_value=option_value,
        isolated_margin=iso_margin,
        isolated_upl=iso_upl,
        initial_margin=money(imr),
        maintenance=mmr,
        closing_fees=fees,
        cross_value=value,
        order_frozen=money(frozen),
        borrowed=borrowed,
        loan_margin=money(liability / account.loans.leverage(ccy)),
        loan_maintenance=liability * _LOAN_MAINTENANCE,
    )


class LegNeeds(NamedTuple):
    """What a cross position needs, in its currency: initial and maintenance margin, closing fee, and its value."""

    initial: Decimal
    maintenance: Decimal
    fee: Decimal
    worth: Decimal


@exact
def leg_value(leg: Leg, px: Decimal) -> Decimal:
    """What a position adds to equity at ``px``: its profit, an option's premium."""
    if leg.instrument.inst_type == "OPTION":
        return settle_value(leg.instrument, leg.contracts, px).copy_sign(leg.contracts)
    return leg_profit(leg, px)


@exact
def leg_needs(account: Account, leg: Leg, px: Decimal) -> LegNeeds:
    """What an open position needs at ``px``; a MARGIN one is measured by its debt."""
    instrument = leg.instrument
    taker = taker_rate(instrument.inst_type, instrument.group_id, account.settings.fee_level)
    if instrument.inst_type == "MARGIN":
        worth = debt_value(leg, px)
        return LegNeeds(worth / leg.lever, margin_maintenance(leg, px), closing_cost(leg, px, taker), worth)
    worth = settle_value(instrument, leg.contracts, px)
    return LegNeeds(
        opening_margin(instrument, leg.contracts, px, leg.lever),
        maintenance_margin(instrument, leg.contracts, px),
        ZERO if instrument.inst_type == "OPTION" else worth * taker,
        worth,
    )


class AccountState(NamedTuple):
    """The whole account in US dollars, as multi-currency and portfolio margin count it."""

    total: Decimal
    adjusted: Decimal
    initial: Decimal
    maintenance: Decimal
    order_frozen: Decimal
    liability: Decimal

    @property
    def available(self) -> Decimal:
        """Equity that nothing holds back; never below zero."""
        return max(self.adjusted - self.initial - self.order_frozen, ZERO)


@exact
def account_state(account: Account) -> AccountState:
    """
    Value everything in dollars.

    Every currency counts in full where it is collateral: the venue has no discount ladder. Isolated positions and
    options' premiums are not collateral.
    """
    total = adjusted = initial = maintenance = frozen = liability = ZERO
    for ccy in currencies(account):
        state, usd = currency_state(account, ccy), account.market.usd(ccy)
        total += state.equity * usd
        counted = state.equity - state.isolated_equity - state.option_value
        if counted < 0 or ccy not in account.settings.no_collateral:
            adjusted += counted * usd
        initial += (state.initial_margin + state.loan_margin) * usd
        maintenance += (state.maintenance + state.loan_maintenance) * usd
        frozen += state.order_frozen * usd
        liability += state.liability * usd
    return AccountState(total, adjusted, initial, maintenance, frozen, liability)
