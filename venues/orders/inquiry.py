"""
The questions about one order, put to one client; every answer is a testimony, a failure to answer included.

`VenueClient` reads are proven at the wire, so that an empty list here means that the venue said "none". What a library
cannot say is not asked: CCXT's fills carry no client order id, so they cannot deny an order of that id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from dualwitness.models import Fill, Library, Order, OrderSide
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, VenueRefusal
from dualwitness.venues.orders.fate import Answer, Evidence
from dualwitness.venues.orders.judgement import Testimony
from dualwitness.venues.orders.outcome import NOT_KNOWN_CODES

__all__ = ["BY_ID", "FILLS", "FINISHED", "OPEN", "OrderHistory", "Subject", "Witness"]

BY_ID = "order by its id"
OPEN = "open orders"
FINISHED = "finished orders"
FILLS = "fills"
_TIME = "venue time"
# Labels whose fills carry no client order id (`ccxt_client/parse_trade.py`): they can neither name nor deny an order.
_FILLS_WITHOUT_IDS = frozenset({str(Library.CCXT)})


@runtime_checkable
class OrderHistory(Protocol):
    """A client that can also list finished orders."""

    def get_order_history(self, symbol: str, *, since_ms: int) -> tuple[Order, ...]:
        """Finished orders of one symbol, newest first, none missing that was made after ``since_ms``."""
        ...


class Subject(Protocol):
    """The order that is asked about; ``since_ms`` is venue time safely before it was first sent."""

    @property
    def client_order_id(self) -> str:
        """Our own id."""
        ...

    @property
    def symbol(self) -> str:
        """Unified."""
        ...

    @property
    def side(self) -> OrderSide:
        """What it does at the venue."""
        ...

    @property
    def since_ms(self) -> int:
        """Nothing of it is older than this."""
        ...


class Witness:
    """One client as a witness; ``name`` is its label."""

    def __init__(self, client: VenueClient) -> None:
        self._client = client
        self.name = client.label

    @property
    def deniable(self) -> frozenset[str]:
        """The questions to which this client's no means no."""
        questions = {BY_ID, OPEN}
        if isinstance(self._client, OrderHistory):
            questions.add(FINISHED)
        if self.name not in _FILLS_WITHOUT_IDS:
            questions.add(FILLS)
        return frozenset(questions)

    def venue_time_ms(self) -> tuple[int | None, Evidence]:
        """What time it is at the venue; null where nobody answered."""
        try:
            now_ms = self._client.get_server_time()
        except DualwitnessError as error:
            return None, self._evidence(_TIME, Answer.NO_ANSWER, _text(error))
        return now_ms, self._evidence(_TIME, Answer.PASSED, str(now_ms))

    def by_id(self, subject: Subject) -> Testimony:
        """Ask for the order by its client order id."""
        try:
            order = self._client.get_order(subject.symbol, client_order_id=subject.client_order_id)
        except VenueRefusal as error:
            known = error.code not in NOT_KNOWN_CODES
            return Testimony(self._evidence(BY_ID, Answer.NO_ANSWER if known else Answer.NOT_KNOWN, _text(error)))
        except DualwitnessError as error:
            return Testimony(self._evidence(BY_ID, Answer.NO_ANSWER, _text(error)))
        return self._one_of(BY_ID, subject, [order], answers_one=True)

    def everywhere_else(self, subject: Subject) -> tuple[Testimony, ...]:
        """Look for it among open orders, finished orders and fills; stops where it is found."""
        questions: list[tuple[str, Callable[[], Testimony]]] = [
            (OPEN, lambda: self._listed(OPEN, subject, lambda: self._client.get_open_orders(subject.symbol))),
            (FINISHED, lambda: self._finished(subject)),
            (FILLS, lambda: self._filled(subject)),
        ]
        testimonies: list[Testimony] = []
        for name, ask in questions:
            if name not in self.deniable:
                testimonies.append(Testimony(self._evidence(name, Answer.NOT_ASKED, "this route cannot tell")))
                continue
            testimonies.append(ask())
            if testimonies[-1].order is not None:
                break
        return tuple(testimonies)

    def _finished(self, subject: Subject) -> Testimony:
        client = self._client
        if not isinstance(client, OrderHistory):
            return Testimony(self._evidence(FINISHED, Answer.NOT_ASKED))
        return self._listed(
            FINISHED, subject, lambda: client.get_order_history(subject.symbol, since_ms=subject.since_ms)
        )

    def _listed(self, question: str, subject: Subject, read: Callable[[], Iterable[Order]]) -> Testimony:
        try:
            orders = list(read())
        except DualwitnessError as error:
            return Testimony(self._evidence(question, Answer.NO_ANSWER, _text(error)))
        return self._one_of(question, subject, orders)

    def _filled(self, subject: Subject) -> Testimony:
        try:
            fills = self._client.get_fills(subject.symbol, since_ms=subject.since_ms)
        except DualwitnessError as error:
            return Testimony(self._evidence(FILLS, Answer.NO_ANSWER, _text(error)))
        ours = [fill for fill in fills if fill.client_order_id == subject.client_order_id]
        if ours:
            # It exists, whatever the lists of orders say: but a fill alone does not tell how the order stands.
            return Testimony(self._evidence(FILLS, Answer.FOUND, f"{len(ours)} fills, the first {_name(ours[0])}"))
        return Testimony(self._evidence(FILLS, Answer.NOT_KNOWN, f"none among {len(fills)}"))

    def _one_of(self, question: str, subject: Subject, orders: list[Order], *, answers_one: bool = False) -> Testimony:
        ours = [order for order in orders if order.client_order_id == subject.client_order_id]
        if not ours:
            if answers_one:
                return Testimony(self._evidence(question, Answer.NO_ANSWER, "the answer is about another order"))
            return Testimony(self._evidence(question, Answer.NOT_KNOWN, f"none among {len(orders)}"))
        if len(ours) > 1:
            return Testimony(self._evidence(question, Answer.FOUND, f"{len(ours)} orders carry this id"))
        order = ours[0]
        stranger = _stranger(order, subject)
        if stranger is not None:
            return Testimony(self._evidence(question, Answer.NO_ANSWER, stranger))
        detail = f"{order.venue_order_id} {order.state} {order.filled_contracts}"
        return Testimony(self._evidence(question, Answer.FOUND, detail), order)

    def _evidence(self, question: str, answer: Answer, detail: str = "") -> Evidence:
        return Evidence(witness=self.name, question=question, answer=answer, detail=detail)


def _stranger(order: Order, subject: Subject) -> str | None:
    """Why an order of this id cannot be ours; ids may be used again at the venue, and by other programs."""
    if order.ts_venue_ms is not None and order.ts_venue_ms < subject.since_ms:
        return f"{order.venue_order_id} carries this id, and is older than our order"
    if order.side is not None and order.side is not subject.side:
        return f"{order.venue_order_id} carries this id, and is a {order.side} where ours is a {subject.side}"
    return None


def _name(fill: Fill) -> str:
    return fill.trade_id or fill.bill_id or "without an id"


def _text(error: DualwitnessError) -> str:
    return f"{type(error).__name__}: {error}"
