"""
What the venue's owner may do to it while it runs: plant lies, ask for the truth, move time, shake prices, force an ADL.

Outside ``/api``, so no library ever asks here; without keys, because the venue listens on loopback alone. A request
that makes no sense is answered with 400 and ``{"error": "..."}``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from dualwitness.venues.errors import UsageError
from dualwitness.venues.sim.clocks import VenueClock
from dualwitness.venues.sim.engine import Account, truth
from dualwitness.venues.sim.engine.advance import advance, look_again
from dualwitness.venues.sim.engine.amounts import plain
from dualwitness.venues.sim.engine.deleveraging import deleverage
from dualwitness.venues.sim.envelope import Response, as_json
from dualwitness.venues.sim.lies import LieTeller
from dualwitness.venues.sim.market import Market
from dualwitness.venues.sim.post_body import parsed_json, texts

__all__ = ["CONTROL", "Controls"]

CONTROL: Final = "/control/"
_MOST_DIGITS = 16
_FACTORS = (Decimal("0.000001"), Decimal(1_000_000))

Answer = dict[str, object]
Given = Mapping[str, str]


class _Refused(Exception):
    """A control request that makes no sense; the text says why."""


class Controls:
    """The control endpoints of one venue, which holds its lock while it asks."""

    def __init__(self, account: Account, market: Market, clock: VenueClock, teller: LieTeller) -> None:
        self._account = account
        self._market = market
        self._clock = clock
        self._teller = teller
        self._routes: dict[tuple[str, str], Callable[[Given], Answer]] = {
            ("GET", "lies"): self._lies,
            ("GET", "time"): self._time,
            ("GET", "truth"): self._truth,
            ("POST", "adl"): self._deleverage,
            ("POST", "lies"): self._change_lies,
            ("POST", "price"): self._shake,
            ("POST", "time"): self._move_time,
        }

    def respond(self, method: str, path: str, body: bytes) -> Response:
        """Answer one control request: 200, or 400, 404, 405 with ``error``."""
        name = path.removeprefix(CONTROL)
        act = self._routes.get((method, name))
        if act is None:
            known = any(name == other for _, other in self._routes)
            return as_json({"error": f"{method} {path} is not offered"}, 405 if known else 404)
        try:
            return as_json(act(_given(body) if method == "POST" else {}))
        except _Refused as refused:
            return as_json({"error": str(refused)}, 400)

    def _lies(self, _given: Given) -> Answer:
        return {"lies": self._teller.report()}

    def _change_lies(self, given: Given) -> Answer:
        _only(given, "plant", "withdraw")
        try:
            if "plant" in given:
                self._teller.plant(given["plant"])
            else:
                self._teller.withdraw(given["withdraw"])
        except UsageError as error:
            raise _Refused(f"{error}; {error.advice}") from error
        return self._lies(given)

    def _truth(self, _given: Given) -> Answer:
        advance(self._account)
        return truth(self._account)

    def _time(self, _given: Given) -> Answer:
        return {"now_ms": self._clock.now_ms()}

    def _move_time(self, given: Given) -> Answer:
        _only(given, "advance_ms", "set_ms")
        if "advance_ms" in given:
            step_ms = _whole(given, "advance_ms")
        else:
            step_ms = _whole(given, "set_ms") - self._clock.now_ms()
        try:
            self._clock.advance(step_ms)
        except ValueError as error:
            raise _Refused(str(error)) from error
        advance(self._account)
        return self._time(given)

    def _deleverage(self, given: Given) -> Answer:
        _needed(given, "inst_id", "pos_side", "contracts")
        advance(self._account)
        try:
            leg = deleverage(
                self._account,
                given["inst_id"],
                given["pos_side"],
                _number(given, "contracts"),
                mgn_mode=given.get("mgn_mode", "cross"),
            )
        except (KeyError, ValueError) as error:
            raise _Refused(f"nothing can be deleveraged: {error}") from error
        return {"contracts": plain(leg.contracts), "inst_id": given["inst_id"]}

    def _shake(self, given: Given) -> Answer:
        _needed(given, "ccy", "factor")
        factor = _number(given, "factor")
        low, high = _FACTORS
        if not low <= factor <= high:
            raise _Refused(f"factor must lie between {low} and {high}, was {given['factor']!r}")
        from_s = _whole(given, "from_s") if "from_s" in given else self._market.now_s
        try:
            self._market.shock(given["ccy"], factor, from_s)
        except (KeyError, ValueError) as error:
            raise _Refused(f"no price of {given['ccy']!r} can be shaken: {error}") from error
        # Prices are a function of time to everybody who keeps what he has computed; here they changed within a second.
        self._account.version += 1
        look_again(self._account)
        advance(self._account)
        return {"ccy": given["ccy"], "factor": str(factor), "from_s": from_s}


def _given(body: bytes) -> Given:
    try:
        parsed = parsed_json(body)
    except ValueError as error:
        raise _Refused(f"the body is no JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise _Refused("the body must be one JSON object")
    return texts(parsed)


def _only(given: Given, *names: str) -> None:
    if len(given) != 1 or next(iter(given)) not in names:
        raise _Refused(f"exactly one of {', '.join(names)} is needed, was {', '.join(sorted(given)) or 'nothing'}")


def _whole(given: Given, name: str) -> int:
    text = given[name]
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > _MOST_DIGITS:
        raise _Refused(f"{name} must be a whole number, was {text!r}")
    return int(text)


def _needed(given: Given, *names: str) -> None:
    for name in names:
        if name not in given:
            raise _Refused(f"{name} is missing")


def _number(given: Given, name: str) -> Decimal:
    try:
        number = Decimal(given[name])
    except InvalidOperation as error:
        raise _Refused(f"{name} must be a number, was {given[name]!r}") from error
    if not number.is_finite():
        raise _Refused(f"{name} must be a number, was {given[name]!r}")
    return number
