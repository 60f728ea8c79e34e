"""What became of the orders that a run sent: states, partial fills, refusals by code. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from dualwitness.models import Fill, Library, Order
from dualwitness.models.observation import Observation

__all__ = ["own_orders"]

_PLACE, _UNKNOWN = "place_order", "OutcomeUnknown"


def own_orders(
    library: Library,
    placed: Iterable[Observation],
    looked_up: Iterable[tuple[str, dict[Library, Observation]]],
    fills: Sequence[Fill],
) -> dict[str, Any]:
    """
    One library's own orders, counted.

    ``by_state`` is the last state that the library itself told of each acknowledged order; ``partially_filled`` ended
    or stood with less than was asked, ``filled_in_parts`` took more than one fill. ``refused`` counts the venue's own
    codes, ``outcome_unknown`` answers that prove nothing, ``not_sent`` other errors by their class.
    """
    sent = [one for one in placed if one.operation == _PLACE]
    refused: Counter[str] = Counter()
    not_sent: Counter[str] = Counter()
    unknown = 0
    for error in (one.error for one in sent):
        if error is None:
            continue
        if error.kind == _UNKNOWN:
            unknown += 1
        elif error.code is not None:
            refused[error.code] += 1
        else:
            not_sent[error.kind] += 1
    last = {
        order_id: row
        for order_id, pair in looked_up
        for observation in (pair.get(library),)
        for row in (() if observation is None else observation.rows or ())
        if isinstance(row, Order)
    }
    parts = Counter(fill.venue_order_id for fill in fills if fill.venue_order_id in last)
    return {
        "placed": len(sent),
        "by_state": _sorted(Counter("unknown" if row.state is None else str(row.state) for row in last.values())),
        "partially_filled": sum(_is_partial(row) for row in last.values()),
        "filled_in_parts": sum(count > 1 for count in parts.values()),
        "fills": sum(parts.values()),
        "refused": _sorted(refused),
        "outcome_unknown": unknown,
        "not_sent": _sorted(not_sent),
    }


def _is_partial(order: Order) -> bool:
    filled, wanted = order.filled_contracts, order.contracts
    return filled is not None and wanted is not None and 0 < filled < wanted


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))
