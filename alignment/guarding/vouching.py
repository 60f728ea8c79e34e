"""An opening snapshot on a named person's word: what both libraries report while nothing moves."""

from __future__ import annotations

from decimal import Decimal

from dualwitness.alignment.guarding.core import GuardCore
from dualwitness.alignment.guarding.policy import PositionsBlocked
from dualwitness.alignment.witness import Testimony, WitnessKind
from dualwitness.models import PositionSide, PositionsQuality
from dualwitness.models.history import OpeningSnapshot
from dualwitness.models.leg import OpeningLeg
from dualwitness.venues import UsageError

__all__ = ["check_named", "vouched"]

_LONGEST_NAME, _LONGEST_REASON = 80, 500
# With no fill at all in the venue's window, any moment shortly before now will do.
_SHORTLY_MS = 60_000


def check_named(who: str, why: str) -> None:
    """Insist on a name and a reason; raises `UsageError`."""
    if not who.strip() or not why.strip():
        message = "evidence was to be changed without a name or without a reason"
        raise UsageError(message, advice="say who compared the account with the venue's own page, and why")


def vouched(core: GuardCore, who: str, why: str, budget_ms: int | None) -> OpeningSnapshot:
    """Take a snapshot and build on it; raises `UsageError` and `PositionsBlocked`."""
    check_named(who, why)
    with core.turn(budget_ms) as times:
        if times is None:
            message = "others looked until the time was over"
            raise PositionsBlocked(message, PositionsQuality.UNAVAILABLE)
        deadline_s = times[1]
        whole = core.evidence.read(deadline_s)
        before = core.evidence.version
        reports = core.session.report(core.session.libraries, deadline_s, 0)
        told = core.evidence.reports(reports)
        stood_still = whole and core.evidence.read(deadline_s) and core.evidence.version == before
        if not stood_still:
            message = "the account moved, or fills and bills could not be read, while the snapshot was taken"
            raise PositionsBlocked(message, PositionsQuality.UNRELIABLE)
        source = f"{who.strip()[:_LONGEST_NAME]}: {why.strip()[:_LONGEST_REASON]}"
        snapshot = _snapshot(core, told, source)
        core.evidence.build_on(snapshot)
    return snapshot


def _snapshot(core: GuardCore, told: tuple[Testimony, ...], source: str) -> OpeningSnapshot:
    legs = {leg for one in told for leg in one.contracts}
    claims = {leg: {one.says(leg) for one in told} for leg in legs}
    sound = len(told) > 1 and all(one.error is None and one.kind is WitnessKind.REPORT for one in told)
    if not sound or any(len(said) != 1 or None in said for said in claims.values()):
        message = "the libraries do not report the same positions"
        raise PositionsBlocked(message, PositionsQuality.UNRELIABLE)
    held: list[OpeningLeg] = []
    for leg in sorted(legs):
        contracts = told[0].says(leg)
        entry = next((price for one in told if (price := one.entry_prices.get(leg)) is not None), None)
        if not contracts or ":" not in leg.symbol:
            continue
        if entry is None or entry <= Decimal(0):
            message = f"no library tells the entry price of {leg.symbol}"
            raise PositionsBlocked(message, PositionsQuality.UNRELIABLE)
        held.append(OpeningLeg(leg.symbol, PositionSide(leg.side), contracts, entry))
    newest_ms, bill_id = core.session.newest()
    ts_ms = core.session.venue_now_ms() - _SHORTLY_MS if newest_ms is None else newest_ms
    return OpeningSnapshot(ts_ms, tuple(held), source, last_bill_id=bill_id)
