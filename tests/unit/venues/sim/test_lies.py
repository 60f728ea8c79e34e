"""Planted lies: told to whom they are meant for, on their endpoint alone, and counted."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from dualwitness.models import Axis, FindingKind, Library, PositionsQuality
from dualwitness.venues.client import VenueClient
from dualwitness.venues.sim.engine.bulk import load_round_trips
from dualwitness.venues.sim.engine.deleveraging import deleverage
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.lies import (
    BLIND_SPOTS,
    LIES,
    Asked,
    Lie,
    LieTeller,
    Needs,
    Telling,
    Theme,
    edits,
    library_of,
    parse_plant,
)
from tests.support.venue import CCXT_AGENT, SDK_AGENT, ask, frozen_venue, parsed

# One question for each endpoint that has a lie, such that the honest answer has something to lie about.
QUESTIONS = {
    "/api/v5/account/balance": "",
    "/api/v5/account/bills": "",
    "/api/v5/account/bills-archive": "",
    "/api/v5/account/config": "",
    "/api/v5/account/instruments": "?instType=SWAP",
    "/api/v5/account/leverage-info": "?instId=ETH-USDT-SWAP&mgnMode=cross",
    "/api/v5/account/positions": "",
    "/api/v5/account/trade-fee": "?instType=SWAP&instFamily=BTC-USDT",
    "/api/v5/market/books": "?instId=BTC-USDT&sz=5",
    "/api/v5/market/books-full": "?instId=BTC-USDT&sz=5",
    "/api/v5/market/candles": "?instId=BTC-USDT",
    "/api/v5/market/history-candles": "?instId=BTC-USDT",
    "/api/v5/market/ticker": "?instId=BTC-USDT-SWAP",
    "/api/v5/public/instruments": "?instType=SWAP",
    "/api/v5/public/time": "",
    "/api/v5/trade/fills": "",
    "/api/v5/trade/fills-history": "?instType=SWAP",
    "/api/v5/trade/order": "?instId=ETH-USDT-SWAP&ordId=1795000000123386088",
    "/api/v5/trade/orders-history": "?instType=SWAP",
    "/api/v5/trade/orders-history-archive": "?instType=SWAP",
    "/api/v5/trade/orders-pending": "",
}


def _changes_a_first_answer(lie: Lie) -> bool:
    """Not what needs an order or more than the scenario holds, what recalls, and what befalls a connection."""
    speaks = lie.transform is not None or lie.transport is not None
    return speaks and lie.operation != "place_order" and lie.needs in (Needs.NOTHING, Needs.PAGES)


SPOKEN = [
    name
    for name, lie in LIES.items()
    if _changes_a_first_answer(lie) and lie.transform is not edits.empty_beyond_first_page
]
FILLS = "/api/v5/trade/fills"
LIBRARIES = {Library.CCXT: CCXT_AGENT, Library.OKX_SDK: SDK_AGENT}


def rows(name: str, path: str) -> list[Any]:
    """The rows of the lied-about answer."""
    answer = ask(frozen_venue("positions", lies=(name,)), path + QUESTIONS[path])
    data: list[Any] = json.loads(answer.body)["data"]
    return data


def honest(path: str) -> list[Any]:
    """The rows of the honest answer."""
    data: list[Any] = json.loads(true_answer(path).body)["data"]
    return data


@cache
def true_answer(path: str) -> Response:
    """The answer without a lie, which is the same for every library."""
    answers = {ask(frozen_venue("positions"), path + QUESTIONS[path], agent=agent) for agent in LIBRARIES.values()}
    (answer,) = answers
    return answer


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", SPOKEN)
def test_lie_changes_its_endpoints_and_only_for_the_named_library(name: str, library: Library) -> None:
    """The other library and every other endpoint get the honest bytes."""
    lying = frozen_venue("positions", lies=(f"{name}@{library}",))
    changed = set()
    for path, query in QUESTIONS.items():
        for asker, agent in LIBRARIES.items():
            if true_answer(path) != ask(lying, path + query, agent=agent):
                changed.add((path, asker))
    assert changed == {(path, library) for path in LIES[name].paths}
    assert lying.lie_hits == {f"{name}@{library}": len(LIES[name].paths)}


@pytest.mark.parametrize("name", SPOKEN)
def test_lie_for_nobody_in_particular_is_told_to_both_libraries_alike(name: str) -> None:
    """Both get the same false bytes."""
    venue = frozen_venue("positions", lies=(name,))
    for path in LIES[name].paths:
        answers = [ask(venue, path + QUESTIONS[path], agent=agent) for agent in LIBRARIES.values()]
        assert answers[0] == answers[1] != true_answer(path)


@pytest.mark.parametrize("name", LIES)
def test_lie_names_an_axis_and_an_operation_that_exist(name: str) -> None:
    """What an auditor needs to know of it."""
    lie = LIES[name]
    assert lie.name == name
    assert lie.axis in (Axis.E, Axis.I, Axis.M)
    assert hasattr(VenueClient, lie.operation)
    assert lie.acts == 1
    assert hasattr(VenueClient, lie.cause.operation)
    assert (lie.cause.severity is None) is (lie.cause.kind is None)
    if lie.operation == "get_positions" and lie.cause.kind is FindingKind.EVIDENCE_CONFLICT:
        assert lie.cause.quality is not PositionsQuality.RELIABLE or name in BLIND_SPOTS


def test_lies_are_sorted_and_every_toxic_of_a_bad_network_is_among_them() -> None:
    """The registry is in the order it is printed; a network has eight ways to be bad."""
    assert list(LIES) == sorted(LIES)
    toxics = {name for name, lie in LIES.items() if lie.theme is Theme.TOXIC}
    assert toxics == {
        *("latency", "down", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"),
    }


def test_catalogue_has_over_a_hundred_lies_about_rows_and_few_blind_spots() -> None:
    """All three axes are lied about; faults of the transport do not count; a blind spot is a lie with a reason."""
    themes = Counter(lie.theme for lie in LIES.values())
    rows = [themes[theme] for theme in (Theme.ENVIRONMENT, Theme.IDENTITY, Theme.MARKET_INTERACTION)]
    assert min(rows) >= 25
    assert sum(rows) >= 110
    assert len(BLIND_SPOTS) * 20 <= sum(rows)
    assert all(name in LIES and reason.strip() for name, reason in BLIND_SPOTS.items())


def test_recalled_balance_stands_still_while_executions_go_on() -> None:
    """The first answer to a question is its answer for ever; it was true once, so only then is nothing told."""
    path, order = "/api/v5/account/balance", {"instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy"}
    venue = frozen_venue("positions", lies=("balance_frozen",))
    first = ask(venue, path).body
    assert venue.lie_hits == {"balance_frozen": 0}
    venue.write("/api/v5/trade/order", order | {"ordType": "market", "sz": "1"})
    assert ask(venue, path).body == first
    assert venue.lie_hits == {"balance_frozen": 1}
    venue.teller.withdraw("balance_frozen")
    assert ask(venue, path).body != first


def test_recalled_question_is_one_with_the_same_parameters() -> None:
    """Another question gets its own answer; for a lie about pages the page makes no other question of it."""
    venue = frozen_venue("positions", lies=("fills_frozen", "bills_page_repeated"))
    load_round_trips(venue.account, "DOGE-USDT-SWAP", 130)
    swaps, spots = (ask(venue, f"/api/v5/trade/fills-history?instType={kind}").body for kind in ("SWAP", "SPOT"))
    assert swaps != spots
    first = parsed(ask(venue, "/api/v5/account/bills"))["data"]
    assert parsed(ask(venue, f"/api/v5/account/bills?after={first[-1]['billId']}"))["data"] == first
    assert venue.lie_hits == {"fills_frozen": 0, "bills_page_repeated": 1}


@pytest.mark.parametrize("name", ["bills_second_page_empty", "fills_second_page_empty"])
def test_second_page_of_a_long_list_is_empty_and_the_first_is_true(name: str) -> None:
    """It ends where the first page ends."""
    path, cursor = LIES[name].paths[0], "billId"
    venue, truthful = (frozen_venue("positions", lies=lies) for lies in ((name,), ()))
    for one in (venue, truthful):
        load_round_trips(one.account, "DOGE-USDT-SWAP", 130)
    first = parsed(ask(venue, path))["data"]
    assert first == parsed(ask(truthful, path))["data"]
    assert len(first) == 100
    more = f"{path}?after={first[-1][cursor]}"
    assert parsed(ask(venue, more))["data"] == []
    assert parsed(ask(truthful, more))["data"] != []


def test_missing_liquidation_is_what_the_venue_closed_by_itself() -> None:
    """Our own executions stay."""
    venue, truthful = (frozen_venue("positions", lies=lies) for lies in (("liquidation_missing",), ()))
    for one in (venue, truthful):
        deleverage(one.account, "BTC-USDT-SWAP", "net", Decimal("0.5"))
    false, true = (parsed(ask(one, FILLS))["data"] for one in (venue, truthful))
    assert [row for row in true if row not in false] == true[:1]
    assert len(false) == len(true) - 1


def test_witness_of_a_teller_sees_each_answer_with_and_without_a_lie() -> None:
    """Of two lies each is shown against the other alone; one that the other hides changes nothing."""
    seen: list[Telling] = []
    venue = frozen_venue("positions", lies=("position_contracts_doubled", "blank_positions_field"))
    venue.teller.witness = seen.append
    answer = ask(venue, "/api/v5/account/positions")
    assert [one.plant.label for one in seen] == ["position_contracts_doubled", "blank_positions_field"]
    doubled, blanked = seen
    assert doubled.answer == doubled.without == blanked.answer == answer
    assert blanked.without == ask(
        frozen_venue("positions", lies=("position_contracts_doubled",)), "/api/v5/account/positions"
    )


def test_lie_edits_a_copy_and_leaves_the_true_rows_alone() -> None:
    """What the engine handed over is still true afterwards, and the lie can be told again."""
    envelope: dict[str, object] = {"code": "0", "data": [{"instId": "X", "pos": "2"}], "msg": ""}
    asked = Asked("/api/v5/account/positions", {}, frozen_venue().market)
    teller = LieTeller([parse_plant("position_contracts_doubled")])
    answers = [teller.tell(envelope, 200, asked, None).body for _ in range(2)]
    assert answers == [b'{"code":"0","data":[{"instId":"X","pos":"4"}],"msg":""}'] * 2
    assert envelope["data"] == [{"instId": "X", "pos": "2"}]


def test_unused_lie_is_reported_as_never_asked() -> None:
    """The control endpoint tells planted from told; it lies outside the API."""
    venue = frozen_venue("positions", lies=("fee_missing@ccxt", "positions_empty"))
    ask(venue, "/api/v5/account/positions")
    report = json.loads(venue.respond("GET", "/control/lies", {}).body)["lies"]
    assert report == [
        {"asked": 0, "library": "ccxt", "lie": "fee_missing", "told": 0},
        {"asked": 1, "library": None, "lie": "positions_empty", "told": 1},
    ]


def test_lie_with_nothing_to_lie_about_is_asked_and_not_told() -> None:
    """No position, nothing to double."""
    venue = frozen_venue("funded", lies=("position_contracts_doubled",))
    ask(venue, "/api/v5/account/positions")
    assert venue.lie_hits == {"position_contracts_doubled": 0}


def test_row_lie_leaves_a_refusal_alone() -> None:
    """An unsigned question is refused as ever."""
    venue = frozen_venue("positions", lies=("positions_empty",))
    answer = venue.respond("GET", "/api/v5/account/positions", {})
    assert answer.status == 401
    assert venue.lie_hits == {"positions_empty": 0}


def test_two_lies_on_one_endpoint_are_both_told() -> None:
    """Lies add up, transport last."""
    venue = frozen_venue("positions", lies=("truncated_json", "position_contracts_doubled", "leverage_wrong"))
    ask(venue, "/api/v5/account/positions")
    assert set(venue.lie_hits.values()) == {1}


def test_flipped_positions_have_the_opposite_sign_and_the_same_size() -> None:
    """Every derivative of the net account changes sides, nothing else does."""
    path = "/api/v5/account/positions"
    for false, true in zip(rows("position_side_flipped", path), honest(path), strict=True):
        changed = {key for key in true if true[key] != false[key]}
        assert changed == {"pos"}
        assert false["pos"] == (true["pos"][1:] if true["pos"].startswith("-") else "-" + true["pos"])


def test_flipped_positions_of_a_long_short_account_change_their_side() -> None:
    """There the size is positive and posSide tells."""
    venue = frozen_venue("long_short", lies=("position_side_flipped@ccxt",))
    path = "/api/v5/account/positions"
    true = json.loads(ask(venue, path, agent=SDK_AGENT).body)["data"]
    false = json.loads(ask(venue, path, agent=CCXT_AGENT).body)["data"]
    assert [row["pos"] for row in true] == [row["pos"] for row in false]
    assert all({one["posSide"], other["posSide"]} == {"long", "short"} for one, other in zip(true, false, strict=True))


def test_duplicate_fill_comes_twice_and_dropped_fill_not_at_all() -> None:
    """The newest row, once more or once less."""
    path = "/api/v5/trade/fills"
    true = honest(path)
    assert rows("duplicate_fill", path) == [true[0], *true]
    assert rows("fill_dropped", path) == true[1:]


def test_fee_lies_blank_the_fee_or_turn_its_sign() -> None:
    """Fee and currency blank; or the same amount with the other sign."""
    path = "/api/v5/trade/fills"
    assert {(row["fee"], row["feeCcy"]) for row in rows("fee_missing", path)} == {("", "")}
    for false, true in zip(rows("fee_sign_flipped", path), honest(path), strict=True):
        assert false["fee"].lstrip("-") == true["fee"].lstrip("-")
        assert (false["fee"] == true["fee"]) is (true["fee"] == "0")


def test_swapped_symbol_is_another_instruments_true_ticker() -> None:
    """The row is genuine, only not what was asked for."""
    false = rows("symbol_swapped", "/api/v5/market/ticker")[0]
    assert false["instId"] != "BTC-USDT-SWAP"
    assert false["instType"] == "SWAP"
    target = f"/api/v5/market/ticker?instId={false['instId']}"
    assert json.loads(ask(frozen_venue(), target).body)["data"] == [false]


def test_stale_ticker_is_ten_minutes_older_and_cheaper() -> None:
    """Old and off, but still a ticker with bid not above ask."""
    path = "/api/v5/market/ticker"
    false, true = rows("stale_ticker", path)[0], honest(path)[0]
    assert int(true["ts"]) - int(false["ts"]) == 600_000
    assert false["last"] != true["last"]
    assert set(false) == set(true)


@pytest.mark.parametrize(
    ("agent", "library"),
    [
        ("python-requests/2.32", Library.CCXT),
        ("Python/3.11 aiohttp/3.13", Library.CCXT),
        ("python-httpx/0.28.1", Library.OKX_SDK),
        ("Python/3.11 websockets/15.0", Library.OKX_SDK),
        ("curl/8", None),
        ("", None),
    ],
)
def test_library_is_told_by_its_user_agent(agent: str, library: Library | None) -> None:
    """Anything unknown is neither."""
    assert library_of(agent) is library
