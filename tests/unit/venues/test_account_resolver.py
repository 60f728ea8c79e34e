"""Names of instruments as an intent may spell them, and an account that is read once."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import AccountLevel, Instrument, Library, MarginMode, OrderIntent, PositionMode, TdMode
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.errors import VenueError
from dualwitness.venues.sizing import IntentRefusalReason, IntentRefused, ResolvedIntent
from tests.support.preflight_world import PreflightWorld, preflight_world


@pytest.fixture
def world() -> Iterator[PreflightWorld]:
    """A futures account in net mode."""
    with preflight_world() as running:
        yield running


@pytest.fixture(params=list(Library))
def resolver(request: pytest.FixtureRequest, world: PreflightWorld) -> AccountResolver:
    """A resolver that reads through each library."""
    return AccountResolver(world.clients[request.param])


def intent(symbol: str, td_mode: str = "cash", **fields: Any) -> OrderIntent:
    """A small limit buy."""
    defaults = {"side": "long", "order_type": "limit", "size": "0.01", "price": "60000"}
    return OrderIntent(symbol=symbol, td_mode=td_mode, **(defaults | fields))


@pytest.mark.parametrize(
    ("name", "td_mode", "inst_id"),
    [
        ("BTC/USDT", "cash", "BTC-USDT"),
        ("BTC-USDT", "cash", "BTC-USDT"),
        ("BTCUSDT", "cash", "BTC-USDT"),
        ("BTCUSDT", "margin", "BTC-USDT"),
        ("BTC/USDT", "cross", "BTC-USDT"),
        ("BTC/USDT:USDT", "cross", "BTC-USDT-SWAP"),
        ("BTC-USDT-SWAP", "cross", "BTC-USDT-SWAP"),
        ("BTCUSD", "cross", "BTC-USD-SWAP"),
        ("BTC-USDT-270326", "isolated", "BTC-USDT-270326"),
        ("BTCUSDT-270326", "isolated", "BTC-USDT-270326"),
        ("BTC-USDT-SWAP", "cash", "BTC-USDT-SWAP"),
    ],
)
def test_every_spelling_of_a_name_finds_the_instrument_that_it_means(
    resolver: AccountResolver, name: str, td_mode: str, inst_id: str
) -> None:
    """Unified, OKX's own, and the shorthand of configuration files, which is the pair's under cash and margin."""
    found = resolver.names.find(intent(name, td_mode))
    assert isinstance(found, Instrument)
    assert found.venue_instrument_id == inst_id


@pytest.mark.parametrize("td_mode", ["cross", "isolated"])
def test_shorthand_that_could_mean_two_instruments_is_refused_with_both(
    resolver: AccountResolver, td_mode: str
) -> None:
    """Under cross BTCUSDT is a margin order or a perpetual; nobody guesses which, and OKX never hears of it."""
    found = resolver.resolve(intent("BTCUSDT", td_mode))
    assert isinstance(found, IntentRefused)
    assert (found.reason, found.okx_code) == (IntentRefusalReason.SYMBOL, None)
    assert "BTC/USDT (SPOT)" in found.text
    assert "BTC/USDT:USDT (SWAP)" in found.text


def test_name_of_no_instrument_is_refused_with_the_nearest(resolver: AccountResolver) -> None:
    """A typing error gets the name that was probably meant, and OKX's own code."""
    found = resolver.resolve(intent("BTC/USDT:USD", "cross"))
    assert isinstance(found, IntentRefused)
    assert (found.reason, found.okx_code) == (IntentRefusalReason.SYMBOL, "51001")
    assert "BTC/USDT" in found.text


def test_intent_resolved_once_resolves_to_the_same_again(world: PreflightWorld) -> None:
    """What goes out is a fixed point: unified symbol, cross or isolated."""
    resolver = AccountResolver(world.clients["okx_sdk"], margin_mode=MarginMode.ISOLATED)
    first = resolver.resolve(intent("BTCUSDT", "margin"))
    assert isinstance(first, ResolvedIntent)
    assert (first.intent.symbol, first.intent.td_mode) == ("BTC/USDT", TdMode.ISOLATED)
    second = resolver.resolve(first.intent)
    assert isinstance(second, ResolvedIntent)
    assert (second.intent, second.mode, second.sized) == (first.intent, first.mode, first.sized)


def test_account_and_instruments_are_read_once_until_refreshed(world: PreflightWorld) -> None:
    """A second intent asks nothing; after a change of the position mode `refresh` reads the account that is there."""
    resolver = AccountResolver(world.clients["okx_sdk"])
    before = resolver.resolve(intent("BTC-USDT-SWAP", "cross"))
    asked = len(world.heard)
    world.venue.account.set_position_mode("long_short_mode")
    stale = resolver.resolve(intent("BTC-USDT-SWAP", "cross", size=Decimal("0.02")))
    assert len(world.heard) == asked
    resolver.refresh()
    after = resolver.resolve(intent("BTC-USDT-SWAP", "cross"))
    sides = [str(one.mode.position_side) for one in (before, stale, after) if isinstance(one, ResolvedIntent)]
    assert sides == ["net", "net", "long"]


def test_account_that_cannot_be_read_resolves_to_nothing(world: PreflightWorld) -> None:
    """An unknown account has no trade mode: the error passes through, and nothing is kept of it."""
    resolver = AccountResolver(world.clients["okx_sdk"])
    world.venue.teller.plant("html_instead_of_json:path=account/config,times=1")
    with pytest.raises(VenueError):
        resolver.resolve(intent("BTC-USDT-SWAP", "cross"))
    assert isinstance(resolver.resolve(intent("BTC-USDT-SWAP", "cross")), ResolvedIntent)


def test_account_is_the_one_that_is_really_there() -> None:
    """A multi-currency account in long/short mode trades pairs as spot under cross."""
    with preflight_world(AccountLevel.MULTI_CURRENCY, PositionMode.LONG_SHORT) as world:
        resolver = AccountResolver(world.clients["okx_sdk"])
        assert resolver.account.account_level is AccountLevel.MULTI_CURRENCY
        found = resolver.resolve(intent("BTC/USDT", "cross", order_type="market", price=None))
        assert isinstance(found, ResolvedIntent)
        assert (found.target_currency, found.margin_currency) == ("base_ccy", None)
