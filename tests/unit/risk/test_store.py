"""The store's file: durable, shared, and never replaced by a guess."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness.risk import RiskStore, StoreUnusable
from tests.support.risk_world import Clock, inputs_of, intent_of, open_engine

RACER = """
import sys, time
from decimal import Decimal
from pathlib import Path
from tests.support.risk_world import inputs_of, intent_of, open_engine
engine = open_engine(Path(sys.argv[1]), rate_limit_per_symbol_per_minute=int(sys.argv[3]))
engine.state
print("ready", flush=True)
sys.stdin.readline()
taken = 0
for number in range(int(sys.argv[4])):
    price = Decimal(50_000 + int(sys.argv[2]) * 500 + number)
    intent = intent_of(client_order_id=f"{sys.argv[2]}n{number}", price=price, size=Decimal("0.0001"))
    taken += engine.validate(intent, inputs_of()).risk_checks_passed
print(taken, flush=True)
"""


def race(repository: Path, folder: Path, limit: int, tries: int) -> list[int]:
    """How many orders each of two processes got that began at the same moment."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(folder), str(number), str(limit), str(tries)],
            cwd=repository,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    return [int(each.communicate(timeout=60)[0]) for each in processes]


def test_two_processes_that_race_for_the_last_slot_get_it_once(repository: Path, tmp_path: Path) -> None:
    """However they interleave, together they get what the limit says and not one more."""
    for attempt in range(2):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        assert sum(race(repository, folder, limit=1, tries=3)) == 1
    folder = tmp_path / "many"
    folder.mkdir()
    assert sum(race(repository, folder, limit=7, tries=20)) == 7


def test_threads_that_share_one_engine_take_no_slot_twice(tmp_path: Path) -> None:
    """Eight threads, ten slots, ten orders."""
    engine = open_engine(tmp_path, Clock())
    taken: list[bool] = []

    def trade(number: int) -> None:
        for turn in range(4):
            intent = intent_of(
                client_order_id=f"t{number}n{turn}", price=Decimal(50_000 + number * 10 + turn), size=Decimal("0.0001")
            )
            taken.append(engine.validate(intent, inputs_of()).risk_checks_passed)

    threads = [threading.Thread(target=trade, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (len(taken), sum(taken)) == (32, 10)


def test_store_is_written_through_to_the_disk_before_it_answers(tmp_path: Path) -> None:
    """WAL and a full sync at each commit; with anything less a power cut could loosen a limit."""
    store = RiskStore(tmp_path / "state.sqlite3")
    with store.transaction() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    store.close()


def test_transaction_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """Half a decision is none."""
    store = RiskStore(tmp_path / "state.sqlite3")

    def half() -> None:
        with store.transaction() as connection:
            connection.execute("INSERT INTO facts VALUES ('killed', 'yes')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with store.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (0,)
    store.close()


def test_amounts_keep_every_digit_and_never_become_floats(tmp_path: Path) -> None:
    """What is read back is what was written, to the last digit."""
    engine = open_engine(tmp_path, Clock())
    size = Decimal("0.001000000000000000000000000001")
    assert engine.validate(intent_of(size=size), inputs_of()).risk_checks_passed
    (kept,) = engine.open_orders()
    assert kept.notional_usd == Decimal("50.00000000000000000000000005")
    with sqlite3.connect(tmp_path / "state.sqlite3") as connection:
        kinds = connection.execute("SELECT DISTINCT typeof(size_base), typeof(notional_usd) FROM orders").fetchall()
    connection.close()
    assert kinds == [("text", "text")]


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be read as one" * 40, b"SQLite format 3\0"]
)
def test_store_that_is_damaged_stops_everything(tmp_path: Path, content: bytes) -> None:
    """A file that is no database is not quietly replaced by an empty one."""
    (tmp_path / "state.sqlite3").write_bytes(content)
    with pytest.raises(StoreUnusable, match="cannot be used") as caught:
        open_engine(tmp_path).validate(intent_of(), inputs_of())
    assert caught.value.exit_code == 5
    assert "never delete it" in caught.value.diagnostics()
    assert (tmp_path / "state.sqlite3").read_bytes() == content


def test_store_of_a_later_schema_is_refused(tmp_path: Path) -> None:
    """What an older program cannot read it does not judge by."""
    with sqlite3.connect(tmp_path / "state.sqlite3") as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreUnusable, match="schema version 99"):
        open_engine(tmp_path).validate(intent_of(), inputs_of())


@pytest.mark.parametrize("deed", ["removed", "replaced"])
def test_store_that_is_replaced_under_a_running_engine_stops_it(tmp_path: Path, deed: str) -> None:
    """Whoever swaps the file for an empty one gets no fresh limits."""
    engine = open_engine(tmp_path, Clock())
    assert engine.validate(intent_of(), inputs_of()).risk_checks_passed
    (tmp_path / "state.sqlite3").unlink()
    if deed == "replaced":
        (tmp_path / "state.sqlite3").touch()
    with pytest.raises(StoreUnusable):
        engine.validate(intent_of(client_order_id="next"), inputs_of())


def test_store_that_is_locked_by_another_for_too_long_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits in vain knows nothing, and sends nothing."""
    from dualwitness.risk import store as module

    monkeypatch.setattr(module, "_WAIT_S", 0.05)
    engine, other = open_engine(tmp_path, Clock()), RiskStore(tmp_path / "state.sqlite3")
    with other.transaction(), pytest.raises(StoreUnusable, match="locked"):
        engine.validate(intent_of(), inputs_of())
    assert engine.validate(intent_of(), inputs_of()).risk_checks_passed


FORKER = """
import json, os, sys
from decimal import Decimal
from pathlib import Path
from tests.support.risk_world import inputs_of, intent_of, open_engine
engine = open_engine(Path(sys.argv[1]), rate_limit_per_symbol_per_minute=3)

def take(name):
    intent = intent_of(client_order_id=name, price=Decimal(50_000 + len(name)), size=Decimal("0.0001"))
    return engine.validate(intent, inputs_of()).risk_checks_passed

taken = [take("a")]
child = os.fork()
if not child:
    os._exit(int(take("bb")))
taken.append(bool(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
taken += [take("ccc"), take("dddd")]
print(json.dumps(taken))
"""


def test_engine_that_was_forked_counts_with_its_parent(repository: Path, tmp_path: Path) -> None:
    """The child opens the store anew, and neither sees a slot that the other took."""
    assert hasattr(os, "fork")
    command = [sys.executable, "-c", FORKER, str(tmp_path)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [True, True, True, False]
