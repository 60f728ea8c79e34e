"""The market agrees with itself: trades, candles of every bar, tickers and books tell one story."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualwitness.venues.sim.bars import BARS, starts
from dualwitness.venues.sim.candles import Candle
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.prices import Kind
from tests.support.venue import FROZEN_MS, ManualClock

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
IDS = sorted({instrument.inst_id for instrument in INSTRUMENTS})
# One of each way to a price: pair, swap, inverse, dated, cross, options, a pair that stands still.
KINDS_OF_PRICE = (
    "BTC-USDT", "DOGE-USDT-SWAP", "BTC-USD-SWAP", "ETH-USD-270625", "ETH-BTC", "BTC-USD-270326-60000-C",
    "ETH-USD-270625-2600-P", "USDC-USDT", "SOL-EUR",
)  # fmt: skip
MIDNIGHT_S = FROZEN_MS // 1000 // DAY_S * DAY_S
SEEDS = st.integers(0, 30)
MINUTES = st.integers(1_776_000_000 // MINUTE_S, 1_805_000_000 // MINUTE_S)
# A coarse bar and one that divides it.
NESTED = (
    ("3m", "1m"), ("5m", "1m"), ("15m", "3m"), ("15m", "5m"), ("30m", "15m"), ("1H", "30m"), ("2H", "1H"), ("4H", "1H"),
    ("6H", "2H"), ("12H", "4H"), ("12H", "6H"), ("1D", "6H"), ("1Dutc", "4H"), ("2D", "1D"), ("3Dutc", "1Dutc"),
    ("1W", "1D"), ("1Wutc", "12Hutc"), ("1M", "1D"), ("1Mutc", "1Dutc"), ("3M", "1M"),
)  # fmt: skip


def market_at(at_s: int, seed: int = 0) -> Market:
    return Market(seed, ManualClock(at_s * 1000 + 7))


def bars(place: Market, inst_id: str, name: str, count: int, kind: Kind = "last") -> list[Candle]:
    """The newest bars, oldest first."""
    grid = starts(BARS[name], place.now_s)
    return [place.candle(inst_id, *next(grid), kind) for _ in range(count)][::-1]


def assert_sum(whole: Candle, parts: Iterable[Candle]) -> None:
    rows = list(parts)
    assert (whole.open, whole.close) == (rows[0].open, rows[-1].close)
    assert (whole.high, whole.low) == (max(row.high for row in rows), min(row.low for row in rows))
    for place in range(3):
        assert whole.volume[place] == sum(row.volume[place] for row in rows)


@settings(max_examples=120, deadline=None)
@given(
    seed=SEEDS,
    at_s=st.integers(1_776_000_000, 1_805_000_000),
    inst_id=st.sampled_from((*KINDS_OF_PRICE, *IDS)),
    names=st.sampled_from(NESTED),
    kind=st.sampled_from(("last", "mark", "index")),
)
def test_bar_of_any_length_is_exactly_the_sum_of_the_shorter_bars_inside(
    seed: int, at_s: int, inst_id: str, names: tuple[str, str], kind: Kind
) -> None:
    """Open, close, extremes and all three volumes, running bar included, for trades, mark price and index."""
    place = market_at(at_s, seed)
    coarse, fine = (BARS[name] for name in names)
    start_s, end_s = next(starts(coarse, at_s))
    parts = []
    for part_start_s, part_end_s in starts(fine, at_s):
        if part_start_s < start_s:
            break
        parts.append(place.candle(inst_id, part_start_s, part_end_s, kind))
    assert_sum(place.candle(inst_id, start_s, end_s, kind), parts[::-1])


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, minute=MINUTES, inst_id=st.sampled_from((*KINDS_OF_PRICE, *IDS)))
def test_minute_candle_is_rebuilt_from_the_public_trades_of_its_minute(seed: int, minute: int, inst_id: str) -> None:
    """First trade, last trade, extremes and sizes of the tape give the candle; ids have no gap."""
    start_s = minute * MINUTE_S
    place = market_at(start_s + MINUTE_S - 1, seed)
    trades = [one for one in place.prints(inst_id, MINUTE_S) if one.ts_ms >= start_s * 1000][::-1]
    candle = place.candle(inst_id, start_s, start_s + MINUTE_S)
    assert (trades[0].px, trades[-1].px) == (candle.open, candle.close)
    assert (max(one.px for one in trades), min(one.px for one in trades)) == (candle.high, candle.low)
    assert sum(one.sz for one in trades) == candle.volume.contracts
    assert {later.trade_id - earlier.trade_id for earlier, later in pairwise(trades)} == {1}
    instrument = place.instrument(inst_id)
    assert all(one.sz >= instrument.min_sz and one.sz % instrument.lot_sz == 0 for one in trades)


@pytest.mark.parametrize("inst_id", KINDS_OF_PRICE)
def test_candles_touch_across_midnights(inst_id: str) -> None:
    """The rules of a day change while nothing is open in between: every minute opens where the last one closed."""
    place = market_at(MIDNIGHT_S + 600)
    rows = bars(place, inst_id, "1m", 30)
    assert all(later.open == earlier.close for earlier, later in pairwise(rows))
    assert all(later.open == earlier.close for earlier, later in pairwise(bars(place, inst_id, "1Dutc", 20)))


@pytest.mark.parametrize("inst_id", KINDS_OF_PRICE)
@pytest.mark.parametrize("second", [-1, 0, 1, 2, 13, 45, 59])
def test_running_candle_at_midnight_is_what_was_traded_so_far(inst_id: str, second: int) -> None:
    """Around the change of rules the running bars reach no price that nobody paid."""
    place = market_at(MIDNIGHT_S + second)
    trades = place.prints(inst_id, MINUTE_S)
    for name in ("1m", "1H", "1Dutc", "1D"):
        row = bars(place, inst_id, name, 1)[0]
        assert row.close == place.last(inst_id)
        assert row.low <= row.close <= row.high
        assert not row.closed
        if row.start_s == MIDNIGHT_S:
            paid = [one.px for one in trades if one.ts_ms >= MIDNIGHT_S * 1000]
            assert (row.open, row.high, row.low, row.close) == (paid[-1], max(paid), min(paid), paid[0])


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, at_s=st.integers(1_776_000_000, 1_805_000_000), inst_id=st.sampled_from((*KINDS_OF_PRICE, *IDS)))
def test_ticker_agrees_with_tape_book_and_candles(seed: int, at_s: int, inst_id: str) -> None:
    """Last is the newest trade's price and lies in the spread; 24 hours are the minutes and hours they consist of."""
    place = market_at(at_s, seed)
    ticker, newest = place.ticker(inst_id), place.prints(inst_id, 1)[0]
    assert (ticker.last, ticker.last_size) == (newest.px, newest.sz)
    assert ticker.bid.px <= ticker.last <= ticker.ask.px
    assert ticker.bid.px < ticker.ask.px
    minute_s = at_s - at_s % MINUTE_S
    running = place.candle(inst_id, minute_s, minute_s + MINUTE_S)
    assert running.close == ticker.last
    parts = [running]
    # Minutes back to a full hour, hours as long as they fit, minutes to the start of the window.
    end_s, start_s = minute_s, minute_s - DAY_S
    while end_s > start_s:
        span_s = HOUR_S if end_s % HOUR_S == 0 and end_s - start_s >= HOUR_S else MINUTE_S
        parts.append(place.candle(inst_id, end_s - span_s, end_s))
        end_s -= span_s
    assert_sum(place.day(inst_id), parts[::-1])
    day = place.day(inst_id)
    assert (ticker.open_24h, ticker.high_24h, ticker.low_24h, ticker.volume) == (
        day.open,
        day.high,
        day.low,
        day.volume,
    )


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, at_s=st.integers(1_776_000_000, 1_805_000_000), inst_id=st.sampled_from(IDS))
def test_turnover_of_a_day_is_its_volume_at_prices_of_that_day(seed: int, at_s: int, inst_id: str) -> None:
    """Quote volume over base volume lies between low and high; an option's between those of its coin."""
    place = market_at(at_s, seed)
    instrument, day = place.instrument(inst_id), place.day(inst_id)
    index = place.day(inst_id, "index")
    bounds = index if instrument.inst_type == "OPTION" else day
    average = day.volume.quote / day.volume.base
    assert bounds.low * Decimal("0.9985") <= average <= bounds.high * Decimal("1.0015")


@pytest.mark.parametrize("inst_id", ["BTC-USDT", "BTC-USD-SWAP", "BTC-USD-270326-60000-C"])
def test_trades_page_backwards_without_gap_or_overlap(inst_id: str) -> None:
    """Pages by id and by time give the same trades as one long page; newer_than_id stops before its trade."""
    place = market_at(FROZEN_MS // 1000)
    long = place.prints(inst_id, 200)
    paged = list(place.prints(inst_id, 30))
    while len(paged) < 200:
        paged += place.prints(inst_id, 30, older_than_id=paged[-1].trade_id)
    assert tuple(paged[:200]) == long
    assert place.prints(inst_id, 50, older_than_ms=long[100].ts_ms) == long[101:151]
    assert place.prints(inst_id, 200, newer_than_id=long[9].trade_id) == long[:9]
    assert place.prints(inst_id, 5, older_than_id=1) == ()


def test_trades_before_the_listing_do_not_exist() -> None:
    """The tape ends where the instrument begins."""
    place = market_at(FROZEN_MS // 1000)
    listed_ms = place.instrument("BTC-USDT").list_time_ms
    assert place.prints("BTC-USDT", 10, older_than_ms=listed_ms - 60_000) == ()


@pytest.mark.parametrize("inst_id", ["BTC-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP", "ETH-BTC", "BTC-USD-270326-60000-C"])
@pytest.mark.parametrize("offset_s", [-17, 0, 3_540])
def test_shock_moves_prices_from_its_second_on_and_leaves_the_past(inst_id: str, offset_s: int) -> None:
    """Bars across it stay sums of their parts, minutes stay what the tape says, and nothing before it changes."""
    at_s = MIDNIGHT_S + 7_261
    shock_s = MIDNIGHT_S + 3_660 + offset_s
    calm, shaken = market_at(at_s), market_at(at_s)
    before = [
        calm.candle(inst_id, start_s, start_s + 60) for start_s in range(shock_s // 60 * 60 - 300, shock_s - 60, 60)
    ]
    shaken.shock("BTC", Decimal("0.7"), shock_s)
    assert before == [shaken.candle(inst_id, row.start_s, row.start_s + 60) for row in before]
    hours = bars(shaken, inst_id, "1H", 4)
    assert_sum(shaken.candle(inst_id, hours[0].start_s, hours[-1].start_s + HOUR_S), hours)
    minutes = [shaken.candle(inst_id, start_s, start_s + 60) for start_s in range(hours[0].start_s, at_s + 1, 60)]
    assert_sum(shaken.candle(inst_id, hours[0].start_s, hours[-1].start_s + HOUR_S), minutes)
    for row in minutes[-125:-1]:
        tape = shaken.prints(inst_id, 60, older_than_ms=(row.start_s + 60) * 1000)
        inside = [one for one in tape if one.ts_ms >= row.start_s * 1000]
        assert (min(one.px for one in inside), max(one.px for one in inside)) == (row.low, row.high)
        assert sum(one.sz for one in inside) == row.volume.contracts
    ratio = shaken.last(inst_id) / calm.last(inst_id)
    if inst_id == "ETH-BTC":
        assert abs(ratio - 1 / Decimal("0.7")) < Decimal("0.001")
    elif not inst_id.endswith("-C"):
        assert abs(ratio - Decimal("0.7")) < Decimal("0.0001")
    else:
        assert ratio < Decimal("0.7")
    assert shaken.usd("BTC") / calm.usd("BTC") == pytest.approx(Decimal("0.7"), abs=Decimal("0.000001"))


def test_shock_of_an_unknown_coin_or_without_sense_is_refused() -> None:
    """USD is the measure, a price stays above zero, and a coin outside the table has none."""
    place = market_at(FROZEN_MS // 1000)
    with pytest.raises(KeyError):
        place.shock("NOPE", Decimal(2), 0)
    for ccy, factor in (("USD", Decimal(2)), ("BTC", Decimal(0)), ("BTC", Decimal("NaN"))):
        with pytest.raises(ValueError, match="factor above 0"):
            place.shock(ccy, factor, 0)


def test_instruments_of_one_coin_agree_at_any_moment() -> None:
    """Pair, swaps and index of a coin lie within a tenth of a percent, crosses within two percent of their coins."""
    for at_s in range(MIDNIGHT_S, MIDNIGHT_S + DAY_S, 1_111):
        place = market_at(at_s)
        dollars = place.usd("BTC")
        for inst_id in ("BTC-USD-SWAP", "BTC-USD"):
            assert abs(place.last(inst_id) / dollars - 1) < Decimal("0.001")
        assert abs(place.last("BTC-USDT") * place.usd("USDT") / dollars - 1) < Decimal("0.001")
        assert abs(place.last("ETH-BTC") * dollars / place.usd("ETH") - 1) < Decimal("0.02")
