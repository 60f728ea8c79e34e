"""
The embedded venue without a socket: one request in, one answer out.

It owns a market, an account and the lies that were planted; `server.py` puts it on loopback, `ws/` pushes from it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.auth import DEMO_CREDENTIALS, Authenticator, SimCredentials
from dualwitness.venues.sim.clocks import VenueClock, WallClock
from dualwitness.venues.sim.control import CONTROL, Controls
from dualwitness.venues.sim.engine import PRIVATE_ROUTES, Account, build_scenario
from dualwitness.venues.sim.envelope import NOT_FOUND, Response, as_json, refusal_body, refused_row, success
from dualwitness.venues.sim.expiry import check_expiry
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kept_answers import KEPT_PATH, KeptAnswers
from dualwitness.venues.sim.kinds import Clock, Refusal, SimInstrument
from dualwitness.venues.sim.lies import NO_EFFECTS, Asked, Effects, LieTeller, Plant, library_of
from dualwitness.venues.sim.lies.kinds import Envelope
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.post_body import Orders, read_orders
from dualwitness.venues.sim.rate_limits import RateLimiter
from dualwitness.venues.sim.routes_public import CURRENCIES_PATH, PUBLIC_ROUTES, currencies
from dualwitness.venues.sim.scenario_names import DEFAULT_SCENARIO
from dualwitness.venues.sim.unsupported import refusal_of

__all__ = ["CONTROL_LIES_PATH", "EmbeddedVenue"]

CONTROL_LIES_PATH = f"{CONTROL}lies"

_PRIVATE = frozenset({*PRIVATE_ROUTES, ("GET", CURRENCIES_PATH)})
_METHODS_BY_PATH: dict[str, frozenset[str]] = {
    path: frozenset(method for method, known in {*PUBLIC_ROUTES, *_PRIVATE} if known == path)
    for _, path in {*PUBLIC_ROUTES, *_PRIVATE}
}
# Placing, amending and canceling orders tells when the gateway took them and gave them back (recorded).
_TIMED = frozenset(
    f"/api/v5/trade/{path}"
    for path in (
        *("amend-batch-orders", "amend-order", "batch-orders", "cancel-batch-orders", "cancel-order", "order"),
    )
)


class EmbeddedVenue:
    """
    OKX v5 in one object; safe to call from several threads.

    ``clock`` is what venue time is made of (data, ids, ``public/time``), ``auth_clock`` what signatures are held
    against: the wall clock, also where venue time stands still, because the libraries sign with it.
    ``clock_offset_ms`` puts both off, as on a machine whose clock is wrong. ``limiter`` is asked before every request
    under /api. Whoever reads ``account`` or ``market`` while others ask holds ``lock``. Raises `UsageError` for a
    scenario that the ``instruments`` do not carry.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        scenario: str = DEFAULT_SCENARIO,
        lies: Iterable[Plant | str] = (),
        clock: Clock | None = None,
        auth_clock: Clock | None = None,
        clock_offset_ms: int = 0,
        credentials: SimCredentials = DEMO_CREDENTIALS,
        instruments: tuple[SimInstrument, ...] = INSTRUMENTS,
        account_level: str = "2",
        position_mode: str = "net_mode",
        limiter: RateLimiter | None = None,
    ) -> None:
        self.clock = VenueClock(clock or WallClock(), clock_offset_ms)
        self.market = Market(seed, self.clock, instruments)
        self.account = Account(
            instruments,
            self.market,
            self.clock,
            seed,
            account_level=account_level,
            position_mode=position_mode,
            # A clock of somebody's own repeats its ids; the wall's hands none out twice, wherever venue time is set.
            id_ms=WallClock().now_ms() if clock is None else None,
        )
        try:
            build_scenario(scenario, self.account)
        except KeyError as error:
            message = f"the scenario {scenario} needs {error.args[0]}, which is not in the table of instruments"
            raise UsageError(message, advice="choose the scenario funded, or a table that has it") from error
        self.seed = seed
        # WebSocket orders name their instrument by its code (okx-v5-facts section 13).
        self.inst_ids = {str(one.inst_id_code): one.inst_id for one in instruments}
        self.lock = threading.RLock()
        self.authenticator = Authenticator(
            credentials, auth_clock or VenueClock(WallClock(), clock_offset_ms), self.clock
        )
        self.teller = LieTeller(seed=seed)
        for lie in lies:
            self.teller.plant(lie)
        self.limiter = limiter
        self._kept = KeptAnswers(self.account)
        self._controls = Controls(self.account, self.market, self.clock, self.teller)

    @property
    def lie_hits(self) -> dict[str, int]:
        """How many answers each planted lie changed, by its label."""
        with self.lock:
            return self.teller.hits

    def respond(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Answer one request; ``target`` is the raw path with its query, as signed."""
        return self.answer(method, target, {name.lower(): value for name, value in headers.items()}, body)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """As `respond`, for headers that are found by their lower-case names."""
        path, _, query = target.partition("?")
        with self.lock:
            if path.startswith(CONTROL):
                return self._controls.respond(method, path, body)
            methods = _METHODS_BY_PATH.get(path)
            if methods is None:
                return self._unserved(method, target, headers, body)
            params = dict(parse_qsl(query, keep_blank_values=True)) if query else {}
            # A lie or a limit counts every question, so then each is answered anew.
            keeps = path == KEPT_PATH and self.limiter is None and not self.teller.plants
            try:
                if method not in methods:
                    raise Refusal("50115", "Invalid request method.", http_status=405)
                if (method, path) in _PRIVATE:
                    self.authenticator.check(method, target, headers, body)
                kept = self._kept.find(query) if keeps else None
                if kept is not None:
                    return kept
                envelope, status = self._envelope(method, path, headers, params, body), 200
            except Refusal as refusal:
                keeps = False
                envelope, status = refusal_body(refusal), refusal.http_status
            asked = Asked(path, params, self.market, body)
            response = self.teller.tell(envelope, status, asked, library_of(headers.get("user-agent", "")))
            if keeps:
                self._kept.keep(query, response)
            return response

    def _unserved(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """A path that is not served: unknown, or refused for what it is once the key has been checked."""
        refusal = refusal_of(target.partition("?")[0])
        if refusal is None:
            return as_json(NOT_FOUND, 404)
        try:
            self.authenticator.check(method, target, headers, body)
        except Refusal as failure:
            refusal = failure
        return as_json(refusal_body(refusal), refusal.http_status)

    def effects(self, target: str, headers: Mapping[str, str], body: bytes) -> Effects:
        """What befalls the connection of a request, by the lies; asked once, before the request is answered."""
        if not self.teller.has_toxics or not target.startswith("/api/"):
            return NO_EFFECTS
        path, _, query = target.partition("?")
        with self.lock:
            asked = Asked(path, dict(parse_qsl(query, keep_blank_values=True)), self.market, body)
            return self.teller.effects(asked, library_of(headers.get("user-agent", "")))

    def _envelope(
        self, method: str, path: str, headers: Mapping[str, str], params: Mapping[str, str], body: bytes
    ) -> Envelope:
        now_ms = self.clock.now_ms()
        if method == "POST":
            orders = read_orders(headers, body)
            rows = self.write(path, orders, headers.get("exptime", ""))
            return success(rows, now_ms=now_ms, trade_write=path in _TIMED)
        self._check_rate(method, path, params)
        return success(self._read(path, params), now_ms=now_ms, trade_write=False)

    def _read(self, path: str, params: Mapping[str, str]) -> list[object] | dict[str, object]:
        if path == CURRENCIES_PATH:
            return currencies(params)
        public = PUBLIC_ROUTES.get(("GET", path))
        if public is not None:
            return public(self.market, params)
        return list(PRIVATE_ROUTES["GET", path](self.account, params))

    def write(self, path: str, orders: Orders, exp_time: str = "") -> list[object]:
        """
        Carry out what was posted to ``path``; the rows of the answer, also for orders that were refused.

        ``exp_time`` is the moment, in ms of venue time, after which nobody wants it any more. Raises `Refusal` for
        what concerns the request as a whole. The caller has checked who asks and holds ``lock``.
        """
        self._check_rate("POST", path, orders)
        now_ms = self.clock.now_ms()
        try:
            check_expiry(path, exp_time, now_ms)
            return list(PRIVATE_ROUTES["POST", path](self.account, orders))
        except Refusal as refusal:
            if not refusal.per_row:
                raise
            asked = orders if isinstance(orders, list) else [orders]
            return [refused_row(refusal, order, now_ms) for order in asked]

    def _check_rate(self, method: str, path: str, asked: Orders) -> None:
        if self.limiter is not None:
            refusal = self.limiter.check(method, path, asked)
            if refusal is not None:
                raise refusal
