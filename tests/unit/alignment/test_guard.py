"""The guard over an honest venue: budgets, sampling, threads, what it gives and what it leaves behind."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from dualwitness import alignment
from dualwitness.alignment.guard import Guard
from dualwitness.alignment.guarding.look import Limits
from dualwitness.alignment.guarding.rate_budget import RateBudget, RateLimit
from dualwitness.models import Direction, Library, NullReason, PositionsQuality, Side
from dualwitness.venues import UsageError, open_venue
from tests.support.guard_world import BTC, DOGE, ETH, GuardWorld, guard_world, intent, open_guard, timed_guard, wrong

RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality


@pytest.fixture(scope="module")
def world() -> Iterator[GuardWorld]:
    """One honest venue, and a guard over it."""
    with guard_world() as one:
        yield one


def test_guard_is_what_the_package_exports() -> None:
    """One name for a user, one class behind it."""
    assert alignment.Guard is Guard


def test_positions_of_an_honest_venue_are_proven_to_the_contract(world: GuardWorld) -> None:
    """Both libraries, fills and bills agree, and nothing that is held is missing."""
    answer = world.guard.positions()
    told = {(one.symbol, one.position_side): one.contracts for one in answer.positions or () if one.has_position}
    assert told == {key: abs(signed) for key, signed in world.truth().items() if signed}
    assert (answer.quality, answer.account_quality, answer.reasons) == (RELIABLE, RELIABLE, {})
    assert wrong(answer, world.truth()) == []
    assert (answer.over_budget, answer.sampled, answer.conflicting) == (False, True, ())
    assert answer.skew_ms is not None
    assert answer.elapsed_ms > 0
    assert {name for name, age in answer.ages_ms.items() if age is not None} >= {"positions", "fills", "bills"}


def test_positions_that_were_asked_for_are_told_whoever_speaks_of_them(world: GuardWorld) -> None:
    """Flat is a proven answer; what was not asked for is left out."""
    answer = world.guard.positions([BTC, DOGE])
    assert [one.symbol for one in answer.positions or ()] == [BTC, DOGE]
    held, flat = answer.of(BTC), answer.of(DOGE)
    assert held is not None
    assert flat is not None
    assert (held.has_position, held.direction, held.source) == (True, Direction.LONG, "exchange")
    assert (flat.has_position, flat.contracts, flat.direction) == (False, 0, Direction.FLAT)
    assert flat.judged.empty_confirmed
    assert answer.of(ETH) is None


def test_position_of_one_symbol_has_entry_price_and_explanation(world: GuardWorld) -> None:
    """The whole judgement is at hand."""
    one = world.guard.position(BTC)
    assert one.entry_price is not None
    assert "agree" in one.explanation
    assert one.known


@pytest.mark.parametrize(("symbol", "side"), [(BTC, "long"), ("BTC/USDT", "net")])
def test_position_on_a_side_that_the_account_does_not_have_is_refused(
    world: GuardWorld, symbol: str, side: str
) -> None:
    """Null would say that it is not known; a wrong question has no answer."""
    with pytest.raises(UsageError) as caught:
        world.guard.position(symbol, side)
    assert caught.value.advice


def test_steady_state_costs_two_questions_and_nothing_else(world: GuardWorld) -> None:
    """Fills and bills are read again only when they have grown old."""
    with open_guard(world.base_url, limits=Limits(evidence_ms=60_000)) as guard:
        guard.positions()
        before = world.venue.asked.copy()
        for _ in range(5):
            guard.positions()
        assert dict(world.venue.asked - before) == {"account/positions": 10}


def test_evidence_that_has_grown_old_is_read_again_before_it_counts(world: GuardWorld) -> None:
    """And only what is new of it."""
    with timed_guard(world) as (guard, clocks):
        guard.positions()
        clocks.ahead_ms = 60_000
        before = world.venue.asked.copy()
        assert guard.positions().quality is RELIABLE
        assert (world.venue.asked - before)["account/bills-archive"] == 2


def test_beginning_that_was_proven_once_stays_proven(world: GuardWorld) -> None:
    """Bills that are taken back later say nothing about how the account began; fills and reports go on agreeing."""
    with timed_guard(world) as (guard, clocks):
        assert guard.positions().quality is RELIABLE
        world.plant("bills_empty")
        try:
            clocks.ahead_ms = 60_000
            answer = guard.positions([BTC])
            assert world.hits() > 0
            assert answer.quality is RELIABLE
            assert not any("bills" in witness for one in answer.positions or () for witness in one.judged.witnesses_for)
        finally:
            world.withdraw()


def test_position_that_moved_by_a_new_fill_is_no_conflict(world: GuardWorld) -> None:
    """The fills are read again before anybody is blamed, whoever saw the new position first."""
    with open_guard(world.base_url, limits=Limits(evidence_ms=60_000)) as guard:
        for side, size in ((Side.LONG, "0.02"), (Side.SHORT, "0.05"), (Side.LONG, "0.03")):
            assert guard.position(BTC).quality is RELIABLE
            world.trade(BTC, side, size)
            one = guard.position(BTC)
            assert (one.quality, one.contracts) == (RELIABLE, abs(world.truth()[BTC, "net"]))


def test_account_that_trades_while_it_is_watched_is_never_wrong_nor_blamed(world: GuardWorld) -> None:
    """Orders fill between the questions; every answer was true at some moment of its look, and none is a conflict."""
    qualities = set()
    ended = threading.Event()

    def trade() -> None:
        for number in range(40):
            world.trade(BTC, Side.LONG if number % 2 else Side.SHORT, "0.01")
        ended.set()

    trader = threading.Thread(target=trade)
    seen = {abs(world.truth()[BTC, "net"])}
    seen |= {one - 1 for one in seen}
    with open_guard(world.base_url) as guard:
        guard.positions()
        trader.start()
        while not ended.is_set():
            one = guard.position(BTC)
            qualities.add(one.quality)
            assert one.contracts is None or one.contracts in seen
            assert one.quality is RELIABLE or one.reason is NullReason.STALE
        trader.join()
        assert guard.position(BTC).quality is RELIABLE
    assert RELIABLE in qualities


def test_question_over_its_budget_is_null_and_stale_and_not_waited_for(world: GuardWorld) -> None:
    """The caller has its answer in time; what comes late serves the next question."""
    with open_guard(world.base_url) as guard:
        guard.positions()
        world.plant("latency:path=account/positions,latency_ms=400")
        try:
            begun_s = time.monotonic()
            late = guard.positions([BTC], budget_ms=100)
            assert time.monotonic() - begun_s < 0.35
        finally:
            world.withdraw()
        assert late.over_budget
        one = late.of(BTC)
        assert one is not None
        assert one.quality is not RELIABLE
        assert one.has_position is not False
        assert guard.positions([BTC]).quality is RELIABLE


@pytest.mark.parametrize("whom", ["", "@ccxt", "@okx_sdk"])
def test_venue_that_hangs_costs_the_budget_and_no_more_and_is_never_flat(world: GuardWorld, whom: str) -> None:
    """One library that hangs leaves the other's word and the fills; two leave nothing; both come back."""
    with open_guard(world.base_url, timeout_ms=400, budget_ms=150) as guard:
        guard.positions(budget_ms=20_000)
        world.plant(f"latency{whom}:path=account/positions,latency_ms=60000")
        try:
            for _ in range(2):
                begun_s = time.monotonic()
                one = guard.position(BTC)
                assert time.monotonic() - begun_s < 0.35
                assert one.quality is not RELIABLE
                assert one.has_position is not False
                assert one.known is bool(whom), one
        finally:
            world.withdraw()
        assert guard.position(BTC, budget_ms=20_000).quality is RELIABLE


def test_first_question_within_no_time_at_all_knows_nothing(world: GuardWorld) -> None:
    """Unknown is null: neither flat, nor an empty tuple."""
    with open_guard(world.base_url) as guard:
        world.plant("latency:path=*,latency_ms=200")
        try:
            answer = guard.positions(budget_ms=20)
            one = guard.position(BTC, budget_ms=20)
        finally:
            world.withdraw()
        assert (answer.positions, answer.quality) == (None, UNAVAILABLE)
        assert answer.reason is NullReason.STALE
        assert (one.has_position, one.contracts, one.reason) == (None, None, NullReason.STALE)


def test_late_report_does_not_pass_for_the_answer_to_a_later_question(world: GuardWorld) -> None:
    """The account moves while a report is on its way; the next look sees the account as it is then."""
    with open_guard(world.base_url, sampling=Decimal(0)) as guard:
        guard.positions()
        world.plant("latency@okx_sdk:path=account/positions,latency_ms=300,times=1")
        try:
            guard.positions(budget_ms=50)
        finally:
            world.withdraw()
        world.trade(BTC, Side.LONG, "0.01")
        one = guard.position(BTC)
        assert (one.contracts, one.quality) == (abs(world.truth()[BTC, "net"]), RELIABLE)


def test_sampling_asks_one_library_until_its_word_differs(world: GuardWorld) -> None:
    """The second library's last report counts while it is fresh; a deviation has both asked at once."""
    chances = iter([0.0, 0.9, 0.9, 0.9])
    limits = Limits(positions_ms=60_000, evidence_ms=60_000)
    with open_guard(world.base_url, sampling=Decimal("0.5"), random=lambda: next(chances), limits=limits) as guard:
        assert guard.positions().sampled is True
        before = world.venue.asked["account/positions"]
        answer = guard.positions()
        assert (answer.sampled, answer.quality) == (False, RELIABLE)
        assert world.venue.asked["account/positions"] == before + 1
        world.trade(BTC, Side.SHORT, "0.01")
        moved = guard.position(BTC)
        assert (moved.contracts, moved.quality) == (abs(world.truth()[BTC, "net"]), RELIABLE)


def test_report_that_is_no_longer_fresh_is_not_reused(world: GuardWorld) -> None:
    """Sampling saves questions, never freshness."""
    with timed_guard(world, sampling=Decimal(0)) as (guard, clocks):
        guard.positions()
        assert guard.positions().sampled is False
        clocks.ahead_ms = 60_001
        assert guard.positions().sampled is True


def test_rate_budget_that_is_used_up_leaves_null_and_not_asked_or_stale(world: GuardWorld) -> None:
    """The trader has used the quota; the guard says that it does not know, and asks nothing."""
    budget = RateBudget({"get_positions": RateLimit(4, 60_000)}, share=Decimal(1))
    with timed_guard(world, rate_budget=budget) as (guard, clocks):
        assert guard.positions([BTC]).quality is RELIABLE
        budget.spend("get_positions", 4)
        clocks.ahead_ms = 60_001
        before = world.venue.asked["account/positions"]
        one = guard.position(BTC)
        assert world.venue.asked["account/positions"] == before
        assert one.quality is not RELIABLE
        assert one.has_position is not False
        assert not guard.allows(intent(BTC, Side.LONG))


def test_report_that_is_fresh_counts_where_the_quota_is_used_up(world: GuardWorld) -> None:
    """What was asked a moment ago need not be asked again; and it is not called new."""
    budget = RateBudget({"get_positions": RateLimit(2, 60_000)}, share=Decimal(1))
    with timed_guard(world, rate_budget=budget) as (guard, _):
        assert guard.positions([BTC]).sampled is True
        again = guard.positions([BTC])
        assert (again.quality, again.sampled) == (RELIABLE, False)


def test_old_report_that_is_kept_is_not_held_against_newer_fills(world: GuardWorld) -> None:
    """The second library's last report is older than the fill: both are asked anew before anybody is blamed."""
    with timed_guard(world, sampling=Decimal(0)) as (guard, _):
        guard.positions()
        world.trade(BTC, Side.LONG, "0.01")
        guard.fills_since(0)  # the fill is known before the next look
        one = guard.position(BTC)
        assert (one.quality, one.contracts) == (RELIABLE, abs(world.truth()[BTC, "net"]))


def test_rate_budget_that_has_calls_left_is_no_hindrance(world: GuardWorld) -> None:
    """The negative of the test above."""
    budget = RateBudget({"get_positions": RateLimit(1_000, 60_000)}, share=Decimal(1))
    with open_guard(world.base_url, rate_budget=budget) as guard:
        assert all(guard.positions([BTC]).quality is RELIABLE for _ in range(5))


@pytest.mark.parametrize("threads", [2, 8])
def test_threads_may_ask_at_once(world: GuardWorld, threads: int) -> None:
    """Everybody gets a proven answer of one and the same account."""
    answers: list[object] = []

    def ask() -> None:
        for _ in range(5):
            one = world.guard.position(BTC)
            answers.append((one.quality, one.contracts))

    running = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert set(answers) == {(RELIABLE, abs(world.truth()[BTC, "net"]))}
    assert len(answers) == 5 * threads


def test_thread_that_waits_for_others_longer_than_its_budget_is_told_so(world: GuardWorld) -> None:
    """Its own time is over, not that of those who look."""
    with open_guard(world.base_url) as guard:
        guard.positions([BTC])
        world.plant("latency:path=account/positions,latency_ms=400")
        try:
            first = threading.Thread(target=guard.positions)
            first.start()
            time.sleep(0.05)
            one = guard.position(BTC, budget_ms=20)
            balance = guard.balance("USDT", budget_ms=20).of("USDT")
            fills = guard.fills_since(0, budget_ms=20)
            first.join()
        finally:
            world.withdraw()
    assert (one.has_position, one.reason, one.quality) == (None, NullReason.STALE, UNAVAILABLE)
    assert balance is not None
    assert (balance.total, balance.reason) == (None, NullReason.STALE)
    assert (fills.fills, fills.reason) == (None, NullReason.STALE)


def test_guard_works_beside_an_event_loop(world: GuardWorld) -> None:
    """Through ``to_thread``, several at once, while the loop goes on."""

    async def strategy() -> tuple[list[PositionsQuality], int]:
        turns = 0

        async def tick() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        ticking = asyncio.create_task(tick())
        answers = await asyncio.gather(*(asyncio.to_thread(world.guard.position, BTC) for _ in range(4)))
        ticking.cancel()
        return [one.quality for one in answers], turns

    qualities, turns = asyncio.run(strategy())
    assert qualities == [RELIABLE] * 4
    assert turns > 4


def test_guard_leaves_neither_threads_nor_descriptors_behind(world: GuardWorld) -> None:
    """Opened, asked, watched and closed again many times over."""

    def once() -> None:
        with open_guard(world.base_url) as guard:
            guard.positions([BTC])
            guard.monitor(lambda _report: None, 5)
            guard.positions([BTC])

    once()
    time.sleep(0.1)  # the venue lets go of its side of the sockets
    threads, files = threading.active_count(), open_files()
    for _ in range(5):
        once()
    time.sleep(0.1)
    assert threading.active_count() == threads
    assert open_files() <= files


def open_files() -> int:
    """How many descriptors this process holds."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_closed_guard_says_so(world: GuardWorld) -> None:
    """Closing twice is harmless, asking afterwards is a slip."""
    guard = open_guard(world.base_url)
    guard.close()
    guard.close()
    with pytest.raises(UsageError, match="closed"):
        guard.positions()


def test_guard_without_two_libraries_is_refused() -> None:
    """One library is no witness against itself."""
    with pytest.raises(UsageError, match="clients over"):
        Guard({})
    client = open_venue("okx", library="ccxt", base_url="http://127.0.0.1:9")
    try:
        with pytest.raises(UsageError, match="ccxt"):
            Guard({Library.CCXT: client, Library.OKX_SDK: client})
    finally:
        client.close()


@pytest.mark.parametrize("settings", [{"budget_ms": 0}, {"sampling": Decimal("1.1")}, {"sampling": Decimal(-1)}])
def test_settings_that_make_no_sense_are_refused(world: GuardWorld, settings: dict[str, object]) -> None:
    """It says what to give."""
    with pytest.raises(UsageError, match="budget"):
        open_guard(world.base_url, **settings)


def test_monitor_with_no_time_between_its_looks_is_refused(world: GuardWorld) -> None:
    """It would do nothing else."""
    with pytest.raises(UsageError, match="every 0 ms"):
        world.guard.monitor(lambda _report: None, 0)
