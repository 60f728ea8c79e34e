"""What stops the engine and what opens it again: latches, the day's loss, states and the kill switch."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import Side, Venue
from dualwitness.risk import (
    ReasonCode,
    RiskError,
    TradingState,
    WhoNeeded,
)
from tests.support.risk_world import (
    DAY_MS,
    NOW_MS,
    SWAP,
    Desk,
)

R = ReasonCode
WHO, WHY = "Ann Example", "a test of the switches"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with the limits of the contract."""
    return Desk(tmp_path)


def test_strategy_that_repeats_itself_is_latched_until_a_named_person_resets_it(tmp_path: Path) -> None:
    """Neither time nor a restart opens it; who opened it and why is kept; others trade on."""
    desk = Desk(tmp_path, max_repeated_executions=3)
    for _ in range(3):
        assert desk.reason() is None
    assert desk.reason(side=Side.SHORT) is None
    assert desk.reason() == R.STRATEGY_REPEATED
    assert desk.engine.latched_strategies() == ("trend_following",)
    desk.clock.now_ms += 3 * DAY_MS
    desk.restart()
    assert desk.reason() == R.STRATEGY_LATCHED
    assert desk.reason(side=Side.SHORT) == R.STRATEGY_LATCHED
    assert desk.reason(strategy="mean_reversion") is None
    desk.engine.reset(WHO, WHY, strategy="trend_following")
    assert desk.engine.latched_strategies() == ()
    assert desk.reason() is None
    assert [(act.act, act.who) for act in desk.engine.acts()] == [
        ("reset trend_following", WHO),
        ("latch trend_following", "the risk engine"),
    ]


def test_latch_that_was_reset_counts_anew_and_closes_again(tmp_path: Path) -> None:
    """A reset is one more chance, not the end of counting."""
    desk = Desk(tmp_path, max_repeated_executions=2)
    assert [desk.reason() for _ in range(3)] == [None, None, R.STRATEGY_REPEATED]
    desk.engine.reset(WHO, WHY, strategy="trend_following")
    assert [desk.reason() for _ in range(4)] == [None, None, R.STRATEGY_REPEATED, R.STRATEGY_LATCHED]


def test_repeats_that_lie_far_apart_latch_nothing(tmp_path: Path) -> None:
    """A trade every ten minutes is no loop."""
    desk = Desk(tmp_path, max_repeated_executions=1)
    for _ in range(5):
        assert desk.reason() is None
        desk.clock.now_ms += 600_000


def test_day_that_lost_too_much_stays_closed_until_the_venue_begins_another(desk: Desk) -> None:
    """Winning it back opens nothing, a restart opens nothing, our own midnight opens nothing: the venue's day does."""
    won, lost = {"realised_pnl_usd": Decimal(9000)}, {"realised_pnl_usd": Decimal(-5003)}
    assert desk.reason(facts=won) is None
    assert desk.reason(facts=lost) == R.LOSS_LIMIT_REACHED
    desk.restart()
    assert desk.reason(facts=won) == R.LOSS_LIMIT_REACHED
    midnight = NOW_MS - NOW_MS % DAY_MS + DAY_MS
    desk.clock.now_ms = midnight + 5_000
    behind = won | {"venue_time_ms": midnight - 1, "reference_ts_ms": midnight - 1}
    assert desk.reason(facts=behind) == R.LOSS_LIMIT_REACHED
    assert desk.reason(facts=won | {"venue_time_ms": midnight}) is None
    # A venue whose clock goes back over midnight does not bring yesterday back either.
    desk.clock.now_ms = midnight + 6_000
    assert R.LOSS_LIMIT_REACHED in desk.reasons(facts=lost | {"venue_time_ms": midnight - 10})
    assert desk.reason(facts=won | {"venue_time_ms": midnight + 6_000}) == R.LOSS_LIMIT_REACHED


def test_day_begins_at_the_time_that_the_configuration_says(tmp_path: Path) -> None:
    """16:30 UTC by the venue's clock, to the millisecond."""
    desk = Desk(tmp_path, day_starts_at_utc="16:30")
    boundary = NOW_MS + 4 * 3_600_000 + 30 * 60_000
    lost, won = {"realised_pnl_usd": Decimal(-6000)}, {"realised_pnl_usd": Decimal(0)}
    assert desk.reason(facts=lost) == R.LOSS_LIMIT_REACHED
    desk.clock.now_ms = boundary - 21
    assert desk.reason(facts=won) == R.LOSS_LIMIT_REACHED
    desk.clock.now_ms = boundary - 20
    assert desk.reason(facts=won) is None


def test_losses_of_all_venues_add_up_and_gains_elsewhere_are_no_cover(desk: Desk) -> None:
    """The limit is one for all venues; what was won at another cannot be spent here."""
    note = desk.engine.note_pnl
    note(Venue.PAPER, realised_usd=Decimal(-3000), unrealised_usd=Decimal(-500), venue_time_ms=NOW_MS)
    assert desk.reason(facts={"realised_pnl_usd": Decimal(-1000)}) is None
    assert desk.reason(facts={"realised_pnl_usd": Decimal(-1503)}) == R.LOSS_LIMIT_REACHED
    note(Venue.PAPER, realised_usd=Decimal(99_000), unrealised_usd=Decimal(0), venue_time_ms=NOW_MS)
    assert desk.reason(facts={"realised_pnl_usd": Decimal(0)}) == R.LOSS_LIMIT_REACHED


def test_result_of_the_day_must_have_been_noted_lately(desk: Desk) -> None:
    """Without a result in the facts the noted one holds for its time, and not a moment longer."""
    facts = {"realised_pnl_usd": None}
    assert desk.reason(facts=facts) == R.LOSS_UNKNOWN
    desk.engine.note_pnl(Venue.OKX, realised_usd=Decimal(5), unrealised_usd=Decimal(0), venue_time_ms=NOW_MS)
    desk.clock.now_ms += 60_000
    assert desk.reason(facts=facts) is None
    desk.clock.now_ms += 1
    assert desk.reason(facts=facts) == R.LOSS_STALE


@pytest.mark.parametrize(
    ("realised", "venue_time_ms"),
    [(Decimal("NaN"), NOW_MS), (Decimal("1E+400"), NOW_MS), (1.5, NOW_MS), (Decimal(1), NOW_MS - 10_001)],
)
def test_result_that_is_no_number_or_of_another_time_is_not_noted(
    desk: Desk, realised: Any, venue_time_ms: int
) -> None:
    """A day's result that cannot be true leaves the day's result unknown."""
    with pytest.raises(RiskError):
        desk.engine.note_pnl(Venue.OKX, realised_usd=realised, unrealised_usd=Decimal(0), venue_time_ms=venue_time_ms)
    assert desk.reason(facts={"realised_pnl_usd": None}) == R.LOSS_UNKNOWN


def test_states_are_switched_by_name_kept_over_a_restart_and_opened_by_reset_alone(desk: Desk) -> None:
    """Reducing can become halted, halted cannot become reducing, and only a reset makes either active."""
    desk.engine.reduce(WHO, WHY)
    desk.restart()
    assert desk.engine.state is TradingState.REDUCING
    assert desk.reason() == R.STATE_REDUCING
    closing = {"reduce_only": True, "side": Side.SHORT, "facts": {"position_base": Decimal("0.002")}}
    assert desk.reason(**closing) is None
    desk.engine.halt(WHO, WHY)
    desk.engine.reduce(WHO, WHY)
    desk.restart()
    assert desk.engine.state is TradingState.HALTED
    assert desk.reason(**closing) == R.STATE_HALTED
    desk.engine.reset(WHO, WHY)
    assert desk.engine.state is TradingState.ACTIVE
    assert desk.reason() is None
    assert [act.act for act in desk.engine.acts()] == ["reset", "reducing", "halted", "reducing"]


@pytest.mark.parametrize("switch", ["halt", "reduce", "reset", "kill"])
@pytest.mark.parametrize(("who", "why"), [("", WHY), ("  ", WHY), (WHO, ""), (WHO, "a\nb"), ("x" * 81, WHY)])
def test_switch_moves_for_nobody_and_for_no_reason(desk: Desk, switch: str, who: str, why: str) -> None:
    """A name and a sentence, or nothing happens."""
    desk.engine.reduce(WHO, WHY)
    with pytest.raises(WhoNeeded, match="blank, too long or not printable"):
        getattr(desk.engine, switch)(who, why)
    assert desk.engine.state is TradingState.REDUCING
    assert not desk.engine.kill_tripped


@pytest.mark.parametrize("way", ["file", "program", "content"])
def test_kill_switch_stays_tripped_until_a_named_reset_whatever_becomes_of_its_file(desk: Desk, way: str) -> None:
    """Removing the file is no reset, a restart is no reset."""
    switch = desk.engine.switch
    assert desk.reason() is None
    if way == "program":
        desk.engine.kill(WHO, WHY)
    else:
        switch.path.write_text("Bea: flood in the room\n" if way == "content" else "", encoding="utf-8")
    assert desk.engine.kill_tripped
    order = desk.order()
    assert order.rejection_reason.startswith(R.KILL_TRIPPED)
    assert (WHO in order.rejection_reason) == (way == "program")
    assert ("flood" in order.rejection_reason) == (way == "content")
    switch.path.unlink()
    desk.restart()
    assert desk.engine.kill_tripped
    assert desk.reason() == R.KILL_TRIPPED
    desk.engine.reset(WHO, WHY, strategy="trend_following")
    assert desk.reason() == R.KILL_TRIPPED
    desk.engine.reset(WHO, WHY)
    assert not desk.engine.kill_tripped
    assert desk.reason() is None


def test_tripped_kill_switch_names_every_order_that_is_to_be_cancelled(desk: Desk) -> None:
    """What is open or unknown is listed with what it is, until its fate is told."""
    for _ in range(3):
        assert desk.reason() is None
    desk.engine.settle("order2", state="filled")
    desk.engine.kill(WHO, WHY)
    assert [(each.client_order_id, each.symbol, each.venue) for each in desk.engine.open_orders()] == [
        ("order1", SWAP.symbol, "okx"),
        ("order3", SWAP.symbol, "okx"),
    ]


def test_reset_does_not_forget_what_was_sent_or_lost(desk: Desk) -> None:
    """It opens switches and latches; a limit that is used up stays used up."""
    for _ in range(10):
        assert desk.reason() is None
    desk.order(facts={"realised_pnl_usd": Decimal(-6000)})
    desk.engine.reset(WHO, WHY)
    order = desk.order()
    assert {check.reason for check in order.checks if not check.passed} == {
        R.RATE_SYMBOL_EXCEEDED,
        R.LOSS_LIMIT_REACHED,
    }
