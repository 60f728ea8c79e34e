"""Every fill of the account, in the order of bill ids."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from dualwitness.venues.sim.engine.fill import Fill, sub_type
from dualwitness.venues.sim.engine.ledger import Ledger, Stamp
from dualwitness.venues.sim.engine.packing import Packer, Spelling
from dualwitness.venues.sim.engine.paging import PageAsk
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["FillStore", "instrument_spelling"]


def instrument_spelling(table: Sequence[SimInstrument]) -> Spelling:
    """Instruments as type and id; read back from the table they came from, or as they were when written."""
    by_name = {f"{one.inst_type}/{one.inst_id}": one for one in table}

    def spelled(one: SimInstrument) -> str:
        name = f"{one.inst_type}/{one.inst_id}"
        # A contract that expired before the venue started is in no table, but in an account's history.
        by_name.setdefault(name, one)
        return name

    return (spelled, by_name.__getitem__)


def _stamp(fill: Fill) -> Stamp:
    instrument = fill.instrument
    labels = (
        ("instFamily", instrument.inst_family),
        ("instId", instrument.inst_id),
        ("instType", fill.inst_type),
        ("subType", fill.forced or sub_type(fill.side, fill.pos_side)),
        ("uly", instrument.uly),
    )
    return Stamp(int(fill.bill_id), fill.ts_ms, labels)


class FillStore(Ledger[Fill]):
    """A ledger of fills that also knows which belong to one order."""

    def __init__(self, table: Sequence[SimInstrument]) -> None:
        super().__init__(Packer(Fill, {SimInstrument: instrument_spelling(table)}), _stamp)
        self._last_of_order: dict[str, int] = {}
        # For each fill the number of the same order's fill before it: a chain costs four bytes a fill.
        self._previous = array("i")

    def of_order(self, ord_id: str) -> list[int]:
        """Numbers of one order's fills, oldest first."""
        numbers: list[int] = []
        number = self._last_of_order.get(ord_id, -1)
        while number >= 0:
            numbers.append(number)
            number = self._previous[number]
        return numbers[::-1]

    def page_of(self, ask: PageAsk, filters: Mapping[str, str], since_ms: int, ord_id: str) -> list[Fill]:
        """One page, of one order where ``ord_id`` is not blank."""
        return self.page(ask, filters, since_ms, self.of_order(ord_id) if ord_id else None)

    def _add(self, one: Fill) -> None:
        number = len(self)
        super()._add(one)
        self._previous.append(self._last_of_order.get(one.ord_id, -1))
        self._last_of_order[one.ord_id] = number

    def _taken_back(self) -> Fill:
        one = super()._taken_back()
        self._last_of_order[one.ord_id] = self._previous.pop()
        return one
