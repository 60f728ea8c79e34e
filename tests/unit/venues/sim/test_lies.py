"""Planted lies: told to whom they are meant for, on their endpoint alone, and counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualwitness.models import Axis, Library
from dualwitness.venues.client import VenueClient
from dualwitness.venues.sim.lies import LIES, Asked, LieTeller, Theme, library_of, parse_plant
from tests.support.venue import CCXT_AGENT, SDK_AGENT, ask, frozen_venue

# One question for each endpoint that has a lie, such that the honest answer has something to lie about.
QUESTIONS = {
    "/api/v5/account/balance": "",
    "/api/v5/account/config": "",
    "/api/v5/account/instruments": "?instType=SWAP",
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
    "/api/v5/trade/orders-pending": "",
}
# Everything that changes an answer to a question: not what needs an order, and not what befalls a connection.
SPOKEN = [name for name, lie in LIES.items() if lie.toxic is None and lie.operation != "place_order"]
LIBRARIES = {Library.CCXT: CCXT_AGENT, Library.OKX_SDK: SDK_AGENT}


def rows(name: str, path: str) -> list[Any]:
    """The rows of the lied-about answer."""
    answer = ask(frozen_venue("positions", lies=(name,)), path + QUESTIONS[path])
    data: list[Any] = json.loads(answer.body)["data"]
    return data


def honest(path: str) -> list[Any]:
    """The rows of the honest answer."""
    data: list[Any] = json.loads(ask(frozen_venue("positions"), path + QUESTIONS[path]).body)["data"]
    return data


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", SPOKEN)
def test_lie_changes_its_endpoints_and_only_for_the_named_library(name: str, library: Library) -> None:
    """The other library and every other endpoint get the honest bytes."""
    truthful, lying = frozen_venue("positions"), frozen_venue("positions", lies=(f"{name}@{library}",))
    changed = set()
    for path, query in QUESTIONS.items():
        for asker, agent in LIBRARIES.items():
            if ask(truthful, path + query, agent=agent) != ask(lying, path + query, agent=agent):
                changed.add((path, asker))
    assert changed == {(path, library) for path in LIES[name].paths}
    assert lying.lie_hits == {f"{name}@{library}": len(LIES[name].paths)}


@pytest.mark.parametrize("name", SPOKEN)
def test_lie_for_nobody_in_particular_is_told_to_both_libraries_alike(name: str) -> None:
    """Both get the same false bytes."""
    for path in LIES[name].paths:
        answers = [
            ask(frozen_venue("positions", lies=(name,)), path + QUESTIONS[path], agent=agent)
            for agent in LIBRARIES.values()
        ]
        assert answers[0] == answers[1] != ask(frozen_venue("positions"), path + QUESTIONS[path])


@pytest.mark.parametrize("name", LIES)
def test_lie_names_an_axis_and_an_operation_that_exist(name: str) -> None:
    """What an auditor needs to know of it."""
    lie = LIES[name]
    assert lie.name == name
    assert lie.axis in (Axis.E, Axis.I, Axis.M)
    assert hasattr(VenueClient, lie.operation)
    assert sum(act is not None for act in (lie.transform, lie.transport, lie.toxic)) == 1
    assert hasattr(VenueClient, lie.cause.operation)


def test_lies_are_sorted_and_every_toxic_of_a_bad_network_is_among_them() -> None:
    """The registry is in the order it is printed; a network has eight ways to be bad."""
    assert list(LIES) == sorted(LIES)
    toxics = {name for name, lie in LIES.items() if lie.theme is Theme.TOXIC}
    assert toxics == {
        *("latency", "down", "bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"),
    }


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
