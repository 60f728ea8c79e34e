"""Trade mode, leg and size unit of every order, by venue."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from dualwitness.models import MarginMode, MarketType, OrderIntent, OrderType, PositionMode, Side, TdMode, Venue
from dualwitness.venues.ccxt_client.modes import order_parameters, resolved_mode
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.errors import Unsupported, UsageError


def _market(kind: MarketType) -> Market:
    one = Decimal(1)
    return Market("X", "X", kind, "BTC", "USDT", True, False, one, one, one, one)


def _intent(**fields: Any) -> OrderIntent:
    defaults = {"symbol": "X", "side": "long", "order_type": "market", "size": "1", "td_mode": "cross"}
    return OrderIntent(**(defaults | fields))


SPOT, SWAP = _market(MarketType.SPOT), _market(MarketType.SWAP)
NET, LONG_SHORT = PositionMode.NET, PositionMode.LONG_SHORT


@pytest.mark.parametrize(
    ("fields", "market", "mode", "expected"),
    [
        ({"td_mode": "cash"}, SPOT, None, {"tdMode": "cash", "tgtCcy": "base_ccy"}),
        (
            {"td_mode": "cash", "order_type": "limit", "price": "1"},
            SPOT,
            None,
            {"tdMode": "cash", "tgtCcy": "base_ccy"},
        ),
        ({"td_mode": "cross"}, SPOT, None, {"tdMode": "cross", "tgtCcy": "base_ccy"}),
        ({"td_mode": "isolated", "order_type": "limit", "price": "1"}, SPOT, None, {"tdMode": "isolated"}),
        (
            {"td_mode": "cross", "reduce_only": True, "order_type": "limit", "price": "1"},
            SPOT,
            None,
            {"tdMode": "cross", "reduceOnly": True},
        ),
        ({}, SWAP, NET, {"tdMode": "cross", "posSide": "net"}),
        ({"reduce_only": True}, SWAP, NET, {"tdMode": "cross", "posSide": "net", "reduceOnly": True}),
        ({}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "long"}),
        ({"side": "short"}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "short"}),
        ({"reduce_only": True}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "short"}),
        ({"side": "short", "reduce_only": True}, SWAP, LONG_SHORT, {"tdMode": "cross", "posSide": "long"}),
        ({"td_mode": "isolated"}, _market(MarketType.FUTURE), NET, {"tdMode": "isolated", "posSide": "net"}),
    ],
    ids=range(12),
)
def test_okx_parameters_say_mode_leg_and_unit(
    fields: Any, market: Market, mode: PositionMode | None, expected: Any
) -> None:
    """Closing a long leg is a sale on that leg; in net mode the flag says so."""
    assert order_parameters(Venue.OKX, _intent(**fields), market, mode) == expected


@pytest.mark.parametrize(
    ("venue", "fields", "market", "mode", "expected"),
    [
        (Venue.BYBIT, {"td_mode": "cash"}, SPOT, NET, {"isLeverage": 0}),
        (Venue.BYBIT, {"td_mode": "cross"}, SPOT, NET, {"isLeverage": 1}),
        (Venue.BYBIT, {}, SWAP, NET, {"positionIdx": 0}),
        (Venue.BYBIT, {"reduce_only": True, "side": "short"}, SWAP, LONG_SHORT, {"positionIdx": 1, "reduceOnly": True}),
        (Venue.BINANCE, {"td_mode": "cash"}, SPOT, NET, {}),
        (Venue.BINANCE, {"td_mode": "isolated"}, SPOT, NET, {"marginMode": "isolated"}),
        (Venue.BINANCE, {"reduce_only": True}, SWAP, NET, {"positionSide": "BOTH", "reduceOnly": True}),
        (Venue.BINANCE, {"reduce_only": True}, SWAP, LONG_SHORT, {"positionSide": "SHORT"}),
    ],
    ids=range(8),
)
def test_other_venues_have_their_own_words(venue: Venue, fields: Any, market: Market, mode: Any, expected: Any) -> None:
    """The same intent in the words of Bybit and Binance."""
    assert order_parameters(venue, _intent(**fields), market, mode) == expected


@pytest.mark.parametrize("venue", [Venue.BYBIT, Venue.BINANCE])
def test_isolated_contracts_elsewhere_are_unsupported(venue: Venue) -> None:
    """Their margin mode is no property of an order: sending one would silently be cross."""
    with pytest.raises(Unsupported):
        order_parameters(venue, _intent(td_mode="isolated"), SWAP, NET)


def test_margin_never_goes_out_unresolved() -> None:
    """The word margin stands for cross or isolated, and the caller must say which."""
    with pytest.raises(UsageError, match="must be resolved"):
        order_parameters(Venue.OKX, _intent(td_mode="margin"), SPOT, None)
    assert resolved_mode(TdMode.MARGIN, MarginMode.ISOLATED) is TdMode.ISOLATED
    parameters = order_parameters(Venue.OKX, _intent(td_mode="margin"), SPOT, None, margin_mode=MarginMode.CROSS)
    assert parameters["tdMode"] == "cross"


def test_every_cell_of_the_matrix_is_sent_whole_or_refused() -> None:
    """Either every derivative order names its mode and leg, or a usage error says why not; nothing crashes."""
    kinds = (SPOT, SWAP, _market(MarketType.FUTURE))
    for market, td_mode, mode, side, kind, reduce_only in product(
        kinds, TdMode, (None, *PositionMode), Side, OrderType, (False, True)
    ):
        intent = _intent(td_mode=td_mode, side=side, order_type=kind, price="1", reduce_only=reduce_only)
        try:
            parameters = order_parameters(Venue.OKX, intent, market, mode)
        except UsageError:
            contract = market is not SPOT
            assert (
                td_mode is TdMode.MARGIN
                or (contract and (td_mode is TdMode.CASH or mode is None))
                or (not contract and td_mode is TdMode.CASH and reduce_only)
            )
            continue
        assert parameters["tdMode"] in ("cash", "cross", "isolated")
        assert ("posSide" in parameters) is (market is not SPOT)
        if market is SPOT and kind is OrderType.MARKET:
            assert parameters["tgtCcy"] == "base_ccy"
