"""
The probe: a few smallest possible orders through each library, so that their fate is seen and not assumed.

Only where money is not real, and only on a symbol in which nothing is held.

Each library in turn: a resting order far from the market, looked up by both, cancelled, looked up again; a market order
and its reverse, looked up by both. Afterwards the account holds what it held before, less fees.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from dualwitness.alignment.costs.slippage import Slippage, middle, slippage_of
from dualwitness.alignment.observe import Pair, Witnesses
from dualwitness.models import (
    CheckResult,
    Instrument,
    Library,
    MarketType,
    Order,
    OrderBook,
    OrderIntent,
    OrderType,
    Side,
    TdMode,
    ValidatedOrder,
)
from dualwitness.models.observation import Observation

__all__ = ["Probe", "ProbeRecord", "probe_symbol"]

# Far enough from the market that it rests, near enough that no price limit refuses it.
_RESTING = Decimal("0.99")


@dataclass(frozen=True, slots=True)
class ProbeRecord:
    """
    What one library's probe showed: every observation, the look-ups by both, slippage of its market orders.

    Each market order is measured against the book that the same library read right before it.
    ``resting`` is the id of its resting order with what both libraries listed as open while it rested.
    """

    placed: tuple[Observation, ...]
    looked_up: tuple[tuple[str, Pair], ...]
    slippage: tuple[Slippage, ...]
    resting: tuple[str, Pair] | None = None


def probe_symbol(symbols: Iterable[str], instruments: dict[str, Instrument], held: set[str]) -> str | None:
    """The last linear perpetual of the run in which nothing is held; None where there is none."""
    for symbol in reversed(list(symbols)):
        instrument = instruments.get(symbol)
        if instrument is None or symbol in held or instrument.market_type is not MarketType.SWAP:
            continue
        if instrument.linear and None not in (instrument.contract_size, instrument.min_size, instrument.tick_size):
            return symbol
    return None


class Probe:
    """
    Runs the probe orders on one symbol.

    ``max_notional_usd`` is the limit of the configuration: a probe beyond it is not sent. ``keep`` is handed every
    observation the moment it is made.
    """

    def __init__(
        self,
        witnesses: Witnesses,
        instrument: Instrument,
        *,
        seed: int,
        now_ms: Callable[[], int],
        max_notional_usd: Decimal,
        keep: Callable[[Observation], None] = lambda _: None,
    ) -> None:
        self._witnesses = witnesses
        self._instrument = instrument
        self._seed = seed
        self._now_ms = now_ms
        self._limit = max_notional_usd
        self._keep = keep

    def run(self, library: Library) -> ProbeRecord:
        """All probe orders through one library, each looked up through both."""
        placed: list[Observation] = []
        looked_up: list[tuple[str, Pair]] = []
        slippage: list[Slippage] = []
        resting: tuple[str, Pair] | None = None
        book = self._book(library, placed)
        mid = middle(book)
        if book is None or not book.bids or mid is None:
            return ProbeRecord(tuple(placed), (), ())
        for name, intent in self._intents(library, book.bids[0].price, mid):
            order = self._validated(intent, mid)
            if not order.risk_checks_passed:
                continue
            before = self._book(library, placed) if intent.order_type is OrderType.MARKET else book
            answer = self._ask(library, "place_order", lambda client, order=order: (client.place_order(order),))
            placed.append(answer)
            order_id = _order_id(answer) or self._found_again(library, intent)
            if order_id is None:
                continue  # nothing came of it, or it cannot be known; the closing order can only reduce
            found = self._look_up(order_id)
            looked_up.append((order_id, found))
            if name == "resting":
                resting = order_id, self._resting_orders()
                placed.append(self._cancel(library, order_id))
                looked_up.append((order_id, self._look_up(order_id)))
            else:
                slippage.extend(_slippage(name, found.get(library), before))
        return ProbeRecord(tuple(placed), tuple(looked_up), tuple(slippage), resting)

    def _found_again(self, library: Library, intent: OrderIntent) -> str | None:
        """The id of an order whose answer was lost, by the id that we gave it; None where the venue knows none."""
        symbol, own_id = intent.symbol, intent.client_order_id
        observation = self._ask(
            library, "get_order", lambda client: (client.get_order(symbol, client_order_id=own_id),)
        )
        return _order_id(observation)

    def _book(self, library: Library, placed: list[Observation]) -> OrderBook | None:
        symbol = self._instrument.symbol
        observation = self._ask(library, "get_order_book", lambda client: (client.get_order_book(symbol, 5),))
        placed.append(observation)
        rows = observation.rows or ()
        return rows[0] if rows and isinstance(rows[0], OrderBook) else None

    def _intents(self, library: Library, best_bid: Decimal, mid: Decimal) -> Iterator[tuple[str, OrderIntent]]:
        instrument = self._instrument
        contract_size, minimum, tick = instrument.contract_size, instrument.min_size, instrument.tick_size
        if contract_size is None or minimum is None or tick is None:
            return
        size = contract_size * minimum
        price = (best_bid * _RESTING / tick).to_integral_value(ROUND_FLOOR) * tick
        plan = (
            ("resting", Side.LONG, OrderType.LIMIT, price, False),
            ("open", Side.LONG, OrderType.MARKET, None, False),
            ("close", Side.SHORT, OrderType.MARKET, None, True),
        )
        for name, side, order_type, limit, reduce_only in plan:
            yield (
                name,
                OrderIntent(
                    symbol=instrument.symbol,
                    side=side,
                    order_type=order_type,
                    size=size,
                    price=limit,
                    td_mode=TdMode.CROSS,
                    client_order_id=self._client_order_id(library, name),
                    reduce_only=reduce_only,
                ),
            )

    def _client_order_id(self, library: Library, name: str) -> str:
        """Deterministic, so that one seed gives one run, and ours, so that an order can be found again."""
        digest = hashlib.sha256(f"{self._seed}|{library}|{name}".encode()).hexdigest()
        return f"dw{digest[:22]}"

    def _validated(self, intent: OrderIntent, mid: Decimal) -> ValidatedOrder:
        notional = intent.size * (intent.price or mid)
        passed = notional <= self._limit
        return ValidatedOrder(
            intent=intent,
            validated_at=self._now_ms(),
            notional_usd=notional,
            risk_checks_passed=passed,
            rejection_reason=None if passed else "max_notional_per_trade_usd",
            checks=(
                CheckResult(
                    rule="max_notional_per_trade_usd", value=f"{notional:f}", limit=f"{self._limit:f}", passed=passed
                ),
            ),
        )

    def _ask(self, library: Library, operation: str, ask: Callable[..., tuple[Order | OrderBook, ...]]) -> Observation:
        observation = self._witnesses.ask_one(library, operation, self._instrument.symbol, ask)
        self._keep(observation)
        return observation

    def _ask_both(self, operation: str, ask: Callable[..., tuple[Order, ...]]) -> Pair:
        pair = self._witnesses.ask(operation, self._instrument.symbol, ask)
        for observation in pair.values():
            self._keep(observation)
        return pair

    def _look_up(self, order_id: str) -> Pair:
        symbol = self._instrument.symbol
        return self._ask_both("get_order", lambda client: (client.get_order(symbol, order_id),))

    def _resting_orders(self) -> Pair:
        symbol = self._instrument.symbol
        return self._ask_both("get_open_orders", lambda client: client.get_open_orders(symbol))

    def _cancel(self, library: Library, order_id: str) -> Observation:
        symbol = self._instrument.symbol
        return self._ask(library, "cancel_order", lambda client: (client.cancel_order(order_id, symbol),))


def _order_id(observation: Observation) -> str | None:
    rows = observation.rows or ()
    return rows[0].venue_order_id if rows and isinstance(rows[0], Order) else None


def _slippage(name: str, observation: Observation | None, book: OrderBook | None) -> Iterator[Slippage]:
    for row in (observation.rows or ()) if observation is not None else ():
        cost = slippage_of(name, row, book) if isinstance(row, Order) else None
        if cost is not None:
            yield cost
