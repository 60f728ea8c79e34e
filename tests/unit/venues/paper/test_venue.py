"""The paper venue as a client: its labels, its journal, its sources, and how it is opened."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    Balance,
    FeeRates,
    FeeType,
    Library,
    MarketType,
    NullReason,
    PositionMode,
    RunMode,
    Side,
    TdMode,
)
from dualwitness.venues import VenueClient, open_venue
from dualwitness.venues.errors import OrderRefused, OutcomeUnknown, TransportError, Unsupported, UsageError
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.paper import (
    OPENING_BALANCES,
    FeeSchedule,
    PaperMarket,
    PaperSettings,
    PaperVenue,
    balances_of,
    settings_of,
)
from dualwitness.venues.redact import Redactor
from tests.support.audit_run import ROOT, clean_environment
from tests.support.clients import checked_order, heard_venue, opened
from tests.support.paper import BookShelf, book, instruments, paper_desk
from tests.support.venue import FROZEN_MS, ManualClock

SWAP, PAIR = "BTC/USDT:USDT", "BTC/USDT"


def test_everything_simulated_says_so_in_its_id() -> None:
    """Orders, trades, bills and positions: nobody can take one for a real one."""
    desk, _ = paper_desk()
    order = desk.place_order(checked_order(SWAP, "0.15", client_order_id="mine1"))
    (position,) = desk.get_positions()
    ids = [order.venue_order_id, position.venue_position_id]
    ids += [name for one in desk.get_fills() for name in (one.trade_id, one.bill_id, one.venue_order_id)]
    assert len(ids) == 8
    assert all(str(one).startswith("simulated-") for one in ids)
    assert (desk.label, desk.venue, isinstance(desk, VenueClient)) == ("paper", "paper", True)


def test_ids_of_one_venue_sort_in_the_order_in_which_they_were_given() -> None:
    """The fold orders the fills of one millisecond by them."""
    desk, _ = paper_desk()
    for number in range(12):
        desk.place_order(checked_order(SWAP, "0.01", client_order_id=f"many{number}"))
    ids = [str(one.trade_id) for one in desk.get_fills()]
    assert len(ids) == len(set(ids)) == 12
    assert ids == sorted(ids)


def test_each_fill_is_one_labelled_line_of_the_journal(tmp_path: Path) -> None:
    """Exact numbers as text, and nothing but fills."""
    desk, _ = paper_desk(journal=tmp_path)
    desk.place_order(checked_order(SWAP, "0.15", client_order_id="mine1"))
    desk.place_order(checked_order(SWAP, "0.01", price="99", client_order_id="rest1"))
    (file,) = tmp_path.iterdir()
    assert file.name == "demo_trades.jsonl"
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [line["trade_id"] for line in lines] == [one.trade_id for one in desk.get_fills()]
    first = lines[0]
    assert (first["label"], first["venue"], first["market"]) == ("simulated", "paper", "okx")
    assert (first["symbol"], first["side"], first["market_type"]) == (SWAP, "buy", "swap")
    assert (Decimal(first["fee"]), first["fee_currency"]) == (Decimal("0.005005"), "USDT")
    assert (first["client_order_id"], first["ts_venue_ms"]) == ("mine1", FROZEN_MS)


def test_fill_that_cannot_be_written_is_unknown_and_written_later(tmp_path: Path) -> None:
    """The order was taken, so the answer is neither yes nor no; the line is not lost, and not doubled."""
    folder = tmp_path / "journal"
    folder.write_text("a file where a folder belongs", encoding="utf-8")
    desk, _ = paper_desk(journal=folder)
    with pytest.raises(OutcomeUnknown, match="journalled"):
        desk.place_order(checked_order(SWAP, "0.01", client_order_id="mine1"))
    with pytest.raises(TransportError, match="journalled"):
        desk.get_fills()
    folder.unlink()
    assert [one.client_order_id for one in desk.get_fills()] == ["mine1"]
    lines = (folder / "demo_trades.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["client_order_id"] for line in lines] == ["mine1"]


def test_fill_that_a_refused_order_brings_to_light_is_written_at_once(tmp_path: Path) -> None:
    """Every call lets happen what is due, also one that ends in a refusal."""
    desk, shelf = paper_desk(journal=tmp_path)
    desk.place_order(checked_order(SWAP, "0.01", price="99.5", client_order_id="rest1"))
    shelf.clock.at_ms += 1
    shelf.show(book(SWAP, bids=(("99", "1"),), asks=(("99.4", "1"),), ts_ms=shelf.clock.at_ms))
    with pytest.raises(OrderRefused):
        desk.place_order(checked_order(SWAP, "900", price="99", client_order_id="much1"))
    lines = (tmp_path / "demo_trades.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["client_order_id"] for line in lines] == ["rest1"]


def test_line_of_the_journal_holds_no_secret(tmp_path: Path) -> None:
    """The redactor of the folder's other journals reads these lines, too."""
    shelf = BookShelf(ManualClock())
    shelf.show(book(SWAP))
    market = PaperMarket.of_books(instruments(), shelf)
    for secrets in ((), ("hunter2hunter2",)):
        folder = tmp_path / str(len(secrets))
        kept = CallJournal(folder, Redactor(secrets))
        desk = PaperVenue(market, clock_ms=shelf.clock.now_ms, journal=kept)
        desk.place_order(checked_order(SWAP, "0.01", client_order_id="hunter2hunter2"))
        text = (folder / "demo_trades.jsonl").read_text(encoding="utf-8")
        assert ("hunter2hunter2" in text) is (secrets == ())


def test_market_of_books_alone_tells_quotes_and_no_more() -> None:
    """A ticker of quotes with nulls that say why, and no bars."""
    desk, _ = paper_desk()
    ticker = desk.get_ticker(PAIR)
    assert (ticker.bid, ticker.ask, ticker.bid_size, ticker.ask_size) == tuple(
        map(Decimal, ("99.9", "100.1", "10", "10"))
    )
    assert (ticker.last, ticker.reasons["last"]) == (None, NullReason.UNSUPPORTED)
    with pytest.raises(Unsupported):
        desk.get_candles(PAIR)
    assert desk.get_order_book(PAIR, 5).symbol == PAIR
    assert [one.symbol for one in desk.get_instruments(MarketType.FUTURE)] == ["BTC/USDT:USDT-270326"]


def test_books_of_the_source_are_shown_as_they_are() -> None:
    """What simulated orders took is this venue's affair, and no change of the world."""
    desk, _ = paper_desk()
    desk.place_order(checked_order(PAIR, "5", td_mode=TdMode.CASH, client_order_id="take1"))
    book_now = desk.get_order_book(PAIR)
    assert book_now.asks is not None
    assert book_now.asks[0].size == Decimal(10)


def test_account_of_another_client_can_be_copied() -> None:
    """Level, modes, rates and balances as the account there has them, to the digit."""
    with heard_venue("long_short") as (_, base_url), opened(Library.OKX_SDK, base_url) as client:
        settings = settings_of(client, [SWAP, PAIR])
        balances = balances_of(client)
        told = {one.currency: one.total for one in client.get_account_balance()}
    assert (settings.account_level, settings.position_mode) == (AccountLevel.FUTURES, PositionMode.LONG_SHORT)
    assert settings.fees_of(SWAP, MarketType.SWAP) == FeeSchedule(maker="0.0002", taker="0.0005")
    assert settings.fees_of(PAIR, MarketType.SPOT) == FeeSchedule(maker="0.0008", taker="0.001")
    assert balances == told != {}


class Silent:
    """An account that does not tell something."""

    label = "silent"

    def __init__(self, what: str) -> None:
        self.what = what

    def get_account_config(self) -> AccountConfig:
        level = None if self.what == "level" else AccountLevel.FUTURES
        return AccountConfig(
            account_level=level,
            position_mode=PositionMode.NET,
            permissions=(),
            fee_type=FeeType.RECEIVED_CURRENCY,
            reasons={} if level else {"account_level": NullReason.BLANK},
        )

    def get_fee_rates(self, symbol: str) -> FeeRates:
        maker = None if self.what == "fees" else Decimal(0)
        reasons = {} if maker is not None else {"maker": NullReason.BLANK}
        return FeeRates(symbol=symbol, maker=maker, taker=Decimal(0), reasons=reasons)

    def get_account_balance(self) -> tuple[Balance, ...]:
        total = None if self.what == "balance" else Decimal(1)
        reasons = {} if total else {"total": NullReason.BLANK}
        rest = dict.fromkeys(("free", "used", "equity", "debt"), Decimal(0))
        return (Balance(currency="USDT", total=total, reasons=reasons, **rest),)


@pytest.mark.parametrize("what", ["nothing", "level", "fees", "balance"])
def test_account_that_is_not_told_whole_is_not_guessed(what: str) -> None:
    """Unknown is never zero, and never a default; a whole one is copied."""
    source: Any = Silent(what)
    calls = {"level": settings_of, "fees": lambda client: settings_of(client, [PAIR]), "balance": balances_of}
    for name, call in calls.items():
        if name == what:
            with pytest.raises(UsageError, match="does not tell"):
                call(source)
        elif not (what == "level" and name == "fees"):
            assert call(source)


@pytest.mark.parametrize(
    "wrong",
    [
        {"default_leverage": "0.5"},
        {"default_leverage": 0.5},
        {"latency_ms": -1},
        {"latency_ms": 1.5},
        {"largest_book_age_ms": 0},
        {"book_depth": 401},
        {"fees": {MarketType.SPOT: {"maker": "NaN", "taker": "0"}}},
        {"fees": {MarketType.SPOT: {"maker": "2", "taker": "0"}}},
        {"surprise": 1},
    ],
    ids=str,
)
def test_setting_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """Bounds and exact numbers, as everywhere."""
    with pytest.raises(ValueError, match=next(iter(wrong)).split("_")[0]):
        PaperSettings(**wrong)
    assert PaperSettings().latency_ms == 0


def test_paper_opened_by_name_trades_on_the_books_of_the_embedded_venue(tmp_path: Path, monkeypatch: Any) -> None:
    """One line for a user; the source's calls and the simulated fills lie in one folder, and no order left."""
    monkeypatch.chdir(tmp_path)
    with heard_venue("funded") as (venue, base_url):
        client = open_venue("paper", base_url=base_url, mode=RunMode.OKX_DEMO_SIM)
        try:
            asks = client.get_order_book(SWAP, 1).asks
            with pytest.raises(OrderRefused, match="old"):  # the venue's clock stands still, and ours does not
                client.place_order(checked_order(SWAP, "0.03", client_order_id="named1"))
            calls = client.drain_exchanges()
        finally:
            client.close()
        assert asks is not None
        assert {one.request.method for one in calls} == {"GET"}
        assert {verb for verb, _, _ in venue.heard} == {"GET"}
        assert not any("ok-access-sign" in headers for _, _, headers in venue.heard)
    assert {path.name for path in (tmp_path / "reports" / "exchanges").iterdir()} == {"ccxt_api.jsonl"}


def test_paper_opened_on_a_client_leaves_that_client_alone(tmp_path: Path) -> None:
    """It is neither drained nor closed: it belongs to whoever opened it."""
    with heard_venue("funded") as (_, base_url), opened(Library.OKX_SDK, base_url) as source:
        client = open_venue("paper", market=source, journal=CallJournal(tmp_path))
        assert client.get_order_book(SWAP).symbol == SWAP
        assert client.drain_exchanges() == ()
        client.close()
        assert len(source.drain_exchanges()) > 0
        assert source.get_server_time() == FROZEN_MS
        assert {one.currency: one.total for one in client.get_account_balance()} == dict(OPENING_BALANCES)


def test_market_for_a_venue_that_has_its_own_is_refused() -> None:
    """Whoever gives one to OKX meant something else."""
    with pytest.raises(UsageError, match="market was given for okx"):
        open_venue("okx", market=paper_desk()[0])


def test_paper_package_loads_no_library() -> None:
    """Neither ccxt nor okx is needed to simulate."""
    code = (
        "import sys, dualwitness.venues.paper; "
        "print(sorted({'ccxt', 'okx', 'httpx', 'requests', 'deepdiff'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_fills_since_a_moment_leave_out_older_ones() -> None:
    """And a symbol leaves out others."""
    desk, shelf = paper_desk()
    desk.place_order(checked_order(SWAP, "0.01", client_order_id="old1"))
    shelf.clock.at_ms += 10
    desk.place_order(checked_order(PAIR, "1", td_mode=TdMode.CASH, side=Side.SHORT, client_order_id="new1"))
    assert [one.client_order_id for one in desk.get_fills(since_ms=FROZEN_MS + 1)] == ["new1"]
    assert [one.client_order_id for one in desk.get_fills(SWAP)] == ["old1"]
    assert len(desk.get_fills()) == 2
