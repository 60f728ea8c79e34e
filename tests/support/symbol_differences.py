"""
Where CCXT 4.5.90 calls an instrument other than we do, of all that OKX listed on 26 April 2026.

CCXT takes base and quote from ``uly``; we take them from the instrument id. On the demo venue ``uly`` names other coins
than the id, so that two demo swaps share CCXT's ``SAHARA/USDT:USDT`` and one of them cannot be reached by symbol. Event
contracts all become the spot symbol of their underlying; we call them by their id. Keys are (instType, instId), values
are (ours, CCXT's).
"""

from __future__ import annotations

__all__ = ["DEMO_DIFFERENCES", "EVENT_CONTRACTS", "EVENT_SYMBOL_IN_CCXT", "PRODUCTION_DIFFERENCES"]

EVENT_CONTRACTS = {"demo": 88, "production": 88}
EVENT_SYMBOL_IN_CCXT = "BTC/USDT"

DEMO_DIFFERENCES: dict[tuple[str, str], tuple[str, str]] = {
    ("FUTURES", "XPL-USD_UM_XPERP-310411"): ("XPL/USD:USD-310411", "XPL/USDT:USD-310411"),
    ("MARGIN", "FLOW-USDT"): ("FLOW/USDT", "EOS/USDT"),
    ("MARGIN", "SOPH-USDT"): ("SOPH/USDT", "SOPH/USD"),
    ("MARGIN", "SPK-USDT"): ("SPK/USDT", "SAHARA/USDT"),
    ("MARGIN", "TESTING-USDT"): ("TESTING/USDT", "TESTING-USDT"),
    ("MARGIN", "WCT-USDC"): ("WCT/USDC", "SAHARA/USDT"),
    ("MARGIN", "WCT-USDT"): ("WCT/USDT", "MKR/USDT"),
    ("SWAP", "AAPL-USDC-SWAP"): ("AAPL/USDC:USDC", "AAPL/USDT:USDC"),
    ("SWAP", "AMZN-USDC-SWAP"): ("AMZN/USDC:USDC", "AMZN/USDT:USDC"),
    ("SWAP", "ASTER-USDT-SWAP"): ("ASTER/USDT:USDT", "ASTER1/USDT:USDT"),
    ("SWAP", "H-USDT-SWAP"): ("H/USDT:USDT", "WLFI/USDT:USDT"),
    ("SWAP", "SKY-USDT-SWAP"): ("SKY/USDT:USDT", "LINEA/USDT:USDT"),
    ("SWAP", "SPK-USDT-SWAP"): ("SPK/USDT:USDT", "SAHARA/USDT:USDT"),
    ("SWAP", "STRK-USDT-SWAP"): ("STRK/USDT:USDT", "TSLA/USDT:USDT"),
    ("SWAP", "TESTING-USDT-SWAP"): ("TESTING/USDT:USDT", "TESTING-USDT-SWAP"),
    ("SWAP", "ZEC-USDC-SWAP"): ("ZEC/USDC:USDC", "ZEC/USDT:USDC"),
    ("SWAP", "ZEN-USDT-SWAP"): ("ZEN/USDT:USDT", "ZENT/USDT:USDT"),
}

PRODUCTION_DIFFERENCES: dict[tuple[str, str], tuple[str, str]] = {}
