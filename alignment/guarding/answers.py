"""What a guard answers: values that are proven, or null beside the reason, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from dualwitness.alignment.guarding.policy import PolicyAction
from dualwitness.alignment.witness import AdjudicatedPosition
from dualwitness.models import Balance, Direction, Fill, NullReason, PositionsQuality, PositionsSource

__all__ = [
    "AccountJudgement",
    "GuardedBalance",
    "GuardedBalances",
    "GuardedFills",
    "GuardedPosition",
    "GuardedPositions",
    "Look",
    "conflicts",
]


def conflicts(one: AdjudicatedPosition) -> bool:
    """Whether evidence of this leg contradicts itself: then the venue's word cannot be trusted on other legs either."""
    if one.positions_quality is PositionsQuality.RELIABLE:
        return False
    rebuilt = one.positions_quality is PositionsQuality.RECONSTRUCTED_FROM_FILLS
    return rebuilt or one.reason is NullReason.CONFLICT or bool(one.witnesses_against)


@dataclass(frozen=True, slots=True)
class AccountJudgement:
    """
    Every leg of the account after judgement, and how far the account as a whole can be believed.

    ``reason`` says why not, where no leg says it.
    """

    positions: tuple[AdjudicatedPosition, ...]
    quality: PositionsQuality
    source: PositionsSource
    reason: NullReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """
    How an answer came about.

    ``asked_ms`` is our clock when the question was put, ``elapsed_ms`` how long the caller waited for it, ``skew_ms``
    how far apart the libraries were asked (None with fewer than two). ``over_budget`` says that something was not
    waited for, ``sampled`` that both libraries were asked anew. ``ages_ms`` is the age of each surface in venue time
    (None: never read whole).
    """

    asked_ms: int
    elapsed_ms: float
    over_budget: bool
    sampled: bool
    skew_ms: float | None
    ages_ms: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class GuardedPosition:
    """
    One leg as the policy lets a loop see it: value, or null beside ``reason``.

    ``has_position``, ``direction``, ``contracts`` (never negative) and ``entry_price`` are null together unless they
    are proven, or the policy falls back to what the remaining evidence says. ``judged`` is the whole judgement.
    """

    judged: AdjudicatedPosition
    action: PolicyAction
    reason: NullReason | None
    look: Look

    @property
    def symbol(self) -> str:
        """Unified symbol."""
        return self.judged.symbol

    @property
    def position_side(self) -> str:
        """``net``, or ``long`` and ``short`` in long/short mode."""
        return self.judged.position_side

    @property
    def known(self) -> bool:
        """Whether there is a value; without one nothing follows, and certainly not that there is no position."""
        return self.reason is None

    @property
    def has_position(self) -> bool | None:
        """Whether there is a position; false only where two kinds of evidence say so."""
        return self.judged.has_position if self.known else None

    @property
    def direction(self) -> Direction | None:
        """Which way it points."""
        return self.judged.direction if self.known else None

    @property
    def contracts(self) -> Decimal | None:
        """Number of contracts, never negative."""
        return self.judged.contracts if self.known else None

    @property
    def entry_price(self) -> Decimal | None:
        """Average entry in quote currency, where something tells it."""
        return self.judged.entry_price if self.known else None

    @property
    def quality(self) -> PositionsQuality:
        """How far the evidence can be believed."""
        return self.judged.positions_quality

    @property
    def source(self) -> PositionsSource:
        """Where the value comes from."""
        return self.judged.positions_source

    @property
    def explanation(self) -> str:
        """In a sentence, why."""
        return self.judged.explanation


@dataclass(frozen=True, slots=True)
class GuardedPositions:
    """
    Every leg that was asked for, reported or traded, sorted by symbol and side.

    ``positions`` is null beside ``reason`` where nothing is known of any leg; an empty tuple says that the account is
    proven to be flat. ``quality`` and ``source`` are of the worst leg that was asked for; ``reasons`` say per leg
    (``symbol side``) why it has no value. ``judgement`` is of the whole account, whatever was asked for.
    """

    positions: tuple[GuardedPosition, ...] | None
    reason: NullReason | None
    quality: PositionsQuality
    source: PositionsSource
    reasons: Mapping[str, NullReason]
    judgement: AccountJudgement
    look: Look

    @property
    def account_quality(self) -> PositionsQuality:
        """The worst of the whole account."""
        return self.judgement.quality

    @property
    def conflicting(self) -> tuple[str, ...]:
        """The legs of the account (``symbol side``) about which the evidence contradicts itself."""
        return tuple(f"{one.symbol} {one.position_side}" for one in self.judgement.positions if conflicts(one))

    @property
    def ages_ms(self) -> Mapping[str, int | None]:
        """Age of each surface in venue time."""
        return self.look.ages_ms

    @property
    def elapsed_ms(self) -> float:
        """How long the caller waited."""
        return self.look.elapsed_ms

    @property
    def over_budget(self) -> bool:
        """Whether something was not waited for."""
        return self.look.over_budget

    @property
    def sampled(self) -> bool:
        """Whether both libraries were asked anew."""
        return self.look.sampled

    @property
    def skew_ms(self) -> float | None:
        """How far apart the libraries were asked."""
        return self.look.skew_ms

    def of(self, symbol: str, side: str = "net") -> GuardedPosition | None:
        """One leg; null where it was neither asked for, nor reported, nor traded, which says nothing about it."""
        wanted = symbol, side
        return next((one for one in self.positions or () if (one.symbol, one.position_side) == wanted), None)


@dataclass(frozen=True, slots=True)
class GuardedFills:
    """
    Our executions since a moment of venue time, oldest first; null beside ``reason`` where they are not proven.

    `reliable`: both libraries tell the same, and so do the bills. ``explanation`` says what was held against what.
    """

    fills: tuple[Fill, ...] | None
    reason: NullReason | None
    quality: PositionsQuality
    explanation: str
    look: Look


@dataclass(frozen=True, slots=True)
class GuardedBalance:
    """
    One currency: a library's row, or null beside ``reason``; null without one says that nothing of it is held.

    `reliable`: the libraries tell the same cash, and the newest bill leaves exactly so much.
    """

    currency: str
    balance: Balance | None
    reason: NullReason | None
    quality: PositionsQuality
    explanation: str

    @property
    def total(self) -> Decimal | None:
        """Cash held; null where it is not known."""
        if self.reason is not None:
            return None
        return Decimal(0) if self.balance is None else self.balance.total


@dataclass(frozen=True, slots=True)
class GuardedBalances:
    """Every currency that was asked for, told or booked, sorted; ``quality`` is of the worst."""

    balances: tuple[GuardedBalance, ...]
    quality: PositionsQuality
    look: Look

    def of(self, currency: str) -> GuardedBalance | None:
        """One currency; null where nobody tells of it."""
        return next((one for one in self.balances if one.currency == currency), None)
