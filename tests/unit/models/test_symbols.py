"""Unified spellings and OKX ids by grammar."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.models import MarketType, OptionType
from dualwitness.models.symbols import Symbol, SymbolError, okx_id_from_symbol, symbol_from_okx_id

NAMES = [
    ("BTC/USDT", "BTC-USDT", MarketType.SPOT),
    ("BTC/USDT:USDT", "BTC-USDT-SWAP", MarketType.SWAP),
    ("BTC/USD:BTC", "BTC-USD-SWAP", MarketType.SWAP),
    ("BTC/USD:USD", "BTC-USD_UM-SWAP", MarketType.SWAP),
    ("ZEC/USDC:USDC", "ZEC-USDC-SWAP", MarketType.SWAP),
    ("BTC/USDT:USDT-260925", "BTC-USDT-260925", MarketType.FUTURE),
    ("BTC/USD:BTC-260925-60000-C", "BTC-USD-260925-60000-C", MarketType.OPTION),
    ("BTC/USD:USD-260925-0.55-P", "BTC-USD_UM-260925-0.55-P", MarketType.OPTION),
]


@pytest.mark.parametrize(("spelling", "okx_id", "market_type"), NAMES)
def test_symbol_of_each_market_type_reads_and_writes_both_names(
    spelling: str, okx_id: str, market_type: MarketType
) -> None:
    """Unified spelling and OKX id name one symbol and come back unchanged."""
    symbol = Symbol.parse(spelling)
    assert (symbol.spelling, str(symbol), symbol.market_type) == (spelling, spelling, market_type)
    assert okx_id_from_symbol(symbol) == okx_id
    assert symbol_from_okx_id(okx_id) == symbol


def test_symbol_of_an_option_has_typed_parts() -> None:
    """The parts of an option are an exact strike and a typed right."""
    symbol = Symbol.parse("BTC/USD:BTC-260925-60000-C")
    assert (symbol.expiry, symbol.strike, symbol.option_type) == ("260925", Decimal(60000), OptionType.CALL)
    assert symbol.pair == "BTCUSD"


def test_symbol_from_id_takes_the_settle_currency_that_the_venue_told() -> None:
    """A private instrument list settles a _UM family in the account's stablecoin."""
    assert symbol_from_okx_id("BTC-USD_UM-SWAP", settle="USDC").spelling == "BTC/USD:USDC"


@pytest.mark.parametrize(
    "text",
    [
        "", "BTCUSDT", "btc/usdt", "BTC/USDT:", "BTC/USDT:USDT-260931", "BTC/USDT-260925", "BTC/USDT:USDT-260925-1",
        "BTC/USDT\n", "BTC/USDT:USDT-２60925", "BTC/USD:BTC-260925-0-C",
    ],
)  # fmt: skip
def test_symbol_outside_the_grammar_is_refused(text: str) -> None:
    """Nothing is guessed: lower case, impossible days, foreign digits and half an option are errors."""
    with pytest.raises(SymbolError):
        Symbol.parse(text)


@pytest.mark.parametrize(
    "inst_id", ["BTC-USDT&instType=OPTION", "BTC#X", "BTC", "BTC-USD_UM", "BTC-ABOVE-DAILY-260504-1600-88000", "a" * 9]
)
def test_okx_id_outside_the_grammar_is_refused(inst_id: str) -> None:
    """An id that could add a parameter to a query, or names no unified kind of instrument, is an error."""
    with pytest.raises(SymbolError):
        symbol_from_okx_id(inst_id)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("btc/usdt:usdt", "BTC/USDT:USDT"), ("BTC-USDT-SWAP", "BTC/USDT:USDT"), ("btc-usd-perp", "BTC/USD:BTC")],
)
def test_symbol_error_names_the_spelling_that_would_do(text: str, suggestion: str) -> None:
    """Who types an id or small letters is told the unified spelling."""
    with pytest.raises(SymbolError) as refusal:
        Symbol.parse(text)
    assert refusal.value.suggestions == (suggestion,)
    assert suggestion in str(refusal.value)


def test_symbol_error_never_repeats_more_than_a_line() -> None:
    """An endless name does not flood the message."""
    with pytest.raises(SymbolError) as refusal:
        Symbol.parse("A" * 100_000)
    assert len(str(refusal.value)) < 200
