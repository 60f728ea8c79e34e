"""Plants: limits by endpoint, symbol, moment, count and chance; how they are written, and added and taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import Library
from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.lies import LIES, Asked, LieTeller, Scope, describe_lies, parse_plant, register
from dualwitness.venues.sim.lies.kinds import rows_of
from dualwitness.venues.sim.market import Market
from tests.support.venue import FROZEN_MS, ManualClock, ask, frozen_venue

POSITIONS = "/api/v5/account/positions"
FILLS = "/api/v5/trade/fills"
ROWS: list[object] = [{"instId": name, "pos": "2"} for name in ("A", "B", "A", "C")]


def asked(path: str = POSITIONS, clock: ManualClock | None = None, body: bytes = b"", **params: str) -> Asked:
    """A question at ``FROZEN_MS``, or by a clock that moves."""
    return Asked(path, params, Market(0, clock or ManualClock()), body)


def told(teller: LieTeller, question: Asked, rows: list[object] = ROWS) -> list[Any]:
    """The rows of one answer."""
    answer: list[Any] = json.loads(teller.tell({"code": "0", "data": rows, "msg": ""}, 200, question, None).body)[
        "data"
    ]
    return answer


def sizes(teller: LieTeller, question: Asked) -> list[str]:
    """What an answer says of all sizes."""
    return [row["pos"] for row in told(teller, question)]


@pytest.mark.parametrize(
    "text",
    [
        "positions_empty",
        "positions_empty@ccxt",
        "positions_empty@okx_sdk:path=account/positions,symbol=BTC-USDT-SWAP,from_ms=5,until_ms=9,after=3,times=2",
        "fee_zero:probability=0.5",
        "latency@ccxt:path=*,jitter_ms=7,latency_ms=20",
    ],
)
def test_plant_is_labelled_as_it_was_written(text: str) -> None:
    """Its label is its text, and reads back as the same plant."""
    assert parse_plant(text).label == text
    assert parse_plant(parse_plant(text).label) == parse_plant(text)


def test_plant_written_in_full_has_every_limit() -> None:
    """Each key lands where it belongs."""
    plant = parse_plant("slicer@ccxt:bytes=9,path=trade/fills,symbol=X,from_ms=1,until_ms=2,after=3,times=4")
    assert plant.library is Library.CCXT
    assert plant.scope == Scope("trade/fills", "X", 1, 2, 3, 4)
    assert dict(plant.options) == {"bytes": 9, "delay_ms": 1}


@pytest.mark.parametrize(
    ("text", "message", "advice"),
    [
        ("position_empty", "unknown lie", "did you mean positions_empty?"),
        ("positions_empty@cxt", "unknown library", "did you mean ccxt?"),
        ("positions_empty@", "unknown library", "choose one of ccxt, okx_sdk"),
        ("positions_empty:symbl=X", "unknown key 'symbl'", "did you mean symbol?"),
        ("latency:latncy_ms=5", "unknown key 'latncy_ms'", "did you mean latency_ms?"),
        ("positions_empty:latency_ms=5", "unknown key 'latency_ms'", ""),
        ("positions_empty:", "unknown key ''", ""),
        ("positions_empty:after", "after of the lie positions_empty has no value", "write after=VALUE once"),
        ("positions_empty:after=1,after=2", "is named twice", "write after=VALUE once"),
        ("positions_empty:after=-1", "must be a whole number, was '-1'", ""),
        ("positions_empty:times=٣", "must be a whole number", ""),
        ("positions_empty:symbol=", "symbol of the lie positions_empty is empty", "write symbol=VALUE"),
        ("positions_empty:probability=2", "from 0 to 1, was '2'", ""),
        ("positions_empty:probability=NaN", "from 0 to 1, was 'NaN'", ""),
        ("positions_empty:probability=often", "from 0 to 1, was 'often'", ""),
        ("positions_empty:path=trade/fills", "cannot be told on 'trade/fills'", ""),
        ("latency:jitter_ms=x", "jitter_ms of the lie latency must be a whole number", ""),
    ],
)
def test_plant_that_makes_no_sense_is_refused_with_the_nearest_word(text: str, message: str, advice: str) -> None:
    """A lie that does not exist must not pass for one that was never told."""
    with pytest.raises(UsageError, match=message.replace("(", "\\(")) as caught:
        parse_plant(text)
    assert advice in caught.value.advice


def test_plant_for_one_of_its_endpoints_spares_the_others() -> None:
    """One page and not the other."""
    teller = LieTeller([parse_plant("fills_empty:path=trade/fills")])
    assert told(teller, asked(FILLS)) == []
    assert told(teller, asked("/api/v5/trade/fills-history")) == ROWS


def test_plant_for_a_symbol_changes_its_rows_and_no_others() -> None:
    """Rows of the other instruments stay, in their places."""
    teller = LieTeller([parse_plant("position_contracts_doubled:symbol=A")])
    assert sizes(teller, asked()) == ["4", "2", "4", "2"]
    assert sizes(teller, asked(instId="B")) == ["2", "2", "2", "2"]
    assert teller.hits == {"position_contracts_doubled:symbol=A": 1}


def test_plant_for_a_symbol_that_empties_leaves_the_other_rows() -> None:
    """A symbol's rows can vanish, and one of them can come twice."""
    emptied = told(LieTeller([parse_plant("positions_empty:symbol=A")]), asked())
    assert [row["instId"] for row in emptied] == ["B", "C"]
    doubled = told(LieTeller([parse_plant("duplicate_fill:symbol=B")]), asked(FILLS))
    assert [row["instId"] for row in doubled] == ["A", "B", "B", "A", "C"]


def test_plant_for_a_symbol_on_rows_without_one_goes_by_the_question() -> None:
    """Books and candles do not name their instrument."""
    candle: list[object] = [["1", "5", "6", "4", "5"]]
    teller = LieTeller([parse_plant("candle_close_blank:symbol=A")])
    path = "/api/v5/market/candles"
    assert told(teller, asked(path, instId="B"), candle) == candle
    assert told(teller, asked(path, instId="A"), candle) == [["1", "5", "6", "4", ""]]


def test_fault_for_a_symbol_befalls_only_questions_that_name_it() -> None:
    """In the query, in a list, or in the posted order; never a question about everything."""
    teller = LieTeller([parse_plant("down:path=*,symbol=A")])
    meant = [asked(instId="A"), asked(instId="B,A"), asked(body=b'{"instId":"A"}'), asked(body=b'[{"instId":"A"}]')]
    spared = [asked(), asked(instId="B"), asked(body=b"{"), asked(body=b'["A"]')]
    assert [teller.effects(one, None).lost for one in meant + spared] == [True] * 4 + [False] * 4


def test_plant_with_moments_is_told_between_them_alone() -> None:
    """From the first, until the second, in venue time."""
    clock = ManualClock()
    teller = LieTeller([parse_plant(f"positions_empty:from_ms={FROZEN_MS + 10},until_ms={FROZEN_MS + 20}")])
    seen = []
    for offset in (0, 9, 10, 19, 20):
        clock.at_ms = FROZEN_MS + offset
        seen.append(told(teller, asked(clock=clock)) == [])
    assert seen == [False, False, True, True, False]


def test_plant_with_after_and_times_is_told_so_often_and_then_no_more() -> None:
    """Two true answers, then three false ones."""
    teller = LieTeller([parse_plant("positions_empty:after=2,times=3")])
    assert [told(teller, asked()) == [] for _ in range(7)] == [False, False, True, True, True, False, False]
    assert teller.report() == [
        {"asked": 7, "library": None, "lie": "positions_empty", "limits": "after=2,times=3", "told": 3}
    ]


def test_plant_with_a_probability_is_told_in_that_share_and_repeats_by_seed() -> None:
    """Chance is drawn by seed and count: the same seed gives the same answers."""

    def course(seed: int, share: str) -> list[bool]:
        teller = LieTeller([parse_plant(f"positions_empty:probability={share}")], seed=seed)
        return [told(teller, asked()) == [] for _ in range(400)]

    assert course(1, "0.25") == course(1, "0.25") != course(2, "0.25")
    assert 70 <= sum(course(1, "0.25")) <= 130
    assert (sum(course(1, "0")), sum(course(1, "1"))) == (0, 400)


def test_plant_added_and_withdrawn_at_run_time_is_told_in_between() -> None:
    """Planting twice is planting once; what is not planted cannot be withdrawn."""
    teller = LieTeller()
    assert sizes(teller, asked()) == ["2"] * 4
    teller.plant("position_contracts_doubled")
    teller.plant(parse_plant("position_contracts_doubled"))
    assert sizes(teller, asked()) == ["4"] * 4
    assert teller.withdraw("position_contracts_doubled").lie.name == "position_contracts_doubled"
    assert (sizes(teller, asked()), teller.plants) == (["2"] * 4, ())
    with pytest.raises(UsageError, match="is not planted"):
        teller.withdraw("position_contracts_doubled")
    with pytest.raises(UsageError, match="unknown lie"):
        teller.withdraw("nothing")


def test_lie_of_ones_own_is_planted_by_its_name() -> None:
    """Registered once, it can be told; a taken or unwritable name and a lie that does nothing are refused."""

    def backwards(envelope: dict[str, object], _asked: Asked) -> dict[str, object]:
        return envelope | {"data": rows_of(envelope)[::-1]}

    own = register(replace(LIES["positions_empty"], name="positions_reversed", transform=backwards))
    try:
        assert register(own) is own
        assert list(LIES) == sorted(LIES)
        assert told(LieTeller([parse_plant("positions_reversed")]), asked()) == ROWS[::-1]
        assert "| `positions_reversed` |" in describe_lies()
        for wrong in (replace(own), replace(own, name="a:b"), replace(own, name="idle", transform=None)):
            with pytest.raises(UsageError):
                register(wrong)
    finally:
        del LIES["positions_reversed"]


def test_venue_with_limited_lies_counts_them_by_label() -> None:
    """The command line's text is the label of the count."""
    label = "positions_empty:symbol=ETH-USDT-SWAP,after=1"
    venue = frozen_venue("positions", lies=(label,))
    first, second = (json.loads(ask(venue, POSITIONS).body)["data"] for _ in range(2))
    assert len(second) == len(first) - 1
    assert venue.lie_hits == {label: 1}


PUSHES = [
    ("positions", "position_contracts_doubled", {"instId": "A", "pos": "2"}, {"instId": "A", "pos": "4"}),
    ("orders", "fee_sign_flipped", {"fee": "-1", "sz": "2"}, {"fee": "1", "sz": "2"}),
    ("orders", "order_side_flipped", {"side": "buy"}, {"side": "sell"}),
    ("account", "balance_inflated", {"details": [{"cashBal": "1"}]}, {"details": [{"cashBal": "10"}]}),
    ("tickers", "ticker_last_blank", {"last": "5"}, {"last": ""}),
    ("books5", "book_sides_swapped", {"asks": [["2"]], "bids": [["1"]]}, {"asks": [["1"]], "bids": [["2"]]}),
    ("candle1m", "candle_close_blank", ["1", "2", "3", "4", "5"], ["1", "2", "3", "4", ""]),
    (
        "balance_and_position",
        "position_contracts_doubled",
        {"balData": [{"cashBal": "1"}], "posData": [{"pos": "2"}]},
        {"balData": [{"cashBal": "1"}], "posData": [{"pos": "4"}]},
    ),
]


@pytest.mark.parametrize(("channel", "name", "true", "false"), PUSHES)
def test_lie_is_told_in_pushes_of_the_channel_that_carries_its_rows(
    channel: str, name: str, true: object, false: object
) -> None:
    """The same lie over REST and WebSocket; the rows that were handed over stay true."""
    before = json.dumps(true)
    teller = LieTeller([parse_plant(name)])
    assert teller.tell_rows(channel, [true], asked("/ws")) == [false]
    assert json.dumps(true) == before
    assert teller.tell_rows("trades", [true], asked("/ws")) == [true]
    assert teller.hits == {name: 1}


def test_push_to_a_library_that_is_not_meant_stays_true() -> None:
    """A lie for one library is told to it alone, and to nobody who is neither."""
    teller = LieTeller([parse_plant("position_contracts_doubled@ccxt")])
    rows: list[object] = [{"pos": "2"}]
    assert teller.tell_rows("positions", rows, asked("/ws"), Library.OKX_SDK) == rows
    assert teller.tell_rows("positions", rows, asked("/ws")) == rows
    assert teller.tell_rows("positions", rows, asked("/ws"), Library.CCXT) == [{"pos": "4"}]


def test_effects_of_several_toxics_add_up_and_none_is_no_effect() -> None:
    """Delays are summed, the narrower limit holds, jitter stays within its bounds and repeats by seed."""
    path = POSITIONS
    assert LieTeller().effects(asked(path), None) is LieTeller([parse_plant("fee_zero")]).effects(asked(path), None)
    texts = ("latency:latency_ms=50", "bandwidth:rate_kbps=2", "limit_data:bytes=9", "slow_close:delay_ms=4")
    both = LieTeller(map(parse_plant, texts)).effects(asked(path), None)
    assert (both.latency_ms, both.bytes_per_second, both.limit_bytes, both.close_delay_ms) == (50, 2048, 9, 4)
    jittery = [LieTeller([parse_plant("latency:jitter_ms=40")], seed=3) for _ in range(2)]
    one, other = ([teller.effects(asked(path), None).latency_ms for _ in range(50)] for teller in jittery)
    assert one == other
    assert min(one) >= 60
    assert max(one) <= 140
    assert len(set(one)) > 20


def test_probability_is_kept_exactly_as_it_was_written() -> None:
    """A share is a Decimal from the command line on."""
    assert parse_plant("fee_zero:probability=0.10").scope.probability == Decimal("0.1")
