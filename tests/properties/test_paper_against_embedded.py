"""
The paper venue beside the embedded one: two exchanges that share no code, the same book, the same random orders.

Left out, because the two differ there on purpose: margin pairs (a real position counts other things), isolated margin
(a real one leaves the cash), reducing orders that rest, prices outside the venue's band, and market buys on spot beyond
the balance (a real venue shrinks them, paper refuses them): a stream ends before the money does.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from dualwitness.models import OrderBook, PositionMode, Side, ValidatedOrder
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, VenueError
from dualwitness.venues.paper import PaperMarket, PaperSettings, PaperVenue
from tests.support.clients import checked_order
from tests.support.market_kinds import KINDS, MODES, MarketKind
from tests.support.stall import Stall, opened_stall
from tests.support.venue import FROZEN_MS

TRADED = [kind for kind in KINDS if kind.name in ("spot", "linear", "inverse", "future")]
ORDERS = 60
STREAMS = 20 if os.environ.get("DUALWITNESS_FULL") else 1


def paper_beside(stall: Stall, real: VenueClient, snapshot: Callable[[], int]) -> PaperVenue:
    """A paper venue on the same market; the standing book is a new supply with each snapshot's number."""

    def book_of(symbol: str, depth: int) -> OrderBook:
        return real.get_order_book(symbol, depth).model_copy(update={"sequence": snapshot()})

    market = replace(PaperMarket.of_client(real), book_of=book_of)
    return PaperVenue(market, settings=PaperSettings(position_mode=stall.mode), clock_ms=lambda: FROZEN_MS)


def random_order(draw: random.Random, stall: Stall, kind: MarketKind, name: str) -> ValidatedOrder:
    """A market or limit order of up to a full size, within half a percent of the market."""
    last = stall.venue.market.last(kind.okx_id)
    price = (last * Decimal(draw.randint(9950, 10050)) / 10_000).quantize(Decimal("0.1"))
    limit = draw.random() < 0.6 or kind.inverse
    reduce_only = kind.name != "spot" and not limit and draw.random() < 0.5
    contracts = (kind.contracts * draw.randint(10, 100) / (1000 if kind.is_pair else 100)).quantize(Decimal("0.001"))
    contracts = contracts if kind.is_pair else contracts.quantize(Decimal("0.1"))
    return checked_order(
        kind.symbol,
        f"{kind.base_size(contracts, price):f}",
        price=f"{price:f}" if limit else None,
        side=draw.choice(list(Side)),
        td_mode=kind.td_mode,
        client_order_id=name,
        reduce_only=reduce_only,
    )


def outcome(client: VenueClient, order: ValidatedOrder) -> tuple[object, ...]:
    """What came of an order: its state and fills, or the error's class and code."""
    try:
        placed = client.place_order(order)
    except DualwitnessError as error:
        code = getattr(error, "sub_code", None) or getattr(error, "code", None)
        codes = (error.code, error.sub_code) if isinstance(error, VenueError) else (code,)
        return type(error).__name__, next((one for one in codes if one and one.startswith("51")), None)
    symbol = order.intent.symbol
    told = client.get_order(symbol, placed.venue_order_id)
    fills = [
        (one.price, one.contracts, one.fee_currency, one.liquidity, near(one.fee))
        for one in client.get_fills(symbol)
        if one.venue_order_id == placed.venue_order_id
    ]
    return told.state, told.filled_contracts, told.position_side, told.reduce_only, near(told.average_price), fills


def near(number: Decimal | None) -> Decimal | None:
    """To nine decimals: quotients are cut at different places."""
    return None if number is None else number.quantize(Decimal("1e-9"))


def holdings(client: VenueClient) -> tuple[object, ...]:
    """Positions and cash."""
    positions = sorted(
        (one.symbol, str(one.direction), one.contracts, near(one.entry_price), near(one.realized_pnl))
        for one in client.get_positions()
    )
    return positions, {one.currency: near(one.total) for one in client.get_account_balance()}


def waiting_at(client: VenueClient) -> set[tuple[object, ...]]:
    """What rests, and how much of it is filled."""
    return {(one.client_order_id, one.filled_contracts) for one in client.get_open_orders()}


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_random_orders_come_to_the_same_on_paper_and_at_the_embedded_venue(mode: PositionMode) -> None:
    """State, fills, fees, refusals, positions, realised profit and cash: order by order."""
    seen: set[str] = set()
    with opened_stall("okx_sdk", mode) as stall:
        for stream in range(STREAMS):
            seen |= compared(stall, random.Random(f"paper {mode} {stream}"))
    assert {"filled", "live", "OrderRefused"} <= seen


def compared(stall: Stall, draw: random.Random) -> set[str]:
    """One stream at two new venues; gives what orders came to."""
    real, seen = stall.fresh(), set()
    number = 0
    paper = paper_beside(stall, real, lambda: number)
    for number in range(ORDERS):
        kind = draw.choice(TRADED)
        order = random_order(draw, stall, kind, f"both{number}")
        ours, theirs = outcome(paper, order), outcome(real, order)
        assert ours == theirs, (number, order.intent)
        assert holdings(paper) == holdings(real), (number, order.intent)
        assert waiting_at(paper) == waiting_at(real), (number, order.intent)
        seen.add(str(ours[0]))
        waiting = paper.get_open_orders(kind.symbol)
        # The embedded book is never used up and meets an order once; what it left must not meet the next snapshot.
        partial = [one for one in waiting if one.filled_contracts]
        for chosen in partial or (draw.sample(waiting, 1) if waiting and draw.random() < 0.5 else []):
            twin = real.get_order(kind.symbol, client_order_id=chosen.client_order_id)
            paper.cancel_order(str(chosen.venue_order_id), kind.symbol)
            real.cancel_order(str(twin.venue_order_id), kind.symbol)
        real.drain_exchanges()
    assert len(paper.get_fills()) > ORDERS / 2
    return seen
