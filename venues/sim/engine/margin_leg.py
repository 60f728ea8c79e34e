"""
A MARGIN position: what a fill on borrowed money does to it. Pure arithmetic.

A long one holds base and owes quote, a short one holds quote and owes base (okx-v5-facts section 9, checked on the
documented long and the captured short). Every fill pays one currency and receives the other, net of fee: opening
borrows what is paid and adds what is received to the assets; reducing pays out of the assets and repays with what is
received, interest first. What exceeds the debt goes to cash, and so does everything that is left once nothing is owed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.leg import Leg, LegFill

__all__ = ["MarginChange", "debt_currency", "held_currency", "margin_applied", "opening_part", "owed"]


@dataclass(frozen=True, slots=True)
class MarginChange:
    """
    What one fill did to a MARGIN position.

    ``released`` is what went to cash by currency, without the margin (negative: taken from cash); ``margin_change``
    what moved from cash into the margin. ``borrowed`` is in the currency of the position's debt; ``repaid`` and
    ``paid_interest`` in that of the debt it had before, which a turn into the other direction changes. ``pnl`` is in
    the margin currency.
    """

    leg: Leg
    finished: Leg | None
    pnl: Decimal
    margin_change: Decimal
    released: dict[str, Decimal]
    borrowed: Decimal = ZERO
    repaid: Decimal = ZERO
    paid_interest: Decimal = ZERO
    repaid_ccy: str = ""


def held_currency(leg: Leg) -> str:
    """OKX's posCcy: base of a long position, quote of a short one."""
    return leg.instrument.base_ccy if leg.long else leg.instrument.quote_ccy


def debt_currency(leg: Leg) -> str:
    """OKX's liabCcy."""
    return leg.instrument.quote_ccy if leg.long else leg.instrument.base_ccy


def owed(leg: Leg) -> Decimal:
    """Debt and the interest on it."""
    return leg.debt + leg.interest


@exact
def opening_part(leg: Leg, fill: LegFill, *, reduce_only: bool) -> Decimal:
    """
    How much of a fill's size (base currency) opens or adds; the rest reduces.

    What a reduce-only order has beyond the debt trades as SPOT (okx-v5-facts section 5), so nothing of it opens.
    """
    size = abs(fill.signed)
    if not leg.contracts or leg.contracts * fill.signed > 0:
        return size
    if reduce_only:
        return ZERO
    # A long position gives up its base; a short one needs its debt in base net of the fee that is taken from it.
    if leg.long:
        return max(size - leg.assets, ZERO)
    kept = size + _in_base(fill)
    return max(size - money(owed(leg) * size / kept), ZERO) if kept > 0 else ZERO


def _in_base(fill: LegFill) -> Decimal:
    """The fee of a buy, which is base currency; a sell's is quote."""
    return fill.fee if fill.signed > 0 else ZERO


def _flows(fill: LegFill) -> tuple[Decimal, Decimal]:
    """What the fill pays and what it receives net of fee."""
    size, value = abs(fill.signed), money(abs(fill.signed) * fill.px)
    return (value, size + fill.fee) if fill.signed > 0 else (size, value + fill.fee)


def _fee_in_margin(leg: Leg, fill: LegFill) -> Decimal:
    paid_in = leg.instrument.base_ccy if fill.signed > 0 else leg.instrument.quote_ccy
    if paid_in == leg.margin_ccy:
        return fill.fee
    return money(fill.fee * fill.px if paid_in == leg.instrument.base_ccy else fill.fee / fill.px)


@exact
def margin_applied(leg: Leg, fill: LegFill, *, reduce_only: bool = False) -> MarginChange:
    """Fill: reduce first, then open with the rest; the fee is shared by size."""
    opening = opening_part(leg, fill, reduce_only=reduce_only)
    size = abs(fill.signed)
    if opening == size:
        return _opened(leg, fill)
    if not opening:
        return _reduced(leg, fill)
    opening_fee = money(fill.fee * opening / size)
    sign = 1 if fill.signed > 0 else -1
    first = _reduced(leg, replace(fill, signed=sign * (size - opening), fee=fill.fee - opening_fee))
    rest = replace(fill, signed=sign * opening, fee=opening_fee)
    if first.leg.contracts:
        # Dust of debt is left where rounding kept some: the rest goes on reducing instead of opening the other way.
        return _joined(first, _reduced(first.leg, rest))
    return _joined(first, _opened(first.leg, rest))


def _joined(first: MarginChange, second: MarginChange) -> MarginChange:
    released = dict(first.released)
    for ccy, amount in second.released.items():
        released[ccy] = released.get(ccy, ZERO) + amount
    return MarginChange(
        leg=second.leg,
        finished=second.finished or first.finished,
        pnl=first.pnl + second.pnl,
        margin_change=first.margin_change + second.margin_change,
        released=released,
        borrowed=first.borrowed + second.borrowed,
        repaid=first.repaid + second.repaid,
        paid_interest=first.paid_interest + second.paid_interest,
        repaid_ccy=first.repaid_ccy,
    )


def _opened(leg: Leg, fill: LegFill) -> MarginChange:
    paid, received = _flows(fill)
    size = abs(fill.signed)
    current = leg if leg.contracts else _fresh(leg, fill)
    margin = ZERO
    if leg.isolated:
        in_quote = leg.margin_ccy == leg.instrument.quote_ccy
        margin = money((size * fill.px if in_quote else size) / leg.lever)
    contracts = current.contracts + fill.signed
    new = replace(
        current,
        contracts=contracts,
        entry_value=current.entry_value + size * fill.px,
        assets=current.assets + received,
        debt=current.debt + paid,
        margin=current.margin + margin,
        fee=current.fee + _fee_in_margin(leg, fill),
        trade_id=fill.trade_id or current.trade_id,
        updated_ms=fill.ts_ms,
        opened_contracts=current.opened_contracts + size,
        opened_value=current.opened_value + size * fill.px,
        max_contracts=max(current.max_contracts, abs(contracts)),
    )
    return MarginChange(new, None, ZERO, margin, {}, borrowed=paid)


def _fresh(leg: Leg, fill: LegFill) -> Leg:
    """A position under its lasting posId with nothing in it."""
    return Leg(
        leg.instrument,
        leg.mgn_mode,
        leg.pos_side,
        leg.pos_id,
        leg.lever,
        fill.ts_ms,
        fill.ts_ms,
        long=fill.signed > 0,
        margin_ccy=leg.margin_ccy,
    )


def _reduced(leg: Leg, fill: LegFill) -> MarginChange:
    paid, received = _flows(fill)
    size = abs(fill.signed)
    interest = min(received, leg.interest)
    principal = min(received - interest, leg.debt)
    released = {debt_currency(leg): received - interest - principal}
    new = replace(
        leg,
        assets=leg.assets - paid,
        debt=leg.debt - principal,
        interest=leg.interest - interest,
        fee=leg.fee + _fee_in_margin(leg, fill),
        trade_id=fill.trade_id or leg.trade_id,
        updated_ms=fill.ts_ms,
        closed_contracts=leg.closed_contracts + min(size, abs(leg.contracts)),
        closed_value=leg.closed_value + min(size, abs(leg.contracts)) * fill.px,
        closed_by="",
        trigger_px=None,
    )
    pnl = _closing_profit(leg, min(size, abs(leg.contracts)), fill.px)
    new, margin_change = _cover(replace(new, pnl=leg.pnl + pnl), released, fill.px)
    kept = _kept_part(leg, new)
    back = new.margin if not kept else money(leg.margin * (1 - kept)) if margin_change == 0 else ZERO
    back = min(back, new.margin)
    new = replace(
        new,
        margin=new.margin - back,
        contracts=leg.contracts * kept,
        entry_value=leg.entry_value * kept,
    )
    finished = None if kept else new
    moved = {ccy: amount for ccy, amount in released.items() if amount}
    return MarginChange(
        leg=new,
        finished=finished,
        pnl=pnl,
        margin_change=-back,
        released=moved,
        repaid=principal,
        paid_interest=interest,
        repaid_ccy=debt_currency(leg),
    )


def _closing_profit(leg: Leg, size: Decimal, px: Decimal) -> Decimal:
    """Profit of ``size`` against the average entry, in the margin currency, without fees and interest."""
    entry = leg.entry_value / abs(leg.contracts)
    won = size * (px - entry if leg.long else entry - px)
    return money(won if leg.margin_ccy == leg.instrument.quote_ccy else won / px)


def _cover(leg: Leg, released: dict[str, Decimal], px: Decimal) -> tuple[Leg, Decimal]:
    """
    Settle what the fill left over: missing assets, assets without a debt, a debt without assets.

    Gives the position and what its own margin had to pay (negative), which goes before cash.
    """
    held, due = held_currency(leg), debt_currency(leg)
    taken = ZERO
    if leg.assets < 0:
        # A short one that cost more than it holds pays in its margin currency; a long one sold base of the cash.
        in_base = leg.long or leg.margin_ccy == leg.instrument.base_ccy
        ccy = leg.instrument.base_ccy if in_base else held
        needed = money(-leg.assets / px) if in_base and not leg.long else -leg.assets
        leg, paid = _from_margin(leg, ccy, needed)
        taken -= paid
        released[ccy] = released.get(ccy, ZERO) - (needed - paid)
        leg = replace(leg, assets=ZERO)
    if not owed(leg):
        released[held] = released.get(held, ZERO) + leg.assets
        return replace(leg, assets=ZERO), taken
    if leg.long and leg.assets < leg.instrument.lot_sz:
        # All sold, but for what no order could sell, and still in debt: the margin pays at this price, then cash.
        released[held] = released.get(held, ZERO) + leg.assets
        missing = owed(leg)
        in_held = leg.margin_ccy == held
        needed = money(missing / px) if in_held else missing
        leg, paid = _from_margin(leg, held if in_held else due, needed)
        taken -= paid
        ccy = held if in_held else due
        released[ccy] = released.get(ccy, ZERO) - (needed - paid)
        leg = replace(leg, assets=ZERO, debt=ZERO, interest=ZERO)
    return leg, taken


def _from_margin(leg: Leg, ccy: str, amount: Decimal) -> tuple[Leg, Decimal]:
    if not leg.isolated or leg.margin_ccy != ccy:
        return leg, ZERO
    paid = min(amount, leg.margin)
    return replace(leg, margin=leg.margin - paid), paid


def _kept_part(before: Leg, after: Leg) -> Decimal:
    """What part of the position is left: by assets of a long one, by debt of a short one."""
    if not owed(after):
        return ZERO
    if before.long:
        return after.assets / before.assets
    return owed(after) / owed(before)
