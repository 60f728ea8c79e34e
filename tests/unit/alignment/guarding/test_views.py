"""What a guard gives beside positions: balances, fills, permissions, and what a person may tell it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dualwitness.alignment.guarding import evidence as guard_evidence
from dualwitness.alignment.guarding.look import Limits
from dualwitness.alignment.guarding.policy import PolicyAction, PositionsBlocked
from dualwitness.models import NullReason, PositionsQuality, Side, TdMode
from dualwitness.models.history import History, OpeningSnapshot
from dualwitness.venues import UsageError
from tests.support.guard_world import BTC, ETH, GuardWorld, guard_world, intent, open_guard, timed_guard

RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality


@pytest.fixture(scope="module")
def world() -> Iterator[GuardWorld]:
    """One honest venue, and a guard over it."""
    with guard_world() as one:
        yield one


def test_policy_that_blocks_raises_what_to_do_and_spares_what_is_proven(world: GuardWorld) -> None:
    """Proven positions are given whatever the policy says of others."""
    policy = dict.fromkeys((REBUILT, UNRELIABLE, UNAVAILABLE), PolicyAction.BLOCK)
    with open_guard(world.base_url, policy=policy) as guard:
        assert guard.positions().quality is RELIABLE
        world.plant("positions_empty")
        try:
            with pytest.raises(PositionsBlocked) as caught:
                guard.positions()
            assert caught.value.quality is REBUILT
            assert not guard.allows(intent(BTC, Side.LONG))
        finally:
            world.withdraw()


def test_policy_of_null_and_reason_withholds_what_the_fills_say(world: GuardWorld) -> None:
    """The judgement is at hand all the same."""
    with open_guard(world.base_url, policy={REBUILT: PolicyAction.NULL_AND_REASON}) as guard:
        world.plant("positions_empty")
        try:
            one = guard.position(BTC)
        finally:
            world.withdraw()
    assert (one.has_position, one.contracts, one.reason) == (None, None, NullReason.CONFLICT)
    assert one.judged.has_position is True


def test_balance_is_proven_by_the_bills(world: GuardWorld) -> None:
    """Every currency; one that was never held is proven to be nothing."""
    told = world.guard.balance()
    assert told.quality is RELIABLE
    assert {one.currency for one in told.balances} >= {"USDT", "BTC", "ETH"}
    nothing = world.guard.balance("XRP").of("XRP")
    assert nothing is not None
    assert (nothing.total, nothing.quality) == (0, RELIABLE)


@pytest.mark.parametrize("lie", ["balance_inflated", "balance_blank", "html_instead_of_json:path=account/balance"])
def test_balance_that_is_lied_about_has_no_value(world: GuardWorld, lie: str) -> None:
    """The bills leave another amount, or nobody tells one."""
    world.plant(lie)
    try:
        one = world.guard.balance("USDT").of("USDT")
    finally:
        world.withdraw()
    assert one is not None
    assert (one.total, one.balance) == (None, None)
    assert one.reason is not None


def test_balance_after_a_trade_is_no_conflict(world: GuardWorld) -> None:
    """Bills are read again before anybody is blamed."""
    with open_guard(world.base_url, limits=Limits(evidence_ms=60_000)) as guard:
        guard.balance()
        world.trade(BTC, Side.LONG, "0.01")
        assert guard.balance("USDT").quality is RELIABLE


def test_fills_since_a_moment_are_those_of_both_libraries_and_of_the_bills(world: GuardWorld) -> None:
    """Of one symbol or of all, oldest first."""
    everything = world.guard.fills_since(0)
    assert (everything.quality, everything.reason) == (RELIABLE, None)
    assert everything.fills is not None
    moments = [fill.ts_venue_ms or 0 for fill in everything.fills]
    assert moments == sorted(moments)
    middle = moments[len(moments) // 2]
    later = world.guard.fills_since(middle, ETH)
    expected = {fill.trade_id for fill in everything.fills if (fill.ts_venue_ms or 0) >= middle and fill.symbol == ETH}
    assert later.quality is RELIABLE
    assert {fill.trade_id for fill in later.fills or ()} == expected


def test_fills_of_a_quiet_time_are_an_empty_tuple_that_is_proven(world: GuardWorld) -> None:
    """Both libraries and the bills know of nothing."""
    told = world.guard.fills_since(4_000_000_000_000)
    assert (told.fills, told.quality) == ((), RELIABLE)


@pytest.mark.parametrize("lie", ["fills_empty", "fill_dropped", "fill_dropped@ccxt", "bills_empty"])
def test_fills_that_are_lied_about_are_null(world: GuardWorld, lie: str) -> None:
    """An empty list would be a claim."""
    world.plant(lie)
    try:
        with open_guard(world.base_url) as guard:
            told = guard.fills_since(0)
    finally:
        world.withdraw()
    assert told.fills is None
    assert told.reason is NullReason.CONFLICT


def test_pair_in_cash_is_judged_by_its_balance(world: GuardWorld) -> None:
    """Buys and sells pass while the balance is proven; while it is not, nothing is bought."""
    buying = intent("BTC/USDT", Side.LONG, td_mode=TdMode.CASH)
    assert world.guard.allows(buying)
    world.plant("balance_inflated")
    try:
        verdict = world.guard.allows(buying)
    finally:
        world.withdraw()
    assert not verdict


def test_given_answer_is_judged_while_it_is_fresh_and_looked_at_anew_after(world: GuardWorld) -> None:
    """A loop that has just looked need not look twice."""
    with timed_guard(world) as (guard, clocks):
        answer = guard.positions([BTC])
        before = world.venue.asked["account/positions"]
        assert guard.allows(intent(BTC, Side.LONG), answer)
        assert world.venue.asked["account/positions"] == before
        clocks.ahead_ms = 60_001
        assert guard.allows(intent(BTC, Side.LONG), answer)
        assert world.venue.asked["account/positions"] > before


def test_old_account_is_unproven_until_a_person_vouches_for_it(
    world: GuardWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fills that do not reach back to a beginning prove nothing; a snapshot is a beginning."""
    monkeypatch.setattr(guard_evidence, "history_from", _nothing_proven)
    with open_guard(world.base_url) as guard:
        one = guard.position(BTC)
        assert (one.quality, one.has_position, one.reason) == (UNRELIABLE, None, NullReason.ABSENT)
        assert not guard.allows(intent(BTC, Side.LONG))
        guard.vouch("A. Person", "compared with the venue's page")
        assert guard.position(BTC).quality is RELIABLE
        assert guard.allows(intent(BTC, Side.LONG))


def _nothing_proven(_worlds: object, *, opening: OpeningSnapshot | None) -> History:
    return History(opening=opening)


def test_vouching_takes_what_both_libraries_report_and_goes_on_from_there(world: GuardWorld) -> None:
    """Fills after it are counted, fills before it are not."""
    with open_guard(world.base_url) as guard:
        snapshot = guard.vouch("A. Person", "compared with the venue's page")
        assert snapshot.source == "A. Person: compared with the venue's page"
        held = {(leg.symbol, str(leg.position_side)): leg.contracts for leg in snapshot.legs}
        assert held == {key: signed for key, signed in world.truth().items() if signed}
        assert guard.positions().quality is RELIABLE
        world.trade(BTC, Side.LONG, "0.01")
        one = guard.position(BTC)
        assert (one.quality, one.contracts) == (RELIABLE, abs(world.truth()[BTC, "net"]))
    with open_guard(world.base_url, opening=snapshot) as another:
        assert another.positions().quality is RELIABLE
        world.plant("positions_empty")
        try:
            assert another.position(BTC).contracts == abs(world.truth()[BTC, "net"])
        finally:
            world.withdraw()


@pytest.mark.parametrize("lie", ["positions_empty@ccxt", "html_instead_of_json@okx_sdk:path=account/positions"])
def test_vouching_for_what_the_libraries_do_not_agree_on_is_blocked(world: GuardWorld, lie: str) -> None:
    """A person's word stands on two reports, not on one."""
    world.plant(lie)
    try:
        with open_guard(world.base_url) as guard, pytest.raises(PositionsBlocked):
            guard.vouch("A. Person", "looked at it")
    finally:
        world.withdraw()


@pytest.mark.parametrize(("who", "why"), [("", "a reason"), ("A. Person", " ")])
def test_word_of_nobody_or_for_no_reason_is_refused(world: GuardWorld, who: str, why: str) -> None:
    """Neither a snapshot nor forgetting goes without both."""
    with pytest.raises(UsageError, match="without a name or without a reason"):
        world.guard.vouch(who, why)
    with pytest.raises(UsageError, match="without a name or without a reason"):
        world.guard.forget(who, why)


def test_forgetting_is_written_down(world: GuardWorld) -> None:
    """Whoever looks later sees who did it, and why."""
    with open_guard(world.base_url) as guard:
        guard.positions()
        guard.forget("A. Person", "the venue apologised")
        assert guard.problems == ("evidence forgotten by A. Person: the venue apologised",)
        assert guard.positions().quality is RELIABLE
