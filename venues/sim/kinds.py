"""
The seam between the parts of the embedded venue: instruments, market view, clock, refusals.

`instruments.py` fills the table, `market.py` implements `MarketView`, the trading engine (`engine/`) reads both and
knows no HTTP; `server.py` and `routes_*.py` turn requests into calls and answers into OKX's envelopes.

The table is `instruments.INSTRUMENTS`; `instruments.row(instrument)` spells a row for `account/instruments` too, and
`numbers.text(decimal)` is OKX's spelling of a number. ``MarketView`` takes an instId alone: MARGIN shares SPOT's.
The price band of `public/price-limit` is `price_band.price_band(instrument, mark)`, for the engine's 51006 as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

__all__ = ["Clock", "Level", "MarketView", "Params", "Refusal", "SimInstrument"]


@dataclass(frozen=True, slots=True)
class SimInstrument:
    """
    One row of the venue's own table, typed; ``row()`` in `instruments.py` spells it as OKX does.

    ``inst_type`` is SPOT, MARGIN, SWAP, FUTURES or OPTION. For SPOT/MARGIN ``ct_val``, ``ct_mult`` are None and sizes
    are base currency; otherwise contracts. ``ct_type`` is "" (spot, option), "linear" (also an option settled in
    dollars) or "inverse". ``raw`` is the row it was loaded from, if it was: ``row()`` then gives that back.
    """

    inst_type: str
    inst_id: str
    inst_id_code: int
    base_ccy: str
    quote_ccy: str
    settle_ccy: str
    uly: str
    inst_family: str
    ct_type: str
    ct_val: Decimal | None
    ct_mult: Decimal | None
    ct_val_ccy: str
    tick_sz: Decimal
    lot_sz: Decimal
    min_sz: Decimal
    max_lmt_sz: Decimal
    max_mkt_sz: Decimal
    lever: str
    state: str
    group_id: str
    list_time_ms: int
    exp_time_ms: int | None
    alias: str
    opt_type: str
    strike: Decimal | None
    rule_type: str = "normal"
    raw: Mapping[str, object] | None = None

    def __hash__(self) -> int:
        """By type and id: prices are looked up by instrument thousands of times a second."""
        return hash((self.inst_type, self.inst_id))

    @property
    def contract_size(self) -> Decimal:
        """Value of one contract, ctVal × ctMult; 1 for spot and margin."""
        if self.ct_val is None or self.ct_mult is None:
            return Decimal(1)
        return self.ct_val * self.ct_mult

    @property
    def is_spot(self) -> bool:
        """Whether sizes are base currency."""
        return self.inst_type in ("SPOT", "MARGIN")

    @property
    def inverse(self) -> bool:
        """Whether it settles in its base currency at a contract value in quote."""
        return self.ct_type == "inverse"


@dataclass(frozen=True, slots=True)
class Level:
    """One price level of the venue's book: price, size (contracts or base), number of orders."""

    px: Decimal
    sz: Decimal
    orders: int


class MarketView(Protocol):
    """What the trading engine may know of the market; everything is a pure function of seed and venue time."""

    def bids(self, inst_id: str) -> tuple[Level, ...]:
        """Best first."""
        ...

    def asks(self, inst_id: str) -> tuple[Level, ...]:
        """Best first."""
        ...

    def last(self, inst_id: str) -> Decimal:
        """The last traded price, on tick."""
        ...

    def mark(self, inst_id: str) -> Decimal:
        """The mark price, on tick."""
        ...

    def index(self, inst_id: str) -> Decimal:
        """The index of the underlying pair."""
        ...

    def usd(self, ccy: str) -> Decimal:
        """Value of one unit of a currency in US dollars."""
        ...

    def settled_funding_rate(self, inst_id: str) -> Decimal:
        """The rate of a swap's latest settled funding; longs pay a positive one."""
        ...

    def at(self, ms: int) -> MarketView:
        """The same market at another moment of venue time, in milliseconds."""
        ...


class Clock(Protocol):
    """Venue time; passed in. The audit's venue stands still, so that one seed reproduces every byte."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...


class Refusal(Exception):
    """
    The venue says no, in OKX's words (okx-v5-facts sections 2 and 3).

    ``per_row`` marks a refusal that travels as ``sCode``/``sMsg`` inside ``data`` under a top-level ``code`` of 1;
    ``with_data`` whether the top-level envelope carries ``"data": []``. ``sub_code`` is the row's subCode.
    """

    def __init__(
        self,
        code: str,
        msg: str,
        *,
        http_status: int = 200,
        per_row: bool = False,
        with_data: bool = True,
        sub_code: str = "",
    ) -> None:
        super().__init__(f"{code} {msg}")
        self.code = code
        self.msg = msg
        self.http_status = http_status
        self.per_row = per_row
        self.with_data = with_data
        self.sub_code = sub_code


Params = Mapping[str, str]
