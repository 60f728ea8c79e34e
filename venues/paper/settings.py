"""How a paper account is set up: what a person decides, typed and bounded, and how it is copied from a real account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from dualwitness.models import AccountLevel, FeeType, FrozenModel, Instrument, MarketType, PositionMode
from dualwitness.models.fact import UserNumber
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import UsageError

__all__ = ["OPENING_BALANCES", "FeeSchedule", "PaperSettings", "balances_of", "settings_of"]

# What a paper account holds unless it is told otherwise: the same as the embedded venue's scenario `funded`.
OPENING_BALANCES: Mapping[str, Decimal] = {"BTC": Decimal(2), "ETH": Decimal(20), "USDT": Decimal(100_000)}

Milliseconds = Annotated[int, Field(strict=True, ge=0, le=3_600_000)]
Leverage = Annotated[UserNumber, Field(ge=1, le=150)]
Rate = Annotated[UserNumber, Field(gt=-1, lt=1)]


class FeeSchedule(FrozenModel):
    """Fee rates as fractions of the value: positive is paid, negative is a rebate."""

    maker: Rate
    taker: Rate


# OKX's regular tier (okx-v5-facts section 11).
_PAIR_FEES = FeeSchedule(maker="0.0008", taker="0.001")
_CONTRACT_FEES = FeeSchedule(maker="0.0002", taker="0.0005")
_REGULAR_FEES = {
    MarketType.SPOT: _PAIR_FEES,
    MarketType.MARGIN: _PAIR_FEES,
    MarketType.SWAP: _CONTRACT_FEES,
    MarketType.FUTURE: _CONTRACT_FEES,
}


class PaperSettings(FrozenModel):
    """
    One paper account.

    ``symbol_fees`` and ``leverage`` go by unified symbol and come before ``fees`` and ``default_leverage``.
    ``latency_ms`` is how long an order or a cancel is under way, ``latency_jitter_ms`` the most that chance adds to it.
    A book older (or further ahead) than ``largest_book_age_ms`` is stale: nothing fills at it. ``book_depth`` is how
    many levels a side are asked for.
    """

    account_level: AccountLevel = AccountLevel.FUTURES
    position_mode: PositionMode = PositionMode.NET
    fee_type: FeeType = FeeType.RECEIVED_CURRENCY
    fees: Mapping[MarketType, FeeSchedule] = _REGULAR_FEES
    symbol_fees: Mapping[str, FeeSchedule] = Field(default_factory=dict)
    default_leverage: Leverage = Decimal(3)
    leverage: Mapping[str, Leverage] = Field(default_factory=dict)
    latency_ms: Milliseconds = 0
    latency_jitter_ms: Milliseconds = 0
    largest_book_age_ms: Annotated[int, Field(strict=True, ge=1, le=3_600_000)] = 5_000
    book_depth: Annotated[int, Field(strict=True, ge=1, le=400)] = 50

    def fees_of(self, symbol: str, market_type: MarketType) -> FeeSchedule | None:
        """The rates of one instrument; null where none were given."""
        return self.symbol_fees.get(symbol) or self.fees.get(market_type)

    def leverage_of(self, instrument: Instrument) -> Decimal:
        """The leverage in force for one instrument."""
        return self.leverage.get(instrument.symbol, self.default_leverage)


def settings_of(
    client: VenueClient, symbols: Iterable[str] = (), *, base: PaperSettings | None = None
) -> PaperSettings:
    """
    Settings like those of the account behind ``client``: level, position mode, fee type, and the rates of ``symbols``.

    Everything else is ``base``'s. Raises `UsageError` where the account does not tell something, rather than guess it.
    """
    settings, account = base or PaperSettings(), client.get_account_config()
    told = {
        "account_level": account.account_level,
        "position_mode": account.position_mode,
        "fee_type": account.fee_type or settings.fee_type,
    }
    missing = [name for name, value in told.items() if value is None]
    schedules = dict(settings.symbol_fees)
    for symbol in symbols:
        rates = client.get_fee_rates(symbol)
        if rates.maker is None or rates.taker is None:
            missing.append(f"fee rates of {symbol}")
        else:
            schedules[symbol] = FeeSchedule(maker=rates.maker, taker=rates.taker)
    if missing:
        message = f"the account over {client.label} does not tell its {', '.join(missing)}"
        raise UsageError(message, advice="give these settings, or read them over the other library")
    return settings.model_copy(update={**told, "symbol_fees": schedules})


def balances_of(client: VenueClient) -> dict[str, Decimal]:
    """
    What the account behind ``client`` holds, by currency, to open a paper account with.

    Raises `UsageError` for a currency whose total is unknown: unknown is never zero.
    """
    held: dict[str, Decimal] = {}
    for balance in client.get_account_balance():
        if balance.total is None:
            message = f"the account over {client.label} does not tell how much {balance.currency} it holds"
            raise UsageError(message, advice="give the opening balances yourself")
        held[balance.currency] = balance.total
    return held
