"""Instruments: what can be traded, in which steps, and what one contract is worth."""

from __future__ import annotations

from typing import ClassVar

from dualwitness.models.enums import InstrumentState, MarketType, OptionType
from dualwitness.models.fact import Fact, Number, WholeNumber

__all__ = ["Instrument"]


class Instrument(Fact):
    """
    One tradable instrument as one library describes it.

    ``contract_size`` is the value of one contract: base currency where ``linear``, quote currency where ``inverse``;
    ctVal × ctMult (OKX ``public/instruments``; difference option-contract-size-ignores-ctmult). ``lot_size`` and
    ``min_size`` are base currency for spot, contracts otherwise. ``base``, ``quote`` and ``settle`` are currency codes.
    """

    OPTIONAL: ClassVar[frozenset[str]] = frozenset(
        {"settle", "linear", "inverse", "contract_size", "expiry_ms", "strike", "option_type", "max_leverage"}
    )

    symbol: str
    venue_instrument_id: str
    market_type: MarketType
    base: str | None
    quote: str | None
    settle: str | None = None
    linear: bool | None = None
    inverse: bool | None = None
    contract_size: Number | None = None
    tick_size: Number | None
    lot_size: Number | None
    min_size: Number | None
    max_leverage: Number | None = None
    state: InstrumentState | None
    expiry_ms: WholeNumber | None = None
    strike: Number | None = None
    option_type: OptionType | None = None
