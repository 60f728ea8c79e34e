"""Timing inside one process, on a clock that the test turns."""

from __future__ import annotations

import gc

import pytest

from dualwitness.benchmarks.cell import Contender
from dualwitness.benchmarks.meter import Meter, MeteredClient
from dualwitness.benchmarks.rounds import Interleaved, measure, without_garbage_collection


class Work:
    """A clock that contenders advance, and a record of who ran."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ran: list[str] = []
        self.collected: list[bool] = []

    def clock(self) -> float:
        return self.now

    def contender(self, name: str, seconds: float, *, units: int = 1, repeats: int = 1) -> Contender:
        def run() -> None:
            self.now += seconds
            self.ran.append(name)
            self.collected.append(gc.isenabled())

        return Contender(name, run, units, repeats)


def test_cost_of_a_contender_is_that_of_one_unit_of_one_repeat() -> None:
    """Three repeats of 8 seconds over 4 rows cost 2 seconds a row."""
    work = Work()
    stage = Interleaved([work.contender("rows", 8, units=4, repeats=3)], work.clock)
    assert stage.round(0) == {"rows": 2.0}
    assert work.ran == ["rows"] * 3


def test_rounds_of_three_contenders_begin_with_another_one_each() -> None:
    """Nobody is always first, or always behind the same one."""
    work = Work()
    stage = Interleaved([work.contender(name, 1) for name in "abc"], work.clock)
    for number in range(3):
        stage.round(number)
    assert "".join(work.ran) == "abcbcacab"


def test_measured_rounds_leave_out_the_one_that_warms_up() -> None:
    """Three rounds are asked for: four are run, and the expensive first one is not counted."""
    work = Work()
    costs = iter([100.0, 1.0, 2.0, 3.0])

    def run() -> None:
        work.now += next(costs)

    assert measure(Interleaved([Contender("one", run)], work.clock), 3) == [{"one": 1.0}, {"one": 2.0}, {"one": 3.0}]


def test_garbage_collection_is_off_while_contenders_run_and_on_afterwards() -> None:
    """A collection would be charged to whoever happens to run."""
    work = Work()
    measure(Interleaved([work.contender("one", 1)], work.clock), 1)
    assert work.collected == [False, False]
    assert gc.isenabled()


def test_garbage_collection_comes_back_after_an_error_inside() -> None:
    """A contender that raises does not leave the process without a collector."""
    with pytest.raises(ZeroDivisionError), without_garbage_collection():
        raise ZeroDivisionError
    assert gc.isenabled()


class Client:
    """Spends clock time in a question, and in closing."""

    label = "ccxt"

    def __init__(self, work: Work) -> None:
        self._work = work

    def get_positions(self, symbol: str) -> str:
        self._work.now += 2
        if not symbol:
            raise LookupError(symbol)
        return symbol

    def close(self) -> None:
        self._work.now += 5


def test_metered_client_counts_questions_and_nothing_else() -> None:
    """Two questions of 2 seconds, one of which fails, are 4; closing and properties are passed on uncounted."""
    work = Work()
    meter = Meter(work.clock)
    client = MeteredClient(Client(work), meter, "ccxt")
    assert client.get_positions("BTC/USDT") == "BTC/USDT"
    with pytest.raises(LookupError):
        client.get_positions("")
    client.close()
    assert client.label == "ccxt"
    assert meter.take() == {"ccxt": 4.0}
    assert meter.take() == {}
