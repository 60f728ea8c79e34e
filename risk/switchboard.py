"""
Switches, latches and clocks as the store keeps them, and who moved them: asked and told inside one transaction.

The highest time ever used is a fact in the store, which is why time never goes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Act", "Switchboard"]


@dataclass(frozen=True, slots=True)
class Act:
    """Who moved which switch, when and why."""

    ts_ms: int
    act: str
    who: str
    why: str


class Switchboard:
    """The single values, latches and acts of one open transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def fact(self, name: str) -> str | None:
        """A single value by its name."""
        row = self._sql.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def set_fact(self, name: str, value: str | None) -> None:
        """Write a single value, or forget it."""
        if value is None:
            self._sql.execute("DELETE FROM facts WHERE name = ?", (name,))
        else:
            self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def raise_fact(self, name: str, value: int) -> int:
        """Write a number that only grows; gives the higher of the old and the new."""
        old = self.fact(name)
        if old is not None and int(old) >= value:
            return int(old)
        self.set_fact(name, str(value))
        return value

    def add_act(self, act: Act) -> None:
        """Keep who did what and why, for ever."""
        self._sql.execute(
            "INSERT INTO acts (ts_ms, act, who, why) VALUES (?, ?, ?, ?)", (act.ts_ms, act.act, act.who, act.why)
        )

    def acts(self, count: int) -> tuple[Act, ...]:
        """The last acts, the newest first."""
        rows = self._sql.execute("SELECT ts_ms, act, who, why FROM acts ORDER BY number DESC LIMIT ?", (count,))
        return tuple(Act(*row) for row in rows)

    def latch(self, strategy: str) -> None:
        """Stop a strategy until a named person resets it."""
        self._sql.execute(
            "INSERT INTO latches VALUES (?, 1, 0) ON CONFLICT (strategy) DO UPDATE SET latched = 1", (strategy,)
        )

    def latched(self) -> tuple[str, ...]:
        """The strategies that wait for a person."""
        return tuple(name for (name,) in self._sql.execute("SELECT strategy FROM latches WHERE latched = 1"))

    def unlatch(self, strategies: tuple[str, ...]) -> None:
        """Let strategies trade again; what they repeated before counts no more."""
        for name in strategies:
            self._sql.execute(
                "UPDATE latches SET latched = 0, counts_after = coalesce((SELECT max(number) FROM orders), 0)"
                " WHERE strategy = ?",
                (name,),
            )

    def pull_back(self, now_ms: int, clock: str, venue_clocks: str) -> None:
        """
        Give everything from the future the present time: it goes on counting, and for no longer than it should.

        The clocks begin again from here; what was lost on a day that has not come yet counts on every day until then.
        """
        self.set_fact(clock, str(now_ms))
        self._sql.execute("DELETE FROM facts WHERE substr(name, 1, ?) = ?", (len(venue_clocks), venue_clocks))
        for table, column in (("messages", "ts_ms"), ("orders", "ts_ms"), ("orders", "filled_ms"), ("losses", "ts_ms")):
            self._sql.execute(f"UPDATE {table} SET {column} = ? WHERE {column} > ?", (now_ms, now_ms))  # noqa: S608
