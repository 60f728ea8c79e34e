"""
Orders: from an intent to the arguments of python-okx, and from one call of it to ids or an honest error.

Sizes are exact, floored to the lot, never grown. An order is sent once; whatever is not a structured answer is
`OutcomeUnknown` (reliability B3).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from dualwitness.models import AccountConfig, Instrument, MarketType, Order, OrderIntent, OrderType, Side
from dualwitness.models.wire import WireRequest
from dualwitness.venues.errors import (
    OutcomeUnknown,
    RowInvalid,
    TransportError,
    UsageError,
    VenueError,
)
from dualwitness.venues.okx_sdk.envelope import prove_shape
from dualwitness.venues.okx_sdk.errors import order_refusal_of
from dualwitness.venues.okx_sdk.modes import resolve_modes
from dualwitness.venues.okx_sdk.parse import one_row
from dualwitness.venues.okx_sdk.parse_trade import acknowledged_order, parse_acknowledgement
from dualwitness.venues.okx_sdk.transport import Caller, CatchingTransport, open_apis
from dualwitness.venues.wiring import Wiring

__all__ = [
    "OrderArguments",
    "catch_order",
    "native_order_arguments",
    "order_arguments",
    "plain_text",
    "send_once",
    "size_in_contracts",
]

# Keyword arguments of python-okx's place_order.
OrderArguments = dict[str, str | bool]

_SIDES = {Side.LONG: "buy", Side.SHORT: "sell"}
_LARGEST_DIGITS = 40


def order_arguments(
    intent: OrderIntent, account: AccountConfig, instrument: Instrument, notional_usd: Decimal | None
) -> OrderArguments:
    """
    What place_order is called with; every mode is explicit.

    Raises `UsageError` for an intent without a client order id, below the smallest size, or in a mode that the
    account does not have.
    """
    if intent.client_order_id is None:
        message = "an order needs a client_order_id, or a lost answer could not be looked up"
        raise UsageError(message, advice="give each order its own client_order_id")
    modes = resolve_modes(intent, account, instrument)
    arguments: OrderArguments = {
        "instId": instrument.venue_instrument_id,
        "tdMode": modes.trade_mode,
        "side": _SIDES[intent.side],
        "ordType": str(intent.order_type),
        "sz": plain_text(size_in_contracts(intent, instrument, notional_usd)),
        "clOrdId": intent.client_order_id,
    }
    if intent.order_type is OrderType.LIMIT and intent.price is not None:
        arguments["px"] = plain_text(_price_on_tick(intent.price, intent.side, instrument))
    if modes.margin_currency:
        arguments["ccy"] = modes.margin_currency
    if modes.position_side:
        arguments["posSide"] = modes.position_side
    if modes.reduce_only:
        arguments["reduceOnly"] = True
    if modes.target_currency:
        arguments["tgtCcy"] = modes.target_currency
    return arguments


def native_order_arguments(
    instrument_id: str,
    *,
    market_type: MarketType,
    order_type: str,
    side: str,
    quantity: Decimal,
    price: Decimal | None,
) -> OrderArguments:
    """
    What a user of python-okx who reads nothing would pass: the required arguments, the quantity verbatim.

    The quantity goes out as contracts on derivatives and, for a spot market buy, as quote currency (differences
    derivative-amount-is-contracts, sdk-spot-market-buy-size-in-quote).
    """
    is_pair = market_type in (MarketType.SPOT, MarketType.MARGIN)
    arguments: OrderArguments = {
        "instId": instrument_id,
        "tdMode": "cash" if is_pair else "cross",
        "side": side,
        "ordType": order_type,
        "sz": str(quantity),
    }
    if price is not None:
        arguments["px"] = str(price)
    return arguments


def size_in_contracts(intent: OrderIntent, instrument: Instrument, notional_usd: Decimal | None) -> Decimal:
    """
    The intent's base currency as contracts (as base currency on pairs), floored to the lot.

    Raises `UsageError` where the instrument's steps are unknown or the size falls below its smallest.
    """
    lot, smallest = instrument.lot_size, instrument.min_size
    if lot is None or smallest is None or lot <= 0:
        message = f"the lot size of {instrument.venue_instrument_id} is unknown"
        raise UsageError(message, advice="the instrument cannot be traded yet")
    lots = _contracts(intent, instrument, notional_usd) // Fraction(lot)
    size = _lots_as_decimal(lots, lot)
    if size <= 0 or size < smallest:
        unit = "" if instrument.contract_size is None else " contracts"
        message = (
            f"{plain_text(intent.size)} of {instrument.base or instrument.symbol} is {plain_text(size)}{unit}, below "
            f"the smallest order of {plain_text(smallest)}{unit} for {instrument.venue_instrument_id}"
        )
        raise UsageError(message, advice="order more, or choose an instrument with smaller contracts")
    return size


def _contracts(intent: OrderIntent, instrument: Instrument, notional_usd: Decimal | None) -> Fraction:
    if instrument.market_type in (MarketType.SPOT, MarketType.MARGIN):
        return Fraction(intent.size)
    if instrument.contract_size is None or instrument.contract_size <= 0:
        message = f"the contract size of {instrument.venue_instrument_id} is unknown"
        raise UsageError(message, advice="the instrument cannot be traded yet")
    contract_size = Fraction(instrument.contract_size)
    if instrument.market_type is MarketType.OPTION or instrument.linear:
        return Fraction(intent.size) / contract_size
    if instrument.linear is None:
        message = f"whether {instrument.venue_instrument_id} is linear or inverse is unknown"
        raise UsageError(message, advice="the instrument cannot be traded yet")
    # An inverse contract is worth US dollars, so base currency becomes contracts at a price only.
    if intent.price is not None:
        return Fraction(intent.size) * Fraction(intent.price) / contract_size
    if notional_usd is not None:
        return Fraction(notional_usd) / contract_size
    message = f"{instrument.venue_instrument_id} is inverse: its size in base currency needs a price"
    raise UsageError(message, advice="send a limit order, or have the order valued in US dollars first")


def _price_on_tick(price: Decimal, side: Side, instrument: Instrument) -> Decimal:
    """The nearest price on the tick that is no worse for us: lower for a buy, higher for a sell."""
    tick = instrument.tick_size
    if tick is None or tick <= 0:
        message = f"the tick size of {instrument.venue_instrument_id} is unknown"
        raise UsageError(message, advice="the instrument cannot be traded yet")
    steps = Fraction(price) / Fraction(tick)
    on_tick = _lots_as_decimal(math.floor(steps) if side is Side.LONG else math.ceil(steps), tick)
    if on_tick <= 0:
        message = f"a price of {plain_text(price)} is below one tick of {instrument.venue_instrument_id}"
        raise UsageError(message)
    return on_tick


def _lots_as_decimal(lots: int, lot: Decimal) -> Decimal:
    sign, digits, exponent = lot.as_tuple()
    if sign or not isinstance(exponent, int):
        message = "a lot or tick size is never negative, infinite or NaN"
        raise UsageError(message)
    units = lots * int("".join(map(str, digits)))
    if len(str(units)) > _LARGEST_DIGITS:
        message = "the number has more digits than any order"
        raise UsageError(message)
    # Built from digits, because a Decimal product would be rounded to the ambient context.
    return Decimal((0, tuple(int(digit) for digit in str(units)), exponent))


def plain_text(number: Decimal) -> str:
    """A number as OKX reads it: no exponent, no trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def send_once(caller: Caller, method: Callable[..., object], symbol: str, arguments: OrderArguments) -> Order:
    """
    Place or cancel, once, and give the ids that were acknowledged.

    Raises `OrderRefused`, `AuthenticationRefused` or `RateLimited` where OKX said no in a structured answer, and
    `OutcomeUnknown` for everything else.
    """
    try:
        returned = caller.call(method, arguments)
        answer, reading = caller.last_answer()
        code = prove_shape(reading, answer.status)
    except VenueError as error:
        message = f"no structured answer to the order: {error}"
        raise OutcomeUnknown(message, http_status=error.http_status) from error
    except OSError as error:
        message = f"the call could not be journalled ({error}), its answer is lost"
        raise OutcomeUnknown(message) from error
    try:
        data = returned.get("data") if isinstance(returned, dict) else None
        if code != "0" and not data:
            raise order_refusal_of(code, caller.redact(reading.text), answer.status)
        return _acknowledged(caller, data, code, symbol, arguments)
    except RowInvalid as error:
        message = f"the answer to the order proves nothing: {error}"
        raise OutcomeUnknown(message, http_status=answer.status) from error


def _acknowledged(caller: Caller, data: object, code: str, symbol: str, arguments: OrderArguments) -> Order:
    status = caller.last_answer()[0].status
    row = parse_acknowledgement(one_row(data if isinstance(data, list) else [], "acknowledgements"))
    if row.code is not None and row.code != "0":
        # The row's code is the truth, not the envelope's (OKX docs; difference scode-wins-over-top-code).
        raise order_refusal_of(row.code, caller.redact(row.text), status, sub_code=row.sub_code)
    order = acknowledged_order(row, symbol)
    is_ours = arguments.get("ordId") in (None, order.venue_order_id)
    # A client order id that is left blank contradicts nothing: the row answers the one order that was sent.
    if order.client_order_id is not None:
        is_ours = is_ours and arguments.get("clOrdId") in (None, order.client_order_id)
    if code != "0" or row.code != "0" or status != 200 or order.venue_order_id is None or not is_ours:
        message = f"the answer to the order does not fit it: code {code}, row code {row.code}, HTTP {status}"
        raise OutcomeUnknown(message, http_status=status, code=row.code)
    return order


def catch_order(wiring: Wiring, arguments: OrderArguments) -> WireRequest:
    """The request that python-okx makes of these arguments, caught before the socket."""
    catching = CatchingTransport()
    apis = open_apis(wiring, catching)
    try:
        apis.trade.place_order(**arguments)
    finally:
        apis.close()
    if catching.caught is None:
        message = "python-okx sent no request"
        raise TransportError(message)
    return catching.caught
