"""The venue's control endpoints."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dualwitness.venues.sim.engine import truth
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.venue import FROZEN_MS, ask, frozen_venue, parsed


def control(venue: EmbeddedVenue, name: str, given: object = None) -> tuple[int, dict[str, Any]]:
    """Status and body of one control request; a GET without ``given``."""
    method, body = ("GET", b"") if given is None else ("POST", json.dumps(given).encode())
    response = venue.respond(method, f"/control/{name}", {}, body)
    return response.status, json.loads(response.body)


def test_lie_is_planted_and_withdrawn_while_the_venue_runs() -> None:
    """The answer changes and changes back; the report follows."""
    venue = frozen_venue("positions")
    target = "/api/v5/account/positions"
    honest = ask(venue, target)
    status, report = control(venue, "lies", {"plant": "positions_empty"})
    assert (status, [line["lie"] for line in report["lies"]]) == (200, ["positions_empty"])
    assert ask(venue, target) != honest
    assert control(venue, "lies")[1]["lies"][0]["told"] == 1
    assert control(venue, "lies", {"withdraw": "positions_empty"}) == (200, {"lies": []})
    assert ask(venue, target) == honest


def test_truth_is_what_the_account_holds() -> None:
    """As the engine tells it."""
    venue = frozen_venue("positions")
    assert control(venue, "truth") == (200, truth(venue.account))


def test_time_is_told_and_moved_on() -> None:
    """By a step and to a moment; public time and data follow."""
    venue = frozen_venue()
    assert control(venue, "time") == (200, {"now_ms": FROZEN_MS})
    assert control(venue, "time", {"advance_ms": 1_500}) == (200, {"now_ms": FROZEN_MS + 1_500})
    assert control(venue, "time", {"set_ms": FROZEN_MS + 60_000}) == (200, {"now_ms": FROZEN_MS + 60_000})
    assert parsed(venue.respond("GET", "/api/v5/public/time", {}))["data"] == [{"ts": str(FROZEN_MS + 60_000)}]


def test_advanced_time_lets_a_timer_go_off() -> None:
    """Whatever is due on the way has happened when the answer comes: here a funding payment."""
    venue = frozen_venue("positions")
    before = truth(venue.account)["balances"]
    control(venue, "time", {"advance_ms": 9 * 3_600_000})
    assert truth(venue.account)["balances"] != before


def test_price_is_shaken_from_now_on() -> None:
    """Half the dollar price of a coin, on every instrument of it."""
    venue = frozen_venue()
    before = venue.market.last("BTC-USDT")
    status, answer = control(venue, "price", {"ccy": "BTC", "factor": "0.5"})
    assert (status, answer["ccy"], answer["factor"]) == (200, "BTC", "0.5")
    assert abs(venue.market.last("BTC-USDT") * 2 / before - 1) < 1


def test_position_is_deleveraged_by_force() -> None:
    """One contract of a long position is closed against its will."""
    venue = frozen_venue("positions")
    held = venue.account.held(venue.account.instruments["BTC-USDT-SWAP"], "cross", "net")
    given = {"inst_id": "BTC-USDT-SWAP", "pos_side": "net", "contracts": "1"}
    assert control(venue, "adl", given) == (200, {"contracts": str(held - 1), "inst_id": "BTC-USDT-SWAP"})


@pytest.mark.parametrize(
    ("name", "given", "hint"),
    [
        ("lies", {"plant": "position_empty"}, "did you mean positions_empty?"),
        ("lies", {"withdraw": "positions_empty"}, "not planted"),
        ("lies", {}, "exactly one of plant, withdraw"),
        ("lies", {"plant": "positions_empty", "withdraw": "x"}, "exactly one of"),
        ("lies", [], "one JSON object"),
        ("time", {"advance_ms": -1}, "only moves forward"),
        ("time", {"advance_ms": 1.5}, "must be a whole number, was '1.5'"),
        ("time", {"set_ms": 1}, "only moves forward"),
        ("time", {"set_ms": "9" * 30}, "must be a whole number"),
        ("adl", {"inst_id": "BTC-USDT-SWAP"}, "pos_side is missing"),
        ("adl", {"inst_id": "BTC-USDT-SWAP", "pos_side": "net", "contracts": "1"}, "nothing can be deleveraged"),
        ("adl", {"inst_id": "NOPE", "pos_side": "net", "contracts": "1"}, "nothing can be deleveraged"),
        ("adl", {"inst_id": "BTC-USDT-SWAP", "pos_side": "net", "contracts": "NaN"}, "contracts must be a number"),
        ("price", {"ccy": "BTC"}, "factor is missing"),
        ("price", {"factor": 2}, "ccy is missing"),
        ("price", {"ccy": "BTC", "factor": "0"}, "factor must lie between"),
        ("price", {"ccy": "BTC", "factor": "much"}, "factor must be a number"),
        ("price", {"ccy": "NOPE", "factor": "2"}, "'NOPE'"),
    ],
)
def test_senseless_control_request_is_refused_with_a_reason(name: str, given: object, hint: str) -> None:
    """400, one clear error, and nothing has changed."""
    venue = frozen_venue()
    before = truth(venue.account)
    status, answer = control(venue, name, given)
    assert status == 400
    assert hint in answer["error"]
    assert (truth(venue.account), control(venue, "time")[1]["now_ms"]) == (before, FROZEN_MS)


def test_broken_json_and_unknown_paths_are_refused() -> None:
    """400, 404, 405."""
    venue = frozen_venue()
    for method, name, body, status in (
        ("POST", "lies", b"{", 400),
        ("POST", "lies", b"", 400),
        ("GET", "price", b"", 405),
        ("DELETE", "lies", b"", 405),
        ("GET", "nope", b"", 404),
    ):
        response = venue.respond(method, f"/control/{name}", {}, body)
        assert response.status == status
        assert json.loads(response.body)["error"]
