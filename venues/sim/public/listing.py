"""What is listed and how it may be traded: instruments, underlyings, tick bands, tiers, contract sizes, time."""

from __future__ import annotations

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from dualwitness.venues.sim import parameters
from dualwitness.venues.sim.kinds import Params, SimInstrument
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.numbers import text
from dualwitness.venues.sim.public.catalogue import (
    DERIVATIVES,
    Rows,
    catalogue_of,
    instrument_of,
    selected,
    unknown,
)
from dualwitness.venues.sim.tiers import Tier, tiers_of

__all__ = [
    "convert_contract_coin",
    "instrument_tick_bands",
    "instruments",
    "position_tiers",
    "status",
    "time",
    "underlying",
]

_TYPES = ("SPOT", "MARGIN", *DERIVATIVES)
_STATES = ("scheduled", "ongoing", "pre_open", "completed", "canceled")
_MOST_NAMES = 5
_COIN_DIGITS = Decimal("1e-8")
# Above this premium an option is quoted in coarser steps (recorded `instrument-tick-bands`).
_BAND_EDGE = Decimal("0.005")
_BAND_TOP = "10000000"


def instruments(market: Market, params: Params) -> Rows:
    """``public/instruments``: options must be asked for by family or underlying."""
    inst_type = parameters.choice(params, "instType", _TYPES)
    if inst_type == "OPTION":
        parameters.either(params, "uly", "instFamily")
    catalogue = catalogue_of(market)
    return [catalogue.row(instrument) for instrument in selected(market, inst_type, params)]


def time(market: Market, _params: Params) -> Rows:
    """``public/time``."""
    return [{"ts": str(market.clock.now_ms())}]


def status(_market: Market, params: Params) -> Rows:
    """``system/status``: no maintenance is scheduled, ever."""
    parameters.optional_choice(params, "state", _STATES)
    return []


def underlying(market: Market, params: Params) -> Rows:
    """``public/underlying``: one list of names inside the list of rows."""
    inst_type = parameters.choice(params, "instType", DERIVATIVES)
    listed = catalogue_of(market).by_type.get(inst_type, ())
    return [sorted({instrument.uly for instrument in listed})]


def instrument_tick_bands(market: Market, params: Params) -> Rows:
    """``public/instrument-tick-bands``: an option's tick by its price, for each family."""
    inst_type = parameters.choice(params, "instType", ("OPTION",))
    wanted = params.get("instFamily", "")
    steps = {
        instrument.inst_family: instrument.tick_sz for instrument in catalogue_of(market).by_type.get("OPTION", ())
    }
    if wanted and wanted not in steps:
        raise parameters.wrong("instFamily")
    return [
        {
            "instFamily": family,
            "instType": inst_type,
            "tickBand": [
                {"maxPx": text(_BAND_EDGE), "minPx": "0", "tickSz": text(tick)},
                # The venue quotes one tick at every price: it has one book, whose step is the instrument's.
                {"maxPx": _BAND_TOP, "minPx": text(_BAND_EDGE), "tickSz": text(tick)},
            ],
        }
        for family, tick in steps.items()
        if wanted in ("", family)
    ]


def position_tiers(market: Market, params: Params) -> Rows:
    """``public/position-tiers``: by family for contracts, by pair or currency for MARGIN (okx-v5-facts section 12)."""
    inst_type = parameters.choice(params, "instType", ("MARGIN", *DERIVATIVES))
    parameters.choice(params, "tdMode", ("cross", "isolated"))
    numbers = parameters.names(params, "tier", most=100)
    chosen = _tiered_pairs(market, params) if inst_type == "MARGIN" else _tiered_families(market, inst_type, params)
    return [
        _tier_row(market, instrument, tier)
        for instrument in chosen
        for tier in tiers_of(instrument)
        if not numbers or str(tier.number) in numbers
    ]


def _tiered_pairs(market: Market, params: Params) -> list[SimInstrument]:
    parameters.either(params, "instId", "ccy")
    pairs = catalogue_of(market).by_type.get("MARGIN", [])
    wanted = parameters.names(params, "instId", most=_MOST_NAMES)
    if not wanted:
        ccy = params.get("ccy", "")
        return [pair for pair in pairs if ccy in (pair.base_ccy, pair.quote_ccy)]
    known = {pair.inst_id: pair for pair in pairs}
    if not all(name in known for name in wanted):
        raise unknown()
    return [known[name] for name in wanted]


def _tiered_families(market: Market, inst_type: str, params: Params) -> list[SimInstrument]:
    """One instrument of each wanted family: its members share their tiers."""
    parameters.either(params, "uly", "instFamily")
    name = "instFamily" if params.get("instFamily") else "uly"
    wanted = parameters.names(params, name, most=_MOST_NAMES)
    listed = catalogue_of(market).by_type.get(inst_type, [])
    found: dict[str, SimInstrument] = {}
    for instrument in listed:
        if (instrument.inst_family if name == "instFamily" else instrument.uly) in wanted:
            found.setdefault(instrument.inst_family, instrument)
    if not found:
        raise parameters.wrong(name)
    return list(found.values())


def _tier_row(market: Market, instrument: SimInstrument, tier: Tier) -> dict[str, object]:
    margin, option = instrument.inst_type == "MARGIN", instrument.inst_type == "OPTION"
    base, quote = _loans(market, instrument, tier) if margin else ("", "")
    return {
        "baseMaxLoan": base,
        "imr": "" if option else text(tier.imr),
        "instFamily": "" if margin else instrument.inst_family,
        "instId": instrument.inst_id if margin else "",
        "maxLever": "" if option else text(tier.max_lever),
        "maxSz": text(tier.max_sz),
        "minSz": text(tier.min_sz),
        "mmr": "" if option else text(tier.mmr),
        "optMgnFactor": text(tier.imr) if option else "0",
        "quoteMaxLoan": quote,
        "tier": str(tier.number),
        "uly": "" if margin else instrument.uly,
    }


def _loans(market: Market, instrument: SimInstrument, tier: Tier) -> tuple[str, str]:
    """What may be borrowed for a position at the tier's end: its size in base, its value in quote currency."""
    return text(tier.max_sz), text((tier.max_sz * market.index(instrument.inst_id)).quantize(_COIN_DIGITS))


def convert_contract_coin(market: Market, params: Params) -> Rows:
    """``public/convert-contract-coin``: type 1 turns coins into contracts, 2 contracts into coins."""
    kind = parameters.optional_choice(params, "type", ("1", "2"), default="1")
    unit = parameters.optional_choice(params, "unit", ("coin", "usds"), default="coin")
    rounding = parameters.optional_choice(params, "opType", ("open", "close"), default="close")
    instrument = instrument_of(market, params)
    if instrument.is_spot:
        raise parameters.wrong("instId")
    size = parameters.amount(params, "sz")
    # Face value and the asked unit agree for an inverse contract in dollars and for a linear one in coin.
    needs_price = instrument.inverse == (unit == "coin")
    price = parameters.amount(params, "px", default=None if needs_price else Decimal(1))
    each = _each(instrument, price) if needs_price else instrument.contract_size
    if kind == "2":
        converted = (size * each).quantize(_COIN_DIGITS, rounding=ROUND_HALF_UP)
    else:
        mode = ROUND_DOWN if rounding == "open" else ROUND_HALF_UP
        converted = (size / each / instrument.lot_sz).to_integral_value(mode) * instrument.lot_sz
    return [
        {"instId": instrument.inst_id, "px": params.get("px", ""), "sz": text(converted), "type": kind, "unit": unit}
    ]


def _each(instrument: SimInstrument, price: Decimal) -> Decimal:
    """Value of one contract in the unit that is not its face value's, at a price."""
    return instrument.contract_size / price if instrument.inverse else instrument.contract_size * price
