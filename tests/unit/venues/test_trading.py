"""The door for a trading loop: one call an intent, cancels that always pass, a kill that leaves nothing unnamed."""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Library, Side, Venue
from dualwitness.risk import RiskEngine, StoreUnusable
from dualwitness.venues.errors import OrderStoreFailed, UsageError
from dualwitness.venues.orders import FateState, OrderProtocol, client_order_id_for
from dualwitness.venues.paper import PaperVenue
from dualwitness.venues.routing_opening import open_trader
from dualwitness.venues.trading import Trader
from tests.support.clients import heard_venue
from tests.support.order_world import order_world
from tests.support.paper import book
from tests.support.trading_world import (
    KEYS,
    SWAP,
    both_compared,
    broken,
    intended,
    lines_of,
    open_at,
    paper_world,
    resting,
    sim_trader,
    write_config,
)

MINUTE_MS = 60_000


def test_intent_with_a_nonce_gets_the_id_that_follows_from_it(tmp_path: Path) -> None:
    """The same strategy, intent and nonce have one id, also after a restart; the old name of the call works too."""
    with paper_world(tmp_path) as world:
        intent = intended(client_order_id=None)
        assert world.trader.execute(intent).reason == "INTENT_ID_MISSING"
        execution = world.trader.execute(intent, nonce=7)
        assert execution.fate is not None
        assert execution.fate.client_order_id == client_order_id_for("trend_following", intent, 7)
        world.shelf.clock.at_ms += 2
        assert world.trader.route_and_execute(intended(2)).outcome == "filled"


def test_same_intent_under_the_same_id_is_not_sent_again(tmp_path: Path) -> None:
    """Asked twice, its fate is given twice; the venue has one order, and another intent under the id is refused."""
    with paper_world(tmp_path) as world:
        first, second = world.trader.execute(intended()), world.trader.execute(intended())
        assert (first.outcome, second.outcome) == ("filled", "filled")
        assert first.fate is not None
        assert second.fate is not None
        assert first.fate.venue_order_id == second.fate.venue_order_id
        assert world.trader.execute(intended(side=Side.SHORT)).reason == "INTENT_ID_REUSED"
        assert len(world.desk.get_fills()) == 1
        assert [line["kind"] for line in world.lines] == ["decision", "fate", "asked again", "decision"]


def test_resting_order_counts_until_it_is_cancelled(tmp_path: Path) -> None:
    """Reserved while it is open, given back when the cancel is confirmed."""
    with paper_world(tmp_path) as world:
        assert world.trader.execute(resting(1)).outcome == "live"
        assert len(world.engine.open_orders()) == 1
        done = world.trader.cancel("order1")
        assert (done.confirmed, done.problems) == (True, ())
        assert (open_at(world), world.engine.open_orders()) == ([], ())
        assert world.lines[-1]["kind"] == "cancel"


@pytest.mark.parametrize("state", ["killed", "halted", "store gone", "journal gone", "rate used up"])
def test_cancel_passes_whatever_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    """No switch, no limit and no broken file keeps an order from being cancelled."""
    with paper_world(tmp_path, limits={"max_messages_per_minute": 1}) as world:
        assert world.trader.execute(resting(1)).outcome == "live"
        if state == "killed":
            world.engine.kill("ann", "test")
        elif state == "halted":
            world.engine.halt("ann", "test")
        elif state == "journal gone":
            file = tmp_path / "exchanges" / "routing.jsonl"
            file.unlink()
            file.mkdir()
        if state == "store gone":
            gone = StoreUnusable("locked", advice="wait")
            with broken(monkeypatch, RiskEngine, "note_message", gone), broken(monkeypatch, RiskEngine, "settle", gone):
                done = world.trader.cancel("order1")
            assert len(done.problems) == 2
        else:
            done = world.trader.cancel("order1")
            assert bool(done.problems) == (state == "journal gone")
        assert done.confirmed
        assert open_at(world) == []


def test_order_that_was_never_sent_cannot_be_cancelled_or_resolved(tmp_path: Path) -> None:
    """Nothing is known of it, and that is said."""
    with paper_world(tmp_path) as world:
        done = world.trader.cancel("nobody")
        assert (done.fate, done.confirmed) == (None, False)
        assert "was ever sent" in done.problems[0]
        with pytest.raises(UsageError, match="was ever sent"):
            world.trader.resolve("nobody")


def test_tending_settles_what_happened_meanwhile(tmp_path: Path) -> None:
    """A resting order fills while nobody looks; the next turn of the loop knows and gives its slot back."""
    with paper_world(tmp_path) as world:
        world.trader.execute(resting(1))
        world.shelf.clock.at_ms += 100
        world.shelf.show(book(SWAP, bids=(("98.0", "10"),), asks=(("98.5", "10"),), ts_ms=world.shelf.clock.at_ms))
        (fate,) = world.trader.tend()
        assert (fate.client_order_id, fate.state) == ("order1", FateState.FILLED)
        assert world.engine.open_orders() == ()
        assert world.trader.tend() == ()
        with pytest.raises(UsageError):
            world.trader.resolve("order2")


def test_trader_of_the_next_program_recovers_what_was_in_flight(tmp_path: Path) -> None:
    """The first program ended without an answer; the second one's first call resolves and settles it."""
    with order_world() as world:
        with (
            sim_trader(tmp_path, world.base_url) as trader,
            world.faults("lost_reply:times=1", "http_503:path=trade/order,after=1"),
        ):
            execution = trader.execute(intended(1))
            assert execution.unknown
        with sim_trader(tmp_path, world.base_url) as trader:
            (fate,) = trader.recover()
            assert (fate.client_order_id, fate.state) == ("order1", FateState.FILLED)
            assert trader.recovery_problems == ()
            assert trader.execute(intended(1)).outcome == "filled"
        assert world.placed() == {"order1": 1}


def test_order_that_was_counted_and_never_kept_is_given_back_only_when_it_is_proven_absent(tmp_path: Path) -> None:
    """A program that died between counting and keeping: nobody knows the id, and a minute must pass."""
    with paper_world(tmp_path) as world:
        swap = next(one for one in world.desk.get_instruments() if one.symbol == SWAP)
        facts = world.route.facts.gather(intended(), swap, config=world.route.config, mode=world.route.mode)
        assert world.engine.validate(intended(), facts.inputs).risk_checks_passed
        assert world.trader.recover() == ()
        assert "goes on counting" in world.trader.recovery_problems[0]
        assert len(world.engine.open_orders()) == 1
        world.shelf.clock.at_ms += MINUTE_MS
        (fate,) = Trader(world.router, world.shelf.clock.now_ms).recover()
        assert (fate.client_order_id, fate.state) == ("order1", FateState.ABSENT)
        assert world.engine.open_orders() == ()


def test_recovery_that_fails_is_tried_again_and_gives_nothing_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that cannot be read proves nothing about any order."""
    with paper_world(tmp_path) as world:
        world.trader.execute(resting(1))
        later = Trader(world.router, world.shelf.clock.now_ms)
        with broken(monkeypatch, OrderProtocol, "recover", OrderStoreFailed("no")):
            assert later.recover() == ()
            assert "could not be resolved" in later.recovery_problems[0]
        assert len(world.engine.open_orders()) == 1
        (fate,) = later.recover()
        assert fate.state is FateState.LIVE


def test_threads_share_the_limits_exactly(tmp_path: Path) -> None:
    """Eight threads, forty intents, room for ten: ten are sent, and the clients never meet two threads at once."""
    busy: list[int] = []
    met: list[int] = []

    class Counted:
        def __init__(self, desk: PaperVenue) -> None:
            self._desk = desk

        def __getattr__(self, name: str) -> Any:
            found = getattr(self._desk, name)
            if not callable(found) or name == "venue":
                return found

            def method(*given: Any, **named: Any) -> Any:
                busy.append(1)
                met.append(len(busy))
                try:
                    return found(*given, **named)
                finally:
                    busy.pop()

            return method

    with paper_world(tmp_path, limits={"rate_limit_per_symbol_per_minute": 10}, wrap=Counted) as world:
        outcomes: list[str | None] = []
        counted = threading.Lock()

        def work(first: int) -> None:
            for number in range(first, 40, 8):
                execution = world.trader.execute(resting(number + 1, size=Decimal("0.001") * (number + 1)))
                with counted:
                    outcomes.append(execution.reason)

        threads = [threading.Thread(target=work, args=(first,)) for first in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count(None) == 10
        assert outcomes.count("RATE_SYMBOL_EXCEEDED") == 30
        assert len(open_at(world)) == 10
        assert set(met) == {1}


@pytest.mark.parametrize("main", list(Library))
def test_trader_over_both_libraries_trades_at_the_embedded_venue(tmp_path: Path, main: Library) -> None:
    """Bought, rested, cancelled and sold, over either library, with a real preflight and a real position."""
    with order_world() as world, sim_trader(tmp_path, world.base_url, main=main) as trader:
        assert trader.execute(intended(1)).outcome == "filled"
        price = str(int(world.price()) - 900)
        execution = trader.execute(intended(2, order_type="limit", price=price))
        assert execution.outcome == "live"
        assert execution.preflight is not None
        assert execution.preflight.ok
        assert trader.cancel("order2").confirmed
        closing = trader.execute(intended(3, side=Side.SHORT, reduce_only=True))
        assert closing.outcome == "filled"
        too_much = trader.execute(intended(4, side=Side.SHORT, reduce_only=True))
        assert too_much.reason == "REDUCE_NOT_SHRINKING"
        assert all(row.contracts == 0 for row in world.clients["ccxt"].get_positions(SWAP))
        assert len(world.placed()) == 3
        first = lines_of(tmp_path / "exchanges")[0]
    values = {check["rule"]: check["value"] for check in first["checks"]}
    assert values["positions_quality"] == "reliable"
    assert values["max_leverage"] == "3"
    assert first["config_sha256"]
    text = (tmp_path / "exchanges" / "routing.jsonl").read_text()
    assert not any(secret in text for secret in KEYS.values())


def test_trader_with_one_library_alone_opens_nothing(tmp_path: Path) -> None:
    """What one library tells of the position is not proven, so only what reduces could pass."""
    with order_world() as world, sim_trader(tmp_path, world.base_url) as trader:
        route = trader.router.routes[Venue.OKX]
        facts: Any = route.facts
        facts._clients = facts._clients[:1]
        assert trader.execute(intended(1)).reason == "POSITION_UNRELIABLE"


def test_trader_meets_a_venue_that_lies_about_positions_to_one_library(tmp_path: Path) -> None:
    """The libraries disagree, so the position is unreliable and the order is refused."""
    with order_world() as world, sim_trader(tmp_path, world.base_url) as trader:
        assert trader.execute(intended(1)).outcome == "filled"
        with world.faults("positions_empty@ccxt"):
            execution = trader.execute(intended(2))
        assert execution.reason == "POSITION_UNRELIABLE"
        assert any("disagree" in note for note in lines_of(tmp_path / "exchanges")[-1]["notes"])
        assert trader.execute(intended(3)).outcome == "filled"


def test_day_that_lost_too_much_takes_no_order_and_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """Equity of the day's beginning is kept: fees alone break a limit of one cent."""
    with order_world() as world:
        with sim_trader(tmp_path, world.base_url, max_daily_loss_usd=Decimal("0.01")) as trader:
            assert trader.execute(intended(1)).outcome == "filled"
        with sim_trader(tmp_path, world.base_url, max_daily_loss_usd=Decimal("0.01")) as trader:
            assert trader.execute(intended(2)).reason == "LOSS_LIMIT_REACHED"
        (entry,) = json.loads((tmp_path / "day_result.json").read_text()).values()
        assert entry["equity"]["USDT"] == "100000"


def test_day_result_that_cannot_be_known_refuses(tmp_path: Path) -> None:
    """A damaged file is no reason to begin the day anew."""
    (tmp_path / "day_result.json").write_text("[1")
    with paper_world(tmp_path) as world:
        assert world.trader.execute(intended()).reason == "LOSS_UNKNOWN"
        world.trader.note_result(
            Venue.OKX,
            realised_usd=Decimal(0),
            unrealised_usd=Decimal(0),
            venue_time_ms=world.shelf.clock.at_ms,
        )
        assert world.trader.execute(intended(2)).outcome == "filled"


def test_demo_orders_that_are_simulated_never_reach_the_venue(tmp_path: Path) -> None:
    """One word of the configuration: the same loop, no keys, no order on the wire, fills in the file."""
    with heard_venue("funded") as (venue, base_url):
        config = write_config(tmp_path, {"simulate_demo_orders": True})
        trader = open_trader(
            "okx",
            who="tests",
            config_folder=config,
            base_url=base_url,
            journal_folder=tmp_path / "exchanges",
            clock_ms=venue.clock.now_ms,
        )
        with trader:
            execution = trader.execute(intended(1))
        assert (execution.outcome, execution.simulated) == ("filled", True)
        assert {method for method, _, _ in venue.heard} == {"GET"}
        assert (tmp_path / "exchanges" / "demo_trades.jsonl").exists()


def test_simulation_and_live_exclude_each_other(tmp_path: Path) -> None:
    """A live order is not simulated, and real orders need keys and a preflight."""
    config = write_config(tmp_path, {"simulate_demo_orders": True})
    with pytest.raises(UsageError, match="simulated"):
        open_trader("okx", KEYS, who="tests", config_folder=config, live=True)
    config = write_config(tmp_path)
    with pytest.raises(UsageError, match="need keys"):
        open_trader("okx", who="tests", config_folder=config, preflight=both_compared)
    with pytest.raises(UsageError, match="preflight"):
        open_trader("okx", KEYS, who="tests", config_folder=config, journal_folder=tmp_path)
