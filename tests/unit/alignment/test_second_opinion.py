"""Whose difference it is, with two parsers and two worlds that a test makes up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest

from dualwitness.alignment.observe import Pair
from dualwitness.alignment.operations import Question
from dualwitness.alignment.second_opinion import Reader, Readings, read_both_ways
from dualwitness.models import Library, Outcome, Ticker
from dualwitness.models.finding import Claim
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireAnswer, WireExchange, WireRequest
from dualwitness.venues.errors import EnvelopeInvalid
from tests.support.observations import LINEAR, compared_field, exchange, failed, observed, ticker

QUESTION = Question("get_ticker", LINEAR)
TICKER, LIST = "/api/v5/market/ticker", "/api/v5/public/instruments"
Answers = Callable[[WireRequest], WireAnswer]


@dataclass
class Parser:
    """A client that reads the body as the last price, after it was given a list; one library's may be crooked."""

    library: Library
    answers: Answers
    crooked: bool = False
    closed: bool = False

    @property
    def label(self) -> str:
        return str(self.library)

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        return ()

    def get_ticker(self, symbol: str) -> Ticker:
        listed = self.answers(WireRequest("GET", "http", "recorded", LIST, "", b"")).body
        body = self.answers(WireRequest("GET", "http", "recorded", TICKER, "", b"")).body
        if body == b"broken":
            message = "no envelope"
            raise EnvelopeInvalid(message)
        factor = 10 if self.crooked else 1
        return ticker(last=str(Decimal(body.decode()) * factor), bid=listed.decode())

    def close(self) -> None:
        self.closed = True


def reader_of(*, crooked: bool = False) -> tuple[Reader, dict[Library, Parser]]:
    """A reader over both parsers, ccxt's crooked on request; each library's list names a bid of its own."""
    parsers: dict[Library, Parser] = {}

    def open_replay(library: Library, answers: Answers) -> Parser:
        parsers[library] = Parser(library, answers, crooked and library is Library.CCXT)
        return parsers[library]

    base = {library: [exchange(b"7", library=library, path=LIST)] for library in Library}
    return Reader(open_replay, base), parsers


def told(ccxt: bytes, okx_sdk: bytes, *, crooked: bool = False) -> Pair:
    """What both libraries made of what each was told."""
    reader, _ = reader_of(crooked=crooked)
    pair: Pair = {}
    for library, body in ((Library.CCXT, ccxt), (Library.OKX_SDK, okx_sdk)):
        bytes_ = [exchange(body, library=library, path=TICKER)]
        read = reader.read(library, QUESTION, bytes_)
        rows, error = read.rows, read.error
        pair[library] = Observation(library, "get_ticker", LINEAR, rows, error, tuple(bytes_), 0, 0.0, 0.0)
    return pair


def readings(ccxt: bytes, okx_sdk: bytes, *, crooked: bool = False) -> Readings:
    """The pair, read both ways."""
    reader, _ = reader_of(crooked=crooked)
    return read_both_ways(told(ccxt, okx_sdk, crooked=crooked), QUESTION, reader)


LAST = compared_field("get_ticker", "last", Claim(value="1"), Claim(value="2"), Outcome.MISMATCH, row_key="")
BID = compared_field("get_ticker", "bid", Claim(value="1"), Claim(value="2"), Outcome.MISMATCH, row_key="")


@pytest.mark.parametrize(
    ("ccxt", "okx_sdk", "crooked", "parsers", "worlds"),
    [
        (b"100", b"100", False, False, False),
        (b"100", b"100", True, True, False),
        (b"100", b"200", False, False, True),
        (b"100", b"200", True, True, True),
    ],
    ids=["no difference", "a crooked parser", "two worlds", "both"],
)
def test_difference_is_found_where_it_was_put(
    ccxt: bytes, okx_sdk: bytes, crooked: bool, parsers: bool, worlds: bool
) -> None:
    """The same bytes through both parsers, and both libraries' bytes through one."""
    found = readings(ccxt, okx_sdk, crooked=crooked)
    assert (found.is_parsers(LAST), found.is_worlds(LAST)) == (parsers, worlds)
    assert (found.is_parsers(BID), found.is_worlds(BID)) == (False, False)


def test_crooked_parser_that_happens_to_agree_over_two_worlds_is_still_found() -> None:
    """Ccxt reads 10 as 100 where python-okx was told 100: two faults that cancel out are two faults."""
    pair = told(b"10", b"100", crooked=True)
    assert {row.value_or_reason("last")[0] for one in pair.values() for row in one.rows or ()} == {Decimal(100)}
    found = readings(b"10", b"100", crooked=True)
    assert (found.is_parsers(LAST), found.is_worlds(LAST)) == (True, True)


def test_bytes_that_the_other_parser_cannot_read_prove_nothing_of_the_parsers() -> None:
    """Ccxt was given an answer, python-okx something broken: no opinion."""
    reader, _ = reader_of()
    pair = told(b"100", b"100")
    broken = exchange(b"broken", library=Library.OKX_SDK, path=TICKER)
    pair[Library.OKX_SDK] = observed("get_ticker", ticker(), library=Library.OKX_SDK, exchanges=[broken])
    found = read_both_ways(pair, QUESTION, reader)
    assert found.parse is None
    assert found.is_parsers(LAST) is False


def test_bytes_of_ccxt_that_python_okx_cannot_read_leave_the_worlds_unknown() -> None:
    """What one library was told is no envelope for the other: unknown, not the same."""
    reader, _ = reader_of()
    pair = told(b"100", b"100")
    broken = exchange(b"broken", library=Library.CCXT, path=TICKER)
    pair[Library.CCXT] = observed("get_ticker", ticker(), exchanges=[broken])
    found = read_both_ways(pair, QUESTION, reader)
    assert found.world is None


@pytest.mark.parametrize("lost", Library)
def test_lost_answer_leaves_no_two_worlds_to_compare(lost: Library) -> None:
    """With one answer there is one world; with python-okx's lost there are no common bytes either."""
    reader, _ = reader_of()
    pair = told(b"100", b"100")
    pair[lost] = failed("get_ticker", library=lost, symbol=LINEAR)
    found = read_both_ways(pair, QUESTION, reader)
    assert found.world is None
    assert (found.parse is None) == (lost is Library.OKX_SDK)


def test_each_parser_first_reads_its_own_list_of_instruments() -> None:
    """What is not part of the answer in question comes from what that library was told when the run began."""
    parsers: dict[Library, Parser] = {}

    def open_replay(library: Library, answers: Answers) -> Parser:
        parsers[library] = Parser(library, answers)
        return parsers[library]

    lists = {Library.CCXT: b"1", Library.OKX_SDK: b"2"}
    reader = Reader(open_replay, {one: [exchange(body, library=one, path=LIST)] for one, body in lists.items()})
    for library, body in lists.items():
        (row,) = reader.read(library, QUESTION, [exchange(b"100", path=TICKER)]).rows or ()
        assert isinstance(row, Ticker)
        assert row.bid == Decimal(body.decode())


def test_reader_forgets_the_bytes_of_the_question_before() -> None:
    """An answer of an earlier question is never read again for a later one."""
    reader, _ = reader_of()
    assert reader.read(Library.CCXT, QUESTION, [exchange(b"100", path=TICKER)]).error is None
    assert reader.read(Library.CCXT, QUESTION, []).error is not None


def test_closing_a_reader_closes_both_clients() -> None:
    """No replaying client outlives its audit."""
    reader, parsers = reader_of()
    reader.close()
    assert [one.closed for one in parsers.values()] == [True, True]


def test_readings_of_another_row_say_nothing_of_this_one() -> None:
    """A difference is looked up by row and field together."""
    found = readings(b"100", b"200")
    elsewhere = compared_field("get_ticker", "last", LAST.ccxt, LAST.okx_sdk, Outcome.MISMATCH, row_key="other")
    assert found.is_worlds(LAST)
    assert not found.is_worlds(elsewhere)
