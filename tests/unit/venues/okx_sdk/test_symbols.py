"""Symbols and ids by grammar, both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualwitness.models import MarketType
from dualwitness.venues.errors import UnknownSymbol, UsageError
from dualwitness.venues.okx_sdk.symbols import (
    InstrumentBook,
    check_value,
    family_of,
    market_type_of,
    pair_of,
    symbol_from_id,
)

PAIRS = [
    ("BTC-USDT", "BTC/USDT", MarketType.SPOT),
    ("BTC-USDT-SWAP", "BTC/USDT:USDT", MarketType.SWAP),
    ("BTC-USD-SWAP", "BTC/USD:BTC", MarketType.SWAP),
    ("BTC-USD_UM-SWAP", "BTC/USD:USD", MarketType.SWAP),
    ("BTC-USDC-SWAP", "BTC/USDC:USDC", MarketType.SWAP),
    ("BTC-USD-260925", "BTC/USD:BTC-260925", MarketType.FUTURE),
    ("BTC-USDT-260925", "BTC/USDT:USDT-260925", MarketType.FUTURE),
    ("BTC-USD_UM-260925", "BTC/USD:USD-260925", MarketType.FUTURE),
    ("BTC-USD-260925-60000-C", "BTC/USD:BTC-260925-60000-C", MarketType.OPTION),
    ("XRP-USD_UM-260925-0.5-P", "XRP/USD:USD-260925-0.5-P", MarketType.OPTION),
]


@pytest.mark.parametrize(("instrument_id", "symbol", "market_type"), PAIRS)
def test_symbol_and_id_follow_from_each_other(instrument_id: str, symbol: str, market_type: MarketType) -> None:
    """Each id has one symbol and each symbol leads back to it; an id is taken as a symbol too."""
    book = InstrumentBook()
    assert symbol_from_id(instrument_id) == symbol
    assert book.id_of(symbol) == book.id_of(instrument_id) == instrument_id
    assert market_type_of(instrument_id) is market_type


@given(base=st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True), quote=st.sampled_from(["USD", "USDT", "USDC", "EUR"]))
def test_any_pair_of_codes_survives_the_round_trip(base: str, quote: str) -> None:
    """Spot and swap symbols of any codes lead back to their ids."""
    for instrument_id in (f"{base}-{quote}", f"{base}-{quote}-SWAP"):
        symbol = symbol_from_id(instrument_id)
        assert symbol is not None
        if base != quote:
            assert InstrumentBook().id_of(symbol) == instrument_id


@given(text=st.text(max_size=20))
def test_any_text_is_a_symbol_or_a_usage_error(text: str) -> None:
    """No text raises anything foreign, and no id with a reserved character comes out."""
    try:
        assert check_value(InstrumentBook().id_of(text))
    except UsageError:
        return


@pytest.mark.parametrize("text", ["BTC-USDT-SWAP-1", "BTC-USD_UM", "BTC-USDT-2609", "BTC", "btc usdt", "BTC-USDT\n"])
def test_unknown_form_has_no_symbol(text: str) -> None:
    """An id of no known form is not guessed at."""
    assert symbol_from_id(text) is None


def test_family_and_pair_of_an_id() -> None:
    """The family keeps its suffix, the pair does not."""
    assert family_of("BTC-USD_UM_XPERP-310404") == "BTC-USD_UM_XPERP"
    assert pair_of("BTC-USD_UM_XPERP") == ("BTC", "USD")
    assert pair_of("") is None
    with pytest.raises(UnknownSymbol):
        family_of("nothing")
