"""A desk at the embedded venue's engine: an account, a market whose prices the test sets, and a clock it turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dualwitness.venues.sim.engine import PRIVATE_ROUTES, Account
from dualwitness.venues.sim.instruments import INSTRUMENTS
from dualwitness.venues.sim.kinds import Level, SimInstrument

__all__ = ["START_MS", "Desk", "HandClock", "HandMarket", "instrument", "open_desk"]

START_MS = 1_763_714_000_000
_USD = {"BTC": Decimal(50000), "ETH": Decimal(2500), "SOL": Decimal(100), "DOGE": Decimal("0.1")}
_OPTION_PREMIUM = Decimal("0.05")


def instrument(inst_id: str) -> SimInstrument:
    """The instrument of that id, never the MARGIN twin."""
    return next(one for one in INSTRUMENTS if one.inst_id == inst_id and one.inst_type != "MARGIN")


@dataclass
class HandClock:
    """Stands where it is put."""

    ms: int = START_MS

    def now_ms(self) -> int:
        return self.ms


@dataclass
class HandMarket:
    """
    Every mark is a round number; asks and bids lie one to five ticks off it with sizes 1 to 5.

    ``moves`` are marks that hold from a moment on, for who looks at a moment: they win over ``marks``.
    """

    marks: dict[str, Decimal] = field(default_factory=dict)
    indices: dict[str, Decimal] = field(default_factory=dict)
    moves: list[tuple[int, str, Decimal]] = field(default_factory=list)
    rate: Decimal = Decimal("0.0001")

    def at(self, ms: int) -> HandMarket:
        moved = {inst_id: px for from_ms, inst_id, px in sorted(self.moves) if from_ms <= ms}
        return HandMarket(self.marks | moved, self.indices, self.moves, self.rate)

    def settled_funding_rate(self, inst_id: str) -> Decimal:
        return self.rate

    def mark(self, inst_id: str) -> Decimal:
        if inst_id in self.marks:
            return self.marks[inst_id]
        one = instrument(inst_id)
        return _OPTION_PREMIUM if one.inst_type == "OPTION" else _USD[inst_id.split("-", maxsplit=1)[0]]

    def last(self, inst_id: str) -> Decimal:
        return self.mark(inst_id)

    def index(self, inst_id: str) -> Decimal:
        if inst_id in self.indices:
            return self.indices[inst_id]
        return _USD[inst_id.split("-", maxsplit=1)[0]]

    def usd(self, ccy: str) -> Decimal:
        return _USD.get(ccy, Decimal(1))

    def asks(self, inst_id: str) -> tuple[Level, ...]:
        return self._levels(inst_id, 1)

    def bids(self, inst_id: str) -> tuple[Level, ...]:
        return self._levels(inst_id, -1)

    def _levels(self, inst_id: str, sign: int) -> tuple[Level, ...]:
        tick = instrument(inst_id).tick_sz
        return tuple(Level(self.mark(inst_id) + sign * n * tick, Decimal(n), 1) for n in range(1, 6))


@dataclass
class Desk:
    """Calls the private routes as the venue would, and gives the rows."""

    account: Account
    market: HandMarket
    clock: HandClock

    def get(self, path: str, **params: str) -> list[dict[str, Any]]:
        return PRIVATE_ROUTES["GET", f"/api/v5/{path}"](self.account, params)

    def post(self, path: str, **params: str) -> dict[str, Any]:
        (row,) = PRIVATE_ROUTES["POST", f"/api/v5/{path}"](self.account, params)
        return row

    def post_many(self, path: str, *many: dict[str, str]) -> list[dict[str, Any]]:
        return PRIVATE_ROUTES["POST", f"/api/v5/{path}"](self.account, list(many))

    def ack(self, inst_id: str, side: str, sz: str, px: str = "", **more: str) -> dict[str, Any]:
        """Place an order, cash on pairs and cross elsewhere, a market order without ``px``; give its answer."""
        params = {
            "instId": inst_id,
            "ordType": "limit" if px else "market",
            "px": px,
            "side": side,
            "sz": sz,
            "tdMode": "cash" if instrument(inst_id).is_spot else "cross",
        }
        return self.post("trade/order", **{**params, **more})

    def order(self, inst_id: str, side: str, sz: str, px: str = "", **more: str) -> dict[str, Any]:
        """Place an order that is accepted, and give its row."""
        ack = self.ack(inst_id, side, sz, px, **more)
        assert ack["sCode"] == "0", ack
        return self.get("trade/order", instId=inst_id, ordId=ack["ordId"])[0]

    def position(self, inst_id: str) -> dict[str, Any]:
        """The one position of an instrument."""
        (row,) = self.get("account/positions", instId=inst_id)
        return row

    def detail(self, ccy: str) -> dict[str, Any]:
        """The balance of one currency."""
        (row,) = self.get("account/balance", ccy=ccy)
        (detail,) = row["details"]
        return dict(detail)


def open_desk(*, level: str = "2", mode: str = "net_mode", usdt: str = "100000", start_ms: int = START_MS) -> Desk:
    """A desk with USDT, 2 BTC and 20 ETH, no position."""
    clock, market = HandClock(start_ms), HandMarket()
    account = Account(INSTRUMENTS, market, clock, 0, account_level=level, position_mode=mode)
    for ccy, quantity in (("USDT", usdt), ("BTC", "2"), ("ETH", "20")):
        account.deposit(ccy, Decimal(quantity), start_ms - 1000)
    return Desk(account, market, clock)
