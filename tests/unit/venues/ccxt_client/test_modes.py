"""Trade mode, leg, size unit and margin currency of every order, by venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    MarketType,
    NullReason,
    OrderIntent,
    PositionMode,
    Venue,
)
from dualwitness.venues.ccxt_client.modes import order_parameters
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.errors import Unsupported, UsageError


def _market(kind: MarketType, venue_id: str = "BTC-USDT") -> Market:
    one = Decimal(1)
    return Market("X", venue_id, kind, "BTC", "USDT", True, False, one, one, one, one)


def _intent(**fields: Any) -> OrderIntent:
    defaults = {"symbol": "X", "side": "long", "order_type": "market", "size": "1", "td_mode": "cross"}
    return OrderIntent(**(defaults | fields))


def _account(level: AccountLevel | None, mode: PositionMode | None) -> AccountConfig:
    missing = dict.fromkeys(("permissions", "fee_type"), NullReason.UNSUPPORTED)
    unknown = {
        name: NullReason.UNMAPPED
        for name, value in (("account_level", level), ("position_mode", mode))
        if value is None
    }
    return AccountConfig(
        account_level=level, position_mode=mode, permissions=None, fee_type=None, reasons=missing | unknown
    )


SPOT, SWAP, FUTURE = _market(MarketType.SPOT), _market(MarketType.SWAP), _market(MarketType.FUTURE)
NET = _account(AccountLevel.FUTURES, PositionMode.NET)
LONG_SHORT = _account(AccountLevel.FUTURES, PositionMode.LONG_SHORT)
MULTI = _account(AccountLevel.MULTI_CURRENCY, PositionMode.NET)
LIMIT = {"order_type": "limit", "price": "1"}


@pytest.mark.parametrize(
    ("fields", "market", "account", "expected"),
    [
        ({"td_mode": "cash"}, SPOT, NET, {"tdMode": "cash", "tgtCcy": "base_ccy"}),
        ({"td_mode": "cash"} | LIMIT, SPOT, NET, {"tdMode": "cash"}),
        (LIMIT, SPOT, NET, {"tdMode": "cross", "ccy": "USDT"}),
        ({"side": "short"}, SPOT, NET, {"tdMode": "cross", "ccy": "BTC"}),
        ({"td_mode": "isolated"} | LIMIT, SPOT, NET, {"tdMode": "isolated", "ccy": "USDT"}),
        ({"reduce_only": True} | LIMIT, SPOT, NET, {"tdMode": "cross", "ccy": "BTC", "reduceOnly": True}),
        ({}, SPOT, MULTI, {"tdMode": "cross", "ccy": "USDT", "tgtCcy": "base_ccy"}),
        ({}, SWAP, NET, {"tdMode": "cross", "posSide": "net"}),
        ({"reduce_only": True}, SWAP, NET, {"tdMode": "cross", "posSide": "net", "reduceOnly": True}),
        ({}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "long"}),
        ({"side": "short"}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "short"}),
        ({"reduce_only": True}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "short"}),
        ({"side": "short", "reduce_only": True}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "long"}),
        ({"td_mode": "isolated"}, FUTURE, NET, {"tdMode": "isolated", "posSide": "net"}),
    ],
    ids=range(14),
)
def test_okx_parameters_say_mode_leg_unit_and_currency(
    fields: Any, market: Market, account: AccountConfig, expected: Any
) -> None:
    """Closing a long leg is a sale on that leg, and in net mode the flag says so; a margin order has no size unit."""
    assert order_parameters(Venue.OKX, _intent(**fields), market, account) == expected


@pytest.mark.parametrize(
    "account",
    [None, _account(None, PositionMode.NET), _account(AccountLevel.FUTURES, None)],
    ids=["not asked", "level", "mode"],
)
def test_okx_account_that_is_not_known_builds_no_order(account: AccountConfig | None) -> None:
    """Nothing is guessed about an account: not even an order in cash is legal on each of them."""
    with pytest.raises(UsageError, match="not known"):
        order_parameters(Venue.OKX, _intent(td_mode="cash"), SPOT, account)


@pytest.mark.parametrize("td_mode", ["cross", "isolated"])
def test_margin_market_buy_is_refused_before_it_is_sized_in_quote_currency(td_mode: str) -> None:
    """OKX would read one BTC as one USDT (difference margin-market-buy-size-unit)."""
    with pytest.raises(UsageError, match="sized in quote currency") as caught:
        order_parameters(Venue.OKX, _intent(td_mode=td_mode), SPOT, NET)
    assert caught.value.advice == "send a limit order"


def test_renamed_margin_currency_is_not_sent_to_the_venue() -> None:
    """CCXT would send its own word for the currency (difference renamed-code-sent-back-to-venue)."""
    with pytest.raises(Unsupported, match="a word of its own"):
        order_parameters(Venue.OKX, _intent(**LIMIT), _market(MarketType.SPOT, "XBT-USDT"), NET)


@pytest.mark.parametrize(
    ("venue", "fields", "market", "expected"),
    [
        (Venue.BYBIT, {"td_mode": "cash"}, SPOT, {"isLeverage": 0}),
        (Venue.BYBIT, {"td_mode": "cross"}, SPOT, {"isLeverage": 1}),
        (Venue.BYBIT, {}, SWAP, {"positionIdx": 0}),
        (Venue.BYBIT, {"reduce_only": True, "side": "short"}, SWAP, {"positionIdx": 0, "reduceOnly": True}),
        (Venue.BINANCE, {"td_mode": "cash"}, SPOT, {}),
        (Venue.BINANCE, {"td_mode": "isolated"}, SPOT, {"marginMode": "isolated"}),
        (Venue.BINANCE, {"reduce_only": True}, SPOT, {"marginMode": "cross", "reduceOnly": True}),
        (Venue.BINANCE, {"reduce_only": True}, SWAP, {"positionSide": "BOTH", "reduceOnly": True}),
    ],
    ids=range(8),
)
def test_other_venues_have_their_own_words(venue: Venue, fields: Any, market: Market, expected: Any) -> None:
    """The same intent in the words of Bybit and Binance."""
    assert order_parameters(venue, _intent(**fields), market, None) == expected


@pytest.mark.parametrize("venue", [Venue.BYBIT, Venue.BINANCE])
def test_isolated_contracts_elsewhere_are_unsupported(venue: Venue) -> None:
    """Their margin mode is no property of an order: sending one would silently be cross."""
    with pytest.raises(Unsupported):
        order_parameters(venue, _intent(td_mode="isolated"), SWAP, None)


@pytest.mark.parametrize("venue", [Venue.BYBIT, Venue.BINANCE])
@pytest.mark.parametrize(
    ("fields", "market"),
    [({"td_mode": "cash"}, SWAP), ({"td_mode": "cash", "reduce_only": True}, SPOT)],
    ids=["contract", "reduce"],
)
def test_senseless_cash_orders_elsewhere_are_refused(venue: Venue, fields: Any, market: Market) -> None:
    """A contract is not bought with cash, and cash has nothing to reduce."""
    with pytest.raises(UsageError):
        order_parameters(venue, _intent(**fields), market, None)


@pytest.mark.parametrize("venue", [Venue.OKX, Venue.BYBIT, Venue.BINANCE])
def test_margin_never_goes_out_unresolved(venue: Venue) -> None:
    """The word margin stands for cross or isolated, and the caller must say which."""
    with pytest.raises(UsageError, match="must be resolved"):
        order_parameters(venue, _intent(td_mode="margin"), SPOT, NET)
