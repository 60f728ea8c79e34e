"""What coins count for and cost to borrow: discount rates, loan quotas, the insurance fund."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim import parameters
from dualwitness.venues.sim.draws import unit
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.numbers import round_to, text
from dualwitness.venues.sim.public.catalogue import DERIVATIVES, Rows, between, catalogue_of

__all__ = ["discount_quota", "insurance_fund", "loan_quota", "vip_loan_quota"]

_STABLE = ("USDT", "USDC")
# Recorded on 27 April 2026: what most coins cost a day, what dollars cost.
_COIN_RATE = Decimal("0.0000276")
_DOLLAR_RATE = Decimal("0.00006864")
_COIN_QUOTA_USD = Decimal(2_000_000)
_DOLLAR_QUOTA = Decimal(5_000_000)
_REGULAR_LEVELS = 5
_VIP_LEVELS = 9
# Quota of a strategy's loan by VIP level in millions, for the two kinds of strategy account (recorded).
_STRATEGY_MILLIONS = {
    "1": (0, 6, 12, 18, 30, 45, 60, 75, 90, 105),
    "0": (1, 2, 4, 6, 10, 15, 20, 25, 30, 35),
}
_EXTRA_VIP_QUOTA = Decimal("0.1")

_FUND_TYPES = ("regular_update", "liquidation_balance_deposit", "bankruptcy_loss", "platform_revenue", "adl")
_FUND_UPDATE_MS = 60_000
_FUND_USD = Decimal(250_000_000)


class _DiscountTier(NamedTuple):
    """Up to how many dollars a rate counts."""

    most_usd: Decimal
    rate: Decimal


_COIN_DISCOUNTS = tuple(
    _DiscountTier(Decimal(most_usd), Decimal(rate))
    for most_usd, rate in ((1_000_000, "0.98"), (2_000_000, "0.975"), (4_000_000, "0.97"), (8_000_000, "0.95"),
                           (20_000_000, "0.9"), (50_000_000, "0.8"), (100_000_000, "0.5"))
)  # fmt: skip
_DOLLAR_DISCOUNTS = (_DiscountTier(Decimal(10_000_000_000), Decimal(1)),)


def _round_coins(market: Market, ccy: str, dollars: Decimal) -> Decimal:
    """How many coins about so many dollars are, to one digit: steady while the price wanders."""
    coins = dollars / market.usd(ccy)
    return round_to(coins, Decimal(1).scaleb(coins.adjusted()))


def discount_quota(market: Market, params: Params) -> Rows:
    """``public/discount-rate-interest-free-quota``: at what share of its value a coin counts as margin."""
    known = catalogue_of(market).currencies()
    wanted = params.get("ccy", "")
    if wanted and wanted not in known:
        raise parameters.wrong("ccy")
    return [_discount_row(market, ccy) for ccy in known if wanted in ("", ccy)]


def _discount_row(market: Market, ccy: str) -> dict[str, object]:
    stable = ccy in _STABLE
    details: list[object] = []
    counted, least = Decimal(0), Decimal(0)
    for number, tier in enumerate(_DOLLAR_DISCOUNTS if stable else _COIN_DISCOUNTS, start=1):
        most = tier.most_usd if stable else _round_coins(market, ccy, tier.most_usd)
        counted += (most - least) * tier.rate
        details.append(
            {
                "disCcyEq": text(counted),
                "discountRate": text(tier.rate),
                "liqPenaltyRate": text(1 - tier.rate),
                "maxAmt": text(most),
                "minAmt": text(least),
                "tier": str(number),
            }
        )
        least = most
    return {
        "amt": "0",
        "ccy": ccy,
        "colRes": "0",
        "collateralRestrict": False,
        "details": details,
        "discountLv": "",
        "minDiscountRate": "0",
    }


def _daily_rate(market: Market, ccy: str) -> Decimal:
    if ccy == "USDT":
        return _DOLLAR_RATE
    # Some coins are scarce and cost several times as much.
    scarce = unit(market.seed, f"loan/{ccy}") > Decimal("0.9")
    return _COIN_RATE * (5 if scarce else 1)


def _quota(market: Market, ccy: str) -> Decimal:
    return _DOLLAR_QUOTA if ccy in _STABLE else _round_coins(market, ccy, _COIN_QUOTA_USD)


def loan_quota(market: Market, _params: Params) -> Rows:
    """``public/interest-rate-loan-quota``: daily rates and quotas, and what each fee level multiplies them by."""
    vips = [f"VIP {level}" for level in range(1, _VIP_LEVELS + 1)]
    regular = [f"Lv{level}" for level in range(1, _REGULAR_LEVELS + 1)]
    config = [
        {"ccy": "USDT", "level": level, "quota": "" if not millions else str(millions * 1_000_000), "stgyType": kind}
        for kind, steps in _STRATEGY_MILLIONS.items()
        for level, millions in [*((name, steps[0]) for name in regular), *zip(vips, steps[1:], strict=True)]
    ]
    return [
        {
            "basic": [
                {"ccy": ccy, "quota": text(_quota(market, ccy)), "rate": text(_daily_rate(market, ccy))}
                for ccy in catalogue_of(market).currencies()
            ],
            "config": config,
            "configCcyList": [{"ccy": "USDT", "rate": text(_DOLLAR_RATE)}],
            "regular": [
                {"irDiscount": "", "level": name, "loanQuotaCoef": str(place)}
                for place, name in enumerate(regular, start=1)
            ],
            "vip": [
                {"irDiscount": "", "level": name, "loanQuotaCoef": str(place)}
                for place, name in enumerate(vips, start=_REGULAR_LEVELS)
            ],
        }
    ]


def vip_loan_quota(market: Market, _params: Params) -> Rows:
    """``public/vip-interest-rate-loan-quota``: the quota of each of the higher levels, coin by coin."""
    rows: Rows = []
    for ccy in catalogue_of(market).currencies():
        quota = _quota(market, ccy)
        levels = [
            {"level": f"VIP{level}", "loanQuota": text(quota * (1 + _EXTRA_VIP_QUOTA * (level - 5)))}
            for level in range(5, _VIP_LEVELS + 1)
        ]
        rows.append({"ccy": ccy, "levelList": levels, "quota": text(quota), "rate": text(_daily_rate(market, ccy))})
    return rows


def insurance_fund(market: Market, params: Params) -> Rows:
    """``public/insurance-fund``: the fund's balance, minute by minute; nothing has ever been paid in or out."""
    inst_type = parameters.choice(params, "instType", ("MARGIN", *DERIVATIVES))
    kind = parameters.optional_choice(params, "type", _FUND_TYPES, default="regular_update")
    most = parameters.limit(params, default=100, most=100)
    after, before = parameters.moment_ms(params, "after"), parameters.moment_ms(params, "before")
    family, ccy = _fund(market, inst_type, params)
    balance = _round_coins(market, ccy, _FUND_USD)
    newest_ms = market.now_s * 1000 // _FUND_UPDATE_MS * _FUND_UPDATE_MS
    if after is not None:
        newest_ms = min(newest_ms, max(after - 1, 0) // _FUND_UPDATE_MS * _FUND_UPDATE_MS)
    moments = [newest_ms - place * _FUND_UPDATE_MS for place in range(most)] if kind == "regular_update" else []
    details: list[object] = [
        {
            "adlType": "",
            "amt": "0",
            "balance": text(balance),
            "ccy": ccy,
            "decRate": "",
            "maxBal": "",
            "maxBalTs": "",
            "ts": str(ts_ms),
            "type": kind,
        }
        for ts_ms in moments
        if ts_ms > 0 and between(ts_ms, after, before)
    ]
    total = (balance * market.usd(ccy)).quantize(Decimal("0.0001"))
    return [{"details": details, "instFamily": family, "instType": inst_type, "total": text(total)}]


def _fund(market: Market, inst_type: str, params: Params) -> tuple[str, str]:
    """Family and currency of the fund that is asked for: by family for contracts, by currency for MARGIN."""
    if inst_type == "MARGIN":
        ccy = parameters.required(params, "ccy")
        if ccy not in catalogue_of(market).currencies():
            raise parameters.wrong("ccy")
        return "", ccy
    parameters.either(params, "uly", "instFamily")
    name = "instFamily" if params.get("instFamily") else "uly"
    for instrument in catalogue_of(market).by_type.get(inst_type, ()):
        if params[name] in (instrument.inst_family, instrument.uly):
            return instrument.inst_family, instrument.settle_ccy
    raise parameters.wrong(name)
