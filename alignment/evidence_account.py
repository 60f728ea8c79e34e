"""Evidence of the account: fills once, fees as the rates say, one position mode. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from dualwitness.alignment.compare import claim_of
from dualwitness.alignment.judge import Draft
from dualwitness.alignment.testimony_legs import is_mode_contradicted
from dualwitness.alignment.world import World, contradiction
from dualwitness.models import (
    AccountConfig,
    AccountLevel,
    FeeRates,
    Fill,
    Instrument,
    Liquidity,
    MarketType,
    OrderSide,
    Position,
    PositionMode,
    Severity,
)
from dualwitness.models.finding import Claim, Expected

__all__ = ["ACCOUNT_CHECKS", "expected_fee", "implied_contract_size", "is_expected_fee"]

# Fees are rounded by the venue; anything beyond a thousandth of the fee is another fee.
_FEE_TOLERANCE = Decimal("0.001")
# Profit and fees are rounded; a wrong contract size is wrong by far more.
_SIZE_TOLERANCE = Decimal("0.01")


def _fills_once(world: World) -> Iterator[Draft]:
    fills = world.rows("get_fills")
    counts = Counter((fill.symbol, fill.trade_id) for fill in fills if fill.trade_id is not None)
    for (symbol, trade_id), count in sorted(counts.items()):
        if count > 1:
            copies = [fill for fill in fills if (fill.symbol, fill.trade_id) == (symbol, trade_id)]
            if _both_sides_of_one_match(copies):
                continue
            row = copies[0]
            alike = "" if all(copy == row for copy in copies) else ", and not every time the same"
            yield contradiction(
                world,
                operation="get_fills",
                field="trade_id",
                symbol=symbol,
                row=row,
                row_key=f"{symbol}|{trade_id}",
                seen=Claim(value=f"{count} rows with trade id {trade_id}"),
                expected=Expected(
                    value="1 row", source="a trade id is unique per instrument (OKX trade/fills-history)"
                ),
                rule="an-execution-is-listed-once",
                reason=f"the same execution is listed {count} times{alike}",
            )


def _both_sides_of_one_match(copies: Sequence[Fill]) -> bool:
    """Whether two rows are an order of ours met by another one of ours: they share the trade id (okx-v5-facts 8)."""
    if len(copies) != len(OrderSide):
        return False
    sides, orders = {fill.side for fill in copies}, {fill.venue_order_id for fill in copies}
    bills = {fill.bill_id for fill in copies if fill.bill_id is not None}
    return sides == set(OrderSide) and len(orders) == len(copies) and None not in orders and len(bills) != 1


def _fees(world: World) -> Iterator[Draft]:
    rates: dict[str, FeeRates] = {row.symbol: row for _, row in world.all_rows("get_fee_rates")}
    instruments = world.instruments()
    for fill in world.rows("get_fills"):
        yield from _fee_of(world, fill, rates.get(fill.symbol), instruments.get(fill.symbol))


def _fee_of(world: World, fill: Fill, rates: FeeRates | None, instrument: Instrument | None) -> Iterator[Draft]:
    if fill.fee is None or rates is None or instrument is None or is_expected_fee(fill, rates, instrument) is not False:
        return
    expected = expected_fee(fill, rates, instrument)
    if expected is None:
        return
    if _is_booked(world, fill):
        yield from _other_terms(world, fill, rates, instrument)
        return
    sign = expected != 0 and fill.fee != 0 and (expected > 0) != (fill.fee > 0)
    rate = f"a {fill.liquidity} fill at this account's rate costs" if sign else "the account's rate gives"
    yield _fee_draft(
        world,
        fill,
        "fee",
        expected=f"{expected:f}",
        source="price × size × contract size × the account's rate (OKX account/trade-fee)",
        reason=f"{rate} {expected:f}, the fill says {fill.fee:f}",
    )


def _is_booked(world: World, fill: Fill) -> bool:
    """Whether the bill of the same execution takes the same fee: then the fill is right about it."""
    same = (bill for bill in world.booked() if (bill.symbol, bill.trade_id) == (fill.symbol, fill.trade_id))
    return any(bill.fee == fill.fee for bill in same if bill.fee and bill.currency == fill.fee_currency)


def _other_terms(world: World, fill: Fill, rates: FeeRates, instrument: Instrument) -> Iterator[Draft]:
    """The fee was really taken, so the liquidity is another than the fill says, or the account's rate is."""
    other = Liquidity.TAKER if fill.liquidity is Liquidity.MAKER else Liquidity.MAKER
    swapped = fill.model_copy(update={"liquidity": other})
    taken = f"the fee {fill.fee:f} was booked" if fill.fee is not None else "the fee was booked"
    if is_expected_fee(swapped, rates, instrument):
        source = "fee of the bill and the account's rate (OKX account/bills, account/trade-fee)"
        reason = f"{taken}, which is what a {other} pays"
        yield _fee_draft(world, fill, "liquidity", expected=str(other), source=source, reason=reason)._replace(
            severity=Severity.S2  # it decides what a fill costs
        )
        return
    field = "maker" if fill.liquidity is Liquidity.MAKER else "taker"
    yield contradiction(
        world,
        operation="get_fee_rates",
        field=field,
        symbol=fill.symbol,
        row=rates,
        row_key=None,
        seen=claim_of(*rates.value_or_reason(field)),
        expected=Expected(value=None, source="fees of the fills and of their bills (OKX account/bills)"),
        rule="a-fee-is-price-times-size-times-rate",
        reason=f"{taken}, which is not price × size × this rate",
    )


def _fee_draft(world: World, fill: Fill, field: str, *, expected: str, source: str, reason: str) -> Draft:
    return contradiction(
        world,
        operation="get_fills",
        field=field,
        symbol=fill.symbol,
        row=fill,
        row_key=f"{fill.symbol}|{fill.trade_id}",
        seen=claim_of(*fill.value_or_reason(field)),
        expected=Expected(value=expected, source=source),
        rule="a-fee-is-price-times-size-times-rate",
        reason=reason,
    )


def is_expected_fee(fill: Fill, rates: FeeRates, instrument: Instrument) -> bool | None:
    """Whether a fill's fee is what its price, size and rate make, with the sign; None where that cannot be known."""
    expected = expected_fee(fill, rates, instrument)
    if expected is None or fill.fee is None:
        return None
    if expected != 0 and fill.fee != 0 and (expected > 0) != (fill.fee > 0):
        return False
    return abs(fill.fee - expected) <= abs(expected) * _FEE_TOLERANCE


def expected_fee(fill: Fill, rates: FeeRates, instrument: Instrument) -> Decimal | None:
    """
    The fee a fill should carry, positive = paid, in the currency in which OKX takes it; None where it can't be known.

    Spot: a buy is charged in base, a sell in quote (okx-v5-facts section 8, fee type 0). Linear: size × contract size
    × price × rate in settle currency; inverse: size × contract size ÷ price × rate.
    """
    rate = rates.maker if fill.liquidity is Liquidity.MAKER else rates.taker
    if rate is None or fill.liquidity is None or fill.price is None or fill.contracts is None or not fill.price:
        return None
    if instrument.market_type in (MarketType.SPOT, MarketType.MARGIN):
        if fill.fee_currency == instrument.base:
            return fill.contracts * rate
        return fill.contracts * fill.price * rate if fill.fee_currency == instrument.quote else None
    if instrument.contract_size is None or instrument.market_type is MarketType.OPTION:
        return None
    value = fill.contracts * instrument.contract_size
    if instrument.inverse:
        return value / fill.price * rate
    return value * fill.price * rate if instrument.linear else None


def _fee_currencies(world: World) -> Iterator[Draft]:
    instruments = world.instruments()
    for fill in world.rows("get_fills"):
        instrument = instruments.get(fill.symbol)
        if instrument is None or fill.fee_currency is None:
            continue
        spot = instrument.market_type in (MarketType.SPOT, MarketType.MARGIN)
        possible = {instrument.base, instrument.quote} if spot else {instrument.settle}
        if None in possible or fill.fee_currency in possible:
            continue
        yield contradiction(
            world,
            operation="get_fills",
            field="fee_currency",
            symbol=fill.symbol,
            row=fill,
            row_key=f"{fill.symbol}|{fill.trade_id}",
            seen=claim_of(fill.fee_currency, None),
            expected=Expected(
                value=" ".join(sorted(filter(None, possible))),
                source="spot fees are base or quote, contract fees are settle currency (OKX trade/fills-history)",
            ),
            rule="a-fee-is-taken-in-a-currency-of-the-instrument",
            reason=f"the fee is in {fill.fee_currency}, which {fill.symbol} does not settle in",
        )


def _contract_size(world: World) -> Iterator[Draft]:
    """
    Two sources that do not use it imply a contract size: unrealised profit and the fees of the fills.

    Only where both imply the same other size is the instrument list contradicted; one alone may itself be wrong.
    """
    instruments = world.instruments()
    for row in world.rows("get_positions"):
        instrument = instruments.get(row.symbol)
        if instrument is None:
            continue
        from_fees = implied_contract_size(world, row, instrument)
        if from_fees is not None:
            yield contradiction(
                world,
                operation="get_instruments",
                field="contract_size",
                symbol=row.symbol,
                row=instrument,
                row_key=f"{instrument.market_type}|{instrument.venue_instrument_id}",
                seen=claim_of(instrument.contract_size, None),
                expected=Expected(
                    value=f"{from_fees.normalize():f}", source="unrealised profit and fees of the same account"
                ),
                rule="profit-and-fees-imply-the-contract-size",
                reason=f"profit and fees are those of contracts of {from_fees.normalize():f}",
            )


def implied_contract_size(world: World, row: Position, instrument: Instrument) -> Decimal | None:
    """Another contract size than the instrument's, where a position's profit and its fees both imply that one."""
    rates = next((one for _, one in world.all_rows("get_fee_rates") if one.symbol == row.symbol), None)
    if rates is None or instrument.contract_size is None:
        return None
    from_profit = _size_from_profit(row, instrument)
    from_fees = _size_from_fees(world, instrument, rates)
    if from_profit is None or from_fees is None or not _near(from_profit, from_fees):
        return None
    return None if _near(from_profit, instrument.contract_size) else from_fees


def _near(left: Decimal, right: Decimal) -> bool:
    return abs(left - right) <= abs(right) * _SIZE_TOLERANCE


def _size_from_profit(row: Position, instrument: Instrument) -> Decimal | None:
    if None in (row.mark_price, row.entry_price, row.contracts, row.unrealized_pnl) or not row.contracts:
        return None
    mark, entry = row.mark_price or Decimal(0), row.entry_price or Decimal(0)
    if not mark or not entry or mark == entry:
        return None
    move = 1 / entry - 1 / mark if instrument.inverse else mark - entry
    return abs((row.unrealized_pnl or Decimal(0)) / (move * row.contracts))


def _size_from_fees(world: World, instrument: Instrument, rates: FeeRates) -> Decimal | None:
    """The contract size that every fill's fee implies; None where they imply different ones."""
    implied: list[Decimal] = []
    for fill in world.rows("get_fills"):
        if fill.symbol != instrument.symbol or not fill.fee or instrument.contract_size is None:
            continue
        expected = expected_fee(fill, rates, instrument)
        if expected:
            implied.append(abs(fill.fee / expected) * instrument.contract_size)
    return implied[0] if implied and all(_near(one, implied[0]) for one in implied) else None


def _one_position_mode(world: World) -> Iterator[Draft]:
    config = next(iter(world.rows("get_account_config")), None)
    if not isinstance(config, AccountConfig) or config.position_mode is None:
        return
    seen = {row.position_mode for row in world.rows("get_positions") if row.position_mode is not None}
    two_sided = PositionMode.LONG_SHORT in seen
    # In long/short mode options and margin pairs still have net positions; in net mode nothing has sides.
    if (two_sided and config.position_mode is PositionMode.NET) or (
        config.position_mode is PositionMode.LONG_SHORT and seen == {PositionMode.NET} and _has_contracts(world)
    ):
        yield contradiction(
            world,
            operation="get_account_config",
            field="position_mode",
            symbol=None,
            row=config,
            row_key=None,
            seen=claim_of(config.position_mode, None),
            expected=Expected(value=" ".join(sorted(map(str, seen))), source="sides of the account's own positions"),
            rule="positions-show-the-position-mode",
            reason=f"the account says {config.position_mode}, its positions are {' '.join(sorted(map(str, seen)))}",
        )
    elif is_mode_contradicted(world, config.position_mode):
        other = next(mode for mode in PositionMode if mode is not config.position_mode)
        yield contradiction(
            world,
            operation="get_account_config",
            field="position_mode",
            symbol=None,
            row=config,
            row_key=None,
            seen=claim_of(config.position_mode, None),
            expected=Expected(value=str(other), source="sides of the account's own executions (OKX posSide)"),
            rule="executions-show-the-position-mode",
            reason=f"the account says {config.position_mode}, and its executions leave something open in {other} mode",
        )


def _has_contracts(world: World) -> bool:
    kinds = (MarketType.SWAP, MarketType.FUTURE)
    return any(row.market_type in kinds and row.has_position for row in world.rows("get_positions"))


def _account_level(world: World) -> Iterator[Draft]:
    """The level of an account allows what it holds and trades: the spot level allows no contracts."""
    config = next(iter(world.rows("get_account_config")), None)
    if not isinstance(config, AccountConfig) or config.account_level is not AccountLevel.SPOT:
        return
    held = any(row.has_position for row in world.rows("get_positions") if ":" in row.symbol)
    resting = any(":" in row.symbol for row in world.rows("get_open_orders"))
    if held or resting:
        yield contradiction(
            world,
            operation="get_account_config",
            field="account_level",
            symbol=None,
            row=config,
            row_key=None,
            seen=claim_of(config.account_level, None),
            expected=Expected(value=None, source="contracts that the account holds and orders (OKX acctLv)"),
            rule="the-account-level-allows-what-is-held",
            reason="the account is said to trade spot alone, and it holds or orders contracts",
        )


ACCOUNT_CHECKS = (_fills_once, _fees, _fee_currencies, _contract_size, _one_position_mode, _account_level)
