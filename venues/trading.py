"""
The door for a trading loop: validate, route, execute, reconcile, in one call that never guesses.

    trader.execute(intent) ─▶ Execution        what was decided, sent and became of it
    trader.tend()                              orders in flight: asked for and settled; a tripped switch: all cancelled
    trader.kill(who, why) ─▶ KillReport        nothing new from now on, everything open cancelled or named

Any thread may call; one order is on its way at a time, and a kill comes before all that wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from threading import Event, Thread
from typing import Self

from dualwitness.models import OrderIntent, Venue
from dualwitness.risk import RiskError, TradingState
from dualwitness.venues.errors import DualwitnessError, UsageError
from dualwitness.venues.orders import OrderFate, client_order_id_for
from dualwitness.venues.router import Router
from dualwitness.venues.routing_cancel import Cancellation, KillReport, Sweep, cancel_one
from dualwitness.venues.routing_decision import Execution
from dualwitness.venues.routing_recovery import recover_route
from dualwitness.venues.routing_route import VenueRoute
from dualwitness.venues.routing_turns import Turns

__all__ = ["Trader"]

_PATIENCE_S = 15.0
# How often what a kill left unconfirmed is looked at again.
_SWEPT_EVERY_MS = 1_000
_LONGEST_WHO, _LONGEST_WHY = 80, 500
_BY_SWITCH = ("the kill switch", "it was found tripped")


class Trader:
    """
    Executes intents over a `Router`; thread-safe and synchronous. ``clock_ms`` is the local clock.

    The first call recovers what an earlier program left in flight. Closing it closes the routes' clients.
    """

    def __init__(self, router: Router, clock_ms: Callable[[], int]) -> None:
        self._router = router
        self._clock_ms = clock_ms
        self._turns = Turns()
        self._to_recover = list(router.routes.values())
        self._swept: KillReport | None = None
        self._swept_ms = 0
        self.recovery_problems: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def router(self) -> Router:
        """What it executes over; call nothing of it that sends while another thread may execute."""
        return self._router

    @property
    def state(self) -> TradingState:
        """What may be sent; a tripped kill switch is `kill_tripped`. Raises `RiskError`."""
        return self._router.engine.state

    @property
    def kill_tripped(self) -> bool:
        """Whether the kill switch was tripped since the last reset, by file, command or program; raises `RiskError`."""
        return self._router.engine.kill_tripped

    @property
    def last_sweep(self) -> KillReport | None:
        """What was found when the switch was last met tripped; null since the last reset."""
        return self._swept

    def execute(self, intent: OrderIntent, *, nonce: str | int | None = None) -> Execution:
        """
        Validate, route and send one intent, once, and say what became of it.

        An intent needs a ``client_order_id``, or a ``nonce`` from which one follows: the number of a signal, or the
        time of the bar that caused it. The same intent under the same id is not sent again: its fate is given; an id
        whose order was refused is used up. Whatever is refused comes back as a rejection with its reason; nothing of an
        order's way is raised.
        """
        if intent.client_order_id is None and nonce is not None:
            own_id = client_order_id_for(intent.strategy, intent, nonce)
            intent = intent.model_copy(update={"client_order_id": own_id})
        with self._turns.ordinary():
            self._recover_now()
            execution = self._submitted_before(intent) or self._router.route(intent)
        if execution.switched_off:
            self._meet_switch()
        elif execution.rejection is None:
            self._swept = None
        return execution

    def route_and_execute(self, intent: OrderIntent) -> Execution:
        """The same as `execute`."""
        return self.execute(intent)

    def cancel(self, client_order_id: str) -> Cancellation:
        """Ask to cancel one of our orders; always sent, whatever is halted, tripped or used up."""
        with self._turns.ordinary():
            try:
                route = self._route_of(client_order_id)
            except DualwitnessError as error:
                return Cancellation(client_order_id, None, (str(error),))
            if route is None:
                return Cancellation(client_order_id, None, (f"no order {client_order_id} was ever sent",))
            done = cancel_one(self._router, route, client_order_id)
            fate = None if done.fate is None else done.fate.model_dump(mode="json")
            told = {"client_order_id": client_order_id, "fate": fate, "problems": list(done.problems)}
            problem = self._router.note({"kind": "cancel", **told})
            route.forget_exchanges()
        return done if problem is None else Cancellation(client_order_id, done.fate, (*done.problems, problem))

    def resolve(self, client_order_id: str) -> OrderFate:
        """
        Find out what became of one of our orders, and settle it.

        Raises `UsageError` for an id that was never sent, and what kept it from being asked for.
        """
        with self._turns.ordinary():
            route = self._route_of(client_order_id)
            if route is None:
                message = f"no order {client_order_id} was ever sent"
                raise UsageError(message)
            fate = route.protocol.resolve(client_order_id)
            self._settle(fate)
            route.forget_exchanges()
            return fate

    def tend(self) -> tuple[OrderFate, ...]:
        """
        Look after everything in flight; call it in each turn of a loop.

        Resolves and settles what is not finished, and gives how it stands. Where the kill switch is tripped, cancels
        all that is open first.
        """
        self._look_at_switch()
        fates: list[OrderFate] = []
        with self._turns.ordinary():
            self._recover_now()
            for route in self._router.routes.values():
                for known in route.protocol.unfinished():
                    fates.append(route.protocol.resolve(known.client_order_id))
                    self._settle(fates[-1])
                route.forget_exchanges()
        return tuple(fates)

    def recover(self) -> tuple[OrderFate, ...]:
        """Resolve and settle what an earlier program left in flight; the first `execute` does it where nobody did."""
        with self._turns.ordinary():
            return self._recover_now()

    def kill(self, who: str, why: str, *, patience_s: float = _PATIENCE_S) -> KillReport:
        """
        Trip the kill switch: refuse everything new at once, and cancel all that is open, or name it as unconfirmed.

        It works without a name, too: only `reset` insists on one. Waits at most ``patience_s`` for an order that is on
        its way just now.
        """
        who, why = _told(who, "somebody unnamed", _LONGEST_WHO), _told(why, "no reason given", _LONGEST_WHY)
        self._router.stop(f"{who}: {why}")
        problems: list[str] = []
        try:
            self._router.engine.kill(who, why)
        except RiskError as error:
            problems.append(error.diagnostics())
            problems += self._halted_instead(who, why)
        else:
            # The switch holds now, here and for every other program; whoever resets it opens all of them.
            self._router.stop(None)
        return self._sweep(who, why, problems, patience_s)

    def reset(self, who: str, why: str) -> None:
        """Open again, by a named person with a reason. Raises `WhoNeeded` and every other `RiskError`."""
        self._router.engine.reset(who, why)
        self._router.stop(None)
        self._swept = None

    def note_result(self, venue: Venue, *, realised_usd: Decimal, unrealised_usd: Decimal, venue_time_ms: int) -> None:
        """Tell the day's result, where no `DayResult` reads it; raises `RiskError`."""
        self._router.engine.note_pnl(
            venue, realised_usd=realised_usd, unrealised_usd=unrealised_usd, venue_time_ms=venue_time_ms
        )

    @contextmanager
    def watch(self, interval_s: float = 0.1) -> Iterator[None]:
        """Until the block ends a thread looks at the kill switch, and cancels all that is open once it is tripped."""
        ended = Event()

        def look() -> None:
            while not ended.wait(interval_s):
                self._look_at_switch()

        thread = Thread(target=look, name="kill switch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def close(self) -> None:
        """Close the clients and the stores of all routes."""
        with self._turns.ordinary():
            for route in self._router.routes.values():
                route.close()
                route.store.close()

    # Inside; whoever calls these has the turn, but for those that take it themselves.

    def _recover_now(self) -> tuple[OrderFate, ...]:
        fates: list[OrderFate] = []
        problems: list[str] = []
        left: list[VenueRoute] = []
        for route in self._to_recover:
            recovery = recover_route(self._router, route, self._clock_ms())
            fates += recovery.fates
            problems += recovery.problems
            left += [] if recovery.complete else [route]
            route.forget_exchanges()
        if self._to_recover:
            self.recovery_problems = tuple(problems)
        self._to_recover = left
        return tuple(fates)

    def _submitted_before(self, intent: OrderIntent) -> Execution | None:
        """The fate of the same intent, where it was submitted before; another under its id the router refuses."""
        route, own_id = self._router.routes.get(intent.venue), intent.client_order_id
        if route is None or own_id is None:
            return None
        try:
            if not route.submitted(intent, own_id):
                return None
            fate = route.protocol.resolve(own_id)
        except DualwitnessError:
            return None  # the risk engine refuses an id that it knows
        line = {"kind": "asked again", "client_order_id": own_id, "fate": fate.model_dump(mode="json")}
        problems = [problem for problem in (self._router.settle(fate), self._router.note(line)) if problem is not None]
        return Execution(
            decision_id="",
            intent=intent,
            route=route.name,
            simulated=route.simulated,
            fate=fate,
            problems=tuple(problems),
        )

    def _settle(self, fate: OrderFate) -> None:
        """What cannot be settled goes on counting, and is written down."""
        problem = self._router.settle(fate)
        if problem is not None:
            self._router.note({"kind": "problem", "client_order_id": fate.client_order_id, "text": problem})

    def _route_of(self, client_order_id: str) -> VenueRoute | None:
        for route in self._router.routes.values():
            if route.record_of(client_order_id) is not None:
                return route
        return None

    def _is_tripped(self) -> bool:
        try:
            return self._router.engine.kill_tripped
        except RiskError:
            # Where nobody can tell, it counts as tripped once its file is there.
            return self._router.engine.switch.tripped() is not None

    def _look_at_switch(self) -> None:
        if self._is_tripped():
            self._meet_switch()
        else:
            self._swept = None

    def _meet_switch(self) -> None:
        """A switch that somebody else tripped: cancel all that is open, again while something is unconfirmed."""
        if self._is_due():
            self._sweep(*_BY_SWITCH, [], _PATIENCE_S, only_where_due=True)

    def _is_due(self) -> bool:
        swept = self._swept
        return swept is None or (not swept.clear and abs(self._clock_ms() - self._swept_ms) >= _SWEPT_EVERY_MS)

    def _sweep(
        self, who: str, why: str, problems: list[str], patience_s: float, *, only_where_due: bool = False
    ) -> KillReport:
        sweep = Sweep(self._router, problems=problems)
        with self._turns.urgent(patience_s) as is_ours:
            if only_where_due and self._swept is not None and not self._is_due():
                return self._swept  # another thread was faster
            if is_ours:
                for route in self._router.routes.values():
                    sweep.over(route)
                    route.forget_exchanges()
            else:
                problems.append(f"an order was on its way for more than {patience_s} s, so nothing was cancelled yet")
            report = sweep.report(who, why, tripped=self._is_tripped())
            problem = self._router.note(report.line())
            if problem is not None:
                report = replace(report, problems=(*report.problems, problem))
            self._swept, self._swept_ms = report, self._clock_ms()
        return report

    def _halted_instead(self, who: str, why: str) -> list[str]:
        """Where the switch is stuck, the store may still take a halt."""
        try:
            self._router.engine.halt(who, why)
        except RiskError as error:
            return [error.diagnostics()]
        return ["trading was halted instead"]


def _told(text: str, otherwise: str, longest: int) -> str:
    """What a person said, as far as it can be written down."""
    kept = "".join(sign if sign.isprintable() else " " for sign in text).strip()[:longest]
    return kept or otherwise
