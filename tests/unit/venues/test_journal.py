"""The call journal: a line a call, whole, in one write, without a secret."""

from __future__ import annotations

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Library
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest, sample_id_of
from dualwitness.venues.journal import JOURNAL_FILES, CallJournal
from dualwitness.venues.redact import Redactor

BODY = b'{"code":"0","data":[],"msg":""}'
SECRET = "pa'ss\"w\\o+r%d\u00e9"


def call(
    library: Library = Library.CCXT, *, query: str = "instId=BTC-USDT", answered: bool = True, error: str | None = None
) -> WireExchange:
    """One call of a ticker."""
    request = WireRequest("GET", "https", "www.okx.com", "/api/v5/market/ticker", query, b"", (("ok-access-key", ""),))
    answer = WireAnswer(200, BODY) if answered else None
    return WireExchange.of(library, request, answer, started_ms=1_700_000_000_000, duration_ms=12.34567, error=error)


def lines(folder: Path, library: Library = Library.CCXT) -> list[dict[str, Any]]:
    """The journal of one library, each line read as JSON."""
    text = (folder / JOURNAL_FILES[library]).read_text(encoding="ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_journal_of_a_call_is_one_line_with_what_is_promised(tmp_path: Path) -> None:
    """Time, library, method, path, status, code, duration, sample digest."""
    CallJournal(tmp_path).record(call(), code="0")
    assert lines(tmp_path) == [
        {
            "ts_local_ms": 1_700_000_000_000,
            "library": "ccxt",
            "method": "GET",
            "host": "www.okx.com",
            "path": "/api/v5/market/ticker",
            "query": "instId=BTC-USDT",
            "status": 200,
            "code": "0",
            "duration_ms": 12.346,
            "sample_id": sample_id_of(BODY),
            "error": None,
        }
    ]


def test_journal_of_a_call_without_an_answer_says_so(tmp_path: Path) -> None:
    """No status, no sample, but the error."""
    CallJournal(tmp_path).record(call(answered=False, error="ConnectError"))
    (line,) = lines(tmp_path)
    assert (line["status"], line["code"], line["sample_id"], line["error"]) == (None, None, None, "ConnectError")


def test_journal_of_each_library_is_its_own_file(tmp_path: Path) -> None:
    """The names that the contract promises; a line is appended and never replaces one."""
    journal = CallJournal(tmp_path)
    for library in (Library.CCXT, Library.OKX_SDK, Library.CCXT):
        journal.record(call(library))
    CallJournal(tmp_path).record(call())
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["ccxt_api.jsonl", "okx_api.jsonl"]
    assert len(lines(tmp_path)) == 3
    assert [line["library"] for line in lines(tmp_path, Library.OKX_SDK)] == ["okx_sdk"]


def test_journal_of_awkward_text_stays_one_line(tmp_path: Path) -> None:
    """A line break in a query or an error is escaped."""
    CallJournal(tmp_path).record(call(query="a=\n\u2028", error="first\r\nsecond"))
    (line,) = lines(tmp_path)
    assert (line["query"], line["error"]) == ("a=\n\u2028", "first\r\nsecond")


def test_journal_makes_each_line_in_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two writes could be torn apart by a kill between them, or by another process."""
    written: list[bytes] = []
    real = os.write

    def heard(handle: int, data: bytes) -> int:
        written.append(bytes(data))
        return real(handle, data)

    monkeypatch.setattr(os, "write", heard)
    journal = CallJournal(tmp_path)
    for _ in range(3):
        journal.record(call())
    assert len(written) == 3
    assert all(data.endswith(b"}\n") and data.count(b"\n") == 1 for data in written)


def test_journal_that_was_cut_short_raises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is not recorded whole is no call that may count; the file is closed all the same."""
    closed: list[int] = []
    real_write, real_close = os.write, os.close
    monkeypatch.setattr(os, "write", lambda handle, data: real_write(handle, data[:-1]))

    def close(handle: int) -> None:
        closed.append(handle)
        real_close(handle)

    monkeypatch.setattr(os, "close", close)
    with pytest.raises(OSError, match="cut short"):
        CallJournal(tmp_path).record(call())
    assert len(closed) == 1


def test_journal_on_a_full_disk_raises_and_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is not swallowed, and the lock is not kept."""

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    journal = CallJournal(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left"):
            journal.record(call())
    journal.record(call())
    assert len(lines(tmp_path)) == 1


def test_journal_from_many_threads_has_every_line_whole(tmp_path: Path) -> None:
    """Two libraries in threads of their own, and two journals over one folder."""
    journals = [CallJournal(tmp_path), CallJournal(tmp_path)]
    with ThreadPoolExecutor(8) as pool:
        done = [
            pool.submit(journals[number % 2].record, call(list(Library)[number % 2], query=f"n={number}&{'x' * 500}"))
            for number in range(200)
        ]
    assert [one.exception() for one in done] == [None] * 200
    for position, library in enumerate(Library):
        numbers = sorted(int(line["query"].partition("&")[0][2:]) for line in lines(tmp_path, library))
        assert numbers == list(range(position, 200, 2))


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (f"passphrase={SECRET}", None),
        ("", f"the venue said {SECRET}"),
        ("", f"KeyError({SECRET!r})"),
        ("", json.dumps({"msg": SECRET})),
        ("pass=" + SECRET.encode().hex(), None),
    ],
)
def test_journal_shows_no_secret_in_any_encoding(tmp_path: Path, query: str, error: str | None) -> None:
    """Neither in the line as it stands nor in what JSON makes of it; what stands around it stays."""
    CallJournal(tmp_path, Redactor([SECRET])).record(call(query=query, error=error))
    (line,) = lines(tmp_path)
    shown = f"{line['query']} {line['error']}"
    assert "[redacted]" in shown
    forms = (SECRET, repr(SECRET)[1:-1], json.dumps(SECRET)[1:-1], SECRET.encode().hex())
    assert [form for form in forms if form in shown] == []
    assert line["path"] == "/api/v5/market/ticker"


def test_journal_keeps_no_header_and_no_body(tmp_path: Path) -> None:
    """The key travels in a header and an order in the body: neither is part of a line."""
    CallJournal(tmp_path).record(call())
    text = (tmp_path / "ccxt_api.jsonl").read_text(encoding="ascii")
    assert "ok-access" not in text
    assert '"data"' not in text


def test_journal_without_a_folder_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recorded answers are no calls."""
    monkeypatch.chdir(tmp_path)
    journal = CallJournal()
    journal.prepare()
    journal.record(call())
    assert list(tmp_path.iterdir()) == []
    assert repr(journal) == "CallJournal(None)"


def test_journal_that_is_prepared_has_both_files_and_keeps_what_is_there(tmp_path: Path) -> None:
    """Preparing makes what is missing and empties nothing."""
    folder = tmp_path / "reports" / "exchanges"
    CallJournal(folder).record(call())
    CallJournal(folder).prepare()
    assert len(lines(folder)) == 1
    assert (folder / "okx_api.jsonl").read_bytes() == b""


@pytest.mark.parametrize("place", ["reports", "reports/exchanges", "reports/exchanges/okx_api.jsonl"])
def test_journal_that_cannot_be_kept_is_known_before_the_first_call(tmp_path: Path, place: str) -> None:
    """A file where a folder must be, or a folder where a file must be, fails in `prepare`."""
    blocked = tmp_path / place
    blocked.parent.mkdir(parents=True, exist_ok=True)
    if place.endswith(".jsonl"):
        blocked.mkdir()
    else:
        blocked.write_text("in the way", encoding="utf-8")
    with pytest.raises(OSError, match=r"directory|exists"):
        CallJournal(tmp_path / "reports" / "exchanges").prepare()
