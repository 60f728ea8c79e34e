"""Identity: account, balances, positions and fee rates are those that the venue's own books hold."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.models import AccountLevel, Direction, Library, MarginMode, PositionMode
from dualwitness.venues.client import VenueClient
from dualwitness.venues.sim.engine.truth import truth as truth_of
from tests.support.clients import HeardVenue, symbol_of

# Maker and taker of the venue's tier, as costs.
RATES = {
    "BTC/USDT": (Decimal("0.0008"), Decimal("0.001")),
    "BTC/USDT:USDT": (Decimal("0.0002"), Decimal("0.0005")),
    "ETH/USD:ETH": (Decimal("0.0002"), Decimal("0.0005")),
}
TICK = Decimal("1e-9")


def legs(venue: HeardVenue) -> dict[tuple[str, str, str], tuple[Decimal, Decimal]]:
    """What is really held: signed contracts and average price by symbol, margin mode and position side."""
    held = {}
    for one in truth_of(venue.account)["positions"]:  # type: ignore[attr-defined]
        symbol = symbol_of(venue.account.instruments[one["inst_id"]])
        held[symbol, one["margin_mode"], one["position_side"]] = (
            Decimal(one["contracts"]),
            Decimal(one["average_price"]),
        )
    return held


def test_account_config_of_each_client_names_level_and_mode(reader: VenueClient, truth: HeardVenue) -> None:
    """Futures account; net or long/short as the scenario has it."""
    config = reader.get_account_config()
    hedged = truth.account.position_mode == "long_short_mode"
    assert config.account_level is AccountLevel.FUTURES
    assert config.position_mode is (PositionMode.LONG_SHORT if hedged else PositionMode.NET)


def test_balances_of_each_client_list_every_currency_once(reader: VenueClient, truth: HeardVenue) -> None:
    """Sorted; CCXT's total is equity, so cash is held against python-okx alone."""
    balances = reader.get_account_balance()
    cash = {code: Decimal(value) for code, value in truth_of(truth.account)["balances"].items()}  # type: ignore[attr-defined]
    assert [one.currency for one in balances] == sorted(cash)
    if reader.label == Library.OKX_SDK:
        assert {one.currency: one.total for one in balances} == cash


def test_balances_without_any_position_are_the_cash_in_every_client(client: VenueClient, venue: HeardVenue) -> None:
    """Without unrealised profit equity is cash, so every client must say the same: what was paid in."""
    expected = {"BTC": Decimal(2), "ETH": Decimal(20), "USDT": Decimal(100_000)}
    balances = client.get_account_balance()
    assert {one.currency: one.total for one in balances} == expected
    assert {one.currency: one.free for one in balances} == expected
    assert truth_of(venue.account)["balances"] == {code: f"{value:f}" for code, value in expected.items()}


def test_positions_of_each_client_are_what_the_account_holds(reader: VenueClient, truth: HeardVenue) -> None:
    """Every leg once, with direction, size, entry and margin mode."""
    told = {}
    for one in reader.get_positions():
        assert one.has_position is True
        assert one.direction in (Direction.LONG, Direction.SHORT)
        assert one.contracts is not None
        assert one.entry_price is not None
        side = str(one.direction) if one.position_mode is PositionMode.LONG_SHORT else "net"
        signed = -one.contracts if one.direction is Direction.SHORT else one.contracts
        key = (one.symbol, str(one.margin_mode), side)
        assert key not in told
        told[key] = signed, one.entry_price
    held = legs(truth)
    assert {key: signed for key, (signed, _) in told.items()} == {key: signed for key, (signed, _) in held.items()}
    for key, (_, entry) in told.items():
        assert abs(entry - held[key][1]) <= TICK


def test_positions_of_each_client_carry_mark_id_and_settings(reader: VenueClient, truth: HeardVenue) -> None:
    """What risk needs beside the size."""
    by_id = {leg.pos_id: leg for leg in truth.account.open_legs()}
    positions = reader.get_positions()
    assert {one.venue_position_id for one in positions} == by_id.keys()
    for one in positions:
        leg = by_id[str(one.venue_position_id)]
        assert one.mark_price == truth.market.mark(leg.instrument.inst_id)
        assert (one.leverage, one.margin_mode) == (leg.lever, MarginMode(leg.mgn_mode))
        assert one.realized_pnl == leg.realized
        assert one.ts_venue_ms == leg.updated_ms
        if not leg.instrument.inverse:
            assert one.base_quantity == abs(leg.contracts) * leg.instrument.contract_size


def test_positions_of_one_symbol_leave_out_all_others(reader: VenueClient, truth: HeardVenue) -> None:
    """A filter neither adds nor loses a leg."""
    told = reader.get_positions("BTC/USDT:USDT")
    assert {one.symbol for one in told} == {"BTC/USDT:USDT"}
    held = [size for (symbol, _, _), (size, _) in legs(truth).items() if symbol == "BTC/USDT:USDT"]
    assert sorted(one.contracts or Decimal(0) for one in told if one.has_position) == sorted(map(abs, held))


def test_positions_of_an_account_that_holds_none_are_proven_empty(client: VenueClient, venue: HeardVenue) -> None:
    """An empty tuple, with a sound envelope behind it where there is a wire; never traded is not held either."""
    assert client.get_positions() == ()
    if client.label != "paper":
        (*_, last) = client.drain_exchanges()
        assert (last.request.path, last.answer.status) == ("/api/v5/account/positions", 200)  # type: ignore[union-attr]
    assert not any(one.has_position for one in client.get_positions("BTC/USDT:USDT"))
    assert (client.get_open_orders(), client.get_fills()) == ((), ())
    assert list(venue.account.open_legs()) == []


@pytest.mark.parametrize("symbol", RATES)
def test_fee_rates_of_each_client_are_costs_of_the_venues_tier(reader: VenueClient, symbol: str) -> None:
    """Positive is paid."""
    rates = reader.get_fee_rates(symbol)
    assert (rates.symbol, rates.maker, rates.taker) == (symbol, *RATES[symbol])
