"""
A leg: one position of the account, keyed as OKX keys its posId (instrument, margin mode, position side, currency).

Pure arithmetic: a leg and a fill give a new leg and what the fill closed. The entry is kept as a sum of values
(linear Σ n × px, inverse Σ n ÷ px), never as a rounded average, so a full close leaves exactly zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from dualwitness.venues.sim.engine.amounts import ZERO, exact, money
from dualwitness.venues.sim.engine.valuation import opening_margin, profit
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["Leg", "LegChange", "LegFill", "LegKey", "applied", "average_price", "entry_price"]

# (instId, mgnMode, posSide, ccy)
LegKey = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Leg:
    """
    State of one position.

    ``contracts`` are signed (negative = short, in long/short mode too); ``long`` is the direction it has, or had
    before it was closed. ``pnl`` and ``fee`` count since it was last
    flat; ``opened_*`` and ``closed_*`` feed positions-history, as do ``closed_by`` (OKX's type of the last close where
    the venue forced it, "" where it did not) and ``trigger_px``, the mark price that forced it.

    A MARGIN position has a chosen margin currency ``margin_ccy``, ``assets`` it holds (in its posCcy, without the
    margin), a ``debt`` in the other currency and ``interest`` on it that is not paid yet: see `margin_leg`.
    """

    instrument: SimInstrument
    mgn_mode: str
    pos_side: str
    pos_id: str
    lever: Decimal
    created_ms: int
    updated_ms: int
    contracts: Decimal = ZERO
    long: bool = True
    entry_value: Decimal = ZERO
    margin: Decimal = ZERO
    pnl: Decimal = ZERO
    fee: Decimal = ZERO
    funding_fee: Decimal = ZERO
    liq_penalty: Decimal = ZERO
    settled_pnl: Decimal = ZERO
    trade_id: str = ""
    opened_contracts: Decimal = ZERO
    opened_value: Decimal = ZERO
    closed_contracts: Decimal = ZERO
    closed_value: Decimal = ZERO
    max_contracts: Decimal = ZERO
    closed_by: str = ""
    trigger_px: Decimal | None = None
    margin_ccy: str = ""
    assets: Decimal = ZERO
    debt: Decimal = ZERO
    interest: Decimal = ZERO

    @property
    def ccy(self) -> str:
        """Currency it is margined and settled in."""
        return self.margin_ccy or self.instrument.settle_ccy

    @property
    def key(self) -> LegKey:
        """What OKX makes the posId from."""
        return (self.instrument.inst_id, self.mgn_mode, self.pos_side, self.ccy)

    @property
    def isolated(self) -> bool:
        """Whether it carries its own margin."""
        return self.mgn_mode == "isolated"

    @property
    def realized(self) -> Decimal:
        """Pnl + fee + funding fee + liquidation penalty + settled pnl (okx-v5-facts section 9)."""
        return self.pnl + self.fee + self.funding_fee + self.liq_penalty + self.settled_pnl


@dataclass(frozen=True, slots=True)
class LegFill:
    """
    A fill as a leg sees it: ``signed`` contracts (negative = sold), the signed fee, the time of the match.

    A blank ``trade_id`` leaves the leg's own: forced fills do not bump it (okx-v5-facts section 8).
    """

    signed: Decimal
    px: Decimal
    fee: Decimal
    trade_id: str
    ts_ms: int


@dataclass(frozen=True, slots=True)
class LegChange:
    """
    What one fill did to a leg.

    ``finished`` is the leg as it was closed (with its share of the fee) when the fill brought it to zero or flipped it.
    ``margin_change`` is what moved from cash into the isolated margin (negative: back).
    """

    leg: Leg
    finished: Leg | None
    closed_contracts: Decimal
    pnl: Decimal
    margin_change: Decimal


@exact
def average_price(instrument: SimInstrument, contracts: Decimal, value: Decimal) -> Decimal | None:
    """Average of ``contracts`` whose prices sum to ``value``; None for none."""
    if not contracts:
        return None
    return abs(contracts) / value if instrument.inverse else value / abs(contracts)


def entry_price(leg: Leg) -> Decimal | None:
    """Volume-weighted entry (harmonic for inverse contracts); None when flat."""
    return average_price(leg.instrument, leg.contracts, leg.entry_value)


def _value(instrument: SimInstrument, contracts: Decimal, px: Decimal) -> Decimal:
    return contracts / px if instrument.inverse else contracts * px


@exact
def applied(leg: Leg, fill: LegFill) -> LegChange:
    """Fill: close first what is opposite, open the rest."""
    size = abs(fill.signed)
    closing = min(abs(leg.contracts), size) if leg.contracts * fill.signed < 0 else ZERO
    opening = (size - closing).copy_sign(fill.signed)
    closing_fee = money(fill.fee * closing / size) if opening else fill.fee
    current, pnl, released = _closed(leg, closing, closing_fee, fill)
    finished = current if closing and not current.contracts else None
    if not opening:
        return LegChange(current, finished, closing, pnl, -released)
    if not current.contracts:
        current = _fresh(current, fill.ts_ms)
    margin = money(opening_margin(leg.instrument, opening, fill.px, leg.lever)) if leg.isolated else ZERO
    current = _opened(current, opening, fill.fee - closing_fee, margin, fill)
    return LegChange(current, finished, closing, pnl, margin - released)


def _closed(leg: Leg, closing: Decimal, fee: Decimal, fill: LegFill) -> tuple[Leg, Decimal, Decimal]:
    """Reduce by ``closing`` contracts: the new leg, the booked profit, the margin released."""
    entry = entry_price(leg)
    if not closing or entry is None:
        return leg, ZERO, ZERO
    held = abs(leg.contracts)
    pnl = money(profit(leg.instrument, closing.copy_sign(leg.contracts), entry, fill.px))
    released = leg.margin if closing == held else money(leg.margin * closing / held)
    left = held - closing
    new = replace(
        leg,
        contracts=left.copy_sign(leg.contracts) if left else ZERO,
        entry_value=leg.entry_value * left / held,
        margin=leg.margin - released,
        pnl=leg.pnl + pnl,
        fee=leg.fee + fee,
        trade_id=fill.trade_id or leg.trade_id,
        updated_ms=fill.ts_ms,
        closed_by="",
        trigger_px=None,
        closed_contracts=leg.closed_contracts + closing,
        closed_value=leg.closed_value + _value(leg.instrument, closing, fill.px),
    )
    return new, pnl, released


def _fresh(leg: Leg, ts_ms: int) -> Leg:
    """Open the same posId anew: everything counted since flat starts again."""
    return replace(
        leg,
        created_ms=ts_ms,
        pnl=ZERO,
        fee=ZERO,
        funding_fee=ZERO,
        liq_penalty=ZERO,
        settled_pnl=ZERO,
        opened_contracts=ZERO,
        opened_value=ZERO,
        closed_contracts=ZERO,
        closed_value=ZERO,
        max_contracts=ZERO,
        closed_by="",
        trigger_px=None,
    )


def _opened(leg: Leg, signed: Decimal, fee: Decimal, margin: Decimal, fill: LegFill) -> Leg:
    value = _value(leg.instrument, abs(signed), fill.px)
    contracts = leg.contracts + signed
    return replace(
        leg,
        contracts=contracts,
        long=contracts > 0,
        entry_value=leg.entry_value + value,
        margin=leg.margin + margin,
        fee=leg.fee + fee,
        trade_id=fill.trade_id,
        updated_ms=fill.ts_ms,
        opened_contracts=leg.opened_contracts + abs(signed),
        opened_value=leg.opened_value + value,
        max_contracts=max(leg.max_contracts, abs(contracts)),
    )
