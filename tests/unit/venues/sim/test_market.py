"""Prices, books, candles: consistent with each other at every moment, and repeatable."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualwitness.venues.sim import tape
from dualwitness.venues.sim.candles import BARS, candle, starts
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import MarketView, SimInstrument
from dualwitness.venues.sim.market import Market
from tests.support.venue import FROZEN_MS, ManualClock

IDS = sorted({instrument.inst_id for instrument in INSTRUMENTS})
MOMENTS = st.integers(min_value=1_770_000_000_000, max_value=1_805_000_000_000)


def market(seed: int = 0, at_ms: int = FROZEN_MS) -> Market:
    return Market(seed, FrozenClock(at_ms))


def on(step: Decimal, number: Decimal) -> bool:
    return number % step == 0


def test_market_is_a_market_view() -> None:
    """What the engine asks for is there (mypy checks the signatures)."""
    view: MarketView = market()
    assert view.usd("USD") == 1


@pytest.mark.parametrize("inst_id", IDS)
def test_book_of_every_instrument_is_sorted_on_tick_on_lot_and_deep(inst_id: str) -> None:
    """At least forty levels a side, best first, sizes not under the minimum."""
    place = market()
    instrument = place.instrument(inst_id)
    for levels, direction in ((place.bids(inst_id), -1), (place.asks(inst_id), 1)):
        assert len(levels) >= 40
        steps = [direction * (far.px - near.px) for near, far in pairwise(levels)]
        assert min(steps) >= instrument.tick_sz
        assert all(on(instrument.tick_sz, level.px) and level.px > 0 for level in levels)
        assert all(on(instrument.lot_sz, level.sz) and level.sz >= instrument.min_sz for level in levels)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 50), at_ms=MOMENTS, inst_id=st.sampled_from(IDS))
def test_ticker_at_any_moment_lies_within_book_and_day(seed: int, at_ms: int, inst_id: str) -> None:
    """Bid <= last <= ask, bid < ask, low <= all <= high, all on tick."""
    place = market(seed, at_ms)
    ticker = place.ticker(inst_id)
    assert ticker.bid.px <= ticker.last <= ticker.ask.px
    assert ticker.bid.px < ticker.ask.px
    for price in (ticker.last, ticker.open_24h, ticker.start_of_day_utc0, ticker.start_of_day_utc8):
        assert ticker.low_24h <= price <= ticker.high_24h
    assert all(on(place.instrument(inst_id).tick_sz, price) for price in (ticker.last, ticker.high_24h, ticker.low_24h))
    assert ticker.ts_ms <= at_ms
    assert (ticker.bid, ticker.ask) == (place.bids(inst_id)[0], place.asks(inst_id)[0])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 20), at_ms=MOMENTS, inst_id=st.sampled_from(IDS), bar=st.sampled_from(sorted(BARS)))
def test_candles_of_any_bar_hold_their_open_and_close_within_the_day(
    seed: int, at_ms: int, inst_id: str, bar: str
) -> None:
    """High and low enclose open and close, the running bar closes at the last price, bars touch."""
    place = market(seed, at_ms)
    instrument = place.instrument(inst_id)
    grid = starts(BARS[bar], place.now_s)
    rows = [candle(seed, instrument, start_s, end_s, place.now_s) for start_s, end_s in (next(grid) for _ in range(4))]
    for row in rows:
        assert row.low <= min(row.open, row.close)
        assert row.high >= max(row.open, row.close)
        assert all(on(instrument.tick_sz, price) for price in (row.open, row.high, row.low, row.close))
        assert row.volume.contracts >= 0
    assert rows[0].close == place.last(inst_id)
    assert [row.closed for row in rows] == [False, True, True, True]
    assert all(newer.open == older.close for newer, older in pairwise(rows))


def test_hourly_candles_of_a_day_add_up_to_the_tickers_volume_and_stay_within_its_extremes() -> None:
    """Twenty-four closed hours and the second that runs trade exactly what the ticker of that moment says."""
    at_ms = FROZEN_MS - FROZEN_MS % 3_600_000
    place = market(at_ms=at_ms)
    for inst_id in ("BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP", "XRP-USDT-SWAP"):
        grid = starts(BARS["1H"], place.now_s)
        rows = [candle(0, place.instrument(inst_id), *next(grid), place.now_s) for _ in range(25)]
        ticker = place.ticker(inst_id)
        assert sum(row.volume.contracts for row in rows) == ticker.volume.contracts > 0
        assert max(row.high for row in rows) <= ticker.high_24h
        assert min(row.low for row in rows) >= ticker.low_24h


@given(st.lists(st.integers(1_770_000_000, 1_800_000_000), min_size=3, max_size=3).map(sorted))
def test_volume_of_adjacent_stretches_adds_up(moments: list[int]) -> None:
    """No trade is counted twice or lost, whatever the split."""
    place = market(3)
    instrument = place.instrument("ETH-USDT-SWAP")
    start, middle, end = moments
    whole = tape.traded(place.world, instrument, start, end)
    parts = (tape.traded(place.world, instrument, *pair) for pair in pairwise((start, middle, end)))
    assert list(whole) == [sum(amounts) for amounts in zip(*parts, strict=True)]
    assert whole.lots >= 0


def test_volume_units_follow_the_contract() -> None:
    """Linear: contracts times 0.01 BTC; inverse: contracts times 100 USD; pair: base is the contract."""
    place = market()
    linear = tape.volume_of(place.instrument("BTC-USDT-SWAP"), Decimal(1000), Decimal(50_000))
    assert linear == (Decimal(1000), Decimal(10), Decimal(500_000))
    inverse = tape.volume_of(place.instrument("BTC-USD-SWAP"), Decimal(1000), Decimal(50_000))
    assert inverse == (Decimal(1000), Decimal(2), Decimal(100_000))
    pair = tape.volume_of(place.instrument("BTC-USDT"), Decimal(2), Decimal(50_000))
    assert pair == (Decimal(2), Decimal(2), Decimal(100_000))


def test_prices_move_slowly_while_time_runs() -> None:
    """Within a second a coin moves by less than a tenth of a percent; within an hour it does move."""
    clock = ManualClock()
    place = Market(0, clock)
    first = previous = place.last("BTC-USDT")
    for _ in range(3600):
        clock.at_ms += 1000
        now = place.last("BTC-USDT")
        assert abs(now - previous) < previous / 1000
        previous = now
    assert previous != first


def test_two_markets_of_one_seed_agree_and_of_two_seeds_do_not() -> None:
    """The seed and the moment are everything a market depends on."""
    assert market(7).ticker("BTC-USDT") == market(7).ticker("BTC-USDT")
    assert market(7).ticker("BTC-USDT") != market(8).ticker("BTC-USDT")


def test_order_of_asking_changes_no_price() -> None:
    """A market asked about noon first and morning later says the same as the reverse."""
    morning, noon = FROZEN_MS, FROZEN_MS + 14_400_000
    forward, backward = ManualClock(morning), ManualClock(noon)
    one, two = Market(99, forward), Market(99, backward)
    early, late = one.ticker("SOL-USDT"), two.ticker("SOL-USDT")
    forward.at_ms, backward.at_ms = noon, morning
    assert (one.ticker("SOL-USDT"), two.ticker("SOL-USDT")) == (late, early)


def test_put_and_call_of_one_strike_obey_parity() -> None:
    """Call minus put equals (forward - strike) / forward within two ticks, so options are not nonsense."""
    place = market()
    difference = place.mark("BTC-USD-270326-60000-C") - place.mark("BTC-USD-270326-60000-P")
    forward = place.mark("BTC-USD-270326")
    assert abs(difference - (forward - 60_000) / forward) < Decimal("0.001")


@pytest.mark.parametrize(("bar", "opens_at_s"), [("1D", 57_600), ("1Dutc", 0), ("12H", 14_400), ("4H", 0)])
def test_long_bars_open_at_hong_kong_midnight_unless_utc(bar: str, opens_at_s: int) -> None:
    """1D opens at 16:00 UTC, 1Dutc at 00:00 UTC (difference ohlcv-daily-bar-utc-vs-hongkong)."""
    start_s, end_s = next(starts(BARS[bar], FROZEN_MS // 1000))
    assert start_s % (end_s - start_s) == opens_at_s % (end_s - start_s)


def test_month_bars_open_on_the_first_of_the_month() -> None:
    """November 2026 and October 2026, in UTC."""
    grid = starts(BARS["1Mutc"], FROZEN_MS // 1000)
    assert [next(grid), next(grid)] == [(1_793_491_200, 1_796_083_200), (1_790_812_800, 1_793_491_200)]


def test_every_currency_of_the_table_has_a_price_in_dollars() -> None:
    """Base, quote and settlement currencies can all be valued; others are an error, not a zero."""
    place = market()

    def currencies(instrument: SimInstrument) -> set[str]:
        return {instrument.base_ccy, instrument.quote_ccy, instrument.settle_ccy or "USD"}

    assert all(place.usd(ccy) > 0 for instrument in INSTRUMENTS for ccy in currencies(instrument))
    with pytest.raises(KeyError):
        place.usd("NOPE")
