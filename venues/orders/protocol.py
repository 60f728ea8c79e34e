"""
The order protocol: an order is kept, sent once, and its fate is found out, never guessed.

    submit ──▶ kept on the disk ──▶ sent once, with a deadline ──▶ a structured answer ──▶ refused, or taken
                                                              └─▶ anything else: unknown ─┐
    recover ─▶ everything that is not final ──────────────────────────────────────────────┴▶ resolve: asked for

`resolve` asks by id, and where nobody knows the id, among open orders, finished orders and fills, each library for
itself; `judgement` weighs the answers. Only what is proven absent may be sent again, under the same id (`send_again`).
Nothing here retries: whoever holds an unknown fate resolves it again later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from dualwitness.models import ValidatedOrder, Venue
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import (
    ClientOrderIdReused,
    DualwitnessError,
    SafetyError,
    UsageError,
    VenueError,
    VenueRefusal,
)
from dualwitness.venues.orders.fate import Answer, Evidence, FateState, OrderFate
from dualwitness.venues.orders.identity import digest_of, parameters_of
from dualwitness.venues.orders.inquiry import Witness
from dualwitness.venues.orders.judgement import Inquest, Testimony, judge
from dualwitness.venues.orders.outcome import Proof, proof_of
from dualwitness.venues.orders.record import OrderRecord, Phase
from dualwitness.venues.orders.store import OrderStore
from dualwitness.venues.orders.venue_clock import VenueClock

__all__ = ["MARGIN_MS", "TIME_TO_LIVE_MS", "OrderProtocol"]

# How long an order may travel, and how long after that nothing of it can appear any more, both in venue time.
TIME_TO_LIVE_MS: Final = 5_000
MARGIN_MS: Final = 2_000

# Where an order can carry its deadline (OKX header expTime; the paper venue answers before a call returns).
_DATED = frozenset({Venue.OKX, Venue.PAPER})
_OURSELVES = "dualwitness"
_PLACING = "placing the order"
_CANCELLING = "cancelling the order"
_PHASES = {FateState.UNKNOWN: Phase.UNKNOWN, FateState.ACKNOWLEDGED: Phase.ACKNOWLEDGED}
_LATE = "50036"  # OKX: expTime is earlier than its own clock


class OrderProtocol:
    """
    Sends orders through ``clients[main]`` and asks all ``clients`` what became of them.

    All clients reach the same account of the same venue, which ``account`` names in the store (another account's
    orders are never looked up here). ``clock_ms`` is the local clock. Not thread-safe, as its clients are not. Raises
    `UsageError` where ``main`` is none of the clients, or they are of different venues.
    """

    def __init__(
        self,
        clients: Mapping[str, VenueClient],
        store: OrderStore,
        clock_ms: Callable[[], int],
        *,
        main: str,
        account: str = "",
        time_to_live_ms: int = TIME_TO_LIVE_MS,
        margin_ms: int = MARGIN_MS,
    ) -> None:
        if main not in clients:
            message = f"no client is called {main!r}"
            raise UsageError(message, advice=f"choose one of {', '.join(clients) or 'no client at all'}")
        venues = {client.venue for client in clients.values()}
        if len(venues) != 1:
            message = f"the clients are of several venues: {', '.join(sorted(venues))}"
            raise UsageError(message, advice="open all clients at the same venue")
        self._main = clients[main]
        others = [client for name, client in clients.items() if name != main]
        self._witnesses = tuple(Witness(client) for client in (self._main, *others))
        self._store = store
        self._account = account
        self._time_to_live_ms = time_to_live_ms
        self._margin_ms = margin_ms
        self._venue_clock = VenueClock(self._main.get_server_time, clock_ms)
        self._is_dated = self._main.venue in _DATED

    def __repr__(self) -> str:
        return f"OrderProtocol({', '.join(witness.name for witness in self._witnesses)})"

    def submit(self, order: ValidatedOrder, *, confirm: bool = True) -> OrderFate:
        """
        Keep the order, send it once, and say what became of it; an order that was submitted before is not sent.

        With ``confirm`` the venue is asked once how an acknowledged order stands. Raises `SafetyError` for an order
        that did not pass its checks, `ClientOrderIdReused` where the id belongs to an order with other parameters,
        `OrderStoreFailed` where it cannot be kept, and `VenueError` where the venue's time is not known; nothing was
        sent then.
        """
        own_id = self._check(order)
        now_ms = self._venue_clock.now_ms()
        deadline_ms = self._deadline_after(now_ms)
        record = self._store.prepare(self._account, own_id, order.intent, deadline_ms=deadline_ms, now_ms=now_ms)
        if record is not None:
            return self._send(order, record, confirm=confirm)
        return self._same_order(order, own_id).fate

    def send_again(self, order: ValidatedOrder, *, confirm: bool = True) -> OrderFate:
        """
        Send an order whose absence is proven, under the same id and with a new deadline.

        Raises as `submit` does, and `SafetyError` where its absence is not proven, or was proven so late that the
        venue may have forgotten it.
        """
        own_id = self._check(order)
        record = self._same_order(order, own_id)
        fate = record.fate
        if fate.state is not FateState.ABSENT or not fate.may_be_sent_again:
            message = f"the order {own_id} is {fate.state}, its absence is not proven"
            raise SafetyError(message, advice="nothing was sent; resolve it, or give a new client_order_id")
        deadline_ms = self._deadline_after(self._venue_clock.now_ms())
        again = self._store.prepare_again(record, deadline_ms=deadline_ms)
        return self._record_of(own_id).fate if again is None else self._send(order, again, confirm=confirm)

    def resolve(self, client_order_id: str) -> OrderFate:
        """
        Find out what became of one of our orders; a fate that is final is not asked for again.

        Raises `UsageError` for an id that was never submitted.
        """
        record = self._record_of(client_order_id)
        fate = record.fate
        return fate if fate.is_final else self._investigate(record, everywhere=True)

    def recover(self) -> tuple[OrderFate, ...]:
        """Resolve everything that may have changed while nobody was looking, oldest first: the start of a program."""
        return tuple(self._investigate(record, everywhere=True) for record in self._store.unfinished(self._account))

    def cancel(self, client_order_id: str) -> OrderFate:
        """
        Ask the venue to cancel one of our orders, and say how it stands then.

        A request to cancel may take effect later: a fate that is still live can be resolved again. An order that
        nobody has found stays unknown. Raises `UsageError` for an id that was never submitted.
        """
        fate = self.resolve(client_order_id)
        if fate.is_final or fate.venue_order_id is None:
            return fate
        record = self._record_of(client_order_id)
        try:
            self._main.cancel_order(fate.venue_order_id, record.symbol)
        except SafetyError:
            raise
        except DualwitnessError as error:
            # "Filled, canceled or does not exist" is one code: only the order itself can tell.
            evidence = self._said(_CANCELLING, Answer.NO_ANSWER, error)
        else:
            evidence = Evidence(witness=self._main.label, question=_CANCELLING, answer=Answer.TAKEN)
        return self._investigate(record, evidence, everywhere=True)

    def fate_of(self, client_order_id: str) -> OrderFate | None:
        """The last that is known of one of our orders, without asking anybody; None where it was never submitted."""
        record = self._store.find(self._account, client_order_id)
        return None if record is None else record.fate

    def unfinished(self) -> tuple[OrderFate, ...]:
        """The last that is known of every order that is not final, without asking anybody."""
        return tuple(record.fate for record in self._store.unfinished(self._account))

    # Inside

    def _check(self, order: ValidatedOrder) -> str:
        intent = order.intent
        if not order.risk_checks_passed:
            message = f"the order did not pass its checks: {order.rejection_reason}"
            raise SafetyError(message, advice="nothing was sent; only a checked order can be placed")
        if intent.venue is not self._main.venue:
            message = f"the order is for {intent.venue}, these clients trade at {self._main.venue}"
            raise UsageError(message)
        if intent.client_order_id is None:
            message = "an order needs a client_order_id, or a lost answer could not be looked up"
            raise UsageError(message, advice="make one with client_order_id_for")
        return intent.client_order_id

    def _same_order(self, order: ValidatedOrder, own_id: str) -> OrderRecord:
        record = self._record_of(own_id)
        if record.digest != digest_of(parameters_of(order.intent)):
            message = f"the client_order_id {own_id} belongs to another order: {record.parameters}"
            raise ClientOrderIdReused(message)
        return record

    def _record_of(self, client_order_id: str) -> OrderRecord:
        record = self._store.find(self._account, client_order_id)
        if record is None:
            message = f"no order {client_order_id} was ever submitted"
            raise UsageError(message, advice="submit it first")
        return record

    def _deadline_after(self, now_ms: int) -> int | None:
        return now_ms + self._time_to_live_ms if self._is_dated else None

    def _send(self, order: ValidatedOrder, record: OrderRecord, *, confirm: bool) -> OrderFate:
        """Send it, once; whatever is not in this function's hands when it ends is in the store."""
        try:
            if self._is_dated:
                answer = self._main.place_order(order, expires_at_ms=record.deadline_ms)
            else:
                answer = self._main.place_order(order)
        except DualwitnessError as error:
            return self._not_acknowledged(record, error)
        evidence = Evidence(
            witness=self._main.label, question=_PLACING, answer=Answer.TAKEN, detail=answer.venue_order_id or ""
        )
        fate = OrderFate(
            client_order_id=record.client_order_id,
            venue_order_id=answer.venue_order_id,
            state=FateState.ACKNOWLEDGED,
            deadline_ms=record.deadline_ms,
            attempts=record.attempts,
            evidence=(evidence,),
        )
        self._store.note(record, Phase.ACKNOWLEDGED, fate, seen_ms=self._venue_clock.now_ms())
        if not confirm:
            return fate
        kept = self._record_of(record.client_order_id)
        return self._investigate(kept, witnesses=self._witnesses[:1], everywhere=False)

    def _not_acknowledged(self, record: OrderRecord, error: DualwitnessError) -> OrderFate:
        proof = proof_of(error)
        if isinstance(error, VenueRefusal) and error.code == _LATE:
            self._venue_clock.forget()
        if proof is Proof.NOTHING:
            evidence = self._said(_PLACING, Answer.NO_ANSWER, error)
            self._store.note(record, Phase.UNKNOWN, self._fate(record, FateState.UNKNOWN, evidence))
            return self._investigate(self._record_of(record.client_order_id), everywhere=False)
        answer = Answer.REFUSED if proof is Proof.REFUSED else Answer.NOT_ASKED
        fate = self._fate(record, FateState.REFUSED, self._said(_PLACING, answer, error))
        self._store.note(record, Phase.REFUSED, fate)
        if isinstance(error, SafetyError):
            raise error
        return fate

    def _investigate(
        self, record: OrderRecord, *known: Evidence, everywhere: bool, witnesses: tuple[Witness, ...] | None = None
    ) -> OrderFate:
        """
        Ask, judge, keep.

        ``everywhere`` looks beyond the order's id where nobody knows that, which is what absence takes.
        """
        asked = self._witnesses if witnesses is None else witnesses
        venue_time_ms, testimonies = self._venue_time() if everywhere else (None, [])
        testimonies += [witness.by_id(record) for witness in asked]
        is_found = any(testimony.order is not None for testimony in testimonies)
        if everywhere and not is_found and not self._may_still_arrive(record, venue_time_ms):
            testimonies += [one for witness in asked for one in witness.everywhere_else(record)]
            is_found = any(testimony.order is not None for testimony in testimonies)
        fate = judge(self._inquest(record), testimonies, venue_time_ms)
        # What was asked before is replaced by what was asked now; how it was sent and cancelled stays.
        acts = (each for each in record.fate.evidence if each.question in (_PLACING, _CANCELLING))
        fate = fate.model_copy(update={"evidence": (*acts, *known, *fate.evidence)})
        phase = _PHASES.get(fate.state, Phase.RESOLVED)
        self._store.note(record, phase, fate, seen_ms=self._venue_clock.now_ms() if is_found else None)
        return fate

    def _may_still_arrive(self, record: OrderRecord, venue_time_ms: int | None) -> bool:
        """Whether it is too early to look everywhere: until the deadline nothing that is found missing is absent."""
        if record.deadline_ms is None:
            return False
        return venue_time_ms is None or venue_time_ms <= record.deadline_ms + self._margin_ms

    def _venue_time(self) -> tuple[int | None, list[Testimony]]:
        """The earliest time that any witness tells."""
        told = [witness.venue_time_ms() for witness in self._witnesses]
        times = [time_ms for time_ms, _ in told if time_ms is not None]
        return min(times, default=None), [Testimony(evidence) for _, evidence in told]

    def _inquest(self, record: OrderRecord) -> Inquest:
        required = {(witness.name, question) for witness in self._witnesses for question in witness.deniable}
        return Inquest(
            client_order_id=record.client_order_id,
            venue_order_id=record.fate.venue_order_id,
            attempts=record.attempts,
            deadline_ms=record.deadline_ms,
            margin_ms=self._margin_ms,
            seen_ms=record.seen_ms,
            required=frozenset(required),
        )

    @staticmethod
    def _fate(record: OrderRecord, state: FateState, *evidence: Evidence) -> OrderFate:
        return OrderFate(
            client_order_id=record.client_order_id,
            state=state,
            deadline_ms=record.deadline_ms,
            attempts=record.attempts,
            evidence=evidence,
        )

    def _said(self, question: str, answer: Answer, error: DualwitnessError) -> Evidence:
        witness = _OURSELVES if answer is Answer.NOT_ASKED else self._main.label
        detail = f"{type(error).__name__}: {error}"
        if isinstance(error, VenueError) and error.code is not None:
            detail = f"{error.code} {detail}"
        return Evidence(witness=witness, question=question, answer=answer, detail=detail)
