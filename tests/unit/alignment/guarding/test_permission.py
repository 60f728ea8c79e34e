"""Which orders pass on what is known: all, those that reduce what is proven, or none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.alignment.guarding.answers import GuardedBalance
from dualwitness.alignment.guarding.permission import Permission, PermissionReason, permission, permission_in_cash
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.models import Balance, Direction, NullReason, PositionsQuality, PositionsSource, Side, TdMode
from tests.support.fills import INSTRUMENTS, INVERSE, LINEAR
from tests.support.guard_world import intent

R = PermissionReason
RELIABLE, REBUILT, UNRELIABLE, UNAVAILABLE = PositionsQuality
LONG, SHORT = Side.LONG, Side.SHORT


def leg(
    signed: str | None,
    quality: PositionsQuality = RELIABLE,
    *,
    symbol: str = LINEAR,
    side: str = "net",
    reason: NullReason | None = None,
    against: tuple[str, ...] = (),
) -> AdjudicatedPosition:
    """One leg after judgement."""
    contracts = None if signed is None else Decimal(signed)
    direction = None
    if contracts is not None:
        direction = Direction.LONG if contracts > 0 else Direction.SHORT if contracts < 0 else Direction.FLAT
    return AdjudicatedPosition(
        symbol=symbol,
        position_side=side,
        has_position=None if contracts is None else contracts != 0,
        direction=direction,
        contracts=None if contracts is None else abs(contracts),
        entry_price=None,
        reason=reason if contracts is None else None,
        positions_quality=quality,
        positions_source=PositionsSource.EXCHANGE,
        witnesses_for=(),
        witnesses_against=against,
        explanation="as judged",
    )


def asked(
    side: Side, *legs: AdjudicatedPosition, size: str = "0.001", reduce_only: bool = False, symbol: str = LINEAR
) -> Permission:
    """What an order of that side is told, where these are all legs of the account."""
    wanted = intent(symbol, side, size, reduce_only=reduce_only)
    return permission(wanted, legs, INSTRUMENTS.get(symbol), Decimal(50_000))


DOUBTED = leg("5", UNRELIABLE, symbol="ETH/USDT:USDT", reason=None, against=("report through ccxt says 0",))
UNBACKED = leg("5", UNRELIABLE, symbol="ETH/USDT:USDT")


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("held", ["3", "0", "-3"])
@pytest.mark.parametrize("reduce_only", [True, False])
def test_proven_position_lets_every_order_pass(side: Side, held: str, *, reduce_only: bool) -> None:
    """What is too much is the risk engine's business."""
    verdict = asked(side, leg(held), size="999", reduce_only=reduce_only)
    assert (bool(verdict), verdict.reason) == (True, R.PROVEN)


# What is held (signed contracts of 0.01), its quality, the order, and the verdict.
CONFLICTS = [
    ("3", REBUILT, SHORT, False, "0.03", R.REDUCES),
    ("3", REBUILT, SHORT, True, "0.03", R.REDUCES),
    ("3", REBUILT, SHORT, False, "0.0301", R.BEYOND),
    ("3", REBUILT, SHORT, True, "0.0301", R.BEYOND),
    ("3", REBUILT, LONG, False, "0.001", R.OPENS),
    ("3", REBUILT, LONG, True, "0.001", R.OPENS),
    ("-3", REBUILT, LONG, False, "0.03", R.REDUCES),
    ("-3", REBUILT, SHORT, False, "0.001", R.OPENS),
    ("0", REBUILT, LONG, False, "0.001", R.OPENS),
    ("0", UNRELIABLE, SHORT, True, "0.001", R.OPENS),
    ("3", UNRELIABLE, SHORT, True, "0.03", R.REDUCES),
    ("3", UNRELIABLE, SHORT, False, "0.03", R.OPENS),
    ("3", UNRELIABLE, SHORT, True, "0.04", R.BEYOND),
    ("3", UNRELIABLE, LONG, True, "0.01", R.OPENS),
]


@pytest.mark.parametrize(("held", "quality", "side", "reduce_only", "size", "reason"), CONFLICTS)
def test_position_in_doubt_lets_pass_what_reduces_it_and_no_more(
    held: str, quality: PositionsQuality, side: Side, reduce_only: bool, size: str, reason: PermissionReason
) -> None:
    """By its side where the fills prove it, by reduce_only too where only a report says so."""
    verdict = asked(side, leg(held, quality), size=size, reduce_only=reduce_only)
    assert (verdict.reason, bool(verdict)) == (reason, reason is R.REDUCES)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("reduce_only", [True, False])
def test_position_without_a_number_lets_no_order_pass(side: Side, *, reduce_only: bool) -> None:
    """Nobody can say what would be reduced, and by how much."""
    verdict = asked(side, leg(None, UNRELIABLE, reason=NullReason.CONFLICT), reduce_only=reduce_only)
    assert (bool(verdict), verdict.reason) == (False, R.NOTHING_PROVEN)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("reduce_only", [True, False])
@pytest.mark.parametrize(
    "gone",
    [
        leg(None, UNAVAILABLE, reason=NullReason.ERROR),
        leg(None, UNRELIABLE, reason=NullReason.STALE),
        leg(None, UNRELIABLE, reason=NullReason.NOT_ASKED),
        leg(None, UNRELIABLE, reason=NullReason.INVALID_ENVELOPE),
    ],
)
def test_evidence_that_is_gone_lets_nothing_pass(side: Side, gone: AdjudicatedPosition, *, reduce_only: bool) -> None:
    """Neither opening nor reducing."""
    assert asked(side, gone, reduce_only=reduce_only).reason is R.GONE


def test_instrument_that_nobody_was_asked_about_lets_nothing_pass() -> None:
    """No leg is no evidence of being flat."""
    assert asked(LONG).reason is R.GONE


def test_conflict_on_another_instrument_lets_only_reducing_orders_pass() -> None:
    """A venue that lies about one position may lie about this one."""
    assert asked(LONG, leg("3"), DOUBTED).reason is R.OPENS
    assert asked(SHORT, leg("3"), DOUBTED, size="0.03").reason is R.REDUCES
    assert asked(LONG, leg("0"), DOUBTED).reason is R.OPENS


def test_doubt_without_a_conflict_on_another_instrument_changes_nothing() -> None:
    """A pair on margin never has a second source; the negative of the test above."""
    assert asked(LONG, leg("3"), UNBACKED).reason is R.PROVEN


def test_sides_of_a_long_short_account_are_reduced_by_reduce_only_alone() -> None:
    """A sell without it opens the short side there."""
    legs = leg("3", REBUILT, side="long"), leg("-2", REBUILT, side="short")
    assert asked(SHORT, *legs, size="0.03", reduce_only=True).reason is R.REDUCES
    assert asked(LONG, *legs, size="0.02", reduce_only=True).reason is R.REDUCES
    assert asked(LONG, *legs, size="0.03", reduce_only=True).reason is R.BEYOND
    assert asked(SHORT, *legs, size="0.001").reason is R.OPENS


def test_inverse_contract_is_bounded_in_base_currency_by_a_price() -> None:
    """Three contracts of 100 USD are 0.006 BTC at 50000; without a price nobody can say."""
    held = leg("3", REBUILT, symbol=INVERSE)
    assert asked(SHORT, held, symbol=INVERSE, size="0.006").reason is R.REDUCES
    assert asked(SHORT, held, symbol=INVERSE, size="0.0061").reason is R.BEYOND
    unpriced = permission(intent(INVERSE, SHORT), (held,), INSTRUMENTS[INVERSE], None)
    assert (bool(unpriced), unpriced.reason) == (False, R.UNSIZED)


def test_pair_on_margin_that_nobody_names_lets_nothing_pass() -> None:
    """Fills cannot confirm the size of a margin position, nor that there is none."""
    assert asked(LONG, symbol="BTC/USDT").reason is R.NOTHING_PROVEN


def holding(total: str | None, quality: PositionsQuality, reason: NullReason | None = None) -> GuardedBalance:
    """What is held of a coin."""
    balance = None
    if total is not None:
        amount = Decimal(total)
        balance = Balance(currency="BTC", total=amount, free=amount, used=Decimal(0), equity=amount, debt=Decimal(0))
    return GuardedBalance("BTC", balance, reason, quality, "as judged")


CASH = [
    (holding("2", RELIABLE), LONG, "5", (), R.PROVEN),
    (holding("2", RELIABLE), SHORT, "5", (), R.PROVEN),
    (holding(None, RELIABLE), LONG, "5", (), R.PROVEN),
    (holding("2", RELIABLE), LONG, "1", (DOUBTED,), R.OPENS),
    (holding("2", RELIABLE), SHORT, "2", (DOUBTED,), R.REDUCES),
    (holding("2", RELIABLE), SHORT, "2.1", (DOUBTED,), R.BEYOND),
    (holding("2", UNRELIABLE), SHORT, "2", (), R.REDUCES),
    (holding("2", UNRELIABLE), LONG, "2", (), R.OPENS),
    (holding(None, UNRELIABLE, NullReason.CONFLICT), SHORT, "1", (), R.NOTHING_PROVEN),
    (holding(None, UNAVAILABLE, NullReason.ERROR), SHORT, "1", (), R.GONE),
    (holding(None, UNAVAILABLE, NullReason.ERROR), LONG, "1", (), R.GONE),
]


@pytest.mark.parametrize(("held", "side", "size", "elsewhere", "reason"), CASH)
def test_pair_in_cash_is_bought_on_a_proven_balance_and_sold_as_far_as_it_is_held(
    held: GuardedBalance, side: Side, size: str, elsewhere: tuple[AdjudicatedPosition, ...], reason: PermissionReason
) -> None:
    """What is held of it is the balance of its base currency."""
    wanted = intent("BTC/USDT", side, size, td_mode=TdMode.CASH)
    verdict = permission_in_cash(wanted, held, elsewhere)
    assert (verdict.reason, bool(verdict)) == (reason, reason in (R.PROVEN, R.REDUCES))
