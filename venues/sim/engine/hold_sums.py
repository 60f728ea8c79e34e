"""
Sums over resting orders, kept as orders come and go, so that a balance never walks over ten thousand of them.

Orders that share instrument, trade mode, position side, reduce-only flag and margin currency form a group; a group
knows how much of each side still waits. Pure bookkeeping: what a group holds back is decided in `holds`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.engine.amounts import ZERO, exact
from dualwitness.venues.sim.engine.order import Order
from dualwitness.venues.sim.engine.request import OrderRequest
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["GroupSums", "HoldGroup", "HoldSums", "SideSum", "group_of"]


class HoldGroup(NamedTuple):
    """What resting orders must share to be summed; ``pos_side`` is "net" where the order names none."""

    inst_id: str
    td_mode: str
    pos_side: str
    reduce_only: bool
    ccy: str


@dataclass(slots=True)
class SideSum:
    """Number of orders, Σ remaining size, Σ remaining × price (inverse: ÷ price)."""

    count: int = 0
    size: Decimal = ZERO
    value: Decimal = ZERO


@dataclass(slots=True)
class GroupSums:
    """Both sides of one group."""

    instrument: SimInstrument
    buy: SideSum = field(default_factory=SideSum)
    sell: SideSum = field(default_factory=SideSum)

    def of(self, side: str) -> SideSum:
        """The sums of one side."""
        return self.buy if side == "buy" else self.sell


def group_of(request: OrderRequest) -> HoldGroup:
    """The group that an order belongs to."""
    pos_side = request.pos_side or "net"
    return HoldGroup(request.instrument.inst_id, request.td_mode, pos_side, request.reduce_only, request.ccy)


class HoldSums:
    """Groups of resting orders; orders without a price never rest and are not counted."""

    def __init__(self) -> None:
        self._groups: dict[HoldGroup, GroupSums] = {}
        self._of_position: dict[tuple[str, str, str], dict[HoldGroup, GroupSums]] = {}

    def __iter__(self) -> Iterator[tuple[HoldGroup, GroupSums]]:
        """Every group that has a resting order."""
        return iter(self._groups.items())

    def get(self, group: HoldGroup) -> GroupSums | None:
        """The sums of one group; None where nothing rests."""
        return self._groups.get(group)

    def pending_size(self, inst_id: str, td_mode: str, pos_side: str, side: str) -> Decimal:
        """Σ remaining size of one side over every group of that position."""
        groups = self._of_position.get((inst_id, td_mode, pos_side or "net"), {})
        return sum((sums.of(side).size for sums in groups.values()), ZERO)

    def pending_reductions(self, inst_id: str, td_mode: str, pos_side: str, side: str) -> Decimal:
        """Σ remaining size of one side over the reduce-only groups of that position."""
        groups = self._of_position.get((inst_id, td_mode, pos_side or "net"), {})
        return sum((sums.of(side).size for group, sums in groups.items() if group.reduce_only), ZERO)

    @exact
    def change(self, before: Order | None, after: Order | None) -> None:
        """Take out what an order was and put in what it is."""
        if before is not None:
            self._add(before, -1)
        if after is not None:
            self._add(after, 1)

    def _add(self, order: Order, sign: int) -> None:
        px = order.request.px
        if px is None or not order.open:
            return
        group = group_of(order.request)
        sums = self._groups.get(group)
        if sums is None:
            sums = self._groups[group] = GroupSums(order.instrument)
            self._of_position.setdefault(group[:3], {})[group] = sums
        side, remaining = sums.of(order.request.side), order.remaining
        side.count += sign
        if side.count:
            side.size += sign * remaining
            side.value += sign * (remaining / px if order.instrument.inverse else remaining * px)
        else:
            # Quotients leave a trace in the last of eighty digits; an empty side is exactly empty.
            side.size = side.value = ZERO
            if not sums.buy.count and not sums.sell.count:
                del self._groups[group]
                del self._of_position[group[:3]][group]
