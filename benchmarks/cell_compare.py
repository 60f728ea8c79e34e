"""
Compare: our `compare` against the least that any comparison does, and against DeepDiff.

The plain yardstick joins the same typed rows by key and tests every field of the rule table with ``!=``: it gives no
claims, outcomes or reasons. One row in ten differs in its price. DeepDiff gets the same rows as dicts by key, made
before the clock runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from dualwitness.alignment.compare import compare
from dualwitness.alignment.rules import RULES, OperationRules
from dualwitness.benchmarks.cell import Cell, Contender, Stage, Target
from dualwitness.benchmarks.material import open_material
from dualwitness.benchmarks.rounds import Interleaved
from dualwitness.models import Fact, Library
from dualwitness.models.observation import Observation

__all__ = ["CELL", "plain_compare"]

_FEW, _MANY = 10, 1000
_EVERY = 10
_OPERATIONS = {"positions": ("get_positions", "mark_price"), "fills": ("get_fills", "price")}


def plain_compare(left: Sequence[Fact], right: Sequence[Fact], rules: OperationRules) -> list[tuple[str | None, str]]:
    """The yardstick: key and field of everything that differs, rows of one side alone included."""
    key = rules.key
    fields = [rule.field for rule in rules.fields]
    others = {key(row): row for row in right}
    different: list[tuple[str | None, str]] = []
    for row in left:
        name = key(row)
        other = others.pop(name, None)
        if other is None:
            different.append((name, ""))
            continue
        for field in fields:
            if getattr(row, field) != getattr(other, field):
                different.append((name, field))  # noqa: PERF401 - a plain loop is the yardstick
    different.extend((name, "") for name in others)
    return different


def _observation(library: Library, operation: str, rows: tuple[Fact, ...]) -> Observation:
    return Observation(library, operation, None, rows, None, (), 0, 0.0, 0.0)


def _moved(rows: tuple[Fact, ...], field: str) -> tuple[Fact, ...]:
    """The rows in another order, each tenth with another price."""
    changed = [
        row.model_copy(update={field: getattr(row, field) + 1}) if number % _EVERY == 0 else row
        for number, row in enumerate(rows)
    ]
    random.Random(0).shuffle(changed)
    return tuple(changed)


def _by_key(rows: tuple[Fact, ...], rules: OperationRules) -> dict[str | None, dict[str, Any]]:
    fields = [rule.field for rule in rules.fields]
    return {rules.key(row): {field: getattr(row, field) for field in fields} for row in rows}


def _contenders(kind: str, make: Callable[[int], tuple[Fact, ...]]) -> Iterator[Contender]:
    from deepdiff import DeepDiff

    operation, field = _OPERATIONS[kind]
    rules = RULES[operation]
    for count in (_FEW, _MANY):
        # Made twice: rows that are one object would be equal by identity, which two libraries' rows never are.
        left, right = make(count), _moved(make(count), field)
        repeats = _MANY // count
        ours = partial(
            compare, _observation(Library.CCXT, operation, left), _observation(Library.OKX_SDK, operation, right), rules
        )
        yield Contender(f"ours_{kind}_{count}", ours, count, repeats)
        yield Contender(f"plain_{kind}_{count}", partial(plain_compare, left, right, rules), count, repeats)
    few, few_moved = make(_FEW), _moved(make(_FEW), field)
    deep = partial(DeepDiff, _by_key(few, rules), _by_key(few_moved, rules))
    yield Contender(f"deepdiff_{kind}_{_FEW}", deep, _FEW, 5)


@contextmanager
def _open() -> Iterator[Stage]:
    material = open_material()
    yield Interleaved([*_contenders("positions", material.positions), *_contenders("fills", material.fills)])


def _targets(kind: str) -> tuple[Target, ...]:
    few, many = f"ours_{kind}_{_FEW}", f"ours_{kind}_{_MANY}"
    return (
        Target(f"{kind}_{_FEW}_to_plain", few, (f"plain_{kind}_{_FEW}",), goal=1.5, gate=1.5),
        Target(f"{kind}_{_MANY}_to_plain", many, (f"plain_{kind}_{_MANY}",), goal=1.5, gate=1.5),
        Target(f"{kind}_{_FEW}_to_deepdiff", few, (f"deepdiff_{kind}_{_FEW}",), goal=0.005, gate=0.005),
        # What the plain comparison itself is to DeepDiff: the best that any comparison of these rows could reach.
        Target(f"{kind}_{_FEW}_plain_to_deepdiff", f"plain_{kind}_{_FEW}", (f"deepdiff_{kind}_{_FEW}",)),
        Target(f"{kind}_row_of_{_MANY}_to_row_of_{_FEW}", many, (few,), goal=1.25, gate=1.4),
    )


CELL = Cell(
    name="compare",
    title="compare of two observations, a row, against a plain keyed compare of every field and against DeepDiff",
    clock="CPU a row",
    rounds=9,
    targets=(*_targets("positions"), *_targets("fills")),
    open=_open,
)
