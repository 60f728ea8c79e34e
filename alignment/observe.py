"""Asking: one question to one client, or to two at once; whatever happens becomes an `Observation`."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Self

from dualwitness.models import Fact, Library, NullReason
from dualwitness.models.observation import Observation, ObservedError
from dualwitness.venues import DualwitnessError, SafetyError, VenueClient, VenueError

__all__ = ["Ask", "Pair", "Witnesses", "observe", "skew_ms"]

Ask = Callable[[VenueClient], tuple[Fact, ...]]
Pair = dict[Library, Observation]


def observe(client: VenueClient, operation: str, symbol: str | None, ask: Ask) -> Observation:
    """
    Ask one client; record value or error with every byte that crossed the wire.

    Raises `SafetyError`, because what must not be sent is not an observation, and `OSError` where a call could not be
    journalled, because what is not recorded is none either.
    """
    client.drain_exchanges()
    started_ms = time.time_ns() // 1_000_000
    begun = time.monotonic()  # the clock of the clients' own timings (`Wiring.monotonic`)
    rows: tuple[Fact, ...] | None = None
    error: ObservedError | None = None
    try:
        rows = ask(client)
    except (SafetyError, OSError):
        raise
    except VenueError as failure:
        error = ObservedError(
            kind=type(failure).__name__,
            message=str(failure),
            reason=failure.reason,
            http_status=failure.http_status,
            code=failure.code,
        )
    except DualwitnessError as failure:
        error = ObservedError(kind=type(failure).__name__, message=str(failure), reason=NullReason.ERROR)
    except Exception as failure:  # noqa: BLE001 - record first: a defect of a client is a fact of the run, not its end
        error = ObservedError(
            kind=type(failure).__name__, message="an error foreign to the client", reason=NullReason.ERROR
        )
    duration_ms = (time.monotonic() - begun) * 1000
    return Observation(
        library=Library(client.label),
        operation=operation,
        symbol=symbol,
        rows=rows,
        error=error,
        exchanges=client.drain_exchanges(),
        started_ms=started_ms,
        asked_at_ms=begun * 1000,
        duration_ms=duration_ms,
    )


class _Worker:
    """One thread that serves one client: a client is not thread-safe, and a thread of its own keeps it warm."""

    def __init__(self, client: VenueClient, name: str) -> None:
        self._client = client
        self._tasks: SimpleQueue[tuple[str, str | None, Ask] | None] = SimpleQueue()
        self._answers: SimpleQueue[Observation | BaseException] = SimpleQueue()
        self._thread = Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def start(self, operation: str, symbol: str | None, ask: Ask) -> None:
        """Hand over one question; its answer waits for `finish`."""
        self._tasks.put((operation, symbol, ask))

    def finish(self) -> Observation | BaseException:
        """The answer to the question handed over last."""
        return self._answers.get()

    def stop(self) -> None:
        """End the thread after what it is doing."""
        self._tasks.put(None)
        self._thread.join()

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            try:
                self._answers.put(observe(self._client, *task))
            except BaseException as failure:  # noqa: BLE001 - raised again where the question was put
                self._answers.put(failure)


class Witnesses:
    """
    The clients of one audit, asked side by side.

    A thread a client, handed the question one right after the other, so that both look at the same world (performance
    section 9: parallel reads are a correctness feature). Use as a context manager.
    """

    def __init__(self, clients: dict[Library, VenueClient]) -> None:
        self.clients = clients
        self._workers = {library: _Worker(client, f"witness-{library}") for library, client in clients.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of threads and sockets."""
        for worker in self._workers.values():
            worker.stop()
        for client in self.clients.values():
            client.close()

    def ask(self, operation: str, symbol: str | None, ask: Ask) -> Pair:
        """Ask every library the same question at the same time; raises what `observe` raises, when all have ended."""
        for worker in self._workers.values():
            worker.start(operation, symbol, ask)
        answers = {library: worker.finish() for library, worker in self._workers.items()}
        pair: Pair = {}
        for library, answer in answers.items():
            if isinstance(answer, BaseException):
                raise answer
            pair[library] = answer
        return pair

    def ask_one(self, library: Library, operation: str, symbol: str | None, ask: Ask) -> Observation:
        """Ask one library alone, in the caller's thread."""
        return observe(self.clients[library], operation, symbol, ask)


def skew_ms(pair: Pair) -> float | None:
    """How far apart the libraries were asked; None with fewer than two."""
    times = [observation.asked_at_ms for observation in pair.values()]
    return max(times) - min(times) if len(times) > 1 else None
