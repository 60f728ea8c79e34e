"""The table of names against everything OKX listed, and against what CCXT calls it."""

from __future__ import annotations

from collections import Counter

import ccxt
import pytest

from dualwitness.models import MarketType
from dualwitness.models.listing import Listing, SymbolTable, resolve_shorthand
from dualwitness.models.symbols import AmbiguousSymbolError, Symbol, SymbolError, okx_id_from_symbol
from tests.support.shared import INSTRUMENT_ENVIRONMENTS, instrument_rows
from tests.support.symbol_differences import (
    DEMO_DIFFERENCES,
    EVENT_CONTRACTS,
    EVENT_SYMBOL_IN_CCXT,
    PRODUCTION_DIFFERENCES,
)

DIFFERENCES = {"demo": DEMO_DIFFERENCES, "production": PRODUCTION_DIFFERENCES}
COUNTS = {"demo": 1751, "production": 2590}


def _row(kind: str, inst_id: str, settle: str = "") -> dict[str, object]:
    return {"instType": kind, "instId": inst_id, "settleCcy": settle}


SMALL = SymbolTable.from_rows(
    [
        _row("SPOT", "BTC-USDT"),
        _row("MARGIN", "BTC-USDT"),
        _row("SWAP", "BTC-USDT-SWAP", "USDT"),
        _row("SWAP", "BTC-USD-SWAP", "BTC"),
        _row("SWAP", "BTC-USD_UM-SWAP", "USD"),
        _row("FUTURES", "BTC-USD_UM_XPERP-310404", "USD"),
        _row("FUTURES", "TESTING-USDT"),
        _row("EVENTS", "BTC-ABOVE-DAILY-260504-1600-88000", "USDT"),
    ]
)


@pytest.mark.parametrize("environment", INSTRUMENT_ENVIRONMENTS)
def test_every_listed_instrument_round_trips_through_each_of_its_names(environment: str) -> None:
    """Id, unified spelling and shorthand of every recorded instrument lead back to it and to nothing else."""
    table = SymbolTable.from_rows(instrument_rows(environment))
    assert len(table) == COUNTS[environment]
    for listing in table:
        by_name: dict[str, Listing] = {
            "spelling": table.find(listing.spelling, listing.market_type),
            "id": table.find(listing.venue_instrument_id, listing.market_type),
            "shorthand": resolve_shorthand(listing.shorthand, listing.market_type, table),
        }
        assert by_name == dict.fromkeys(by_name, listing)


@pytest.mark.parametrize("environment", INSTRUMENT_ENVIRONMENTS)
def test_every_listed_instrument_has_a_spelling_of_its_own_that_parses(environment: str) -> None:
    """Within a kind no two instruments share a spelling, and only those the grammar cannot name go by their id."""
    table = SymbolTable.from_rows(instrument_rows(environment))
    assert not [name for name, n in Counter((each.market_type, each.spelling) for each in table).items() if n > 1]
    for listing in table:
        if listing.symbol is not None:
            assert Symbol.parse(listing.spelling) == listing.symbol
    nameless = {each.venue_instrument_id for each in table if each.symbol is None and each.market_type is not None}
    assert nameless == ({"TESTING-USDT"} if environment == "demo" else set())


@pytest.mark.parametrize("environment", INSTRUMENT_ENVIRONMENTS)
def test_grammar_alone_is_wrong_about_perpetual_futures_only(environment: str) -> None:
    """Without the table every id comes back but those of the XPERP families."""
    table = SymbolTable.from_rows(instrument_rows(environment))
    wrong = {
        each.venue_instrument_id
        for each in table
        if each.symbol is not None and okx_id_from_symbol(each.symbol) != each.venue_instrument_id
    }
    assert wrong == {each.venue_instrument_id for each in table if "_XPERP-" in each.venue_instrument_id}
    assert wrong


@pytest.mark.parametrize("environment", INSTRUMENT_ENVIRONMENTS)
def test_ccxt_names_differ_exactly_where_the_table_of_differences_says(environment: str) -> None:
    """A new difference to CCXT's own parser fails, and so does one that is gone."""
    rows = instrument_rows(environment)
    exchange = ccxt.okx()
    table = SymbolTable.from_rows(rows)
    differences: dict[tuple[str, str], tuple[str, str]] = {}
    events = 0
    for row, listing in zip(rows, table, strict=True):
        theirs = exchange.parse_market(row)["symbol"]
        if listing.venue_instrument_type == "EVENTS":
            events += 1
            assert (listing.spelling, theirs) == (listing.venue_instrument_id, EVENT_SYMBOL_IN_CCXT)
        elif theirs != listing.spelling:
            differences[listing.venue_instrument_type, listing.venue_instrument_id] = listing.spelling, theirs
    print(f"{environment}: {len(rows)} instruments, {len(differences)} named otherwise, {events} event contracts")  # noqa: T201
    assert differences == DIFFERENCES[environment]
    assert events == EVENT_CONTRACTS[environment]


def test_spot_pair_is_found_as_spot_unless_margin_is_asked_for() -> None:
    """One id is two listings; spot is meant unless the caller says margin."""
    assert SMALL.find("BTC-USDT").market_type is MarketType.SPOT
    assert SMALL.find("BTC/USDT", MarketType.MARGIN).market_type is MarketType.MARGIN


def test_shorthand_shared_by_spot_and_perpetual_needs_a_market_type() -> None:
    """BTCUSDT alone is ambiguous and the error lists both; with a market type it is not."""
    with pytest.raises(AmbiguousSymbolError) as refusal:
        resolve_shorthand("BTCUSDT", None, SMALL)
    assert refusal.value.suggestions == ("BTC/USDT (SPOT)", "BTC/USDT:USDT (SWAP)")
    assert resolve_shorthand("btcusdt", MarketType.SWAP, SMALL).venue_instrument_id == "BTC-USDT-SWAP"
    assert resolve_shorthand("BTCUSDT", MarketType.SPOT, SMALL).venue_instrument_id == "BTC-USDT"


def test_shorthand_keeps_the_family_that_tells_two_usd_perpetuals_apart() -> None:
    """BTCUSD is the inverse perpetual, BTCUSD_UM the linear one."""
    assert resolve_shorthand("BTCUSD", MarketType.SWAP, SMALL).spelling == "BTC/USD:BTC"
    assert resolve_shorthand("BTCUSD_UM", MarketType.SWAP, SMALL).spelling == "BTC/USD:USD"
    assert SMALL.okx_id("BTC/USD:USD-310404") == "BTC-USD_UM_XPERP-310404"
    assert SMALL.spelling("BTCUSD_UM_XPERP-310404") == "BTC/USD:USD-310404"


def test_unlisted_name_is_refused_with_the_nearest_listed_ones() -> None:
    """A typing error is answered with what is listed."""
    with pytest.raises(SymbolError) as refusal:
        SMALL.find("BTC/USTD:USTD")
    assert "BTC/USDT:USDT" in refusal.value.suggestions


def test_two_instruments_with_one_unified_spelling_go_by_their_ids() -> None:
    """A shared spelling names nobody: both are called by id, and the shared name lists both."""
    table = SymbolTable.from_rows(
        [_row("FUTURES", "BTC-USD_UM_XPERP-310404", "USD"), _row("FUTURES", "BTC-USD_UM-310404", "USD")]
    )
    assert [each.spelling for each in table] == [each.venue_instrument_id for each in table]
    with pytest.raises(AmbiguousSymbolError):
        table.find("BTC/USD:USD-310404")


def test_two_pairs_with_one_shorthand_go_by_their_ids() -> None:
    """AB-CUSDT and ABC-USDT would both be ABCUSDT, so neither is."""
    table = SymbolTable.from_rows([_row("SPOT", "AB-CUSDT"), _row("SPOT", "ABC-USDT")])
    assert [each.shorthand for each in table] == ["AB-CUSDT", "ABC-USDT"]
    with pytest.raises(AmbiguousSymbolError):
        resolve_shorthand("ABCUSDT", MarketType.SPOT, table)


def test_row_without_an_id_is_refused() -> None:
    """A list of instruments with a nameless row is damaged, not shorter."""
    with pytest.raises(SymbolError):
        SymbolTable.from_rows([{"instType": "SPOT"}])
