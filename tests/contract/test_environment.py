"""Environment: what every client can say of the market is what the venue's own tables and prices say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.models import InstrumentState, Library, MarketType
from dualwitness.venues.client import VenueClient
from dualwitness.venues.sim.candles import candle
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import SimInstrument
from tests.support.clients import HeardVenue, symbol_of
from tests.support.venue import FROZEN_MS

# The swaps and the pairs; INSTRUMENTS holds futures and options too.
ASKED = ("BTC-USDT", "SOL-USDT", "BTC-USDT-SWAP", "DOGE-USDT-SWAP", "ETH-USD-SWAP", "BTC-USDT-270326")
KINDS = {
    "SPOT": MarketType.SPOT,
    "SWAP": MarketType.SWAP,
    "FUTURES": MarketType.FUTURE,
    "OPTION": MarketType.OPTION,
}
LISTED = {one.inst_id: one for one in INSTRUMENTS if one.inst_type != "MARGIN"}


def test_venue_and_label_of_each_client_say_who_answers(viewer: VenueClient) -> None:
    """A result carries the library that really produced it."""
    names = {"ccxt": "CcxtClient", "okx_sdk": "OkxSdkClient", "paper": "PaperVenue"}
    assert viewer.venue == ("paper" if viewer.label == "paper" else "okx")
    assert type(viewer).__name__ == names[viewer.label]
    assert isinstance(viewer, VenueClient)


def test_server_time_of_a_standing_venue_is_its_clock(viewer: VenueClient) -> None:
    """To the millisecond."""
    assert viewer.get_server_time() == FROZEN_MS


def test_instruments_of_each_client_are_the_venues_table(viewer: VenueClient) -> None:
    """Every instrument once, with its own steps and currencies; margin pairs are CCXT's known gap."""
    found = {one.venue_instrument_id: one for one in viewer.get_instruments() if one.market_type != MarketType.MARGIN}
    assert found.keys() == LISTED.keys()
    for inst_id, row in LISTED.items():
        one = found[inst_id]
        told = (one.symbol, one.market_type, one.base, one.quote, one.tick_size, one.lot_size, one.min_size, one.state)
        true = (symbol_of(row), KINDS[row.inst_type], row.base_ccy, row.quote_ccy, row.tick_sz, row.lot_sz, row.min_sz)
        assert told == (*true, InstrumentState.LIVE)


def test_contract_terms_of_each_client_are_the_venues_own(viewer: VenueClient) -> None:
    """Settlement, size, direction, expiry and strike; the size of an option is CCXT's known difference."""
    for one in viewer.get_instruments():
        if one.market_type in (MarketType.SPOT, MarketType.MARGIN):
            continue
        row = LISTED[one.venue_instrument_id]
        assert (one.settle, one.expiry_ms, one.strike) == (row.settle_ccy, row.exp_time_ms, row.strike)
        option = one.market_type is MarketType.OPTION
        if option:
            assert one.option_type == {"C": "call", "P": "put"}[row.opt_type]
        else:
            assert (one.linear, one.inverse) == (not row.inverse, row.inverse)
            assert one.max_leverage == Decimal(row.lever)
        if not option or viewer.label != Library.CCXT:
            assert one.contract_size == row.contract_size


@pytest.mark.parametrize("kind", KINDS.values())
def test_instruments_of_one_type_are_those_of_all_in_order(viewer: VenueClient, kind: MarketType) -> None:
    """A filter drops and adds nothing; the order is that of the venue's ids."""
    wanted = sorted(one.inst_id for one in LISTED.values() if KINDS[one.inst_type] is kind)
    assert [one.venue_instrument_id for one in viewer.get_instruments(kind)] == wanted


@pytest.mark.parametrize("inst_id", ASKED)
def test_ticker_of_each_client_shows_the_venues_prices(viewer: VenueClient, truth: HeardVenue, inst_id: str) -> None:
    """Last, quotes, 24 hours, the time, and whom it is for."""
    row, ticker = LISTED[inst_id], viewer.get_ticker(symbol_of(LISTED[inst_id]))
    view = truth.market.ticker(inst_id)
    assert (ticker.symbol, ticker.ts_venue_ms) == (symbol_of(row), view.ts_ms)
    assert (ticker.last, ticker.bid, ticker.ask) == (view.last, view.bid.px, view.ask.px)
    assert (ticker.bid_size, ticker.ask_size) == (view.bid.sz, view.ask.sz)
    assert (ticker.open_24h, ticker.high_24h, ticker.low_24h) == (view.open_24h, view.high_24h, view.low_24h)
    if row.is_spot or viewer.label != Library.CCXT:
        assert ticker.volume_base == view.volume.base


@pytest.mark.parametrize("inst_id", ASKED)
def test_order_book_of_each_client_shows_the_venues_levels(
    viewer: VenueClient, truth: HeardVenue, inst_id: str
) -> None:
    """Both sides, best first, as deep as asked for and no deeper."""
    book = viewer.get_order_book(symbol_of(LISTED[inst_id]), 7)
    bids, asks = truth.market.bids(inst_id, 7), truth.market.asks(inst_id, 7)
    assert book.bids == tuple((level.px, level.sz) for level in bids)
    assert book.asks == tuple((level.px, level.sz) for level in asks)
    assert len(book.bids) == len(book.asks) == 7
    assert book.symbol == symbol_of(LISTED[inst_id])


@pytest.mark.parametrize("inst_id", ASKED)
def test_candles_of_each_client_are_the_venues_minutes(viewer: VenueClient, truth: HeardVenue, inst_id: str) -> None:
    """Oldest first, up to the running one, in base currency."""
    row = LISTED[inst_id]
    candles = viewer.get_candles(symbol_of(row), "1m", 5)
    newest_s = FROZEN_MS // 60_000 * 60
    starts = [newest_s - 60 * ago for ago in (4, 3, 2, 1, 0)]
    assert [one.ts_venue_ms for one in candles] == [start * 1000 for start in starts]
    for one, true in zip(candles, (_minute(truth, row, start) for start in starts), strict=True):
        assert (one.open, one.high, one.low, one.close) == (true.open, true.high, true.low, true.close)
        assert one.volume_base == true.volume.base


def _minute(truth: HeardVenue, row: SimInstrument, start_s: int):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return candle(truth.market.seed, row, start_s, start_s + 60, FROZEN_MS // 1000)
