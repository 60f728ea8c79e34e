"""
The embedded venue without a socket: one request in, one answer out.

It owns a market, an account and the lies that were planted; `server.py` puts it on loopback.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from dualwitness.venues.sim.auth import DEMO_CREDENTIALS, Authenticator, SimCredentials
from dualwitness.venues.sim.clocks import WallClock
from dualwitness.venues.sim.engine import PRIVATE_ROUTES, Account, build_scenario
from dualwitness.venues.sim.envelope import NOT_FOUND, Response, as_json, refusal_body, refused_row, success
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import Clock, Refusal
from dualwitness.venues.sim.lie_kinds import Asked, Envelope
from dualwitness.venues.sim.lies import LieTeller, Plant, library_of, parse_plant
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.post_body import Orders, read_orders
from dualwitness.venues.sim.routes_public import CURRENCIES_PATH, PUBLIC_ROUTES, currencies
from dualwitness.venues.sim.scenario_names import DEFAULT_SCENARIO

__all__ = ["CONTROL_LIES_PATH", "EmbeddedVenue"]

# Outside /api: no library ever asks there, the audit does.
CONTROL_LIES_PATH = "/control/lies"

_PRIVATE = frozenset({*PRIVATE_ROUTES, ("GET", CURRENCIES_PATH)})
_METHODS_BY_PATH: dict[str, frozenset[str]] = {
    path: frozenset(method for method, known in {*PUBLIC_ROUTES, *_PRIVATE} if known == path)
    for _, path in {*PUBLIC_ROUTES, *_PRIVATE}
}


class EmbeddedVenue:
    """
    OKX v5 in one object; safe to call from several threads.

    ``clock`` is venue time (data, ids, ``public/time``), ``auth_clock`` what signatures are held against: the wall
    clock, also where venue time stands still, because the libraries sign with it.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        scenario: str = DEFAULT_SCENARIO,
        lies: Iterable[Plant | str] = (),
        clock: Clock | None = None,
        auth_clock: Clock | None = None,
        credentials: SimCredentials = DEMO_CREDENTIALS,
    ) -> None:
        self.clock: Clock = clock or WallClock()
        self.market = Market(seed, self.clock)
        self.account = Account(INSTRUMENTS, self.market, self.clock, seed)
        build_scenario(scenario, self.account)
        self._teller = LieTeller(parse_plant(lie) if isinstance(lie, str) else lie for lie in lies)
        self._authenticator = Authenticator(credentials, auth_clock or WallClock())
        self._lock = threading.Lock()

    @property
    def lie_hits(self) -> dict[str, int]:
        """How many answers each planted lie changed, by its label."""
        with self._lock:
            return self._teller.hits

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Answer one request; ``target`` is the raw path with its query, as signed."""
        path, _, query = target.partition("?")
        lowered = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            if path == CONTROL_LIES_PATH:
                return as_json({"lies": self._teller.report()})
            methods = _METHODS_BY_PATH.get(path)
            if methods is None:
                return as_json(NOT_FOUND, 404)
            params = dict(parse_qsl(query, keep_blank_values=True))
            try:
                if method not in methods:
                    raise Refusal("50115", "Invalid request method.", http_status=405)
                envelope, status = self._envelope(method, target, lowered, params, body), 200
            except Refusal as refusal:
                envelope, status = refusal_body(refusal), refusal.http_status
            asked = Asked(path, params, self.market)
            return self._teller.tell(envelope, status, asked, library_of(lowered.get("user-agent", "")))

    def _envelope(
        self, method: str, target: str, headers: Mapping[str, str], params: Mapping[str, str], body: bytes
    ) -> Envelope:
        path = target.partition("?")[0]
        if (method, path) in _PRIVATE:
            self._authenticator.check(method, target, headers, body)
        now_ms = self.clock.now_ms()
        if method == "POST":
            orders = read_orders(headers, body)
            return success(self._write(path, orders, now_ms), now_ms=now_ms, trade_write="/trade/" in path)
        return success(self._read(path, params), now_ms=now_ms, trade_write=False)

    def _read(self, path: str, params: Mapping[str, str]) -> list[object]:
        if path == CURRENCIES_PATH:
            return currencies(params)
        public = PUBLIC_ROUTES.get(("GET", path))
        if public is not None:
            return public(self.market, params)
        return list(PRIVATE_ROUTES["GET", path](self.account, params))

    def _write(self, path: str, orders: Orders, now_ms: int) -> list[object]:
        try:
            return list(PRIVATE_ROUTES["POST", path](self.account, orders))
        except Refusal as refusal:
            if not refusal.per_row:
                raise
            asked = orders if isinstance(orders, list) else [orders]
            return [refused_row(refusal, order, now_ms) for order in asked]
