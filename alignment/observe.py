"""Asking: one question to one client, or to two at once; whatever happens becomes an `Observation`."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from threading import Barrier
from typing import Self

from dualwitness.models import Fact, Library, NullReason
from dualwitness.models.observation import Observation, ObservedError
from dualwitness.venues import DualwitnessError, SafetyError, VenueClient, VenueError

__all__ = ["Pair", "Witnesses", "observe", "skew_ms"]

Ask = Callable[[VenueClient], tuple[Fact, ...]]
Pair = dict[Library, Observation]


def observe(client: VenueClient, operation: str, symbol: str | None, ask: Ask) -> Observation:
    """
    Ask one client; record value or error with every byte that crossed the wire.

    Raises only `SafetyError`: what must not be sent is not an observation.
    """
    client.drain_exchanges()
    started_ms = time.time_ns() // 1_000_000
    begun = time.perf_counter()
    rows: tuple[Fact, ...] | None = None
    error: ObservedError | None = None
    try:
        rows = ask(client)
    except SafetyError:
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
    duration_ms = (time.perf_counter() - begun) * 1000
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


class Witnesses:
    """
    The clients of one audit, asked side by side.

    Two threads, one a client, released together by a barrier, so that both look at the same world (performance
    section 9: parallel reads are a correctness feature). Use as a context manager.
    """

    def __init__(self, clients: dict[Library, VenueClient]) -> None:
        self.clients = clients
        self._pool: Executor = ThreadPoolExecutor(max_workers=max(1, len(clients)), thread_name_prefix="witness")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of threads and sockets."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for client in self.clients.values():
            client.close()

    def ask(self, operation: str, symbol: str | None, ask: Ask) -> Pair:
        """Ask every library the same question at the same time."""
        barrier = Barrier(len(self.clients))

        def one(client: VenueClient) -> Observation:
            barrier.wait(timeout=30)
            return observe(client, operation, symbol, ask)

        futures = {library: self._pool.submit(one, client) for library, client in self.clients.items()}
        return {library: future.result() for library, future in futures.items()}

    def ask_one(self, library: Library, operation: str, symbol: str | None, ask: Ask) -> Observation:
        """Ask one library alone."""
        return observe(self.clients[library], operation, symbol, ask)


def skew_ms(pair: Pair) -> float | None:
    """How far apart the libraries were asked; None with fewer than two."""
    times = [observation.asked_at_ms for observation in pair.values()]
    return max(times) - min(times) if len(times) > 1 else None
