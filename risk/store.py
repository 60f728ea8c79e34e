"""
The file that outlives the process: what was sent, what is open, what was lost, who moved which switch.

SQLite in WAL mode with ``synchronous=FULL``: what was committed is there after kill -9 and after a power cut, and what
was not committed was never answered. Every change is one immediate transaction, so two processes decide one after the
other. A file that is damaged, locked for too long, or replaced under a running process stops everything with
`StoreUnusable`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from dualwitness.risk.errors import StoreUnusable

if TYPE_CHECKING:
    import sqlite3

__all__ = ["RiskStore"]

_SCHEMA_VERSION = 1
_WAIT_S = 10.0

# SQLite forbids closing in a child what its parent opened, which forgetting it would do.
_FROM_BEFORE_A_FORK: list[sqlite3.Connection] = []

# Amounts are text, so that every digit stays; times are ms. A closed order keeps its id for ever.
_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS orders (
    number INTEGER PRIMARY KEY AUTOINCREMENT, client_order_id TEXT NOT NULL UNIQUE, ts_ms INTEGER NOT NULL,
    venue TEXT NOT NULL, symbol TEXT NOT NULL, strategy TEXT NOT NULL, side TEXT NOT NULL, parameters TEXT NOT NULL,
    reducing INTEGER NOT NULL, size_base TEXT NOT NULL, notional_usd TEXT NOT NULL, usd_per_contract TEXT,
    state TEXT NOT NULL, open INTEGER NOT NULL, filled_usd TEXT NOT NULL, filled_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_open ON orders (venue, symbol) WHERE open = 1;
CREATE INDEX IF NOT EXISTS orders_filled ON orders (venue, symbol, filled_ms) WHERE filled_ms >= 0;
CREATE INDEX IF NOT EXISTS orders_alike ON orders (parameters, ts_ms);
CREATE INDEX IF NOT EXISTS orders_repeated ON orders (strategy, venue, symbol, side, ts_ms);
CREATE TABLE IF NOT EXISTS messages (
    number INTEGER PRIMARY KEY, ts_ms INTEGER NOT NULL, venue TEXT NOT NULL, symbol TEXT NOT NULL, kind TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_recent ON messages (venue, ts_ms);
CREATE TABLE IF NOT EXISTS losses (
    venue TEXT NOT NULL, day INTEGER NOT NULL, worst_usd TEXT NOT NULL, realised_usd TEXT NOT NULL,
    unrealised_usd TEXT NOT NULL, ts_ms INTEGER NOT NULL, PRIMARY KEY (venue, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latches (
    strategy TEXT PRIMARY KEY, latched INTEGER NOT NULL, counts_after INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS acts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms INTEGER NOT NULL, act TEXT NOT NULL, who TEXT NOT NULL,
    why TEXT NOT NULL
);
"""


class RiskStore:
    """
    One store of limits; ``path`` is its file, beside which SQLite keeps ``-wal`` and ``-shm``.

    It is opened, and made where it is missing, by the first transaction: a kill switch works without it. Threads and
    processes may share it: each transaction waits for the one before. Raises `StoreUnusable`.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._process = -1
        self._inode = (-1, -1)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside is there together and durably after it, or not at all."""
        import sqlite3

        with self._lock:
            connection = self._connected()
            try:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise _unusable(self.path, error) from error

    def close(self) -> None:
        """Let go of the file; the next transaction opens it again."""
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.close()
                self._connection = None

    def _connected(self) -> sqlite3.Connection:
        """The connection of this process; one from before a fork is left alone, and a replaced file is refused."""
        if self._connection is not None and self._process != os.getpid():
            _FROM_BEFORE_A_FORK.append(self._connection)
            self._connection = None
        if self._connection is None:
            self._connection = self._open()
            self._process = os.getpid()
            found = self.path.stat()
            self._inode = (found.st_dev, found.st_ino)
            return self._connection
        try:
            found = os.stat(self.path)  # noqa: PTH116 - it is asked before each decision
        except OSError as error:
            raise _unusable(self.path, error) from error
        if (found.st_dev, found.st_ino) != self._inode:
            problem = f"{self.path} was replaced while it was in use"
            raise StoreUnusable(problem, advice="stop every process that trades, and find out who replaced it")
        return self._connection

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=_WAIT_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise _unusable(self.path, error) from error
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise _unusable(self.path, error) from error
        except StoreUnusable:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE;{_TABLES}PRAGMA user_version={_SCHEMA_VERSION};COMMIT;")
        elif version != _SCHEMA_VERSION:
            problem = f"{self.path} has schema version {version}, and this program knows {_SCHEMA_VERSION}"
            raise StoreUnusable(problem, advice="use the version of dualwitness that wrote it")


def _unusable(path: Path, error: Exception) -> StoreUnusable:
    problem = f"{path} cannot be used: {error}"
    advice = "nothing is sent until it can: check disk, permissions and other processes; never delete it to go on"
    return StoreUnusable(problem, advice=advice)
