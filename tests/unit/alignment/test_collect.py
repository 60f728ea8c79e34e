"""Collecting: what is asked, in which order, and that the seed alone decides it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.alignment.collect import Collection, Collector
from dualwitness.alignment.observe import Witnesses
from dualwitness.alignment.session import Session
from dualwitness.alignment.world import OPENING
from dualwitness.models import LeverageSetting, Library, MarginMode
from dualwitness.venues import SafetyError, UsageError
from dualwitness.venues.errors import TransportError
from tests.support.observations import LINEAR, SPOT, exchange, fill, linear_swap, observed, order, position, spot_pair

ETHER = "ETH/USDT:USDT"


class Client:
    """A client that remembers what it was asked, and answers with what it was given."""

    venue = "okx"

    def __init__(self, library: Library, answers: dict[str, Any] | None = None) -> None:
        self.label = str(library)
        self.asked: list[tuple[str, str | None]] = []
        self._answers = {"get_instruments": (linear_swap(), linear_swap(symbol=ETHER), spot_pair())} | (answers or {})

    def drain_exchanges(self) -> tuple[Any, ...]:
        return ()

    def close(self) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("get_"):
            raise AttributeError(name)

        def answer(*words: Any, **_: Any) -> Any:
            self.asked.append((name, words[0] if words else None))
            told = self._answers.get(name, {"get_server_time": 1, "get_leverage": Decimal(3)}.get(name, ()))
            if isinstance(told, BaseException):
                raise told
            return told

        return answer


def clients(answers: dict[str, Any] | None = None) -> dict[Library, Any]:
    """Both libraries with the same answers."""
    return {library: Client(library, answers) for library in Library}


def questions(seed: int) -> list[tuple[str, str | None]]:
    """Everything that an audit of two symbols asks, in its order."""
    both = clients()
    with Witnesses(both) as witnesses:
        collector = Collector(Session(witnesses, None), seed, lambda _: None)
        assert collector.reach()
        collector.environment((LINEAR, ETHER), strict=True)
        collector.account((LINEAR, ETHER))
    assert both[Library.CCXT].asked == both[Library.OKX_SDK].asked
    return list(both[Library.CCXT].asked)


def test_order_of_asking_is_the_seed_s() -> None:
    """One seed gives one order; the seeds differ in order and never in what is asked."""
    orders = [questions(seed) for seed in (0, 0, 1, 2)]
    assert orders[0] == orders[1]
    assert len({tuple(order) for order in orders}) == 3
    assert len({tuple(sorted(order, key=str)) for order in orders}) == 1
    assert [name for name, _ in orders[0][:2]] == ["get_server_time", "get_instruments"]
    assert orders[0][2 + 2 * 4] == ("get_account_balance", None)
    assert orders[0][-1] == ("get_bills", None)
    assert len(orders[0]) == 2 + 2 * 4 + 1 + 5 + 1


def test_balance_before_the_orders_is_kept_apart_from_the_one_after_them() -> None:
    """Nobody may take the one for the other: the later one is that of the account."""
    both = clients()
    with Witnesses(both) as witnesses:
        collector = Collector(Session(witnesses, None), 0, lambda _: None)
        collector.environment((LINEAR,), strict=True)
        ((question, opening),) = collector.seen.opening
        assert collector.seen.pair_of("get_account_balance") == {}
        collector.account((LINEAR,))
    assert (question.operation, question.symbol, OPENING) == ("get_account_balance", None, "opening")
    later = collector.seen.pair_of("get_account_balance")
    assert set(opening) == set(later) == set(Library)
    assert all(opening[library] is not later[library] for library in Library)
    assert all(one in collector.seen.observations for pair in (opening, later) for one in pair.values())


def test_past_of_what_is_held_or_traded_is_read_after_the_account_and_the_bills_last() -> None:
    """Finished orders of every traded symbol, the leverage of what is held in its own margin modes."""
    answers = {
        "get_positions": (position(), position(margin_mode="isolated"), position(symbol=ETHER, margin_mode=None)),
        "get_fills": (fill(symbol=SPOT),),
        "get_open_orders": (order(symbol="GONE/USDT:USDT"),),
    }
    both = clients(answers)
    with Witnesses(both) as witnesses:
        collector = Collector(Session(witnesses, None), 0, lambda _: None)
        collector.environment((LINEAR,), strict=True)
        collector.account((LINEAR,))
    asked = both[Library.CCXT].asked
    assert sorted(symbol or "" for name, symbol in asked if name == "get_order_history") == [SPOT, LINEAR, ETHER]
    assert [symbol for name, symbol in asked if name == "get_leverage"] == [LINEAR, LINEAR]
    settings = collector.seen.pair_of("get_leverage", LINEAR)[Library.CCXT].rows
    assert settings == tuple(
        LeverageSetting(symbol=LINEAR, margin_mode=mode, leverage=Decimal(3)) for mode in MarginMode
    )
    reads = (
        "get_positions",
        "get_fills",
        "get_open_orders",
        "get_account_balance",
        "get_order_history",
        "get_leverage",
    )
    last = max(place for place, (name, _) in enumerate(asked) if name in reads)
    assert asked.index(("get_bills", None)) > last
    assert asked.count(("get_bills", None)) == 1


def test_venue_that_answers_one_library_alone_is_reached() -> None:
    """Each library's clock is its own; where none answered, nothing was reached."""
    both = clients()
    both[Library.CCXT] = Client(Library.CCXT, {"get_server_time": TransportError("down")})
    with Witnesses(both) as witnesses:
        collector = Collector(Session(witnesses, None), 0, lambda _: None)
        assert collector.reach()
    assert collector.seen.now_ms == {Library.OKX_SDK: 1}
    with Witnesses(clients({"get_server_time": TransportError("down")})) as witnesses:
        nobody = Collector(Session(witnesses, None), 0, lambda _: None)
        assert not nobody.reach()
    assert [one.error is None for one in nobody.seen.observations] == [False, False]


def test_symbol_that_is_not_listed_is_refused_where_it_was_asked_for_by_name() -> None:
    """Asked for: a suggestion; only configured: left out; without any list: nothing can be said."""
    with Witnesses(clients()) as witnesses:
        with pytest.raises(UsageError, match=r"does not list BTC/USDC:USDC") as refused:
            Collector(Session(witnesses, None), 0, lambda _: None).environment(("BTC/USDC:USDC",), strict=True)
        lenient = Collector(Session(witnesses, None), 0, lambda _: None)
        assert lenient.environment((LINEAR, "BTC/USDC:USDC"), strict=False) == (LINEAR,)
    assert LINEAR in refused.value.advice
    with Witnesses(clients({"get_instruments": TransportError("down")})) as witnesses:
        blind = Collector(Session(witnesses, None), 0, lambda _: None)
        assert blind.environment(("X/Y",), strict=True) == ("X/Y",)


def test_symbol_in_which_something_is_held_is_read_too() -> None:
    """What the account turned out to trade belongs to the audit, if the venue lists it."""
    held = (position(symbol=ETHER), position(symbol="GONE/USDT:USDT"))
    with Witnesses(clients({"get_positions": held})) as witnesses:
        collector = Collector(Session(witnesses, None), 0, lambda _: None)
        collector.environment((LINEAR,), strict=True)
        assert collector.account((LINEAR,)) == (LINEAR, ETHER)
    assert set(collector.seen.pair_of("get_ticker", ETHER)) == set(Library)


def test_probe_goes_nowhere_where_everything_is_held() -> None:
    """No free perpetual, no order."""
    held = (position(symbol=LINEAR), position(symbol=ETHER))
    with Witnesses(clients({"get_positions": held})) as witnesses:
        collector = Collector(Session(witnesses, None), 0, lambda _: None)
        symbols = collector.environment((LINEAR, ETHER), strict=True)
        collector.probe(symbols, Decimal(1000))
    assert collector.seen.probes == {}


def test_collecting_stops_where_something_must_not_be_sent() -> None:
    """A `SafetyError` of one library ends the audit."""
    with Witnesses(clients({"get_fills": SafetyError("stopped")})) as witnesses:
        collector = Collector(Session(witnesses, None), 0, lambda _: None)
        with pytest.raises(SafetyError, match="stopped"):
            collector.account((SPOT,))


def test_progress_is_told_each_question() -> None:
    """The operation, with its symbol where it has one."""
    told: list[str] = []
    with Witnesses(clients()) as witnesses:
        Collector(Session(witnesses, None), 0, told.append).environment((LINEAR,), strict=True)
    assert told[0] == "get_instruments"
    assert f"get_ticker {LINEAR}" in told


def test_collection_keeps_each_observation_with_its_bytes() -> None:
    """What was seen is kept in order, and its samples by library."""
    seen = Collection()
    seen.keep(observed("get_ticker", symbol=LINEAR, exchanges=[exchange(), exchange(b"x")]))
    assert len(seen.observations) == 1
    assert (seen.samples.count(Library.CCXT), seen.samples.count(Library.OKX_SDK)) == (2, 0)
    assert seen.pair_of("get_ticker", LINEAR) == {}
    assert seen.instruments() == {}
