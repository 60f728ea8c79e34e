"""The router: every stage can refuse, every refusal is a value with a listed reason, and nothing unkept is sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Library, Order, Side, TdMode, ValidatedOrder, Venue
from dualwitness.risk import OrderFateState, RiskEngine, StoreUnusable, TradingMode
from dualwitness.venues.errors import OrderStoreFailed, OutcomeUnknown, SafetyError, TransportError, UsageError
from dualwitness.venues.orders import OrderProtocol
from dualwitness.venues.paper import PaperVenue
from dualwitness.venues.redact import Redactor
from dualwitness.venues.router import Router
from dualwitness.venues.routing_environment import EnvironmentProof
from dualwitness.venues.routing_journal import DecisionJournal
from dualwitness.venues.routing_reasons import REASONS, RoutingReason, Stage, sizing_reason
from dualwitness.venues.routing_route import VenueRoute
from dualwitness.venues.sizing import IntentRefusalReason
from tests.support.risk_world import venue_of
from tests.support.trading_world import PaperWorld, SaidPreflight, intended, paper_world


class Wrapped:
    """A paper venue with some methods replaced; everything else is its own."""

    def __init__(self, desk: PaperVenue, **replaced: Callable[..., Any]) -> None:
        self._desk = desk
        self._replaced = replaced

    def __getattr__(self, name: str) -> Any:
        return self._replaced.get(name) or getattr(self._desk, name)


def raising(error: Exception) -> Callable[..., Any]:
    """A method that does nothing but raise."""

    def method(*_: Any, **__: Any) -> Any:
        raise error

    return method


def of_venue(venue: Venue) -> dict[str, Any]:
    """A client of which only the venue is known."""

    class Named:
        pass

    client: Any = Named()
    client.venue = venue
    return {"ccxt": client}


def nothing_was_sent(world: PaperWorld) -> bool:
    """No order at the venue, and nothing that counts any more."""
    return not world.desk.get_fills() and not world.desk.get_open_orders() and not world.engine.open_orders()


def test_sound_intent_is_decided_kept_sent_and_settled(tmp_path: Path) -> None:
    """The way through all stages: filled, every check recorded, the reservation settled."""
    with paper_world(tmp_path) as world:
        execution = world.router.route(intended())
        assert (execution.outcome, execution.reason, execution.problems) == ("filled", None, ())
        assert execution.accepted
        assert execution.order is not None
        assert len(execution.order.checks) > 20
        assert world.engine.open_orders() == ()
        decision, fate = world.lines
    assert (decision["kind"], decision["outcome"], decision["fate"]) == ("decision", "sending", None)
    assert decision["who"] == "tests"
    assert decision["intent"]["size"] == "0.01"
    assert {check["rule"] for check in decision["eligibility"]} >= {"enabled", "mode", "environment"}
    assert decision["resolution"]["size"] == "1.0"
    assert all({"rule", "value", "limit", "passed"} <= set(check) for check in decision["checks"])
    assert (fate["kind"], fate["decision_id"]) == ("fate", decision["decision_id"])
    assert fate["fate"]["state"] == "filled"


def test_decision_is_on_the_disk_before_the_order_leaves(tmp_path: Path) -> None:
    """When the client is called, the file already holds the decision, and no fate."""
    seen: list[str] = []

    def wrap(desk: PaperVenue) -> Any:
        def place(order: ValidatedOrder, **named: Any) -> Order:
            seen.append((tmp_path / "exchanges" / "routing.jsonl").read_text())
            return desk.place_order(order, **named)

        return Wrapped(desk, place_order=place)

    with paper_world(tmp_path, wrap=wrap) as world:
        assert world.router.route(intended()).outcome == "filled"
    (text,) = seen
    assert [json.loads(line)["outcome"] for line in text.splitlines()] == ["sending"]


STAGES: list[tuple[str, dict[str, Any], dict[str, Any], Stage, str]] = [
    ("another venue", {}, {"venue": Venue.BYBIT}, Stage.ROUTE, "ROUTE_MISSING"),
    ("too large", {}, {"size": "1000"}, Stage.RISK, "NOTIONAL_ABOVE_TRADE_LIMIT"),
    ("nobody's symbol", {}, {"symbol": "BTC/EUR:EUR"}, Stage.RISK, "SYMBOL_UNKNOWN"),
    ("no id", {}, {"client_order_id": None}, Stage.RISK, "INTENT_ID_MISSING"),
    ("an unreliable position", {"facts": {"positions_quality": "unreliable"}}, {}, Stage.RISK, "POSITION_UNRELIABLE"),
    ("no reference", {"facts": {"reference_price": None}}, {}, Stage.RISK, "REFERENCE_MISSING"),
    ("below the minimum", {}, {"size": "0.0001"}, Stage.SIZING, "SIZING_SIZE"),
    (
        "a mode that is none",
        {"facts": {"leverage_in_force": Decimal(1)}},
        {"td_mode": TdMode.CASH},
        Stage.SIZING,
        "SIZING_MODE",
    ),
    (
        "requests that differ",
        {"preflight": lambda _: SaidPreflight(ok=False, disagreements=("S3 size: 1 and 2",))},
        {},
        Stage.PREFLIGHT,
        "PREFLIGHT_DISAGREES",
    ),
    (
        "requests that cannot be compared",
        {"preflight": raising(TransportError("no answer"))},
        {},
        Stage.PREFLIGHT,
        "PREFLIGHT_FAILED",
    ),
    (
        "a disabled venue that the facts call enabled",
        {"config": venue_of(enabled=False), "facts": {"venue_config": venue_of()}},
        {},
        Stage.ELIGIBILITY,
        "ROUTE_INELIGIBLE",
    ),
    (
        "a strategy that the facts allow",
        {"config": venue_of(allowed_strategies=()), "facts": {"venue_config": venue_of()}},
        {},
        Stage.ELIGIBILITY,
        "ROUTE_INELIGIBLE",
    ),
    (
        "a live venue that the facts call demo",
        {
            "config": venue_of(demo_mode=False, allow_live_orders=True),
            "facts": {"venue_config": venue_of()},
        },
        {},
        Stage.ELIGIBILITY,
        "ROUTE_MODE_MISMATCH",
    ),
]


@pytest.mark.parametrize(
    ("made", "changes", "stage", "reason"), [row[1:] for row in STAGES], ids=[row[0] for row in STAGES]
)
def test_refusal_at_each_stage_is_a_listed_reason_and_leaves_nothing_behind(
    tmp_path: Path, made: dict[str, Any], changes: dict[str, Any], stage: Stage, reason: str
) -> None:
    """A value and not an exception: one line, nothing sent, nothing reserved."""
    with paper_world(tmp_path, **made) as world:
        execution = world.router.route(intended(**changes))
        assert nothing_was_sent(world)
        (line,) = world.lines
    assert (execution.outcome, execution.fate, execution.accepted) == ("rejected", None, False)
    assert execution.rejection is not None
    assert (execution.rejection.stage, execution.reason) == (stage, reason)
    assert reason in REASONS
    assert execution.rejection.text
    assert (line["outcome"], line["stage"], line["reason"]) == ("rejected", str(stage), reason)
    if execution.order is not None:
        # What was refused at any stage is no order that a client would send.
        assert not execution.order.risk_checks_passed


def test_key_that_is_not_proven_sends_nothing_and_is_asked_again(tmp_path: Path) -> None:
    """A live route on paper has no environment to prove; a proof is kept, a failure is not."""
    live = venue_of(demo_mode=False, allow_live_orders=True)
    with paper_world(tmp_path, config=live, mode=TradingMode.LIVE) as world:
        for number in (1, 2):
            assert world.router.route(intended(number)).reason == RoutingReason.ROUTE_UNPROVEN
            world.shelf.clock.at_ms += 2
        assert nothing_was_sent(world)
        world.route.proof = EnvironmentProof(TradingMode.LIVE, "by hand", None)
        assert world.router.route(intended(3)).outcome == "filled"


def test_decision_that_cannot_be_written_sends_nothing(tmp_path: Path) -> None:
    """The journal's folder is a file: no line, no order, no reservation, and the problem is told."""
    blocked = tmp_path / "blocked"
    blocked.write_text("in the way")
    with paper_world(tmp_path, journal=blocked) as world:
        execution = world.router.route(intended())
        assert execution.reason == RoutingReason.JOURNAL_FAILED
        assert execution.problems
        assert nothing_was_sent(world)


def tripping(world: list[PaperWorld], act: Callable[[RiskEngine], object]) -> Callable[[ValidatedOrder], SaidPreflight]:
    """A preflight that agrees, and during which somebody moves a switch."""

    def preflight(_: ValidatedOrder) -> SaidPreflight:
        act(world[0].engine)
        return SaidPreflight()

    return preflight


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (lambda engine: engine.kill("ann", "now"), "KILL_TRIPPED"),
        (lambda engine: engine.switch.trip("ann", "now"), "KILL_TRIPPED"),
        (lambda engine: engine.halt("ann", "now"), "STATE_HALTED"),
    ],
    ids=["kill", "file", "halt"],
)
def test_switch_that_is_moved_while_an_order_is_on_its_way_stops_it(
    tmp_path: Path, act: Callable[[RiskEngine], object], reason: str
) -> None:
    """The risk engine had let it pass; what stands between the check and the wire does not count."""
    worlds: list[PaperWorld] = []
    with paper_world(tmp_path, preflight=tripping(worlds, act)) as world:
        worlds.append(world)
        execution = world.router.route(intended())
        assert (execution.reason, nothing_was_sent(world)) == (reason, True)
        assert execution.rejection is not None
        assert execution.rejection.stage is Stage.SWITCH


def test_switch_that_is_not_looked_at_again_lets_the_order_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the second look the order is sent after the trip."""
    monkeypatch.setattr(Router, "_switched_off", lambda *_: None)
    worlds: list[PaperWorld] = []
    with paper_world(tmp_path, preflight=tripping(worlds, lambda engine: engine.kill("ann", "now"))) as world:
        worlds.append(world)
        assert world.router.route(intended()).outcome == "filled"


def test_decision_that_grew_old_on_its_way_is_not_sent(tmp_path: Path) -> None:
    """A preflight that takes eleven seconds leaves a decision about a market that has moved on."""
    worlds: list[PaperWorld] = []

    def slow(_: ValidatedOrder) -> SaidPreflight:
        worlds[0].shelf.clock.at_ms += 11_000
        return SaidPreflight()

    with paper_world(tmp_path, preflight=slow) as world:
        worlds.append(world)
        assert world.router.route(intended()).reason == RoutingReason.SENDING_STALE
        assert nothing_was_sent(world)


def test_router_that_was_stopped_sends_nothing_until_it_is_let_go(tmp_path: Path) -> None:
    """For a kill whose switch is stuck: the program itself remembers."""
    with paper_world(tmp_path) as world:
        world.router.stop("ann: the file cannot be written")
        assert world.router.route(intended(1)).reason == "KILL_TRIPPED"
        assert nothing_was_sent(world)
        world.router.stop(None)
        world.shelf.clock.at_ms += 2
        assert world.router.route(intended(2)).outcome == "filled"


def test_order_without_an_answer_stays_unknown_and_goes_on_counting(tmp_path: Path) -> None:
    """Nobody knows whether it was placed, so the reservation stays."""
    lost = {
        "place_order": raising(OutcomeUnknown("no answer")),
        "get_order": raising(TransportError("no answer")),
    }
    with paper_world(tmp_path, wrap=lambda desk: Wrapped(desk, **lost)) as world:
        execution = world.router.route(intended())
        assert (execution.outcome, execution.unknown, execution.accepted) == ("unknown", True, True)
        (reserved,) = world.engine.open_orders()
        assert (reserved.client_order_id, reserved.state) == ("order1", OrderFateState.UNKNOWN)
        assert world.lines[-1]["fate"]["state"] == "unknown"


def test_order_whose_store_failed_after_sending_is_unknown_and_one_whose_store_failed_before_is_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same error means two things; the store itself tells which, and in doubt the order counts."""
    submit = OrderProtocol.submit

    def after(self: OrderProtocol, order: ValidatedOrder, **named: Any) -> Any:
        submit(self, order, **named)
        raise OrderStoreFailed("the disk is full")

    with paper_world(tmp_path) as world:
        monkeypatch.setattr(OrderProtocol, "submit", after)
        assert world.router.route(intended(1)).outcome == "unknown"
        assert [one.client_order_id for one in world.engine.open_orders()] == ["order1"]
        monkeypatch.setattr(OrderProtocol, "submit", raising(OrderStoreFailed("the disk is full")))
        assert world.router.route(intended(2, price="100", order_type="limit")).reason == "SENDING_UNPREPARED"
        assert [one.client_order_id for one in world.engine.open_orders()] == ["order1"]
        monkeypatch.setattr(VenueRoute, "record_of", raising(OrderStoreFailed("it cannot be read either")))
        assert world.router.route(intended(3, price="99", order_type="limit")).outcome == "unknown"
        assert [one.client_order_id for one in world.engine.open_orders()] == ["order1", "order3"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (SafetyError("orders are switched off"), "SENDING_REFUSED"),
        (UsageError("no such order"), "SENDING_REFUSED"),
        (TransportError("the venue has no time"), "SENDING_UNPREPARED"),
    ],
)
def test_order_that_a_client_will_not_send_gives_its_reservation_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    """What is proven not to have left counts no more."""
    with paper_world(tmp_path) as world:
        monkeypatch.setattr(OrderProtocol, "submit", raising(error))
        assert world.router.route(intended()).reason == reason
        assert nothing_was_sent(world)


def test_order_that_the_venue_refuses_carries_the_venue_word_and_counts_no_more(tmp_path: Path) -> None:
    """Not enough funds: a fate, refused, with the venue's code in the evidence."""
    with paper_world(tmp_path, balances={"USDT": "0.01"}) as world:
        execution = world.router.route(intended())
        assert (execution.outcome, execution.reason) == ("refused", RoutingReason.VENUE_REFUSED)
        assert execution.rejection is not None
        assert "51008" in execution.rejection.text
        assert not execution.accepted
        assert world.engine.open_orders() == ()


def test_reservation_that_cannot_be_settled_is_told_and_goes_on_counting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order is filled whatever the store says; the fate is not lost over it."""
    with paper_world(tmp_path) as world:
        broken = raising(StoreUnusable("locked", advice="wait"))
        with monkeypatch.context() as patch:
            patch.setattr(RiskEngine, "settle", broken)
            execution = world.router.route(intended())
        assert execution.outcome == "filled"
        assert "was not settled" in execution.problems[0]
        assert len(world.engine.open_orders()) == 1


def test_risk_engine_that_gives_no_decision_sends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail closed: without its store nothing is known."""
    with paper_world(tmp_path) as world:
        monkeypatch.setattr(RiskEngine, "validate", raising(StoreUnusable("locked", advice="wait")))
        assert world.router.route(intended()).reason == RoutingReason.RISK_FAILED
        assert not world.desk.get_fills()


def test_id_of_another_order_is_refused(tmp_path: Path) -> None:
    """An id names one order for ever."""
    with paper_world(tmp_path) as world:
        assert world.router.route(intended()).outcome == "filled"
        assert world.router.route(intended(side=Side.SHORT)).reason == "INTENT_ID_REUSED"
        assert len(world.desk.get_fills()) == 1


def test_simulated_order_of_okx_fills_on_paper_and_is_written_down(tmp_path: Path) -> None:
    """The intent names OKX, the fill is labelled simulated, and limits count it as OKX's."""
    with paper_world(tmp_path) as world:
        assert (world.route.simulated, world.route.name) == (True, "okx demo, simulated on paper")
        execution = world.router.route(intended())
        assert execution.simulated
        (trade,) = (tmp_path / "exchanges" / "demo_trades.jsonl").read_text().splitlines()
        assert json.loads(trade)["label"] == "simulated"
        assert world.lines[0]["simulated"] is True
        assert world.lines[0]["venue"] == "okx"


def test_symbol_by_any_name_is_the_same_instrument(tmp_path: Path) -> None:
    """OKX's id and the unified symbol are one; the duplicate check sees through the spelling."""
    with paper_world(tmp_path, limits={"duplicate_window_ms": 2_000}) as world:
        assert world.router.route(intended(1, symbol="BTC-USDT-SWAP")).outcome == "filled"
        assert world.router.route(intended(2)).reason == "INTENT_DUPLICATE"


def test_secret_in_an_intent_does_not_reach_the_file(tmp_path: Path) -> None:
    """Redacted by value, wherever it stands."""
    journal = DecisionJournal(tmp_path / "kept", Redactor(["very-secret"]))
    with paper_world(tmp_path) as world:
        router = Router([world.route], world.engine, journal, world.shelf.clock.now_ms, who="very-secret")
        router.route(intended(strategy="very-secret"))
    text = journal.path.read_text()
    assert "very-secret" not in text
    assert "[redacted]" in text


def test_line_of_a_hostile_intent_stays_one_line(tmp_path: Path) -> None:
    """Line breaks and escapes in a name do not make a second record."""
    with paper_world(tmp_path) as world:
        world.router.route(intended(strategy='x"\n\x1b[2J\u2028{"kind":"fate"}'))
        assert len(world.lines) == 1


def test_route_to_okx_without_a_preflight_is_refused() -> None:
    """There is no configuration that leaves the comparison out."""
    with pytest.raises(UsageError, match="preflight"):
        VenueRoute(
            venue=Venue.OKX,
            config=venue_of(),
            mode=TradingMode.DEMO,
            clients=of_venue(Venue.OKX),
            main="ccxt",
            protocol=None,
            store=None,
            account="",
            facts=None,
            clock_ms=lambda: 0,
        )


def test_routes_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    """Two of one venue, one to another venue, and a client that is none."""
    with paper_world(tmp_path) as world:
        with pytest.raises(UsageError, match="two routes"):
            Router([world.route, world.route], world.engine, DecisionJournal(tmp_path), lambda: 0, who="tests")
        named = {name: getattr(world.route, name) for name in ("config", "mode", "protocol", "store", "facts")}
        named |= {"account": "", "clock_ms": lambda: 0, "venue": Venue.OKX}
        with pytest.raises(UsageError, match="no client is called"):
            VenueRoute(clients=world.route.clients, main="ccxt", **named)
        with pytest.raises(UsageError, match="would be sent to bybit"):
            VenueRoute(clients=of_venue(Venue.BYBIT), main=str(Library.CCXT), **named)


def test_every_reason_is_listed_with_a_meaning() -> None:
    """Codes of the engine and of the router together, without a clash; each refusal of sizing has one."""
    assert len(REASONS) == len(RoutingReason) + len(REASONS - set(map(str, RoutingReason)))
    assert all(reason.meaning.endswith(".") for reason in RoutingReason)
    assert {sizing_reason(reason) for reason in IntentRefusalReason} == {
        reason for reason in RoutingReason if reason.startswith("SIZING_")
    }
