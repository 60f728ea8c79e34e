"""What counts as a difference of the world, with answers that move, last, or are only read differently."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from dualwitness.alignment.collect import Collection
from dualwitness.alignment.judgement import AskAgain, Judgement, judge
from dualwitness.alignment.operations import Question
from dualwitness.alignment.order_requests import RequestCase
from dualwitness.alignment.second_opinion import Reader
from dualwitness.models import Fact, Layer, Library, MarketType, OddOneOut, Outcome, PositionsQuality
from dualwitness.models.finding import Finding
from dualwitness.models.observation import Observation
from dualwitness.models.wire import WireExchange, WireRequest
from tests.support.observations import LINEAR, NOW_MS, bill, exchange, fill, linear_swap, observed, position, ticker

QUESTION = Question("get_ticker", LINEAR)
TICKER = "/api/v5/market/ticker"
CCXT, OKX_SDK = Library.CCXT, Library.OKX_SDK


def answer(library: Library, told: str, *, factor: int = 1) -> Observation:
    """A library was told a last price; a crooked parser reads it ``factor`` times too high."""
    sample = exchange(told.encode(), path=TICKER, library=library)
    row = ticker(last=str(Decimal(told) * factor), symbol=LINEAR)
    return observed("get_ticker", row, library=library, symbol=LINEAR, exchanges=(sample,))


class Parser:
    """Reads the recorded body as a price, CCXT's ``factor`` times too high."""

    def __init__(self, library: Library, answers: object, factor: int) -> None:
        self.label = str(library)
        self._answers = answers
        self._factor = factor if library is CCXT else 1

    def drain_exchanges(self) -> tuple[WireExchange, ...]:
        return ()

    def get_ticker(self, symbol: str) -> object:
        body = self._answers(WireRequest("GET", "http", "recorded", TICKER, "", b"")).body  # type: ignore[operator]
        return ticker(last=str(Decimal(body.decode()) * self._factor), symbol=symbol)

    def close(self) -> None:
        return


class Asked:
    """Gives what each library is told when it is asked again, and counts how often that was."""

    def __init__(self, told: Iterable[str], factor: int) -> None:
        self._told = iter(told)
        self._factor = factor
        self.order: list[Library] = []

    def __call__(self, question: Question, library: Library) -> Observation:
        self.order.append(library)
        return answer(library, next(self._told), factor=self._factor if library is CCXT else 1)


def judged(told: tuple[str, str], again: AskAgain | None, *, factor: int = 1) -> Judgement:
    """One ticker, told to both libraries, judged."""
    pair = {CCXT: answer(CCXT, told[0], factor=factor), OKX_SDK: answer(OKX_SDK, told[1])}
    seen = Collection()
    seen.pairs.append((QUESTION, pair))
    seen.now_ms.update({CCXT: 0, OKX_SDK: 0})

    def open_replay(library: Library, answers: object) -> Parser:
        return Parser(library, answers, factor)

    reader = Reader(open_replay, dict.fromkeys(Library, ()))  # type: ignore[arg-type]
    return judge(seen, reader, again)


def on_last(result: Judgement) -> list[Finding]:
    """The findings about the last price."""
    return [one for one in result.findings if one.field == "last"]


def test_price_that_moved_between_two_reads_of_one_library_is_noise() -> None:
    """100, then 101 for the other: asked again A-B-A the other lies between both reads, so nobody is blamed."""
    again = Asked(("101", "102", "103"), 1)
    result = judged(("100", "101"), again)
    assert on_last(result) == []
    assert result.noise == {"get_ticker.last": 1}
    assert again.order == [CCXT, OKX_SDK, CCXT]


def test_price_that_stays_different_when_asked_again_is_a_difference_of_the_world() -> None:
    """The first library stands still and the other stands elsewhere: two worlds."""
    found = on_last(judged(("100", "105"), Asked(("100", "105", "100"), 1)))
    assert [(one.layer, one.ccxt.value, one.okx_sdk.value) for one in found] == [(Layer.VENUE, "100", "105")]


def test_price_outside_both_reads_of_the_first_library_counts_even_in_a_moving_market() -> None:
    """100 to 101 is how far it moved; 200 is not between."""
    found = on_last(judged(("100", "200"), Asked(("100", "200", "101"), 1)))
    assert [one.layer for one in found] == [Layer.VENUE]


def test_difference_that_cannot_be_asked_again_counts() -> None:
    """Without anybody to ask, a difference of the world is not waved through as noise."""
    assert [one.layer for one in on_last(judged(("100", "101"), None))] == [Layer.VENUE]


def test_difference_of_the_parsers_is_told_without_asking_anybody_again() -> None:
    """Both were told the same; only the reading differs."""
    again = Asked((), 1)
    found = on_last(judged(("100", "100"), again, factor=10))
    assert [(one.layer, one.ccxt.value) for one in found] == [(Layer.PARSE, "1000")]
    assert again.order == []


def test_parsers_that_differ_over_a_market_that_moved_blame_nobody_for_the_move() -> None:
    """What moved is noise; what is left is the parser's, never the venue's."""
    found = on_last(judged(("100", "101"), Asked(("101", "102", "103"), 10), factor=10))
    assert [one.layer for one in found] == [Layer.PARSE]


def account(*, direction: str, bills: bool) -> Collection:
    """Both libraries are told a position of two contracts, a purchase of two, and perhaps the bills from the start."""
    seen = Collection()
    rows: dict[str, tuple[Fact, ...]] = {
        "get_instruments": (linear_swap(),),
        "get_positions": (position(direction=direction, mark_price="100", unrealized_pnl="0", ts_venue_ms=NOW_MS),),
        "get_fills": (fill(side="buy", contracts="2", price="100"),),
        "get_account_config": (),
    }
    if bills:
        came_in = bill(
            bill_id="1", kind="transfer", change="1000", balance="1000", symbol=None, side=None, contracts=None,
            trade_id=None, venue_order_id=None, ts_venue_ms=NOW_MS - 1_000,
        )  # fmt: skip
        rows["get_bills"] = (came_in, bill(bill_id="2"))
    for operation, facts in rows.items():
        pair = {one: observed(operation, *facts, library=one) for one in Library}
        seen.pairs.append((Question(operation, None), pair))
    seen.now_ms.update(dict.fromkeys(Library, NOW_MS))
    return seen


def test_a_report_that_fills_and_bills_contradict_is_rebuilt_from_the_fills() -> None:
    """Both libraries report a short where the fills of both make a long: the fills are kept, the venue is named."""
    result = judge(account(direction="short", bills=True), None, None)
    assert result.quality is PositionsQuality.RECONSTRUCTED_FROM_FILLS
    assert [(one.symbol, one.direction, one.contracts) for one in result.positions] == [(LINEAR, "long", 2)]
    blamed = {one.odd_one_out for one in result.findings if one.field == "direction"}
    assert blamed == {OddOneOut.VENUE}


def test_a_report_that_fills_and_bills_confirm_is_reliable() -> None:
    """The start is proven by the bills; nothing was declared."""
    result = judge(account(direction="long", bills=True), None, None)
    assert (result.quality, result.history.since_ms) == (PositionsQuality.RELIABLE, NOW_MS - 1_000)


def test_without_a_proven_beginning_fills_prove_no_position() -> None:
    """Without bills nobody knows what was before the first fill, so nothing is reliable, and nothing rebuilt."""
    for direction in ("long", "short"):
        result = judge(account(direction=direction, bills=False), None, None)
        assert result.quality is PositionsQuality.UNRELIABLE
        assert result.history.flat_start is None


def test_request_that_a_library_could_not_build_is_counted_and_not_passed_over() -> None:
    """One library without a request is one missing, none at all is both in error; neither looks like agreement."""
    seen = Collection()
    case = RequestCase("native_order_request", LINEAR, MarketType.SWAP, "swap market buy 1")
    lone = WireRequest("POST", "http", "recorded", "/api/v5/trade/order", "", b"{}")
    seen.requests += [(case, {CCXT: lone}), (case, {})]
    result = judge(seen, None, None)
    assert result.requests == [("path", Outcome.ONE_MISSING), ("path", Outcome.BOTH_ERROR)]
