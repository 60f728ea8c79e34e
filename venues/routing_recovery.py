"""What a restart finds: everything in flight resolved and settled, and what was counted but never sent given back."""

from __future__ import annotations

from dataclasses import dataclass

from dualwitness.risk import OrderFateState, Reservation, RiskError
from dualwitness.venues.errors import DualwitnessError, VenueError
from dualwitness.venues.orders import FateState, OrderFate
from dualwitness.venues.orders.outcome import NOT_KNOWN_CODES
from dualwitness.venues.router import Router
from dualwitness.venues.routing_route import VenueRoute

__all__ = ["Recovery", "recover_route"]

# A program that ended between counting an order and keeping it: after this nothing of it can still be on its way.
_ORPHANED_AFTER_MS = 60_000


@dataclass(frozen=True, slots=True)
class Recovery:
    """What became of the orders that were in flight; ``complete`` where nothing kept them from being asked for."""

    fates: tuple[OrderFate, ...]
    problems: tuple[str, ...]
    complete: bool


def recover_route(router: Router, route: VenueRoute, now_ms: int) -> Recovery:
    """
    Resolve and settle everything of one route that may have changed while nobody was looking.

    An order that was counted and that this store never kept is given back only where every client says, long after any
    deadline, that the venue knows no such id; until then it goes on counting.
    """
    try:
        fates = list(route.protocol.recover())
        reserved = [one for one in router.engine.open_orders() if one.venue == str(route.venue)]
        kept = {one.client_order_id: route.record_of(one.client_order_id) for one in reserved}
    except (DualwitnessError, RiskError) as error:
        return Recovery((), (f"{route.name}: what was in flight could not be resolved: {error}",), complete=False)
    problems = [router.settle(fate) for fate in fates]
    resolved = {fate.client_order_id for fate in fates}
    for one in reserved:
        record = kept[one.client_order_id]
        if record is not None:
            # It was finished, and the program ended before that was told.
            problems += [router.settle(record.fate)] if one.client_order_id not in resolved else []
        elif _is_orphan(route, one, now_ms):
            absent = OrderFate(client_order_id=one.client_order_id, state=FateState.ABSENT)
            fates.append(absent)
            problems.append(router.settle(absent))
        else:
            problems.append(f"{route.name}: {one.client_order_id} goes on counting, and was perhaps never sent")
    return Recovery(tuple(fates), tuple(problem for problem in problems if problem is not None), complete=True)


def _is_orphan(route: VenueRoute, reserved: Reservation, now_ms: int) -> bool:
    """Whether no client knows an order of that id, asked so late that none can still arrive."""
    if now_ms - reserved.ts_ms < _ORPHANED_AFTER_MS or reserved.state != OrderFateState.UNKNOWN:
        return False
    for client in route.clients.values():
        try:
            client.get_order(reserved.symbol, client_order_id=reserved.client_order_id)
        except VenueError as error:
            if error.code not in NOT_KNOWN_CODES:
                return False
        except DualwitnessError:
            return False
        else:
            return False
    return True
