"""
Normalise: a raw OKX position row to a typed record, by us, by CCXT, and by hand.

CCXT is as its constructor makes it, with the venue's perpetuals loaded. By hand means: the keys that we read, into a
plain class with slots, numbers as Decimal, blank as None; nothing is checked and no reason is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from typing import Any

from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.material import Material, open_material
from dualwitness.benchmarks.rounds import Interleaved
from dualwitness.models import Library, RunMode, Venue
from dualwitness.venues.okx_sdk.parse_account import parse_position
from dualwitness.venues.wiring import Wiring

__all__ = ["CELL", "HandMade", "ccxt_exchange"]

_ROWS = 100
_UNREACHED = "http://127.0.0.1:9"


class HandMade:
    """The floor: sixteen values of a position row by plain assignments, none of them checked."""

    __slots__ = (
        "base_quantity", "contracts", "direction", "entry_price", "has_position", "leverage", "liquidation_price",
        "margin_currency", "margin_mode", "mark_price", "market_type", "position_id", "position_side", "realized_pnl",
        "symbol", "ts_venue_ms", "unrealized_pnl",
    )  # fmt: skip

    def __init__(self, row: dict[str, Any], contract_size: Decimal) -> None:
        signed = Decimal(row["pos"])
        self.symbol = row["instId"]
        self.market_type = row["instType"]
        self.has_position = bool(signed)
        self.direction = "short" if signed < 0 else "long"
        self.contracts = abs(signed)
        self.base_quantity = self.contracts * contract_size
        self.entry_price = _number(row["avgPx"])
        self.mark_price = _number(row["markPx"])
        self.unrealized_pnl = _number(row["upl"])
        self.realized_pnl = _number(row["realizedPnl"])
        self.leverage = _number(row["lever"])
        self.margin_mode = row["mgnMode"]
        self.position_side = row["posSide"]
        self.margin_currency = row["ccy"]
        self.liquidation_price = _number(row["liqPx"])
        self.position_id = row["posId"]
        self.ts_venue_ms = int(row["uTime"])


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _by_hand(rows: list[dict[str, Any]], sizes: dict[str, Decimal]) -> list[HandMade]:
    return [HandMade(row, sizes[row["instId"]]) for row in rows]


def _ours(rows: list[dict[str, Any]], material: Material) -> list[object]:
    return [parse_position(row, material.book, material.find) for row in rows]


def _ccxt(rows: list[dict[str, Any]], exchange: Any) -> list[object]:
    return [exchange.parse_position(row) for row in rows]


def ccxt_exchange(material: Material) -> Any:
    """CCXT as its own constructor makes it; only the CCXT client may import it, so its class comes from there."""
    from dualwitness.venues.ccxt_client.transport import WireTap, open_exchange, open_session

    wiring = Wiring(base_url=_UNREACHED, mode=RunMode.OFFLINE)
    exchange = type(open_exchange(wiring, Venue.OKX, open_session(WireTap(wiring))))()
    exchange.set_markets(exchange.parse_markets(material.instrument_rows))
    return exchange


@contextmanager
def _open() -> Iterator[Stage]:
    material = open_material()
    rows = material.raw_positions(_ROWS)
    sizes = {row["instId"]: Decimal(row["ctVal"]) * Decimal(row["ctMult"]) for row in material.instrument_rows}
    yield Interleaved(
        [
            Contender("ours", partial(_ours, rows, material), _ROWS, 5),
            Contender(str(Library.CCXT), partial(_ccxt, rows, ccxt_exchange(material)), _ROWS, 2),
            Contender("by_hand", partial(_by_hand, rows, sizes), _ROWS, 20),
        ]
    )


CELL = Cell(
    name="normalise",
    title="a raw OKX position row to a typed record, against CCXT and against assignments by hand",
    clock="CPU a row",
    rounds=15,
    targets=(
        Target("to_ccxt", "ours", ("ccxt",), goal=0.10, gate=0.10),
        Target("to_by_hand", "ours", ("by_hand",), goal=1.5, gate=1.5),
    ),
    open=_open,
)
