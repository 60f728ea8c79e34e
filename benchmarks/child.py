"""``python -m dualwitness.benchmarks.child CELL ROUNDS``: measures one cell; the last line of stdout is JSON."""

from __future__ import annotations

import json
import sys

from dualwitness.benchmarks.processes import measured_here
from dualwitness.benchmarks.registry import CELLS

__all__ = ["main"]


def main(words: list[str]) -> int:
    """Measure and print."""
    name, rounds = words
    print(json.dumps(measured_here(CELLS[name], int(rounds))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
