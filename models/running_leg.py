"""A leg while its fills are being added in order."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, localcontext

from dualwitness.models.contract_terms import ContractTerms
from dualwitness.models.enums import NullReason, PositionSide
from dualwitness.models.exact import EXACT, TOLD, plain
from dualwitness.models.fees import FeeSum
from dualwitness.models.fill import Fill
from dualwitness.models.fold_cost import STRICT, OpenCost
from dualwitness.models.fold_line import FillLine, lines_of
from dualwitness.models.fold_move import Move, move_of
from dualwitness.models.fold_tally import Tally
from dualwitness.models.leg import Bounds, Leg, OpeningLeg

__all__ = ["RunningLeg"]

# Profit is told to this step: finer than any currency's, coarser than the noise of the quotients behind it.
_PNL_STEP = Decimal("1E-30")
# The noise is taken off first, so that a number which ends is told as it is, and a half is rounded as a half.
_WITHOUT_NOISE = Context(prec=100)
_FINER_STEP = Decimal("1E-60")

_UNREADABLE = "a fill cannot be counted: it lacks side, contracts, price or time, or a number that no venue means"
_CROSSED = "more was closed than was ever open, so a fill is missing"
_IMPOSSIBLE = "it is open, and the account's position mode has no such leg"
_ORDER = "what came first within one millisecond is not proven, and the entry price depends on it"


class RunningLeg:
    """
    One position side of one instrument: add fills in time, then ask for the `Leg` with `told`.

    ``bounds`` and ``because`` are what the fold knows beside the sums: the interval of the contracts where they are
    null, and why they are.
    """

    def __init__(
        self,
        symbol: str,
        position_side: PositionSide,
        terms: ContractTerms | NullReason,
        opening: OpeningLeg | None = None,
    ) -> None:
        self.symbol = symbol
        self.position_side = position_side
        self.bounds: Bounds | None = None
        self.because: str | None = None
        self.inverse = isinstance(terms, ContractTerms) and terms.inverse
        self.opening = Decimal(0) if opening is None else opening.contracts
        entry_price = Decimal(1) if opening is None else opening.entry_price
        self.cost = OpenCost(inverse=self.inverse, held=self.opening, entry_price=entry_price)
        self.fees = FeeSum()
        self.tally = Tally()
        self._terms = terms
        self._unknown: NullReason | None = None
        self._order_unknown: NullReason | None = None

    @property
    def lost(self) -> bool:
        """Whether a fill made contracts and money unknown."""
        return self._unknown is not None

    def spoil(self, reason: NullReason, because: str | None = None) -> None:
        """Make everything but the count unknown, because a fill is in doubt or has no leg. The first reason stays."""
        self.lose(reason, because)
        self.fees.unknown = self.fees.unknown or reason

    def spoil_fees(self, reason: NullReason) -> None:
        """Make the fees unknown and nothing else."""
        self.fees.unknown = self.fees.unknown or reason

    def lose(self, reason: NullReason, because: str | None = None) -> None:
        """Make contracts and money unknown, also their bounds, and leave the fees. The first reason stays."""
        self.bounds = None
        self._unknown = self._unknown or reason
        self.because = self.because or because

    def add(self, fill: Fill) -> None:
        """Add the next fill in time."""
        for line in lines_of((fill,)):
            self.note(line)
            move = self.move_of(line)
            if move is not None:
                self.post((move,))

    def note(self, line: FillLine) -> None:
        """Count a fill, its fee and its time, and nothing else of it."""
        self.tally.add(line.ts_venue_ms)
        self.fees.add(line)

    def move_of(self, line: FillLine) -> Move | None:
        """What a fill moves; None where it cannot be counted, and then nothing can."""
        move = move_of(line, inverse=self.inverse)
        if isinstance(move, NullReason):
            self.lose(move, _UNREADABLE)
            return None
        return move

    def post(self, moves: Iterable[Move]) -> None:
        """Move contracts and money, in an order that is proven."""
        with localcontext(STRICT):
            for move in moves:
                self.cost.add(*move)

    def post_unordered(self, moves: Iterable[Move], reason: NullReason, *, matters: bool) -> None:
        """The same for fills of one millisecond in an order that nothing proves, or that something contradicts."""
        cost = self.cost
        was_long, was_short = cost.was_long, cost.was_short
        self.post(moves)
        # What lies between them may never have been.
        cost.was_long, cost.was_short = was_long or cost.held > 0, was_short or cost.held < 0
        if matters and cost.held:
            cost.in_doubt, self._order_unknown = True, reason

    @property
    def _crossed(self) -> bool:
        """Whether a long leg was ever below zero, or a short leg above."""
        if self.position_side is PositionSide.NET:
            return False
        return self.cost.was_short if self.position_side is PositionSide.LONG else self.cost.was_long

    def told(self, *, complete: bool, possible: bool = True, because: str | None = None) -> Leg:
        """
        The leg as a fact.

        ``complete``: the history reaches back to the opening state; if not, ``because`` says why. ``possible``: the
        account's position mode has such a leg; where it has not, an open one contradicts the rest of the evidence, as
        does a long leg below zero.
        """
        unknown, why = self._why_unknown(complete=complete, possible=possible, because=because)
        no_terms = self._terms if isinstance(self._terms, NullReason) else None
        order = self._order_unknown if unknown is None and self.cost.in_doubt else None
        flat = unknown is None and not self.cost.held
        reasons = {
            "contracts": unknown,
            "change": self._unknown,
            "entry_price": None if flat else unknown or no_terms or order,
            "realized_pnl": unknown or no_terms or order,
            "settle_currency": no_terms,
            "fees": self.fees.unknown,
        }
        known = {name for name, reason in reasons.items() if reason is None}
        return Leg(
            symbol=self.symbol,
            position_side=self.position_side,
            contracts=plain(self.cost.held) if "contracts" in known else None,
            change=plain(EXACT.subtract(self.cost.held, self.opening)) if "change" in known else None,
            entry_price=self._entry() if "entry_price" in known and not flat else None,
            realized_pnl=self._profit() if "realized_pnl" in known else None,
            settle_currency=self._terms.settle_currency if isinstance(self._terms, ContractTerms) else None,
            fees=self.fees.told() if "fees" in known else None,
            fill_count=self.tally.count,
            first_ts_venue_ms=self.tally.first_ms,
            last_ts_venue_ms=self.tally.last_ms,
            bounds=None if "contracts" in known else self.bounds,
            explanation=why or (None if order is None else _ORDER),
            reasons={name: reason for name, reason in reasons.items() if reason is not None},
        )

    def _why_unknown(
        self, *, complete: bool, possible: bool, because: str | None
    ) -> tuple[NullReason | None, str | None]:
        if self._unknown is not None:
            return self._unknown, self.because
        if not complete:
            return NullReason.ABSENT, because
        if self._crossed:
            return NullReason.CONFLICT, _CROSSED
        return (NullReason.CONFLICT, _IMPOSSIBLE) if self.cost.held and not possible else (None, None)

    def _entry(self) -> Decimal:
        return plain(TOLD.plus(_WITHOUT_NOISE.plus(self.cost.entry_price)))

    def _profit(self) -> Decimal:
        size = self._terms.contract_size if isinstance(self._terms, ContractTerms) else Decimal(0)
        exact = EXACT.multiply(self.cost.realised, size)
        return plain(EXACT.quantize(EXACT.quantize(exact, _FINER_STEP), _PNL_STEP))
