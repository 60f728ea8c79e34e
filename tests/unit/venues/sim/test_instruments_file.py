"""A table of instruments from a file of recorded answers, and what is wrong with files that are none."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.instruments import INSTRUMENTS, row
from dualwitness.venues.sim.instruments_file import InstrumentsFileError, load_instruments
from dualwitness.venues.sim.market import Market
from tests.support.shared import INSTRUMENT_ENVIRONMENTS, instrument_rows

MOMENT_MS = 1_795_000_000_123
SAMPLE = {one.inst_type: row(one) for one in reversed(INSTRUMENTS)}


def saved(tmp_path: Path, content: object) -> Path:
    file = tmp_path / "instruments.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def real_rows(environment: str) -> list[dict[str, Any]]:
    """Every recorded row of a type that the venue trades."""
    return [one for one in instrument_rows(environment) if one["instType"] != "EVENTS"]


@pytest.mark.parametrize("environment", INSTRUMENT_ENVIRONMENTS)
def test_every_recorded_row_comes_back_unchanged(tmp_path: Path, environment: str) -> None:
    """Thousands of real rows, test and pre-listed ones included, in the file's order."""
    rows = real_rows(environment)
    table = load_instruments(saved(tmp_path, {"code": "0", "data": rows, "msg": ""}))
    assert len(table) > 1_600
    assert [row(instrument) for instrument in table] == rows


@pytest.mark.parametrize("environment", INSTRUMENT_ENVIRONMENTS)
def test_market_of_a_recorded_table_prices_everything_that_trades(tmp_path: Path, environment: str) -> None:
    """Unknown coins get a price that suits their tick; last lies in the book, on tick."""
    table = load_instruments(saved(tmp_path, real_rows(environment)))
    market = Market(4, FrozenClock(MOMENT_MS), table)
    for instrument in table[::3]:
        ticker = market.ticker(instrument.inst_id)
        assert ticker.bid.px <= ticker.last <= ticker.ask.px
        assert ticker.last % market.instrument(instrument.inst_id).tick_sz == 0
        assert market.usd(instrument.base_ccy) > 0
    unknown = market.instrument("LINEA-USDT-SWAP")
    assert 9_000 < market.last(unknown.inst_id) / unknown.tick_sz < 110_000


def test_own_table_survives_the_way_through_a_file(tmp_path: Path) -> None:
    """What the venue lists, it can load: the typed fields agree too, but for the remembered row."""
    table = load_instruments(saved(tmp_path, [{"code": "0", "data": [row(one)], "msg": ""} for one in INSTRUMENTS]))
    assert [row(one) for one in table] == [row(one) for one in INSTRUMENTS]
    assert [(one.base_ccy, one.quote_ccy, one.ct_type, one.contract_size) for one in table] == [
        (one.base_ccy, one.quote_ccy, one.ct_type, one.contract_size) for one in INSTRUMENTS
    ]


def test_row_given_back_is_a_copy(tmp_path: Path) -> None:
    """Whoever edits an answer does not edit the table."""
    (instrument,) = load_instruments(saved(tmp_path, SAMPLE["SPOT"]))
    row(instrument)["tickSz"] = "7"
    assert row(instrument) == SAMPLE["SPOT"]


@pytest.mark.parametrize(
    ("inst_type", "change", "words"),
    [
        ("SPOT", {"instType": "STOCK"}, "instType must be one of"),
        ("SPOT", {"instType": "EVENTS"}, "instType must be one of"),
        ("SPOT", {"tickSz": ""}, "tickSz must not be blank"),
        ("SPOT", {"tickSz": "0"}, "tickSz must be a number above 0"),
        ("SPOT", {"lotSz": "NaN"}, "lotSz must be a number above 0"),
        ("SPOT", {"minSz": "one"}, "minSz must be a number"),
        ("SPOT", {"minSz": 1}, "minSz must be a text"),
        ("SPOT", {"instId": ""}, "instId must not be blank"),
        ("SPOT", {"baseCcy": "", "instId": "BTC"}, "instId must name two currencies"),
        ("SPOT", {"instIdCode": "3"}, "instIdCode must be a whole number"),
        ("SPOT", {"instIdCode": True}, "instIdCode must be a whole number"),
        ("SWAP", {"ctVal": ""}, "ctVal must not be blank"),
        ("SWAP", {"ctType": ""}, "ctType must not be blank"),
        ("SWAP", {"ctType": "square"}, "ctType must be one of"),
        ("SWAP", {"settleCcy": ""}, "settleCcy must not be blank"),
        ("FUTURES", {"expTime": "soon"}, "expTime must be milliseconds"),
        ("OPTION", {"stk": ""}, "stk must not be blank"),
        ("OPTION", {"optType": "X"}, "optType must be one of"),
    ],
)
def test_row_without_sense_is_refused_by_place_name_and_field(
    tmp_path: Path, inst_type: str, change: dict[str, object], words: str
) -> None:
    """The message leads to the line to correct."""
    rows = [SAMPLE["MARGIN"], SAMPLE[inst_type] | change]
    with pytest.raises(InstrumentsFileError, match=words) as caught:
        load_instruments(saved(tmp_path, rows))
    assert str(caught.value).startswith("row 2 (")
    assert isinstance(caught.value, UsageError)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"data": []}', "[3]", '"x"', "null", "[" * 100_000])
def test_file_that_is_no_table_is_refused(tmp_path: Path, content: str) -> None:
    """Not JSON, no rows, or rows that are no objects."""
    with pytest.raises(InstrumentsFileError):
        load_instruments(saved(tmp_path, content))


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(InstrumentsFileError, match=r"absent\.json"):
        load_instruments(tmp_path / "absent.json")


def test_instrument_that_stands_twice_and_code_of_two_instruments_are_refused(tmp_path: Path) -> None:
    """MARGIN shares the code of its SPOT row, nobody else does."""
    both = load_instruments(saved(tmp_path, [SAMPLE["SPOT"], SAMPLE["MARGIN"]]))
    assert both[0].inst_id_code == both[1].inst_id_code
    with pytest.raises(InstrumentsFileError, match="stands there twice"):
        load_instruments(saved(tmp_path, [SAMPLE["SPOT"], SAMPLE["SPOT"]]))
    stolen = SAMPLE["SWAP"] | {"instIdCode": SAMPLE["SPOT"]["instIdCode"]}
    with pytest.raises(InstrumentsFileError, match="is that of BTC-USDT"):
        load_instruments(saved(tmp_path, [SAMPLE["SPOT"], stolen]))


def test_row_that_does_not_trade_may_leave_sizes_blank(tmp_path: Path) -> None:
    """OKX's pre-listed rows do; theirs count as 1."""
    blank = SAMPLE["SWAP"] | {"state": "preopen", "tickSz": "", "ctVal": "", "ctType": "", "instIdCode": None}
    (instrument,) = load_instruments(saved(tmp_path, blank))
    assert (instrument.tick_sz, instrument.ct_val, instrument.state) == (Decimal(1), Decimal(1), "preopen")
    assert row(instrument) == blank
