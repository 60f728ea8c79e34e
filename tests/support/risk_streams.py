"""Random streams of orders and everything that happens between them, told to the engine and to the oracle alike."""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from dualwitness.models import Instrument, InstrumentState, OrderType, PositionsQuality, Side, TdMode, Venue
from dualwitness.risk import RiskEngine, RiskError, RiskInputs, RiskStore, TradingMode
from tests.support.risk_oracle import Limits, Oracle
from tests.support.risk_world import INVERSE, LIMITS, NOW_MS, PAIR, SWAP, VENUE, Clock, intent_of

__all__ = ["Disagreement", "Stage", "Tally"]

LISTED = (SWAP, PAIR, INVERSE)
SHORT_NAMES = {SWAP.symbol: "BTCUSDT", PAIR.symbol: "ETHUSDT", INVERSE.symbol: "BTCUSD"}
ALL_NAMES = ("BTCUSDT", "ETHUSDT", "BTCUSD")
# What is no size, price or leverage at all.
DAMAGED = tuple(map(Decimal, ("NaN", "sNaN", "Infinity", "-Infinity", "-1", "0", "1E+400", "1E-400", "-0")))
PRICES = (0, -100, 100, -250, 2_500, -2_500, 2_501, -9_000)
STATES = ("filled", "partially_filled", "live", "cancelled", "refused", "absent", "unknown")
TABLES = ("facts", "orders", "messages", "losses", "latches", "acts")
VENUES = (Venue.OKX, Venue.PAPER)


class Disagreement(AssertionError):
    """Engine and oracle decided differently."""


@dataclass
class Tally:
    """What a number of streams was made of."""

    streams: int = 0
    orders: int = 0
    accepted: int = 0
    restarts: int = 0
    reasons: frozenset[str] = frozenset()


class Stage:
    """One engine and one oracle; `run` plays one stream on both."""

    def __init__(self, folder: Path) -> None:
        self._state = folder / "state.sqlite3"
        self._file = folder / "kill_switch"
        self.tally = Tally()
        self._store = self._fresh_store()

    def run(self, seed: int) -> None:
        """Play one stream; raises `Disagreement` with everything that is needed to play it again."""
        self._draw = random.Random(seed)
        self._doubts = random.Random(~seed)  # of its own, so that the other draws stay what they are
        self._begin()
        for _ in range(self._draw.randrange(4, 16)):
            action = self._draw.choices(
                (self._order, self._settle, self._message, self._pnl, self._turn, self._restart, self._pass_time),
                (60, 14, 8, 5, 4, 1, 8),
            )[0]
            try:
                action()
            except Disagreement as error:
                message = f"stream {seed}: {error}"
                raise Disagreement(message) from None
        self.tally.streams += 1

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def _fresh_store(self) -> RiskStore:
        store = RiskStore(self._state)
        with store.transaction():
            pass
        # Streams are not killed; that the disk keeps what is committed is proven elsewhere.
        assert store._connection is not None
        store._connection.execute("PRAGMA synchronous=OFF")
        return store

    def _begin(self) -> None:
        draw = self._draw
        with self._store.transaction() as connection:
            for table in TABLES:
                connection.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand above
        self._file.unlink(missing_ok=True)
        self._clock = Clock(NOW_MS + draw.choice((0, 12 * 3_600_000 - 20_000)))
        restricted = draw.random() < 0.2
        self._limits = LIMITS.model_copy(
            update={
                "kill_switch_file": str(self._file),
                "max_notional_per_trade_usd": Decimal(draw.choice((100, 250, 250))),
                "max_daily_loss_usd": Decimal(draw.choice((50, 500))),
                "max_leverage": Decimal(draw.choice((2, 3))),
                "rate_limit_per_symbol_per_minute": draw.choice((2, 3, 10)),
                "rate_limit_per_venue_per_minute": draw.choice((3, 5, 60)),
                "max_messages_per_minute": draw.choice((4, 8, 120)),
                "duplicate_window_ms": draw.choice((1, 2_000, 30_000)),
                "max_repeated_executions": draw.choice((1, 3, 20)),
                "repeated_execution_window_ms": draw.choice((5_000, 600_000)),
                "max_pnl_age_ms": draw.choice((1_000, 60_000)),
                "enable_ip_restrictions": restricted,
                "allowed_ips": ("192.0.2.7",) if restricted else (),
                "day_starts_at_utc": draw.choice(("00:00", "16:30")),
            }
        )
        self._venue = VENUE.model_copy(
            update={
                "max_notional_per_symbol_usd": Decimal(draw.choice((300, 1000))),
                "max_position_per_symbol_usd": Decimal(draw.choice((200, 1000))),
                "allowed_symbols": draw.choice((ALL_NAMES, ALL_NAMES, ("BTCUSDT", "ETHUSDT"))),
            }
        )
        self._engine = RiskEngine(self._limits, self._store, self._clock)
        self._oracle = Oracle(self._plain_limits())
        self._ids: list[str] = []
        self._last: dict[str, Any] | None = None

    def _plain_limits(self) -> Limits:
        limits = self._limits
        return Limits(
            trade_usd=limits.max_notional_per_trade_usd,
            symbol_usd=self._venue.max_notional_per_symbol_usd,
            position_usd=self._venue.max_position_per_symbol_usd,
            daily_loss_usd=limits.max_daily_loss_usd,
            leverage=min(limits.max_leverage, self._venue.max_leverage),
            per_symbol=limits.rate_limit_per_symbol_per_minute,
            per_venue=limits.rate_limit_per_venue_per_minute,
            messages=limits.max_messages_per_minute,
            repeats=limits.max_repeated_executions,
            repeat_ms=limits.repeated_execution_window_ms,
            duplicate_ms=limits.duplicate_window_ms,
            reference_age_ms=limits.max_reference_age_ms,
            position_age_ms=limits.max_position_age_ms,
            pnl_age_ms=limits.max_pnl_age_ms,
            skew_ms=limits.max_clock_skew_ms,
            deviation_bps=limits.max_price_deviation_bps,
            day_starts_ms={"00:00": 0, "16:30": 59_400_000}[limits.day_starts_at_utc],
            symbols=self._venue.allowed_symbols,
            strategies=self._venue.allowed_strategies,
            ips=limits.allowed_ips if limits.enable_ip_restrictions else None,
        )

    def _order(self) -> None:
        order, facts = self._drawn_order(), self._drawn_facts()
        if self._last is not None and self._draw.random() < 0.12:
            order = {**self._last, "id": order["id"]}
        self._last = order
        instrument: Instrument | None = self._draw.choices((self._named(order), None), (60, 1))[0]
        if self._draw.random() < 0.02:
            instrument = self._draw.choice(LISTED)
        if instrument is not None and self._draw.random() < 0.02:
            instrument = instrument.model_copy(update={"state": InstrumentState.SUSPENDED})
        facts["listed"] = None if instrument is None else _plain_instrument(instrument)
        answer = self._engine.validate(_intent(order), self._inputs(order, facts, instrument))
        expected = self._oracle.decide(order, facts, self._clock.now_ms, file_exists=self._file.exists())
        found = {str(check.reason) for check in answer.checks if not check.passed}
        if found != expected or answer.risk_checks_passed != (not expected):
            message = f"engine {sorted(found)}, oracle {sorted(expected)} about {order} with {facts}"
            raise Disagreement(message)
        self.tally.orders += 1
        self.tally.reasons |= found
        if answer.risk_checks_passed:
            self.tally.accepted += 1
            self._ids.append(order["id"])

    def _named(self, order: dict[str, Any]) -> Instrument:
        return next(each for each in LISTED if each.symbol == order["symbol"])

    def _drawn_order(self) -> dict[str, Any]:
        draw = self._draw
        listed = draw.choices(LISTED, (6, 3, 1))[0]
        return {
            "id": self._drawn_id(),
            "venue": draw.choices(VENUES, (9, 1))[0],
            "symbol": listed.symbol,
            "side": draw.choice(("long", "short")),
            "type": draw.choice(("limit", "limit", "market")),
            "size": self._or_damaged(draw.choice((Decimal("0.001"), Decimal("0.0010"), Decimal("0.002")))),
            "price": self._or_damaged(Decimal(50_000 + draw.choices(PRICES, (9, 9, 9, 9, 2, 2, 1, 1))[0])),
            "mode": draw.choice(("cross", "isolated")) if listed is not PAIR else draw.choice(("cash", "cross")),
            "leverage": draw.choices(
                (None, Decimal(2), Decimal("2.5"), Decimal(50), Decimal("NaN")), (40, 30, 5, 1, 1)
            )[0],
            "strategy": draw.choices(("trend_following", "mean_reversion", "unheard_of", None), (40, 16, 1, 1))[0],
            "reduce_only": draw.random() < 0.15,
        } | ({"type": "market", "price": None} if draw.random() < 0.2 else {})

    def _drawn_id(self) -> str | None:
        if self._draw.random() < 0.02:
            return None
        if self._ids and self._draw.random() < 0.03:
            return self._draw.choice(self._ids)
        return f"id{self.tally.orders}"

    def _drawn_facts(self) -> dict[str, Any]:
        draw, now = self._draw, self._clock.now_ms
        gathered = now - draw.choices((0, 900, 11_000, -5), (150, 6, 2, 2))[0]
        venue_time = gathered + draw.choices((20, -700, 9_999, 10_001, -86_400_000), (150, 6, 2, 1, 1))[0]
        known_pnl = draw.random() < 0.8
        return {
            "gathered": gathered,
            "venue_time": None if draw.random() < 0.01 else venue_time,
            "enabled": draw.random() > 0.01,
            "mode": "live" if draw.random() < 0.01 else "demo",
            "reference": draw.choices((Decimal(50_000), Decimal("48123.45"), None, Decimal("NaN")), (60, 20, 1, 1))[0],
            "reference_at": draw.choices(
                (venue_time - 50, venue_time - 5_000, venue_time - 5_001, venue_time + 6_000, None), (90, 3, 1, 1, 1)
            )[0],
            "position": draw.choices(
                tuple(map(Decimal, ("0", "0.001", "-0.001", "0.0035", "-0.01", "NaN"))), (40, 20, 20, 10, 5, 1)
            )[0],
            "position_at": draw.choices(
                (gathered, gathered - 3_000, gathered - 10_000, gathered - 10_001, now + 500, None),
                (150, 8, 2, 2, 2, 2),
            )[0],
            "contradicted": self._doubts.random() < 0.03,
            "quality": draw.choices(
                ("reliable", "reconstructed_from_fills", "unreliable", "unavailable", None), (150, 8, 4, 3, 3)
            )[0],
            "leverage": draw.choices((Decimal(1), Decimal(2), Decimal(3), Decimal(10), None), (10, 120, 5, 1, 1))[0],
            "realised": draw.choices(tuple(map(Decimal, ("0", "-20", "30", "-60", "NaN"))), (80, 20, 10, 3, 2))[0]
            if known_pnl
            else None,
            "unrealised": draw.choices(tuple(map(Decimal, ("0", "-20.5", "12"))), (6, 2, 2))[0] if known_pnl else None,
            "ip": draw.choices(("192.0.2.7", "192.0.2.8", None), (20, 1, 1))[0],
        }

    def _or_damaged(self, number: Decimal) -> Decimal:
        return self._draw.choice(DAMAGED) if self._draw.random() < 0.01 else number

    def _inputs(self, order: dict[str, Any], facts: dict[str, Any], instrument: Instrument | None) -> RiskInputs:
        return RiskInputs(
            now_ms=facts["gathered"],
            venue=order["venue"],
            venue_config=self._venue.model_copy(update={"enabled": facts["enabled"]}),
            mode=TradingMode(facts["mode"]),
            instrument=instrument,
            venue_time_ms=facts["venue_time"],
            reference_price=facts["reference"],
            reference_ts_ms=facts["reference_at"],
            position_base=facts["position"],
            position_ts_ms=facts["position_at"],
            only_reducing=facts["contradicted"],
            positions_quality=None if facts["quality"] is None else PositionsQuality(facts["quality"]),
            leverage_in_force=facts["leverage"],
            realised_pnl_usd=facts["realised"],
            unrealised_pnl_usd=facts["unrealised"],
            own_ip=facts["ip"],
        )

    def _settle(self) -> None:
        if not self._ids:
            return
        own_id, state = self._draw.choice(self._ids), self._draw.choice(STATES)
        contracts = self._draw.choice((None, Decimal(0), Decimal("0.0005"), Decimal("0.05"), Decimal("0.1")))
        self._engine.settle(own_id, state=state, filled_contracts=contracts)
        self._oracle.settle(own_id, state, contracts, self._clock.now_ms)

    def _message(self) -> None:
        kind, venue = self._draw.choice(("amend", "cancel")), self._draw.choice(VENUES)
        self._engine.note_message(kind, venue, SWAP.symbol)
        self._oracle.message(kind, venue, SWAP.symbol, self._clock.now_ms)
        if self._engine.may_cancel() is not True:
            message = "a cancel was refused"
            raise Disagreement(message)

    def _pnl(self) -> None:
        venue, (realised, unrealised) = self._draw.choice(VENUES), self._draw.choice(((0, 5), (-30, -1), (-500, 0)))
        venue_time = self._clock.now_ms + self._draw.choice((0, 0, 3_000, -90_000_000))
        amounts = Decimal(realised), Decimal(unrealised)
        taken = self._oracle.note_pnl(venue, *amounts, venue_time, self._clock.now_ms)
        try:
            self._engine.note_pnl(venue, realised_usd=amounts[0], unrealised_usd=amounts[1], venue_time_ms=venue_time)
        except RiskError:
            taken = not taken
        if not taken:
            message = "a profit or loss was taken by one alone"
            raise Disagreement(message)

    def _turn(self) -> None:
        turn = self._draw.choices(("halt", "reduce", "kill", "file", "reset"), (1, 2, 1, 1, 5))[0]
        if turn == "halt":
            self._engine.halt("ann", "a test")
            self._oracle.switch("halted")
        elif turn == "reduce":
            self._engine.reduce("ann", "a test")
            self._oracle.switch("reducing")
        elif turn == "kill":
            self._engine.kill("ann", "a test")
            self._oracle.killed = True
        elif turn == "file":
            self._file.touch()
        else:
            self._engine.reset("ann", "a test")
            self._oracle.reset(self._clock.now_ms)

    def _restart(self) -> None:
        self._store.close()
        self._store = self._fresh_store()
        self._engine = RiskEngine(self._limits, self._store, self._clock)
        self.tally.restarts += 1

    def _pass_time(self) -> None:
        steps = (1, 700, 2_000, 5_000, 29_999, 59_999, 60_000, 86_400_000, -500, -8_000, -3_600_000)
        self._clock.now_ms += self._draw.choices(steps, (3, 5, 5, 4, 4, 3, 3, 1, 2, 1, 1))[0]


def _plain_instrument(instrument: Instrument) -> dict[str, Any]:
    return {
        "symbol": instrument.symbol,
        "live": instrument.state is InstrumentState.LIVE,
        "short_name": SHORT_NAMES[instrument.symbol],
        "spot": instrument is PAIR or instrument.symbol == PAIR.symbol,
        "inverse": instrument.inverse,
        "contract": instrument.contract_size,
    }


def _intent(order: dict[str, Any]) -> Any:
    return intent_of(
        symbol=order["symbol"],
        side=Side(order["side"]),
        order_type=OrderType(order["type"]),
        size=order["size"],
        price=order["price"],
        venue=order["venue"],
        td_mode=TdMode(order["mode"]),
        leverage=order["leverage"],
        strategy=order["strategy"],
        client_order_id=order["id"],
        reduce_only=order["reduce_only"],
    )
