"""The engine over its store: what counts, for how long, and what no restart, clock or second process can change."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dualwitness.models import PositionsQuality, Side, Venue
from dualwitness.risk import (
    OrderFateState,
    ReasonCode,
    RiskEngine,
    RiskError,
    RiskStore,
    TradingState,
    UnknownReservation,
)
from tests.support.risk_world import (
    DAY_MS,
    INVERSE,
    NOW_MS,
    PAIR,
    SWAP,
    Clock,
    Desk,
    inputs_of,
    intent_of,
    open_engine,
    usage_of,
    venue_of,
)

R = ReasonCode
WHO, WHY = "Ann Example", "a test of the switches"
PRICES = [Decimal(50_000 + number) for number in range(100)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with the limits of the contract."""
    return Desk(tmp_path)


def test_eleventh_order_for_a_symbol_waits_until_the_first_is_a_minute_old(desk: Desk) -> None:
    """The window slides: to the millisecond, and over a restart."""
    for _ in range(10):
        assert desk.reason() is None
        desk.clock.now_ms += 1000
    assert desk.reason() == R.RATE_SYMBOL_EXCEEDED
    desk.restart()
    desk.clock.now_ms = NOW_MS + 59_999
    assert desk.reason() == R.RATE_SYMBOL_EXCEEDED
    desk.clock.now_ms = NOW_MS + 60_000
    assert desk.reason() is None
    assert desk.reason() == R.RATE_SYMBOL_EXCEEDED


def test_refused_order_takes_no_slot_and_keeps_no_reservation(desk: Desk) -> None:
    """Only what may be sent counts."""
    for _ in range(30):
        assert desk.reason(size=Decimal(9)) == R.NOTIONAL_ABOVE_TRADE_LIMIT
    assert desk.engine.open_orders() == ()
    assert desk.reason() is None


def test_clock_that_goes_back_frees_no_slot(desk: Desk) -> None:
    """An hour back or a second: everything that counted goes on counting, also after a restart."""
    desk.clock.now_ms += 3_600_000
    for _ in range(10):
        assert desk.reason() is None
    for back_ms in (1, 1000, 9_000):
        desk.clock.now_ms = NOW_MS + 3_600_000 - back_ms
        desk.restart()
        assert R.RATE_SYMBOL_EXCEEDED in desk.reasons()
    desk.clock.now_ms = NOW_MS
    assert desk.reasons() >= {R.RATE_SYMBOL_EXCEEDED, R.CLOCK_SKEWED}


def test_order_made_while_the_clock_was_back_counts_from_the_time_it_really_was(desk: Desk) -> None:
    """A clock that goes back and forth again does not make orders older than they are."""
    desk.clock.now_ms += 50_000
    assert desk.reason() is None
    desk.clock.now_ms -= 4_000
    for _ in range(9):
        assert desk.reason() is None
    desk.clock.now_ms = NOW_MS + 50_000 + 59_999
    assert desk.reason() == R.RATE_SYMBOL_EXCEEDED
    desk.clock.now_ms += 1
    assert desk.reason() is None


def test_clock_that_ran_ahead_and_was_set_right_is_opened_by_a_named_reset(desk: Desk) -> None:
    """Time that never comes is not waited for, and what was sent in it goes on counting for its minute."""
    desk.clock.now_ms += 3_600_000
    for _ in range(10):
        assert desk.reason() is None
    desk.clock.now_ms = NOW_MS
    assert desk.reason() == R.CLOCK_SKEWED
    desk.engine.reset(WHO, WHY)
    assert desk.reason() == R.RATE_SYMBOL_EXCEEDED
    desk.clock.now_ms += 60_000
    assert desk.reason() is None


def test_clock_that_jumps_ahead_alone_frees_no_slot(desk: Desk) -> None:
    """Our clock leaves the venue's behind: the order is refused, and nothing is forgotten by then."""
    for _ in range(10):
        assert desk.reason() is None
    desk.clock.now_ms += 3_600_000
    desk.engine.note_message("cancel", Venue.OKX, SWAP.symbol)
    assert R.CLOCK_SKEWED in desk.reasons(facts={"venue_time_ms": NOW_MS + 30})
    desk.clock.now_ms = NOW_MS + 100
    assert desk.reason() == R.RATE_SYMBOL_EXCEEDED


@pytest.mark.parametrize("state", [None, "unknown", "live", "partially_filled"])
def test_order_whose_fate_is_open_counts_for_days(desk: Desk, state: str | None) -> None:
    """Sent, open or unknown: it may be filled yet, so its worth is taken."""
    facts = {"venue_config": venue_of(max_notional_per_symbol_usd=Decimal(100))}
    assert desk.reason() is None
    if state is not None:
        desk.engine.settle("order1", state=state)
    desk.clock.now_ms += 3 * DAY_MS
    desk.restart()
    assert desk.reason(facts=facts) == R.NOTIONAL_ABOVE_SYMBOL_LIMIT
    assert [each.client_order_id for each in desk.engine.open_orders()] == ["order1"]


@pytest.mark.parametrize("state", [OrderFateState.REFUSED, OrderFateState.ABSENT, "cancelled"])
def test_order_that_came_to_nothing_gives_its_worth_back_but_not_its_slot(desk: Desk, state: str) -> None:
    """It was sent, so it counts as a message; it holds nothing, so it counts as no exposure."""
    facts = {"venue_config": venue_of(max_notional_per_symbol_usd=Decimal(60))}
    assert desk.reason(facts=facts) is None
    assert desk.reason(facts=facts) == R.NOTIONAL_ABOVE_SYMBOL_LIMIT
    desk.engine.settle("order1", state=state, filled_contracts=Decimal(0))
    for _ in range(9):
        assert desk.reason(facts=facts) is None
        desk.engine.settle(f"order{desk.count}", state=state, filled_contracts=Decimal(0))
    assert desk.reason(facts=facts) == R.RATE_SYMBOL_EXCEEDED


def test_fill_counts_until_a_position_is_told_that_was_asked_for_later(desk: Desk) -> None:
    """Between the fill and the next look at the position nobody is blind to it."""
    facts: dict[str, Any] = {"venue_config": venue_of(max_notional_per_symbol_usd=Decimal(60))}
    assert desk.reason(facts=facts) is None
    desk.clock.now_ms += 500
    desk.engine.settle("order1", state="filled", filled_contracts=Decimal("0.1"))
    # Asked for before the fill, and in the very millisecond of it: it may not be in there.
    for asked_ms in (NOW_MS + 400, NOW_MS + 500):
        desk.clock.now_ms = NOW_MS + 900
        assert desk.reason(facts=facts | {"position_ts_ms": asked_ms}) == R.NOTIONAL_ABOVE_SYMBOL_LIMIT
    assert desk.reason(facts=facts | {"position_ts_ms": NOW_MS + 501}) is None
    # An older position that comes late is not believed to hold it either.
    assert desk.reason(facts=facts | {"position_ts_ms": NOW_MS + 499}) == R.NOTIONAL_ABOVE_SYMBOL_LIMIT


def test_partly_filled_order_counts_what_is_left_and_what_no_position_holds_yet(desk: Desk) -> None:
    """Neither more nor less than what may still come and what has come since the position was looked at."""
    exact = {"price": Decimal(50_000), "size": Decimal("0.002")}
    assert desk.order(**exact).notional_usd == 100
    desk.engine.settle("order1", state="partially_filled", filled_contracts=Decimal("0.15"))
    (kept,) = desk.engine.open_orders()
    assert (kept.notional_usd, kept.filled_usd, kept.state) == (100, 75, "partially_filled")
    desk.clock.now_ms += 1
    limit = Decimal(25 + 75 + 50)
    facts = {"venue_config": venue_of(max_notional_per_symbol_usd=limit), "position_base": Decimal("0.0015")}
    assert desk.reason(facts=facts, price=Decimal(50_000)) is None
    desk.engine.settle("order1", state="cancelled", filled_contracts=Decimal("0.15"))
    desk.engine.settle("order2", state="absent")
    roomier = {**facts, "venue_config": venue_of(max_notional_per_symbol_usd=limit - 25)}
    assert desk.reason(facts=roomier, price=Decimal("49999.9")) is None


def test_fill_is_never_taken_back_whatever_is_told_later(desk: Desk) -> None:
    """Contradictory news makes nothing looser."""
    facts = {"venue_config": venue_of(max_notional_per_symbol_usd=Decimal(60)), "position_ts_ms": NOW_MS}
    assert desk.reason(facts=facts) is None
    desk.engine.settle("order1", state="filled")
    for state in ("refused", "absent", "cancelled", "filled"):
        desk.engine.settle("order1", state=state, filled_contracts=Decimal(0))
        assert desk.reason(facts=facts) == R.NOTIONAL_ABOVE_SYMBOL_LIMIT


def test_cancelled_order_of_unknown_fill_counts_as_filled(desk: Desk) -> None:
    """Unknown is never zero."""
    facts = {"venue_config": venue_of(max_notional_per_symbol_usd=Decimal(60)), "position_ts_ms": NOW_MS}
    assert desk.reason(facts=facts) is None
    desk.engine.settle("order1", state="cancelled")
    assert desk.reason(facts=facts) == R.NOTIONAL_ABOVE_SYMBOL_LIMIT


@pytest.mark.parametrize(
    ("instrument", "contracts", "filled_usd"),
    [(SWAP, "0.05", "25"), (PAIR, "0.0005", "25"), (INVERSE, "0.25", "25")],
)
def test_contracts_of_every_kind_are_counted_at_what_they_are_worth(
    desk: Desk, instrument: Any, contracts: str, filled_usd: str
) -> None:
    """A contract is 0.01 BTC, one ETH, or 100 USD, by its instrument."""
    facts = {"instrument": instrument}
    assert desk.reason(facts=facts, symbol=instrument.symbol, price=Decimal(50_000)) is None
    desk.engine.settle("order1", state="live", filled_contracts=Decimal(contracts))
    assert desk.engine.open_orders()[0].filled_usd == Decimal(filled_usd)


def test_fate_of_an_order_that_was_never_accepted_is_refused(desk: Desk) -> None:
    """Nothing is sent that was not counted first, so nothing else can have a fate."""
    assert desk.reason(size=Decimal(9)) is not None
    with pytest.raises(UnknownReservation, match="no order 'order1' was accepted") as caught:
        desk.engine.settle("order1", state="filled")
    assert caught.value.exit_code == 2
    assert caught.value.diagnostics().endswith("Validate an order before it is sent, and settle it under the same id.")


def test_orders_that_reduce_are_counted_against_the_position_together(desk: Desk) -> None:
    """Two that each fit and together do not: the second is refused, for the position would turn."""
    facts = {"position_base": Decimal("0.0015"), "positions_quality": PositionsQuality.UNRELIABLE}
    closing = {"reduce_only": True, "side": Side.SHORT, "facts": facts}
    assert desk.reason(**closing) is None
    assert desk.reason(**closing) == R.POSITION_UNRELIABLE
    desk.engine.settle("order1", state="cancelled", filled_contracts=Decimal(0))
    assert desk.reason(**closing) is None


def test_same_order_again_is_refused_within_its_window_however_it_is_spelled(desk: Desk) -> None:
    """Another id and another spelling of the same number are the same order; another price is another."""
    same = {"price": Decimal(50_000), "size": Decimal("0.001")}
    assert desk.reason(**same) is None
    desk.clock.now_ms += 1999
    assert desk.reason(price=Decimal("5E+4"), size=Decimal("0.00100")) == R.INTENT_DUPLICATE
    assert desk.reason(price=Decimal("50000.1")) is None
    assert desk.reason(**same, strategy="mean_reversion") is None
    desk.clock.now_ms += 1
    assert desk.reason(**same) is None


def test_id_that_was_used_once_is_refused_for_ever(desk: Desk) -> None:
    """Even after the order is long gone: an answer about it could not be told from one about the other."""
    assert desk.reason(client_order_id="mine") is None
    desk.engine.settle("mine", state="absent")
    desk.clock.now_ms += 40 * DAY_MS
    desk.restart()
    assert desk.reason(client_order_id="mine") == R.INTENT_ID_REUSED


def test_cancels_are_counted_and_never_refused(tmp_path: Path) -> None:
    """A hundred cancels use up the messages of the minute for new orders; a cancel itself passes whatever happened."""
    desk = Desk(tmp_path, max_messages_per_minute=100)
    for _ in range(100):
        desk.engine.note_message("cancel", Venue.OKX, SWAP.symbol)
    assert desk.reason() == R.RATE_MESSAGES_EXCEEDED
    desk.engine.kill(WHO, WHY)
    desk.engine.halt(WHO, WHY)
    assert desk.engine.may_cancel() is True
    desk.engine.note_message("cancel", Venue.OKX, SWAP.symbol)
    assert desk.reason(venue=Venue.PAPER, facts={"venue": Venue.PAPER}) == R.KILL_TRIPPED


def test_messages_to_one_venue_do_not_count_for_another(tmp_path: Path) -> None:
    """Limits of a venue are that venue's."""
    desk = Desk(tmp_path, max_messages_per_minute=1)
    desk.engine.note_message("amend", Venue.PAPER, SWAP.symbol)
    assert desk.reason() is None
    assert desk.reason() == R.RATE_MESSAGES_EXCEEDED


def test_two_engines_over_one_store_are_one_engine(tmp_path: Path) -> None:
    """What one accepted counts for the other, and a switch that one moved is moved for both."""
    clock = Clock()
    first, second = (open_engine(tmp_path, clock) for _ in range(2))
    accepted = [
        engine.validate(
            intent_of(client_order_id=f"x{number}", price=PRICES[number], size=Decimal("0.001")), inputs_of()
        ).risk_checks_passed
        for number, engine in enumerate([first, second] * 6)
    ]
    assert accepted == [True] * 10 + [False] * 2
    second.halt(WHO, WHY)
    assert first.state is TradingState.HALTED


def test_decision_bears_the_engines_own_time(desk: Desk) -> None:
    """``validated_at`` is the local clock's, also where the facts are older."""
    order = desk.order(facts={"now_ms": NOW_MS - 40})
    assert order.validated_at == NOW_MS


def test_usage_of_the_store_is_what_the_pure_decision_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engine and pure decision are one decision: with the same usage they say the same, word for word."""
    from dualwitness.risk import engine as module
    from dualwitness.risk import validate_order

    seen: list[Any] = []

    def spy(*arguments: Any, **named: Any) -> Any:
        seen.append(named["usage"])
        return validate_order(*arguments, **named)

    monkeypatch.setattr(module, "validate_order", spy)
    desk = Desk(tmp_path)
    order = desk.order()
    expected = usage_of(venue_time_ms=NOW_MS + 20, day_loss_usd=Decimal(7), day_loss_ts_ms=NOW_MS)
    assert seen == [expected]
    assert order.risk_checks_passed


def test_engine_over_a_store_that_gives_no_answer_decides_nothing(tmp_path: Path) -> None:
    """No store, no order: the error goes up, and nothing is returned that could be sent."""
    engine = RiskEngine(open_engine(tmp_path).limits, RiskStore(tmp_path), Clock())
    with pytest.raises(RiskError):
        engine.validate(intent_of(), inputs_of())
