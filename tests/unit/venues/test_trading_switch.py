"""The kill switch of a trader: whoever trips it, nothing new leaves, and what is open is cancelled or named."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dualwitness.risk import RiskEngine, StoreUnusable, SwitchStuck, TradingState, WhoNeeded
from dualwitness.venues.errors import TransportError
from dualwitness.venues.orders import OrderProtocol
from dualwitness.venues.paper import PaperVenue
from dualwitness.venues.routing_turns import Turns
from tests.support.order_world import order_world
from tests.support.trading_world import SWAP, PaperWorld, broken, intended, open_at, paper_world, resting, sim_trader


def test_kill_refuses_everything_new_and_cancels_everything_open(tmp_path: Path) -> None:
    """Three resting orders, one kill: none is open, each is named, and only a named reset opens again."""
    with paper_world(tmp_path) as world:
        for number in (1, 2, 3):
            assert world.trader.execute(resting(number)).outcome == "live"
        report = world.trader.kill("ann", "something is wrong")
        assert (report.tripped, report.clear, report.unconfirmed, report.problems) == (True, True, (), ())
        assert {fate.client_order_id for fate in report.cancelled} == {"order1", "order2", "order3"}
        assert (open_at(world), world.engine.open_orders()) == ([], ())
        assert world.trader.execute(resting(4)).reason == "KILL_TRIPPED"
        assert world.trader.kill_tripped
        with pytest.raises(WhoNeeded):
            world.trader.reset("", "because")
        assert world.trader.execute(resting(5)).reason == "KILL_TRIPPED"
        world.trader.reset("ann", "it was nothing")
        assert world.trader.last_sweep is None
        assert world.trader.execute(resting(6)).outcome == "live"
    kill = next(line for line in world.lines if line["kind"] == "kill")
    assert (kill["by"], kill["tripped"], len(kill["cancelled"])) == ("ann", True, 3)


def test_kill_by_nobody_for_no_reason_kills_all_the_same(tmp_path: Path) -> None:
    """A formality does not keep the switch from being thrown; what cannot be printed is left out."""
    with paper_world(tmp_path) as world:
        report = world.trader.kill("\n", "x" * 1_000 + "\x1b[2J")
        assert report.tripped
        assert report.who == "somebody unnamed"
        assert world.trader.execute(intended()).reason == "KILL_TRIPPED"


def test_kill_whose_switch_is_stuck_halts_instead_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file cannot be written: trading is halted, open orders are cancelled, and this program sends nothing more."""
    with paper_world(tmp_path) as world:
        world.trader.execute(resting(1))
        with broken(monkeypatch, RiskEngine, "kill", SwitchStuck("no", advice="give permission")):
            report = world.trader.kill("ann", "test")
        assert (report.tripped, report.clear) == (False, False)
        assert "halted instead" in " ".join(report.problems)
        assert open_at(world) == []
        assert world.trader.state is TradingState.HALTED
        assert world.trader.execute(intended(2)).outcome == "rejected"
        world.trader.reset("ann", "repaired")
        assert world.trader.execute(intended(3)).outcome == "filled"


def test_kill_with_no_store_at_all_still_cancels_and_stops_this_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing can be counted or remembered: what the order store knows is cancelled, and nothing new leaves."""
    gone = StoreUnusable("gone", advice="repair")
    with paper_world(tmp_path) as world:
        world.trader.execute(resting(1))
        with monkeypatch.context() as patch:
            for name in ("kill", "halt", "note_message", "settle", "open_orders"):
                patch.setattr(RiskEngine, name, lambda *_, **__: (_ for _ in ()).throw(gone))
            report = world.trader.kill("ann", "test")
        assert open_at(world) == []
        assert not report.tripped
        assert len(report.problems) >= 3
        assert world.trader.execute(intended(2)).reason == "KILL_TRIPPED"
        assert not world.desk.get_fills()


def test_kill_lists_what_nobody_confirmed(tmp_path: Path) -> None:
    """The venue does not answer the cancel: the order is named, and asked for again later."""
    silent = [True]

    class Deaf:
        def __init__(self, desk: PaperVenue) -> None:
            self._desk = desk

        def __getattr__(self, name: str) -> Any:
            if silent[0] and name in ("cancel_order", "get_order", "get_open_orders"):
                return self._no_answer
            return getattr(self._desk, name)

        @staticmethod
        def _no_answer(*_: Any, **__: Any) -> Any:
            message = "no answer"
            raise TransportError(message)

    with paper_world(tmp_path, wrap=Deaf) as world:
        silent[0] = False
        assert world.trader.execute(resting(1)).outcome == "live"
        silent[0] = True
        report = world.trader.kill("ann", "test")
        (doubt,) = report.unconfirmed
        assert (doubt.client_order_id, doubt.symbol, report.clear) == ("order1", SWAP, False)
        assert any("could not be listed" in problem for problem in report.problems)
        silent[0] = False
        world.shelf.clock.at_ms += 2_000
        world.trader.tend()
        assert world.trader.last_sweep is not None
        assert world.trader.last_sweep.clear
        assert open_at(world) == []


def test_kill_leaves_orders_of_others_alone_and_names_them(tmp_path: Path) -> None:
    """What a person placed by hand may be what protects the account."""
    with order_world() as world, sim_trader(tmp_path, world.base_url) as trader:
        foreign = world.order(rests=True, kind=resting(1).order_type)
        world.clients["ccxt"].place_order(foreign)
        assert trader.execute(intended(2, order_type="limit", price=str(int(world.price()) - 900))).outcome == "live"
        report = trader.kill("ann", "test")
        assert [order.client_order_id for order in report.others] == [foreign.intent.client_order_id]
        assert [fate.client_order_id for fate in report.cancelled] == ["order2"]
        assert world.true_state(str(foreign.intent.client_order_id))[0] == "live"


def test_kill_cancels_what_was_believed_to_be_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The venue's list of open orders has the last word over our own."""
    with paper_world(tmp_path) as world:
        world.trader.execute(resting(1))
        monkeypatch.setattr(OrderProtocol, "unfinished", lambda _: ())
        report = world.trader.kill("ann", "test")
        assert open_at(world) == []
        # Its reservation was not settled by that, so it is still named.
        assert [one.client_order_id for one in report.unconfirmed] == ["order1"]


def test_kill_does_not_wait_for_an_order_that_is_stuck(tmp_path: Path) -> None:
    """The switch is thrown at once; what could not be cancelled in time is named."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(_: Any) -> Any:
        inside.set()
        go_on.wait(20)
        message = "gave up"
        raise TransportError(message)

    with paper_world(tmp_path, preflight=slow) as world:
        world.route.preflight = None
        assert world.trader.execute(resting(1)).outcome == "live"
        world.route.preflight = slow
        world.shelf.clock.at_ms += 2
        thread = threading.Thread(target=world.trader.execute, args=(resting(2),))
        thread.start()
        assert inside.wait(20)
        started = time.monotonic()
        report = world.trader.kill("ann", "test", patience_s=0.05)
        assert time.monotonic() - started < 5
        assert report.tripped
        assert {one.client_order_id for one in report.unconfirmed} >= {"order1"}
        assert "nothing was cancelled yet" in " ".join(report.problems)
        go_on.set()
        thread.join()
        world.shelf.clock.at_ms += 2_000
        world.trader.tend()
        assert open_at(world) == []


def trip_by_file(world: PaperWorld) -> None:
    """As anybody can."""
    world.engine.switch.path.touch()


def trip_by_engine(world: PaperWorld) -> None:
    """As another program does."""
    world.engine.kill("bob", "test")


@pytest.mark.parametrize("trip", [trip_by_file, trip_by_engine])
def test_switch_that_somebody_else_trips_is_met_by_the_next_order(
    tmp_path: Path, trip: Callable[[PaperWorld], None]
) -> None:
    """The loop's next intent is refused, and everything open is cancelled before it returns."""
    with paper_world(tmp_path) as world:
        world.trader.execute(resting(1))
        trip(world)
        assert world.trader.execute(resting(2)).reason == "KILL_TRIPPED"
        assert open_at(world) == []
        assert world.trader.last_sweep is not None
        assert world.trader.last_sweep.clear


def test_switch_that_somebody_else_trips_is_met_by_the_watch(tmp_path: Path) -> None:
    """Without any intent: the watching thread sees the file, again after a reset; without it nothing happens."""
    with paper_world(tmp_path) as world:
        for number in (1, 2):
            world.shelf.clock.at_ms += 2
            assert world.trader.execute(resting(number)).outcome == "live"
            trip_by_file(world)
            time.sleep(0.1)
            assert open_at(world) == [f"order{number}"]
            with world.trader.watch(interval_s=0.01):
                until = time.monotonic() + 10
                while world.trader.last_sweep is None and time.monotonic() < until:
                    time.sleep(0.01)
            assert open_at(world) == []
            world.trader.reset("ann", "again")


def test_turn_that_is_urgent_comes_before_all_that_wait() -> None:
    """Five wait, one is at work, and who came last and is urgent is next."""
    turns, order = Turns(), list[str]()
    first, started = threading.Event(), threading.Event()

    def work(name: str) -> None:
        with turns.ordinary():
            order.append(name)
            if name == "first":
                started.set()
                first.wait(10)

    threads = [threading.Thread(target=work, args=("first",))]
    threads[0].start()
    assert started.wait(10)
    threads += [threading.Thread(target=work, args=(f"waiting {number}",)) for number in range(5)]
    for thread in threads[1:]:
        thread.start()

    def urgent() -> None:
        with turns.urgent(10) as is_ours:
            order.append(f"urgent {is_ours}")

    last = threading.Thread(target=urgent)
    last.start()
    time.sleep(0.05)
    first.set()
    for thread in (*threads, last):
        thread.join()
    assert order[:2] == ["first", "urgent True"]
    assert len(order) == 7
