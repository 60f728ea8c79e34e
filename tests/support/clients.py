"""Helpers for the contract of all clients: clients over a venue that can be heard, broken, and asked for the truth."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from dualwitness.models import (
    Library,
    OrderIntent,
    OrderType,
    RunMode,
    Side,
    TdMode,
    ValidatedOrder,
    Venue,
)
from dualwitness.venues.client import VenueClient
from dualwitness.venues.journal import CallJournal
from dualwitness.venues.opening import open_wired
from dualwitness.venues.redact import Redactor
from dualwitness.venues.sim.auth import DEMO_CREDENTIALS
from dualwitness.venues.sim.clocks import FrozenClock
from dualwitness.venues.sim.envelope import Response
from dualwitness.venues.sim.kinds import SimInstrument
from dualwitness.venues.sim.server import ServedVenue, serve_in_thread
from dualwitness.venues.sim.venue import EmbeddedVenue
from dualwitness.venues.wiring import Credentials, Wiring
from tests.support.venue import FROZEN_MS

__all__ = [
    "READS",
    "SECRETS",
    "HeardVenue",
    "checked_order",
    "heard_venue",
    "opened",
    "symbol_of",
]

SECRETS = (DEMO_CREDENTIALS.api_key, DEMO_CREDENTIALS.api_secret, DEMO_CREDENTIALS.passphrase)
SWAP, PAIR = "BTC/USDT:USDT", "BTC/USDT"

# Every reading method, with the endpoint whose answer it stands on.
READS: Mapping[str, tuple[str, Callable[[VenueClient], object]]] = {
    "get_server_time": ("/api/v5/public/time", lambda client: client.get_server_time()),
    "get_instruments": ("/api/v5/public/instruments", lambda client: client.get_instruments()),
    "get_ticker": ("/api/v5/market/ticker", lambda client: client.get_ticker(SWAP)),
    "get_candles": ("/api/v5/market/candles", lambda client: client.get_candles(SWAP, "1m", 5)),
    "get_order_book": ("/api/v5/market/books", lambda client: client.get_order_book(SWAP, 5)),
    "get_account_config": ("/api/v5/account/config", lambda client: client.get_account_config()),
    "get_account_balance": ("/api/v5/account/balance", lambda client: client.get_account_balance()),
    "get_positions": ("/api/v5/account/positions", lambda client: client.get_positions()),
    "get_fee_rates": ("/api/v5/account/trade-fee", lambda client: client.get_fee_rates(SWAP)),
    "get_open_orders": ("/api/v5/trade/orders-pending", lambda client: client.get_open_orders()),
    "get_order": ("/api/v5/trade/order", lambda client: client.get_order(SWAP, client_order_id="nobody")),
    "get_fills": ("/api/v5/trade/fills-history", lambda client: client.get_fills()),
    "get_order_history": (
        "/api/v5/trade/orders-history",
        lambda client: client.get_order_history(SWAP, since_ms=0),
    ),
    "get_leverage": ("/api/v5/account/leverage-info", lambda client: client.get_leverage(SWAP, TdMode.CROSS)),
    "get_bills": ("/api/v5/account/bills-archive", lambda client: client.get_bills()),
}


class HeardVenue(EmbeddedVenue):
    """An embedded venue that keeps the headers of all requests and gives what it is told to on a broken path."""

    def __init__(self, scenario: str, *, seed: int = 0) -> None:
        super().__init__(seed=seed, scenario=scenario, clock=FrozenClock(FROZEN_MS))
        self.heard: list[tuple[str, str, dict[str, str]]] = []
        self._broken: dict[str, Callable[[Response], Response]] = {}

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Answer as the embedded venue does, but on a broken path."""
        path = target.partition("?")[0]
        self.heard.append((method, path, {name.lower(): value for name, value in headers.items()}))
        answer = super().answer(method, target, headers, body)
        fault = self._broken.get(path)
        return answer if fault is None else fault(answer)

    def count(self, path: str) -> int:
        """How often a path was asked."""
        return sum(path == asked for _, asked, _ in self.heard)

    @contextlib.contextmanager
    def broken(self, path: str, fault: Callable[[Response], Response]) -> Iterator[None]:
        """Let every answer on one path go through ``fault`` for as long as the block lasts."""
        self._broken[path] = fault
        try:
            yield
        finally:
            del self._broken[path]


@contextlib.contextmanager
def heard_venue(scenario: str) -> Iterator[tuple[HeardVenue, str]]:
    """A venue on loopback whose data stands still, and its address."""
    venue = HeardVenue(scenario)
    running: ServedVenue
    with serve_in_thread(venue) as running:
        yield venue, running.base_url


@contextlib.contextmanager
def opened(
    library: Library,
    base_url: str,
    *,
    mode: RunMode = RunMode.OKX_DEMO_SIM,
    journal: Path | None = None,
    timeout_ms: int = 10_000,
) -> Iterator[VenueClient]:
    """A client with the embedded venue's keys; closed with the block."""
    key, secret, passphrase = (SecretStr(value) for value in SECRETS)
    client = open_wired(
        Venue.OKX,
        library,
        Wiring(
            base_url=base_url,
            mode=mode,
            credentials=Credentials(api_key=key, api_secret=secret, passphrase=passphrase),
            journal=CallJournal(journal, Redactor(SECRETS)),
            timeout_ms=timeout_ms,
        ),
    )
    try:
        yield client
    finally:
        client.close()


def symbol_of(instrument: SimInstrument) -> str:
    """The unified symbol of an instrument, spelled from the venue's own table."""
    pair = f"{instrument.base_ccy}/{instrument.quote_ccy}"
    if instrument.is_spot:
        return pair
    contract = f"{pair}:{instrument.settle_ccy}"
    if instrument.inst_type == "SWAP":
        return contract
    # BTC-USDT-270326 and BTC-USD-270326-60000-C: what follows the family names expiry, strike and right.
    return f"{contract}-{instrument.inst_id.removeprefix(instrument.inst_family + '-')}"


def checked_order(
    symbol: str,
    size: str,
    *,
    price: str | None = None,
    side: Side = Side.LONG,
    td_mode: TdMode = TdMode.CROSS,
    client_order_id: str | None = None,
    reduce_only: bool = False,
) -> ValidatedOrder:
    """An order that has passed its checks; ``size`` is base currency, and without a price it is a market order."""
    quantity = Decimal(size)
    return ValidatedOrder(
        intent=OrderIntent(
            symbol=symbol,
            side=side,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            size=quantity,
            price=None if price is None else Decimal(price),
            td_mode=td_mode,
            client_order_id=client_order_id,
            reduce_only=reduce_only,
        ),
        validated_at=FROZEN_MS,
        notional_usd=Decimal(100),
        risk_checks_passed=True,
    )
