"""Identity: the account, its balances and its fee rates."""

from __future__ import annotations

from dualwitness.models.enums import AccountLevel, FeeType, MarginMode, PositionMode
from dualwitness.models.fact import Fact, Number

__all__ = ["AccountConfig", "Balance", "FeeRates", "LeverageSetting"]


class AccountConfig(Fact):
    """How the account is set up (OKX ``account/config``)."""

    account_level: AccountLevel | None
    position_mode: PositionMode | None
    permissions: tuple[str, ...] | None
    fee_type: FeeType | None


class Balance(Fact):
    """
    One currency of the account, all in that currency.

    ``total`` is cash held, ``equity`` is cash and unrealised profit, ``free`` can be used, ``used`` is frozen by orders
    and positions, ``debt`` is owed (OKX ``account/balance``; difference balance-total-is-equity-not-cash).
    """

    currency: str
    total: Number | None
    free: Number | None
    used: Number | None
    equity: Number | None
    debt: Number | None


class FeeRates(Fact):
    """Fee rates of one instrument as fractions: positive is paid, negative is a rebate."""

    symbol: str
    maker: Number | None
    taker: Number | None


class LeverageSetting(Fact):
    """The leverage in force for new orders of one instrument and margin mode (OKX ``account/leverage-info``)."""

    symbol: str
    margin_mode: MarginMode
    leverage: Number | None
