"""
Material to work on: rows as OKX sends them, taken from the embedded venue without a socket and multiplied.

Every row has all keys and plausible lengths; ids, prices and sizes differ from row to row, so that nothing is answered
from a cache.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from dualwitness.models import Fill, MarketType, NullReason, Position
from dualwitness.venues.okx_sdk.parse_account import parse_position
from dualwitness.venues.okx_sdk.parse_market import parse_instrument
from dualwitness.venues.okx_sdk.parse_trade import parse_fill
from dualwitness.venues.okx_sdk.symbols import InstrumentBook, Listing
from dualwitness.venues.sim.auth import DEMO_CREDENTIALS, SimCredentials, sign
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.venue import EmbeddedVenue

__all__ = ["FROZEN_AT_MS", "Material", "open_material"]

# 2026-07-01 12:00 UTC: one seed and one moment give the same rows in every process.
FROZEN_AT_MS = 1_782_907_200_000
_TIMESTAMP = "2026-07-01T12:00:00.000Z"


class Material:
    """Raw rows of the embedded venue, and what our own parser makes of them."""

    def __init__(self, instruments: list[dict[str, Any]], position: dict[str, Any], fill: dict[str, Any]) -> None:
        self.instrument_rows = instruments
        self.book = InstrumentBook()
        self.book.put(MarketType.SWAP, None, [parse_instrument(row) for row in instruments])
        self._position = position
        self._fill = fill

    def find(self, market_type: MarketType, instrument_id: str) -> Listing | NullReason:
        """The listing of a perpetual; what `parse_position` and `parse_fill` ask for."""
        return self.book.find(market_type, instrument_id) or NullReason.ABSENT

    def raw_positions(self, count: int) -> list[dict[str, Any]]:
        """``count`` rows of ``account/positions``."""
        return [self._varied(self._position, number, ("avgPx", "markPx", "pos"), ("posId",)) for number in range(count)]

    def raw_fills(self, count: int) -> list[dict[str, Any]]:
        """``count`` rows of ``trade/fills-history``."""
        ids = ("tradeId", "billId", "ordId")
        return [self._varied(self._fill, number, ("fillPx", "fillSz", "fee"), ids) for number in range(count)]

    def positions(self, count: int) -> tuple[Position, ...]:
        """The same rows as facts, made anew at each call."""
        return tuple(parse_position(row, self.book, self.find) for row in self.raw_positions(count))

    def fills(self, count: int) -> tuple[Fill, ...]:
        """The same rows as facts, made anew at each call."""
        return tuple(parse_fill(row, self.book, self.find) for row in self.raw_fills(count))

    def _varied(
        self, row: dict[str, Any], number: int, amounts: tuple[str, ...], ids: tuple[str, ...]
    ) -> dict[str, Any]:
        instrument = self.instrument_rows[number % len(self.instrument_rows)]
        # Away from zero, so that no short turns into a long.
        changed = {name: f"{Decimal(row[name]) + Decimal(number).copy_sign(Decimal(row[name])):f}" for name in amounts}
        counted = {name: str(int(row[name]) + number) for name in ids}
        return {**row, "instId": instrument["instId"], **counted, **changed}


def open_material() -> Material:
    """Ask an embedded venue with standing clocks for its perpetuals, a position and a fill."""
    clock = FrozenClock(FROZEN_AT_MS)
    venue = EmbeddedVenue(scenario="positions", clock=clock, auth_clock=clock)
    instruments = _ask(venue, "/api/v5/public/instruments?instType=SWAP")
    positions = _ask(venue, "/api/v5/account/positions?instType=SWAP")
    fills = _ask(venue, "/api/v5/trade/fills-history?instType=SWAP")
    return Material(instruments, positions[0], fills[0])


def _ask(venue: EmbeddedVenue, target: str) -> list[dict[str, Any]]:
    keys: SimCredentials = DEMO_CREDENTIALS
    headers = {
        "OK-ACCESS-KEY": keys.api_key,
        "OK-ACCESS-SIGN": sign(keys.api_secret, _TIMESTAMP, "GET", target, b""),
        "OK-ACCESS-TIMESTAMP": _TIMESTAMP,
        "OK-ACCESS-PASSPHRASE": keys.passphrase,
        "x-simulated-trading": "1",
    }
    envelope = json.loads(venue.respond("GET", target, headers).body)
    rows: list[dict[str, Any]] = envelope["data"]
    return rows
