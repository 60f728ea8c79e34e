"""ccxt.pro, the WebSocket half of CCXT, watches and trades on the venue as it does on the real OKX."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro
import pytest
from ccxt.base.errors import ExchangeError

from dualwitness.venues.sim.process import VenueProcess

pytestmark = pytest.mark.timeout(60)

Exchange = Any
PAIR, SWAP = "BTC/USDT", "BTC/USDT:USDT"
_LONGEST_S = 20.0


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    """A venue whose prices move, with money in the account."""
    with VenueProcess(scenario="funded") as process:
        yield process


@asynccontextmanager
async def opened(venue: VenueProcess) -> AsyncIterator[Exchange]:
    """A ccxt.pro client at the venue, closed afterwards."""
    exchange = ccxt.pro.okx({
        "apiKey": "sim-key", "secret": "sim-secret", "password": "sim-passphrase", "enableRateLimit": False,
    })  # fmt: skip
    # The sandbox first: it puts the real addresses back.
    exchange.set_sandbox_mode(True)
    exchange.urls["api"] = {"rest": venue.base_url, "ws": f"ws{venue.base_url.removeprefix('http')}/ws/v5"}
    try:
        async with asyncio.timeout(_LONGEST_S):
            await exchange.load_markets()
            yield exchange
    finally:
        await exchange.close()


def watched(venue: VenueProcess, act: Callable[[Exchange], Awaitable[None]]) -> None:
    """Run one act against a fresh client."""

    async def run() -> None:
        async with opened(venue) as exchange:
            await act(exchange)

    asyncio.run(run())


async def below(exchange: Exchange, symbol: str) -> float:
    """A price below the market, on tick."""
    ticker = await exchange.fetch_ticker(symbol)
    return float(exchange.price_to_precision(symbol, ticker["last"] * 0.985))


async def until(watch: Callable[[], Awaitable[list[Any]]], wanted: Callable[[Any], bool]) -> Any:
    """The first pushed row that is wanted."""
    while True:
        for row in await watch():
            if wanted(row):
                return row


def test_watch_ticker_gives_ticker_after_ticker_with_last_inside_the_book(venue: VenueProcess) -> None:
    """Two pushes, the second not older, and a price that bid and ask enclose."""

    async def act(exchange: Exchange) -> None:
        first = await exchange.watch_ticker(SWAP)
        second = await exchange.watch_ticker(SWAP)
        assert first["symbol"] == second["symbol"] == SWAP
        assert first["timestamp"] <= second["timestamp"]
        assert second["bid"] <= second["last"] <= second["ask"]

    watched(venue, act)


def test_watch_order_book_keeps_a_sorted_book_over_snapshot_and_updates(venue: VenueProcess) -> None:
    """Several pushes by sequence number; CCXT itself raises where the chain of seqId and prevSeqId breaks."""

    async def act(exchange: Exchange) -> None:
        nonces = []
        for _ in range(3):
            book = await exchange.watch_order_book(SWAP)
            bids, asks = [row[0] for row in book["bids"]], [row[0] for row in book["asks"]]
            assert bids == sorted(bids, reverse=True)
            assert asks == sorted(asks)
            assert bids[0] < asks[0]
            nonces.append(book["nonce"])
        assert nonces == sorted(nonces)

    watched(venue, act)


def test_watch_trades_gives_prints_with_price_size_side_and_id(venue: VenueProcess) -> None:
    """Public trades of the instrument that was asked for."""

    async def act(exchange: Exchange) -> None:
        trades = await exchange.watch_trades(PAIR)
        assert trades
        assert {trade["symbol"] for trade in trades} == {PAIR}
        assert {trade["side"] for trade in trades} <= {"buy", "sell"}
        assert all(trade["price"] > 0 and trade["amount"] > 0 and trade["id"] for trade in trades)

    watched(venue, act)


def test_watch_ohlcv_gives_the_running_candle_aligned_to_its_minute(venue: VenueProcess) -> None:
    """The business connection pushes candles whose high and low enclose open and close."""

    async def act(exchange: Exchange) -> None:
        candles = await exchange.watch_ohlcv(PAIR, "1m")
        opened_ms, first, high, low, last, _ = candles[-1]
        assert opened_ms % 60_000 == 0
        assert low <= min(first, last) <= max(first, last) <= high

    watched(venue, act)


def test_order_over_the_websocket_is_placed_amended_and_canceled(venue: VenueProcess) -> None:
    """create_order_ws, edit_order_ws and cancel_order_ws act on the order that REST then shows."""

    async def act(exchange: Exchange) -> None:
        price = await below(exchange, SWAP)
        placed = await exchange.create_order_ws(SWAP, "limit", "buy", 1, price)
        assert (await exchange.fetch_order(placed["id"], SWAP))["status"] == "open"
        await exchange.edit_order_ws(placed["id"], SWAP, "limit", "buy", 2, price)
        assert (await exchange.fetch_order(placed["id"], SWAP))["amount"] == 2
        await exchange.cancel_order_ws(placed["id"], SWAP)
        assert (await exchange.fetch_order(placed["id"], SWAP))["status"] == "canceled"

    watched(venue, act)


def test_refused_order_over_the_websocket_raises_what_okx_says(venue: VenueProcess) -> None:
    """A price far outside the band is refused with 51006, and no order exists."""

    async def act(exchange: Exchange) -> None:
        price = await below(exchange, SWAP)
        with pytest.raises(ExchangeError, match="51006"):
            await exchange.create_order_ws(SWAP, "limit", "buy", 1, price * 3)
        assert await exchange.fetch_open_orders(SWAP) == []

    watched(venue, act)


def test_watch_orders_tells_of_orders_from_the_websocket_and_from_rest(venue: VenueProcess) -> None:
    """Placed, canceled and filled orders are pushed, wherever they came from."""

    async def act(exchange: Exchange) -> None:
        def watch() -> Awaitable[list[Any]]:
            return exchange.watch_orders(SWAP)

        price = await below(exchange, SWAP)
        pushed = asyncio.create_task(until(watch, lambda order: order["status"] == "open"))
        await asyncio.sleep(0)
        # The same connection answers in order, so after this the subscription stands.
        placed = await exchange.create_order_ws(SWAP, "limit", "buy", 1, price)
        assert (await pushed)["id"] == placed["id"]
        pushed = asyncio.create_task(until(watch, lambda order: order["status"] == "canceled"))
        await exchange.cancel_order(placed["id"], SWAP)
        assert (await pushed)["id"] == placed["id"]
        pushed = asyncio.create_task(until(watch, lambda order: order["status"] == "closed"))
        bought = await exchange.create_order(SWAP, "market", "buy", 1)
        filled = await pushed
        assert (filled["id"], filled["filled"]) == (bought["id"], 1)
        assert filled["average"] > 0

    watched(venue, act)


def test_watch_my_trades_gives_the_fill_with_its_fee(venue: VenueProcess) -> None:
    """A fill comes out of the orders channel with price, size, fee and the id that REST gives."""

    async def act(exchange: Exchange) -> None:
        pushed = asyncio.create_task(until(lambda: exchange.watch_my_trades(SWAP), bool))
        await asyncio.sleep(0)
        bought = await exchange.create_order_ws(SWAP, "market", "buy", 1)
        fill = await pushed
        assert (fill["order"], fill["side"]) == (bought["id"], "buy")
        by_rest = {one["id"]: one for one in await exchange.fetch_my_trades(SWAP)}
        told = by_rest[fill["id"]]
        assert (told["price"], told["amount"]) == (fill["price"], fill["amount"])
        # CCXT turns the sign of a fee around when it comes over REST, and keeps it when it comes over the WebSocket.
        assert (told["fee"]["cost"], told["fee"]["currency"]) == (-fill["fee"]["cost"], fill["fee"]["currency"])

    watched(venue, act)


def test_watch_positions_follows_the_position_that_rest_shows(venue: VenueProcess) -> None:
    """A snapshot or event after a fill tells the same contracts as REST."""

    async def act(exchange: Exchange) -> None:
        before = sum(row["contracts"] for row in await exchange.fetch_positions([SWAP]))
        pushed = asyncio.create_task(
            until(lambda: exchange.watch_positions([SWAP]), lambda row: row["contracts"] == before + 1)
        )
        await asyncio.sleep(0)
        await exchange.create_order_ws(SWAP, "market", "buy", 1)
        seen = await pushed
        (shown,) = await exchange.fetch_positions([SWAP])
        assert (seen["symbol"], seen["side"], seen["contracts"]) == (SWAP, "long", shown["contracts"])
        assert (seen["id"], seen["entryPrice"]) == (shown["id"], shown["entryPrice"])

    watched(venue, act)


def test_watch_balance_gives_a_snapshot_and_then_what_a_purchase_changed(venue: VenueProcess) -> None:
    """Both currencies of a spot purchase move, as REST says too."""

    async def act(exchange: Exchange) -> None:
        first = await exchange.watch_balance()
        held = (await exchange.fetch_balance())["BTC"]["total"]
        assert first["USDT"]["total"] > 0
        await exchange.create_order(PAIR, "market", "buy", 0.01)
        while (seen := await exchange.watch_balance())["BTC"]["total"] == held:
            continue
        assert seen["BTC"]["total"] == (await exchange.fetch_balance())["BTC"]["total"]

    watched(venue, act)
