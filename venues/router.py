"""
From an intent to a venue: every check, every decision on the disk, and only then the order.

    intent ─▶ facts ─▶ risk engine ─▶ eligibility ─▶ size and mode ─▶ preflight ─▶ journal ─▶ switch ─▶ order protocol
                          │ reserved        └──────────── not sent: the reservation is given back ───┘        │
                          └◀──────────────────────── settled by the order's fate ◀────────────────────────────┘

A rejection is a value with a reason of `routing_reasons.REASONS`. What cannot be journalled is not sent. Whatever goes
wrong after the order may have left keeps its reservation: an unknown order counts until its fate is known.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable, Mapping

from dualwitness.models import OrderIntent, ValidatedOrder, Venue
from dualwitness.risk import OrderFateState, ReasonCode, RiskEngine, RiskError, TradingState
from dualwitness.venues.errors import ClientOrderIdReused, DualwitnessError, OrderStoreFailed, SafetyError, UsageError
from dualwitness.venues.orders import Answer, FateState, OrderFate
from dualwitness.venues.routing_decision import Decision, Execution, Rejection, status_of
from dualwitness.venues.routing_journal import DecisionJournal
from dualwitness.venues.routing_reasons import RoutingReason, Stage, sizing_reason
from dualwitness.venues.routing_route import VenueRoute
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent

__all__ = ["Router"]

# A decision that is older than this when it could be sent stands for a market that has moved on.
_LONGEST_DECISION_MS = 10_000
_NOT_DECIDED = Rejection(Stage.RISK, RoutingReason.RISK_FAILED, "the risk engine gave no order")
# What has no fate yet, or may still fill, goes on counting (`OrderFateState`).
_SETTLED = {
    FateState.ACKNOWLEDGED: OrderFateState.LIVE,
    FateState.LIVE: OrderFateState.LIVE,
    FateState.PARTIALLY_FILLED: OrderFateState.PARTIALLY_FILLED,
    FateState.FILLED: OrderFateState.FILLED,
    FateState.CANCELLED: OrderFateState.CANCELLED,
    FateState.REFUSED: OrderFateState.REFUSED,
    FateState.ABSENT: OrderFateState.ABSENT,
    FateState.UNKNOWN: OrderFateState.UNKNOWN,
}


class Router:
    """
    Routes intents to ``routes``, one a venue, through ``engine``; ``who`` names the program in every decision.

    ``config_sha256`` is told with each decision, so that the limits behind it can be found. Not thread-safe, as the
    clients are not; `dualwitness.venues.trading.Trader` is. Raises `UsageError` for two routes of one venue.
    """

    def __init__(
        self,
        routes: Iterable[VenueRoute],
        engine: RiskEngine,
        journal: DecisionJournal,
        clock_ms: Callable[[], int],
        *,
        who: str,
        config_sha256: str | None = None,
    ) -> None:
        self.routes: Mapping[Venue, VenueRoute] = {}
        for route in routes:
            if route.venue in self.routes:
                message = f"two routes for {route.venue}"
                raise UsageError(message, advice="give each venue one route")
            self.routes = {**self.routes, route.venue: route}
        self.engine = engine
        self._journal = journal
        self._clock_ms = clock_ms
        self._who = who
        self._config_sha256 = config_sha256
        self._numbers = itertools.count(1)
        self._began_ms = clock_ms()
        self._stopped: str | None = None

    def stop(self, why: str | None) -> None:
        """Send nothing new from this router, whatever the files say, until it is called with null."""
        self._stopped = why

    def route(self, intent: OrderIntent) -> Execution:
        """Decide on one intent, write the decision down, and send what passes, once."""
        decision_id = f"{self._began_ms}-{os.getpid()}-{next(self._numbers)}"
        decision = Decision(decision_id, self._clock_ms(), self._who, intent, intent)
        route = self.routes.get(intent.venue)
        if route is None:
            text = f"there is no route to {intent.venue}"
            return self._rejected(decision, Rejection(Stage.ROUTE, RoutingReason.ROUTE_MISSING, text))
        decision.route, decision.simulated = route.name, route.simulated
        try:
            rejection = self._judged(decision, route)
            if rejection is not None or decision.order is None:
                return self._rejected(decision, rejection or _NOT_DECIDED)
            return self._sent(decision, route, decision.order)
        finally:
            route.forget_exchanges()

    def note(self, line: Mapping[str, object]) -> str | None:
        """Write down what is no decision about an intent; gives the problem where it cannot be written."""
        try:
            self._journal.append({"ts_local_ms": self._clock_ms(), "who": self._who, **line})
        except OSError as error:
            return f"{line.get('kind')} was not journalled: {error}"
        return None

    def settle(self, fate: OrderFate) -> str | None:
        """Tell the risk engine an order's fate; gives the problem where it cannot be told, and then it counts on."""
        try:
            self.engine.settle(fate.client_order_id, state=_SETTLED[fate.state], filled_contracts=fate.filled_contracts)
        except RiskError as error:
            return f"{fate.client_order_id} was not settled: {error.diagnostics()}"
        return None

    # The way, stage by stage: each gives a rejection, or null where the intent goes on.

    def _judged(self, decision: Decision, route: VenueRoute) -> Rejection | None:
        try:
            decision.intent, instrument, problem = route.normalised(decision.asked)
            if problem:
                decision.notes.append(problem)
            facts = route.facts.gather(decision.intent, instrument, config=route.config, mode=route.mode)
        except DualwitnessError as error:
            return Rejection(Stage.RISK, RoutingReason.FACTS_UNREADABLE, _words(error))
        decision.notes += facts.notes
        try:
            order = decision.order = self.engine.validate(decision.intent, facts.inputs)
        except RiskError as error:
            return Rejection(Stage.RISK, RoutingReason.RISK_FAILED, error.diagnostics())
        if not order.risk_checks_passed:
            failed = next(check for check in order.checks if not check.passed)
            text = f"{failed.rule} was {failed.value}, limit {failed.limit}"
            return Rejection(Stage.RISK, str(failed.reason), text)
        decision.eligibility = route.eligibility(decision.intent, instrument)
        refused = next((check for check in decision.eligibility if not check.passed), None)
        if refused is not None:
            text = f"{refused.rule} was {refused.value}, limit {refused.limit}"
            return Rejection(Stage.ELIGIBILITY, str(refused.reason), text)
        return self._sized(decision, route, order) or self._compared(decision, route)

    def _sized(self, decision: Decision, route: VenueRoute, order: ValidatedOrder) -> Rejection | None:
        try:
            resolution = decision.resolution = route.resolved(decision.intent, order.notional_usd)
        except DualwitnessError as error:
            return Rejection(Stage.SIZING, RoutingReason.SIZING_ACCOUNT_UNKNOWN, _words(error))
        if isinstance(resolution, IntentRefused):
            return Rejection(Stage.SIZING, sizing_reason(resolution.reason), _refusal(resolution))
        sent = resolution.intent if isinstance(resolution, ResolvedIntent) else route.addressed(decision.intent)
        decision.order = order.model_copy(update={"intent": sent})
        return None

    def _compared(self, decision: Decision, route: VenueRoute) -> Rejection | None:
        if route.preflight is None or decision.order is None:
            decision.notes.append("preflight: there are no two libraries to compare on this route")
            return None
        try:
            verdict = decision.preflight = route.preflight(decision.order)
        except DualwitnessError as error:
            return Rejection(Stage.PREFLIGHT, RoutingReason.PREFLIGHT_FAILED, _words(error))
        if not verdict.ok:
            text = "; ".join(map(str, verdict.disagreements)) or "the requests are not the same order"
            return Rejection(Stage.PREFLIGHT, RoutingReason.PREFLIGHT_DISAGREES, text)
        return None

    def _sent(self, decision: Decision, route: VenueRoute, order: ValidatedOrder) -> Execution:
        try:
            self._journal.append(decision.line(self._config_sha256, None), durable=True)
        except OSError as error:
            return self._rejected(decision, Rejection(Stage.JOURNAL, RoutingReason.JOURNAL_FAILED, str(error)))
        stopped = self._switched_off(order)
        if stopped is not None:
            return self._rejected(decision, stopped)
        try:
            fate = route.protocol.submit(order)
        except DualwitnessError as error:
            unsent = self._not_sent(error, route, order)
            if unsent is not None:
                return self._rejected(decision, unsent)
            # It may have left: it stays unknown, and goes on counting.
            fate = OrderFate(client_order_id=order.intent.client_order_id or "", state=FateState.UNKNOWN)
            decision.notes.append(_words(error))
        return self._told(decision, order, fate)

    def _switched_off(self, order: ValidatedOrder) -> Rejection | None:
        """The switches once more, now that nothing stands between the order and the wire."""
        if self._stopped is not None:
            return Rejection(Stage.SWITCH, str(ReasonCode.KILL_TRIPPED), self._stopped)
        try:
            if self.engine.kill_tripped:
                return Rejection(Stage.SWITCH, str(ReasonCode.KILL_TRIPPED), "tripped while the order was on its way")
            if self.engine.state is TradingState.HALTED:
                return Rejection(Stage.SWITCH, str(ReasonCode.STATE_HALTED), "halted while the order was on its way")
        except RiskError as error:
            return Rejection(Stage.SWITCH, RoutingReason.RISK_FAILED, error.diagnostics())
        age_ms = abs(self._clock_ms() - order.validated_at)
        if age_ms > _LONGEST_DECISION_MS:
            text = f"{age_ms} ms passed since it was checked, {_LONGEST_DECISION_MS} may"
            return Rejection(Stage.SENDING, RoutingReason.SENDING_STALE, text)
        return None

    @staticmethod
    def _not_sent(error: DualwitnessError, route: VenueRoute, order: ValidatedOrder) -> Rejection | None:
        """What an error of the protocol proves: a rejection where nothing left, null where it may have."""
        if isinstance(error, ClientOrderIdReused):
            return Rejection(Stage.SENDING, str(ReasonCode.INTENT_ID_REUSED), _words(error))
        if isinstance(error, (SafetyError, UsageError)):
            return Rejection(Stage.SENDING, RoutingReason.SENDING_REFUSED, _words(error))
        try:
            kept = route.record_of(order.intent.client_order_id or "")
        except OrderStoreFailed:
            return None
        # An order is kept before it is sent, so one that is not kept was not sent.
        return Rejection(Stage.SENDING, RoutingReason.SENDING_UNPREPARED, _words(error)) if kept is None else None

    def _told(self, decision: Decision, order: ValidatedOrder, fate: OrderFate) -> Execution:
        """The end of an order that was handed to the protocol: settled, then written down."""
        rejection = None
        if fate.state is FateState.REFUSED:
            said = fate.evidence[-1] if fate.evidence else None
            unsent = said is not None and said.answer is Answer.NOT_ASKED
            text = "" if said is None else said.detail
            rejection = (
                Rejection(Stage.SENDING, RoutingReason.SENDING_REFUSED, text)
                if unsent
                else Rejection(Stage.VENUE, RoutingReason.VENUE_REFUSED, text)
            )
        line = {
            "kind": "fate",
            "decision_id": decision.decision_id,
            "client_order_id": fate.client_order_id,
            "reason": None if rejection is None else rejection.reason,
            "fate": fate.model_dump(mode="json"),
        }
        problems = [problem for problem in (self.settle(fate), self.note(line)) if problem is not None]
        done = order.model_copy(update={"status": status_of(fate.state), "venue_order_id": fate.venue_order_id})
        return self._execution(decision, done, rejection, fate, problems)

    def _rejected(self, decision: Decision, rejection: Rejection) -> Execution:
        """The end of an order that was not sent: what was reserved for it is given back."""
        problems = []
        order = decision.order
        if order is not None and order.risk_checks_passed:
            own_id = order.intent.client_order_id or ""
            problem = self.settle(OrderFate(client_order_id=own_id, state=FateState.REFUSED))
            problems += [] if problem is None else [problem]
        if order is not None:
            # No longer one that a client would send.
            reason = order.rejection_reason or f"{rejection.reason}: {rejection.text}"
            order = order.model_copy(
                update={
                    "risk_checks_passed": False,
                    "rejection_reason": reason,
                    "status": status_of(FateState.REFUSED),
                }
            )
        try:
            self._journal.append(decision.line(self._config_sha256, rejection))
        except OSError as error:
            problems.append(f"the rejection was not journalled: {error}")
        return self._execution(decision, order, rejection, None, problems)

    @staticmethod
    def _execution(
        decision: Decision,
        order: ValidatedOrder | None,
        rejection: Rejection | None,
        fate: OrderFate | None,
        problems: list[str],
    ) -> Execution:
        return Execution(
            decision_id=decision.decision_id,
            intent=decision.asked,
            route=decision.route,
            simulated=decision.simulated,
            order=order,
            rejection=rejection,
            fate=fate,
            resolution=decision.resolution,
            preflight=decision.preflight,
            problems=tuple(problems),
        )


def _words(error: DualwitnessError) -> str:
    return f"{type(error).__name__}: {error}"


def _refusal(refused: IntentRefused) -> str:
    nearest = [str(each) for each in (refused.nearest_below, refused.nearest_above) if each is not None]
    return refused.text + (f"; nearest that can be ordered: {', '.join(nearest)}" if nearest else "")
