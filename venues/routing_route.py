"""
One venue as the router sees it: whose configuration, which clients, where its orders really go.

A demo venue sends to its own demo side, or is simulated: then its clients are a paper venue on its books, and nothing
that is ordered leaves the process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from dualwitness.config import VenueConfig
from dualwitness.models import CheckResult, Instrument, MarginMode, OrderIntent, TdMode, Venue, shorthand_from_okx_id
from dualwitness.risk import TradingMode
from dualwitness.venues.account_resolver import AccountResolver
from dualwitness.venues.client import VenueClient
from dualwitness.venues.errors import DualwitnessError, SafetyError, UsageError
from dualwitness.venues.orders import OrderProtocol, OrderRecord, OrderStore
from dualwitness.venues.orders.identity import digest_of, parameters_of
from dualwitness.venues.routing_environment import EnvironmentProof, prove_environment
from dualwitness.venues.routing_facts import FactSource
from dualwitness.venues.routing_reasons import RoutingReason
from dualwitness.venues.routing_types import PreflightCheck
from dualwitness.venues.sizing import IntentRefused, ResolvedIntent

__all__ = ["VenueRoute"]

# Where modes and sizes are resolved here; elsewhere the one client that there is sizes its own order.
_RESOLVED = frozenset({Venue.OKX, Venue.PAPER})
_REFRESHED_EVERY_MS = 900_000


@dataclass(slots=True)
class VenueRoute:
    """
    The way of one venue's orders.

    ``venue`` is what intents name, ``clients[main]`` where they are sent; all clients reach one account, which
    ``account`` names in ``store``. ``mode`` is what the clients were opened for, proven before the first order.
    ``preflight`` may be missing where there are no two libraries to compare, and must be there for OKX.
    Raises `UsageError` where the parts do not fit together.
    """

    venue: Venue
    config: VenueConfig
    mode: TradingMode
    clients: Mapping[str, VenueClient]
    main: str
    protocol: OrderProtocol
    store: OrderStore
    account: str
    facts: FactSource
    clock_ms: Callable[[], int]
    preflight: PreflightCheck | None = None
    margin_mode: MarginMode = MarginMode.CROSS
    proof: EnvironmentProof | None = field(default=None, init=False)
    _resolver: AccountResolver = field(init=False, repr=False)
    _read_ms: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.main not in self.clients:
            message = f"no client is called {self.main!r}"
            raise UsageError(message, advice=f"choose one of {', '.join(self.clients) or 'no client at all'}")
        if self.sends_to not in (self.venue, Venue.PAPER):
            message = f"orders for {self.venue} would be sent to {self.sends_to}"
            raise UsageError(message, advice="give the route clients of its own venue, or a paper venue on its books")
        if self.preflight is None and self.sends_to is Venue.OKX:
            message = "orders to OKX need a preflight: both libraries' requests are compared before one is sent"
            raise UsageError(message, advice="hand in dualwitness.alignment.preflight.Preflight(...).check")
        self._resolver = AccountResolver(self.clients[self.main], margin_mode=self.margin_mode)
        self._read_ms = self.clock_ms()

    @property
    def sends_to(self) -> Venue:
        """Where orders are really sent: the venue itself, or paper."""
        return self.clients[self.main].venue

    @property
    def simulated(self) -> bool:
        """Whether nothing that is ordered leaves this process."""
        return self.sends_to is Venue.PAPER

    @property
    def name(self) -> str:
        """The route in a few words."""
        if self.simulated and self.venue is not Venue.PAPER:
            return f"{self.venue} {self.mode}, simulated on paper"
        return f"{self.venue} {self.mode} over {self.main}"

    def normalised(self, intent: OrderIntent) -> tuple[OrderIntent, Instrument | None, str]:
        """The intent under its unified symbol and trade mode, its instrument, and why there is none."""
        self._refresh()
        if intent.td_mode is TdMode.MARGIN:
            intent = intent.model_copy(update={"td_mode": TdMode(self.margin_mode.value)})
        try:
            found = self._resolver.names.find(intent)
        except SafetyError:
            raise
        except DualwitnessError as error:
            return intent, None, f"instruments: {type(error).__name__}: {error}"
        if isinstance(found, IntentRefused):
            return intent, None, found.text
        return intent.model_copy(update={"symbol": found.symbol}), found, ""

    def resolved(self, intent: OrderIntent, notional_usd: Decimal | None) -> ResolvedIntent | IntentRefused | None:
        """What the intent becomes for this account; null where the venue's client alone can tell."""
        if self.sends_to not in _RESOLVED:
            return None
        return self._resolver.resolve(self.addressed(intent), notional_usd=notional_usd)

    def addressed(self, intent: OrderIntent) -> OrderIntent:
        """The intent with the venue that it is really sent to."""
        return intent.model_copy(update={"venue": self.sends_to})

    def record_of(self, client_order_id: str) -> OrderRecord | None:
        """An order of this route, as it was kept; null where it never was."""
        return self.store.find(self.account, client_order_id)

    def submitted(self, intent: OrderIntent, client_order_id: str) -> bool | None:
        """Whether this very intent was submitted under that id; false for another one, null for an id that is new."""
        record = self.record_of(client_order_id)
        if record is None:
            return None
        normalised, _, _ = self.normalised(intent)
        return record.digest == digest_of(parameters_of(self.addressed(normalised)))

    def eligibility(self, intent: OrderIntent, instrument: Instrument | None) -> tuple[CheckResult, ...]:
        """What the venue's configuration and the clients say, whatever the risk engine said; every check is made."""
        config = self.config
        configured = TradingMode.DEMO if config.demo_mode else TradingMode.LIVE
        fits = self.mode is configured and (self.mode is TradingMode.DEMO or config.allow_live_orders is True)
        is_allowed = instrument is not None and bool(
            {instrument.symbol, instrument.venue_instrument_id, shorthand_from_okx_id(instrument.venue_instrument_id)}
            & set(config.allowed_symbols)
        )
        strategy = intent.strategy or "none"
        return (
            _check("enabled", config.enabled is True, str(config.enabled).lower(), "true"),
            _check("allowed_symbols", is_allowed, intent.symbol, ", ".join(config.allowed_symbols)),
            _check("allowed_strategies", strategy in config.allowed_strategies, strategy, "listed"),
            _check("mode", fits, self.mode, f"{configured}, and allow_live_orders for live"),
            self._proven(intent.symbol),
        )

    def forget_exchanges(self) -> None:
        """Let go of what crossed the wire; the journal of calls keeps it."""
        for client in self.clients.values():
            client.drain_exchanges()

    def close(self) -> None:
        """Release the clients' sockets."""
        for client in self.clients.values():
            client.close()

    def _proven(self, symbol: str) -> CheckResult:
        """Whether the key was put to the test under the header that orders carry: once, before the first of them."""
        limit = "key, header and host agree"
        if self.proof is None:
            try:
                self.proof = prove_environment(self.clients[self.main], self.mode, symbol=symbol)
            except DualwitnessError as error:
                return _check("environment", False, f"{type(error).__name__}: {error}", limit)
        return _check("environment", True, f"{self.proof.mode} by {self.proof.question}", limit)

    def _refresh(self) -> None:
        """Read account and instruments anew now and then: contracts expire, and a person may change the account."""
        now_ms = self.clock_ms()
        if abs(now_ms - self._read_ms) > _REFRESHED_EVERY_MS:
            self._resolver.refresh()
            self._read_ms = now_ms


_REASONS = {
    "mode": RoutingReason.ROUTE_MODE_MISMATCH,
    "environment": RoutingReason.ROUTE_UNPROVEN,
}


def _check(rule: str, passed: bool, value: object, limit: str) -> CheckResult:
    reason = None if passed else str(_REASONS.get(rule, RoutingReason.ROUTE_INELIGIBLE))
    return CheckResult(rule=rule, value=str(value), limit=limit, passed=passed, reason=reason)
