"""
The venue's own table of instruments: fixed, whatever the seed, and derived from no client.

Sizes follow OKX's `public/instruments` of 26 April 2026 (okx-v5-facts section 6); delivery dates lie far ahead so that
nothing expires under a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from dualwitness.venues.sim.instrument_row import row
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.listings import PAIRS, SWAPS

__all__ = ["BASES", "EXPIRIES", "INSTRUMENTS", "by_key", "row"]

BASES = ("BTC", "ETH", "SOL", "AVAX", "DOGE", "XRP", "LTC")

# Delivery at 08:00 UTC: date in the id, milliseconds, OKX's (deprecated) alias.
_NEAR = (("270326", 1_806_048_000_000, "quarter"), ("270625", 1_813_910_400_000, "next_quarter"))
_FAR = (("270924", 1_821_772_800_000, ""), ("271231", 1_830_240_000_000, ""))
EXPIRIES = (*_NEAR, *_FAR)

_LISTED_SPOT_MS = 1_611_907_686_000
_LISTED_SWAP_MS = 1_573_557_408_000
_LISTED_DATED_MS = 1_774_600_200_000


class _Pair(NamedTuple):
    inst_id: str
    code: int
    tick: str
    lot: str
    minimum: str
    group: str
    lever: str
    list_time_ms: int = _LISTED_SPOT_MS


def _listed_pair(line: str) -> _Pair:
    inst_id, code, tick, lot, minimum, group, lever, listed = line.split()
    return _Pair(inst_id, int(code), tick, lot, minimum, group, "" if lever == "-" else lever, int(listed))


_PAIRS = (
    _Pair("BTC-USDT", 3, "0.1", "0.00000001", "0.00001", "12", "10"),
    _Pair("ETH-USDT", 4, "0.01", "0.000001", "0.0001", "12", "10"),
    _Pair("SOL-USDT", 1514, "0.01", "0.000001", "0.01", "12", "10"),
    _Pair("AVAX-USDT", 1501, "0.001", "0.000001", "0.1", "14", "10"),
    _Pair("DOGE-USDT", 988, "0.00001", "0.000001", "10", "12", "10"),
    _Pair("XRP-USDT", 42, "0.0001", "0.000001", "1", "12", "10"),
    _Pair("LTC-USDT", 7, "0.01", "0.000001", "0.01", "12", "10"),
    _Pair("BTC-USDC", 224008, "0.1", "0.00000001", "0.0001", "12", ""),
    _Pair("ETH-BTC", 5, "0.00001", "0.000001", "0.0001", "13", "10"),
    *(_listed_pair(line) for line in PAIRS.strip().splitlines()),
)


class _Contract(NamedTuple):
    inst_type: str
    family: str
    suffix: str
    code: int
    value: str
    tick: str
    lot: str
    max_market: str
    group: str
    lever: str
    list_time_ms: int = 0


def _listed_swap(line: str) -> _Contract:
    family, code, value, tick, lot, max_market, group, lever, listed = line.split()
    return _Contract("SWAP", family, "SWAP", int(code), value, tick, lot, max_market, group, lever, int(listed))


# OKX lists no dates that far ahead: codes of the venue's own, above those of demo's capture.
_FIRST_FAR_CODE = 2_021_032_622_900_001
# Family, ctVal, tick, lot, maxMktSz of the dated futures.
_DATED = (
    ("BTC-USDT", "0.01", "0.1", "0.01", "3000"),
    ("ETH-USDT", "0.1", "0.01", "0.01", "5000"),
    ("BTC-USD", "100", "0.1", "0.1", "10000"),
    ("ETH-USD", "10", "0.01", "1", "100000"),
)
_FAR_FUTURES = tuple((*terms, expiry[0]) for terms in _DATED for expiry in _FAR)

_CONTRACTS = (
    _Contract("SWAP", "BTC-USDT", "SWAP", 10459, "0.01", "0.1", "0.01", "34000", "4", "100"),
    _Contract("SWAP", "ETH-USDT", "SWAP", 10461, "0.1", "0.01", "0.01", "67000", "4", "100"),
    _Contract("SWAP", "SOL-USDT", "SWAP", 10530, "1", "0.01", "0.01", "34000", "4", "50"),
    _Contract("SWAP", "AVAX-USDT", "SWAP", 10491, "1", "0.001", "0.1", "26000", "5", "50"),
    _Contract("SWAP", "DOGE-USDT", "SWAP", 10502, "1000", "0.00001", "0.01", "19000", "4", "50"),
    _Contract("SWAP", "XRP-USDT", "SWAP", 10471, "100", "0.001", "0.01", "12000", "4", "50"),
    _Contract("SWAP", "LTC-USDT", "SWAP", 10463, "1", "0.01", "0.1", "7400", "4", "50"),
    _Contract("SWAP", "BTC-USDC", "SWAP", 73018, "0.0001", "0.1", "1", "300000", "4", "50"),
    _Contract("SWAP", "BTC-USD", "SWAP", 10458, "100", "0.1", "0.1", "54000", "4", "100"),
    _Contract("SWAP", "ETH-USD", "SWAP", 10460, "10", "0.01", "1", "300000", "4", "100"),
    _Contract("SWAP", "SOL-USD", "SWAP", 47079, "10", "0.01", "1", "40000", "4", "50"),
    _Contract("FUTURES", "BTC-USDT", "270326", 271001, "0.01", "0.1", "0.01", "3000", "5", "20"),
    _Contract("FUTURES", "BTC-USDT", "270625", 271002, "0.01", "0.1", "0.01", "3000", "5", "20"),
    _Contract("FUTURES", "ETH-USDT", "270326", 271003, "0.1", "0.01", "0.01", "5000", "5", "20"),
    _Contract("FUTURES", "ETH-USDT", "270625", 271004, "0.1", "0.01", "0.01", "5000", "5", "20"),
    _Contract("FUTURES", "BTC-USD", "270326", 271005, "100", "0.1", "0.1", "10000", "5", "20"),
    _Contract("FUTURES", "BTC-USD", "270625", 271006, "100", "0.1", "0.1", "10000", "5", "20"),
    _Contract("FUTURES", "ETH-USD", "270326", 271007, "10", "0.01", "1", "100000", "5", "20"),
    _Contract("FUTURES", "ETH-USD", "270625", 271008, "10", "0.01", "1", "100000", "5", "20"),
    *(_listed_swap(line) for line in SWAPS.strip().splitlines()),
    *(
        _Contract("FUTURES", family, date, _FIRST_FAR_CODE + place, value, tick, lot, max_market, "5", "20")
        for place, (family, value, tick, lot, max_market, date) in enumerate(_FAR_FUTURES)
    ),
)

# Family, ctMult, strikes; one contract is ctVal 1 times ctMult of the coin.
_OPTIONS = (
    ("BTC-USD", "0.01", ("50000", "60000", "65000", "70000", "80000")),
    ("ETH-USD", "0.1", ("2000", "2400", "2600", "2800", "3200")),
)
_OUTER_STRIKES = {
    "BTC-USD": ("40000", "55000", "75000", "90000", "100000"),
    "ETH-USD": ("1600", "2200", "3000", "3600", "4000"),
}


def _pair(inst_type: str, pair: _Pair) -> SimInstrument:
    base, quote = pair.inst_id.split("-")
    margin = inst_type == "MARGIN"
    # A real MARGIN row carries uly and instFamily, the SPOT row of the same instId leaves both blank.
    underlying = pair.inst_id if margin else ""
    lot = Decimal(pair.lot)
    # OKX allows more nines the coarser the lot.
    most = Decimal("9" * min(18 + lot.adjusted(), 16))
    return SimInstrument(
        inst_type=inst_type, inst_id=pair.inst_id, inst_id_code=pair.code, base_ccy=base, quote_ccy=quote,
        settle_ccy="", uly=underlying, inst_family=underlying, ct_type="", ct_val=None, ct_mult=None, ct_val_ccy="",
        tick_sz=Decimal(pair.tick), lot_sz=lot, min_sz=Decimal(pair.minimum), max_lmt_sz=most,
        max_mkt_sz=Decimal(1_000_000), lever=pair.lever, state="live", group_id=pair.group,
        list_time_ms=pair.list_time_ms, exp_time_ms=None, alias="", opt_type="", strike=None,
    )  # fmt: skip


def _contract(contract: _Contract) -> SimInstrument:
    base, quote = contract.family.split("-")
    inverse = quote == "USD"
    dated = {date: (expiry_ms, alias) for date, expiry_ms, alias in EXPIRIES}
    expiry_ms, alias = dated.get(contract.suffix, (None, ""))
    swap = contract.inst_type == "SWAP"
    return SimInstrument(
        inst_type=contract.inst_type, inst_id=f"{contract.family}-{contract.suffix}", inst_id_code=contract.code,
        base_ccy=base, quote_ccy=quote, settle_ccy=base if inverse else quote, uly=contract.family,
        inst_family=contract.family, ct_type="inverse" if inverse else "linear", ct_val=Decimal(contract.value),
        ct_mult=Decimal(1), ct_val_ccy=quote if inverse else base, tick_sz=Decimal(contract.tick),
        lot_sz=Decimal(contract.lot), min_sz=Decimal(contract.lot),
        max_lmt_sz=Decimal(100_000_000 if swap else 1_000_000), max_mkt_sz=Decimal(contract.max_market),
        lever=contract.lever, state="live", group_id=contract.group,
        list_time_ms=contract.list_time_ms or (_LISTED_SWAP_MS if swap else _LISTED_DATED_MS), exp_time_ms=expiry_ms,
        alias=alias, opt_type="", strike=None,
    )  # fmt: skip


def _option(family: str, multiplier: str, expiry: tuple[str, int, str], strike: str, right: str) -> SimInstrument:
    base = family.split("-", maxsplit=1)[0]
    date, expiry_ms, _ = expiry
    inst_id = f"{family}-{date}-{strike}-{right}"
    return SimInstrument(
        inst_type="OPTION", inst_id=inst_id, inst_id_code=_OPTION_CODES[inst_id], base_ccy=base, quote_ccy="USD",
        settle_ccy=base, uly=family, inst_family=family, ct_type="", ct_val=Decimal(1), ct_mult=Decimal(multiplier),
        ct_val_ccy=base, tick_sz=Decimal("0.0001"), lot_sz=Decimal(1), min_sz=Decimal(1),
        max_lmt_sz=Decimal(1_000_000), max_mkt_sz=Decimal(5000), lever="", state="live", group_id="1",
        list_time_ms=_LISTED_DATED_MS, exp_time_ms=expiry_ms, alias="", opt_type=right, strike=Decimal(strike),
    )  # fmt: skip


_Terms = tuple[str, str, tuple[str, int, str], str, str]


def _chain(
    strikes_of: Iterable[tuple[str, str, tuple[str, ...]]], expiries: Iterable[tuple[str, int, str]]
) -> list[_Terms]:
    dates = tuple(expiries)
    return [
        (family, multiplier, expiry, strike, right)
        for family, multiplier, strikes in strikes_of
        for expiry in dates
        for strike in strikes
        for right in ("C", "P")
    ]


def _name(terms: _Terms) -> str:
    family, _, expiry, strike, right = terms
    return f"{family}-{expiry[0]}-{strike}-{right}"


_FIRST_TERMS = _chain(_OPTIONS, _NEAR)
_MORE_TERMS = [
    *_chain(((family, multiplier, _OUTER_STRIKES[family]) for family, multiplier, _ in _OPTIONS), EXPIRIES),
    *_chain(_OPTIONS, _FAR),
]
_OPTION_CODES = {
    **{_name(terms): 255_000 + place for place, terms in enumerate(_FIRST_TERMS)},
    **{_name(terms): _FIRST_FAR_CODE + 1_000 + place for place, terms in enumerate(_MORE_TERMS)},
}

INSTRUMENTS: tuple[SimInstrument, ...] = (
    *(_pair("SPOT", pair) for pair in _PAIRS),
    *(_pair("MARGIN", pair) for pair in _PAIRS if pair.lever),
    *(_contract(contract) for contract in _CONTRACTS),
    *(_option(*terms) for terms in (*_FIRST_TERMS, *_MORE_TERMS)),
)


def by_key(instruments: tuple[SimInstrument, ...] = INSTRUMENTS) -> dict[tuple[str, str], SimInstrument]:
    """The table by (instType, instId): SPOT and MARGIN share their instId."""
    return {(instrument.inst_type, instrument.inst_id): instrument for instrument in instruments}
