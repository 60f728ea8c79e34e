"""
One checked order as the arguments of CCXT's ``create_order``.

Sizes come in base currency and leave as contracts, by exact division, rounded down to the lot: an order never grows
(difference derivative-amount-is-contracts). A limit price moves to the tick that is no worse for us, because CCXT
rounds to the nearest (difference buy-price-rounded-up-past-callers-limit).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

from dualwitness.models import AccountConfig, MarketType, Order, OrderType, Side, ValidatedOrder, Venue
from dualwitness.models.wire import WireRequest
from dualwitness.venues.ccxt_client.envelope import Calls
from dualwitness.venues.ccxt_client.errors import OUTCOME_UNKNOWN_CODES
from dualwitness.venues.ccxt_client.modes import order_parameters
from dualwitness.venues.ccxt_client.parse_trade import acknowledgement
from dualwitness.venues.ccxt_client.symbols import Market
from dualwitness.venues.ccxt_client.transport import RequestCaptured, WireTap
from dualwitness.venues.errors import (
    AuthenticationRefused,
    OrderRefused,
    OutcomeUnknown,
    RateLimited,
    RowInvalid,
    Unsupported,
    UsageError,
    VenueError,
    VenueRefusal,
)

__all__ = ["OrderRequest", "captured", "contracts_of", "order_request", "prechecked", "sent_once"]

_SERVER_ERROR = 500
# What OKX's precheck takes of an order (OKX trade/order-precheck).
_PRECHECKED = ("instId", "tdMode", "side", "posSide", "ordType", "sz", "px", "reduceOnly", "tgtCcy")
_DIGITS = 80  # more than any size times any contract value can need


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """The arguments of ``create_order``; ``amount`` counts contracts, or base currency for spot."""

    symbol: str
    order_type: str
    side: str
    amount: str
    price: str | None
    parameters: dict[str, Any]

    def arguments(self) -> tuple[Any, ...]:
        """In CCXT's order."""
        return self.symbol, self.order_type, self.side, self.amount, self.price, dict(self.parameters)


def order_request(venue: Venue, order: ValidatedOrder, market: Market, account: AccountConfig | None) -> OrderRequest:
    """
    Build it; ``account`` is how an OKX account is set up, ``None`` elsewhere.

    Raises `UsageError`, and `Unsupported` for options, whose contract size CCXT has wrong.
    """
    intent = order.intent
    if intent.venue is not venue:
        message = f"the order is for {intent.venue}, this client trades at {venue}"
        raise UsageError(message)
    if intent.client_order_id is None:
        # Without it CCXT sends an id of its own and a broker's tag, and a lost answer could not be asked for.
        message = "an order needs a client_order_id"
        raise UsageError(message, advice="give 1 to 32 letters and digits")
    if market.market_type is MarketType.OPTION:
        message = "ccxt gives options a contract size without ctMult, so they cannot be sized over it"
        raise Unsupported(message)
    parameters = order_parameters(venue, intent, market, account)
    limit = intent.order_type is OrderType.LIMIT
    price = _on_tick(intent.price, market, intent.side) if limit and intent.price is not None else None
    return OrderRequest(
        symbol=market.symbol,
        order_type=str(intent.order_type),
        side="buy" if intent.side is Side.LONG else "sell",
        amount=_plain(contracts_of(order, market)),
        price=None if price is None else _plain(price),
        parameters={**parameters, "clientOrderId": intent.client_order_id},
    )


def contracts_of(order: ValidatedOrder, market: Market) -> Decimal:
    """
    The size to send: contracts, or base currency for spot; never more than was asked.

    One inverse contract is worth quote currency, so its number follows from the limit price, or from ``notional_usd``
    for a market order. Raises `UsageError` below the venue's minimum.
    """
    lot = market.lot_size
    if not lot:
        message = f"ccxt gives {market.symbol} no lot size"
        raise UsageError(message, advice="reload the instruments")
    with localcontext() as context:
        context.prec = _DIGITS
        value, unit = _value_and_unit(order, market)
        contracts = (value // (unit * lot)) * lot
    smallest = market.min_size or lot
    if contracts < smallest:
        message = f"{order.intent.size} {market.base} is {_plain(contracts)} of {market.symbol}, below {smallest}"
        raise UsageError(message, advice="order more, or not at all")
    return contracts


def _value_and_unit(order: ValidatedOrder, market: Market) -> tuple[Decimal, Decimal]:
    """What is wanted and what one contract is worth, both in the same currency."""
    intent = order.intent
    if market.market_type is MarketType.SPOT:
        return intent.size, Decimal(1)
    if not market.contract_size or market.linear == market.inverse:
        message = f"ccxt does not say what one contract of {market.symbol} is worth"
        raise UsageError(message)
    if market.linear:
        return intent.size, market.contract_size
    if intent.price is not None:
        return intent.size * intent.price, market.contract_size
    if order.notional_usd is None:
        message = f"a market order of {market.symbol} needs notional_usd: its contracts are worth quote currency"
        raise UsageError(message)
    return order.notional_usd, market.contract_size


def _on_tick(price: Decimal, market: Market, side: Side) -> Decimal:
    tick = market.tick_size
    if not tick:
        message = f"ccxt gives {market.symbol} no tick size"
        raise UsageError(message, advice="reload the instruments")
    with localcontext() as context:
        context.prec = _DIGITS
        steps = (price / tick).to_integral_value(ROUND_FLOOR if side is Side.LONG else ROUND_CEILING)
        on_tick = steps * tick
    if on_tick <= 0:
        message = f"a price of {price} is below one tick of {market.symbol}"
        raise UsageError(message)
    return on_tick


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def captured(exchange: Any, tap: WireTap, calls: Calls, arguments: tuple[Any, ...]) -> WireRequest:
    """The request that CCXT's ``create_order`` makes of ``arguments``, caught before the socket; nothing is sent."""
    keys = exchange.apiKey, exchange.secret, exchange.password
    if not exchange.apiKey:
        # Without keys CCXT builds nothing; these never leave, and no header value is kept.
        exchange.apiKey = exchange.secret = exchange.password = "captured"  # noqa: S105
    try:
        with tap.capturing():
            calls.call("create_order", *arguments)
    except RequestCaptured as caught:
        return caught.request
    finally:
        exchange.apiKey, exchange.secret, exchange.password = keys
    message = "ccxt built no request"
    raise UsageError(message)


def prechecked(calls: Calls, request: WireRequest) -> dict[str, str]:
    """What OKX says that an order would do, in its own words; no order is sent. Raises `VenueError`."""
    body = json.loads(request.body)
    row = body[0] if isinstance(body, list) else body
    asked = {name: row[name] for name in _PRECHECKED if row.get(name) not in (None, "")}
    proven = calls.call("privatePostTradeOrderPrecheck", asked)
    if len(proven.rows) != 1 or not isinstance(proven.rows[0], Mapping):
        message = f"the venue sent {len(proven.rows)} rows where one was asked for"
        raise RowInvalid(message)
    return {str(name): str(value) for name, value in proven.rows[0].items() if value not in (None, "")}


def sent_once(calls: Calls, method: str, arguments: tuple[Any, ...], symbol: str, own_id: str | None) -> Order:
    """
    Place or cancel, once; ``own_id`` is the client order id of an order being placed.

    Raises `OrderRefused` and other refusals where the venue said no in its own words, and `OutcomeUnknown` for
    everything that proves nothing, an answer about another order included.
    """
    try:
        proven = calls.call(method, *arguments).one_row()
    except Unsupported:
        raise
    except VenueRefusal as error:
        raise _refused(error, method) from None
    except VenueError as error:
        raise _unknown(str(error), error) from None
    row = proven.value if isinstance(proven.value, Mapping) else {}
    venue_id, client_id = row.get("id"), row.get("clientOrderId") or None
    if not isinstance(venue_id, str) or not venue_id:
        message = f"the answer to {method} names no order"
        raise OutcomeUnknown(message)
    if (own_id is not None and client_id not in (None, own_id)) or (own_id is None and venue_id != arguments[0]):
        message = f"the answer to {method} names another order"
        raise OutcomeUnknown(message)
    return acknowledgement(symbol, venue_id, client_id)


def _refused(error: VenueRefusal, method: str) -> VenueError:
    # A server error proves nothing about an order, whatever code it carries (reliability B3).
    if error.code is None or error.code in OUTCOME_UNKNOWN_CODES or (error.http_status or 0) >= _SERVER_ERROR:
        return _unknown(str(error), error)
    if isinstance(error, (AuthenticationRefused, RateLimited)):
        return error
    advice = "the order was not canceled; the venue's code says why" if method == "cancel_order" else None
    return OrderRefused(
        str(error), advice=advice, http_status=error.http_status, code=error.code, sub_code=error.sub_code
    )


def _unknown(text: str, error: VenueError) -> OutcomeUnknown:
    return OutcomeUnknown(text, http_status=error.http_status, code=error.code, sub_code=error.sub_code)
