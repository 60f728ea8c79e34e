"""
Fold: positions from fills, copies sorted out, against the plainest fold in ``Decimal`` that sorts out nothing.

The same lines, already parsed, lie before ``ours`` and ``plain``: linear perpetuals, fills in time, one page in a
hundred told twice. ``plain`` nets at average cost with flips, in arrival order and with 28 digits: no copies, no order,
no fees, no checks, no reasons. What it makes of the copies is wrong, and it is not asked for it.
``plain_of_rows`` is the same from the venue's dicts, whose numbers are texts (performance section 5).

``many_per_instrument`` and ``few_per_instrument`` fold as many fills in all, ten thousand and a hundred of each
instrument. ``from_jsonl`` starts at the bytes of a file of OKX's own rows, 26 fields each. Where nautilus_trader is
installed its position is built and applied on a part of the same lines, one without copies; else ``nautilus_installed``
is 0 and that is all there is to tell.

``DUALWITNESS_FULL=1`` folds a million fills of a hundred instruments; otherwise it is a tenth of that.
"""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path

from dualwitness.alignment.fills_file import read_fills_jsonl
from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.material import FROZEN_AT_MS
from dualwitness.benchmarks.nautilus_position import NautilusPositions, nautilus_is_installed
from dualwitness.benchmarks.rounds import Interleaved
from dualwitness.models import Instrument, MarketType, NullReason, OrderSide, PositionMode, PositionSide
from dualwitness.models.fold import FoldResult, fold_lines
from dualwitness.models.fold_line import FillLine

__all__ = ["CELL", "instruments_of", "lines_of_market", "plain_fold", "venue_rows"]

_FULL = os.environ.get("DUALWITNESS_FULL") == "1"
_INSTRUMENTS = 100
_EACH = 10_000 if _FULL else 1_000
_MANY, _FEW = 10_000, 100
_LINEARITY = 200_000 if _FULL else 20_000
_ROWS = 100_000 if _FULL else 10_000
_PAGE = 100
_PAGES_TO_A_COPY = 100
_NAUTILUS = nautilus_is_installed()
_NAUTILUS_EACH = 100


def lines_of_market(instruments: int, each: int, seed: int = 0, *, pages_twice: bool = True) -> list[FillLine]:
    """Fills of many perpetuals in time, with ids that rise, each with its own size, price and fee."""
    draw = random.Random(seed)
    lines: list[FillLine] = []
    now_ms = FROZEN_AT_MS
    symbols = [f"C{number}/USDT:USDT" for number in range(instruments)]
    for number in range(instruments * each):
        # Often in the same millisecond as the one before, seldom as the one before of the same instrument.
        now_ms += draw.randrange(30)
        symbol = symbols[number % instruments]
        contracts, price = (
            Decimal(draw.randrange(1, 10_000)).scaleb(-2),
            Decimal(draw.randrange(10**5, 10**6)).scaleb(-1),
        )
        line = FillLine(
            symbol=symbol,
            market_type=MarketType.SWAP,
            position_side=PositionSide.NET,
            side=OrderSide.BUY if draw.random() < 0.5 else OrderSide.SELL,
            price=price,
            contracts=contracts,
            fee=Decimal(draw.randrange(1, 10**7)).scaleb(-8),
            fee_currency="USDT",
            ts_venue_ms=now_ms,
            bill_id=str(1_800_000_000_000_000_000 + number),
            trade_id=str(700_000_000 + number // instruments),
            venue_order_id=str(2_800_000_000_000_000_000 + number // 3),
        )
        lines.append(line)
        if pages_twice and number % (_PAGE * _PAGES_TO_A_COPY) == _PAGE - 1:
            lines += lines[-_PAGE:]
    return lines


def instruments_of(lines: list[FillLine]) -> dict[str, Instrument]:
    """The perpetuals of those fills."""
    return {
        symbol: Instrument(
            symbol=symbol,
            venue_instrument_id=symbol,
            market_type=MarketType.SWAP,
            base=symbol.split("/", maxsplit=1)[0],
            quote="USDT",
            settle="USDT",
            linear=True,
            inverse=False,
            contract_size=Decimal("0.01"),
            tick_size=Decimal("0.1"),
            lot_size=Decimal("0.01"),
            min_size=Decimal("0.01"),
            state=None,
            reasons={"state": NullReason.NOT_ASKED},
        )
        for symbol in {line.symbol for line in lines}
    }


class _Book:
    __slots__ = ("average", "held", "profit")

    def __init__(self) -> None:
        self.held = self.average = self.profit = Decimal(0)


def plain_fold(lines: list[FillLine]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """The yardstick: contracts, average price and profit a contract size, in arrival order."""
    books: dict[str, _Book] = {}
    for line in lines:
        book = books.get(line.symbol)
        if book is None:
            book = books[line.symbol] = _Book()
        price, held = line.price, book.held
        delta = line.contracts if line.side is OrderSide.BUY else -line.contracts  # type: ignore[operator]
        after = held + delta  # type: ignore[operator]
        if not held or (held > 0) == (delta > 0):  # type: ignore[operator]
            book.average = (book.average * held + price * delta) / after  # type: ignore[operator]
        else:
            closed = -delta if abs(delta) <= abs(held) else held  # type: ignore[arg-type, operator]
            book.profit += (price - book.average) * closed  # type: ignore[operator]
            if after and (after > 0) != (held > 0):
                book.average = price  # type: ignore[assignment]
        book.held = after
    return {symbol: (book.held, book.average, book.profit) for symbol, book in books.items()}


def plain_fold_of_rows(rows: list[dict[str, str]]) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """The yardstick as performance section 5 has it, from the venue's dicts: numbers are texts, and made here."""
    books: dict[str, _Book] = {}
    for row in rows:
        book = books.get(row["instId"])
        if book is None:
            book = books[row["instId"]] = _Book()
        price, contracts, held = Decimal(row["fillPx"]), Decimal(row["fillSz"]), book.held
        delta = contracts if row["side"] == "buy" else -contracts
        after = held + delta
        if not held or (held > 0) == (delta > 0):
            book.average = (book.average * held + price * delta) / after
        else:
            closed = -delta if abs(delta) <= abs(held) else held
            book.profit += (price - book.average) * closed
            if after and (after > 0) != (held > 0):
                book.average = price
        book.held = after
    return {symbol: (book.held, book.average, book.profit) for symbol, book in books.items()}


def venue_rows(lines: list[FillLine]) -> list[dict[str, str]]:
    """The same fills as OKX writes them: 26 fields, all of them text, fees negative where they were paid."""
    return [
        {
            "instType": "SWAP",
            "instId": f"{line.symbol.split('/', maxsplit=1)[0]}-USDT-SWAP",
            "tradeId": line.trade_id or "",
            "ordId": line.venue_order_id or "",
            "clOrdId": f"bench{line.trade_id}",
            "billId": line.bill_id or "",
            "subType": "1",
            "tag": "",
            "fillPx": str(line.price),
            "fillSz": str(line.contracts),
            "fillIdxPx": str(line.price),
            "fillPnl": "0",
            "fillPxVol": "",
            "fillPxUsd": "",
            "fillMarkVol": "",
            "fillFwdPx": "",
            "fillMarkPx": str(line.price),
            "side": str(line.side),
            "posSide": str(line.position_side),
            "execType": "T",
            "feeCcy": line.fee_currency or "",
            "fee": str(-(line.fee or 0)),
            "feeRate": "",
            "fillTime": str(line.ts_venue_ms),
            "ts": str((line.ts_venue_ms or 0) + 3),
            "tradeQuoteCcy": "USDT",
        }
        for line in lines
    ]


def _ours(lines: list[FillLine], instruments: dict[str, Instrument]) -> FoldResult:
    return fold_lines(lines, instruments, PositionMode.NET, history_complete=True)


def _from_jsonl(path: Path, instruments: dict[str, Instrument]) -> FoldResult:
    return fold_lines(read_fills_jsonl(path), instruments, PositionMode.NET, history_complete=True)


class _Folds(Interleaved):
    """The contenders, and whether the other engine stands beside them."""

    def figures(self) -> dict[str, float]:
        """1 where it does."""
        return {"nautilus_installed": 1.0 if _NAUTILUS else 0.0}


def _contender(name: str, lines: list[FillLine]) -> Contender:
    return Contender(name, partial(_ours, lines, instruments_of(lines)), len(lines))


@contextmanager
def _open() -> Iterator[Stage]:
    lines = lines_of_market(_INSTRUMENTS, _EACH)
    rows = venue_rows(lines_of_market(_ROWS // _EACH, _EACH))
    with tempfile.TemporaryDirectory(prefix="dualwitness-benchmark-") as folder:
        path = Path(folder) / "fills.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        contenders = [
            _contender("ours", lines),
            Contender("plain", partial(plain_fold, lines), len(lines)),
            Contender("plain_of_rows", partial(plain_fold_of_rows, rows), len(rows)),
            _contender("many_per_instrument", lines_of_market(_LINEARITY // _MANY, _MANY)),
            _contender("few_per_instrument", lines_of_market(_LINEARITY // _FEW, _FEW)),
            Contender("from_jsonl", partial(_from_jsonl, path, instruments_of(lines)), len(rows)),
        ]
        if _NAUTILUS:
            few = lines_of_market(_INSTRUMENTS, _NAUTILUS_EACH, pages_twice=False)
            contenders += [
                _contender("ours_without_copies", few),
                Contender("nautilus", partial(NautilusPositions().build_and_apply, few), len(few)),
            ]
        yield _Folds(contenders)


CELL = Cell(
    name="fold",
    title="positions from fills with copies sorted out, against the plainest fold in Decimal",
    clock="CPU a fill",
    rounds=3,
    targets=(
        Target("to_plain", "ours", ("plain",), goal=1.6, gate=1.6),
        Target("many_to_few_per_instrument", "many_per_instrument", ("few_per_instrument",), goal=1.1, gate=1.1),
        Target("from_jsonl_to_plain_of_rows", "from_jsonl", ("plain_of_rows",), goal=4.0, gate=4.6),
        Target("from_jsonl_to_plain", "from_jsonl", ("plain",)),
        Target("nautilus_installed", "nautilus_installed"),
        *((Target("to_nautilus", "ours_without_copies", ("nautilus",), goal=0.25),) if _NAUTILUS else ()),
    ),
    open=_open,
)
