"""Nonsense over WebSocket, lies in pushes, and instruments that end."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from dualwitness.venues.sim.engine import truth
from tests.support.venue import CCXT_AGENT, SDK_AGENT
from tests.support.ws import Desk

WORDS = (
    *("login", "subscribe", "unsubscribe", "order", "batch-orders", "cancel-order", "amend-order", "mass-cancel"),
    *("channel", "instId", "instType", "BTC-USDT", "orders", "positions", "books", "candle1m", "ANY", "", "\ud800"),
    *("op", "args", "id", "expTime", "extraParams", "instIdCode", "ordId", "sz", "px", "9" * 40, "-1", "NaN", "ä"),
)


def nonsense(draw: random.Random, depth: int = 0) -> Any:
    """A JSON value made of words that mean something elsewhere."""
    kind = draw.randrange(9 if depth < 4 else 6)
    if kind < 4:
        return draw.choice(WORDS)
    if kind < 6:
        return draw.choice((None, True, 0, -1, 10**30, 1.5))
    if kind == 6:
        return [nonsense(draw, depth + 1) for _ in range(draw.randrange(4))]
    return {draw.choice(WORDS): nonsense(draw, depth + 1) for _ in range(draw.randrange(5))}


@pytest.mark.parametrize("endpoint", ["business", "private", "public"])
def test_nonsense_is_always_answered_and_never_changes_the_account(endpoint: str) -> None:
    """Two thousand messages: each has an answer of OKX's form, and nothing else has happened."""
    desk = Desk("positions")
    listener = desk.listen(endpoint).login()
    before = truth(desk.venue.account)
    draw = random.Random(endpoint)
    for number in range(2_000):
        desk.monotonic_s = number * 10.0
        named = {draw.choice(WORDS): draw.choice(WORDS) for _ in range(4)} | {"channel": draw.choice(WORDS)}
        message = {"op": draw.choice(WORDS), "args": draw.choice((nonsense(draw), [named])), "id": nonsense(draw, 3)}
        chosen = message if draw.randrange(4) else nonsense(draw)
        answers = listener.say(json.dumps(chosen))
        assert answers
        for answer in answers:
            assert {"event", "op", "arg"} & set(answer)
    assert truth(desk.venue.account) == before


def test_lie_about_positions_is_told_in_pushes_to_the_library_it_is_meant_for() -> None:
    """And counted as told."""
    desk = Desk("positions", lies=("positions_empty@ccxt",))
    told = desk.listen("private", agent=CCXT_AGENT).login().subscribe("positions", instType="ANY")[-1]
    honest = desk.listen("private", agent=SDK_AGENT).login().subscribe("positions", instType="ANY")[-1]
    assert told["data"] == []
    assert honest["data"]
    assert desk.venue.lie_hits == {"positions_empty@ccxt": 1}


def test_stream_of_an_instrument_that_expires_falls_silent() -> None:
    """The venue goes on, and so do the other channels."""
    desk = Desk()
    future = next(one for one in desk.venue.market.instruments if one.inst_type == "FUTURES")
    listener = desk.listen("public")
    listener.subscribe("tickers", instId=future.inst_id)
    listener.subscribe("tickers", instId="BTC-USDT")
    assert future.exp_time_ms is not None
    desk.clock.at_ms = future.exp_time_ms + 5_000
    desk.tick()
    listener.heard()
    desk.pass_time(1)
    assert {row["instId"] for row in listener.rows("tickers")} <= {"BTC-USDT", future.inst_id}
    desk.pass_time(1)
    assert "BTC-USDT" in {row["instId"] for row in listener.rows("tickers")}


def test_buffer_that_nobody_reads_ends_the_connection() -> None:
    """4005: a client that is too slow is let go."""
    listener = Desk().listen("public")
    for _ in range(20_001):
        listener.session.send(b"pong")
    assert listener.session.closing is not None
    assert listener.session.closing.code == 4005
