"""Collecting: every question of an audit, asked of both libraries side by side, recorded before anything is judged."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from dualwitness.alignment.observe import Ask, Pair, skew_ms
from dualwitness.alignment.operations import Question
from dualwitness.alignment.order_requests import RequestCase
from dualwitness.alignment.probe import Probe, ProbeRecord, probe_symbol
from dualwitness.alignment.samples import SampleStore, caught
from dualwitness.alignment.session import Session
from dualwitness.alignment.world import OPENING
from dualwitness.models import (
    Fact,
    Fill,
    Instrument,
    Library,
    MarginMode,
    MarketType,
    Order,
    OrderSide,
    OrderType,
    Position,
)
from dualwitness.models.market import VenueTime
from dualwitness.models.observation import Observation
from dualwitness.models.symbols import Symbol
from dualwitness.models.wire import WireRequest
from dualwitness.venues import UsageError
from dualwitness.venues.errors import DualwitnessError, SafetyError

__all__ = ["Collection", "Collector"]

Progress = Callable[[str], None]
_PER_SYMBOL = ("get_ticker", "get_order_book", "get_candles", "get_fee_rates")
_ACCOUNT = ("get_account_config", "get_account_balance", "get_positions", "get_open_orders", "get_fills")


@dataclass(slots=True)
class Collection:
    """
    Everything that was seen in one audit, in the order in which it was seen.

    ``opening`` are answers from before the first order of the audit; in a world they stand under ``OPENING`` in place
    of a symbol, so that nobody takes them for the later ones.
    """

    samples: SampleStore = field(default_factory=SampleStore)
    observations: list[Observation] = field(default_factory=list)
    pairs: list[tuple[Question, Pair]] = field(default_factory=list)
    lookups: list[tuple[str, Pair]] = field(default_factory=list)
    opening: list[tuple[Question, Pair]] = field(default_factory=list)
    reached: Pair = field(default_factory=dict)
    probes: dict[Library, ProbeRecord] = field(default_factory=dict)
    requests: list[tuple[RequestCase, dict[Library, WireRequest]]] = field(default_factory=list)
    now_ms: dict[Library, int] = field(default_factory=dict)
    skews_ms: list[float] = field(default_factory=list)

    def keep(self, observation: Observation) -> None:
        """Record one observation and its bytes."""
        self.observations.append(observation)
        self.samples.add(observation.operation, observation.symbol, observation.exchanges)

    def pair_of(self, operation: str, symbol: str | None = None) -> Pair:
        """The answers to one question; empty where it was not asked."""
        return next((pair for q, pair in self.pairs if (q.operation, q.symbol) == (operation, symbol)), {})

    def instruments(self) -> dict[str, Instrument]:
        """Instruments by symbol: python-okx's word first, as it carries the venue's own fields."""
        table: dict[str, Instrument] = {}
        pair = self.pair_of("get_instruments")
        for library in (Library.OKX_SDK, Library.CCXT):
            observation = pair.get(library)
            for row in (observation.rows or ()) if observation is not None else ():
                if isinstance(row, Instrument) and row.market_type is not MarketType.MARGIN:
                    table.setdefault(row.symbol, row)
        return table


class Collector:
    """Asks the questions of one audit in the order that ``seed`` gives."""

    def __init__(self, session: Session, seed: int, progress: Progress) -> None:
        self._session = session
        self._witnesses = session.witnesses
        self._random = random.Random(seed)
        self._progress = progress
        self._seed = seed
        self.seen = Collection()

    def reach(self) -> bool:
        """Ask for venue time; whether any library got a sound answer."""
        pair = self._ask(
            Question("get_server_time", None), lambda client: (VenueTime(ts_venue_ms=client.get_server_time()),)
        )
        self.seen.reached = pair
        for library, observation in pair.items():
            for row in observation.rows or ():
                if isinstance(row, VenueTime):
                    self.seen.now_ms[library] = row.ts_venue_ms
        return bool(self.seen.now_ms)

    def environment(self, symbols: tuple[str, ...], *, strict: bool) -> tuple[str, ...]:
        """
        Instruments, then every symbol, then the balance as it is before any order.

        Symbols that the venue does not list raise `UsageError` if ``strict``.
        """
        self.ask(Question("get_instruments", None))
        listed = self.seen.instruments()
        known = self._listed(symbols, listed, strict=strict)
        self._per_symbol(known)
        # Asked whether orders follow or not, so that a run read again is asked the same in the same order.
        balance = Question("get_account_balance", None)
        self.seen.opening.append((balance, self._ask(balance, balance.ask, place=OPENING)))
        return known

    def _listed(self, symbols: tuple[str, ...], listed: dict[str, Instrument], *, strict: bool) -> tuple[str, ...]:
        if not listed:
            return symbols
        unknown = [symbol for symbol in symbols if symbol not in listed]
        if unknown and strict:
            import difflib

            near = difflib.get_close_matches(unknown[0], listed, n=3)
            message = f"the venue does not list {', '.join(unknown)}"
            raise UsageError(message, advice=f"did you mean {' or '.join(near)}?" if near else "name listed symbols")
        return tuple(symbol for symbol in symbols if symbol in listed)

    def _per_symbol(self, symbols: Iterable[str]) -> None:
        questions = [Question(operation, symbol) for symbol in symbols for operation in _PER_SYMBOL]
        self._random.shuffle(questions)
        for question in questions:
            self.ask(question)

    def probe(self, symbols: tuple[str, ...], max_notional_usd: Decimal) -> None:
        """The smallest orders through each library, on a symbol in which nothing is held."""
        held = self._held()
        instruments = self.seen.instruments()
        symbol = probe_symbol(symbols, instruments, held)
        if symbol is None:
            return
        self._progress(f"orders on {symbol}")
        probe = Probe(
            self._witnesses,
            instruments[symbol],
            seed=self._seed,
            now_ms=lambda: time.time_ns() // 1_000_000,
            max_notional_usd=max_notional_usd,
            keep=self.seen.keep,
        )
        libraries = list(self._witnesses.clients)
        self._random.shuffle(libraries)
        for library in libraries:
            record = probe.run(library)
            self.seen.probes[library] = record
            self.seen.lookups.extend(record.looked_up)

    def _held(self) -> set[str]:
        pair = self._witnesses.ask("get_positions", None, lambda client: client.get_positions())
        held: set[str] = set()
        for observation in pair.values():
            self.seen.samples.add("get_positions", None, observation.exchanges)
            held.update(row.symbol for row in observation.rows or () if isinstance(row, Position))
        return held

    def account(self, symbols: tuple[str, ...]) -> tuple[str, ...]:
        """The account, then whatever symbols it turned out to trade; gives all symbols of the run."""
        operations = list(_ACCOUNT)
        self._random.shuffle(operations)
        for operation in operations:
            self.ask(Question(operation, None))
        traded = {row.symbol for row in self._account_rows() if isinstance(row, (Position, Order, Fill))}
        listed = self.seen.instruments()
        more = tuple(sorted(symbol for symbol in traded if symbol in listed and symbol not in symbols))
        self._per_symbol(more)
        self._history(traded, listed)
        return (*symbols, *more)

    def _account_rows(self) -> Iterator[Fact]:
        for operation in ("get_positions", "get_open_orders", "get_fills"):
            for observation in self.seen.pair_of(operation).values():
                yield from observation.rows or ()

    def _history(self, traded: set[str], listed: dict[str, Instrument]) -> None:
        """What the account's past says of what it holds; the bills last, so that they cover every other answer."""
        known = sorted(symbol for symbol in traded if symbol in listed or not listed)
        questions = [Question("get_order_history", symbol) for symbol in known]
        modes: dict[str, set[MarginMode]] = {}
        for row in self._account_rows():
            if isinstance(row, Position) and row.margin_mode is not None:
                modes.setdefault(row.symbol, set()).add(row.margin_mode)
        questions += [
            Question("get_leverage", symbol, margin_modes=tuple(sorted(modes[symbol])))
            for symbol in known
            if symbol in modes
        ]
        self._random.shuffle(questions)
        for question in (*questions, Question("get_bills", None)):
            self.ask(question)

    def requests(self, symbols: tuple[str, ...]) -> None:
        """What each library makes of the same bare words, caught before the socket."""
        for case, arguments in _request_cases(symbols):
            built: dict[Library, WireRequest] = {}
            for library, client in self._witnesses.clients.items():
                build = getattr(client, "native_order_request", None)
                if build is None:
                    continue
                try:
                    built[library] = build(*arguments)
                except SafetyError:
                    raise
                except DualwitnessError:
                    continue  # judged as missing: the case is kept with what could be built
                client.drain_exchanges()
                self.seen.samples.add(case.operation, case.symbol, (caught(library, built[library]),))
            self.seen.requests.append((case, built))

    def ask(self, question: Question) -> Pair:
        """Put one question to every library at once and record the answers."""
        pair = self._ask(question, question.ask)
        self.seen.pairs.append((question, pair))
        return pair

    def ask_again(self, question: Question, library: Library) -> Observation:
        """Ask one library once more (A-B-A) and record the answer."""
        observation = self._witnesses.ask_one(library, question.operation, question.symbol, question.ask)
        self.seen.keep(observation)
        return observation

    def _ask(self, question: Question, ask: Ask, *, place: str | None = None) -> Pair:
        where = question.symbol or place
        self._progress(question.operation if where is None else f"{question.operation} {where}")
        pair = self._witnesses.ask(question.operation, question.symbol, ask)
        for observation in pair.values():
            self.seen.keep(observation)
        apart = skew_ms(pair)
        if apart is not None:
            self.seen.skews_ms.append(apart)
        return pair


def _request_cases(symbols: tuple[str, ...]) -> Iterator[tuple[RequestCase, tuple[object, ...]]]:
    """A market buy, a market sell and a limit buy of 1, on the first symbol of each market type."""
    seen: set[MarketType] = set()
    for text in symbols:
        market_type = Symbol.parse(text).market_type
        if market_type in seen:
            continue
        seen.add(market_type)
        for order_type, side, price in (
            (OrderType.MARKET, OrderSide.BUY, None),
            (OrderType.MARKET, OrderSide.SELL, None),
            (OrderType.LIMIT, OrderSide.BUY, Decimal(1)),
        ):
            label = f"{market_type} {order_type} {side} 1"
            case = RequestCase("native_order_request", text, market_type, label)
            yield case, (text, order_type, side, Decimal(1), price)
