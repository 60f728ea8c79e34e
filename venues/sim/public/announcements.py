"""Announcements: the venue has one subject, the listings of its own table."""

from __future__ import annotations

from dualwitness.venues.sim import parameters
from dualwitness.venues.sim.kinds import Params
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.public.catalogue import DERIVATIVES, Rows, catalogue_of

__all__ = ["announcement_types", "announcements"]

_LISTINGS = "announcements-new-listings"
_TYPES = {
    "announcements-latest-announcements": "Latest announcements",
    _LISTINGS: "New listings",
}
_PAGE = 20


def announcement_types(_market: Market, _params: Params) -> Rows:
    """``support/announcement-types``."""
    return [{"annType": name, "annTypeDesc": description} for name, description in _TYPES.items()]


def announcements(market: Market, params: Params) -> Rows:
    """``support/announcements``: twenty a page, newest first; ``url`` is blank, the venue has no web pages."""
    parameters.optional_choice(params, "annType", tuple(_TYPES))
    page = parameters.limit(params, default=1, most=1_000_000, name="page")
    catalogue = catalogue_of(market)
    listed = [item for kind in ("SPOT", *DERIVATIVES[:2]) for item in catalogue.by_type.get(kind, ())]
    listed.sort(key=lambda instrument: -instrument.list_time_ms)
    shown = listed[(page - 1) * _PAGE : page * _PAGE]
    details = [
        {
            "annType": _LISTINGS,
            "pTime": str(instrument.list_time_ms),
            "title": f"{instrument.inst_id} is open for trading",
            "url": "",
        }
        for instrument in shown
    ]
    return [{"details": details, "totalPage": str(-(-len(listed) // _PAGE))}]
