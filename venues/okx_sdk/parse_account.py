"""Identity from raw OKX rows: configuration, balances, fee rates, positions."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    Balance,
    Direction,
    FeeRates,
    FeeType,
    MarginMode,
    MarketType,
    NullReason,
    Position,
    PositionMode,
    PositionSide,
)
from dualwitness.venues.errors import RowInvalid
from dualwitness.venues.okx_sdk.parse import FindListing, Row, base_quantity_of, flipped
from dualwitness.venues.okx_sdk.symbols import InstrumentBook, Listing, pair_of

__all__ = ["parse_balances", "parse_config", "parse_fee_rates", "parse_leverage", "parse_position"]

_CONFIG = {
    "account_level": "acctLv",
    "position_mode": "posMode",
    "permissions": "perm",
    "fee_type": "feeType",
}
# free is availBal on every account level: availEq is blank on level 1 and counts unrealised profit on the others.
_BALANCE = {
    "currency": "ccy",
    "total": "cashBal",
    "free": "availBal",
    "used": "frozenBal",
    "equity": "eq",
    "debt": "liab",
}
_POSITION = {
    "position_side": "posSide",
    "contracts": "pos",
    "position_currency": "posCcy",
    "liability": "liab",
    "liability_currency": "liabCcy",
    "entry_price": "avgPx",
    "mark_price": "markPx",
    "unrealized_pnl": "upl",
    "realized_pnl": "realizedPnl",
    "leverage": "lever",
    "margin_mode": "mgnMode",
    "margin_currency": "ccy",
    "liquidation_price": "liqPx",
    "venue_position_id": "posId",
    "ts_venue_ms": "uTime",
}
_ACCOUNT_LEVELS = {
    "1": AccountLevel.SPOT,
    "2": AccountLevel.FUTURES,
    "3": AccountLevel.MULTI_CURRENCY,
    "4": AccountLevel.PORTFOLIO,
}
_POSITION_MODES = {"net_mode": PositionMode.NET, "long_short_mode": PositionMode.LONG_SHORT}
_FEE_TYPES = {"0": FeeType.RECEIVED_CURRENCY, "1": FeeType.QUOTE_CURRENCY}
_MARGIN_MODES = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_SIDES = {"net": PositionSide.NET, "long": PositionSide.LONG, "short": PositionSide.SHORT}


def parse_config(raw: object) -> AccountConfig:
    """The row of ``account/config``; an unknown position mode is `RowInvalid`, an unknown level ``unmapped``."""
    row = Row(raw, _CONFIG, "account configurations")
    permissions = row.text("permissions")
    return AccountConfig(
        account_level=row.choice("account_level", _ACCOUNT_LEVELS),
        position_mode=row.choice("position_mode", _POSITION_MODES, strict=True),
        permissions=None if permissions is None else tuple(sorted(permissions.split(","))),
        fee_type=row.choice("fee_type", _FEE_TYPES),
        reasons=row.reasons,
    )


def parse_balances(raw: object) -> tuple[Balance, ...]:
    """The currencies in the row of ``account/balance``, sorted."""
    details = raw.get("details") if isinstance(raw, dict) else None
    if not isinstance(details, list):
        message = f"details in a row of balances is not a list but {type(details).__name__}"
        raise RowInvalid(message)
    return tuple(sorted((_balance(detail) for detail in details), key=lambda balance: balance.currency))


def _balance(raw: object) -> Balance:
    row = Row(raw, _BALANCE, "balances")
    return Balance(
        currency=row.required("currency"),
        total=row.number("total"),
        free=row.number("free"),
        used=row.number("used"),
        equity=row.number("equity"),
        debt=row.number("debt"),
        reasons=row.reasons,
    )


def parse_fee_rates(raw: object, symbol: str, listing: Listing | NullReason, quote: str | None) -> FeeRates:
    """
    The row of ``account/trade-fee`` for one instrument; OKX's sign is turned, so that positive is paid.

    The flat field of the instrument's settlement comes first; where it is blank, the ``feeGroup`` entry of the
    instrument's ``groupId`` (difference trading-fee-feegroup-ignored); then the plain flat field.
    """
    group = _fee_group(raw, listing)
    suffix = _fee_suffix(listing, quote)
    keys = {f"{name}_{kind}": f"{name}{kind}" for name in ("maker", "taker") for kind in ("", "U", "USDC")}
    row, group_row = Row(raw, keys, "fee rates"), Row(group, {"maker": "maker", "taker": "taker"}, "fee groups")
    rates: dict[str, Decimal | None] = {}
    reasons: dict[str, NullReason] = {}
    for name in ("maker", "taker"):
        candidates = (row.number(f"{name}_{suffix}"), group_row.number(name), row.number(f"{name}_"))
        rates[name] = flipped(next((rate for rate in candidates if rate is not None), None))
        if rates[name] is None:
            reasons[name] = row.reasons[f"{name}_"]
    return FeeRates(symbol=symbol, maker=rates["maker"], taker=rates["taker"], reasons=reasons)


def _fee_group(raw: object, listing: Listing | NullReason) -> dict[str, object]:
    groups = raw.get("feeGroup") if isinstance(raw, dict) else None
    if isinstance(groups, list) and isinstance(listing, Listing) and listing.group_id is not None:
        for group in groups:
            if isinstance(group, dict) and group.get("groupId") == listing.group_id:
                return group
    return {}


def _fee_suffix(listing: Listing | NullReason, quote: str | None) -> str:
    # The plain fields are USDT pairs on spot, but coin-margined contracts on derivatives (OKX trade-fee).
    instrument = listing.instrument if isinstance(listing, Listing) else None
    if instrument is None or instrument.settle is None:
        return "USDC" if instrument is not None and quote not in ("USDT", None) else ""
    return {"USDT": "U", "USDC": "USDC"}.get(instrument.settle, "")


def parse_leverage(rows: list[object]) -> Decimal:
    """The highest leverage of ``account/leverage-info``, which has a row a side; raises `RowInvalid` for none."""
    levers = [Row(raw, {"leverage": "lever"}, "leverage").number("leverage") for raw in rows]
    known = [lever for lever in levers if lever]
    if not known or len(known) != len(levers):
        message = "the venue did not tell the leverage in force"
        raise RowInvalid(message)
    return max(known)


def parse_position(raw: object, book: InstrumentBook, find: FindListing) -> Position:
    """
    One row of ``account/positions``.

    Raises `RowInvalid` where the row contradicts itself (a long leg with a negative size) or has no known type.
    """
    row = Row(raw, _POSITION, "positions")
    market_type = row.market_type()
    if market_type is None:
        row.refuse("instType", row.raw("instType"))
    listing = NullReason.NOT_ASKED if market_type is MarketType.MARGIN else find(market_type, row.raw("instId") or "")
    symbol = row.symbol(book)
    side = row.choice("position_side", _SIDES, strict=True)
    signed = row.number("contracts")
    mark = row.number("mark_price")
    direction = _direction(row, market_type, side, signed)
    contracts = None if signed is None else signed.copy_abs()
    base_quantity = _base_quantity(row, listing, contracts, mark)
    if market_type is MarketType.MARGIN:
        contracts, base_quantity = _margin_size(row, direction, contracts)
    if side is None:
        row.null("position_mode", row.reasons["position_side"])
    if signed is None:
        row.null("has_position", row.reasons["contracts"])
    row.reasons.pop("position_side", None)
    return Position(
        symbol=symbol,
        market_type=market_type,
        has_position=None if signed is None else bool(signed),
        direction=direction,
        contracts=contracts,
        base_quantity=base_quantity,
        entry_price=row.number("entry_price"),
        mark_price=mark,
        unrealized_pnl=row.number("unrealized_pnl"),
        realized_pnl=row.number("realized_pnl"),
        leverage=row.number("leverage"),
        margin_mode=row.choice("margin_mode", _MARGIN_MODES, strict=True),
        position_mode=_mode(side),
        margin_currency=row.text("margin_currency"),
        liquidation_price=row.number("liquidation_price"),
        venue_position_id=row.text("venue_position_id"),
        ts_venue_ms=row.time_ms("ts_venue_ms"),
        reasons=row.reasons,
    )


def _mode(side: PositionSide | None) -> PositionMode | None:
    if side is None:
        return None
    return PositionMode.NET if side is PositionSide.NET else PositionMode.LONG_SHORT


def _direction(
    row: Row, market_type: MarketType, side: PositionSide | None, signed: Decimal | None
) -> Direction | None:
    legs = {PositionSide.LONG: Direction.LONG, PositionSide.SHORT: Direction.SHORT}
    if signed is None:
        row.null("direction", row.reasons["contracts"])
        return None
    if signed < 0 and (side in legs or market_type is MarketType.MARGIN):
        row.refuse("pos", f"{signed} on a side that has no sign")
    if not signed:
        return Direction.FLAT
    if market_type is MarketType.MARGIN:
        return _margin_direction(row)
    if side is None:
        # A positive size may belong to a short leg: without posSide nothing is known.
        row.null("direction", row.reasons["position_side"])
        return None
    return legs.get(side) or (Direction.LONG if signed > 0 else Direction.SHORT)


def _margin_direction(row: Row) -> Direction | None:
    currency = row.text("position_currency")
    pair = pair_of(row.raw("instId") or "")
    if currency is None or pair is None or currency not in pair:
        if currency is not None:
            row.refuse("posCcy", currency)
        row.null("direction", row.reasons.pop("position_currency"))
        return None
    return Direction.LONG if currency == pair[0] else Direction.SHORT


def _base_quantity(
    row: Row, listing: Listing | NullReason, contracts: Decimal | None, mark: Decimal | None
) -> Decimal | None:
    if contracts is None:
        quantity: Decimal | NullReason = row.reasons["contracts"]
    elif not contracts:
        quantity = contracts
    elif isinstance(listing, NullReason):
        quantity = listing
    else:
        mark_reason = row.reasons.get("mark_price", NullReason.ABSENT)
        quantity = base_quantity_of(listing.instrument, contracts, mark, price_reason=mark_reason)
    if isinstance(quantity, NullReason):
        row.null("base_quantity", quantity)
        return None
    return quantity


def _margin_size(row: Row, direction: Direction | None, size: Decimal | None) -> tuple[Decimal | None, Decimal | None]:
    """
    Contracts and base quantity of a margin row, whose ``pos`` is in ``posCcy``.

    A short's ``pos`` is quote currency, its base quantity is what is owed (difference
    margin-short-contracts-in-quote-currency).
    """
    row.reasons.pop("base_quantity", None)
    if size is None or direction is None:
        reason = row.reasons["contracts" if size is None else "direction"]
        row.null("contracts", reason)
        row.null("base_quantity", reason)
        return None, None
    if direction is not Direction.SHORT:
        return size, size
    row.null("contracts", NullReason.UNMAPPED)
    owed = row.number("liability")
    pair = pair_of(row.raw("instId") or "")
    currency = row.raw("liabCcy")
    if owed is None:
        row.null("base_quantity", row.reasons.pop("liability"))
    elif pair is None or currency != pair[0]:
        row.null("base_quantity", NullReason.UNMAPPED)
        owed = None
    return None, None if owed is None else owed.copy_abs()
