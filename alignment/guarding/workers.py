"""
Asking with a deadline: one thread a client, and an answer that comes too late is kept apart.

A question that is not answered in time is given up by whoever asked, not by the client, which goes on waiting for its
library. What it gets in the end is handed to ``late``, under its own time; it can never pass for the answer to a later
question, because each question has a box of its own. A question that was given up before its client was free is never
put at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from dualwitness.alignment.observe import Ask, observe
from dualwitness.models import Library, NullReason
from dualwitness.models.observation import Observation, ObservedError
from dualwitness.venues import VenueClient

__all__ = ["OVER_BUDGET", "Askers", "Ticket", "unanswered"]

OVER_BUDGET = "OverBudget"


def unanswered(library: Library, operation: str, text: str, kind: str, reason: NullReason) -> Observation:
    """The observation of a question that has no answer, and will have none for whoever asked."""
    error = ObservedError(kind=kind, message=text, reason=reason)
    return Observation(
        library=library,
        operation=operation,
        symbol=None,
        rows=None,
        error=error,
        exchanges=(),
        started_ms=time.time_ns() // 1_000_000,
        asked_at_ms=time.perf_counter() * 1000,
        duration_ms=0.0,
    )


class Ticket:
    """
    One question to one library, and the box for its answer.

    ``context`` is whatever the answer must be read with, also when it is late.
    """

    __slots__ = ("_box", "_given_up", "_lock", "ask", "context", "library", "operation", "symbol")

    def __init__(self, library: Library, operation: str, symbol: str | None, ask: Ask, context: object = None) -> None:
        self.context = context
        self.library = library
        self.operation = operation
        self.symbol = symbol
        self.ask = ask
        self._box: SimpleQueue[Observation | BaseException] = SimpleQueue()
        self._lock = Lock()
        self._given_up = False

    @property
    def given_up(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._given_up

    def put(self, answer: Observation | BaseException) -> bool:
        """Leave the answer in the box; false where nobody will come for it."""
        with self._lock:
            if not self._given_up:
                self._box.put(answer)
            return not self._given_up

    def wait(self, timeout_s: float) -> Observation:
        """
        The answer, or an observation that says that the time was over; raises what must not be an observation.

        From then on the answer is late, whenever it comes.
        """
        answer = self._taken(timeout_s)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def _taken(self, timeout_s: float) -> Observation | BaseException:
        try:
            return self._box.get(timeout=timeout_s) if timeout_s > 0 else self._box.get_nowait()
        except Empty:
            pass
        with self._lock:
            try:
                return self._box.get_nowait()  # it came while nobody looked
            except Empty:
                self._given_up = True
        text = f"{self.operation} over {self.library} was not answered within the time budget"
        return unanswered(self.library, self.operation, text, OVER_BUDGET, NullReason.STALE)


class Askers:
    """
    The clients of a guard, each served by a thread of its own; the clients are closed with it.

    ``late`` is called in the client's thread for each answer that nobody waited for; ``problem`` hears of what should
    not happen there: a late refusal, or a defect of ``late``.
    """

    def __init__(
        self,
        clients: Mapping[Library, VenueClient],
        late: Callable[[Ticket, Observation], None],
        problem: Callable[[BaseException], None],
    ) -> None:
        self.clients = dict(clients)
        self._late = late
        self._problem = problem
        self._queues: dict[Library, SimpleQueue[Ticket | None]] = {library: SimpleQueue() for library in self.clients}
        self._threads = [
            Thread(target=self._serve, args=(library,), name=f"guard-{library}", daemon=True)
            for library in self.clients
        ]
        for thread in self._threads:
            thread.start()

    def start(self, ticket: Ticket) -> Ticket:
        """Hand over one question."""
        self._queues[ticket.library].put(ticket)
        return ticket

    def close(self) -> None:
        """End the threads after what they are doing, which no client does longer than its own timeout; then close."""
        for queue in self._queues.values():
            queue.put(None)
        for thread in self._threads:
            thread.join()
        for client in self.clients.values():
            client.close()

    def _serve(self, library: Library) -> None:
        client, queue = self.clients[library], self._queues[library]
        while (ticket := queue.get()) is not None:
            if ticket.given_up:
                continue
            try:
                answer: Observation | BaseException = observe(client, ticket.operation, ticket.symbol, ticket.ask)
            except BaseException as failure:  # noqa: BLE001 - raised again where the question was put
                answer = failure
            if not ticket.put(answer):
                self._tell_late(ticket, answer)

    def _tell_late(self, ticket: Ticket, answer: Observation | BaseException) -> None:
        if isinstance(answer, BaseException):
            self._problem(answer)
            return
        try:
            self._late(ticket, answer)
        except Exception as failure:  # noqa: BLE001 - a defect here must not end the only thread of a client
            self._problem(failure)
