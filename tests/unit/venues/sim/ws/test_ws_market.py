"""What the market channels push."""

from __future__ import annotations

from typing import Any

import pytest

from dualwitness.venues.sim.routes_public import PUBLIC_ROUTES
from tests.support.venue import recorded
from tests.support.ws import Desk

SPOT, SWAP, INVERSE, FUTURE = "BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP", "BTC-USDT-270326"
Side = dict[str, list[str]]


def folded(side: Side, levels: list[list[str]]) -> Side:
    """One side of the book after a push, as a client would keep it."""
    changed = side | {level[0]: level for level in levels}
    return {price: level for price, level in changed.items() if level[1] != "0"}


def rest(desk: Desk, path: str, **params: str) -> list[Any]:
    """The rows of a public endpoint."""
    rows = PUBLIC_ROUTES["GET", f"/api/v5/market/{path}"](desk.venue.market, params)
    assert isinstance(rows, list)
    return rows


@pytest.mark.parametrize("inst_id", [SPOT, SWAP, INVERSE, FUTURE])
def test_books_deltas_lead_from_the_snapshot_to_every_later_book(inst_id: str) -> None:
    """A client that folds the changes holds exactly the book of REST, second after second."""
    desk = Desk()
    listener = desk.listen("public")
    _, snapshot = listener.subscribe("books", instId=inst_id)
    (row,) = snapshot["data"]
    assert (snapshot["action"], row["prevSeqId"]) == ("snapshot", -1)
    sides = {side: folded({}, row[side]) for side in ("asks", "bids")}
    sequence = row["seqId"]
    updates = 0
    for _ in range(40):
        desk.pass_time(1)
        for pushed in listener.heard():
            (row,) = pushed["data"]
            assert pushed["action"] == "update"
            assert row["prevSeqId"] == sequence < row["seqId"]
            sequence = row["seqId"]
            sides = {side: folded(sides[side], row[side]) for side in sides}
            updates += 1
        (expected,) = rest(desk, "books", instId=inst_id, sz="400")
        for side, held in sides.items():
            assert sorted(held.values()) == sorted(expected[side]), side
    assert updates >= 10


def test_books_row_has_the_keys_of_a_captured_one() -> None:
    """Captured in September 2026; the checksum has lapsed and is 0."""
    _, snapshot = Desk().listen("public").subscribe("books", instId=SPOT)
    assert list(snapshot) == ["arg", "action", "data"]
    (row,) = snapshot["data"]
    assert list(row) == ["asks", "bids", "ts", "checksum", "seqId", "prevSeqId"]
    assert row["checksum"] == 0
    assert all(len(level) == 4 and level[2] == "0" for level in row["asks"] + row["bids"])


@pytest.mark.parametrize(("channel", "levels"), [("books5", 5), ("bbo-tbt", 1)])
def test_small_books_are_pushed_whole(channel: str, levels: int) -> None:
    """Without an action; books5 names its instrument."""
    desk = Desk()
    listener = desk.listen("public")
    _, first = listener.subscribe(channel, instId=SPOT)
    desk.pass_time(5)
    pushes = [first, *listener.heard()]
    assert len(pushes) > 1
    for pushed in pushes:
        (row,) = pushed["data"]
        assert "action" not in pushed
        assert (len(row["asks"]), len(row["bids"])) == (levels, levels)
        assert ("instId" in row) is (channel == "books5")


def test_untouched_book_repeats_its_number_once_a_minute() -> None:
    """The heartbeat of a quiet book: no levels, seqId and prevSeqId the same."""
    from dualwitness.venues.sim.ws.streams import BookStream

    row = {"asks": [["2", "1", "0", "1"]], "bids": [["1", "1", "0", "1"]], "ts": "1", "seqId": 5}
    stream = BookStream(lambda: row)
    stream.opening(0)
    assert [stream.due(ms) for ms in (1_000, 59_000)] == [[], []]
    ((data, action, _),) = stream.due(60_000)
    assert (action, data) == ("update", [{**row, "asks": [], "bids": [], "checksum": 0, "prevSeqId": 5}])
    assert stream.due(61_000) == []


@pytest.mark.parametrize("inst_id", [SPOT, SWAP])
def test_tickers_push_has_the_recorded_fields_and_the_rows_of_rest(inst_id: str) -> None:
    """Every second a new one, spelled in the recorded order."""
    desk = Desk()
    listener = desk.listen("public")
    _, first = listener.subscribe("tickers", instId=inst_id)
    sample = recorded("cryptofeed/ws_ws_tickers/tickers_push_BTC-USDT.json")
    assert list(first["data"][0]) == list(sample["data"][0])
    desk.pass_time(3)
    rows = listener.rows("tickers")
    assert len(rows) == 3
    assert rows[-1] == rest(desk, "ticker", instId=inst_id)[0]


@pytest.mark.parametrize(("endpoint", "channel"), [("public", "trades"), ("business", "trades-all")])
def test_trades_push_every_public_trade_once_and_in_order(endpoint: str, channel: str) -> None:
    """The newest at once, then exactly those that REST has since, oldest first."""
    desk = Desk()
    listener = desk.listen(endpoint)
    listener.subscribe(channel, instId=SPOT)
    first = rest(desk, "trades", instId=SPOT, limit="1")
    desk.pass_time(20)
    pushed = [row["tradeId"] for row in listener.rows(channel)]
    printed = rest(desk, "trades", instId=SPOT, limit="500")
    newer = [row["tradeId"] for row in reversed(printed) if int(row["tradeId"]) > int(first[0]["tradeId"])]
    assert pushed == newer
    assert pushed


def test_trades_row_has_the_fields_of_a_recorded_one_and_those_that_came_later() -> None:
    """The count was recorded in 2025; source and seqId are documented since."""
    _, pushed = Desk().listen("public").subscribe("trades", instId=SPOT)
    sample = recorded("gocryptotrader/ws_ws_trades/wsAllTrades_0.json")
    (row,) = pushed["data"]
    assert set(row) - set(sample["data"][0]) == {"source", "seqId"}
    assert set(sample["data"][0]) <= set(row)


@pytest.mark.parametrize(("channel", "inst_id"), [
    ("candle1m", SPOT), ("candle1m", SWAP), ("mark-price-candle1m", SWAP), ("index-candle1m", SPOT),
])  # fmt: skip
def test_candle_is_confirmed_when_its_bar_is_over(channel: str, inst_id: str) -> None:
    """The running bar first; at the turn the old bar once more, confirmed, before the new one."""
    desk = Desk()
    listener = desk.listen("business")
    _, first = listener.subscribe(channel, instId=inst_id)
    bars = [first["data"][0]]
    desk.pass_time(61)
    bars += listener.rows(channel)
    starts = [int(bar[0]) for bar in bars]
    assert starts == sorted(starts)
    assert len(set(starts)) == 2
    closed = [bar for bar in bars if bar[0] == bars[0][0]][-1]
    assert closed[-1] == "1"
    assert bars[-1][-1] == "0"


@pytest.mark.parametrize(
    ("channel", "arg"),
    [
        ("funding-rate", {"instId": SWAP}),
        ("index-tickers", {"instId": SPOT}),
        ("mark-price", {"instId": SPOT}),
        ("mark-price", {"instId": FUTURE}),
        ("open-interest", {"instId": INVERSE}),
        ("price-limit", {"instId": SWAP}),
        ("opt-summary", {"instFamily": "BTC-USD"}),
        ("instruments", {"instType": "SWAP"}),
    ],
)
def test_row_channel_pushes_its_rows_at_once(channel: str, arg: dict[str, str]) -> None:
    """With the channel's argument above them."""
    _, pushed = Desk().listen("public").subscribe(channel, **arg)
    assert pushed["arg"] == {"channel": channel, **arg}
    assert pushed["data"]
    for name, value in arg.items():
        assert {row.get(name, value) for row in pushed["data"]} == {value}


def test_standing_clock_pushes_nothing_after_the_first_rows() -> None:
    """What does not change is not repeated."""
    desk = Desk()
    listener = desk.listen("public")
    listener.subscribe("tickers", instId=SPOT)
    for _ in range(3):
        desk.tick()
    assert len(listener.heard()) <= 1
