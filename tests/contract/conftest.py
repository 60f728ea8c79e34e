"""Every client of the interface, and venues whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dualwitness.models import Library
from dualwitness.venues.client import VenueClient
from tests.support.clients import HeardVenue, heard_venue, opened
from tests.support.paper import ROUTES, opened_route


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest) -> str:
    """Each way to a venue in turn: both libraries, and the paper venue."""
    chosen: str = request.param
    return chosen


@pytest.fixture(params=list(Library), ids=str)
def library(request: pytest.FixtureRequest) -> Library:
    """Each library in turn."""
    chosen: Library = request.param
    return chosen


@pytest.fixture(scope="module", params=["positions", "long_short"])
def standing(request: pytest.FixtureRequest) -> Iterator[tuple[HeardVenue, str]]:
    """A venue in each scenario that holds positions, for tests that only read."""
    with heard_venue(request.param) as running:
        yield running


@pytest.fixture(scope="module", params=list(Library), ids=str)
def reader(request: pytest.FixtureRequest, standing: tuple[HeardVenue, str]) -> Iterator[VenueClient]:
    """A client of the standing venue over each library, for tests that only read."""
    with opened(request.param, standing[1]) as client:
        yield client


@pytest.fixture(scope="module", params=ROUTES)
def viewer(request: pytest.FixtureRequest, standing: tuple[HeardVenue, str]) -> Iterator[VenueClient]:
    """A client of the standing venue over each route, for tests that only look at the market."""
    with opened_route(request.param, standing[1]) as client:
        yield client


@pytest.fixture
def truth(standing: tuple[HeardVenue, str]) -> HeardVenue:
    """The venue that reader and viewer ask."""
    return standing[0]


@pytest.fixture
def funded() -> Iterator[tuple[HeardVenue, str]]:
    """A fresh venue with funds and nothing else, for tests that trade."""
    with heard_venue("funded") as running:
        yield running


@pytest.fixture
def venue(funded: tuple[HeardVenue, str]) -> HeardVenue:
    """The venue that `client` trades at."""
    return funded[0]


@pytest.fixture
def client(route: str, funded: tuple[HeardVenue, str]) -> Iterator[VenueClient]:
    """A client of the fresh venue over each route."""
    with opened_route(route, funded[1]) as trading:
        yield trading
