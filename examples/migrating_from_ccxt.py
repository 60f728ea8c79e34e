"""
From ccxt to dualwitness in ten lines: ``python -m examples.migrating_from_ccxt``. No key, no network; ends by itself.

Both halves do the same against the same embedded venue: price, free funds, a market buy of 0.01 BTC, the position, and
out again. What changes is not the number of lines but what they promise; `examples/README.md` has the table.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import ccxt

from dualwitness.models import OrderIntent
from dualwitness.venues.sim.process import VenueProcess
from examples.demo_trader import open_clients, open_trader

SYMBOL = "BTC/USDT:USDT"


def before(url: str) -> str:
    """As it is written with ccxt alone."""
    okx = ccxt.okx({"apiKey": "sim-key", "secret": "sim-secret", "password": "sim-passphrase"})
    okx.set_sandbox_mode(True)
    okx.urls["api"]["rest"] = url  # after the line above, which sets it back: the other way round goes to okx.com
    price = okx.fetch_ticker(SYMBOL)["last"]
    free = okx.fetch_balance()["USDT"]["free"]
    order = okx.create_order(SYMBOL, "market", "buy", 1, None, {"tdMode": "cross"})  # 1 what? contracts, of 0.01 BTC
    filled = okx.fetch_order(order["id"], SYMBOL)["filled"]
    position = okx.fetch_positions([SYMBOL])[0]["contracts"]
    okx.create_order(SYMBOL, "market", "sell", 1, None, {"tdMode": "cross", "reduceOnly": True})
    return f"price {price}, free {free}, filled {filled}, position {position}"


def after(url: str, folder: Path) -> str:
    """The same with dualwitness."""
    buy = {"symbol": SYMBOL, "order_type": "market", "size": "0.01", "td_mode": "cross", "strategy": "trend_following"}
    clients = open_clients(url, folder)
    with open_trader(clients, folder) as trader:
        okx = clients["ccxt"]
        price = okx.get_ticker(SYMBOL).last
        free = next(row.free for row in okx.get_account_balance() if row.currency == "USDT")
        bought = trader.execute(OrderIntent(side="long", **buy), nonce=1)
        filled = bought.fate.filled_contracts if bought.fate else None
        position = okx.get_positions(SYMBOL)[0].contracts
        sold = trader.execute(OrderIntent(side="short", reduce_only=True, **buy), nonce=2)
        told = f"price {price}, free {free}, filled {filled}, position {position}"
        return f"{told}\n        bought: {bought.told()}\n        sold: {sold.told()}"


def main() -> int:
    """Both halves, against one venue each."""
    with tempfile.TemporaryDirectory(prefix="migrating-") as name:
        with VenueProcess() as venue:
            print(f"before: {before(venue.base_url)}")
        with VenueProcess() as venue:
            print(f"after:  {after(venue.base_url, Path(name))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
