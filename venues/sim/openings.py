"""
What a coin is worth in dollars before it starts to wander.

Large coins open near the prices of 2026, chosen by the venue; any other coin of a table opens at a price that suits
its instrument's tick. Dollars, stablecoins and national currencies stand still.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.venues.sim.draws import integer, signed
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["is_fiat", "is_pegged", "openings_of"]

# Dollars a coin is worth around; the seed moves it by up to 4 %.
_AROUND_USD = {
    "1INCH": "0.18", "AAVE": "110", "ADA": "0.28", "ALGO": "0.11", "APT": "1.4", "ARB": "0.12", "ATOM": "2.2",
    "AVAX": "25", "AXS": "1.4", "BCH": "460", "BNB": "640", "BTC": "65000", "CHZ": "0.04", "COMP": "18",
    "CRO": "0.07", "CRV": "0.25", "DOGE": "0.125", "DOT": "1.5", "EGLD": "5", "ETC": "9", "ETH": "2600", "FIL": "1.1",
    "HBAR": "0.1", "ICP": "2.6", "INJ": "4", "JUP": "0.2", "LDO": "0.4", "LINK": "9.5", "LTC": "85", "NEAR": "1.5",
    "NEO": "2.7", "OKB": "85", "ONDO": "0.3", "OP": "0.15", "PEPE": "0.0000038", "POL": "0.1", "QTUM": "1",
    "SAND": "0.09", "SHIB": "0.0000062", "SOL": "150", "STX": "0.25", "SUI": "1", "SUSHI": "0.25", "THETA": "0.2",
    "TIA": "0.4", "TON": "1.4", "TRUMP": "3.2", "TRX": "0.31", "UNI": "3.5", "WIF": "0.2", "WLD": "0.35",
    "XAUT": "4600", "XLM": "0.17", "XRP": "2.1", "XTZ": "0.4", "YFI": "2700", "ZRO": "1.9", "XAU": "4600",
    "XAG": "75", "STETH": "2595", "BETH": "2598", "JITOSOL": "185", "OKSOL": "160",
}  # fmt: skip
# A national currency's dollar value, roughly; fixed.
_FIAT_USD = {
    "AED": "0.2723", "AUD": "0.71", "BRL": "0.20", "EUR": "1.17", "GBP": "1.34", "HKD": "0.128", "SGD": "0.785",
    "TRY": "0.0222", "USD": "1",
}  # fmt: skip
_STABLE = frozenset({"DAI", "FDUSD", "PYUSD", "RLUSD", "TUSD", "USDC", "USDE", "USDG", "USDT", "USDP"})
_CENTS = Decimal("0.0001")


def is_fiat(ccy: str) -> bool:
    """Whether it is the money of a state."""
    return ccy in _FIAT_USD


def is_pegged(ccy: str) -> bool:
    """Whether a currency's dollar value stands still (but for a shock)."""
    return ccy in _FIAT_USD or ccy in _STABLE


def _known(seed: int, ccy: str) -> Decimal | None:
    if ccy in _FIAT_USD:
        return Decimal(_FIAT_USD[ccy])
    if ccy in _STABLE:
        return (1 + signed(seed, f"peg/{ccy}", 0) * Decimal("0.0004")).quantize(_CENTS)
    if ccy in _AROUND_USD:
        return _rounded(Decimal(_AROUND_USD[ccy]) * (1 + signed(seed, f"around/{ccy}", 0) * Decimal("0.04")))
    return None


def _rounded(dollars: Decimal) -> Decimal:
    """To six digits behind the point, or seven that count where the coin is worth little."""
    return dollars.quantize(Decimal(1).scaleb(min(-6, dollars.adjusted() - 6)))


def _fitting(seed: int, instrument: SimInstrument, quote_usd: Decimal) -> Decimal:
    """A price of 10,000 to 100,000 ticks."""
    return _rounded(
        instrument.tick_sz * (10_000 + integer(seed, f"fitting/{instrument.base_ccy}") % 90_000) * quote_usd
    )


def openings_of(seed: int, instruments: Iterable[SimInstrument]) -> dict[str, Decimal]:
    """Opening prices in dollars of every currency the instruments are quoted, settled or traded in."""
    table = [instrument for instrument in instruments if instrument.inst_type != "OPTION"]
    found: dict[str, Decimal] = {"USD": Decimal(1)}
    names = {ccy for one in instruments for ccy in (one.base_ccy, one.quote_ccy, one.settle_ccy, one.ct_val_ccy) if ccy}
    for ccy in names:
        known = _known(seed, ccy)
        if known is not None:
            found[ccy] = known
    # A coin quoted in a coin needs the other's price first: ask again until nothing new is learnt.
    missing = -1
    while missing != (missing := len(names - found.keys())) and missing:
        for instrument in table:
            if instrument.base_ccy not in found and instrument.quote_ccy in found:
                found[instrument.base_ccy] = _fitting(seed, instrument, found[instrument.quote_ccy])
    return dict.fromkeys(names - found.keys(), Decimal(1)) | found
