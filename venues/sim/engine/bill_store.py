"""Every bill of the account, in the order of bill ids."""

from __future__ import annotations

from collections.abc import Sequence

from dualwitness.venues.sim.engine.bill import Bill
from dualwitness.venues.sim.engine.fill import Fill
from dualwitness.venues.sim.engine.fill_store import FillStore, instrument_spelling
from dualwitness.venues.sim.engine.ledger import Ledger, Stamp
from dualwitness.venues.sim.engine.packing import Packer, Spelling
from dualwitness.venues.sim.kinds import SimInstrument

__all__ = ["BillStore"]


def _stamp(bill: Bill) -> Stamp:
    fill = bill.fill
    labels = (
        ("ccy", bill.ccy),
        ("instId", bill.inst_id if fill is None else fill.instrument.inst_id),
        ("instType", bill.inst_type if fill is None else fill.inst_type),
        ("mgnMode", bill.mgn_mode),
        ("subType", bill.sub_type),
        ("type", bill.bill_type),
    )
    return Stamp(int(bill.bill_id), bill.ts_ms, labels)


class BillStore(Ledger[Bill]):
    """A ledger of bills; a bill refers to its fill, which must be in the store of fills before it."""

    def __init__(self, table: Sequence[SimInstrument], fills: FillStore) -> None:
        def spelled(fill: Fill | None) -> str:
            return "" if fill is None else fill.bill_id

        def read(bill_id: str) -> Fill | None:
            return fills.with_id(bill_id) if bill_id else None

        outside: dict[object, Spelling] = {
            SimInstrument: instrument_spelling(table),
            Fill | None: (spelled, read),
        }
        super().__init__(Packer(Bill, outside), _stamp)
