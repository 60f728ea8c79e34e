"""How prices of one instrument become money."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dualwitness.models.enums import MarketType, NullReason
from dualwitness.models.instrument import Instrument

__all__ = ["ContractTerms", "contract_terms"]


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """Value of one contract, in base currency or (``inverse``) in quote currency, and the currency of the profit."""

    contract_size: Decimal
    inverse: bool
    settle_currency: str


def contract_terms(instrument: Instrument | None, market_type: MarketType) -> ContractTerms | NullReason:
    """
    Read the terms of an instrument, or say why they are unknown.

    An option is worth base currency per contract and priced in its settle currency, however it is labelled (ctVal 1 ×
    ctMult 0.01 BTC, okx-v5-facts section 6); a margin pair counts base currency and settles in quote currency.
    """
    if instrument is None:
        return NullReason.UNMAPPED
    if market_type is MarketType.MARGIN:
        return _terms(instrument, Decimal(1), "quote", inverse=False)
    if instrument.contract_size is None or instrument.contract_size <= 0:
        return instrument.reasons.get("contract_size", NullReason.UNMAPPED)
    if market_type is MarketType.OPTION or instrument.linear:
        return _terms(instrument, instrument.contract_size, "settle", inverse=False)
    if instrument.inverse:
        return _terms(instrument, instrument.contract_size, "settle", inverse=True)
    return instrument.reasons.get("inverse", NullReason.UNMAPPED)


def _terms(instrument: Instrument, size: Decimal, currency_field: str, *, inverse: bool) -> ContractTerms | NullReason:
    currency: str | None = getattr(instrument, currency_field)
    if currency is None:
        return instrument.reasons.get(currency_field, NullReason.UNMAPPED)
    return ContractTerms(size, inverse, currency)
