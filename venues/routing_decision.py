"""What became of one intent, as a value and as the line that is kept of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from dualwitness.models import CheckResult, OrderIntent, OrderStatus, ValidatedOrder, Venue
from dualwitness.risk import ReasonCode
from dualwitness.venues.orders import FateState, OrderFate
from dualwitness.venues.routing_reasons import Stage
from dualwitness.venues.routing_types import PreflightVerdict
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent

__all__ = ["Decision", "Execution", "Rejection", "status_of"]

_STATUSES = {
    FateState.FILLED: OrderStatus.FILLED,
    FateState.CANCELLED: OrderStatus.CANCELLED,
    FateState.REFUSED: OrderStatus.REJECTED,
    FateState.ABSENT: OrderStatus.CANCELLED,
    FateState.UNKNOWN: OrderStatus.UNKNOWN,
}
_LONGEST_TEXT = 500


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why nothing was sent, or the venue took nothing: where it stopped, a code of `REASONS`, and words for people."""

    stage: Stage
    reason: str
    text: str


@dataclass(slots=True)
class Decision:
    """Everything that is known of one intent while it is decided on; ``asked`` is the intent as it came."""

    decision_id: str
    ts_local_ms: int
    who: str
    asked: OrderIntent
    intent: OrderIntent
    route: str = ""
    simulated: bool = False
    order: ValidatedOrder | None = None
    eligibility: tuple[CheckResult, ...] = ()
    resolution: ResolvedIntent | IntentRefused | None = None
    preflight: PreflightVerdict | None = None
    notes: list[str] = field(default_factory=list)

    def line(self, config_sha256: str | None, rejection: Rejection | None) -> dict[str, object]:
        """The decision as JSON values; without a rejection it is written before the order leaves."""
        order = self.order
        return {
            "kind": "decision",
            "decision_id": self.decision_id,
            "ts_local_ms": self.ts_local_ms,
            "who": self.who,
            "config_sha256": config_sha256,
            "venue": str(self.asked.venue),
            "strategy": self.asked.strategy,
            "client_order_id": self.asked.client_order_id,
            "intent": self.asked.model_dump(mode="json"),
            "route": self.route or None,
            "simulated": self.simulated,
            "notional_usd": _text(None if order is None else order.notional_usd),
            "checks": [] if order is None else [check.model_dump(mode="json") for check in order.checks],
            "eligibility": [check.model_dump(mode="json") for check in self.eligibility],
            "resolution": _resolution(self.resolution),
            "preflight": _preflight(self.preflight),
            "notes": [note[:_LONGEST_TEXT] for note in self.notes],
            "outcome": "sending" if rejection is None else "rejected",
            "stage": None if rejection is None else str(rejection.stage),
            "reason": None if rejection is None else rejection.reason,
            "text": None if rejection is None else rejection.text[:_LONGEST_TEXT],
            "fate": None,
        }


@dataclass(frozen=True, slots=True)
class Execution:
    """
    What became of one intent.

    ``order`` holds every check with its input, limit and outcome (null where no check could be made). ``fate`` is null
    where nothing was sent, and then ``rejection`` says why. ``problems`` are things that went wrong beside it: a line
    that could not be written, a reservation that could not be settled and therefore goes on counting.
    ``decision_id`` is blank where the same intent was submitted before, and nothing was decided.
    """

    decision_id: str
    intent: OrderIntent
    route: str
    simulated: bool
    order: ValidatedOrder | None = None
    rejection: Rejection | None = None
    fate: OrderFate | None = None
    resolution: ResolvedIntent | IntentRefused | None = None
    preflight: PreflightVerdict | None = None
    problems: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """``rejected`` where nothing was sent, else the state of the fate."""
        return "rejected" if self.fate is None else str(self.fate.state)

    @property
    def reason(self) -> str | None:
        """The code of the rejection, one of `REASONS`; null where the order was taken, or may have been."""
        return None if self.rejection is None else self.rejection.reason

    @property
    def accepted(self) -> bool:
        """Whether the venue has the order, or may have it: an unknown order counts until its fate is known."""
        return self.fate is not None and self.fate.state not in (FateState.REFUSED, FateState.ABSENT)

    @property
    def switched_off(self) -> bool:
        """Whether the kill switch was found tripped, whatever else was wrong with the order."""
        checks = () if self.order is None else self.order.checks
        return self.reason == ReasonCode.KILL_TRIPPED or any(each.reason == ReasonCode.KILL_TRIPPED for each in checks)

    @property
    def unknown(self) -> bool:
        """Whether nobody knows yet what became of the order; resolve it before anything else."""
        return self.fate is not None and self.fate.state is FateState.UNKNOWN

    @property
    def venue(self) -> Venue:
        """What the intent named."""
        return self.intent.venue

    def told(self) -> str:
        """The outcome in one sentence."""
        if self.rejection is not None:
            return f"{self.outcome} at {self.rejection.stage}: {self.rejection.reason}: {self.rejection.text}"
        filled = None if self.fate is None else self.fate.filled_contracts
        return f"{self.outcome}, {'how much is not known' if filled is None else f'{filled} filled'}, {self.route}"


def status_of(state: FateState) -> OrderStatus:
    """The status of a validated order in that state; whatever can still fill is pending."""
    return _STATUSES.get(state, OrderStatus.PENDING)


def _resolution(resolution: ResolvedIntent | IntentRefused | None) -> dict[str, object] | None:
    if resolution is None:
        return None
    if isinstance(resolution, IntentRefused):
        return {
            "refused": str(resolution.reason),
            "text": resolution.text,
            "okx_code": resolution.okx_code,
            "nearest_below": _text(resolution.nearest_below),
            "nearest_above": _text(resolution.nearest_above),
        }
    mode = resolution.mode
    return {
        "instrument": resolution.instrument.venue_instrument_id,
        "td_mode": str(mode.td_mode),
        "position_side": None if mode.position_side is None else str(mode.position_side),
        "reduce_only": mode.reduce_only,
        "size": _text(resolution.sized.contracts),
        "size_unit": resolution.size_unit,
        "base_quantity": _text(resolution.sized.base_quantity),
        "shortfall": _text(resolution.sized.shortfall),
        "price": _text(resolution.price),
        "target_currency": resolution.target_currency,
        "margin_currency": resolution.margin_currency,
    }


def _preflight(verdict: PreflightVerdict | None) -> dict[str, object] | None:
    if verdict is None:
        return None
    said: Sequence[object] = verdict.disagreements
    return {
        "ok": verdict.ok,
        "disagreements": [str(each)[:_LONGEST_TEXT] for each in said],
        "accepted_by": list(verdict.accepted_by),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else format(number, "f")
