"""
The table of endpoints that answer from the market alone: OKX's public data, plus the private list of currencies.

Each handler takes the market and the query's parameters and returns what stands in ``data``, or raises `Refusal`; the
handlers live in `public/`, by subject.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dualwitness.venues.sim import unsupported
from dualwitness.venues.sim.currencies import currency_rows
from dualwitness.venues.sim.kinds import Params, Refusal
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.public import (
    announcements,
    bars,
    contracts,
    depth,
    funding,
    lending,
    listing,
    quotes,
    trades,
)

__all__ = ["CURRENCIES_PATH", "PUBLIC_ROUTES", "PublicHandler", "currencies"]

# An object instead of rows where OKX itself answers one (`market/index-components`).
PublicHandler = Callable[[Market, Params], "list[object] | dict[str, object]"]

CURRENCIES_PATH = "/api/v5/asset/currencies"


def currencies(params: Params) -> list[object]:
    """The rows of ``asset/currencies``; private on OKX, although it depends on no account."""
    return list(currency_rows(frozenset(name for name in params.get("ccy", "").split(",") if name)))


def _refusing(refusal: Refusal) -> PublicHandler:
    def handler(_market: Market, _params: Params) -> list[object]:
        raise Refusal(refusal.code, refusal.msg, http_status=refusal.http_status)

    return handler


_SERVED: Final[dict[str, PublicHandler]] = {
    "market/block-ticker": quotes.block_ticker,
    "market/block-tickers": quotes.block_tickers,
    "market/books": depth.books,
    "market/books-full": depth.books_full,
    "market/books-lite": depth.books_lite,
    "market/books-rpi": depth.books_rpi,
    "market/candles": bars.recent_candles,
    "market/exchange-rate": quotes.exchange_rate,
    "market/history-candles": bars.history_candles,
    "market/history-index-candles": bars.history_index_candles,
    "market/history-mark-price-candles": bars.history_mark_price_candles,
    "market/history-trades": trades.history_trades,
    "market/index-candles": bars.index_candles,
    "market/index-components": quotes.index_components,
    "market/index-tickers": quotes.index_tickers,
    "market/mark-price-candles": bars.mark_price_candles,
    "market/option/instrument-family-trades": trades.family_trades,
    "market/platform-24-volume": quotes.platform_24_volume,
    "market/ticker": quotes.ticker,
    "market/tickers": quotes.tickers,
    "market/trades": trades.recent_trades,
    "public/block-trades": trades.block_trades,
    "public/convert-contract-coin": listing.convert_contract_coin,
    "public/delivery-exercise-history": contracts.delivery_exercise_history,
    "public/discount-rate-interest-free-quota": lending.discount_quota,
    "public/estimated-price": contracts.estimated_price,
    "public/estimated-settlement-info": contracts.estimated_settlement_info,
    "public/funding-rate": funding.funding_rate,
    "public/funding-rate-history": funding.funding_rate_history,
    "public/instrument-tick-bands": listing.instrument_tick_bands,
    "public/instruments": listing.instruments,
    "public/insurance-fund": lending.insurance_fund,
    "public/interest-rate-loan-quota": lending.loan_quota,
    "public/mark-price": quotes.mark_price,
    "public/open-interest": contracts.open_interest,
    "public/opt-summary": contracts.opt_summary,
    "public/option-trades": trades.option_trades,
    "public/position-tiers": listing.position_tiers,
    "public/premium-history": funding.premium_history,
    "public/price-limit": quotes.price_limit,
    "public/settlement-history": contracts.settlement_history,
    "public/time": listing.time,
    "public/underlying": listing.underlying,
    "public/vip-interest-rate-loan-quota": lending.vip_loan_quota,
    "rubik/stat/contracts/open-interest-history": contracts.open_interest_history,
    "support/announcement-types": announcements.announcement_types,
    "support/announcements": announcements.announcements,
    "system/status": listing.status,
}

# Public paths that OKX refuses in words stand in the same table; a retired one is unknown and answers 404.
_REFUSED: Final[dict[str, PublicHandler]] = {
    path: _refusing(refusal)
    for path, refusal in ((path, unsupported.refusal_of(path)) for path in unsupported.UNSUPPORTED)
    if refusal is not None and path.startswith(("/api/v5/public/", "/api/v5/market/"))
}

PUBLIC_ROUTES: Final[dict[tuple[str, str], PublicHandler]] = {
    **{("GET", f"/api/v5/{path}"): handler for path, handler in _SERVED.items()},
    **{("GET", path): handler for path, handler in _REFUSED.items()},
}
