"""
Adjudicate: one symbol judged with every witness heard, against one row that CCXT parses, and against a plain vote.

Twelve witnesses speak: report, fills, orders, bills, balances and resting orders of two libraries. ``ours`` is the
whole judgement of one symbol, from the testimonies to the frozen answer with its ages. ``account`` is an account of a
hundred symbols, a symbol. ``plain_vote`` takes the number that most witnesses say and tells nothing else.
nautilus_trader has no such step: it believes one report; whether it is installed is told all the same, as in the
cell of the fold.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from statistics import median, quantiles

from dualwitness.alignment.adjudicate import adjudicate
from dualwitness.alignment.freshness import LIMITS_MS
from dualwitness.alignment.witness import Leg, Testimony, WitnessKind
from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.cell_normalise import ccxt_exchange
from dualwitness.benchmarks.material import FROZEN_AT_MS, open_material
from dualwitness.benchmarks.rounds import Interleaved, without_garbage_collection
from dualwitness.models import Library

__all__ = ["CELL", "plain_vote", "witnesses_of"]

_SYMBOLS = 100
_REPEATS = 500
_SAMPLES = 5_000
_COUNTING = (WitnessKind.REPORT, WitnessKind.FILLS, WitnessKind.ORDERS, WitnessKind.BILLS)


def witnesses_of(count: int, seed: int = 0) -> tuple[Testimony, ...]:
    """Every witness of two libraries over so many symbols, all of one mind; a twentieth of the symbols is flat."""
    draw = random.Random(seed)
    held = {
        Leg(f"C{number}/USDT:USDT", "net"): Decimal(draw.randrange(-2_000, 2_000) if draw.random() > 0.05 else 0) / 100
        for number in range(count)
    }
    prices = {leg: Decimal(draw.randrange(1, 10**7)) / 100 for leg in held}
    signs = {leg: 1 if contracts > 0 else -1 for leg, contracts in held.items() if contracts}
    witnesses = []
    for kind in WitnessKind:
        for library in Library:
            counts = kind in _COUNTING
            witnesses.append(
                Testimony(
                    f"{kind} through {library}",
                    kind,
                    library,
                    {leg: Decimal(str(contracts)) for leg, contracts in held.items()} if counts else {},
                    prices if kind in (WitnessKind.REPORT, WitnessKind.FILLS) else {},
                    complete=counts,
                    as_of_ms=FROZEN_AT_MS - draw.randrange(500),
                    signs=signs if kind is WitnessKind.ORDER_STATES else {},
                )
            )
    return tuple(witnesses)


def plain_vote(witnesses: Sequence[Testimony]) -> dict[Leg, Decimal]:
    """The leaner yardstick: the number that most witnesses say, and nothing about why."""
    legs = {leg for one in witnesses for leg in one.contracts}
    voted = {}
    for leg in legs:
        said = [one.contracts[leg] for one in witnesses if leg in one.contracts]
        number = Counter(said).most_common(1)[0][0]
        if number is not None:
            voted[leg] = number
    return voted


def _ours(witnesses: Sequence[Testimony]) -> None:
    found = adjudicate(witnesses, now_ms=FROZEN_AT_MS, limits=LIMITS_MS)
    if any(one.rule != "all-agree" for one in found):
        message = "witnesses of one mind were not believed: the contenders would not do the same work"
        raise RuntimeError(message)


class _Judgements(Interleaved):
    """The contenders, and what single judgements cost."""

    def __init__(self, contenders: Sequence[Contender], one: Sequence[Testimony]) -> None:
        super().__init__(contenders)
        self._one = one

    def figures(self) -> dict[str, float]:
        """Microseconds of CPU of one symbol, and whether the other engine is there."""
        taken = []
        with without_garbage_collection():
            for _ in range(_SAMPLES):
                begun = time.thread_time_ns()
                _ours(self._one)
                taken.append((time.thread_time_ns() - begun) / 1000)
        return {
            "symbol_cpu_us_p50": median(taken),
            "symbol_cpu_us_p99": quantiles(taken, n=100, method="inclusive")[98],
            "nautilus_installed": float(find_spec("nautilus_trader") is not None),
        }


@contextmanager
def _open() -> Iterator[Stage]:
    material = open_material()
    exchange = ccxt_exchange(material)
    (row,) = material.raw_positions(1)
    one, account = witnesses_of(1), witnesses_of(_SYMBOLS)
    contenders = [
        Contender("ours", partial(_ours, one), repeats=_REPEATS),
        Contender("account", partial(_ours, account), _SYMBOLS, repeats=_REPEATS // _SYMBOLS),
        Contender("ccxt_parse_position", partial(exchange.parse_position, row), repeats=_REPEATS),
        Contender("plain_vote", partial(plain_vote, one), repeats=_REPEATS),
    ]
    yield _Judgements(contenders, one)


CELL = Cell(
    name="adjudicate",
    title="one symbol adjudicated over twelve witnesses, against one row that CCXT parses and a plain vote",
    clock="CPU a symbol",
    rounds=15,
    targets=(
        Target("to_ccxt_parse_position", "ours", ("ccxt_parse_position",), goal=1.0),
        Target("to_plain_vote", "ours", ("plain_vote",)),
        Target("account_to_one", "account", ("ours",), goal=1.1),
        Target("symbol_cpu_us_p50", "symbol_cpu_us_p50", goal=100.0),
        Target("symbol_cpu_us_p99", "symbol_cpu_us_p99"),
        Target("nautilus_installed", "nautilus_installed"),
    ),
    open=_open,
)
