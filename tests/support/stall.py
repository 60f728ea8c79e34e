"""A client that outlives its tests, at a venue that each test finds as new: opening clients is what costs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from dualwitness.models import Library, PositionMode
from dualwitness.venues.client import VenueClient
from dualwitness.venues.paper import PaperMarket, PaperSettings, PaperVenue
from dualwitness.venues.sim.server import serve_in_thread
from tests.support.clients import HeardVenue, opened
from tests.support.paper import ROUTES
from tests.support.venue import FROZEN_MS

__all__ = ["RenewedVenue", "Stall", "opened_stall"]


class RenewedVenue(HeardVenue):
    """A funded venue in one position mode that can be made as new while its address stays."""

    def __init__(self, position_mode: PositionMode) -> None:
        super().__init__("funded")
        self._mode = position_mode
        self.account.position_mode = "net_mode" if position_mode is PositionMode.NET else "long_short_mode"

    def renew(self) -> None:
        """Forget everything that happened."""
        self.__init__(self._mode)  # type: ignore[misc]


@dataclass(frozen=True)
class Stall:
    """One route to one venue."""

    route: str
    mode: PositionMode
    venue: RenewedVenue
    _client: VenueClient
    _market: PaperMarket

    def fresh(self) -> VenueClient:
        """The client at a venue that is as new; a paper venue is a new one."""
        self.venue.renew()
        self._client.drain_exchanges()
        if self.route != "paper":
            return self._client
        return PaperVenue(self._market, settings=PaperSettings(position_mode=self.mode), clock_ms=lambda: FROZEN_MS)


@contextlib.contextmanager
def opened_stall(route: str, mode: PositionMode) -> Iterator[Stall]:
    """A stall on loopback; closed with the block."""
    assert route in ROUTES
    venue = RenewedVenue(mode)
    library = Library.OKX_SDK if route == "paper" else Library(route)
    with serve_in_thread(venue) as running, opened(library, running.base_url) as client:
        market = PaperMarket.of_client(client)
        yield Stall(route, mode, venue, client, replace(market, instruments_of=cache(market.instruments_of)))
