"""
The rules of the risk engine written a second time, as plainly as they can be: lists, fractions, and one loop a rule.

Nothing is imported from the engine. Everything that ever happened is kept in lists and counted anew for each order, so
a window is exactly what it says. An order and its facts are plain dictionaries; see `decide` for their keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["Limits", "Oracle"]

MINUTE_MS = 60_000
DAY_MS = 86_400_000
FINISHED = ("filled", "cancelled", "refused", "absent")


@dataclass
class Limits:
    """Every limit, as numbers."""

    trade_usd: Decimal
    symbol_usd: Decimal
    position_usd: Decimal
    daily_loss_usd: Decimal
    leverage: Decimal
    per_symbol: int
    per_venue: int
    messages: int
    repeats: int
    repeat_ms: int
    duplicate_ms: int
    reference_age_ms: int
    position_age_ms: int
    pnl_age_ms: int
    skew_ms: int
    deviation_bps: Decimal
    day_starts_ms: int
    symbols: tuple[str, ...]
    strategies: tuple[str, ...]
    ips: tuple[str, ...] | None


@dataclass
class Sent:
    """An accepted order."""

    at: int
    number: int
    trade: tuple[Any, ...]
    parameters: tuple[Any, ...]
    reducing: bool
    size: Fraction
    worth: Fraction
    contract_worth: Fraction | None
    is_open: bool = True
    filled: Fraction = Fraction(0)
    filled_at: int = -1


@dataclass
class Oracle:
    """Everything that happened so far."""

    limits: Limits
    high: int = 0
    venue_high: dict[str, int] = field(default_factory=dict)
    orders: dict[str, Sent] = field(default_factory=dict)
    messages: list[tuple[int, str, str, str]] = field(default_factory=list)
    worst: dict[tuple[str, int], Fraction] = field(default_factory=dict)
    noted: dict[tuple[str, int], int] = field(default_factory=dict)
    killed: bool = False
    state: str = "active"
    latched: set[str] = field(default_factory=set)
    forgiven: dict[str, int] = field(default_factory=dict)

    def decide(self, order: dict[str, Any], facts: dict[str, Any], clock: int, *, file_exists: bool) -> set[str]:
        """Every reason to refuse; with none the order counts from now on."""
        limits = self.limits
        if file_exists:
            self.killed = True
        now = max(clock, self.high)
        venue, gathered, venue_time = order["venue"], facts["gathered"], facts["venue_time"]
        apart = None
        if venue_time is not None:
            apart = max(abs(venue_time - gathered), abs(now - gathered))
        clocks_agree = apart is not None and apart <= limits.skew_ms
        if clocks_agree:
            self.high = now
            self.venue_high[venue] = max(venue_time, self.venue_high.get(venue, 0))
            if finite(facts["realised"]) and finite(facts["unrealised"]):
                self.note_pnl_now(venue, facts["realised"], facts["unrealised"], now)
        view = View(self, order, facts, now)
        reasons: set[str] = set()
        reasons |= self.permission(order, facts)
        if apart is None:
            reasons.add("CLOCK_UNKNOWN")
        elif not clocks_agree:
            reasons.add("CLOCK_SKEWED")
        reasons |= view.price_reasons()
        reasons |= view.position_reasons()
        reasons |= self.flow(order, now)
        reasons |= self.loss(order, facts, view, now)
        if not reasons:
            self.accept(order, view, now)
        elif "STRATEGY_REPEATED" in reasons:
            self.latched.add(order["strategy"] or "")
        return reasons

    def permission(self, order: dict[str, Any], facts: dict[str, Any]) -> set[str]:
        limits, reasons = self.limits, set()
        priced = order["type"] == "market" if order["price"] is None else usable(order["price"])
        leveraged = order["leverage"] is None or usable(order["leverage"])
        if not (usable(order["size"]) and priced and leveraged):
            reasons.add("INTENT_NUMBER_INVALID")
        if order["id"] is None:
            reasons.add("INTENT_ID_MISSING")
        elif order["id"] in self.orders:
            reasons.add("INTENT_ID_REUSED")
        if self.killed:
            reasons.add("KILL_TRIPPED")
        if not facts["enabled"]:
            reasons.add("VENUE_DISABLED")
        if facts["mode"] == "live":
            reasons.add("VENUE_MODE_MISMATCH")
        listed = facts["listed"]
        if listed is None or listed["symbol"] != order["symbol"]:
            reasons.add("SYMBOL_UNKNOWN")
        elif not listed["live"]:
            reasons.add("SYMBOL_NOT_LIVE")
        if listed is None or listed["short_name"] not in limits.symbols:
            reasons.add("SYMBOL_NOT_ALLOWED")
        if order["strategy"] not in limits.strategies:
            reasons.add("STRATEGY_NOT_ALLOWED")
        if limits.ips is not None:
            if facts["ip"] is None:
                reasons.add("IP_UNKNOWN")
            elif facts["ip"] not in limits.ips:
                reasons.add("IP_NOT_ALLOWED")
        return reasons

    def flow(self, order: dict[str, Any], now: int) -> set[str]:
        limits, reasons = self.limits, set()
        recent = [each for each in self.messages if each[1] == order["venue"] and each[0] > now - MINUTE_MS]
        new = [each for each in recent if each[3] == "new"]
        if len([each for each in new if each[2] == order["symbol"]]) + 1 > limits.per_symbol:
            reasons.add("RATE_SYMBOL_EXCEEDED")
        if len(new) + 1 > limits.per_venue:
            reasons.add("RATE_VENUE_EXCEEDED")
        if len(recent) + 1 > limits.messages:
            reasons.add("RATE_MESSAGES_EXCEEDED")
        alike = parameters(order)
        if any(sent.parameters == alike and sent.at > now - limits.duplicate_ms for sent in self.orders.values()):
            reasons.add("INTENT_DUPLICATE")
        strategy = order["strategy"] or ""
        before = 0
        for sent in self.orders.values():
            counted = sent.number > self.forgiven.get(strategy, 0)
            if sent.trade == trade(order) and sent.at > now - limits.repeat_ms and counted:
                before += 1
        if strategy in self.latched:
            reasons.add("STRATEGY_LATCHED")
        elif before + 1 > limits.repeats:
            reasons.add("STRATEGY_REPEATED")
        return reasons

    def loss(self, order: dict[str, Any], facts: dict[str, Any], view: View, now: int) -> set[str]:
        if view.reduces:
            return set()
        day = self.day(self.venue_high.get(order["venue"], 0))
        known = finite(facts["realised"]) and finite(facts["unrealised"])
        candidates = []
        if known:
            candidates.append(-(Fraction(facts["realised"]) + Fraction(facts["unrealised"])))
        lost = Fraction(0)
        for (_, of_day), worst in self.worst.items():
            if of_day >= day and worst < 0:
                lost -= worst
        own = self.noted.get((order["venue"], day))
        if own is not None or lost > 0:
            candidates.append(lost)
        if not candidates:
            return {"LOSS_UNKNOWN"}
        if max(candidates) >= self.limits.daily_loss_usd:
            return {"LOSS_LIMIT_REACHED"}
        if not known and (own is None or max(now, facts["gathered"]) - own > self.limits.pnl_age_ms):
            return {"LOSS_STALE"}
        return set()

    def accept(self, order: dict[str, Any], view: View, now: int) -> None:
        assert view.worth is not None
        assert view.price_usd is not None
        listed = view.facts["listed"]
        if listed["contract"] is None:
            contract_worth = view.price_usd
        elif listed["inverse"]:
            contract_worth = Fraction(listed["contract"])
        else:
            contract_worth = Fraction(listed["contract"]) * view.price_usd
        self.orders[order["id"]] = Sent(
            at=now,
            number=len(self.orders) + 1,
            trade=trade(order),
            parameters=parameters(order),
            reducing=view.reduces,
            size=Fraction(order["size"]),
            worth=view.worth,
            contract_worth=contract_worth,
        )
        self.messages.append((now, order["venue"], order["symbol"], "new"))

    def settle(self, own_id: str, state: str, contracts: Decimal | None, clock: int) -> None:
        sent = self.orders[own_id]
        filled = sent.filled
        if state == "filled" or (state == "cancelled" and contracts is None):
            filled = sent.worth
        elif state in ("refused", "absent") or contracts is None:
            pass
        elif contracts > 0:
            filled = sent.worth if sent.contract_worth is None else Fraction(contracts) * sent.contract_worth
        if filled > sent.filled:
            sent.filled, sent.filled_at = filled, max(clock, self.high)
        sent.is_open = state not in FINISHED

    def message(self, kind: str, venue: str, symbol: str, clock: int) -> None:
        self.messages.append((max(clock, self.high), venue, symbol, kind))

    def note_pnl(self, venue: str, realised: Decimal, unrealised: Decimal, venue_time: int, clock: int) -> bool:
        now = max(clock, self.high)
        if abs(venue_time - now) > self.limits.skew_ms:
            return False
        self.venue_high[venue] = max(venue_time, self.venue_high.get(venue, 0))
        self.note_pnl_now(venue, realised, unrealised, now)
        return True

    def note_pnl_now(self, venue: str, realised: Decimal, unrealised: Decimal, now: int) -> None:
        key = venue, self.day(self.venue_high[venue])
        total = Fraction(realised) + Fraction(unrealised)
        self.worst[key] = min(total, self.worst.get(key, total))
        self.noted[key] = now

    def switch(self, state: str) -> None:
        if self.state != "halted":
            self.state = state

    def reset(self, clock: int) -> None:
        self.killed, self.state, self.high = False, "active", clock
        self.venue_high.clear()
        for strategy in self.latched:
            self.forgiven[strategy] = len(self.orders)
        self.latched.clear()
        self.messages = [(min(each[0], clock), *each[1:]) for each in self.messages]
        for sent in self.orders.values():
            sent.at, sent.filled_at = min(sent.at, clock), min(sent.filled_at, clock)
        self.noted = {key: min(at, clock) for key, at in self.noted.items()}

    def day(self, venue_time: int) -> int:
        return (venue_time - self.limits.day_starts_ms) // DAY_MS


class View:
    """What one order is worth, what is held, and whether it reduces."""

    def __init__(self, oracle: Oracle, order: dict[str, Any], facts: dict[str, Any], now: int) -> None:
        self.oracle, self.order, self.facts, self.now = oracle, order, facts, now
        self.buys = order["side"] == "long"
        self.reference = Fraction(facts["reference"]) if usable(facts["reference"]) else None
        self.price_usd: Fraction | None = self.reference
        if order["price"] is not None and self.reference is not None:
            self.price_usd = max(self.reference, Fraction(order["price"])) if usable(order["price"]) else None
        if facts["listed"] is None:
            self.price_usd = None
        sized = usable(order["size"]) and self.price_usd is not None
        self.worth = Fraction(order["size"]) * self.price_usd if sized and self.price_usd is not None else None
        if self.worth is not None and not Fraction(1, 10**30) <= self.worth < Fraction(10**31):
            self.worth = None
        self.held = self.find_held()
        self.open = {"long": Fraction(0), "short": Fraction(0)}
        self.reducing_before = {"long": Fraction(0), "short": Fraction(0)}
        self.add_up_orders()
        self.reduces = self.find_out_whether_it_reduces()

    def find_held(self) -> tuple[Fraction, Fraction] | None:
        at, base = self.facts["position_at"], self.facts["position"]
        if at is None or at > self.now or not finite(base):
            return None
        return max(Fraction(base), Fraction(0)), max(-Fraction(base), Fraction(0))

    def add_up_orders(self) -> None:
        at = self.facts["position_at"]
        seen = self.now if at is None else at
        for sent in self.oracle.orders.values():
            if sent.trade[1:3] != (self.order["venue"], self.order["symbol"]):
                continue
            counted = Fraction(0)
            if sent.is_open:
                counted += max(sent.worth - sent.filled, Fraction(0))
            if sent.filled_at >= seen:
                counted += sent.filled
            side = sent.trade[3]
            if sent.reducing:
                self.reducing_before[side] += sent.size * counted / sent.worth
            else:
                self.open[side] += counted

    def find_out_whether_it_reduces(self) -> bool:
        if not self.order["reduce_only"] or not usable(self.order["size"]) or self.held is None:
            return False
        there = self.held[1] if self.buys else self.held[0]
        return Fraction(self.order["size"]) + self.reducing_before[self.order["side"]] <= there

    def price_reasons(self) -> set[str]:
        limits, order, facts, reasons = self.oracle.limits, self.order, self.facts, set()
        at = facts["reference_at"]
        if self.reference is None or at is None or facts["venue_time"] is None:
            reasons.add("REFERENCE_MISSING")
        else:
            aged = max(self.now, facts["gathered"]) - facts["gathered"]
            venue_now = max(facts["venue_time"] + aged, self.oracle.venue_high.get(order["venue"], 0))
            if abs(venue_now - at) > limits.reference_age_ms:
                reasons.add("REFERENCE_STALE")
        if self.reference is None:
            reasons.add("REFERENCE_MISSING")
        elif order["price"] is not None:
            sane = usable(order["price"])
            away = abs(Fraction(order["price"]) - self.reference) if sane else self.reference
            if away / self.reference * 10_000 > limits.deviation_bps:
                reasons.add("PRICE_OUTSIDE_COLLAR")
        if self.worth is None:
            reasons.add("NOTIONAL_UNKNOWN")
        elif self.worth > limits.trade_usd:
            reasons.add("NOTIONAL_ABOVE_TRADE_LIMIT")
        return reasons | self.leverage_reasons()

    def leverage_reasons(self) -> set[str]:
        if self.reduces:
            return set()
        asked, in_force, listed = self.order["leverage"], self.facts["leverage"], self.facts["listed"]
        if listed is not None and listed["spot"] and self.order["mode"] == "cash":
            numbers = [Decimal(1) if asked is None else asked]
        else:
            numbers = [in_force] if asked is None else [asked, in_force]
        if not all(usable(number) for number in numbers):
            return {"LEVERAGE_UNKNOWN"}
        return {"LEVERAGE_ABOVE_LIMIT"} if max(numbers) > self.oracle.limits.leverage else set()

    def position_reasons(self) -> set[str]:
        limits, reasons = self.oracle.limits, set()
        if self.oracle.state == "halted":
            reasons.add("STATE_HALTED")
        if self.reduces:
            return reasons
        if self.oracle.state == "reducing":
            reasons.add("STATE_REDUCING")
        if self.order["reduce_only"]:
            reasons.add("REDUCE_NOT_SHRINKING")
        quality = self.facts["quality"]
        if quality in ("unreliable", "unavailable"):
            reasons.add("POSITION_UNRELIABLE")
        elif quality is None or self.held is None:
            reasons.add("POSITION_UNKNOWN")
        elif self.facts["contradicted"]:
            reasons.add("POSITION_CONTRADICTED")
        elif max(self.now, self.facts["gathered"]) - self.facts["position_at"] > limits.position_age_ms:
            reasons.add("POSITION_STALE")
        if self.worth is None:
            return reasons | {"NOTIONAL_UNKNOWN"}
        if self.held is None or self.reference is None:
            return reasons | {"POSITION_UNKNOWN"}
        long, short = (each * self.reference for each in self.held)
        if long + short + self.open["long"] + self.open["short"] + self.worth > limits.symbol_usd:
            reasons.add("NOTIONAL_ABOVE_SYMBOL_LIMIT")
        mine = long + self.open["long"] if self.buys else short + self.open["short"]
        if mine + self.worth > limits.position_usd:
            reasons.add("POSITION_ABOVE_LIMIT")
        return reasons


def finite(number: Decimal | None) -> bool:
    """Whether it is a number of a size that money has."""
    return number is not None and number.is_finite() and abs(Fraction(number)) < 10**31


def usable(number: Decimal | None) -> bool:
    """Whether it is such a number above zero, and not so small that it is none."""
    return finite(number) and number is not None and Fraction(1, 10**30) <= Fraction(number)


def trade(order: dict[str, Any]) -> tuple[Any, ...]:
    """What makes one order the repeat of another."""
    return order["strategy"] or "", order["venue"], order["symbol"], order["side"]


def parameters(order: dict[str, Any]) -> tuple[Any, ...]:
    """What makes one order the duplicate of another."""
    size, price = (Fraction(each) if usable(each) else None for each in (order["size"], order["price"]))
    return (*trade(order), order["type"], size, price, order["mode"], order["reduce_only"])
