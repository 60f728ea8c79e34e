"""The currencies of the venue as ``asset/currencies`` lists them (a private endpoint on OKX)."""

from __future__ import annotations

from functools import cache

from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.openings import is_fiat

__all__ = ["currency_rows"]

# Currency, chain, digits withdrawable, withdrawal fee.
_CHAINS = (
    ("AVAX", "AVAX-Avalanche C-Chain", "8", "0.0064"),
    ("BTC", "BTC-Bitcoin", "8", "0.00004"),
    ("DOGE", "DOGE-Dogecoin", "8", "4"),
    ("ETH", "ETH-ERC20", "8", "0.0002"),
    ("LTC", "LTC-Litecoin", "8", "0.001"),
    ("SOL", "SOL-Solana", "8", "0.006"),
    ("USDC", "USDC-ERC20", "6", "1.2"),
    ("USDT", "USDT-ERC20", "6", "1.2"),
    ("USDT", "USDT-TRC20", "6", "1.5"),
    ("XRP", "XRP-Ripple", "6", "0.1"),
)
_BLANK = (
    "burningFeeRate", "ctAddr", "depEstOpenTime", "depQuotaFixed", "depQuoteDailyLayer2", "logoLink",
    "maxFeeForCtAddr", "minFeeForCtAddr", "usedDepQuotaFixed", "wdEstOpenTime",
)  # fmt: skip


def currency_rows(wanted: frozenset[str]) -> list[dict[str, object]]:
    """One row for each chain of each wanted currency; of all when none is named."""
    return [_row(*chain) for chain in _chains() if not wanted or chain[0] in wanted]


@cache
def _chains() -> tuple[tuple[str, str, str, str], ...]:
    """The chains above, and one of its own name for every other coin of the venue's table; money of states has none."""
    above = {chain[0] for chain in _CHAINS}
    coins = {ccy for one in INSTRUMENTS for ccy in (one.base_ccy, one.quote_ccy)} - above
    others = ((ccy, f"{ccy}-{ccy}", "8", "0.01") for ccy in coins if not is_fiat(ccy))
    return tuple(sorted((*_CHAINS, *others)))


def _row(ccy: str, chain: str, digits: str, fee: str) -> dict[str, object]:
    fields: dict[str, object] = dict.fromkeys(_BLANK, "")
    fields |= {
        # Demo trading has no deposits and no withdrawals.
        "canDep": False,
        "canInternal": False,
        "canWd": False,
        "ccy": ccy,
        "chain": chain,
        "fee": fee,
        "mainNet": not chain.endswith(("ERC20", "TRC20")) or ccy == "ETH",
        "maxFee": fee,
        "maxWd": "1000000",
        "minDep": fee,
        "minDepArrivalConfirm": "12",
        "minFee": fee,
        "minInternal": fee,
        "minWd": fee,
        "minWdUnlockConfirm": "24",
        "name": ccy,
        "needTag": ccy == "XRP",
        "stablecoinDailyQuota": 0,
        "stablecoinMonthlyQuota": 0,
        "usedStablecoinDailyQuota": 0,
        "usedStablecoinMonthlyQuota": 0,
        "usedWdQuota": "0",
        "wdQuota": "10000000",
        "wdTickSz": digits,
    }
    return dict(sorted(fields.items()))
