"""The material and the yardsticks of the fold's benchmark do what they say."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from dualwitness.alignment.fills_file import read_fills_jsonl
from dualwitness.benchmarks.cell_fold import (
    instruments_of,
    lines_of_market,
    plain_fold,
    plain_fold_of_rows,
    venue_rows,
)
from dualwitness.benchmarks.nautilus_position import NautilusPositions, nautilus_is_installed
from dualwitness.models.fold import fold_lines


def test_plain_fold_agrees_with_ours_where_nothing_comes_twice() -> None:
    """The yardstick does the same work: contracts, entry and profit, but for the digits that it does not carry."""
    lines = lines_of_market(5, 200, pages_twice=False)
    ours = fold_lines(lines, instruments_of(lines), history_complete=True)
    plain, of_rows = plain_fold(lines), plain_fold_of_rows(venue_rows(lines))
    assert len(ours.legs) == 5
    for leg in ours.legs:
        held, average, profit = plain[leg.symbol]
        assert of_rows[f"{leg.symbol.split('/')[0]}-USDT-SWAP"] == (held, average, profit)
        assert leg.contracts == held
        assert abs((leg.entry_price or 0) - average) < Decimal("1E-15")
        assert abs((leg.realized_pnl or 0) - profit / 100) < Decimal("1E-15")


def test_material_tells_pages_twice_and_ours_counts_them_once() -> None:
    """With copies the plain fold is wrong, as its description says."""
    lines = lines_of_market(5, 200)
    result = fold_lines(lines, instruments_of(lines), history_complete=True)
    assert (result.fill_count, len(result.duplicates)) == (1000, 100)
    assert any(plain_fold(lines)[leg.symbol][0] != leg.contracts for leg in result.legs)


def test_rows_of_the_venue_are_read_as_the_same_lines(tmp_path: Path) -> None:
    """What is folded from bytes is what is folded from memory: 26 fields a row."""
    lines = lines_of_market(3, 50)
    rows = venue_rows(lines)
    path = tmp_path / "fills.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert {len(row) for row in rows} == {26}
    assert list(read_fills_jsonl(path)) == lines


def test_other_engine_is_fed_one_event_a_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in with the names that we use: the first fill opens a position, every other one is applied."""

    class Position:
        def __init__(self, instrument: object, fill: Any) -> None:
            self.fills = [fill]

        def apply(self, fill: Any) -> None:
            self.fills.append(fill)

    perpetual = SimpleNamespace(
        id="P", quote_currency="USDT", make_qty=lambda size: size, make_price=lambda price: price
    )
    names = ("TraderId", "StrategyId", "AccountId", "PositionId", "ClientOrderId", "VenueOrderId", "TradeId")
    contents: dict[str, dict[str, Any]] = {
        "": {},
        ".model": {},
        ".core": {},
        ".test_kit": {},
        ".model.enums": {
            "OrderSide": SimpleNamespace(BUY=1, SELL=2),
            "OrderType": SimpleNamespace(MARKET=1),
            "LiquiditySide": SimpleNamespace(TAKER=1),
        },
        ".model.identifiers": dict.fromkeys(names, str),
        ".model.events": {"OrderFilled": SimpleNamespace},
        ".model.position": {"Position": Position},
        ".model.objects": {"Money": lambda amount, currency: (amount, currency)},
        ".core.uuid": {"UUID4": object},
        ".test_kit.providers": {"TestInstrumentProvider": SimpleNamespace(btcusdt_perp_binance=lambda: perpetual)},
    }
    for name, content in contents.items():
        module = ModuleType(f"nautilus_trader{name}")
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    lines = lines_of_market(2, 10, pages_twice=False)
    positions = NautilusPositions().build_and_apply(lines)
    assert [len(each.fills) for each in positions.values()] == [10, 10]
    assert positions[lines[0].symbol].fills[0].last_px == lines[0].price


def test_looking_for_the_other_engine_imports_nothing_of_it() -> None:
    """The answer costs no import."""
    before = set(sys.modules)
    nautilus_is_installed()
    assert not [name for name in set(sys.modules) - before if name.startswith("nautilus_trader")]
