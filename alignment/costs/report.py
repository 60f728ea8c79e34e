"""The section ``impedance`` of a run's report, from everything that the run saw. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from dualwitness.alignment.collect import Collection
from dualwitness.alignment.costs.contact import Contact, contacts_document, contacts_of, fidelity
from dualwitness.alignment.costs.fees import fee_truth, fees_paid
from dualwitness.alignment.costs.latency import latency, percentile, sent_skews_ms, summary_ms
from dualwitness.alignment.costs.limits import not_shown
from dualwitness.alignment.costs.orders import own_orders
from dualwitness.models import FeeRates, Fill, ImpedanceFidelity, Instrument, Library, MarketType, NullReason

__all__ = ["contacts_in", "impedance_document", "nothing_met", "skew_document"]


def contacts_in(seen: Collection) -> Counter[Contact]:
    """Whom the libraries of a run really contacted, over a socket."""
    return contacts_of(exchange for library in Library for _, _, exchange in seen.samples.of(library))


def impedance_document(seen: Collection) -> dict[str, Any]:
    """
    Fidelity and what it was derived from; latency, slippage, orders, fees and skew; and what none of it can show.

    Each part that cannot be had is null or empty beside its entry in ``reasons``.
    """
    contacts = contacts_in(seen)
    pairs = [pair for _, pair in seen.pairs]
    fills = {library: _fills(seen, library) for library in Library}
    every = [fill for library in (Library.OKX_SDK, Library.CCXT) for fill in fills[library]]
    skew = skew_document(seen.skews_ms, sent_skews_ms(pairs)) if contacts else None
    reasons = {}
    if skew is None:
        reasons["skew_ms"] = str(NullReason.NOT_ASKED)
    if not seen.probes:
        reasons |= {"slippage_bps": str(NullReason.NOT_ASKED), "orders": str(NullReason.NOT_ASKED)}
    return {
        "fidelity": str(fidelity(contacts)),
        "contacted": contacts_document(contacts),
        "latency": latency(seen.observations),
        "skew_ms": skew,
        "slippage_bps": {
            str(library): [one.document() for one in record.slippage] for library, record in sorted(seen.probes.items())
        },
        "orders": {
            str(library): own_orders(library, record.placed, record.looked_up, fills[library])
            for library, record in sorted(seen.probes.items())
        },
        "fees_paid": fees_paid({(fill.symbol, fill.trade_id): fill for fill in every}.values()),
        "fee_truth": {
            str(library): fee_truth(fills[library], _rates(seen, library), _instruments(seen, library))
            for library in Library
            if library in seen.pair_of("get_fills")
        },
        "not_shown": _limits(contacts),
        "reasons": reasons,
    }


def nothing_met() -> dict[str, Any]:
    """The section of a run that contacted nobody and timed nothing, such as one over a folder of recorded answers."""
    return {
        "fidelity": str(ImpedanceFidelity.UNKNOWN),
        "contacted": [],
        "latency": {},
        "skew_ms": None,
        "slippage_bps": {},
        "orders": {},
        "fees_paid": {},
        "fee_truth": {},
        "not_shown": _limits(()),
        "reasons": {
            name: str(NullReason.NOT_ASKED) for name in ("fee_truth", "latency", "orders", "skew_ms", "slippage_bps")
        },
    }


def skew_document(asked_ms: list[float], sent_ms: list[float] | None = None) -> dict[str, Any] | None:
    """
    How far apart two witnesses were: when asked and, under ``sent``, when their requests left; None of fewer than two.

    Count, p50, p95, p99 and the largest, in ms.
    """
    if not asked_ms:
        return None
    told: dict[str, Any] = {
        "count": len(asked_ms),
        **{f"p{int(share * 100)}": round(percentile(asked_ms, share), 3) for share in (0.5, 0.95, 0.99)},
        "max": round(max(asked_ms), 3),
    }
    return told if sent_ms is None else told | {"sent": summary_ms(sent_ms)}


def _limits(contacts: Iterable[Contact]) -> list[dict[str, str]]:
    limits = not_shown(contact.place for contact in contacts)
    return [{"what": limit.what, "reason": limit.reason} for limit in limits]


def _instruments(seen: Collection, library: Library) -> dict[str, Instrument]:
    """The instruments as this library told them: its fees are held against its own words."""
    observation = seen.pair_of("get_instruments").get(library)
    rows = [row for row in (observation.rows if observation else None) or () if isinstance(row, Instrument)]
    return {row.symbol: row for row in rows if row.market_type is not MarketType.MARGIN}


def _fills(seen: Collection, library: Library) -> list[Fill]:
    observation = seen.pair_of("get_fills").get(library)
    return [row for row in (observation.rows if observation else None) or () if isinstance(row, Fill)]


def _rates(seen: Collection, library: Library) -> dict[str, FeeRates]:
    return {
        row.symbol: row
        for question, pair in seen.pairs
        if question.operation == "get_fee_rates" and library in pair
        for row in pair[library].rows or ()
        if isinstance(row, FeeRates)
    }
