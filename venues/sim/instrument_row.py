"""One instrument spelled as OKX spells it: every key of April 2026, alphabetical, blank where it does not apply."""

from __future__ import annotations

from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.numbers import text

__all__ = ["row"]

# Keys that are blank in every SPOT, MARGIN, SWAP, FUTURES and OPTION row captured on 26 April 2026.
_ALWAYS_BLANK = (
    "auctionEndTime",
    "freq",
    "longPosRemainingQuota",
    "method",
    "preMktSwTime",
    "seriesId",
    "shortPosRemainingQuota",
)


def row(instrument: SimInstrument) -> dict[str, object]:
    """
    The row of ``public/instruments``; all values are strings but ``instIdCode``, ``futureSettlement`` and the lists.

    A pair leaves the contract fields blank, a contract leaves ``baseCcy`` and ``quoteCcy`` blank (captures of
    26 April 2026). An option of that date carries ``ctType`` ``inverse``, although older ones left it blank. A loaded
    instrument's row is the one it was loaded from.
    """
    if instrument.raw is not None:
        return dict(instrument.raw)
    spot = instrument.is_spot
    option = instrument.inst_type == "OPTION"
    dated = instrument.inst_type == "FUTURES"
    limit_size = text(instrument.max_lmt_sz)
    algo_size = f"{limit_size}.0000000000000000"
    fields: dict[str, object] = dict.fromkeys(_ALWAYS_BLANK, "")
    fields |= {
        "alias": instrument.alias,
        "baseCcy": instrument.base_ccy if spot else "",
        "category": "1",
        "contTdSwTime": "1611916860000" if instrument.inst_type == "SWAP" else "",
        "ctMult": "" if instrument.ct_mult is None else text(instrument.ct_mult),
        "ctType": "inverse" if option else instrument.ct_type,
        "ctVal": "" if instrument.ct_val is None else text(instrument.ct_val),
        "ctValCcy": instrument.ct_val_ccy,
        "expTime": "" if instrument.exp_time_ms is None else str(instrument.exp_time_ms),
        "futureSettlement": dated,
        "groupId": instrument.group_id,
        "instCategory": "1",
        "instFamily": instrument.inst_family,
        "instId": instrument.inst_id,
        "instIdCode": instrument.inst_id_code,
        "instType": instrument.inst_type,
        "lever": instrument.lever,
        "listTime": str(instrument.list_time_ms),
        "lotSz": text(instrument.lot_sz),
        "maxIcebergSz": algo_size,
        "maxLmtAmt": "20000000",
        "maxLmtSz": limit_size,
        "maxMktAmt": "1000000" if spot else "",
        "maxMktSz": text(instrument.max_mkt_sz),
        "maxPlatOILmt": "" if spot or option else "10000000000000",
        "maxStopSz": text(instrument.max_mkt_sz),
        "maxTriggerSz": algo_size,
        "maxTwapSz": algo_size,
        "minSz": text(instrument.min_sz),
        "openType": "fix_price" if spot else ("call_auction" if instrument.inst_type == "SWAP" else ""),
        "optType": instrument.opt_type,
        "posLmtAmt": "" if spot or option else ("350000" if dated else "250000"),
        "posLmtPct": "" if spot or option else ("25" if dated else "30"),
        "quoteCcy": instrument.quote_ccy if spot else "",
        "ruleType": instrument.rule_type,
        "settleCcy": instrument.settle_ccy,
        "state": instrument.state,
        "stk": "" if instrument.strike is None else text(instrument.strike),
        "tickSz": text(instrument.tick_sz),
        "tradeQuoteCcyList": [instrument.quote_ccy] if spot else [],
        "uly": instrument.uly,
        "upcChg": [],
    }
    return dict(sorted(fields.items()))
