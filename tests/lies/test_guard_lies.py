"""
A loop under the guard while the venue lies: never flat over what is held, never a wrong number that is called proven.

Each lie is told to both libraries and to one alone, to a guard that is new and to one that has looked before.
DUALWITNESS_FULL=1 tells each to either library, and leaves nothing out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal

import pytest

from dualwitness.alignment import witness
from dualwitness.alignment.adjudicate import adjudicate
from dualwitness.alignment.guarding import look as guard_look
from dualwitness.alignment.guarding.answers import AccountJudgement, GuardedPositions
from dualwitness.alignment.guarding.permission import PermissionReason
from dualwitness.models import Direction, NullReason, PositionsQuality, PositionsSource, Side
from dualwitness.venues.sim.lies import LIES
from tests.support.guard_world import BTC, ETH, GuardWorld, guard_world, intent, open_guard, told_truth, wrong

RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality
FULL = os.environ.get("DUALWITNESS_FULL") == "1"
WHOM = ("", "@ccxt", "@okx_sdk")


def told(names: Iterable[str]) -> list[tuple[str, str]]:
    """Each lie with those to whom it is told: both, and one in turn; in full, either."""
    return [(name, whom) for place, name in enumerate(names) for whom in (WHOM if FULL else ("", WHOM[1 + place % 2]))]


# What the guard has to call these, told to anybody; and whether every number is still there then.
LOUD = {
    "positions_empty": REBUILT,
    "position_missing": REBUILT,
    "position_side_flipped": REBUILT,
    "position_contracts_doubled": REBUILT,
    "position_partly_closed": REBUILT,
    "positions_twice": REBUILT,
    "blank_positions_field": REBUILT,
    "entry_price_shifted": REBUILT,
    "entry_price_is_mark": REBUILT,
    "position_invented": UNRELIABLE,
    "position_of_another_symbol": UNRELIABLE,
    "position_sides_invented": UNRELIABLE,
    "live_positions_in_demo": UNRELIABLE,
    "fill_invented": UNRELIABLE,
}
FAULTS = ("html_instead_of_json", "truncated_json", "empty_body", "data_is_null", "missing_data", "http_500")
POSITIONS = "path=account/positions"
# Whatever else may be said of the account: no number may come out of it that is wrong.
_ABOUT = [name for name, lie in LIES.items() if lie.cause.operation in ("get_fills", "get_bills", "get_account_config")]
QUIET = _ABOUT if FULL else _ABOUT[::2]


@pytest.fixture(scope="module")
def world() -> Iterator[GuardWorld]:
    """A guard that has looked at an honest venue, and goes on looking while lies come and go."""
    with guard_world() as one:
        assert one.guard.positions().quality is RELIABLE
        yield one


@pytest.fixture
def honest(world: GuardWorld) -> Iterator[GuardWorld]:
    """The same guard before and after a lie; what was told meanwhile is forgotten."""
    world.guard.forget("tests", "a new case")
    assert world.guard.positions([BTC, ETH]).quality is RELIABLE
    yield world
    world.withdraw()


def label(name: str, whom: str, options: str = "") -> str:
    """How a lie is planted."""
    return f"{name}{whom}{options and ':'}{options}"


def assert_only_reducing(world: GuardWorld, answer: GuardedPositions) -> None:
    """Orders that open are refused, orders that reduce pass as far as a number is left, cancels pass."""
    held = {(one.symbol, one.direction) for one in answer.judgement.positions if one.contracts}
    for symbol in {one.symbol for one in answer.judgement.positions}:
        for side, opposite in ((Side.LONG, Direction.SHORT), (Side.SHORT, Direction.LONG)):
            closing = world.guard.allows(intent(symbol, side, reduce_only=True), answer)
            assert bool(closing) is ((symbol, opposite) in held), (symbol, side, closing)
            if not closing:
                assert not world.guard.allows(intent(symbol, side), answer)
    assert world.guard.allows_cancel() is True


@pytest.mark.parametrize(("name", "whom"), told(LOUD))
def test_lie_that_begins_mid_run_is_seen_in_the_next_look(honest: GuardWorld, name: str, whom: str) -> None:
    """Of the right quality, with no wrong number, and with nothing but reducing orders let through."""
    honest.plant(label(name, whom))
    if name == "fill_invented":
        honest.guard.forget("tests", "the lie is about fills")
    answer = honest.guard.positions([BTC, ETH])
    assert honest.hits() > 0
    assert answer.account_quality is LOUD[name], answer.reasons
    assert wrong(answer, honest.truth()) == []
    assert_only_reducing(honest, answer)


@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("when", ["from the start", "mid-run"])
def test_empty_positions_over_what_is_held_are_never_flat(honest: GuardWorld, whom: str, when: str) -> None:
    """The fills rebuild every position to the contract; the lie that beats the best engine of today."""
    honest.plant(label("positions_empty", whom))
    if when == "from the start":
        with open_guard(honest.base_url) as guard:
            answer = guard.positions()
    else:
        answer = honest.guard.positions()
    truth = {key: signed for key, signed in honest.truth().items() if signed}
    assert len(truth) > 2
    for (symbol, side), signed in truth.items():
        one = answer.of(symbol, side)
        assert one is not None
        assert (one.has_position, one.contracts) == (True, abs(signed))
        assert one.direction is (Direction.SHORT if signed < 0 else Direction.LONG)
        assert (one.quality, one.source) == (REBUILT, PositionsSource.RECONSTRUCTED_FROM_FILLS)
        assert any("says 0" in witness for witness in one.judged.witnesses_against)
    assert_only_reducing(honest, answer)


def test_guard_that_believes_the_first_library_calls_the_account_flat(
    honest: GuardWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without adjudication the lie comes through, so the tests above can fail."""
    monkeypatch.setattr(guard_look, "judged", _believed)
    honest.plant("positions_empty")
    answer = honest.guard.positions([BTC, ETH])
    assert answer.account_quality is RELIABLE
    assert len(wrong(answer, honest.truth())) > 1
    assert honest.guard.allows(intent(BTC, Side.LONG), answer)


def _believed(testimonies: tuple[witness.Testimony, ...], *, symbols: frozenset[str], **_: object) -> AccountJudgement:
    """What the first library reports, whatever anybody else says."""
    honest = adjudicate(testimonies, symbols=symbols)
    legs = []
    for one in honest:
        signed = testimonies[0].says(witness.Leg(one.symbol, one.position_side)) or Decimal(0)
        direction = Direction.LONG if signed > 0 else Direction.SHORT if signed < 0 else Direction.FLAT
        update = {"has_position": signed != 0, "contracts": abs(signed), "direction": direction, "reason": None}
        legs.append(one.model_copy(update=update | {"positions_quality": RELIABLE, "witnesses_against": ()}))
    return AccountJudgement(tuple(legs), RELIABLE, PositionsSource.EXCHANGE)


@pytest.mark.parametrize(("fault", "whom"), told(FAULTS))
def test_broken_positions_answer_is_no_news_of_the_account(honest: GuardWorld, fault: str, whom: str) -> None:
    """What is held is told by the fills; what is not held is not called flat, because nobody reported so."""
    honest.plant(label(fault, whom, POSITIONS))
    answer = honest.guard.positions([BTC, ETH, "LTC/USDT:USDT"])
    assert wrong(answer, honest.truth()) == []
    held = [one for one in answer.positions or () if one.contracts]
    assert {one.quality for one in held} == {REBUILT}
    assert not any(one.has_position is False for one in answer.positions or ())
    assert_only_reducing(honest, answer)


@pytest.mark.parametrize("fault", FAULTS if FULL else FAULTS[:2])
def test_venue_that_answers_nothing_at_all_leaves_nothing_to_act_on(honest: GuardWorld, fault: str) -> None:
    """A new guard knows nothing, says so with a reason, and lets no order pass; a cancel always passes."""
    honest.plant(label(fault, "", "path=*"))
    with open_guard(honest.base_url) as guard:
        assert guard.positions().positions is None
        one = guard.position(BTC)
        assert (one.has_position, one.contracts, one.quality) == (None, None, UNAVAILABLE)
        assert one.reason in (NullReason.INVALID_ENVELOPE, NullReason.ERROR)
        for side in Side:
            for reduce_only in (True, False):
                verdict = guard.allows(intent(BTC, side, reduce_only=reduce_only))
                assert (bool(verdict), verdict.reason) == (False, PermissionReason.GONE)
        assert guard.allows_cancel() is True
        assert guard.balance("USDT").balances[0].total is None
        assert guard.fills_since(0).fills is None


@pytest.mark.parametrize("name", QUIET)
def test_lie_about_the_evidence_never_makes_a_wrong_number(honest: GuardWorld, name: str) -> None:
    """From the start and mid-run: whatever becomes of the quality, what is said is so."""
    honest.plant(name)
    honest.guard.allows(intent(BTC, Side.LONG))
    answer = honest.guard.positions([BTC, ETH])
    assert wrong(answer, honest.truth()) == []
    with open_guard(honest.base_url) as guard:
        assert wrong(guard.positions([BTC, ETH]), honest.truth()) == []


@pytest.mark.parametrize("whom", WHOM)
def test_frozen_report_is_seen_as_soon_as_a_fill_is_known(whom: str) -> None:
    """The report stands still, the account does not; after an order that was allowed the next look reads the fills."""
    with guard_world() as world:
        assert world.guard.allows(intent(BTC, Side.LONG, "0.01"))
        world.plant(label("positions_frozen", whom))
        world.guard.positions()
        world.trade(BTC, Side.LONG, "0.01")
        one = world.guard.position(BTC)
        assert (one.quality, one.contracts) == (REBUILT, world.truth()[BTC, "net"])


def test_lie_that_ends_leaves_reliable_positions_behind(honest: GuardWorld) -> None:
    """A conflict is no latch: what agrees again is believed again."""
    honest.plant("positions_empty")
    assert honest.guard.positions().account_quality is REBUILT
    honest.withdraw()
    assert honest.guard.positions().account_quality is RELIABLE


@pytest.mark.parametrize("lie", ["positions_empty", "positions_empty@ccxt", f"html_instead_of_json:{POSITIONS}"])
def test_account_that_trades_under_a_standing_lie_is_told_exactly_each_time(honest: GuardWorld, lie: str) -> None:
    """A number that no report confirms rests on fills that were read in the same look, however fresh others are."""
    with open_guard(honest.base_url) as guard:
        assert guard.position(BTC).quality is RELIABLE
        honest.plant(lie)
        for side in (Side.LONG, Side.SHORT, Side.SHORT, Side.LONG):
            honest.trade(BTC, side, "0.01")
            one = guard.position(BTC)
            assert (one.quality, one.contracts) == (REBUILT, abs(honest.truth()[BTC, "net"]))


@pytest.mark.parametrize("fault", FAULTS if FULL else FAULTS[:2])
def test_account_that_traded_before_everything_broke_is_unknown(honest: GuardWorld, fault: str) -> None:
    """What the fills said a moment ago is no longer so, and nobody can say what is."""
    with open_guard(honest.base_url) as guard:
        assert guard.position(BTC).quality is RELIABLE
        honest.trade(BTC, Side.LONG, "0.01")
        honest.plant(label(fault, "", "path=*"))
        one = guard.position(BTC)
        assert (one.has_position, one.contracts, one.reason) == (None, None, NullReason.STALE)
        for side in Side:
            assert guard.allows(intent(BTC, side, reduce_only=True)).reason is PermissionReason.GONE


def test_long_short_account_is_rebuilt_side_by_side() -> None:
    """Two positions of one instrument, both exact."""
    with guard_world("long_short") as world:
        assert world.guard.positions().quality is RELIABLE
        world.plant("positions_empty")
        answer = world.guard.positions()
        held = {(one.symbol, one.position_side): one.contracts for one in answer.positions or () if one.contracts}
        assert held == {key: abs(signed) for key, signed in told_truth(world.venue).items() if signed}
        assert len({symbol for symbol, _ in held}) < len(held)
        assert_only_reducing(world, answer)


def test_lie_is_told_to_the_callback_of_a_monitor_within_a_second(honest: GuardWorld) -> None:
    """Counted from the moment when it was planted, which is before its first answer."""
    heard: list[tuple[float, PositionsQuality]] = []
    with honest.guard.monitor(lambda report: heard.append((time.monotonic(), report.quality)), 100):
        assert _within(5, lambda: bool(heard))
        assert heard[0][1] is RELIABLE
        planted_s = time.monotonic()
        honest.plant("positions_empty")
        assert _within(5, lambda: len(heard) > 1)
    at_s, quality = heard[1]
    assert quality is REBUILT
    assert at_s - planted_s < 1


def _within(seconds: float, true: Callable[[], bool]) -> bool:
    end_s = time.monotonic() + seconds
    while not true() and time.monotonic() < end_s:
        time.sleep(0.005)
    return true()
