"""However bad the network, every intent is at the venue once: the order protocol held against the venue's own count."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from dualwitness.models import Library, OrderType, ValidatedOrder
from dualwitness.venues.orders import FateState, OrderProtocol, OrderStore
from tests.support.order_world import FAULTS, OrderWorld, Sitting, blind_retry, in_full, order_world, tell

# A quarter each: both libraries, market and limit. The bar is 10,000 (DUALWITNESS_FULL=1); it takes some minutes.
QUARTER = in_full(125, 2_500)
BLIND = in_full(300, 10_000)
# Above this share even the smallest sample's retries are a danger, below it the control would show nothing.
LEAST_DOUBLED, MOST_DOUBLED = 0.30, 0.55
# Of a size that resting orders may have at most beside each other (OKX: 500 a symbol).
RESTING = 12
# So often a strategy looks after what is unknown while it goes on.
SLICE = 25


@pytest.fixture
def world() -> Iterator[OrderWorld]:
    """A venue, both clients, no faults yet."""
    with order_world(seed=5) as made:
        yield made


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_intents_under_every_fault_are_at_the_venue_exactly_once(world: OrderWorld, tmp_path: Path) -> None:
    """Lost, delayed, doubted and cut short: the venue's count equals the intents, none doubled, none unresolved."""
    total = Sitting()
    began = time.monotonic()
    with OrderStore(tmp_path / "orders.sqlite") as store:
        for main in Library:
            for kind in OrderType:
                quarter = _quarter(world, world.protocol(store, main), kind)
                total.fates |= quarter.fates
                total.at_first += quarter.at_first
                total.sent_again += quarter.sent_again
        # The last delayed request must have arrived before anything is counted.
        time.sleep(2.0)
        tell(f"{dict(total.at_first)} {total.sent_again} {time.monotonic() - began:.1f} s")
        assert store.unfinished("test") == tuple(
            record for record in store.everything("test") if record.fate.state is FateState.LIVE
        )
    placed = world.placed()
    assert placed == Counter(dict.fromkeys(total.fates, 1))
    for own_id, fate in total.fates.items():
        true_state, true_filled = world.true_state(own_id)
        assert (str(fate.state), f"{fate.filled_contracts:f}") == (true_state, true_filled)
    # The faults really struck: a run in which everything went well would prove nothing.
    assert total.at_first[FateState.UNKNOWN] > len(total.fates) // 20
    assert total.sent_again > len(total.fates) // 50


def _quarter(world: OrderWorld, protocol: OrderProtocol, kind: OrderType) -> Sitting:
    """So many intents of one kind through one library, under every fault, until nothing is unknown."""
    sitting = Sitting()
    orders: dict[str, ValidatedOrder] = {}
    with world.faults(*FAULTS):
        for number in range(QUARTER):
            order = world.order(kind, rests=kind is OrderType.LIMIT and number % (QUARTER // RESTING) == 0)
            own_id = str(order.intent.client_order_id)
            orders[own_id] = order
            sitting.fates[own_id] = protocol.submit(order)
            sitting.at_first[sitting.fates[own_id].state] += 1
            if number % SLICE == 0:
                world.look_after(protocol, orders, sitting, to_the_end=False)
        world.look_after(protocol, orders, sitting, to_the_end=True)
    return sitting


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("library", list(Library))
def test_a_blind_retry_doubles_what_the_protocol_does_not(world: OrderWorld, library: Library) -> None:
    """The negative control: at 30 % lost replies a retry under the same id places two fifths of market orders twice."""
    client = world.clients[library]
    with world.faults("lost_reply:probability=0.3"):
        for _ in range(BLIND):
            blind_retry(client, world.order())
    placed = world.placed()
    doubled = (sum(placed.values()) - len(placed)) / len(placed)
    tell(f"doubled over {library}: {doubled:.3f} of {len(placed)}")
    assert LEAST_DOUBLED < doubled < MOST_DOUBLED


@pytest.mark.slow
@pytest.mark.parametrize("library", list(Library))
def test_an_order_that_arrives_after_its_deadline_is_dropped_by_the_venue(
    world: OrderWorld, library: Library, tmp_path: Path
) -> None:
    """It was proven absent and sent again while the first request was still travelling: one order, not two."""
    assert _late_arrival(world, library, tmp_path) == 1


@pytest.mark.slow
@pytest.mark.parametrize("library", list(Library))
def test_a_late_order_without_its_deadline_is_placed_twice(
    world: OrderWorld, library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above: the same without the header, and the market order is there twice."""
    _without_deadlines(monkeypatch)
    assert _late_arrival(world, library, tmp_path) == 2


def _without_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext

    from dualwitness.venues.ccxt_client.transport import WireTap
    from dualwitness.venues.okx_sdk.transport import WiredTransport

    for transport in (WireTap, WiredTransport):
        monkeypatch.setattr(transport, "expiring", lambda _self, _at_ms: nullcontext())


def _late_arrival(world: OrderWorld, library: Library, folder: Path) -> int:
    """How many orders there are in the end of one whose first request arrives after it was sent again."""
    order = world.order()
    own_id = str(order.intent.client_order_id)
    with OrderStore(folder / "orders.sqlite") as store:
        protocol = world.protocol(store, library, time_to_live_ms=150, margin_ms=50)
        # Everything that is loaded once is loaded before the fault is planted.
        protocol.submit(world.order())
        with world.faults("lost_request:times=1"):
            fate = protocol.submit(order)
        first = len(world.venue.requests) - 1
        while fate.state is FateState.UNKNOWN:
            time.sleep(0.05)
            fate = protocol.resolve(own_id)
        assert fate.state is FateState.ABSENT
        # On a slow machine the second request may be late itself: it is sent with all the time it needs.
        in_time = world.protocol(store, library, time_to_live_ms=10_000)
        assert in_time.send_again(order).state is FateState.FILLED
        world.venue.deliver(first)
    return world.placed()[own_id]
