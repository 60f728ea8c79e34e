"""The facts behind a decision: what cannot be read or believed stays unknown, and a day is not begun twice."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import (
    Balance,
    Direction,
    Library,
    MarketType,
    NullReason,
    Position,
    PositionsQuality,
    TdMode,
    Ticker,
    Venue,
)
from dualwitness.risk import TradingMode
from dualwitness.venues.errors import RowInvalid, SafetyError, TransportError, UsageError
from dualwitness.venues.routing_facts import ClientFacts, LeverageTeller
from dualwitness.venues.routing_position import Held, held_by, held_by_all
from dualwitness.venues.routing_result import DayResult
from dualwitness.venues.sim.envelope import Response
from tests.support.clients import heard_venue, opened
from tests.support.order_world import order_world
from tests.support.paper import instruments, paper_desk
from tests.support.risk_world import venue_of
from tests.support.trading_world import SWAP, intended

DAY_MS = 86_400_000
NOW_MS = 20 * DAY_MS + 5
LISTED = {one.symbol: one for one in instruments()}
PRICE = Decimal(100)


def fact(kind: type[Any], **known: Any) -> Any:
    """A fact of which only some fields are known."""
    unknown = [name for name in kind.model_fields if name != "reasons" and name not in known]
    reasons = dict.fromkeys([*unknown, *(name for name, value in known.items() if value is None)], NullReason.NOT_ASKED)
    return kind(**known, **dict.fromkeys(unknown), reasons=reasons)


def position(direction: Direction | None, contracts: str | None, symbol: str = SWAP, **known: Any) -> Position:
    """A row of the position report."""
    row: Position = fact(
        Position,
        symbol=symbol,
        market_type=MarketType.SWAP,
        has_position=known.pop("has_position", True),
        direction=direction,
        contracts=None if contracts is None else Decimal(contracts),
    )
    return row


class Told:
    """A client that tells what a test wrote down; an error is raised, and a list of answers is told one by one."""

    def __init__(self, label: str = "ccxt", venue: Venue = Venue.OKX, **answers: Any) -> None:
        self.label = label
        self.venue = venue
        self._answers = answers

    def __getattr__(self, name: str) -> Any:
        if name not in self._answers:
            raise AttributeError(name)
        answer = self._answers[name]

        def method(*_: Any) -> Any:
            told = answer.pop(0) if isinstance(answer, list) else answer
            if isinstance(told, Exception):
                raise told
            return told

        return method


def held(*rows: Position, symbol: str = SWAP, price: Decimal | None = PRICE) -> Held | None:
    """What a position report comes to."""
    client: Any = Told(get_positions=rows)
    return held_by(client, LISTED[symbol], TdMode.CROSS, price)


LONG, SHORT = Direction.LONG, Direction.SHORT
FLAT = Held(Decimal(0), Decimal(0))
REPORTS: list[tuple[str, Held | None, Held | None]] = [
    ("none", held(), FLAT),
    ("a long", held(position(LONG, "3")), Held(Decimal("0.03"), Decimal(0))),
    ("a short", held(position(SHORT, "3")), Held(Decimal(0), Decimal("0.03"))),
    ("both sides", held(position(LONG, "3"), position(SHORT, "1")), Held(Decimal("0.03"), Decimal("0.01"))),
    ("cross and isolated", held(position(LONG, "3"), position(LONG, "1")), Held(Decimal("0.04"), Decimal(0))),
    ("a closed one", held(position(None, None, has_position=False)), FLAT),
    ("a flat one", held(position(Direction.FLAT, "0", has_position=None)), FLAT),
    ("unknown contracts", held(position(LONG, None)), None),
    ("unknown direction", held(position(None, "3")), None),
    ("flat with contracts", held(position(Direction.FLAT, "3")), None),
    ("another symbol", held(position(LONG, "3", "ETH/USDT:USDT")), None),
    ("inverse", held(position(LONG, "3", "BTC/USD:BTC"), symbol="BTC/USD:BTC"), Held(Decimal(3), Decimal(0))),
    ("inverse without a price", held(position(LONG, "3", "BTC/USD:BTC"), symbol="BTC/USD:BTC", price=None), None),
]


@pytest.mark.parametrize(("found", "expected"), [row[1:] for row in REPORTS], ids=[row[0] for row in REPORTS])
def test_position_report_comes_to_what_is_held_or_to_nothing_known(found: Held | None, expected: Held | None) -> None:
    """Sides are never netted, and whatever is left open makes all of it unknown."""
    assert found == expected


def balance(currency: str, total: str | None, equity: str | None = None) -> Balance:
    """A row of the balance."""
    amounts = {"total": total, "equity": equity}
    row: Balance = fact(
        Balance, currency=currency, **{name: value and Decimal(value) for name, value in amounts.items()}
    )
    return row


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((balance("BTC", "2"), balance("USDT", "5")), Held(Decimal(2), Decimal(0))),
        ((balance("BTC", "-2"),), Held(Decimal(0), Decimal(2))),
        ((balance("USDT", "5"),), FLAT),
        ((balance("BTC", None),), None),
    ],
    ids=["held", "owed", "none", "unknown"],
)
def test_position_of_a_pair_in_cash_is_what_the_account_holds(rows: tuple[Balance, ...], expected: Held | None) -> None:
    """A pair under cash has no position report."""
    client: Any = Told(get_account_balance=rows)
    assert held_by(client, LISTED["BTC/USDT"], TdMode.CASH, PRICE) == expected


ONE, TWO = (position(LONG, "1"),), (position(LONG, "2"),)
SILENT = TransportError("no answer")
RELIABLE, UNRELIABLE, UNAVAILABLE = (
    PositionsQuality.RELIABLE,
    PositionsQuality.UNRELIABLE,
    PositionsQuality.UNAVAILABLE,
)
WITNESSES: list[tuple[str, list[Any], str | None, PositionsQuality]] = [
    ("one alone", [ONE], "0.01", UNRELIABLE),
    ("both the same", [ONE, ONE], "0.01", RELIABLE),
    ("both apart", [[ONE, ONE], TWO], "0.01", UNRELIABLE),
    ("it moved meanwhile", [[ONE, TWO], TWO], "0.02", RELIABLE),
    ("the second silent", [ONE, SILENT], "0.01", UNRELIABLE),
    ("the first silent", [SILENT, TWO], "0.02", UNRELIABLE),
    ("both silent", [SILENT, SILENT], None, UNAVAILABLE),
    ("the second in doubt", [ONE, (position(None, "1"),)], "0.01", UNRELIABLE),
]


@pytest.mark.parametrize(("answers", "long", "quality"), [row[1:] for row in WITNESSES], ids=[r[0] for r in WITNESSES])
def test_position_is_reliable_only_where_two_clients_agree(
    answers: list[Any], long: str | None, quality: PositionsQuality
) -> None:
    """Unknown is never reliable; where they disagree, the smaller is all that an order may reduce."""
    clients: Any = [Told(f"client {number}", get_positions=answer) for number, answer in enumerate(answers)]
    notes: list[str] = []
    found, told = held_by_all(clients, LISTED[SWAP], TdMode.CROSS, PRICE, notes.append)
    assert told is quality
    assert (found and found.long_base) == (long and Decimal(long))
    assert bool(notes) == (quality is not RELIABLE and answers != [ONE])


def test_position_on_paper_is_reliable_alone_and_a_forbidden_host_is_no_silence() -> None:
    """The paper account lies in this process; and what must not be asked is not asked a second time elsewhere."""
    paper: Any = Told("paper", Venue.PAPER, get_positions=ONE)
    assert held_by_all([paper], LISTED[SWAP], TdMode.CROSS, PRICE, print)[1] is RELIABLE
    breach: Any = Told(get_positions=SafetyError("a foreign host"))
    with pytest.raises(SafetyError):
        held_by_all([breach], LISTED[SWAP], TdMode.CROSS, PRICE, print)


def gathered(**changes: Any) -> Any:
    """Facts of one client whose answers are sound but for ``changes``, and its notes."""
    sound: dict[str, Any] = {
        "get_ticker": quotes(),
        "get_positions": (),
        "get_leverage": Decimal(3),
        "get_server_time": NOW_MS,
    }
    clients: Any = {"ccxt": Told(**(sound | changes))}
    source = ClientFacts(clients, lambda: NOW_MS, main="ccxt", own_ip="203.0.113.7")
    return source.gather(intended(), LISTED[SWAP], config=venue_of(), mode=TradingMode.DEMO)


def quotes(symbol: str = SWAP, bid: str | None = "99", ask: str | None = "101", last: str | None = "90") -> Ticker:
    """A ticker of now."""
    numbers = {"bid": bid, "ask": ask, "last": last}
    ticker: Ticker = fact(
        Ticker, symbol=symbol, ts_venue_ms=NOW_MS, **{name: value and Decimal(value) for name, value in numbers.items()}
    )
    return ticker


@pytest.mark.parametrize(
    ("ticker", "price"),
    [
        (quotes(), "100"),
        (quotes(ask=None), "90"),
        (quotes(bid=None, last=None), None),
        (quotes(bid="102"), None),
        (quotes(symbol="ETH/USDT:USDT"), None),
        (SILENT, None),
    ],
    ids=["middle", "one side", "nothing", "crossed", "another", "silent"],
)
def test_reference_price_is_the_middle_of_sound_quotes_or_unknown(ticker: Any, price: str | None) -> None:
    """A ticker of another instrument, or one that contradicts itself, is no price."""
    inputs = gathered(get_ticker=ticker).inputs
    assert inputs.reference_price == (price and Decimal(price))


def test_fact_that_cannot_be_read_is_unknown_and_says_why() -> None:
    """Time and leverage are asked for, and silence is written down."""
    facts = gathered(get_server_time=SILENT, get_leverage=SILENT, get_positions=SILENT)
    assert (facts.inputs.venue_time_ms, facts.inputs.leverage_in_force, facts.inputs.long_base) == (None, None, None)
    assert facts.inputs.positions_quality is UNAVAILABLE
    assert len(facts.notes) == 3
    assert gathered().inputs.own_ip == "203.0.113.7"
    with pytest.raises(UsageError, match="no client is called"):
        ClientFacts({}, lambda: 0, main="ccxt")


@pytest.mark.parametrize("library", list(Library))
def test_leverage_in_force_is_the_highest_of_both_sides(library: Library) -> None:
    """In long/short mode isolated leverage is set a side; the larger one counts, and 2.5 is not 2."""
    with order_world() as world:
        client = world.clients[library]
        assert isinstance(client, LeverageTeller)
        assert client.get_leverage(SWAP, TdMode.CROSS) == 3
        rows = b'{"code":"0","msg":"","data":[{"lever":"2.5","posSide":"long"},{"lever":"2","posSide":"short"}]}'
        assert leverage_of(library, rows) == Decimal("2.5")


@pytest.mark.parametrize("library", list(Library))
@pytest.mark.parametrize("rows", [b"[]", b'[{"lever":""}]', b'[{"lever":"3"},{"lever":""}]', b'[{"lever":"NaN"}]'])
def test_leverage_that_is_not_told_is_an_error(library: Library, rows: bytes) -> None:
    """Unknown is not the default."""
    with pytest.raises(RowInvalid):
        leverage_of(library, b'{"code":"0","msg":"","data":' + rows + b"}")


def leverage_of(library: Library, body: bytes) -> Decimal:
    """What a client makes of one answer."""
    with heard_venue("funded") as (venue, base_url), opened(library, base_url) as client:
        assert isinstance(client, LeverageTeller)

        def said(answer: Response) -> Response:
            return Response(answer.status, body)

        with venue.broken("/api/v5/account/leverage-info", said):
            return client.get_leverage(SWAP, TdMode.ISOLATED)


def test_leverage_on_paper_is_that_of_the_settings() -> None:
    """Per symbol, else the default."""
    desk, _ = paper_desk(leverage={"BTC/USD:BTC": Decimal(2)})
    assert desk.get_leverage(SWAP, TdMode.CROSS) == 3
    assert desk.get_leverage("BTC/USD:BTC", TdMode.CROSS) == 2


def day(file: Path, equity: Mapping[str, str | None], prices: Mapping[str, str] | None = None) -> DayResult:
    """A result over one client with this equity; it is read each time."""

    class Account:
        label = "okx_sdk"

        @staticmethod
        def get_account_balance() -> tuple[Balance, ...]:
            return tuple(balance(currency, "0", amount) for currency, amount in equity.items())

        @staticmethod
        def get_ticker(symbol: str) -> Ticker:
            if symbol not in (prices or {}):
                raise SILENT
            return quotes(symbol, last=(prices or {})[symbol])

    account: Any = Account()
    return DayResult([account], file, "main", every_ms=0)


def test_day_result_counts_from_the_first_look_and_over_a_restart(tmp_path: Path) -> None:
    """In what was won or lost of each currency: a coin that is merely held wins nothing when its price moves."""
    file, notes = tmp_path / "day.json", list[str]()
    assert day(file, {"USDT": "1000", "BTC": "2"}).told(NOW_MS, NOW_MS, notes.append) == 0
    assert day(file, {"USDT": "990", "BTC": "2"}).told(NOW_MS + 1, NOW_MS, notes.append) == -10
    priced = day(file, {"USDT": "990", "BTC": "2.1"}, {"BTC/USDT": "500"})
    assert priced.told(NOW_MS + 2, NOW_MS, notes.append) == 40
    assert day(file, {"USDT": "1000"}, {"BTC/USDC": "500"}).told(NOW_MS, NOW_MS, notes.append) == -1_000
    assert notes == []
    # The next day by the venue's clock begins anew, and a clock that goes back does not.
    assert day(file, {"USDT": "990"}).told(NOW_MS + DAY_MS, NOW_MS, notes.append) == 0
    assert day(file, {"USDT": "980"}).told(NOW_MS, NOW_MS, notes.append) == -10


@pytest.mark.parametrize(
    ("equity", "text"),
    [({"USDT": None}, None), ({"USDT": "1", "XYZ": "1"}, None), ({"USDT": "1"}, "{"), ({"USDT": "1"}, '{"main": 1}')],
    ids=["no equity", "no price", "half a file", "another file"],
)
def test_day_result_that_cannot_be_told_is_unknown(
    tmp_path: Path, equity: Mapping[str, str | None], text: str | None
) -> None:
    """It says why, and a damaged file is left as it is."""
    file, notes = tmp_path / "day.json", list[str]()
    if text is None:
        day(file, {"USDT": "1"}).told(NOW_MS, NOW_MS, notes.append)
    else:
        file.write_text(text)
    assert day(file, equity).told(NOW_MS, NOW_MS, notes.append) is None
    assert len(notes) == 1
    assert text is None or file.read_text() == text


def test_day_result_is_not_read_for_every_order(tmp_path: Path) -> None:
    """Within the interval it tells nothing, and the engine goes by what it was told last."""
    account: Any = Told(get_account_balance=[(balance("USDT", "1", "1"),)])
    result = DayResult([account], tmp_path / "day.json", "main", every_ms=5_000)
    assert result.told(NOW_MS, NOW_MS, print) == 0
    assert result.told(NOW_MS, NOW_MS + 4_999, print) is None
