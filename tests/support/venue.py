"""Helpers to run the embedded venue in a test: with a standing clock, asked directly or over loopback."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dualwitness.venues.sim.auth import DEMO_CREDENTIALS, SimCredentials, sign
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.server import ServedVenue, serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = [
    "CCXT_AGENT",
    "FROZEN_MS",
    "SDK_AGENT",
    "ManualClock",
    "ask",
    "auth_headers",
    "frozen_venue",
    "parsed",
    "recorded",
    "served",
]

# 18 November 2026, 11:06:40.123 UTC: between two seconds, minutes and hours.
FROZEN_MS = 1_795_000_000_123
CCXT_AGENT = "python-requests/2.32.5"
SDK_AGENT = "python-httpx/0.28.1"


@dataclass
class ManualClock:
    """Moves when a test says so."""

    at_ms: int = FROZEN_MS

    def now_ms(self) -> int:
        return self.at_ms


def frozen_venue(scenario: str = "funded", *, lies: tuple[str, ...] = (), seed: int = 0) -> EmbeddedVenue:
    """A venue whose two clocks stand still at ``FROZEN_MS``."""
    clock = FrozenClock(FROZEN_MS)
    return EmbeddedVenue(seed=seed, scenario=scenario, lies=lies, clock=clock, auth_clock=clock)


def auth_headers(
    method: str,
    target: str,
    body: bytes = b"",
    *,
    at_ms: int = FROZEN_MS,
    credentials: SimCredentials = DEMO_CREDENTIALS,
) -> dict[str, str]:
    """The headers OKX wants, signed for exactly this request."""
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    timestamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
    headers = {
        "OK-ACCESS-KEY": credentials.api_key,
        "OK-ACCESS-SIGN": sign(credentials.api_secret, timestamp, method, target, body),
        "OK-ACCESS-TIMESTAMP": timestamp,
        "OK-ACCESS-PASSPHRASE": credentials.passphrase,
    }
    return headers | ({"x-simulated-trading": "1"} if credentials.demo else {})


def ask(venue: EmbeddedVenue, target: str, *, method: str = "GET", body: bytes = b"", agent: str = "tests") -> Response:
    """Ask a venue whose clocks stand at ``FROZEN_MS``, signed."""
    headers = auth_headers(method, target, body) | {"User-Agent": agent, "Content-Type": "application/json"}
    return venue.respond(method, target, headers, body)


def parsed(response: Response) -> dict[str, Any]:
    """The envelope of an answer that must be a success."""
    envelope: dict[str, Any] = json.loads(response.body)
    assert (response.status, envelope["code"]) == (200, "0"), envelope
    return envelope


@contextlib.contextmanager
def served(scenario: str = "funded", *, lies: tuple[str, ...] = (), seed: int = 0) -> Iterator[ServedVenue]:
    """A venue on loopback: its data stands still, signatures are held against the wall clock."""
    venue = EmbeddedVenue(seed=seed, scenario=scenario, lies=lies, clock=FrozenClock(FROZEN_MS))
    with serve_in_thread(venue) as running:
        yield running


def recorded(path: str) -> Mapping[str, Any]:
    """One recorded OKX answer; skips the test where the collection is not at hand."""
    shared = os.environ.get("DUALWITNESS_SHARED") or Path(__file__).resolve().parents[3] / "shared"
    file = Path(shared) / "okx-payloads" / path
    if not file.is_file():
        pytest.skip("the collection of recorded OKX answers is not at hand")
    payload: Mapping[str, Any] = json.loads(file.read_text())
    return payload
