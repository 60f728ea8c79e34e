"""
The passing of venue time: what happened to the account between the last look and now.

Moments are visited in order, each with the market as it was then: every moment something is due (funding times, expiry
of held contracts, cancel-all-after, full hours where interest runs) and, while there is anything a price could touch,
every second, or `moments.MOST_SAMPLES` seconds spread evenly over a longer absence. At one moment things happen in a
fixed order: timers, resting orders, algo orders, funding, interest, expiry, liquidation.
"""

from __future__ import annotations

from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.engine.account import Account
from dualwitness.venues.sim.engine.algos import fire_due
from dualwitness.venues.sim.engine.amounts import exact
from dualwitness.venues.sim.engine.delivery_settlement import expiries, settle_expired
from dualwitness.venues.sim.engine.funding import pay_funding
from dualwitness.venues.sim.engine.interest import HOUR_MS, accrue_interest, owes_anything
from dualwitness.venues.sim.engine.liquidation import liquidate_due
from dualwitness.venues.sim.engine.moments import moments, multiples
from dualwitness.venues.sim.engine.sweeping import sweep
from dualwitness.venues.sim.engine.timers import expire_position_ids, fire_timers
from dualwitness.venues.sim.kinds import Clock, MarketView

__all__ = ["FUNDING_INTERVAL_MS", "advance", "look_again"]

# 00:00, 08:00 and 16:00 UTC.
FUNDING_INTERVAL_MS = 8 * 3_600_000


@exact
def advance(account: Account) -> None:
    """Bring the account up to the present moment of venue time; one comparison within a second already looked at."""
    timeline, clock, market = account.timeline, account.clock, account.market
    now_ms = clock.now_ms()
    if now_ms < timeline.quiet_until_ms:
        return
    after_ms = timeline.looked_ms
    due = _due(account, after_ms, now_ms)
    try:
        for ms in moments(after_ms, now_ms, due, sampled=_touchable(account)):
            _set(account, FrozenClock(ms), market if ms == now_ms else market.at(ms))
            _look(account, ms, scheduled=ms in due)
            timeline.looked_ms = ms
    finally:
        _set(account, clock, market)
    expire_position_ids(account, now_ms)
    timeline.quiet_until_ms = min([(now_ms // 1000 + 1) * 1000, *timeline.cancel_all_after.values()])


def look_again(account: Account) -> None:
    """Make the next `advance` look once more at this second: for who changes the market's prices by hand."""
    account.timeline.quiet_until_ms = 0
    account.swept_s = -1


def _set(account: Account, clock: Clock, market: MarketView) -> None:
    account.clock, account.market = clock, market


def _touchable(account: Account) -> bool:
    """Whether a price could change anything: an order that may fill or fire, a position that may be liquidated."""
    return any(True for many in (account.open_orders(), account.open_legs(), account.algos.open_algos()) for _ in many)


def _due(account: Account, after_ms: int, until_ms: int) -> frozenset[int]:
    """Moments later than ``after_ms`` up to ``until_ms`` at which something happens whatever prices do."""
    due = {*multiples(FUNDING_INTERVAL_MS, after_ms, until_ms), *account.timeline.cancel_all_after.values()}
    due |= expiries(account)
    # A loan may be taken in between, by an order that fills: then its first hours are those from `until_ms` on.
    if owes_anything(account):
        due.update(multiples(HOUR_MS, after_ms, until_ms))
    return frozenset(ms for ms in due if after_ms < ms <= until_ms)


def _look(account: Account, ms: int, *, scheduled: bool) -> None:
    fire_timers(account, ms)
    sweep(account)
    fire_due(account)
    if scheduled and ms % FUNDING_INTERVAL_MS == 0:
        pay_funding(account, ms)
    if scheduled and ms % HOUR_MS == 0:
        accrue_interest(account, ms)
    settle_expired(account, ms)
    liquidate_due(account, ms)
