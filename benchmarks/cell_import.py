"""
Import: what a program pays before its first line runs, against what any typed program of this kind pays.

Each contender is an import in a fresh interpreter, timed there, without the interpreter's own start. pydantic loads
most of itself when the first model is defined, so that is a second yardstick: the floor of any typed program. The
structure is counted too: none of the heavy libraries may be loaded.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from dualwitness.benchmarks.cell import Cell, Stage, Target
from dualwitness.benchmarks.processes import source_environment

__all__ = ["CELL", "HEAVY"]

HEAVY = ("ccxt", "okx", "deepdiff")
_PROGRAMS = {
    "all_packages": "import dualwitness.models, dualwitness.config, dualwitness.venues, dualwitness.alignment",
    "umbrella": "import dualwitness",
    "pydantic_and_yaml": "import pydantic, yaml",
    "one_model_and_yaml": "import pydantic, yaml; type('One', (pydantic.BaseModel,), {'__annotations__': {'x': int}})",
}
_CHILD = """
import time
begun = time.process_time()
{program}
cost = time.process_time() - begun
import json, sys
print(json.dumps([cost, [name for name in {heavy!r} if name in sys.modules], len(sys.modules)]))
"""


class _Imports:
    """Imports every contender once a round, in turn."""

    def __init__(self) -> None:
        self._environment = source_environment()
        self._heavy: set[str] = set()
        self._modules: dict[str, int] = {}

    def round(self, number: int) -> dict[str, float]:
        """Seconds of CPU for each import."""
        names = list(_PROGRAMS)
        turn = number % len(names)
        return {name: self._import(name) for name in (*names[turn:], *names[:turn])}

    def figures(self) -> dict[str, float]:
        """How many heavy libraries our packages loaded, and how many modules each contender did."""
        loaded = {f"modules_{name}": float(count) for name, count in self._modules.items()}
        return {"heavy_libraries_loaded": float(len(self._heavy)), **loaded}

    def _import(self, name: str) -> float:
        child = _CHILD.format(program=_PROGRAMS[name], heavy=HEAVY)
        command = [sys.executable, "-c", child]
        done = subprocess.run(  # noqa: S603 - fixed words
            command, env=self._environment, capture_output=True, text=True, check=True
        )
        cost, heavy, modules = json.loads(done.stdout)
        self._heavy.update(heavy)
        self._modules[name] = modules
        return float(cost)


@contextmanager
def _open() -> Iterator[Stage]:
    yield _Imports()


CELL = Cell(
    name="import",
    title="importing models, config, venues and alignment against importing pydantic and yaml",
    clock="CPU of the import in a fresh interpreter",
    rounds=3,
    targets=(
        Target("all_packages", "all_packages", ("pydantic_and_yaml",), goal=1.25, gate=1.25),
        Target("all_packages_to_one_model", "all_packages", ("one_model_and_yaml",)),
        Target("umbrella", "umbrella", ("pydantic_and_yaml",), goal=0.1, gate=0.25),
        Target("heavy_libraries_loaded", "heavy_libraries_loaded", goal=0, gate=0),
    ),
    open=_open,
)
