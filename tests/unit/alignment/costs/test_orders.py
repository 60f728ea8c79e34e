"""What became of our own orders, counted by hand."""

from __future__ import annotations

from typing import Any

from dualwitness.alignment.costs.orders import own_orders
from dualwitness.models import Library, NullReason, Order
from dualwitness.models.observation import Observation, ObservedError
from tests.support.observations import NOW_MS, failed, fill, observed, order

CCXT = Library.CCXT


def refused(kind: str, code: str | None = None) -> Observation:
    """A placing that failed."""
    error = ObservedError(kind, "no", NullReason.ERROR, 200, code)
    return Observation(CCXT, "place_order", None, None, error, (), NOW_MS, 0.0, 1.0)


def counted(*placed: Observation, looked_up: Any = (), fills: Any = ()) -> dict[str, Any]:
    """The counts of one library."""
    return own_orders(CCXT, placed, looked_up, fills)


def seen(order_id: str, row: Order) -> tuple[str, dict[Library, Observation]]:
    """One look-up by both, of which the other library says that it was rejected."""
    other = order(venue_order_id=order_id, state="canceled", filled_contracts="0")
    return order_id, {
        CCXT: observed("get_order", row),
        Library.OKX_SDK: observed("get_order", other, library=Library.OKX_SDK),
    }


def test_orders_are_counted_by_the_last_state_that_their_own_library_told() -> None:
    """Looked up twice: resting, then canceled; the other library's word is the other's."""
    lookups = [
        seen("1", order(venue_order_id="1", state="live", filled_contracts="0")),
        seen("1", order(venue_order_id="1", state="canceled", filled_contracts="0")),
        seen("2", order(venue_order_id="2")),
    ]
    told = counted(observed("place_order"), observed("place_order"), looked_up=lookups)
    assert (told["placed"], told["by_state"]) == (2, {"canceled": 1, "filled": 1})
    assert (told["partially_filled"], told["refused"], told["outcome_unknown"]) == (0, {}, 0)


def test_orders_that_ended_with_less_than_was_asked_are_partial_fills() -> None:
    """More than nothing and less than all; an unknown amount is neither."""
    rows = [("1", "1"), ("2", "2"), ("3", "0"), ("4", None)]
    lookups = [seen(name, order(venue_order_id=name, contracts="2", filled_contracts=done)) for name, done in rows]
    assert counted(looked_up=lookups)["partially_filled"] == 1


def test_orders_that_took_several_fills_are_counted_with_their_fills() -> None:
    """Three fills of two of our orders, and one of somebody else's."""
    lookups = [seen(name, order(venue_order_id=name)) for name in ("1", "2")]
    fills = [fill(venue_order_id=name) for name in ("1", "1", "2", "9")]
    told = counted(looked_up=lookups, fills=fills)
    assert (told["fills"], told["filled_in_parts"]) == (3, 1)


def test_orders_that_failed_are_refused_by_code_unknown_or_never_sent() -> None:
    """An answer that proves nothing is no refusal, whatever code it carries."""
    told = counted(
        refused("OrderRefused", "51008"),
        refused("OrderRefused", "51008"),
        refused("RateLimited", "50011"),
        refused("OutcomeUnknown", "50004"),
        refused("UsageError"),
        observed("cancel_order"),
    )
    assert told["placed"] == 5
    assert told["refused"] == {"50011": 1, "51008": 2}
    assert (told["outcome_unknown"], told["not_sent"]) == (1, {"UsageError": 1})


def test_order_whose_look_up_failed_has_no_state_and_is_not_called_filled() -> None:
    """A failed look-up tells nothing; a state that was not told is unknown."""
    nothing = ("1", {CCXT: failed("get_order")})
    assert counted(looked_up=[nothing])["by_state"] == {}
    assert counted(looked_up=[seen("1", order(venue_order_id="1", state=None))])["by_state"] == {"unknown": 1}
