"""
The orders that we sent, kept before they leave: SQLite, write-ahead log, every commit on the disk before it returns.

Nothing here is ever deleted. An id is kept once an account, in one statement, so of two processes that submit the same
order one sends it. Phases: prepared -> acknowledged | refused | unknown -> resolved; an order that is proven absent
goes back to prepared when it is sent again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Self

from dualwitness.models import OrderIntent
from dualwitness.venues.errors import OrderStoreFailed, UsageError
from dualwitness.venues.orders.fate import FINAL_STATES, OrderFate
from dualwitness.venues.orders.identity import digest_of, parameters_of
from dualwitness.venues.orders.record import OrderRecord, Phase

__all__ = ["OrderStore"]

_VERSION = 1
_BUSY_TIMEOUT_S = 5.0
# A quarter of what SQLite's log grows to before it begins anew: room for the first hundred orders of a program.
_LOG_BYTES = 1_024_000
_TABLE = """
CREATE TABLE IF NOT EXISTS orders (
    account TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    symbol TEXT NOT NULL,
    parameters TEXT NOT NULL,
    phase TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    deadline_ms INTEGER,
    prepared_ms INTEGER NOT NULL,
    seen_ms INTEGER,
    is_final INTEGER NOT NULL,
    fate_json TEXT,
    PRIMARY KEY (account, client_order_id)
) STRICT, WITHOUT ROWID
"""
_COLUMNS = ", ".join(field.name for field in fields(OrderRecord))
_PREPARE = """
INSERT INTO orders (account, client_order_id, digest, symbol, parameters, phase, attempts, deadline_ms, prepared_ms,
    is_final)
VALUES (?, ?, ?, ?, ?, 'prepared', 1, ?, ?, 0)
ON CONFLICT DO NOTHING
"""
_PREPARE_AGAIN = """
UPDATE orders SET phase = 'prepared', attempts = attempts + 1, deadline_ms = ?, is_final = 0, fate_json = NULL
WHERE account = ? AND client_order_id = ? AND attempts = ? AND is_final = 1
"""
_NOTE = """
UPDATE orders SET phase = ?, fate_json = ?, is_final = ?, seen_ms = coalesce(?, seen_ms)
WHERE account = ? AND client_order_id = ? AND attempts = ?
"""


class OrderStore:
    """
    The orders of all accounts in one file, which is made where there is none.

    ``account`` names one account at one venue (demo and live are two): an order is only ever looked up where it was
    sent. Not thread-safe; several processes may have the file open. Raises `OrderStoreFailed` where the file cannot be
    read or written, and `UsageError` where it is no store of this version.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._failing("opened", sent=False):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Threads may take turns with it (`venues.trading.Trader`); never two at a time.
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                self._connection.close()
                message = f"{path} is an order store of version {version}, this program knows version {_VERSION}"
                raise UsageError(message, advice="use the version of the program that wrote it")
            self._connection.execute(_TABLE)
            self._connection.execute(f"PRAGMA user_version = {_VERSION}")
            self._grow_log()

    def __repr__(self) -> str:
        return f"OrderStore({str(self._path)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _grow_log(self) -> None:
        """Give the log its size now: a commit that makes a file larger costs twice one that does not."""
        log = self._path.with_name(f"{self._path.name}-wal")
        if log.exists() and log.stat().st_size >= _LOG_BYTES:
            return
        self._connection.execute("CREATE TABLE IF NOT EXISTS filler (bytes BLOB) STRICT")
        self._connection.execute("INSERT INTO filler VALUES (zeroblob(?))", (_LOG_BYTES,))
        self._connection.execute("DELETE FROM filler")
        self._connection.execute("PRAGMA wal_checkpoint(RESTART)")

    def prepare(
        self, account: str, client_order_id: str, intent: OrderIntent, *, deadline_ms: int | None, now_ms: int
    ) -> OrderRecord | None:
        """
        Keep an order that is about to be sent, on the disk when this returns; None where it was kept before.

        ``now_ms`` and ``deadline_ms`` are venue time. Raises `OrderStoreFailed`: then it must not be sent.
        """
        parameters = parameters_of(intent)
        row = (account, client_order_id, digest_of(parameters), intent.symbol, parameters, deadline_ms, now_ms)
        try:
            is_new = self._connection.execute(_PREPARE, row).rowcount == 1
        except sqlite3.Error as error:
            raise self._failure("written", error, sent=False) from error
        if not is_new:
            return None
        return OrderRecord(*row[:5], Phase.PREPARED, 1, deadline_ms, now_ms, None, None)

    def prepare_again(self, record: OrderRecord, *, deadline_ms: int | None) -> OrderRecord | None:
        """Keep that an absent order is about to be sent once more; None where somebody else was faster."""
        row = (deadline_ms, record.account, record.client_order_id, record.attempts)
        with self._failing("written", sent=False):
            is_ours = self._connection.execute(_PREPARE_AGAIN, row).rowcount == 1
        if not is_ours:
            return None
        return replace(
            record, phase=Phase.PREPARED, attempts=record.attempts + 1, deadline_ms=deadline_ms, fate_json=None
        )

    def note(self, record: OrderRecord, phase: Phase, fate: OrderFate, *, seen_ms: int | None = None) -> None:
        """
        Keep what became of the attempt that ``record`` tells of; a word about an earlier attempt changes nothing.

        ``seen_ms`` is venue time at which the venue said that there is such an order.
        """
        is_final = int(fate.state in FINAL_STATES)
        row = (phase, fate.model_dump_json(), is_final, seen_ms, record.account, record.client_order_id)
        with self._failing("written", sent=True):
            self._connection.execute(_NOTE, (*row, record.attempts))

    def find(self, account: str, client_order_id: str) -> OrderRecord | None:
        """One order; None where it was never kept."""
        return next(iter(self._select("client_order_id = ?", account, client_order_id)), None)

    def unfinished(self, account: str) -> tuple[OrderRecord, ...]:
        """Every order of which something may still become, oldest first."""
        return self._select("is_final = 0", account)

    def everything(self, account: str) -> tuple[OrderRecord, ...]:
        """Every order of an account, oldest first."""
        return self._select("TRUE", account)

    def _select(self, condition: str, account: str, *values: str) -> tuple[OrderRecord, ...]:
        query = (
            f"SELECT {_COLUMNS} FROM orders WHERE account = ? AND {condition}"  # noqa: S608 - our own words alone
            " ORDER BY prepared_ms, client_order_id"
        )
        with self._failing("read", sent=None):
            rows = self._connection.execute(query, (account, *values)).fetchall()
        return tuple(_record(row) for row in rows)

    @contextmanager
    def _failing(self, what: str, *, sent: bool | None) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._failure(what, error, sent=sent) from error

    def _failure(self, what: str, error: Exception, *, sent: bool | None) -> OrderStoreFailed:
        advice = {
            False: "nothing was sent; make room on the disk or repair the file",
            True: "the order was sent: make room on the disk or repair the file, then resolve it",
            None: "repair the file; treat every order as unknown until then",
        }[sent]
        return OrderStoreFailed(f"the order store {self._path} could not be {what}: {error}", advice=advice)


def _record(row: tuple[Any, ...]) -> OrderRecord:
    named = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return OrderRecord(**named | {"phase": Phase(named["phase"])})
