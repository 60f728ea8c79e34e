"""Recorded fills are read as they were written, and damage is named with file and line."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.alignment import fills_file
from dualwitness.alignment.fills_file import FillsFileDamaged, read_fills_jsonl
from dualwitness.models import FillLine, MarketType, NullReason, OrderSide, PositionSide
from dualwitness.models.fold import fold_lines
from dualwitness.venues.errors import UsageError

ROW: dict[str, Any] = {
    "instType": "SWAP", "instId": "BTC-USDT-SWAP", "tradeId": "7", "ordId": "3", "clOrdId": "", "billId": "9",
    "subType": "1", "tag": "", "fillPx": "100.50", "fillSz": "2", "side": "buy", "posSide": "net", "execType": "T",
    "feeCcy": "USDT", "fee": "-0.001", "feeRate": "", "fillTime": "1700000000000", "ts": "1700000000003",
}  # fmt: skip
LINE = FillLine(
    "BTC/USDT:USDT", MarketType.SWAP, PositionSide.NET, OrderSide.BUY, Decimal("100.50"), Decimal(2), Decimal("0.001"),
    "USDT", 1_700_000_000_000, "9", "7", "3",
)  # fmt: skip


def read(tmp_path: Path, *lines: str) -> list[FillLine]:
    """What a file of those lines says."""
    path = tmp_path / "fills.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return list(read_fills_jsonl(path))


def row(**changed: Any) -> str:
    """The row as JSON, with some values changed; what is None is left out."""
    return json.dumps({key: value for key, value in (ROW | changed).items() if value is not None})


@pytest.mark.parametrize("separators", [(", ", ": "), (",", ":"), (" , ", " : ")])
def test_row_is_read_alike_the_first_time_and_every_other_time(tmp_path: Path, separators: tuple[str, str]) -> None:
    """The first of a form is parsed, those after it are read by its pattern; unusual spacing is parsed every time."""
    text = json.dumps(ROW, separators=separators)
    assert read(tmp_path, text, text, "", text) == [LINE, LINE, LINE]


def test_rows_of_a_known_form_are_not_parsed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One row of each instrument is parsed, however many there are."""
    parsed: list[str] = []
    careful = fills_file._carefully

    def counted(found: dict[str, Any], where: str) -> FillLine:
        parsed.append(where)
        return careful(found, where)

    monkeypatch.setattr(fills_file, "_carefully", counted)
    lines = [row(tradeId=str(at), instId="ETH-USDT-SWAP" if at % 2 else "BTC-USDT-SWAP") for at in range(1, 50)]
    assert len(read(tmp_path, *lines)) == 49
    assert len(parsed) == 2


@pytest.mark.parametrize("again", [0, 1])
@pytest.mark.parametrize(
    ("key", "field"),
    [("fillPx", "price"), ("fillSz", "contracts"), ("fee", "fee"), ("feeCcy", "fee_currency"),
     ("fillTime", "ts_venue_ms"), ("side", "side"), ("posSide", "position_side"), ("instType", "market_type"),
     ("billId", "bill_id"),
     ("tradeId", "trade_id"), ("ordId", "venue_order_id")],
)  # fmt: skip
def test_blank_and_missing_values_are_null_with_their_reasons(tmp_path: Path, key: str, field: str, again: int) -> None:
    """Whether or not the form was known before."""
    blank = read(tmp_path, *[row()] * again, row(**{key: ""}))[-1]
    missing = read(tmp_path, *[row()] * again, row(**{key: None}))[-1]
    assert (getattr(blank, field), blank.why(field)) == (None, NullReason.BLANK)
    assert (getattr(missing, field), missing.why(field)) == (None, NullReason.ABSENT)


@pytest.mark.parametrize("again", [0, 1])
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"fillPx": 100.5}, "fillPx is float and no text"),
        ({"fillPx": "1_0"}, "fillPx is no number"),
        ({"fillPx": "\uff11"}, "fillPx is no number"),
        ({"fillPx": " 1"}, "fillPx is no number"),
        ({"fillSz": "NaN"}, "fillSz is no number"),
        ({"fillSz": "1.2.3"}, "fillSz is no number"),
        ({"fee": "--1"}, "fee is no number"),
        ({"fillTime": "1.5"}, "fillTime is no time in ms"),
        ({"side": "sideways"}, "side is none of buy, sell"),
        ({"posSide": "both"}, "posSide is none of net, long, short"),
        ({"instType": "EVENTS"}, "instType is none of"),
        ({"instId": "btc"}, "is not an OKX instrument id"),
        ({"instId": None}, "is not an OKX instrument id"),
        ({"billId": 9}, "billId is int and no text"),
    ],
)  # fmt: skip
def test_damaged_value_is_an_error_with_file_and_line(
    tmp_path: Path, changed: dict[str, Any], words: str, again: int
) -> None:
    """Nothing is guessed, whether or not the form was known before."""
    with pytest.raises(FillsFileDamaged, match=f"fills.jsonl:{again + 1}: .*{words}") as caught:
        read(tmp_path, *[row()] * again, row(**changed))
    assert "gap" in caught.value.diagnostics()


@pytest.mark.parametrize("again", [0, 1])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[1]", "no JSON object"),
        (row()[:-1] + ', "side": "sell"}', "a key is written twice"),
        (row()[:40], "no JSON"),
    ],
)
def test_damaged_line_is_an_error_with_file_and_line(tmp_path: Path, text: str, words: str, again: int) -> None:
    """A torn line, no object, and a side that is written twice."""
    with pytest.raises(FillsFileDamaged, match=f"fills.jsonl:{again + 1}: {words}"):
        read(tmp_path, *[row()] * again, text)


@pytest.mark.parametrize("again", [0, 1])
def test_number_that_no_venue_means_is_null_and_a_conflict(tmp_path: Path, again: int) -> None:
    """It can be read, and cannot be counted."""
    line = read(tmp_path, *[row()] * again, row(fillSz="1" * 40))[-1]
    assert (line.contracts, line.why("contracts")) == (None, NullReason.CONFLICT)


def test_escapes_and_numbers_with_exponents_are_read_with_care(tmp_path: Path) -> None:
    """What is legal JSON and a number is read, whatever its form."""
    lines = read(tmp_path, row(), row(clOrdId='a"b\\'), row(fee="-1E-8"), row(clOrdId="\u00e4"))
    assert [line.fee for line in lines] == [Decimal("0.001"), Decimal("0.001"), Decimal("1E-8"), Decimal("0.001")]


def test_escaped_ids_are_read_as_what_they_mean(tmp_path: Path) -> None:
    """Seven is seven, however it is written."""
    escaped = row().replace('"tradeId": "7"', r'"tradeId": "\u0037"')
    assert escaped != row()
    assert read(tmp_path, row(), escaped) == [LINE, LINE]


def test_lines_are_counted_whatever_their_form(tmp_path: Path) -> None:
    """Some have escapes, some raw letters beyond ASCII, one is empty, the last has no end."""
    names = ["", "\u00e4"]
    rows = [row(tradeId=str(at), clOrdId=names[at % 2]) for at in range(1, 40)]
    rows[7] = json.dumps(json.loads(rows[7]), ensure_ascii=False)
    path = tmp_path / "fills.jsonl"
    path.write_text("\n".join([*rows[:5], "", *rows[5:]]), encoding="utf-8")
    assert [line.trade_id for line in read_fills_jsonl(path)] == [str(at) for at in range(1, 40)]
    path.write_text("\n".join([*rows[:5], "", *rows[5:], "{"]), encoding="utf-8")
    with pytest.raises(FillsFileDamaged, match=r"fills\.jsonl:41: no JSON"):
        list(read_fills_jsonl(path))


def test_row_that_is_broken_over_two_lines_is_damage(tmp_path: Path) -> None:
    """A newline inside an id is no part of it."""
    with pytest.raises(FillsFileDamaged, match=r"fills\.jsonl:2: no JSON"):
        read(tmp_path, row(), row().replace('"billId": "9"', '"billId": "9\n9"'))


def test_fills_of_a_file_fold(tmp_path: Path) -> None:
    """From bytes to a position, without a client."""
    lines = read(tmp_path, row(), row(tradeId="8", billId="10", side="sell", fillSz="0.5", fillTime="1700000000001"))
    leg = fold_lines(lines, history_complete=True).leg("BTC/USDT:USDT")
    assert leg is not None
    assert leg.contracts == Decimal("1.5")


def test_file_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    """The caller named it."""
    with pytest.raises(UsageError, match="cannot be read"):
        list(read_fills_jsonl(tmp_path / "none.jsonl"))
