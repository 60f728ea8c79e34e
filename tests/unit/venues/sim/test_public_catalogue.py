"""The list of what trades now: sorted once, right at every moment, cheap to ask for."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.instruments import EXPIRIES
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.public.catalogue import catalogue_of
from dualwitness.venues.sim.venue import EmbeddedVenue
from tests.support.venue import FROZEN_MS, ManualClock, parsed

_FIRST_EXPIRY_MS = EXPIRIES[0][1]


def ids(venue: EmbeddedVenue) -> set[str]:
    """The futures that the venue lists."""
    answer = venue.respond("GET", "/api/v5/public/instruments?instType=FUTURES", {})
    return {row["instId"] for row in parsed(answer)["data"]}


def test_expired_future_leaves_the_list_and_comes_back_when_the_clock_is_set_back() -> None:
    """To the millisecond: delivery ends trading."""
    clock = ManualClock(_FIRST_EXPIRY_MS - 1)
    venue = EmbeddedVenue(clock=clock, auth_clock=clock)
    before = ids(venue)
    assert "BTC-USDT-270326" in before
    clock.at_ms = _FIRST_EXPIRY_MS
    gone = before - ids(venue)
    assert "BTC-USDT-270326" in gone
    assert "BTC-USDT-270625" not in gone
    answer = venue.respond("GET", "/api/v5/market/ticker?instId=BTC-USDT-270326", {})
    assert b'"51001"' in answer.body
    clock.at_ms = _FIRST_EXPIRY_MS - 1
    assert ids(venue) == before


def test_catalogue_of_a_standing_market_is_built_once() -> None:
    """And every row spelled once, though a caller may do with it what it likes."""
    market = Market(0, FrozenClock(FROZEN_MS))
    catalogue = catalogue_of(market)
    assert catalogue_of(market) is catalogue
    swap = market.instrument("BTC-USDT-SWAP")
    row = catalogue.row(swap)
    row["instId"] = "changed"
    assert catalogue.row(swap)["instId"] == "BTC-USDT-SWAP"


def test_tickers_of_the_catalogue_follow_the_clock() -> None:
    """Drawn once a second, never a second old."""
    clock = ManualClock()
    market = Market(0, clock)
    first = catalogue_of(market).ticker(market, "BTC-USDT-SWAP")
    assert catalogue_of(market).ticker(market, "BTC-USDT-SWAP") is first
    clock.at_ms += 1_000
    assert catalogue_of(market).ticker(market, "BTC-USDT-SWAP").ts_ms == first.ts_ms + 1_000


def test_shock_changes_the_ticker_of_the_very_second() -> None:
    """A standing clock must not hide what a control request did to the price."""
    market = Market(0, FrozenClock(FROZEN_MS))
    calm = catalogue_of(market).ticker(market, "BTC-USDT-SWAP").last
    market.shock("BTC", Decimal("0.5"), market.now_s)
    shocked = catalogue_of(market).ticker(market, "BTC-USDT-SWAP").last
    assert abs(shocked / calm - Decimal("0.5")) < Decimal("0.01")


def test_every_index_and_currency_of_the_table_is_known() -> None:
    """Dollar and stablecoin indices are different ones; the dollar itself is no coin."""
    catalogue = catalogue_of(Market(0, FrozenClock(FROZEN_MS)))
    assert {"BTC-USD", "BTC-USDT", "ETH-BTC"} <= set(catalogue.indices)
    assert {"BTC", "USDT"} <= set(catalogue.currencies())
    assert "USD" not in catalogue.currencies()
    assert {"BTC-USD", "ETH-USD"} <= set(catalogue.families("OPTION"))
