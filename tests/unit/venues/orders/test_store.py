"""The store of orders: kept once, on the disk, by several programs at a time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness.venues.errors import OrderStoreFailed, UsageError
from dualwitness.venues.orders import FateState, OrderFate, OrderStore, Phase
from tests.support.order_script import NOW_MS, simple_order

INTENT = simple_order().intent
RACE = """
import sys
from pathlib import Path
from dualwitness.venues.orders import OrderStore
from tests.support.order_script import simple_order

with OrderStore(Path(sys.argv[1])) as store:
    sys.stdin.readline()
    won = [number for number in range(60)
           if store.prepare("", f"order{number}", simple_order().intent, deadline_ms=1, now_ms=number)]
    print(*won)
"""


def prepared(store: OrderStore, own_id: str = "ours1", *, now_ms: int = NOW_MS) -> bool:
    """Keep one order."""
    return store.prepare("", own_id, INTENT, deadline_ms=now_ms + 5_000, now_ms=now_ms) is not None


def test_order_is_kept_once_and_read_as_it_was(store: OrderStore) -> None:
    """A second time changes nothing."""
    assert prepared(store)
    assert not prepared(store, now_ms=NOW_MS + 1)
    (record,) = store.everything("")
    assert (record.client_order_id, record.phase, record.attempts) == ("ours1", Phase.PREPARED, 1)
    assert (record.deadline_ms, record.prepared_ms, record.seen_ms) == (NOW_MS + 5_000, NOW_MS, None)
    assert (record.fate.state, record.fate.is_final) == (FateState.UNKNOWN, False)


def test_every_commit_waits_for_the_disk(store: OrderStore) -> None:
    """Write-ahead log with synchronous FULL: what was kept survives a power cut, too."""
    pragmas = {
        name: store._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
    }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}


def test_fate_is_read_back_digit_for_digit(store: OrderStore) -> None:
    """Numbers stay Decimal on their way through the file."""
    prepared(store)
    (record,) = store.everything("")
    fate = OrderFate(
        client_order_id="ours1", state=FateState.FILLED, filled_contracts=Decimal("0.10"), average_price=Decimal("6E+4")
    )
    store.note(record, Phase.RESOLVED, fate, seen_ms=NOW_MS)
    found = store.find("", "ours1")
    assert found is not None
    assert (found.fate, found.seen_ms, found.phase) == (fate, NOW_MS, Phase.RESOLVED)
    assert str(found.fate.average_price) == "6E+4"
    assert store.unfinished("") == ()


def test_word_about_an_earlier_attempt_changes_nothing(store: OrderStore) -> None:
    """A program that was slow cannot undo what was sent since."""
    prepared(store)
    (first,) = store.everything("")
    absent = OrderFate(client_order_id="ours1", state=FateState.ABSENT)
    store.note(first, Phase.RESOLVED, absent)
    assert store.prepare_again(first, deadline_ms=NOW_MS + 9_000)
    assert not store.prepare_again(first, deadline_ms=NOW_MS + 9_000)
    store.note(first, Phase.RESOLVED, absent)
    (second,) = store.unfinished("")
    assert (second.attempts, second.phase, second.deadline_ms) == (2, Phase.PREPARED, NOW_MS + 9_000)


def test_orders_come_back_oldest_first_and_by_account(store: OrderStore) -> None:
    """Another account's order of the same id is another order."""
    for number, own_id in enumerate(("zz", "aa", "mm")):
        prepared(store, own_id, now_ms=NOW_MS + number)
    assert store.prepare("demo", "zz", INTENT, deadline_ms=None, now_ms=NOW_MS)
    assert [record.client_order_id for record in store.unfinished("")] == ["zz", "aa", "mm"]
    assert len(store.everything("demo")) == 1


def test_two_programs_that_submit_the_same_orders_keep_each_once(tmp_path: Path, repository: Path) -> None:
    """Both try all of 60 ids at the same time; each id is won by exactly one."""
    file = tmp_path / "orders.sqlite"
    OrderStore(file).close()
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=repository,
        )
        for _ in range(2)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    won = [racer.communicate(timeout=60)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert sorted(won[0] + won[1], key=int) == [str(number) for number in range(60)]


def test_store_in_a_file_that_is_none_says_what_to_do(tmp_path: Path) -> None:
    """It is never overwritten."""
    file = tmp_path / "orders.sqlite"
    file.write_bytes(b"not a database, and long enough to be taken for a damaged one" * 100)
    with pytest.raises(OrderStoreFailed, match="could not be opened") as caught:
        OrderStore(file)
    assert "repair the file" in caught.value.diagnostics()
    assert file.read_bytes().startswith(b"not a database")


def test_store_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """Its orders may mean what this program does not know."""
    file = tmp_path / "orders.sqlite"
    OrderStore(file).close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    with pytest.raises(UsageError, match="version 2"):
        OrderStore(file)


def test_store_that_cannot_be_read_leaves_every_order_unknown(store: OrderStore) -> None:
    """An unreadable file is no empty one."""
    store.close()
    with pytest.raises(OrderStoreFailed, match="could not be read") as caught:
        store.unfinished("")
    assert "treat every order as unknown" in caught.value.advice
